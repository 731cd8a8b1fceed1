//! recv(2) and send(2), which every message costs.

use std::mem::MaybeUninit;
use std::os::fd::RawFd;

use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags};

use super::system;

/// How many bytes a call has received or sent, or why none. One word: the compiler keeps track of it where it loses track of a
/// `Result`, which is two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moved(isize);

impl Moved {
    /// The socket of another process.
    pub(super) const FOREIGN: Moved = Moved::failed(Errno::PERM);

    const fn failed(errno: Errno) -> Moved {
        Moved(-(errno.raw_os_error() as isize))
    }

    /// It is all of the `count` bytes.
    #[inline(always)]
    pub(crate) fn is(self, count: usize) -> bool {
        self.0 == count as isize
    }

    /// How many, if it is at least one.
    #[inline(always)]
    pub(crate) fn count(self) -> Option<usize> {
        (self.0 > 0).then_some(self.0 as usize)
    }

    /// Nothing now: the caller is to wait for the socket.
    #[inline(always)]
    pub(crate) fn is_blocked(self) -> bool {
        self == Moved::failed(Errno::AGAIN)
    }

    /// A signal came first: the call is to be made once more.
    #[inline]
    pub(crate) fn is_interrupted(self) -> bool {
        self == Moved::failed(Errno::INTR)
    }

    /// What `call` has done, which is made once more after a signal.
    pub(crate) fn uninterrupted(mut call: impl FnMut() -> Moved) -> Moved {
        loop {
            let moved = call();
            if !moved.is_interrupted() {
                return moved;
            }
        }
    }

    pub(super) fn result(self) -> Result<usize, Errno> {
        usize::try_from(self.0).map_err(|_| Errno::from_raw_os_error(-self.0 as i32))
    }
}

/// Receives into `buffer`. With `RecvFlags::TRUNC`, TCP discards the bytes instead.
#[inline(always)]
pub(super) fn recv(fd: RawFd, buffer: &mut [MaybeUninit<u8>], flags: RecvFlags) -> Moved {
    let flags = flags.bits() as libc::c_int;
    // SAFETY: the system writes to the buffer, no more than its length.
    moved(unsafe { libc::recv(fd, buffer.as_mut_ptr().cast(), buffer.len(), flags) })
}

/// A buffer as [`recv`] wants it, for nothing else: it makes no byte uninitialized.
pub(super) fn uninit(buffer: &mut [u8]) -> &mut [MaybeUninit<u8>] {
    let (data, length) = (buffer.as_mut_ptr().cast(), buffer.len());
    // SAFETY: the same memory, borrowed for as long, of a type with the same layout.
    unsafe { std::slice::from_raw_parts_mut(data, length) }
}

/// Sends from the front of `bytes`.
#[inline(always)]
pub(super) fn send(fd: RawFd, bytes: &[u8], flags: SendFlags) -> Moved {
    let flags = flags.bits() as libc::c_int;
    // SAFETY: the system reads from the slice, no more than its length.
    moved(unsafe { libc::send(fd, bytes.as_ptr().cast(), bytes.len(), flags) })
}

#[inline(always)]
fn moved(returned: libc::ssize_t) -> Moved {
    match returned < 0 {
        true => Moved::failed(system::errno()),
        false => Moved(returned),
    }
}
