//! recv(2) and send(2), which every message costs: their results stay in registers, those of rustix do not.

use std::mem::MaybeUninit;
use std::os::fd::RawFd;

use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags};

use super::system;

/// Receives into `buffer` and returns the number of bytes. With `RecvFlags::TRUNC`, TCP discards them instead.
#[inline(always)]
pub(super) fn recv(fd: RawFd, buffer: &mut [MaybeUninit<u8>], flags: RecvFlags) -> Result<usize, Errno> {
    let flags = flags.bits() as libc::c_int;
    // SAFETY: the system writes to the buffer, no more than its length.
    count(unsafe { libc::recv(fd, buffer.as_mut_ptr().cast(), buffer.len(), flags) })
}

/// A buffer as [`recv`] wants it, for nothing else: it makes no byte uninitialized.
pub(super) fn uninit(buffer: &mut [u8]) -> &mut [MaybeUninit<u8>] {
    let (data, length) = (buffer.as_mut_ptr().cast(), buffer.len());
    // SAFETY: the same memory, borrowed for as long, of a type with the same layout.
    unsafe { std::slice::from_raw_parts_mut(data, length) }
}

/// Sends from the front of `bytes` and returns the number that was taken.
#[inline(always)]
pub(super) fn send(fd: RawFd, bytes: &[u8], flags: SendFlags) -> Result<usize, Errno> {
    let flags = flags.bits() as libc::c_int;
    // SAFETY: the system reads from the slice, no more than its length.
    count(unsafe { libc::send(fd, bytes.as_ptr().cast(), bytes.len(), flags) })
}

#[inline(always)]
fn count(result: libc::ssize_t) -> Result<usize, Errno> {
    usize::try_from(result).map_err(|_| system::errno())
}
