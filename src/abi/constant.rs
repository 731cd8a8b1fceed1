//! Constants that C gets pointers to.

/// A value that never changes, with pointers in it. Rust takes those for a reason not to let several threads have it.
pub(super) struct Constant<T>(T);

// SAFETY: `new` has its caller promise that nobody writes to the value or to what its pointers lead to, so threads only read.
unsafe impl<T> Send for Constant<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for Constant<T> {}

impl<T> Constant<T> {
    /// # Safety
    ///
    /// The value and all that its pointers lead to live as long as the library and are never written to.
    pub(super) const unsafe fn new(value: T) -> Constant<T> {
        Constant(value)
    }

    pub(super) const fn get(&self) -> &T {
        &self.0
    }
}
