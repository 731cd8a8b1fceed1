//! FreeBSD.

use std::ffi::{c_int, c_void};

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
