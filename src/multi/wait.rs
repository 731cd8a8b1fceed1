//! Waiting for members and for the application's descriptors (`curl_multi_poll`, `curl_multi_wait`).

use std::cell::Cell;
use std::io;
use std::time::{Duration, Instant};

use crate::net::wait::poll;
use crate::net::wait::set::DescriptorSet;
use crate::types::multi::{CURL_WAIT_POLLIN, CURL_WAIT_POLLOUT, CURL_WAIT_POLLPRI, curl_waitfd};

/// What becomes of a wait for nothing, without a descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Idle {
    /// it lasts until the end of its time (`curl_multi_poll`)
    Waits,
    /// it is over at once (`curl_multi_wait`)
    Returns,
}

/// The number of threads that wait, and the latest time until which one does.
#[derive(Debug, Default)]
pub(super) struct Waiters(Cell<(u32, Option<Instant>)>);

impl Waiters {
    /// One more waits until `until`.
    pub(super) fn enter(&self, until: Instant) {
        let (threads, latest) = self.0.get();
        self.0.set((threads + 1, latest.max(Some(until))));
    }

    /// One waits no more.
    pub(super) fn leave(&self) {
        let (threads, latest) = self.0.get();
        self.0.set((threads - 1, latest.filter(|_| threads > 1)));
    }

    /// Until when one may wait; `None` if none does.
    pub(super) fn latest(&self) -> Option<Instant> {
        self.0.get().1
    }
}

/// The result of a wait.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// members with a descriptor that is ready
    pub members: usize,
    /// the application's descriptors that are ready
    pub extra: usize,
}

/// Waits from `now` on until something is ready, no longer than `time`. Adds the numbers of members to `ready`, and returns
/// how many of the application's descriptors are ready.
pub(super) fn wait(
    set: &DescriptorSet,
    ready: &mut Vec<u64>,
    extra: &mut [curl_waitfd],
    now: Instant,
    time: Duration,
) -> io::Result<usize> {
    match extra.is_empty() {
        true => set.wait(time, ready).map(|()| 0),
        false => wait_with_extra(set, ready, extra, now + time),
    }
}

#[inline(never)]
fn wait_with_extra(
    set: &DescriptorSet,
    ready: &mut Vec<u64>,
    extra: &mut [curl_waitfd],
    until: Instant,
) -> io::Result<usize> {
    // The descriptor set is one descriptor among the application's.
    let mut fds: Vec<libc::pollfd> = Vec::with_capacity(extra.len() + 1);
    fds.push(pollfd(set.raw(), libc::POLLIN));
    fds.extend(extra.iter().map(|extra| pollfd(extra.fd, to_poll(extra.events))));
    poll::wait_raw(&mut fds, until)?;
    for (extra, fd) in extra.iter_mut().zip(&fds[1..]) {
        extra.revents = from_poll(fd.revents);
    }
    if fds[0].revents != 0 {
        set.wait(Duration::ZERO, ready)?;
    }
    Ok(fds[1..].iter().filter(|fd| fd.revents != 0).count())
}

fn pollfd(fd: i32, events: i16) -> libc::pollfd {
    libc::pollfd { fd, events, revents: 0 }
}

const BITS: [(i32, i16); 3] = [
    (CURL_WAIT_POLLIN, libc::POLLIN),
    (CURL_WAIT_POLLPRI, libc::POLLPRI),
    (CURL_WAIT_POLLOUT, libc::POLLOUT),
];

fn to_poll(events: i16) -> i16 {
    let bits = BITS.iter().filter(|(bit, _)| i32::from(events) & bit != 0);
    bits.fold(0, |all, (_, bit)| all | bit)
}

/// Hang-ups and errors have no bit of their own: who waits to read or to write finds them there, as in libcurl.
fn from_poll(mut revents: i16) -> i16 {
    if revents & libc::POLLHUP != 0 {
        revents |= libc::POLLIN;
    }
    if revents & libc::POLLERR != 0 {
        revents |= libc::POLLIN | libc::POLLOUT;
    }
    let bits = BITS.iter().filter(|(_, bit)| revents & bit != 0);
    bits.fold(0, |all, (bit, _)| all | *bit as i16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_translated_both_ways() {
        for (ours, system) in BITS {
            assert_eq!(to_poll(ours as i16), system);
            assert_eq!(from_poll(system), ours as i16);
        }
        assert_eq!(to_poll(7), libc::POLLIN | libc::POLLPRI | libc::POLLOUT);
        assert_eq!(i32::from(from_poll(libc::POLLHUP)), CURL_WAIT_POLLIN);
        assert_eq!(
            i32::from(from_poll(libc::POLLERR)),
            CURL_WAIT_POLLIN | CURL_WAIT_POLLOUT
        );
        assert_eq!(from_poll(libc::POLLNVAL), 0);
    }
}
