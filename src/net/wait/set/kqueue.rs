//! kqueue(2), level-triggered: the cost of a wait is proportional to the number of ready descriptors.

use std::ffi::c_int;
use std::io;
use std::mem::{self, ManuallyDrop};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::ptr::null;
use std::time::{Duration, Instant};

use libc::{EV_ADD, EV_DELETE, EV_ENABLE, EV_RECEIPT, EVFILT_READ, EVFILT_WRITE, NOTE_LOWAT, kevent};

use crate::ffi::process::Process;
use crate::net::wait::milliseconds;
use crate::net::wait::poll::Interest;

/// A set of descriptors, each with a number of the caller's choice.
///
/// A descriptor that is closed leaves the set, unless there is a duplicate of it. A child of `fork()` does not inherit the set:
/// there the number of its descriptor is free, or another file's.
pub(crate) struct Kqueue {
    set: ManuallyDrop<OwnedFd>,
    process: Process,
}

/// The maximum number of events of one call of [`Kqueue::wait`]. The others come first in the next call.
const BATCH: usize = 256;

impl Kqueue {
    /// An empty set. Fails when there are no descriptors left.
    pub(crate) fn new() -> io::Result<Kqueue> {
        // SAFETY: takes no arguments.
        let fd = unsafe { libc::kqueue() };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: new, and nobody else's.
        let set = unsafe { OwnedFd::from_raw_fd(fd) };
        rustix::io::fcntl_setfd(&set, rustix::io::FdFlags::CLOEXEC)?;
        Ok(Kqueue {
            set: ManuallyDrop::new(set),
            process: Process::current(),
        })
    }

    /// Whether it was made before a fork(). Then it is not there, and a new one is needed.
    pub(crate) fn is_foreign(&self) -> bool {
        !self.process.is_current()
    }

    /// The descriptor of the set, readable while one of the members is ready. It belongs to the set.
    pub(crate) fn raw(&self) -> RawFd {
        self.set.as_raw_fd()
    }

    /// Watches a descriptor, or changes what it is watched for if it is `known`. A known one that the application has
    /// closed meanwhile is an error, also when its number belongs to another file now.
    pub(crate) fn watch(&self, interest: Interest, number: u64, known: bool) -> io::Result<()> {
        if interest.fd < 0 {
            return Err(io::Error::from_raw_os_error(libc::EBADF));
        }
        if self.is_foreign() {
            return Ok(());
        }
        if known {
            // Fails unless it is in the set: the reading filter of a member always is.
            self.change(event(interest.fd, EVFILT_READ, EV_ENABLE, number))?;
        }
        let mut reading = event(interest.fd, EVFILT_READ, EV_ADD, number);
        if !interest.read {
            // More than a receive buffer ever holds: only EOF and errors are reported.
            reading.fflags = NOTE_LOWAT;
            reading.data = i32::MAX as _;
        }
        self.change(reading)?;
        match interest.write {
            true => self.change(event(interest.fd, EVFILT_WRITE, EV_ADD, number)),
            false => {
                let _not_there = self.change(event(interest.fd, EVFILT_WRITE, EV_DELETE, number));
                Ok(())
            }
        }
    }

    /// Takes a descriptor out of the set, if it is there.
    pub(crate) fn forget(&self, fd: RawFd) {
        if fd < 0 || self.is_foreign() {
            return;
        }
        for filter in [EVFILT_READ, EVFILT_WRITE] {
            let _not_there = self.change(event(fd, filter, EV_DELETE, 0));
        }
    }

    /// Waits until a descriptor is ready or until `deadline` (`None`: for ever; one that has passed: without blocking), and
    /// appends the numbers of the ready ones to `found`, each once. A signal ends the wait.
    pub(crate) fn wait(&self, deadline: Option<Instant>, found: &mut Vec<u64>) -> io::Result<()> {
        if self.is_foreign() {
            return Err(io::Error::from_raw_os_error(libc::EBADF));
        }
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let timeout = left.map(timespec);
        let timeout = timeout.as_ref().map_or(null(), std::ptr::from_ref);
        let mut events = [event(0, 0, 0, 0); BATCH];
        // SAFETY: no changes, room for as many events as are told, and no or a valid timeout.
        let count = unsafe { kevent(self.raw(), null(), 0, events.as_mut_ptr(), BATCH as c_int, timeout) };
        match usize::try_from(count) {
            Ok(count) => {
                // One that is ready for both is there twice.
                let mut numbers: Vec<u64> = events[..count].iter().map(|event| event.udata as u64).collect();
                numbers.sort_unstable();
                numbers.dedup();
                found.append(&mut numbers);
            }
            Err(_) => {
                let error = io::Error::last_os_error();
                if error.kind() != io::ErrorKind::Interrupted {
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// Makes one change of the set.
    fn change(&self, mut change: kevent) -> io::Result<()> {
        change.flags |= EV_RECEIPT;
        let mut receipt = event(0, 0, 0, 0);
        // SAFETY: one change, and room for its receipt.
        match unsafe { kevent(self.raw(), &change, 1, &mut receipt, 1, null()) } {
            1 if receipt.data == 0 => Ok(()),
            1 => Err(io::Error::from_raw_os_error(receipt.data as i32)),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

impl Drop for Kqueue {
    fn drop(&mut self) {
        if !self.is_foreign() {
            // SAFETY: nobody uses it after this.
            unsafe { ManuallyDrop::drop(&mut self.set) };
        }
    }
}

fn event(fd: RawFd, filter: i16, flags: u16, number: u64) -> kevent {
    // SAFETY: numbers and a pointer, for which zeros are values.
    let mut event: kevent = unsafe { mem::zeroed() };
    event.ident = fd as usize;
    event.filter = filter;
    event.flags = flags;
    event.udata = std::ptr::without_provenance_mut(number as usize);
    event
}

fn timespec(left: Duration) -> libc::timespec {
    let milliseconds = milliseconds(left).min(i32::MAX as u128) as i64;
    libc::timespec {
        tv_sec: milliseconds / 1000,
        tv_nsec: milliseconds % 1000 * 1_000_000,
    }
}
