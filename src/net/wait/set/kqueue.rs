//! kqueue(2).

use std::ffi::c_int;
use std::io;
use std::mem;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::ptr::null;
use std::time::Duration;

use libc::{EV_ADD, EV_DELETE, EV_ENABLE, EV_RECEIPT, EVFILT_READ, EVFILT_WRITE, NOTE_LOWAT, kevent};

use crate::net::wait::poll::Interest;

pub(super) struct Kqueue(OwnedFd);

/// The maximum number of events of one call of [`Kqueue::wait`]. The others come first in the next call.
const BATCH: usize = 256;

impl Kqueue {
    pub(super) const IS_INHERITED: bool = false;

    pub(super) fn new() -> io::Result<Kqueue> {
        // SAFETY: takes no arguments.
        let fd = unsafe { libc::kqueue() };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: new, and nobody else's.
        let queue = unsafe { OwnedFd::from_raw_fd(fd) };
        rustix::io::fcntl_setfd(&queue, rustix::io::FdFlags::CLOEXEC)?;
        Ok(Kqueue(queue))
    }

    pub(super) fn raw(&self) -> RawFd {
        self.0.as_raw_fd()
    }

    pub(super) fn add(&self, fd: BorrowedFd<'_>, interest: Interest, number: u64) -> io::Result<()> {
        let mut reading = event(fd, EVFILT_READ, EV_ADD, number);
        if !interest.read {
            // More than a receive buffer ever holds: only EOF and errors are reported.
            reading.fflags = NOTE_LOWAT;
            reading.data = i32::MAX as _;
        }
        self.apply(reading)?;
        match interest.write {
            true => self.apply(event(fd, EVFILT_WRITE, EV_ADD, number)),
            false => {
                let _not_there = self.apply(event(fd, EVFILT_WRITE, EV_DELETE, number));
                Ok(())
            }
        }
    }

    /// Fails if the descriptor is not in the set: the reading filter of one that is there always is.
    pub(super) fn change(&self, fd: BorrowedFd<'_>, interest: Interest, number: u64) -> io::Result<()> {
        self.apply(event(fd, EVFILT_READ, EV_ENABLE, number))?;
        self.add(fd, interest, number)
    }

    pub(super) fn remove(&self, fd: BorrowedFd<'_>) {
        for filter in [EVFILT_READ, EVFILT_WRITE] {
            let _not_there = self.apply(event(fd, filter, EV_DELETE, 0));
        }
    }

    pub(super) fn wait(&self, timeout: Duration, found: &mut Vec<u64>) -> io::Result<()> {
        let timeout = libc::timespec {
            tv_sec: timeout.as_secs() as _,
            tv_nsec: timeout.subsec_nanos().into(),
        };
        // SAFETY: numbers and a pointer, for which zeros are values.
        let mut events: [kevent; BATCH] = unsafe { mem::zeroed() };
        // SAFETY: no changes, room for as many events as are told, and a valid timeout.
        let count = unsafe { kevent(self.raw(), null(), 0, events.as_mut_ptr(), BATCH as c_int, &timeout) };
        let count = usize::try_from(count).map_err(|_| io::Error::last_os_error())?;
        // One that is ready for both is there twice.
        let mut numbers: Vec<u64> = events[..count].iter().map(|event| event.udata as u64).collect();
        numbers.sort_unstable();
        numbers.dedup();
        found.append(&mut numbers);
        Ok(())
    }

    /// Makes one change of the queue.
    fn apply(&self, mut change: kevent) -> io::Result<()> {
        change.flags |= EV_RECEIPT;
        let mut receipt = change;
        // SAFETY: one change, and room for its receipt.
        match unsafe { kevent(self.raw(), &change, 1, &mut receipt, 1, null()) } {
            1 if receipt.data == 0 => Ok(()),
            1 => Err(io::Error::from_raw_os_error(receipt.data as i32)),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

fn event(fd: BorrowedFd<'_>, filter: i16, flags: u16, number: u64) -> kevent {
    // SAFETY: numbers and a pointer, for which zeros are values.
    let mut event: kevent = unsafe { mem::zeroed() };
    event.ident = fd.as_raw_fd() as usize;
    event.filter = filter;
    event.flags = flags;
    event.udata = std::ptr::without_provenance_mut(number as usize);
    event
}
