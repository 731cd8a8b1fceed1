//! The multi handle: many transfers in one thread. The cost of an event does not depend on the number of transfers.
//!
//! Like an easy handle it is only ever borrowed shared, and no cell is borrowed while the application runs. Members with
//! something to do are in a run queue; in each round every one of them runs once, driven by its own [`Easy::drive`]. After
//! that, what it waits for is compared with what is registered, and only differences reach the descriptor set, the
//! application's socket callback and the timers.
//!
//! | file | what |
//! |---|---|
//! | `scheduler` | runs the members |
//! | `members` | the easy handles by number, and the run queue |
//! | `transfers` | the members with `limits` on their connections, and `messages` about them |
//! | `registration` | what members wait for, as the descriptor set, the socket and the timer callback know it |
//! | `sockets`, `timers` | descriptors; deadlines |
//! | `closed` | descriptors that the application has closed |
//! | [`wait`] | waiting in `curl_multi_poll` |
//! | [`options`], [`calls`] | values of `curl_multi_setopt`; which call is allowed inside which other |

#![forbid(unsafe_code)]

pub(crate) mod calls;
mod closed;
mod limits;
mod members;
mod messages;
pub(crate) mod options;
mod registration;
mod scheduler;
mod sockets;
mod timers;
mod transfers;
pub(crate) mod wait;

use std::cell::{Cell, RefCell};
use std::ffi::{c_long, c_uint, c_void};
use std::io;
use std::os::fd::RawFd;
use std::rc::{Rc, Weak};
use std::time::{Duration, Instant};

use crate::easy::Easy;
use crate::easy::link::MultiDriver;
use crate::easy::resources::Resources;
use crate::ffi::handle::{self, Locked, Place};
use crate::ffi::process::Process;
use crate::net::wait::poll::Interest;
use crate::net::wait::waker::Waker;
use crate::tls::Contexts;
use crate::types::codes::CURLMcode;
use crate::types::multi::{
    CURL_SOCKET_TIMEOUT, CURLMNWC_CLEAR_ALL, CURLMNWC_CLEAR_DNS, CURLMinfo_offt, CURLMoption, CURLMsg, curl_waitfd,
};
use crate::types::structs::{CURL, CURLM};
pub(crate) use calls::Outcome;
use calls::{Api, Call};
use closed::CHECK_INTERVAL;
use options::Value;
use registration::{Registration, timeout};
use scheduler::Scheduler;
use sockets::WAKEUP;
use timers::NextRun;
use transfers::Transfers;
use wait::{Found, Idle, Waiters};

/// Threads that resolve names for a multi handle unless `CURLMOPT_RESOLVE_THREADS_MAX` says otherwise.
const RESOLVER_THREADS: usize = 20;

/// A multi handle. The application holds one reference, and so does each member.
pub(crate) struct Multi {
    this: Weak<Multi>,
    /// the process that uses it, as far as it is known
    process: Cell<Process>,
    /// ends a wait from any thread
    wakeup: Waker,
    /// threads that wait
    waiters: Waiters,
    scheduler: Scheduler,
}

impl Multi {
    /// A new handle, registered under a pointer of its own. `None` when there are no descriptors left.
    pub(crate) fn new() -> Option<Rc<Multi>> {
        let wakeup = Waker::default();
        let resources = Resources::new(RESOLVER_THREADS, Contexts::shared());
        wakeup.open().and_then(|()| resources.waker.open()).ok()?;
        let multi = Rc::new_cyclic(|this| Multi {
            this: this.clone(),
            process: Cell::new(Process::current()),
            wakeup,
            waiters: Waiters::default(),
            scheduler: Scheduler::new(resources),
        });
        multi
            .registration()
            .calls()
            .set_place(handle::register(Rc::clone(&multi)));
        Some(multi)
    }

    /// The application's pointer to this handle.
    pub(crate) fn as_curlm(&self) -> *mut CURLM {
        self.registration().address()
    }

    /// Callbacks name this handle by `alias`, not by its own pointer.
    pub(crate) fn set_alias(&self, alias: *mut CURLM) {
        self.registration().set_alias(alias);
    }

    /// The handle for callbacks that are about no member, if there is one, to be freed after this one.
    pub(crate) fn internal_handle(&self) -> Option<*mut CURL> {
        self.registration().existing_internal()
    }

    /// Where it is registered.
    pub(crate) fn place(&self) -> Place {
        self.registration().calls().place()
    }

    /// Whether a call has to wait until another thread is out of a callback.
    #[inline(always)]
    pub(crate) fn must_wait(&self, api: Api) -> bool {
        self.registration().calls().must_wait(api)
    }

    /// A call has not returned, in this or another thread.
    pub(crate) fn is_used(&self) -> bool {
        self.registration().calls().is_used()
    }

    /// Begins a call, if it is allowed now.
    #[inline(always)]
    pub(crate) fn enter(&self, api: Api) -> Result<Call<'_>, CURLMcode> {
        let call = match self.registration().calls().enter(api) {
            Ok(call) => call,
            Err(code) => self.enter_if_left(api, code)?,
        };
        let process = Process::current();
        if self.process.replace(process) != process {
            self.scheduler.enter_child();
        }
        Ok(call)
    }

    /// Begins a call that `code` refuses if `longjmp()` has left the calls that are in its way.
    #[cold]
    fn enter_if_left(&self, api: Api, code: CURLMcode) -> Result<Call<'_>, CURLMcode> {
        match self.scheduler.forget_left() {
            true => self.registration().calls().enter(api),
            false => Err(code),
        }
    }

    /// Ends a wait that is going on, or the next one. From any thread.
    pub(crate) fn wake(&self) -> Outcome {
        // It is open, except in a child of fork() that has not waited yet.
        self.wakeup.open().map_err(|_| CURLMcode::CURLM_WAKEUP_FAILURE)?;
        self.wakeup.wake();
        Ok(())
    }

    /// Ends a call that was [kept](Call::keep).
    #[inline]
    pub(crate) fn leave(&self) {
        self.registration().calls().leave();
    }

    // ---- members

    /// `curl_multi_add_handle`
    pub(crate) fn add(&self, locked: Locked<Rc<Easy>>) -> Outcome {
        let this = self.this.upgrade().ok_or(CURLMcode::CURLM_BAD_HANDLE)?;
        if locked.member().is_some() || locked.calls().is_busy() {
            return Err(CURLMcode::CURLM_ADDED_ALREADY);
        }
        if self.transfers().borrow().members().len() == 0 {
            self.registration().set_failed(false);
        }
        self.registration().check()?;
        let easy = Rc::clone(&locked);
        locked.follow(self.place());
        easy.end();
        let number = self.transfers().borrow_mut().members_mut().add(Rc::clone(&easy));
        easy.attach(this, number);
        drop(easy);
        self.scheduler.enqueue(number);
        self.update_timer()
            .inspect_err(|_| self.scheduler.detach(number).part())
    }

    /// `curl_multi_remove_handle`: its connection is closed, and its message is gone if it was not read. No error for a
    /// handle that is no member of any multi handle.
    pub(crate) fn remove(&self, easy: &Rc<Easy>) -> Outcome {
        let Some(number) = easy.member() else {
            return Ok(());
        };
        match self.scheduler.easy(number) {
            Some(member) if Rc::ptr_eq(&member, easy) => {}
            _ => return Err(CURLMcode::CURLM_BAD_EASY_HANDLE),
        }
        self.scheduler.detach(number).part();
        self.removed()
    }

    /// A member is gone.
    fn removed(&self) -> Outcome {
        self.scheduler.admit();
        self.update_timer()
    }

    /// Removes all members. Their connections are closed.
    pub(crate) fn detach_all(&self) {
        let members: Vec<u64> = {
            let transfers = self.transfers().borrow();
            transfers.members().iter().map(|(number, _)| number).collect()
        };
        members
            .into_iter()
            .for_each(|number| self.scheduler.detach(number).part());
        // A callback that fails has nothing left to end.
        let _ = self.scheduler.update_timer();
    }

    /// `curl_multi_get_handles`
    pub(crate) fn handles(&self) -> Vec<*mut CURL> {
        let transfers = self.transfers().borrow();
        let members = transfers.members().iter();
        members.map(|(_, member)| member.easy().as_curl()).collect()
    }

    /// The number of members whose transfer is not over.
    pub(crate) fn running(&self) -> usize {
        self.transfers().borrow().members().running()
    }

    /// `curl_multi_get_offt`
    pub(crate) fn count(&self, what: CURLMinfo_offt) -> Option<i64> {
        self.transfers().borrow().count(what)
    }

    // ---- options and messages

    /// `curl_multi_setopt`: `CURLM_BAD_FUNCTION_ARGUMENT` for a value out of range. What is about HTTP/2, pipelining and
    /// connections kept for later is accepted: it means nothing to a WebSocket.
    pub(crate) fn set(&self, option: CURLMoption, value: &Value) -> Outcome {
        match (option, value) {
            (_, Value::Socket(function)) => self.registration().set_socket_function(*function),
            (_, Value::Timer(function)) => self.registration().set_timer_function(*function),
            (_, Value::Notify(function)) => self.transfers().borrow_mut().messages().set_notify_function(*function),
            (CURLMoption::CURLMOPT_SOCKETDATA, Value::Pointer(data)) => self.registration().set_socket_data(*data),
            (CURLMoption::CURLMOPT_TIMERDATA, Value::Pointer(data)) => self.registration().set_timer_data(*data),
            (CURLMoption::CURLMOPT_NOTIFYDATA, Value::Pointer(data)) => {
                self.transfers().borrow_mut().messages().set_notify_data(*data);
            }
            (CURLMoption::CURLMOPT_MAX_TOTAL_CONNECTIONS, Value::Number(number)) => {
                self.transfers().borrow_mut().set_total_limit(count(*number)?);
            }
            (CURLMoption::CURLMOPT_MAX_HOST_CONNECTIONS, Value::Number(number)) => {
                self.transfers().borrow_mut().set_host_limit(count(*number)?);
            }
            (CURLMoption::CURLMOPT_RESOLVE_THREADS_MAX, Value::Number(number)) => {
                let threads = u32::try_from(*number).ok().filter(|&threads| threads > 0);
                let threads = threads.ok_or(CURLMcode::CURLM_BAD_FUNCTION_ARGUMENT)?;
                self.scheduler.resources().resolver.set_max_threads(threads as usize);
            }
            (CURLMoption::CURLMOPT_NETWORK_CHANGED, Value::Number(number))
                if number & (CURLMNWC_CLEAR_ALL | CURLMNWC_CLEAR_DNS) != 0 =>
            {
                self.scheduler.resources().resolver.clear_cache();
            }
            _ => {}
        }
        match self.scheduler.admit() {
            true => self.update_timer(),
            false => Ok(()),
        }
    }

    /// `curl_multi_info_read`
    pub(crate) fn read_message(&self) -> (*mut CURLMsg, usize) {
        self.transfers().borrow_mut().read_message()
    }

    /// The number of messages that were not read.
    pub(crate) fn unread(&self) -> usize {
        self.transfers().borrow_mut().messages().unread()
    }

    /// `curl_multi_notify_enable` and `curl_multi_notify_disable`
    pub(crate) fn enable_notification(&self, notification: c_uint, on: bool) -> Outcome {
        self.transfers().borrow_mut().messages().enable(notification, on)
    }

    // ---- descriptors and time

    /// A descriptor that is readable as long as a member's descriptor is ready.
    pub(crate) fn descriptor(&self) -> Result<RawFd, CURLMcode> {
        self.scheduler.open_set(&self.wakeup)?;
        let set = self.registration().sockets().borrow().descriptor_set();
        set.map(|set| set.raw()).ok_or(CURLMcode::CURLM_OUT_OF_MEMORY)
    }

    /// Whether `fd` is waited for.
    pub(crate) fn has_socket(&self, fd: RawFd) -> bool {
        self.registration().sockets().borrow().owner(fd).is_some()
    }

    /// `curl_multi_assign`
    pub(crate) fn assign(&self, fd: RawFd, data: *mut c_void) -> Outcome {
        let is_known = self.registration().sockets().borrow_mut().assign(fd, data);
        is_known.then_some(()).ok_or(CURLMcode::CURLM_BAD_SOCKET)
    }

    /// All that is waited for, in no particular order.
    pub(crate) fn interests(&self) -> Vec<Interest> {
        self.registration().sockets().borrow().interests()
    }

    /// `curl_multi_timeout`: milliseconds until the next run, rounded up; -1 for never.
    pub(crate) fn timeout(&self) -> c_long {
        timeout(self.scheduler.next_run())
    }

    /// `curl_multi_poll` and `curl_multi_wait`: waits until something happens on a member's descriptor or one of the
    /// application's, until a member has to run, until [`wake`](Self::wake), a signal, or the end of `timeout_ms`.
    pub(crate) fn wait(&self, extra: &mut [curl_waitfd], timeout_ms: i32, idle: Idle) -> Result<Found, CURLMcode> {
        let timeout = u64::try_from(timeout_ms).map_err(|_| CURLMcode::CURLM_BAD_FUNCTION_ARGUMENT)?;
        self.scheduler.open_set(&self.wakeup)?;
        let timeout = Duration::from_millis(timeout);
        let mut now = Instant::now();
        let left = match self.scheduler.next_run() {
            NextRun::Now => Duration::ZERO,
            NextRun::At(at) => timeout.min(at.saturating_duration_since(now)),
            NextRun::Never => timeout,
        };
        let sockets = self.registration().sockets();
        if idle == Idle::Returns && extra.is_empty() && sockets.borrow().is_empty() {
            return Ok(Found::default());
        }
        let end = now + left;
        let mut time = left.min(CHECK_INTERVAL);
        let found = loop {
            let found = self.wait_for(time, now, extra).map_err(unrecoverable)?;
            let until = now + time;
            if found > 0 || until >= end || sockets.borrow().has_ready() {
                break found;
            }
            now = Instant::now();
            if now < until {
                break found;
            }
            self.scheduler.check_descriptors(now);
            if self.transfers().borrow_mut().members_mut().has_queued() {
                break found;
            }
            time = end.saturating_duration_since(now);
        };
        let (woken, members) = sockets.borrow_mut().count_ready();
        if woken {
            self.wakeup.drain();
        }
        Ok(Found { extra: found, members })
    }

    /// Waits from `now` on until a descriptor is ready, no longer than `time`. Returns how many of the application's are ready.
    fn wait_for(&self, time: Duration, now: Instant, extra: &mut [curl_waitfd]) -> io::Result<usize> {
        let sockets = self.registration().sockets();
        let set = sockets.borrow().descriptor_set();
        let Some(set) = set else {
            return Ok(0);
        };
        let mut ready = sockets.borrow_mut().clear_ready();
        self.waiters.enter(now + time);
        let found = {
            let set = &*set;
            let ready = &mut ready;
            self.registration()
                .calls()
                .wait(|| wait::wait(set, ready, extra, now, time))
        };
        self.waiters.leave();
        sockets.borrow_mut().add_ready(ready);
        found
    }

    /// Tells of a change of when members have to run next: the timer callback, and threads that wait longer.
    fn update_timer(&self) -> Outcome {
        let waits_longer = |until| match self.scheduler.next_run() {
            NextRun::Now => true,
            NextRun::At(at) => at < until,
            NextRun::Never => false,
        };
        if self.waiters.latest().is_some_and(waits_longer) {
            self.wakeup.wake();
        }
        self.scheduler.update_timer()
    }

    // ---- running

    /// `curl_multi_perform`: runs every member that has something to do.
    pub(crate) fn perform(&self) -> Outcome {
        self.scheduler.open_set(&self.wakeup)?;
        let sockets = self.registration().sockets();
        let ready = sockets.borrow_mut().take_ready().map_err(unrecoverable)?;
        // Only a wait takes a wake-up back.
        for &number in ready.iter().filter(|number| **number != WAKEUP) {
            self.scheduler.enqueue_owner(number);
        }
        sockets.borrow_mut().give_back(ready);
        self.scheduler.run()
    }

    /// `curl_multi_socket_action`: runs the member that owns `fd`, those whose deadline is over, and those in the run queue.
    /// An unknown descriptor is no error: event libraries report such descriptors.
    pub(crate) fn socket_action(&self, fd: RawFd) -> Outcome {
        self.registration()
            .announce_older(|number| self.scheduler.easy(number))?;
        if fd == CURL_SOCKET_TIMEOUT {
            self.registration().timers().borrow_mut().expire();
        } else {
            let owner = self.registration().sockets().borrow().owner(fd);
            owner
                .into_iter()
                .for_each(|number| self.scheduler.enqueue_owner(number));
        }
        self.scheduler.run()
    }

    /// `curl_multi_socket_all`: [`perform`](Self::perform) for users of the socket callback.
    pub(crate) fn socket_all(&self) -> Outcome {
        self.registration()
            .announce_older(|number| self.scheduler.easy(number))?;
        self.perform()
    }

    fn transfers(&self) -> &RefCell<Transfers> {
        self.scheduler.transfers()
    }

    fn registration(&self) -> &Registration {
        self.scheduler.registration()
    }
}

impl MultiDriver for Multi {
    fn resources(&self) -> &Resources {
        self.scheduler.resources()
    }

    fn is_busy(&self) -> bool {
        self.registration().calls().is_busy() && !self.scheduler.forget_left()
    }

    fn is_other_in_callback(&self) -> bool {
        self.registration().calls().is_other_in_callback()
    }

    fn is_notifying(&self) -> bool {
        self.registration().calls().in_callback()
    }

    fn is_running(&self, member: u64) -> bool {
        self.scheduler.is_current(member)
    }

    fn changed(&self, member: u64, run: bool) {
        let busy = self.is_busy() || self.is_other_in_callback();
        if run || busy {
            self.scheduler.enqueue(member);
        }
        if !busy {
            self.scheduler.update_registration(member);
            // If a callback fails, the next call on the multi handle returns the code.
            let _ = self.update_timer();
        }
    }

    fn closing(&self, member: u64, fd: RawFd) {
        self.scheduler.register(member, |registered, _| registered.remove(fd));
    }

    fn remove(&self, member: u64) {
        let call = self.enter(Api::RemoveHandle);
        assert!(call.is_ok(), "a handle ends inside a call on its multi handle");
        // The handle does not part: it ends, and its lock must not change before.
        self.scheduler.detach(member);
        // If a callback fails, the next call on the multi handle returns the code.
        let _ = self.removed();
    }
}

fn count(number: i64) -> Result<usize, CURLMcode> {
    usize::try_from(number).map_err(|_| CURLMcode::CURLM_BAD_FUNCTION_ARGUMENT)
}

fn unrecoverable(_: io::Error) -> CURLMcode {
    CURLMcode::CURLM_UNRECOVERABLE_POLL
}
