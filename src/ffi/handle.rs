//! Handle slots: what the application's handle pointers point at.
//!
//! A slot is a magic word, one pointer and a lock. Slots are never given back to the allocator, and a dead one is used again
//! only after [`Slots::MIN_DEAD`] others have died: so the magic word behind the pointer of a dead handle can be read, and says
//! that it is dead. A thread that has waited for the lock of a handle that died meanwhile sees the same.
//!
//! # Threads
//!
//! The objects are not made for several threads: their state is in `Cell`, `RefCell` and `Rc`. Threads share them all the
//! same, under these rules, each of which this file enforces:
//!
//! - An object is only reached through [`lock`], and used by the thread that has the lock. Taking and giving back a lock
//!   orders what one thread did before what the next one does.
//! - While a call waits or the application runs, the lock is free ([`Place::unlocked`]). The call has no `RefCell` borrowed
//!   then, as the application may call back in the same thread, too.
//! - Objects that have a reference-counted object in common have the lock in common: an easy handle in a multi handle
//!   [follows](Locked::follow) it. The last reference to each other's is gone before they [part](Place::part). What several
//!   multi handles or easy handles outside of any have in common is made for threads: `Arc`, `Mutex`.
//! - An object is dropped under its lock, when no call is inside.
//!
//! [`find`] is the exception, for what does not need the lock.

use std::cell::UnsafeCell;
use std::collections::VecDeque;
use std::ffi::c_void;
use std::hint::black_box;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ops::Deref;
use std::ptr::{self, null_mut};
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::lock::{Lock, Locks};
use super::process::ProcessLocal;

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
    magic: AtomicU32,
    object: UnsafeCell<MaybeUninit<*mut ()>>,
    own: &'static Lock,
    /// the lock for the object: its own, or that of the handle that it follows; changed by the thread that has it
    lock: AtomicPtr<Lock>,
}

/// The magic word of a slot without an object.
const DEAD: u32 = 0;

/// Slots without an object, the one that has been dead longest in front, and locks for new ones.
struct Slots {
    dead: VecDeque<*mut Slot>,
    locks: Locks,
}

/// A child of `fork()` begins with none: a thread that it doesn't have may hold the lock on its parent's.
static SLOTS: ProcessLocal<Mutex<Slots>> = ProcessLocal::new();

// SAFETY: only the list uses the slots in it; all others merely read the magic word and take the lock.
unsafe impl Send for Slots {}

/// A new handle for `object`.
pub(crate) fn register<T: Handle>(object: T) -> Place {
    const { assert!(size_of::<T>() == size_of::<*mut ()>() && align_of::<T>() <= align_of::<*mut ()>()) };
    let slot = slots().next();
    // SAFETY: the slot lives for ever and is in no list, so nobody else uses it. An object fits in, see above.
    unsafe {
        (*slot).object.get().cast::<T>().write(object);
        (*slot).magic.store(T::MAGIC, Ordering::Release);
        Place(Some(&*slot))
    }
}

/// The object of a live handle; `None` for NULL, dead handles, other kinds of handles and other memory.
///
/// # Safety
///
/// `handle` is NULL, came from [`register`], or points to at least 16 readable bytes. The object lives as long as the result
/// is in use, and what is used of it is made for several threads.
pub(crate) unsafe fn find<'a, T: Handle>(handle: *mut c_void) -> Option<&'a T> {
    // SAFETY: guaranteed by the caller. The slot that is found has a `T`.
    unsafe { find_slot::<T>(handle)?.object.get().cast::<T>().as_ref() }
}

/// Why a handle can't be used now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LockError {
    /// it is no live handle of its kind
    Unknown,
    /// this thread has the lock, and is not in a callback: it is in a signal handler, or in a memory function
    Locked,
    /// it follows another handle
    Follows,
}

/// The object of a live handle, with its lock, for which this may have to wait.
///
/// # Safety
///
/// `handle` is NULL, came from [`register`], or points to at least 16 readable bytes.
#[inline(always)]
pub(crate) unsafe fn lock<T: Handle>(handle: *mut c_void) -> Result<Locked<T>, LockError> {
    // SAFETY: guaranteed by the caller.
    let slot = unsafe { find_slot::<T>(handle) }.ok_or(LockError::Unknown)?;
    let lock = slot.lock();
    if !lock.try_acquire() {
        return slot.lock_later();
    }
    match slot.has::<T>(lock) {
        true => Ok(Locked::new(slot, lock)),
        false => {
            lock.release();
            slot.lock_later()
        }
    }
}

/// The object of a live handle that follows no other one, with its lock. For a thread that has the lock of another handle,
/// which it may follow then. No thread asks for two locks in the other order.
///
/// # Safety
///
/// As for [`lock`].
pub(crate) unsafe fn lock_second<T: Handle>(handle: *mut c_void) -> Result<Locked<T>, LockError> {
    // SAFETY: guaranteed by the caller.
    let slot = unsafe { find_slot::<T>(handle) }.ok_or(LockError::Unknown)?;
    if slot.follows_any() {
        return Err(LockError::Follows);
    }
    if !slot.own.acquire() {
        return Err(LockError::Locked);
    }
    let second = Locked::new(slot, slot.own);
    match slot.has::<T>(slot.own) {
        true => Ok(second),
        false if slot.follows_any() => Err(LockError::Follows),
        false => Err(LockError::Unknown),
    }
}

/// An object whose lock this thread has, or gets back before it uses the object again, until this is dropped.
pub(crate) struct Locked<T: Handle> {
    slot: &'static Slot,
    /// the lock that was taken. Where the handle has left the one that it followed while this thread was waiting, it is
    /// the slot's own that this thread has.
    lock: &'static Lock,
    object: PhantomData<*const T>,
}

impl<T: Handle> Locked<T> {
    /// For a slot whose lock this thread has.
    #[inline(always)]
    fn new(slot: &'static Slot, lock: &'static Lock) -> Locked<T> {
        Locked {
            slot,
            lock,
            object: PhantomData,
        }
    }

    /// From now on `leader`'s lock, which this thread has, is the object's. Its own is given back.
    pub(crate) fn follow(self, leader: Place) {
        if let Some(leader) = leader.0 {
            self.slot.set_lock(leader.own);
        }
    }

    /// Takes the object out and drops it: the handle is dead from now on. For an object that no call is inside of.
    pub(crate) fn end(self) {
        let slot = self.slot;
        slot.magic.store(DEAD, Ordering::Relaxed);
        // SAFETY: the object is there, and with the magic word gone nobody reads it again.
        drop(unsafe { slot.object.get().cast::<T>().read() });
        slot.set_lock(slot.own);
        drop(self);
        slots().dead.push_back(ptr::from_ref(slot).cast_mut());
    }
}

impl<T: Handle> Deref for Locked<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: the object is there as long as the magic word is, which only the thread that has the lock takes away.
        unsafe { &*self.slot.object.get().cast() }
    }
}

impl<T: Handle> Drop for Locked<T> {
    #[inline(always)]
    fn drop(&mut self) {
        if !self.lock.release() {
            self.slot.release();
        }
    }
}

/// Where an object is registered; it is kept in the object.
#[derive(Clone, Copy, Default)]
pub(crate) struct Place(Option<&'static Slot>);

impl Place {
    /// The handle as the application knows it, NULL if there is none.
    #[inline]
    pub(crate) fn as_ptr(self) -> *mut c_void {
        self.0.map_or(null_mut(), |slot| ptr::from_ref(slot).cast_mut().cast())
    }

    /// Lets other threads use the object while `body` runs, which does not. For the thread that has the lock.
    #[inline(always)]
    pub(crate) fn unlocked<T>(self, body: impl FnOnce() -> T) -> T {
        let unlocked = self.0.filter(|slot| slot.lock().release());
        let _again = Again(unlocked);
        body()
    }

    /// The object follows no handle any more. For the thread that has that one's lock, and does no more with the object.
    pub(crate) fn part(self) {
        if let Some(slot) = self.0 {
            slot.set_lock(slot.own);
        }
    }

    /// The object of a live handle that follows this one, `None` if it follows none. For the thread that has this one's
    /// lock, and uses the result only as long as it has.
    ///
    /// # Safety
    ///
    /// As for [`lock`].
    pub(crate) unsafe fn follower<'a, T: Handle>(self, handle: *mut c_void) -> Result<Option<&'a T>, LockError> {
        // SAFETY: guaranteed by the caller.
        let slot = unsafe { find_slot::<T>(handle) }.ok_or(LockError::Unknown)?;
        match self.0 {
            Some(leader) if ptr::eq(slot.lock(), leader.own) => {
                // SAFETY: the slot has a `T`, and this thread has its lock.
                Ok(unsafe { slot.object.get().cast::<T>().as_ref() })
            }
            _ if slot.follows_any() => Err(LockError::Follows),
            _ => Ok(None),
        }
    }
}

/// Takes the lock of the slot back, also when an exception leaves the callback that it was given back for.
struct Again(Option<&'static Slot>);

impl Drop for Again {
    #[inline(always)]
    fn drop(&mut self) {
        if let Some(slot) = self.0 {
            slot.acquire();
        }
    }
}

impl Slot {
    /// It has a `T`, and `lock`, which this thread has, is its lock.
    #[inline(always)]
    fn has<T: Handle>(&self, lock: &Lock) -> bool {
        self.magic.load(Ordering::Relaxed) == T::MAGIC && ptr::eq(self.lock(), lock)
    }

    /// The object with its lock, whichever that is by then.
    #[cold]
    fn lock_later<T: Handle>(&'static self) -> Result<Locked<T>, LockError> {
        let lock = self.acquire_later().ok_or(LockError::Locked)?;
        let locked = Locked::new(self, lock);
        match self.has::<T>(lock) {
            true => Ok(locked),
            false => Err(LockError::Unknown),
        }
    }

    /// Takes the lock, whichever it is by then. `None` if this thread has it.
    #[inline(always)]
    fn acquire(&self) -> Option<&'static Lock> {
        let lock = self.lock();
        if !lock.try_acquire() {
            return self.acquire_later();
        }
        match ptr::eq(self.lock(), lock) {
            true => Some(lock),
            false => {
                lock.release();
                self.acquire_later()
            }
        }
    }

    #[cold]
    fn acquire_later(&self) -> Option<&'static Lock> {
        loop {
            let lock = self.lock();
            if !lock.acquire() {
                return None;
            }
            if ptr::eq(self.lock(), lock) {
                return Some(lock);
            }
            lock.release();
        }
    }

    #[cold]
    fn release(&self) {
        self.lock().release();
    }

    #[inline(always)]
    fn lock(&self) -> &'static Lock {
        // SAFETY: set from references to locks, which live for ever.
        unsafe { &*self.lock.load(Ordering::Acquire) }
    }

    fn set_lock(&self, lock: &'static Lock) {
        self.lock.store(ptr::from_ref(lock).cast_mut(), Ordering::Release);
    }

    fn follows_any(&self) -> bool {
        !ptr::eq(self.lock(), self.own)
    }
}

/// The slot of a live handle.
///
/// # Safety
///
/// As for [`lock`].
#[inline(always)]
unsafe fn find_slot<T: Handle>(handle: *mut c_void) -> Option<&'static Slot> {
    let slot: *const Slot = handle.cast();
    if !slot.is_aligned() {
        return not_aligned();
    }
    if slot.is_null() {
        return None;
    }
    // SAFETY: the caller guarantees that 16 bytes can be read. Where the magic word is that of `T`, it is a slot that
    // `register::<T>` has filled, and slots live for ever.
    unsafe {
        let magic = AtomicU32::from_ptr((&raw const (*slot).magic).cast_mut().cast());
        (magic.load(Ordering::Acquire) == T::MAGIC).then(|| &*slot)
    }
}

/// Apart from NULL, and opaque, so that both are tested by a branch each: neither is the case.
#[cold]
#[inline(never)]
fn not_aligned() -> Option<&'static Slot> {
    black_box(None)
}

fn slots() -> MutexGuard<'static, Slots> {
    let slots = SLOTS.get_or_init(|| {
        Mutex::new(Slots {
            dead: VecDeque::new(),
            locks: Locks::default(),
        })
    });
    slots.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Slots {
    /// Slots that stay dead before the oldest one is used again.
    const MIN_DEAD: usize = 1024;

    /// One without an object.
    fn next(&mut self) -> *mut Slot {
        if self.dead.len() >= Self::MIN_DEAD
            && let Some(oldest) = self.dead.pop_front()
        {
            return oldest;
        }
        let own = self.locks.next();
        Box::into_raw(Box::new(Slot {
            magic: AtomicU32::new(DEAD),
            object: UnsafeCell::new(MaybeUninit::uninit()),
            own,
            lock: AtomicPtr::new(ptr::from_ref(own).cast_mut()),
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;
    use std::thread;
    use std::time::Duration;

    use super::*;

    // SAFETY: two magic words that nothing else has.
    unsafe impl Handle for Arc<i32> {
        const MAGIC: u32 = 0x1234_5678;
    }

    // SAFETY: as above.
    unsafe impl Handle for Arc<u8> {
        const MAGIC: u32 = 0x9abc_def0;
    }

    /// A handle as threads share it.
    #[derive(Clone, Copy)]
    struct Shared(*mut c_void);

    // SAFETY: C programs do that with handles.
    unsafe impl Send for Shared {}
    // SAFETY: as above.
    unsafe impl Sync for Shared {}

    impl Shared {
        fn lock(&self) -> Result<Locked<Arc<i32>>, LockError> {
            // SAFETY: made by `register`.
            unsafe { lock(self.0) }
        }
    }

    #[test]
    fn miri_a_handle_is_found_by_its_kind_until_it_ends() {
        let object = Arc::new(7);
        let handle = register(Arc::clone(&object)).as_ptr();
        // SAFETY: a live handle, then a dead one, then NULL.
        unsafe {
            assert_eq!(find::<Arc<i32>>(handle), Some(&object));
            assert!(find::<Arc<u8>>(handle).is_none());
            assert_eq!(lock::<Arc<u8>>(handle).err(), Some(LockError::Unknown));
            lock::<Arc<i32>>(handle).ok().unwrap().end();
            assert!(find::<Arc<i32>>(handle).is_none());
            for dead in [handle, null_mut()] {
                assert_eq!(lock::<Arc<i32>>(dead).err(), Some(LockError::Unknown));
            }
        }
        assert_eq!(Arc::strong_count(&object), 1);
    }

    #[test]
    fn the_slot_that_has_been_dead_longest_is_used_again_when_there_are_many() {
        let mut slots = Slots {
            dead: VecDeque::new(),
            locks: Locks::default(),
        };
        let made: Vec<_> = (0..Slots::MIN_DEAD).map(|_| slots.next()).collect();
        slots.dead.extend(&made[1..]);
        let new = slots.next();
        assert!(!made.contains(&new));
        slots.dead.push_back(new);
        assert_eq!(slots.next(), made[1]);
        assert!(!made.contains(&slots.next()));
    }

    #[test]
    fn miri_others_get_in_while_it_is_unlocked() {
        let place = register(Arc::new(1));
        let shared = Shared(place.as_ptr());
        let locked = shared.lock().ok().unwrap();
        assert_eq!(shared.lock().err(), Some(LockError::Locked));
        place.unlocked(|| {
            thread::scope(|scope| {
                scope.spawn(|| assert_eq!(**shared.lock().ok().unwrap(), 1));
            });
            assert!(shared.lock().is_ok());
        });
        drop(locked);
        shared.lock().ok().unwrap().end();
    }

    #[test]
    fn miri_a_follower_has_its_leaders_lock() {
        let (leader, follower) = (register(Arc::new(0u8)), register(Arc::new(1)));
        let shared = Shared(follower.as_ptr());
        let entered = AtomicBool::new(false);
        // SAFETY: two live handles.
        let locked = unsafe { lock::<Arc<u8>>(leader.as_ptr()) }.ok().unwrap();
        // SAFETY: as above.
        unsafe {
            lock_second::<Arc<i32>>(shared.0).ok().unwrap().follow(leader);
            assert_eq!(lock_second::<Arc<i32>>(shared.0).err(), Some(LockError::Follows));
            assert_eq!(leader.follower::<Arc<i32>>(shared.0).unwrap().map(|it| **it), Some(1));
        }
        thread::scope(|scope| {
            scope.spawn(|| {
                let _locked = shared.lock().ok().unwrap();
                entered.store(true, Ordering::Relaxed);
            });
            thread::sleep(Duration::from_millis(20));
            assert!(!entered.load(Ordering::Relaxed));
            follower.part();
            // SAFETY: a live handle.
            assert_eq!(unsafe { leader.follower::<Arc<i32>>(shared.0) }, Ok(None));
            drop(locked);
        });
        shared.lock().ok().unwrap().end();
        // SAFETY: a live handle.
        unsafe { lock::<Arc<u8>>(leader.as_ptr()) }.ok().unwrap().end();
    }

    #[test]
    fn miri_a_handle_that_parts_while_a_thread_is_outside_has_its_own_lock_afterwards() {
        let (leader, follower) = (register(Arc::new(0u8)), register(Arc::new(1)));
        let shared = Shared(follower.as_ptr());
        {
            // SAFETY: two live handles.
            let _leader = unsafe { lock::<Arc<u8>>(leader.as_ptr()) }.ok().unwrap();
            // SAFETY: as above.
            unsafe { lock_second::<Arc<i32>>(shared.0) }
                .ok()
                .unwrap()
                .follow(leader);
        }
        let locked = shared.lock().ok().unwrap();
        follower.unlocked(|| {
            // SAFETY: a live handle.
            let _leader = unsafe { lock::<Arc<u8>>(leader.as_ptr()) }.ok().unwrap();
            follower.part();
        });
        assert_eq!(shared.lock().err(), Some(LockError::Locked));
        drop(locked);
        shared.lock().ok().unwrap().end();
        // SAFETY: a live handle.
        unsafe { lock::<Arc<u8>>(leader.as_ptr()) }.ok().unwrap().end();
    }

    #[test]
    fn miri_a_thread_that_waits_for_a_handle_that_dies_finds_it_dead() {
        let shared = Shared(register(Arc::new(1)).as_ptr());
        let locked = shared.lock().ok().unwrap();
        thread::scope(|scope| {
            scope.spawn(|| assert_eq!(shared.lock().err(), Some(LockError::Unknown)));
            thread::sleep(Duration::from_millis(20));
            locked.end();
        });
    }
}
