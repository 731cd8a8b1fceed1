//! epoll(7), level-triggered: the cost of a wait is proportional to the number of ready descriptors.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::time::{Duration, Instant};

use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::io::Errno;

use crate::ffi::process::Process;
use crate::net::wait::milliseconds;
use crate::net::wait::poll::Interest;

/// A set of descriptors, each with a number of the caller's choice.
///
/// A descriptor that is closed leaves the set, unless there is a duplicate of it. A child of `fork()` has
/// duplicates of all of them, and of the set: a change would be a change for its parent.
pub(crate) struct Epoll {
    set: OwnedFd,
    process: Process,
}

/// The maximum number of events of one call of [`Epoll::wait`]. The others come first in the next call.
const BATCH: usize = 512;

impl Epoll {
    /// An empty set. Fails when there are no descriptors left.
    pub(crate) fn new() -> io::Result<Epoll> {
        Ok(Epoll {
            set: epoll::create(CreateFlags::CLOEXEC)?,
            process: Process::current(),
        })
    }

    /// Whether it was made before a fork(). Then it must not be changed, and a new one is needed.
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
            return Err(Errno::BADF.into());
        }
        if self.is_foreign() {
            return Ok(());
        }
        let data = EventData::new_u64(number);
        let flags = flags(interest);
        // SAFETY: only borrowed for the call, and a number that is not open is reported as an error.
        let fd = unsafe { BorrowedFd::borrow_raw(interest.fd) };
        Ok(match known {
            true => epoll::modify(&self.set, fd, data, flags),
            false => epoll::add(&self.set, fd, data, flags),
        }?)
    }

    /// Takes a descriptor out of the set, if it is there.
    pub(crate) fn forget(&self, fd: RawFd) {
        if fd < 0 || self.is_foreign() {
            return;
        }
        // SAFETY: only borrowed for the call, and a number that is not open is reported as an error.
        let fd = unsafe { BorrowedFd::borrow_raw(fd) };
        let _ = epoll::delete(&self.set, fd);
    }

    /// Waits until a descriptor is ready or until `deadline` (`None`: for ever; one that has passed: without blocking), and
    /// appends the numbers of the ready ones to `found`. A signal ends the wait.
    pub(crate) fn wait(&self, deadline: Option<Instant>, found: &mut Vec<u64>) -> io::Result<()> {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let timeout = left.map(timespec);
        let mut events = [MaybeUninit::uninit(); BATCH];
        match epoll::wait(&self.set, &mut events, timeout.as_ref()) {
            Ok((ready, _)) => found.extend(ready.iter().map(|event| event.data.u64())),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}

fn timespec(left: Duration) -> Timespec {
    let milliseconds = milliseconds(left).min(i32::MAX as u128) as i64;
    Timespec {
        tv_sec: milliseconds / 1000,
        tv_nsec: milliseconds % 1000 * 1_000_000,
    }
}

fn flags(interest: Interest) -> EventFlags {
    let mut flags = EventFlags::empty();
    flags.set(EventFlags::IN, interest.read);
    flags.set(EventFlags::OUT, interest.write);
    flags
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};

    fn reading(fd: RawFd) -> Interest {
        Interest {
            fd,
            read: true,
            write: false,
        }
    }

    fn ready(set: &Epoll) -> Vec<u64> {
        let mut found = Vec::new();
        set.wait(Some(Instant::now()), &mut found).unwrap();
        found
    }

    #[test]
    fn a_descriptor_is_reported_with_its_number_as_long_as_it_is_ready() {
        let set = Epoll::new().unwrap();
        let (mut reader, mut writer) = io::pipe().unwrap();
        set.watch(reading(reader.as_raw_fd()), 7, false).unwrap();
        assert!(ready(&set).is_empty());
        writer.write_all(b"x").unwrap();
        assert_eq!(ready(&set), [7]);
        assert_eq!(ready(&set), [7]);
        reader.read_exact(&mut [0]).unwrap();
        assert!(ready(&set).is_empty());
    }

    #[test]
    fn a_descriptor_that_was_closed_is_known_no_more() {
        let set = Epoll::new().unwrap();
        let (reader, mut writer) = io::pipe().unwrap();
        let fd = reader.as_raw_fd();
        set.watch(reading(fd), 1, false).unwrap();
        set.watch(reading(fd), 2, true).unwrap();
        writer.write_all(b"x").unwrap();
        assert_eq!(ready(&set), [2]);
        drop(reader);
        let error = set.watch(reading(fd), 2, true).unwrap_err();
        assert!(matches!(error.raw_os_error(), Some(libc::EBADF | libc::ENOENT)));
        set.forget(fd);
        assert!(ready(&set).is_empty());
        assert!(set.watch(reading(-1), 3, false).is_err());
        set.forget(-1);
    }

    #[test]
    fn waiting_ends_at_the_deadline_and_not_before() {
        let set = Epoll::new().unwrap();
        let deadline = Instant::now() + Duration::from_micros(10_300);
        let mut found = Vec::new();
        set.wait(Some(deadline), &mut found).unwrap();
        assert!(found.is_empty() && Instant::now() >= deadline);
    }
}
