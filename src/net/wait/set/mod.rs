//! Sets of descriptors that are waited for.

#[cfg(target_os = "linux")]
mod epoll;
#[cfg(not(target_os = "linux"))]
mod kqueue;

use std::io;
use std::mem::ManuallyDrop;
use std::os::fd::{BorrowedFd, RawFd};
use std::time::Duration;

use rustix::io::Errno;

use crate::ffi::process::Process;
use crate::net::wait::milliseconds;
use crate::net::wait::poll::Interest;
#[cfg(target_os = "linux")]
use epoll::Epoll as Backend;
#[cfg(not(target_os = "linux"))]
use kqueue::Kqueue as Backend;

/// A set of descriptors, each with a number of the caller's choice. It is level-triggered, and the cost of a wait is
/// proportional to the number of ready descriptors.
///
/// A descriptor that is closed leaves the set, unless there is a duplicate of it. A child of `fork()` does not change the set
/// of its parent, and makes one of its own.
pub(crate) struct DescriptorSet {
    backend: ManuallyDrop<Backend>,
    process: Process,
}

impl DescriptorSet {
    /// An empty set. Fails when there are no descriptors left.
    pub(crate) fn new() -> io::Result<DescriptorSet> {
        Ok(DescriptorSet {
            backend: ManuallyDrop::new(Backend::new()?),
            process: Process::current(),
        })
    }

    /// The descriptor of the set, readable while one of the members is ready. It belongs to the set.
    pub(crate) fn raw(&self) -> RawFd {
        self.backend.raw()
    }

    /// Watches one more descriptor.
    pub(crate) fn add(&self, interest: Interest, number: u64) -> io::Result<()> {
        let fd = borrow(interest.fd).ok_or(Errno::BADF)?;
        match self.process.is_current() {
            true => self.backend.add(fd, interest, number),
            false => Ok(()),
        }
    }

    /// Changes what a descriptor of the set is watched for. One that the application has closed meanwhile is an error, also
    /// when its number belongs to another file now.
    pub(crate) fn change(&self, interest: Interest, number: u64) -> io::Result<()> {
        let fd = borrow(interest.fd).ok_or(Errno::BADF)?;
        match self.process.is_current() {
            true => self.backend.change(fd, interest, number),
            false => Ok(()),
        }
    }

    /// Takes a descriptor out of the set, if it is there.
    pub(crate) fn forget(&self, fd: RawFd) {
        if let Some(fd) = borrow(fd)
            && self.process.is_current()
        {
            self.backend.remove(fd);
        }
    }

    /// Waits until a descriptor is ready, no longer than `time`, and appends the numbers of the ready ones to `found`, each
    /// once. A signal ends the wait.
    pub(crate) fn wait(&self, time: Duration, found: &mut Vec<u64>) -> io::Result<()> {
        if !self.is_open() {
            return Err(Errno::BADF.into());
        }
        match self.backend.wait(timeout(time), found) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            result => result,
        }
    }

    /// Whether this process has the set's descriptor. Where children do not inherit it, its number is free there, or another
    /// file's.
    fn is_open(&self) -> bool {
        Backend::IS_INHERITED || self.process.is_current()
    }
}

impl Drop for DescriptorSet {
    fn drop(&mut self) {
        if self.is_open() {
            // SAFETY: nobody uses it after this.
            unsafe { ManuallyDrop::drop(&mut self.backend) };
        }
    }
}

/// A descriptor of the application's for one call, `None` for a number that can't be one.
fn borrow<'a>(fd: RawFd) -> Option<BorrowedFd<'a>> {
    // SAFETY: not negative, and used for one system call, which reports a number that is not open as an error.
    (fd >= 0).then(|| unsafe { BorrowedFd::borrow_raw(fd) })
}

/// Whole milliseconds, as many as the system calls take.
fn timeout(left: Duration) -> Duration {
    Duration::from_millis(milliseconds(left).min(i32::MAX as u128) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::os::fd::AsRawFd;
    use std::time::Instant;

    fn ready(set: &DescriptorSet) -> Vec<u64> {
        let mut found = Vec::new();
        set.wait(Duration::ZERO, &mut found).unwrap();
        found
    }

    #[test]
    fn a_descriptor_is_reported_with_its_number_as_long_as_it_is_ready() {
        let set = DescriptorSet::new().unwrap();
        let (mut reader, mut writer) = io::pipe().unwrap();
        set.add(Interest::reading(reader.as_raw_fd()), 7).unwrap();
        assert!(ready(&set).is_empty());
        writer.write_all(b"x").unwrap();
        assert_eq!(ready(&set), [7]);
        assert_eq!(ready(&set), [7]);
        reader.read_exact(&mut [0]).unwrap();
        assert!(ready(&set).is_empty());
    }

    #[test]
    fn a_descriptor_that_was_closed_is_known_no_more() {
        let set = DescriptorSet::new().unwrap();
        let (reader, mut writer) = io::pipe().unwrap();
        let fd = reader.as_raw_fd();
        set.add(Interest::reading(fd), 1).unwrap();
        set.change(Interest::reading(fd), 2).unwrap();
        writer.write_all(b"x").unwrap();
        assert_eq!(ready(&set), [2]);
        drop(reader);
        let error = set.change(Interest::reading(fd), 2).unwrap_err();
        assert!(matches!(error.raw_os_error(), Some(libc::EBADF | libc::ENOENT)));
        set.forget(fd);
        assert!(ready(&set).is_empty());
        assert!(set.add(Interest::reading(-1), 3).is_err());
        set.forget(-1);
    }

    #[test]
    fn waiting_ends_after_the_time_and_not_before() {
        let set = DescriptorSet::new().unwrap();
        let (start, time) = (Instant::now(), Duration::from_micros(10_300));
        let mut found = Vec::new();
        set.wait(time, &mut found).unwrap();
        assert!(found.is_empty() && start.elapsed() >= time);
    }
}
