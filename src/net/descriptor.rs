//! A descriptor that the application may close, though it should not.

use std::io;
use std::mem::{self, MaybeUninit};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};

/// Owns a descriptor, like [`OwnedFd`], but does not close it if it belongs to another file by now: some programs close the
/// descriptor of a connection, and the next file that is opened gets the same number.
#[derive(Debug)]
pub(super) struct Descriptor {
    raw: RawFd,
    inode: u64,
}

impl Descriptor {
    /// Takes the descriptor over.
    pub(super) fn new(fd: OwnedFd) -> io::Result<Descriptor> {
        let inode = inode(fd.as_raw_fd())?;
        Ok(Descriptor {
            raw: fd.into_raw_fd(),
            inode,
        })
    }

    /// Gives the descriptor away.
    pub(super) fn into_fd(self) -> OwnedFd {
        // SAFETY: it belonged to `self`, which is forgotten.
        let fd = unsafe { OwnedFd::from_raw_fd(self.raw) };
        mem::forget(self);
        fd
    }
}

impl AsFd for Descriptor {
    fn as_fd(&self) -> BorrowedFd<'_> {
        // SAFETY: open as long as `self` lives, unless the application has closed it: then system calls fail.
        unsafe { BorrowedFd::borrow_raw(self.raw) }
    }
}

impl AsRawFd for Descriptor {
    fn as_raw_fd(&self) -> RawFd {
        self.raw
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        let is_other = match inode(self.raw) {
            Ok(inode) => inode != self.inode,
            // Nothing but EBADF says that it was closed.
            Err(error) => error.raw_os_error() == Some(libc::EBADF),
        };
        if !is_other {
            // SAFETY: it belongs to `self`, and nothing speaks for another file behind it.
            drop(unsafe { OwnedFd::from_raw_fd(self.raw) });
        }
    }
}

/// The number of the file behind a descriptor; each socket has one of its own.
fn inode(fd: RawFd) -> io::Result<u64> {
    let mut status = MaybeUninit::<libc::stat>::uninit();
    // SAFETY: memory for what the call writes.
    if unsafe { libc::fstat(fd, status.as_mut_ptr()) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call has succeeded and so written all of it.
    Ok(unsafe { status.assume_init() }.st_ino)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::os::unix::net::UnixStream;

    #[test]
    fn it_is_closed_with_its_owner() {
        let (ours, mut peer) = UnixStream::pair().unwrap();
        drop(Descriptor::new(ours.into()).unwrap());
        assert_eq!(peer.read(&mut [0]).unwrap(), 0);
    }

    #[test]
    fn another_file_with_its_number_stays_open() {
        let (ours, _peer) = UnixStream::pair().unwrap();
        let (other, mut others_peer) = UnixStream::pair().unwrap();
        let descriptor = Descriptor::new(ours.into()).unwrap();
        // SAFETY: two open descriptors; the first one's file goes to the second number.
        assert!(unsafe { libc::dup2(other.as_raw_fd(), descriptor.as_raw_fd()) } >= 0);
        let number = descriptor.as_raw_fd();
        drop((descriptor, other));
        others_peer.set_nonblocking(true).unwrap();
        assert!(others_peer.read(&mut [0]).is_err(), "its peer sees no end");
        // SAFETY: opened by dup2 above, and nobody else's.
        drop(unsafe { OwnedFd::from_raw_fd(number) });
    }
}
