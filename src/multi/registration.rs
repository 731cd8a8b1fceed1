//! What members wait for, registered: descriptors in the set and with the application's socket callback, the nearest
//! deadline with its timer callback.
//!
//! The socket callback is called once when a descriptor is added, once for each change, and once when it is removed, before
//! it is closed. No cell is borrowed during a callback.

use std::cell::{Cell, OnceCell, RefCell};
use std::ffi::{c_int, c_long, c_void};
use std::io;
use std::os::fd::RawFd;
use std::rc::Rc;
use std::time::Instant;

use super::calls::{CallStack, Outcome};
use super::sockets::{RESOLVER, Sockets};
use super::timers::{NextRun, Timers};
use crate::easy::Easy;
use crate::error::Error;
use crate::ffi::callback::multi::{Socket, Timer};
use crate::ffi::callback::{Callback, Function};
use crate::ffi::pointer::Pointer;
use crate::net::reason;
use crate::net::wait::poll::Interest;
use crate::net::wait::{self, waker::Waker};
use crate::types::codes::{CURLMcode, CURLcode};
use crate::types::multi::CURL_POLL_REMOVE;
use crate::types::structs::{CURL, CURLM};

/// What is registered for one member.
#[derive(Debug, Default)]
pub(super) struct Registered {
    interests: Vec<Interest>,
    /// counted among those that wait for the resolver
    resolving: bool,
    deadline: Option<Instant>,
}

/// The difference between what was registered for a member and what it waits for now.
#[derive(Debug, Default)]
pub(super) struct Changes {
    deadline: Option<(Option<Instant>, Option<Instant>)>,
    resolving: Option<bool>,
    removed: Vec<RawFd>,
    added: Vec<Interest>,
}

impl Registered {
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    pub(super) fn interests(&self) -> &[Interest] {
        &self.interests
    }

    /// Whether the member waits for the same as before. The resolver's waker, which is not kept, would be a difference.
    pub(super) fn is(&self, interests: &[Interest], deadline: Option<Instant>) -> bool {
        !self.resolving && deadline == self.deadline && *interests == self.interests
    }

    /// Takes over what the member waits for now. Among `interests` may be the resolver's `waker`. Returns what is to be
    /// [applied](Registration::apply).
    pub(super) fn update(&mut self, waker: RawFd, interests: &mut Vec<Interest>, deadline: Option<Instant>) -> Changes {
        let before = interests.len();
        interests.retain(|interest| interest.fd != waker);
        let resolving = interests.len() < before;
        let mut changes = Changes::default();
        if deadline != self.deadline {
            changes.deadline = Some((self.deadline, deadline));
            self.deadline = deadline;
        }
        if resolving != self.resolving {
            changes.resolving = Some(resolving);
            self.resolving = resolving;
        }
        if *interests != self.interests {
            let old = std::mem::replace(&mut self.interests, interests.clone());
            let is_gone = |old: &&Interest| interests.iter().all(|new| new.fd != old.fd);
            changes.removed = old.iter().filter(is_gone).map(|gone| gone.fd).collect();
            changes.added = interests.iter().filter(|new| !old.contains(new)).copied().collect();
        }
        changes
    }

    /// A descriptor is about to be closed.
    pub(super) fn remove(&mut self, fd: RawFd) -> Changes {
        self.interests.retain(|interest| interest.fd != fd);
        Changes {
            removed: vec![fd],
            ..Changes::default()
        }
    }

    /// In a child of `fork()`: whether it waited for the resolver's threads, which are not here. It does no more.
    pub(super) fn forget_resolving(&mut self) -> bool {
        std::mem::take(&mut self.resolving)
    }
}

/// What is registered for all members, and the two callbacks that are told.
pub(super) struct Registration {
    calls: CallStack,
    /// what the application calls the multi handle if that is not the handle's own address, else NULL
    alias: Cell<*mut CURLM>,
    socket: Cell<Callback<Socket>>,
    /// the socket callback does not know of the descriptors that are older than it
    is_socket_new: Cell<bool>,
    timer: Cell<Callback<Timer>>,
    sockets: RefCell<Sockets>,
    timers: RefCell<Timers>,
    /// wakes for those who wait for the resolver
    resolver: Waker,
    /// a callback has failed, and with it everything else
    failed: Cell<bool>,
    /// the handle for callbacks that are about no member
    internal: OnceCell<Rc<Easy>>,
}

impl Registration {
    pub(super) fn new(resolver: Waker) -> Registration {
        Registration {
            calls: CallStack::default(),
            alias: Cell::new(std::ptr::null_mut()),
            socket: Cell::new(Callback::NONE),
            is_socket_new: Cell::default(),
            timer: Cell::new(Callback::NONE),
            sockets: RefCell::default(),
            timers: RefCell::default(),
            resolver,
            failed: Cell::default(),
            internal: OnceCell::new(),
        }
    }

    /// The application's pointer to the multi handle.
    pub(super) fn address(&self) -> *mut CURLM {
        match self.alias.get() {
            alias if alias.is_null() => self.calls.place().as_ptr(),
            alias => alias,
        }
    }

    /// From now on the application knows the multi handle by `alias`.
    pub(super) fn set_alias(&self, alias: *mut CURLM) {
        self.alias.set(alias);
    }

    /// The calls on the multi handle that are under way.
    pub(super) fn calls(&self) -> &CallStack {
        &self.calls
    }

    /// The descriptors. Not to be borrowed while the application is called.
    pub(super) fn sockets(&self) -> &RefCell<Sockets> {
        &self.sockets
    }

    /// The deadlines. Not to be borrowed while the application is called.
    pub(super) fn timers(&self) -> &RefCell<Timers> {
        &self.timers
    }

    /// `CURLM_ABORTED_BY_CALLBACK` after a callback has failed.
    pub(super) fn check(&self) -> Outcome {
        match self.failed.get() {
            true => Err(CURLMcode::CURLM_ABORTED_BY_CALLBACK),
            false => Ok(()),
        }
    }

    /// A callback has failed, or not.
    pub(super) fn set_failed(&self, failed: bool) {
        self.failed.set(failed);
    }

    /// The descriptor that wakes for those who wait for the resolver.
    pub(super) fn resolver(&self) -> RawFd {
        self.resolver.raw()
    }

    /// The handle for callbacks that are about no member.
    pub(super) fn internal(&self) -> *mut CURL {
        self.internal.get_or_init(Easy::new).as_curl()
    }

    /// The same, if there is one yet.
    pub(super) fn existing_internal(&self) -> Option<*mut CURL> {
        self.internal.get().map(|internal| internal.as_curl())
    }

    // ---- descriptors

    /// `CURLMOPT_SOCKETFUNCTION`
    pub(super) fn set_socket_function(&self, function: Function<Socket>) {
        let socket = self.socket.get();
        self.is_socket_new.set(!socket.is_set() && !function.is_null());
        self.socket.set(Callback { function, ..socket });
    }

    /// `CURLMOPT_SOCKETDATA`
    pub(super) fn set_socket_data(&self, data: Pointer) {
        self.socket.set(Callback {
            data,
            ..self.socket.get()
        });
    }

    /// Registers the changes of a member. An error ends its transfer.
    pub(super) fn apply(&self, number: u64, curl: *mut CURL, changes: &Changes) -> Result<(), Error> {
        if let Some((old, new)) = changes.deadline {
            self.timers.borrow_mut().change(number, old, new);
        }
        match changes.resolving {
            Some(true) => self.begin_resolving(),
            Some(false) => self.end_resolving(),
            None => {}
        }
        for fd in &changes.removed {
            self.unwatch(number, curl, *fd);
        }
        let mut result = Ok(());
        for interest in &changes.added {
            let watched = self.watch(number, curl, *interest);
            result = result.and(watched);
        }
        result.map_err(|error| unwatchable(&error))
    }

    /// Calls the socket callback for the descriptors that are older than it. `owner` finds the handle of a member.
    pub(super) fn announce_older(&self, owner: impl Fn(u64) -> Option<Rc<Easy>>) -> Outcome {
        if !self.is_socket_new.take() {
            return Ok(());
        }
        let sockets = self.sockets.borrow().owners();
        for (fd, number) in sockets {
            let curl = owner(number).map_or_else(|| self.internal(), |easy| easy.as_curl());
            self.announce(curl, fd);
        }
        self.check()
    }

    /// In a child of `fork()`: gives up what can't be shared with the parent. It is made anew when it is needed.
    pub(super) fn enter_child(&self) {
        let parents_waker = self.sockets.borrow_mut().enter_child();
        if let Some(fd) = parents_waker {
            self.unwatch(RESOLVER, self.internal(), fd);
        }
    }

    /// The resolver's waker, which many may wait for, is watched once.
    fn begin_resolving(&self) {
        let is_first = self.sockets.borrow_mut().begin_resolving();
        if is_first {
            // The descriptor set has the waker already, so that this does not fail.
            let _ = self.watch(RESOLVER, self.internal(), Interest::reading(self.resolver.raw()));
        }
    }

    fn end_resolving(&self) {
        let was_last = self.sockets.borrow_mut().end_resolving();
        if was_last {
            self.unwatch(RESOLVER, self.internal(), self.resolver.raw());
        }
    }

    fn watch(&self, owner: u64, curl: *mut CURL, interest: Interest) -> io::Result<()> {
        let watched = self.sockets.borrow_mut().watch(owner, interest);
        self.announce(curl, interest.fd);
        watched
    }

    fn unwatch(&self, owner: u64, curl: *mut CURL, fd: RawFd) {
        let unwatched = self.sockets.borrow_mut().unwatch(owner, fd);
        let Some(announced) = unwatched else {
            return;
        };
        if let Some(data) = announced {
            self.call_socket_function(curl, fd, CURL_POLL_REMOVE, data);
        }
        // Not before the callback has returned: programs call `curl_multi_assign` in it.
        self.sockets.borrow_mut().forget(fd);
    }

    fn announce(&self, curl: *mut CURL, fd: RawFd) {
        if !self.socket.get().is_set() {
            return;
        }
        let news = self.sockets.borrow_mut().announce(fd);
        if let Some((action, data)) = news {
            self.call_socket_function(curl, fd, action, data);
        }
    }

    fn call_socket_function(&self, curl: *mut CURL, fd: RawFd, action: c_int, data: *mut c_void) {
        let callback = self.socket.get();
        self.call(|| callback.call(curl, fd, action, data));
    }

    /// Calls the socket or the timer callback. When it fails, or an exception leaves it, everything else fails as well.
    fn call(&self, callback: impl FnOnce() -> Option<c_int>) {
        let failed = self.failed.replace(true);
        let answer = self.calls.event_callback(callback);
        self.failed.set(failed || answer == Some(-1));
    }

    // ---- the timer

    /// `CURLMOPT_TIMERFUNCTION`
    pub(super) fn set_timer_function(&self, function: Function<Timer>) {
        self.timer.set(Callback {
            function,
            ..self.timer.get()
        });
    }

    /// `CURLMOPT_TIMERDATA`
    pub(super) fn set_timer_data(&self, data: Pointer) {
        self.timer.set(Callback {
            data,
            ..self.timer.get()
        });
    }

    /// There is a timer callback that may be called.
    #[inline]
    pub(super) fn has_timer(&self) -> bool {
        self.timer.get().is_set() && !self.failed.get()
    }

    /// Calls the timer callback if `next` is not what it was last told. Whether it was called.
    pub(super) fn announce_next_run(&self, next: NextRun) -> Result<bool, CURLMcode> {
        let timer = self.timer.get();
        if !self.timers.borrow_mut().announce(next) {
            return Ok(false);
        }
        let (multi, timeout) = (self.address(), timeout(next));
        self.call(|| timer.call(multi, timeout));
        self.check().map(|()| true)
    }
}

/// Milliseconds until the next run, -1 for never.
pub(super) fn timeout(next: NextRun) -> c_long {
    match next {
        NextRun::Never => -1,
        NextRun::Now => 0,
        NextRun::At(at) => {
            let left = at.saturating_duration_since(Instant::now());
            c_long::try_from(wait::milliseconds(left)).unwrap_or(c_long::MAX)
        }
    }
}

/// Why a descriptor can't be watched, as the failure of its transfer.
pub(super) fn unwatchable(error: &io::Error) -> Error {
    let (code, text) = match error.raw_os_error() {
        // also where its number belongs to another file, or to the descriptor set itself
        Some(libc::EBADF | libc::ENOENT | libc::EPERM | libc::EEXIST | libc::EINVAL) => (
            CURLcode::CURLE_RECV_ERROR,
            "the application has closed the descriptor of the connection",
        ),
        Some(libc::ENOMEM) => (CURLcode::CURLE_OUT_OF_MEMORY, "the connection cannot be watched"),
        _ => (CURLcode::CURLE_UNRECOVERABLE_POLL, "the connection cannot be watched"),
    };
    Error::new(code, format!("{text}: {}", reason(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_differences_are_applied() {
        const WAKER: RawFd = 9;
        let writing = |fd| Interest {
            write: true,
            ..Interest::reading(fd)
        };
        let mut registered = Registered::default();
        let changes = registered.update(
            WAKER,
            &mut vec![Interest::reading(3), Interest::reading(WAKER), Interest::reading(4)],
            None,
        );
        assert_eq!((changes.resolving, changes.deadline), (Some(true), None));
        assert_eq!(
            (changes.removed, changes.added),
            (vec![], vec![Interest::reading(3), Interest::reading(4)])
        );

        let soon = Some(Instant::now());
        let changes = registered.update(WAKER, &mut vec![writing(4), Interest::reading(5)], soon);
        assert_eq!((changes.resolving, changes.deadline), (Some(false), Some((None, soon))));
        assert_eq!(
            (changes.removed, changes.added),
            (vec![3], vec![writing(4), Interest::reading(5)])
        );

        let changes = registered.update(WAKER, &mut vec![writing(4), Interest::reading(5)], soon);
        assert_eq!((changes.resolving, changes.deadline), (None, None));
        assert!(changes.removed.is_empty() && changes.added.is_empty());
        assert_eq!(registered.remove(4).removed, [4]);
        assert_eq!(registered.interests(), [Interest::reading(5)]);
    }
}
