//! What is registered, and where: descriptors in the epoll set and with the application's socket callback, the nearest
//! deadline with its timer callback.
//!
//! Each descriptor is told of once when it is added, once for each change, and once when it is removed, before it is
//! closed. The epoll set exists from the first call on that needs it: an application that has its own event loop pays for
//! one registration, not two.

use std::collections::HashMap;
use std::ffi::{c_int, c_long, c_void};
use std::io;
use std::os::fd::RawFd;
use std::time::{Duration, Instant};

use super::{Multi, Outcome};
use crate::easy::Easy;
use crate::error::Error;
use crate::ffi::process::Process;
use crate::net::reason;
use crate::net::wait::epoll::Epoll;
use crate::net::wait::poll::{self, Interest};
use crate::types::codes::{CURLMcode, CURLcode};
use crate::types::multi::*;
use crate::types::structs::CURL;

/// In place of a member's number: the waker of those who wait for the resolver.
pub(super) const RESOLVER: u64 = u64::MAX;

/// In place of a member's number: `curl_multi_wakeup`.
pub(super) const WAKEUP: u64 = u64::MAX - 1;

/// The descriptors.
#[derive(Default)]
pub(super) struct Sockets {
    known: HashMap<RawFd, Known>,
    pub(super) epoll: Option<Epoll>,
    /// numbers that the epoll set has had news of and that had no turn since
    pub(super) news: Vec<u64>,
    /// how many members wait for the resolver
    resolving: usize,
    /// memory for [`Multi::compare`]
    scratch: Vec<Interest>,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    /// who has its turn when there is news
    owner: u64,
    interest: Interest,
    /// what the application was told, `CURL_POLL_NONE` for nothing
    told: c_int,
    /// `curl_multi_assign`
    data: *mut c_void,
}

/// What the timer callback was told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Told {
    /// that there is no timer
    #[default]
    Stopped,
    /// to come back at once
    AtOnce,
    /// to come back then
    At(Instant),
    /// something that has come to pass
    Past,
}

impl Sockets {
    /// Fails if a member's descriptor was closed by the application.
    pub(super) fn check(&self, interest: Interest, owner: u64) -> io::Result<()> {
        match &self.epoll {
            Some(epoll) => epoll.watch(interest, owner, true),
            None => poll::check_open(interest.fd),
        }
    }
}

impl Multi {
    // ---- descriptors

    /// In a child of `fork()` lets go of what it can't have in common with its parent: the epoll set, and what the threads of
    /// the resolver were asked. Both come anew when they are needed.
    pub(super) fn enter_process(&self) {
        let process = Process::current();
        if self.process.replace(process) == process {
            return;
        }
        let parents_waker = {
            let mut sockets = self.sockets.borrow_mut();
            sockets.epoll = None;
            sockets.news.clear();
            sockets.resolving = 0;
            let mut known = sockets.known.iter();
            known.find(|(_, known)| known.owner == RESOLVER).map(|(fd, _)| *fd)
        };
        if let Some(fd) = parents_waker {
            self.unwatch(RESOLVER, self.internal(), fd);
        }
        let resolving = self.members.borrow_mut().forget_resolving();
        resolving.into_iter().for_each(|number| self.line_up(number));
    }

    /// Sees to it that the epoll set exists and knows all that is known.
    pub(super) fn use_epoll(&self) -> Outcome {
        let mut sockets = self.sockets.borrow_mut();
        if sockets.epoll.is_some() {
            return Ok(());
        }
        let (resolver, wakeup) = (&self.surroundings.waker, &self.wakeup);
        let opened = resolver.open().and_then(|()| wakeup.open());
        let epoll = opened
            .and_then(|()| Epoll::new())
            .map_err(|_| CURLMcode::CURLM_OUT_OF_MEMORY)?;
        let wakers = [(resolver.raw(), RESOLVER), (wakeup.raw(), WAKEUP)];
        for (fd, number) in wakers {
            let watched = epoll.watch(reading(fd), number, false);
            watched.map_err(|_| CURLMcode::CURLM_OUT_OF_MEMORY)?;
        }
        let known = sockets.known.values().filter(|known| known.owner != RESOLVER);
        let failed: Vec<(u64, io::Error)> = known
            .filter_map(|known| Some((known.owner, epoll.watch(known.interest, known.owner, false).err()?)))
            .collect();
        sockets.epoll = Some(epoll);
        drop(sockets);
        for (number, error) in failed {
            self.fail(number, unwatchable(&error));
        }
        Ok(())
    }

    /// Numbers of those with news: what a wait has found, or what a look finds now.
    pub(super) fn take_news(&self) -> Result<Vec<u64>, CURLMcode> {
        let mut sockets = self.sockets.borrow_mut();
        let sockets = &mut *sockets;
        if sockets.news.is_empty()
            && let Some(epoll) = &mut sockets.epoll
        {
            let looked = epoll.wait(Some(Instant::now()), &mut sockets.news);
            looked.map_err(|_| CURLMcode::CURLM_UNRECOVERABLE_POLL)?;
        }
        Ok(std::mem::take(&mut sockets.news))
    }

    /// Takes the memory for the next news back.
    pub(super) fn return_news(&self, empty: Vec<u64>) {
        self.sockets.borrow_mut().news = empty;
    }

    /// Who has its turn when there is news on `fd`.
    pub(super) fn owner(&self, fd: RawFd) -> Option<u64> {
        Some(self.sockets.borrow().known.get(&fd)?.owner)
    }

    /// `curl_multi_assign`
    pub(crate) fn assign(&self, fd: RawFd, data: *mut c_void) -> Outcome {
        match self.sockets.borrow_mut().known.get_mut(&fd) {
            Some(known) => {
                known.data = data;
                Ok(())
            }
            None => Err(CURLMcode::CURLM_BAD_SOCKET),
        }
    }

    /// All that is waited for, in no particular order.
    pub(crate) fn interests(&self) -> Vec<Interest> {
        let sockets = self.sockets.borrow();
        sockets.known.values().map(|known| known.interest).collect()
    }

    /// Whether anything is waited for.
    pub(super) fn has_interests(&self) -> bool {
        !self.sockets.borrow().known.is_empty()
    }

    pub(super) fn borrow_scratch(&self) -> Vec<Interest> {
        std::mem::take(&mut self.sockets.borrow_mut().scratch)
    }

    pub(super) fn return_scratch(&self, mut scratch: Vec<Interest>) {
        scratch.clear();
        self.sockets.borrow_mut().scratch = scratch;
    }

    /// Registers what a member waits for now. The resolver's waker, which many may wait for, is counted.
    pub(super) fn compare_interests(&self, number: u64, easy: &Easy, interests: &mut Vec<Interest>) {
        let waker = self.surroundings.waker.raw();
        let before = interests.len();
        interests.retain(|interest| interest.fd != waker);
        self.count_resolving(number, interests.len() < before);
        let old = match self.members.borrow_mut().get(number) {
            Some(member) if member.watched != *interests => {
                std::mem::replace(&mut member.watched, interests.as_slice().to_vec())
            }
            _ => return,
        };
        for gone in old.iter().filter(|old| interests.iter().all(|new| new.fd != old.fd)) {
            self.unwatch(number, easy.as_curl(), gone.fd);
        }
        for interest in interests.iter().filter(|new| !old.contains(new)) {
            self.watch(number, easy.as_curl(), *interest);
        }
    }

    /// A member's descriptor is about to be closed.
    pub(super) fn forget_descriptor(&self, number: u64, fd: RawFd) {
        let easy = match self.members.borrow_mut().get(number) {
            Some(member) => {
                member.watched.retain(|interest| interest.fd != fd);
                member.easy.as_curl()
            }
            None => return,
        };
        self.unwatch(number, easy, fd);
    }

    fn count_resolving(&self, number: u64, resolving: bool) {
        match self.members.borrow_mut().get(number) {
            Some(member) if member.resolving != resolving => member.resolving = resolving,
            _ => return,
        }
        let waker = reading(self.surroundings.waker.raw());
        let count = {
            let mut sockets = self.sockets.borrow_mut();
            sockets.resolving = if resolving {
                sockets.resolving + 1
            } else {
                sockets.resolving - 1
            };
            sockets.resolving
        };
        match (resolving, count) {
            (true, 1) => self.watch(RESOLVER, self.internal(), waker),
            (false, 0) => self.unwatch(RESOLVER, self.internal(), waker.fd),
            _ => {}
        }
    }

    fn watch(&self, owner: u64, easy: *mut CURL, interest: Interest) {
        let failed = {
            let mut sockets = self.sockets.borrow_mut();
            let old = sockets.known.get(&interest.fd).copied();
            let known = Known {
                owner,
                interest,
                told: old.map_or(CURL_POLL_NONE, |old| old.told),
                data: old.map_or(std::ptr::null_mut(), |old| old.data),
            };
            sockets.known.insert(interest.fd, known);
            let set = sockets.epoll.as_ref().filter(|_| owner != RESOLVER);
            set.and_then(|epoll| epoll.watch(interest, owner, old.is_some()).err())
        };
        if let Some(error) = failed {
            self.fail(owner, unwatchable(&error));
        }
        self.tell(easy, interest.fd);
    }

    fn unwatch(&self, owner: u64, easy: *mut CURL, fd: RawFd) {
        let known = {
            let sockets = self.sockets.borrow();
            let Some(known) = sockets.known.get(&fd).filter(|known| known.owner == owner) else {
                return;
            };
            if let Some(epoll) = &sockets.epoll
                && owner != RESOLVER
            {
                epoll.forget(fd);
            }
            *known
        };
        if known.told != CURL_POLL_NONE {
            self.call_socket_function(easy, fd, CURL_POLL_REMOVE, known.data);
        }
        // Not before the callback has returned: programs call `curl_multi_assign` in it.
        self.sockets.borrow_mut().known.remove(&fd);
    }

    /// Tells the application what a descriptor is watched for, if it doesn't know yet.
    fn tell(&self, easy: *mut CURL, fd: RawFd) {
        if !self.options.get().socket.is_set() {
            return;
        }
        let (action, data) = match self.sockets.borrow_mut().known.get_mut(&fd) {
            Some(known) if known.told != action(known.interest) => {
                known.told = action(known.interest);
                (known.told, known.data)
            }
            _ => return,
        };
        self.call_socket_function(easy, fd, action, data);
    }

    /// Tells of descriptors that are older than the application's socket callback.
    pub(super) fn tell_untold(&self) -> Outcome {
        let mut options = self.options.get();
        if !std::mem::take(&mut options.socket_function_is_new) {
            return Ok(());
        }
        self.options.set(options);
        let known: Vec<(RawFd, u64)> = {
            let sockets = self.sockets.borrow();
            sockets.known.iter().map(|(fd, known)| (*fd, known.owner)).collect()
        };
        for (fd, owner) in known {
            let easy = self.easy(owner).map_or_else(|| self.internal(), |easy| easy.as_curl());
            self.tell(easy, fd);
        }
        match self.dead.get() {
            true => Err(CURLMcode::CURLM_ABORTED_BY_CALLBACK),
            false => Ok(()),
        }
    }

    fn call_socket_function(&self, easy: *mut CURL, fd: RawFd, what: c_int, data: *mut c_void) {
        let callback = self.options.get().socket;
        self.tell_or_die(|| callback.call(easy, fd, what, data));
    }

    /// Calls the socket or the timer callback. Where it fails, or an exception leaves it, so does everything else.
    fn tell_or_die(&self, callback: impl FnOnce() -> Option<c_int>) {
        let dead = self.dead.replace(true);
        let answer = self.calls.tell(callback);
        self.dead.set(dead || answer == Some(-1));
    }

    // ---- the timer

    /// When the next turn is due.
    pub(super) fn next_turn(&self) -> Told {
        if self.dead.get() || self.has_queued() {
            return Told::AtOnce;
        }
        match self.timers.borrow().nearest() {
            Some(at) => Told::At(at),
            None => Told::Stopped,
        }
    }

    /// `curl_multi_timeout`: milliseconds until the next turn, rounded up; -1 for none.
    pub(crate) fn timeout(&self) -> c_long {
        match self.next_turn() {
            Told::AtOnce => 0,
            Told::At(at) => milliseconds(at.saturating_duration_since(Instant::now())),
            Told::Stopped | Told::Past => -1,
        }
    }

    /// Calls the timer callback if there is something new to tell.
    pub(super) fn update_timer(&self) -> Outcome {
        let timer = self.options.get().timer;
        if !timer.is_set() {
            return Ok(());
        }
        let next = self.next_turn();
        if next == self.told.get() || self.dead.get() {
            return Ok(());
        }
        self.told.set(next);
        let (this, timeout) = (self.as_curlm(), self.timeout());
        self.tell_or_die(|| timer.call(this, timeout));
        match self.dead.get() {
            true => Err(CURLMcode::CURLM_ABORTED_BY_CALLBACK),
            false => Ok(()),
        }
    }

    /// The application's timer has fired: what it was told last is used up.
    pub(super) fn forget_told_timer(&self) {
        if self.told.get() != Told::Stopped {
            self.told.set(Told::Past);
        }
    }
}

fn reading(fd: RawFd) -> Interest {
    Interest {
        fd,
        read: true,
        write: false,
    }
}

/// Why a descriptor can't be watched, as the failure of its transfer.
pub(super) fn unwatchable(error: &io::Error) -> Error {
    let (code, text) = match error.raw_os_error() {
        // also where its number belongs to another file, or to the epoll set itself
        Some(libc::EBADF | libc::ENOENT | libc::EPERM | libc::EEXIST | libc::EINVAL) => (
            CURLcode::CURLE_RECV_ERROR,
            "the application has closed the descriptor of the connection",
        ),
        Some(libc::ENOMEM) => (CURLcode::CURLE_OUT_OF_MEMORY, "the connection cannot be watched"),
        _ => (CURLcode::CURLE_UNRECOVERABLE_POLL, "the connection cannot be watched"),
    };
    Error::new(code, format!("{text}: {}", reason(error)))
}

fn action(interest: Interest) -> c_int {
    match (interest.read, interest.write) {
        (true, true) => CURL_POLL_INOUT,
        (true, false) => CURL_POLL_IN,
        (false, true) => CURL_POLL_OUT,
        (false, false) => CURL_POLL_NONE,
    }
}

fn milliseconds(left: Duration) -> c_long {
    c_long::try_from(left.as_nanos().div_ceil(1_000_000)).unwrap_or(c_long::MAX)
}
