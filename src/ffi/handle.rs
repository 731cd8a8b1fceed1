//! What the application's handle pointers point at.
//!
//! A handle is a small shell around the object. Shells are never given back to the allocator, and one that is out of use
//! waits long before it is used again: so the magic word behind a dead handle can be looked at, and says that it is dead.

use std::cell::Cell;
use std::collections::VecDeque;
use std::ptr::NonNull;
use std::sync::{Mutex, PoisonError};

/// What kind of handle a shell is, by a word that is unlikely to stand in other memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Magic {
    /// cleaned up
    Dead = 0,
    /// an easy handle
    Easy = 0xc0ed_ba5e,
    /// a multi handle
    Multi = 0x000b_ab1e,
    /// a share handle
    Share = 0x7e1f_a57e,
}

struct Shell {
    magic: Cell<u32>,
    object: Cell<NonNull<()>>,
}

/// Dead shells, the one that has been dead longest in front.
struct Dead(VecDeque<*mut Shell>);

static DEAD: Mutex<Dead> = Mutex::new(Dead::NONE);

// SAFETY: a dead shell belongs to nobody, and only the list knows it as something to be used again.
unsafe impl Send for Dead {}

/// Wraps `object` in a handle of kind `magic`.
pub fn place<T>(magic: Magic, object: Box<T>) -> *mut () {
    let rested = DEAD.lock().unwrap_or_else(PoisonError::into_inner).rested();
    let shell = rested.unwrap_or_else(|| {
        Box::into_raw(Box::new(Shell {
            magic: Cell::new(Magic::Dead as u32),
            object: Cell::new(NonNull::dangling()),
        }))
    });
    // SAFETY: a valid shell that nobody else uses.
    let place = unsafe { &*shell };
    place.object.set(NonNull::from(Box::leak(object)).cast());
    place.magic.set(magic as u32);
    shell.cast()
}

/// The object in a live handle of kind `magic`; `None` for NULL, dead handles and what is no such handle.
///
/// # Safety
///
/// `handle` is NULL, came from [`place`] with a `T` for this `magic`, or points to at least 16 readable bytes. The object
/// is not freed while the result is used.
pub unsafe fn find<'a, T>(magic: Magic, handle: *mut ()) -> Option<&'a T> {
    let shell: *const Shell = handle.cast();
    if shell.is_null() || !shell.is_aligned() {
        return None;
    }
    // SAFETY: readable, as the caller vouches; only where the word fits is the rest taken for a shell.
    unsafe {
        if (&raw const (*shell).magic).cast::<u32>().read() != magic as u32 {
            return None;
        }
        Some((*shell).object.get().cast::<T>().as_ref())
    }
}

/// Takes the object out of a live handle, which is dead from now on.
///
/// # Safety
///
/// As for [`find`], and nobody uses the object any more.
pub unsafe fn take<T>(magic: Magic, handle: *mut ()) -> Option<Box<T>> {
    // SAFETY: as the caller vouches.
    unsafe { find::<T>(magic, handle) }?;
    let shell: *mut Shell = handle.cast();
    // SAFETY: `find` has shown that this is a live shell.
    let place = unsafe { &*shell };
    place.magic.set(Magic::Dead as u32);
    let object: NonNull<T> = place.object.replace(NonNull::dangling()).cast();
    DEAD.lock().unwrap_or_else(PoisonError::into_inner).0.push_back(shell);
    // SAFETY: came from a box in `place`, and the shell has forgotten it.
    Some(unsafe { Box::from_raw(object.as_ptr()) })
}

impl Dead {
    /// So many shells are kept dead before the oldest is used again.
    const REST: usize = 1024;
    const NONE: Dead = Dead(VecDeque::new());

    fn rested(&mut self) -> Option<*mut Shell> {
        if self.0.len() < Self::REST {
            return None;
        }
        self.0.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use std::ptr::null_mut;

    use super::*;

    #[test]
    fn miri_a_handle_is_found_by_its_kind_until_it_is_taken() {
        let handle = place(Magic::Share, Box::new(7));
        // SAFETY: a live handle, then a dead one, then NULL.
        unsafe {
            assert_eq!(find::<i32>(Magic::Share, handle), Some(&7));
            assert_eq!(find::<i32>(Magic::Easy, handle), None);
            assert_eq!(take::<i32>(Magic::Share, handle), Some(Box::new(7)));
            assert_eq!(find::<i32>(Magic::Share, handle), None);
            assert_eq!(take::<i32>(Magic::Share, handle), None);
            assert_eq!(find::<i32>(Magic::Share, null_mut()), None);
        }
    }

    #[test]
    fn the_longest_dead_is_used_again_after_a_long_rest() {
        let mut dead = Dead::NONE;
        for number in 1..Dead::REST {
            dead.0.push_back(std::ptr::without_provenance_mut(number * 16));
            assert_eq!(dead.rested(), None);
        }
        dead.0.push_back(null_mut());
        assert_eq!(dead.rested(), Some(std::ptr::without_provenance_mut(16)));
        assert_eq!(dead.rested(), None);
    }
}
