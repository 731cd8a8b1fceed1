//! Handle slots: what the application's handle pointers point at.
//!
//! A slot is a magic word and one pointer. Slots are never given back to the allocator, and a dead one is used again only
//! after [`DeadSlots::MIN_COUNT`] others have died: so the magic word behind the pointer of a dead handle can be read, and says
//! that it is dead.

use std::cell::{Cell, UnsafeCell};
use std::collections::VecDeque;
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::ffi::process::ProcessLocal;

/// A reference-counted object that the application knows by a pointer.
///
/// # Safety
///
/// No two types have the same magic word.
pub(crate) unsafe trait Handle {
    /// Stands in the slot while the handle is alive; a number that is unlikely in other memory, and not 0.
    const MAGIC: u32;
}

struct Slot {
    magic: Cell<u32>,
    object: UnsafeCell<MaybeUninit<*mut ()>>,
}

/// The magic word of a slot without an object.
const DEAD: u32 = 0;

/// Slots without an object, the one that has been dead longest in front.
struct DeadSlots(VecDeque<*mut Slot>);

/// A child of `fork()` begins with none: a thread that it doesn't have may hold the lock on its parent's.
static DEAD_SLOTS: ProcessLocal<Mutex<DeadSlots>> = ProcessLocal::new();

// SAFETY: only the list uses the slots in it; all others merely read the magic word.
unsafe impl Send for DeadSlots {}

/// A new handle for `object`.
pub(crate) fn register<T: Handle>(object: T) -> *mut c_void {
    const { assert!(size_of::<T>() == size_of::<*mut ()>() && align_of::<T>() <= align_of::<*mut ()>()) };
    let reusable = dead_slots().reusable();
    let slot = reusable.unwrap_or_else(|| {
        Box::into_raw(Box::new(Slot {
            magic: Cell::new(DEAD),
            object: UnsafeCell::new(MaybeUninit::uninit()),
        }))
    });
    // SAFETY: the slot lives for ever and is in no list, so nobody else uses it. An object fits in, see above.
    unsafe {
        (*slot).object.get().cast::<T>().write(object);
        (*slot).magic.set(T::MAGIC);
    }
    slot.cast()
}

/// The object of a live handle; `None` for NULL, dead handles, other kinds of handles and other memory.
///
/// # Safety
///
/// `handle` is NULL, came from [`register`], or points to at least 16 readable bytes. Nobody calls [`take`] while the result
/// is in use.
pub(crate) unsafe fn find<'a, T: Handle>(handle: *mut c_void) -> Option<&'a T> {
    let slot: *const Slot = handle.cast();
    if slot.is_null() || !slot.is_aligned() {
        return None;
    }
    // SAFETY: the caller guarantees that 16 bytes can be read. Where the magic word is that of `T`, it is a slot that
    // `register::<T>` has filled.
    unsafe {
        if (&raw const (*slot).magic).cast::<u32>().read() != T::MAGIC {
            return None;
        }
        (*slot).object.get().cast::<T>().as_ref()
    }
}

/// Takes the object out of a live handle, which is dead from then on.
///
/// # Safety
///
/// As for [`find`], and no result of [`find`] for this handle is used any more.
pub(crate) unsafe fn take<T: Handle>(handle: *mut c_void) -> Option<T> {
    // SAFETY: the same conditions as here.
    unsafe { find::<T>(handle) }?;
    let slot: *mut Slot = handle.cast();
    // SAFETY: `find` has shown that the slot holds a `T`. With its magic word gone nobody reads the object again.
    let object = unsafe {
        (*slot).magic.set(DEAD);
        (*slot).object.get().cast::<T>().read()
    };
    dead_slots().0.push_back(slot);
    Some(object)
}

fn dead_slots() -> MutexGuard<'static, DeadSlots> {
    let slots = DEAD_SLOTS.get_or_init(|| Mutex::new(DeadSlots::NONE));
    slots.lock().unwrap_or_else(PoisonError::into_inner)
}

impl DeadSlots {
    /// Slots that stay dead before the oldest one is used again.
    const MIN_COUNT: usize = 1024;
    const NONE: DeadSlots = DeadSlots(VecDeque::new());

    fn reusable(&mut self) -> Option<*mut Slot> {
        if self.0.len() < Self::MIN_COUNT {
            return None;
        }
        self.0.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use std::ptr::{null_mut, without_provenance_mut};
    use std::sync::Arc;

    use super::*;

    // SAFETY: two magic words that nothing else has.
    unsafe impl Handle for Arc<i32> {
        const MAGIC: u32 = 0x1234_5678;
    }

    // SAFETY: as above.
    unsafe impl Handle for Arc<u8> {
        const MAGIC: u32 = 0x9abc_def0;
    }

    #[test]
    fn miri_a_handle_is_found_by_its_kind_until_it_is_taken() {
        let object = Arc::new(7);
        let handle = register(Arc::clone(&object));
        // SAFETY: a live handle, then a dead one, then NULL.
        unsafe {
            assert_eq!(find::<Arc<i32>>(handle), Some(&object));
            assert!(find::<Arc<u8>>(handle).is_none());
            assert_eq!(take::<Arc<i32>>(handle).as_ref(), Some(&object));
            assert!(find::<Arc<i32>>(handle).is_none());
            assert!(take::<Arc<i32>>(handle).is_none());
            assert!(find::<Arc<i32>>(null_mut()).is_none());
        }
        assert_eq!(Arc::strong_count(&object), 1);
    }

    #[test]
    fn the_slot_that_has_been_dead_longest_is_used_again_when_there_are_many() {
        let mut dead = DeadSlots::NONE;
        for number in 1..DeadSlots::MIN_COUNT {
            dead.0.push_back(without_provenance_mut(number * 16));
            assert_eq!(dead.reusable(), None);
        }
        dead.0.push_back(null_mut());
        assert_eq!(dead.reusable(), Some(without_provenance_mut(16)));
        assert_eq!(dead.reusable(), None);
    }
}
