//! Waiting for news: `curl_multi_poll` and `curl_multi_wait`.

use std::time::{Duration, Instant};

use super::closed::CHECK_INTERVAL;
use super::events::{Told, WAKEUP};
use super::{Multi, Outcome};
use crate::net::wait::poll;
use crate::types::codes::CURLMcode;
use crate::types::multi::{CURL_WAIT_POLLIN, CURL_WAIT_POLLOUT, CURL_WAIT_POLLPRI, curl_waitfd};

/// What a wait brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// members with news
    pub members: usize,
    /// the application's descriptors with news
    pub extra: usize,
}

impl Multi {
    /// Waits until something happens, on a member's descriptor or one of the application's, until a member must have its
    /// turn, until somebody wakes it, a signal comes, or `timeout_ms` is over. With nothing at all to wait for,
    /// `idle` tells whether the time is waited for all the same.
    pub(crate) fn wait(&self, extra: &mut [curl_waitfd], timeout_ms: i32, idle: bool) -> Result<Found, CURLMcode> {
        let timeout = u64::try_from(timeout_ms).map_err(|_| CURLMcode::CURLM_BAD_FUNCTION_ARGUMENT)?;
        self.use_epoll()?;
        let now = Instant::now();
        let mut until = now + Duration::from_millis(timeout);
        match self.next_turn() {
            Told::AtOnce => until = now,
            Told::At(turn) => until = until.min(turn),
            Told::Stopped | Told::Past => {}
        }
        if !idle && extra.is_empty() && !self.has_interests() {
            return Ok(Found::default());
        }
        self.sockets.borrow_mut().news.clear();
        let check = now + CHECK_INTERVAL;
        let mut found = self.wait_for(extra, until.min(check))?;
        if found == 0 && check < until && !self.has_news() && Instant::now() >= check {
            self.check_descriptors(check);
            if !self.has_queued() {
                found = self.wait_for(extra, until)?;
            }
        }
        Ok(Found {
            extra: found,
            members: self.count_news(),
        })
    }

    /// How many of the application's descriptors have news.
    fn wait_for(&self, extra: &mut [curl_waitfd], until: Instant) -> Result<usize, CURLMcode> {
        match extra {
            [] => self.wait_for_members(until).map(|()| 0),
            extra => self.wait_for_all(extra, until),
        }
    }

    fn wait_for_members(&self, until: Instant) -> Outcome {
        let mut sockets = self.sockets.borrow_mut();
        let sockets = &mut *sockets;
        let Some(epoll) = &mut sockets.epoll else {
            return Ok(());
        };
        let waited = epoll.wait(Some(until), &mut sockets.news);
        waited.map_err(|_| CURLMcode::CURLM_UNRECOVERABLE_POLL)
    }

    /// The epoll set is one descriptor among the application's.
    fn wait_for_all(&self, extra: &mut [curl_waitfd], until: Instant) -> Result<usize, CURLMcode> {
        let set = self.sockets.borrow().epoll.as_ref().map_or(-1, |epoll| epoll.raw());
        let mut fds: Vec<libc::pollfd> = Vec::with_capacity(extra.len() + 1);
        fds.push(pollfd(set, libc::POLLIN));
        fds.extend(extra.iter().map(|extra| pollfd(extra.fd, to_poll(extra.events))));
        poll::wait_raw(&mut fds, until).map_err(|_| CURLMcode::CURLM_UNRECOVERABLE_POLL)?;
        for (extra, fd) in extra.iter_mut().zip(&fds[1..]) {
            extra.revents = from_poll(fd.revents);
        }
        if fds[0].revents != 0 {
            self.wait_for_members(Instant::now())?;
        }
        Ok(fds[1..].iter().filter(|fd| fd.revents != 0).count())
    }

    fn has_news(&self) -> bool {
        !self.sockets.borrow().news.is_empty()
    }

    /// How many members have news. A wake-up is none, and is taken back.
    fn count_news(&self) -> usize {
        let mut sockets = self.sockets.borrow_mut();
        if sockets.news.contains(&WAKEUP) {
            sockets.news.retain(|&number| number != WAKEUP);
            self.wakeup.drain();
        }
        sockets.news.len()
    }
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

fn from_poll(revents: i16) -> i16 {
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
        assert_eq!(from_poll(libc::POLLHUP | libc::POLLERR), 0);
    }
}
