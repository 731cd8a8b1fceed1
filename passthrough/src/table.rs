//! The records of handles by address.
//!
//! `fork()` while another thread holds the lock of a table would leave a child that waits for ever. So `fork()` waits for the
//! lock.

use std::cell::{Cell, UnsafeCell};
use std::collections::HashMap;
use std::ffi::c_void;
use std::hash::{BuildHasherDefault, Hasher};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::thread::LocalKey;

/// What is kept about a handle.
pub(crate) trait Record: Sized + 'static {
    /// The table of all handles of the kind.
    fn table() -> &'static Table<Self>;

    /// The record that this thread has used last.
    fn last() -> &'static LocalKey<Cell<Last>>;
}

/// A record that a thread has found, valid as long as none was removed since.
#[derive(Clone, Copy)]
pub(crate) struct Last {
    address: usize,
    record: *const (),
    removals: usize,
}

impl Last {
    pub(crate) const NONE: Last = Last {
        address: 0,
        record: ptr::null(),
        removals: usize::MAX,
    };
}

/// The records of all handles of a kind.
pub(crate) struct Table<T: 'static> {
    records: Mutex<Records<T>>,
    /// the lock, as long as `fork()` holds it
    held: UnsafeCell<Option<MutexGuard<'static, Records<T>>>>,
    /// `fork()` knows of the lock
    is_prepared: Once,
    /// how many records were removed
    removals: AtomicUsize,
}

type Records<T> = HashMap<usize, NonNull<T>, BuildHasherDefault<AddressHasher>>;

// SAFETY: the lock guards the map and the cell. A record is used by the thread that uses its handle, and libcurl's rule is
// that this is one thread at a time.
unsafe impl<T> Sync for Table<T> {}

impl<T: Record> Table<T> {
    pub(crate) const fn new() -> Table<T> {
        Table {
            records: Mutex::new(HashMap::with_hasher(BuildHasherDefault::new())),
            held: UnsafeCell::new(None),
            is_prepared: Once::new(),
            removals: AtomicUsize::new(0),
        }
    }

    /// The record of a handle.
    ///
    /// # Safety
    ///
    /// The handle is not freed as long as the result is used.
    #[inline]
    pub(crate) unsafe fn find<'a>(&self, handle: *mut c_void) -> Option<&'a T> {
        let last = T::last().get();
        if last.address == handle.addr() && last.removals == self.removals.load(Ordering::Relaxed) {
            // SAFETY: it was in the table, and nothing was removed since.
            return unsafe { last.record.cast::<T>().as_ref() };
        }
        self.look_up(handle)
    }

    #[cold]
    fn look_up<'a>(&self, handle: *mut c_void) -> Option<&'a T> {
        let record = {
            let records = self.lock();
            let record = *records.get(&handle.addr())?;
            T::last().set(Last {
                address: handle.addr(),
                record: record.as_ptr().cast(),
                removals: self.removals.load(Ordering::Relaxed),
            });
            record
        };
        // SAFETY: records are freed only after they were taken out, together with their handle.
        Some(unsafe { record.as_ref() })
    }

    /// Adds a record and returns it. The address may have belonged to a handle that the system's libcurl freed without our
    /// knowledge: the record of that one is returned as well.
    pub(crate) fn insert<'a>(&self, handle: *mut c_void, record: Box<T>) -> (&'a T, Option<Box<T>>) {
        self.is_prepared.call_once(|| {
            // SAFETY: functions that live as long as the program: the library is never unloaded.
            unsafe { libc::pthread_atfork(Some(hold::<T>), Some(release::<T>), Some(release::<T>)) };
        });
        let record: &T = Box::leak(record);
        let old = self.lock().insert(handle.addr(), NonNull::from(record));
        (record, old.map(|old| self.give_up(old)))
    }

    /// Takes a record out.
    pub(crate) fn remove(&self, handle: *mut c_void) -> Option<Box<T>> {
        let record = self.lock().remove(&handle.addr())?;
        Some(self.give_up(record))
    }

    /// Takes the lock until [`release`](Self::release).
    fn hold(&'static self) {
        let guard = self.lock();
        // SAFETY: only who has the lock uses the cell.
        unsafe { *self.held.get() = Some(guard) };
    }

    /// # Safety
    ///
    /// [`hold`](Self::hold) was called, by the same thread.
    unsafe fn release(&self) {
        // SAFETY: this thread has the lock.
        drop(unsafe { (*self.held.get()).take() });
    }

    fn give_up(&self, record: NonNull<T>) -> Box<T> {
        self.removals.fetch_add(1, Ordering::Relaxed);
        // SAFETY: made by `insert`, and in the table no more.
        unsafe { Box::from_raw(record.as_ptr()) }
    }

    fn lock(&self) -> MutexGuard<'_, Records<T>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

unsafe extern "C" fn hold<T: Record>() {
    T::table().hold();
}

unsafe extern "C" fn release<T: Record>() {
    // SAFETY: called after `hold`, by the same thread or its copy in the child.
    unsafe { T::table().release() }
}

/// Addresses differ in their middle bits.
#[derive(Default)]
struct AddressHasher(u64);

impl Hasher for AddressHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_usize(usize::from(*byte));
        }
    }

    fn write_usize(&mut self, address: usize) {
        self.0 = (self.0 ^ address as u64)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(29);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Named(&'static str);

    static TABLE: Table<Named> = Table::new();
    thread_local! {
        static LAST: Cell<Last> = const { Cell::new(Last::NONE) };
    }

    impl Record for Named {
        fn table() -> &'static Table<Named> {
            &TABLE
        }

        fn last() -> &'static LocalKey<Cell<Last>> {
            &LAST
        }
    }

    fn name(handle: *mut c_void) -> Option<&'static str> {
        // SAFETY: the result is not kept.
        unsafe { TABLE.find(handle) }.map(|record| record.0)
    }

    #[test]
    fn an_address_that_comes_again_has_the_new_record() {
        let (one, two) = (ptr::without_provenance_mut(16), ptr::without_provenance_mut(32));
        assert_eq!(name(ptr::null_mut()), None);
        assert!(TABLE.insert(one, Box::new(Named("one"))).1.is_none());
        assert!(TABLE.insert(two, Box::new(Named("two"))).1.is_none());
        for _ in 0..2 {
            assert_eq!(name(one), Some("one"));
        }
        let (_, old) = TABLE.insert(one, Box::new(Named("again")));
        assert_eq!(old.map(|old| old.0), Some("one"));
        assert_eq!((name(one), name(two)), (Some("again"), Some("two")));
        assert_eq!(TABLE.remove(one).map(|old| old.0), Some("again"));
        assert_eq!((name(one), name(two)), (None, Some("two")));
        assert!(TABLE.remove(one).is_none());
    }
}
