//! FreeBSD.

use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr::null_mut;

pub(in crate::ffi) use super::bsd::*;

/// A stream socket that is closed by `execve()`, as a `socktype`.
pub(in crate::ffi) const STREAM_CLOEXEC: c_int = libc::SOCK_STREAM | libc::SOCK_CLOEXEC;

/// Asks the kernel to fill the memory with zeros in children, however they are made (`INHERIT_ZERO`, minherit(2)).
///
/// # Safety
///
/// Whole pages of private anonymous memory that may be filled with zeros.
pub(in crate::ffi) unsafe fn wipe_on_fork(memory: *mut c_void, length: usize) {
    // SAFETY: guaranteed by the caller. The caller copes with a kernel that refuses.
    unsafe { libc::minherit(memory, length, libc::INHERIT_ZERO) };
}

/// The lowest address of this thread's stack, and the first above it.
pub(in crate::ffi) fn stack() -> Option<(usize, usize)> {
    let mut attributes = MaybeUninit::<libc::pthread_attr_t>::uninit();
    let (mut low, mut size): (*mut c_void, usize) = (null_mut(), 0);
    // SAFETY: pthread_attr_init(3) makes the attributes, which pthread_attr_get_np(3) fills, and which are read and freed then.
    unsafe {
        if libc::pthread_attr_init(attributes.as_mut_ptr()) != 0 {
            return None;
        }
        let mut status = libc::pthread_attr_get_np(libc::pthread_self(), attributes.as_mut_ptr());
        if status == 0 {
            status = libc::pthread_attr_getstack(attributes.as_ptr(), &raw mut low, &raw mut size);
        }
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
        (status == 0).then_some((low.addr(), low.addr() + size))
    }
}
