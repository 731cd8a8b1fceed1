//! Memory that a child of `fork()` finds filled with zeros.
//!
//! Where the kernel can, it wipes the pages, in children made by `_Fork()` or a bare `clone()` too. A handler of
//! `pthread_atfork()` wipes what the kernel has left: on systems that can't, on Linux before 4.14, and under the user
//! emulation of qemu, which accepts the advice and ignores it.

use std::cell::UnsafeCell;
use std::ffi::c_int;
use std::ptr::{self, null_mut};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering};

use crate::ffi::system;

/// What may be filled with zeros at any time.
///
/// # Safety
///
/// All zeros are a value, also where other threads see them suddenly, and it has no destructor.
pub(crate) unsafe trait Zeros {}

// SAFETY: a number.
unsafe impl Zeros for AtomicU64 {}

/// As many of `T` as a page has room for, all zeros, and again in a child of `fork()`. They are never freed.
pub(crate) fn zeros<T: Zeros>() -> &'static [T] {
    const { assert!(size_of::<T>() > 0 && size_of::<T>() <= CONTENT && align_of::<T>() <= PAGE_SIZE) };
    let content = page().content.get().cast::<T>();
    // SAFETY: zeros at the beginning of a page, which stays for ever and which nobody else uses.
    unsafe { std::slice::from_raw_parts(content, CONTENT / size_of::<T>()) }
}

const PAGE_SIZE: usize = 4096;
const CONTENT: usize = PAGE_SIZE - size_of::<usize>();

#[repr(C, align(4096))]
struct Page {
    content: UnsafeCell<[u8; CONTENT]>,
    /// [`IN_USE`]; a child that finds 0 knows that the kernel has wiped the page
    witness: AtomicUsize,
}

const IN_USE: usize = 1;

/// A page for the handler, in memory that is not wiped.
struct Listed {
    page: &'static Page,
    next: *const Listed,
}

/// The head of the list. It only grows.
static PAGES: AtomicPtr<Listed> = AtomicPtr::new(null_mut());

/// A new page of zeros.
fn page() -> &'static Page {
    let page = map().unwrap_or_else(allocate);
    watch(page);
    page
}

/// A page that the kernel never wipes.
fn allocate() -> &'static Page {
    Box::leak(Box::new(Page {
        content: UnsafeCell::new([0; CONTENT]),
        witness: AtomicUsize::new(0),
    }))
}

/// From here on the handler knows the page.
fn watch(page: &'static Page) {
    page.witness.store(IN_USE, Ordering::Relaxed);
    if !cfg!(miri) {
        list(page);
        register_handler();
    }
}

/// A page that the kernel wipes if it can.
fn map() -> Option<&'static Page> {
    if cfg!(miri) {
        return None;
    }
    let (access, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANON);
    // SAFETY: new anonymous memory at an address of the kernel's choice.
    let page = unsafe { libc::mmap(null_mut(), PAGE_SIZE, access, flags, -1, 0) };
    if page == libc::MAP_FAILED {
        return None;
    }
    // SAFETY: the memory that was just mapped, which nobody else knows. It is zeros, a valid `Page`, and stays for ever.
    unsafe {
        system::wipe_on_fork(page, PAGE_SIZE);
        Some(&*page.cast::<Page>())
    }
}

fn list(page: &'static Page) {
    // SAFETY: memory for one entry, or NULL.
    let Some(entry) = (unsafe { libc::malloc(size_of::<Listed>()).cast::<Listed>().as_mut() }) else {
        // A child has to do with what the kernel does.
        return;
    };
    let entry: *mut Listed = entry;
    let mut next = PAGES.load(Ordering::Relaxed);
    loop {
        // SAFETY: valid memory for an entry, which no other thread has seen yet.
        unsafe { entry.write(Listed { page, next }) };
        match PAGES.compare_exchange_weak(next, entry, Ordering::Release, Ordering::Relaxed) {
            Ok(_) => return,
            Err(newer) => next = newer,
        }
    }
}

/// Once; where there was no memory for it, with the next page.
fn register_handler() {
    static REGISTERED: AtomicBool = AtomicBool::new(false);
    if !REGISTERED.swap(true, Ordering::Relaxed) {
        // SAFETY: the handler is async-signal-safe: it only reads and writes memory that stays for ever.
        let status = unsafe { pthread_atfork(None, None, Some(wipe_what_the_kernel_has_left)) };
        REGISTERED.store(status == 0, Ordering::Relaxed);
    }
}

/// In a child, which has one thread.
unsafe extern "C" fn wipe_what_the_kernel_has_left() {
    let mut next = PAGES.load(Ordering::Acquire).cast_const();
    // SAFETY: NULL or an entry, which is never freed.
    while let Some(entry) = unsafe { next.as_ref() } {
        if entry.page.witness.load(Ordering::Relaxed) == IN_USE {
            // SAFETY: all zeros are a value of what is in a page, and no other thread runs that could use it.
            unsafe { ptr::write_bytes(entry.page.content.get().cast::<u8>(), 0, CONTENT) };
        }
        next = entry.next;
    }
}

unsafe extern "C" {
    // The crate libc does not have it for Linux.
    fn pthread_atfork(
        prepare: Option<unsafe extern "C" fn()>,
        parent: Option<unsafe extern "C" fn()>,
        child: Option<unsafe extern "C" fn()>,
    ) -> c_int;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(not(miri))]
    fn the_handler_wipes_what_the_kernel_has_left() {
        let page = allocate();
        watch(page);
        let byte = page.content.get().cast::<u8>();
        // SAFETY: the first byte of a page that only this test uses. The child only reads it and leaves.
        let child = unsafe {
            byte.write(1);
            libc::fork()
        };
        if child == 0 {
            // SAFETY: as above; ends the child at once, without running the parent's destructors.
            unsafe { libc::_exit(if byte.read() == 0 { 7 } else { 1 }) };
        }
        let mut status = 0;
        // SAFETY: waits for the child made above, and reads the byte.
        unsafe {
            assert_eq!(libc::waitpid(child, &raw mut status, 0), child);
            assert_eq!((libc::WEXITSTATUS(status), byte.read()), (7, 1));
        }
    }
}
