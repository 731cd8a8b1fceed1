//! Memory that the application gets and frees: from C's allocator, or from the functions given to
//! `curl_global_init_mem`. Nothing else in the library uses it.

use std::ffi::{c_char, c_void};
use std::ptr;
use std::sync::{PoisonError, RwLock};

use libc::size_t;

/// Where memory for the application comes from and goes to.
#[derive(Clone, Copy)]
pub(crate) struct Allocator {
    pub(crate) malloc: unsafe extern "C" fn(size_t) -> *mut c_void,
    pub(crate) free: unsafe extern "C" fn(*mut c_void),
}

impl Allocator {
    /// The C library's own.
    pub(crate) const SYSTEM: Allocator = Allocator {
        malloc: libc::malloc,
        free: libc::free,
    };
}

static ALLOCATOR: RwLock<Allocator> = RwLock::new(Allocator::SYSTEM);

/// Chooses the allocator from now on. What came from another one must not be freed with this one.
pub(crate) fn choose(allocator: Allocator) {
    *ALLOCATOR.write().unwrap_or_else(PoisonError::into_inner) = allocator;
}

/// `size` uninitialised bytes, or NULL when there are no more.
pub(crate) fn allocate(size: usize) -> *mut c_void {
    // SAFETY: `malloc` takes any size; the caller of `curl_global_init_mem` guarantees its own functions.
    unsafe { (current().malloc)(size) }
}

/// A copy of `bytes` with a NUL behind it, or NULL when there is no memory.
pub(crate) fn c_string(bytes: &[u8]) -> *mut c_char {
    let copy: *mut u8 = allocate(bytes.len() + 1).cast();
    if !copy.is_null() {
        // SAFETY: `copy` is new and one byte longer than `bytes`.
        unsafe {
            ptr::copy_nonoverlapping(bytes.as_ptr(), copy, bytes.len());
            copy.add(bytes.len()).write(0);
        }
    }
    copy.cast()
}

/// Frees what [`allocate`] gave; NULL is nothing to free.
///
/// # Safety
///
/// `pointer` is NULL or came from this module, and is not used afterwards.
pub(crate) unsafe fn release(pointer: *mut c_void) {
    if !pointer.is_null() {
        // SAFETY: guaranteed by the caller, see # Safety.
        unsafe { (current().free)(pointer) }
    }
}

/// Frees memory that a function of this library returned, such as a string of `curl_easy_escape`. NULL is allowed.
///
/// # Safety
///
/// `ptr` is NULL or memory that a function documented so returned, and is not used afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn curl_free(ptr: *mut c_void) {
    // SAFETY: guaranteed by the caller, see # Safety.
    unsafe { release(ptr) }
}

/// For `printf.c`, whose strings are freed with `curl_free`.
///
/// cbindgen:ignore
#[unsafe(no_mangle)]
extern "C" fn wscurl_allocate(size: size_t) -> *mut c_void {
    allocate(size)
}

/// A copy, so that an application's function never runs while the lock is held.
fn current() -> Allocator {
    *ALLOCATOR.read().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::ffi::CStr;

    use super::*;

    #[test]
    fn strings_are_copied_with_a_nul() {
        for bytes in [&b""[..], b"a", b"caf\xe9"] {
            let copy = c_string(bytes);
            // SAFETY: just made and freed once.
            unsafe {
                assert_eq!(CStr::from_ptr(copy).to_bytes(), bytes);
                curl_free(copy.cast());
            }
        }
    }

    #[test]
    fn null_can_be_freed() {
        // SAFETY: NULL is allowed.
        unsafe { curl_free(ptr::null_mut()) }
    }
}
