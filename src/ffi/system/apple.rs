//! macOS and its relatives.

use std::ffi::{c_int, c_void};

pub(in crate::ffi) use super::bsd::*;

/// A stream socket, as a `socktype`, which can't ask for close-on-exec here.
pub(in crate::ffi) const STREAM_CLOEXEC: c_int = libc::SOCK_STREAM;

/// Does nothing: the kernel can't wipe memory in children.
///
/// # Safety
///
/// None is needed here.
pub(in crate::ffi) unsafe fn wipe_on_fork(_memory: *mut c_void, _length: usize) {}

/// The lowest address of this thread's stack, and the first above it.
pub(in crate::ffi) fn stack() -> Option<(usize, usize)> {
    // SAFETY: about the thread that asks. They only read what the thread library keeps of it.
    let (high, size) = unsafe {
        let this = libc::pthread_self();
        (
            libc::pthread_get_stackaddr_np(this),
            libc::pthread_get_stacksize_np(this),
        )
    };
    Some((high.addr().checked_sub(size)?, high.addr()))
}
