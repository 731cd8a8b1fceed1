//! The descriptors that members wait for: in the descriptor set, and as the application's socket callback knows them.
//!
//! The descriptor set exists from the first call on that needs it: an application with an event loop of its own pays for one
//! registration, not for two.

use std::collections::HashMap;
use std::ffi::{c_int, c_void};
use std::io;
use std::os::fd::RawFd;
use std::ptr::null_mut;
use std::rc::Rc;
use std::time::Duration;

use crate::net::wait::poll::{self, Interest};
use crate::net::wait::set::DescriptorSet;
use crate::net::wait::waker::Waker;
use crate::types::multi::{CURL_POLL_IN, CURL_POLL_INOUT, CURL_POLL_NONE, CURL_POLL_OUT, CURL_POLL_REMOVE};

/// In place of a member's number: the waker of those who wait for the resolver.
pub(super) const RESOLVER: u64 = u64::MAX;

/// In place of a member's number: `curl_multi_wakeup`.
pub(super) const WAKEUP: u64 = u64::MAX - 1;

/// The descriptors.
#[derive(Default)]
pub(super) struct Sockets {
    watched: HashMap<RawFd, Watched>,
    set: Option<Rc<DescriptorSet>>,
    /// whose descriptors are ready according to the descriptor set, and who has not been enqueued since
    ready: Vec<u64>,
    /// members that wait for the resolver
    resolving: usize,
}

#[derive(Debug, Clone, Copy)]
struct Watched {
    /// who is to run when it is ready
    owner: u64,
    interest: Interest,
    /// what the socket callback was last told, `CURL_POLL_NONE` for nothing; after `CURL_POLL_REMOVE` it is not watched
    announced: c_int,
    /// `curl_multi_assign`
    data: *mut c_void,
}

impl Watched {
    /// Only known for `curl_multi_assign` in the socket callback, or still there because that did not return.
    fn is_removed(&self) -> bool {
        self.announced == CURL_POLL_REMOVE
    }
}

impl Sockets {
    /// There is a descriptor set.
    #[inline]
    pub(super) fn has_set(&self) -> bool {
        self.set.is_some()
    }

    /// Makes the descriptor set. Returns who has a descriptor that can't be watched.
    pub(super) fn open_set(&mut self, resolver: &Waker, wakeup: &Waker) -> io::Result<Vec<(u64, io::Error)>> {
        resolver.open()?;
        wakeup.open()?;
        let set = DescriptorSet::new()?;
        for (waker, number) in [(resolver, RESOLVER), (wakeup, WAKEUP)] {
            set.add(Interest::reading(waker.raw()), number)?;
        }
        let watched = self.current().map(|(_, watched)| watched);
        let watched = watched.filter(|watched| watched.owner != RESOLVER);
        let failed = watched
            .filter_map(|watched| {
                let result = set.add(watched.interest, watched.owner);
                Some((watched.owner, result.err()?))
            })
            .collect();
        self.set = Some(Rc::new(set));
        Ok(failed)
    }

    /// Looks which descriptors are ready.
    fn look(&mut self) -> io::Result<()> {
        match &self.set {
            Some(set) => set.wait(Duration::ZERO, &mut self.ready),
            None => Ok(()),
        }
    }

    /// The descriptor set, for a wait during which others use the descriptors.
    pub(super) fn descriptor_set(&self) -> Option<Rc<DescriptorSet>> {
        self.set.clone()
    }

    /// Takes over what such a wait has found.
    pub(super) fn add_ready(&mut self, found: Vec<u64>) {
        match self.ready.is_empty() {
            true => self.ready = found,
            false => self.ready.extend(found),
        }
    }

    /// The numbers that a wait has found, or else those that are ready now. Their memory is to be given back.
    pub(super) fn take_ready(&mut self) -> io::Result<Vec<u64>> {
        if self.ready.is_empty() {
            self.look()?;
        }
        Ok(std::mem::take(&mut self.ready))
    }

    /// Keeps memory for the next time.
    pub(super) fn give_back(&mut self, mut memory: Vec<u64>) {
        memory.clear();
        self.ready = memory;
    }

    /// Forgets what is ready: the next wait looks anew, with the memory that is returned.
    pub(super) fn clear_ready(&mut self) -> Vec<u64> {
        self.ready.clear();
        std::mem::take(&mut self.ready)
    }

    /// Whether a wait has found something.
    pub(super) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Takes [`WAKEUP`] out of what a wait has found; whether it was there, and how many others are.
    pub(super) fn count_ready(&mut self) -> (bool, usize) {
        let before = self.ready.len();
        self.ready.retain(|&number| number != WAKEUP);
        (self.ready.len() < before, self.ready.len())
    }

    /// Who is to run when `fd` is ready. Inside the socket callback for its removal it is known as well.
    pub(super) fn owner(&self, fd: RawFd) -> Option<u64> {
        Some(self.watched.get(&fd)?.owner)
    }

    /// `curl_multi_assign`: whether `fd` is known.
    pub(super) fn assign(&mut self, fd: RawFd, data: *mut c_void) -> bool {
        let watched = self.watched.get_mut(&fd);
        watched.map(|watched| watched.data = data).is_some()
    }

    /// All that is waited for, in no particular order.
    pub(super) fn interests(&self) -> Vec<Interest> {
        self.current().map(|(_, watched)| watched.interest).collect()
    }

    /// All descriptors and their owners.
    pub(super) fn owners(&self) -> Vec<(RawFd, u64)> {
        self.current().map(|(fd, watched)| (fd, watched.owner)).collect()
    }

    /// Whether nothing is waited for.
    pub(super) fn is_empty(&self) -> bool {
        self.current().next().is_none()
    }

    fn current(&self) -> impl Iterator<Item = (RawFd, &Watched)> {
        let current = self.watched.iter().filter(|(_, watched)| !watched.is_removed());
        current.map(|(fd, watched)| (*fd, watched))
    }

    /// Watches a descriptor, or changes what it is watched for.
    pub(super) fn watch(&mut self, owner: u64, interest: Interest) -> io::Result<()> {
        let old = self.watched.get(&interest.fd).copied().filter(|old| !old.is_removed());
        let watched = Watched {
            owner,
            interest,
            announced: old.map_or(CURL_POLL_NONE, |old| old.announced),
            data: old.map_or(null_mut(), |old| old.data),
        };
        self.watched.insert(interest.fd, watched);
        match self.set.as_ref().filter(|_| owner != RESOLVER) {
            Some(set) if old.is_some() => set.change(interest, owner),
            Some(set) => set.add(interest, owner),
            None => Ok(()),
        }
    }

    /// Takes a descriptor of `owner` out of the descriptor set. It stays known until [`forget`](Self::forget), for
    /// `curl_multi_assign` in the socket callback. `None` if it is not `owner`'s; else the callback's pointer for it, if the
    /// callback knows it.
    pub(super) fn unwatch(&mut self, owner: u64, fd: RawFd) -> Option<Option<*mut c_void>> {
        let watched = self.watched.get_mut(&fd)?;
        if watched.owner != owner || watched.is_removed() {
            return None;
        }
        if let Some(set) = self.set.as_ref().filter(|_| owner != RESOLVER) {
            set.forget(fd);
        }
        let announced = std::mem::replace(&mut watched.announced, CURL_POLL_REMOVE);
        Some((announced != CURL_POLL_NONE).then_some(watched.data))
    }

    /// A descriptor is not watched any more.
    pub(super) fn forget(&mut self, fd: RawFd) {
        self.watched.remove(&fd);
    }

    /// The arguments for the socket callback, if it does not know yet what `fd` is watched for. From now on it does.
    pub(super) fn announce(&mut self, fd: RawFd) -> Option<(c_int, *mut c_void)> {
        let watched = self.watched.get_mut(&fd)?;
        let action = action(watched.interest);
        (std::mem::replace(&mut watched.announced, action) != action).then_some((action, watched.data))
    }

    /// One more member waits for the resolver; whether it is the first.
    pub(super) fn begin_resolving(&mut self) -> bool {
        self.resolving += 1;
        self.resolving == 1
    }

    /// One less waits for it; whether it was the last.
    pub(super) fn end_resolving(&mut self) -> bool {
        self.resolving -= 1;
        self.resolving == 0
    }

    /// Fails if a member's descriptor was closed by the application.
    pub(super) fn check(&self, interest: Interest, owner: u64) -> io::Result<()> {
        match &self.set {
            Some(set) => set.change(interest, owner),
            None => poll::check_open(interest.fd),
        }
    }

    /// In a child of `fork()`: closes the descriptor set of the parent. Returns the descriptor of the parent's waker, if it is
    /// watched.
    pub(super) fn enter_child(&mut self) -> Option<RawFd> {
        self.set = None;
        self.ready.clear();
        self.resolving = 0;
        let mut watched = self.watched.iter();
        watched
            .find(|(_, watched)| watched.owner == RESOLVER)
            .map(|(fd, _)| *fd)
    }
}

fn action(interest: Interest) -> c_int {
    match (interest.read, interest.write) {
        (true, true) => CURL_POLL_INOUT,
        (true, false) => CURL_POLL_IN,
        (false, true) => CURL_POLL_OUT,
        (false, false) => CURL_POLL_NONE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_callback_is_told_each_change_once() {
        let mut sockets = Sockets::default();
        let mut interest = Interest::reading(0);
        sockets.watch(1, interest).unwrap();
        assert_eq!(sockets.announce(0), Some((CURL_POLL_IN, null_mut())));
        sockets.watch(1, interest).unwrap();
        assert_eq!(sockets.announce(0), None);
        interest.write = true;
        sockets.watch(1, interest).unwrap();
        assert_eq!(sockets.announce(0), Some((CURL_POLL_INOUT, null_mut())));
        assert_eq!(sockets.unwatch(2, 0), None);
        assert_eq!(sockets.unwatch(1, 0), Some(Some(null_mut())));
        assert!(sockets.assign(0, null_mut()) && sockets.owner(0) == Some(1) && sockets.is_empty());
        sockets.forget(0);
        assert!(sockets.is_empty() && !sockets.assign(0, null_mut()));
    }

    #[test]
    fn the_resolvers_waker_is_watched_while_somebody_waits_for_it() {
        let mut sockets = Sockets::default();
        assert!(sockets.begin_resolving(), "the first");
        assert!(!sockets.begin_resolving());
        assert!(!sockets.end_resolving());
        assert!(!sockets.begin_resolving());
        assert!(!sockets.end_resolving());
        assert!(sockets.end_resolving(), "the last");
    }
}
