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
