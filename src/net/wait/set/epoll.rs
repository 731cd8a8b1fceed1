//! epoll(7).

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::time::Duration;

use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};

use crate::net::wait::poll::Interest;

pub(super) struct Epoll(OwnedFd);

/// The maximum number of events of one call of [`Epoll::wait`]. The others come first in the next call.
const BATCH: usize = 512;

impl Epoll {
    /// A child of `fork()` has a duplicate.
    pub(super) const IS_INHERITED: bool = true;

    pub(super) fn new() -> io::Result<Epoll> {
        Ok(Epoll(epoll::create(CreateFlags::CLOEXEC)?))
    }

    pub(super) fn raw(&self) -> RawFd {
        self.0.as_raw_fd()
    }

    pub(super) fn add(&self, fd: BorrowedFd<'_>, interest: Interest, number: u64) -> io::Result<()> {
        Ok(epoll::add(&self.0, fd, EventData::new_u64(number), flags(interest))?)
    }

    /// Fails if the descriptor is not in the set.
    pub(super) fn change(&self, fd: BorrowedFd<'_>, interest: Interest, number: u64) -> io::Result<()> {
        Ok(epoll::modify(&self.0, fd, EventData::new_u64(number), flags(interest))?)
    }

    pub(super) fn remove(&self, fd: BorrowedFd<'_>) {
        let _not_there = epoll::delete(&self.0, fd);
    }

    pub(super) fn wait(&self, timeout: Duration, found: &mut Vec<u64>) -> io::Result<()> {
        let timeout = Timespec {
            tv_sec: timeout.as_secs() as i64,
            tv_nsec: timeout.subsec_nanos().into(),
        };
        let mut events = [MaybeUninit::uninit(); BATCH];
        let (ready, _) = epoll::wait(&self.0, &mut events, Some(&timeout))?;
        found.extend(ready.iter().map(|event| event.data.u64()));
        Ok(())
    }
}

fn flags(interest: Interest) -> EventFlags {
    let mut flags = EventFlags::empty();
    flags.set(EventFlags::IN, interest.read);
    flags.set(EventFlags::OUT, interest.write);
    flags
}
