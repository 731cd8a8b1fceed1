//! eventfd(2).

use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

use rustix::event::EventfdFlags;
use rustix::io::Errno;

#[derive(Debug)]
pub(in crate::net::wait) struct Wakeup(OwnedFd);

impl Wakeup {
    /// Fails when there are no descriptors left.
    pub(in crate::net::wait) fn new() -> io::Result<Wakeup> {
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        Ok(Wakeup(rustix::event::eventfd(0, flags)?))
    }

    /// Makes the descriptor readable.
    pub(in crate::net::wait) fn signal(&self) {
        // The only error is a counter that is full: readable already.
        let _ = rustix::io::retry_on_intr(|| rustix::io::write(&self.0, &1u64.to_ne_bytes()));
    }

    /// Makes it unreadable; whether it was readable.
    pub(in crate::net::wait) fn clear(&self) -> bool {
        let mut counter = [0; 8];
        rustix::io::retry_on_intr(|| rustix::io::read(&self.0, &mut counter)) != Err(Errno::AGAIN)
    }

    /// The descriptor.
    pub(in crate::net::wait) fn raw(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}
