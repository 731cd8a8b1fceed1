//! The multi handle: many transfers in one thread, at a price for each event that does not grow with their number.
//!
//! Like an easy handle it is only ever borrowed shared, its state sits in cells by concern, and no cell is borrowed while
//! the application runs. A member is driven by its own [`Easy::drive`]; after its turn, what it waits for is compared with
//! what is registered, and only differences go to the epoll set, the application's socket callback and the timers.
//!
//! | file | what |
//! |---|---|
//! | `members` | the easy handles, by number |
//! | `drive` | who has its turn: descriptors with news, deadlines, resolved names, what was touched |
//! | `events` | what is registered where, and the story that the socket and timer callbacks are told |
//! | `closed` | descriptors that the application has closed |
//! | [`wait`] | `curl_multi_poll` and its sisters |
//! | `timers`, `limits` | deadlines; how many connections there may be |
//! | `messages` | what `curl_multi_info_read` and the notify callback tell |
//! | [`options`] | `curl_multi_setopt` |
//! | [`calls`] | which call may come inside which other |

#![forbid(unsafe_code)]

pub(crate) mod calls;
mod closed;
mod drive;
mod events;
mod limits;
mod members;
mod messages;
pub(crate) mod options;
mod timers;
pub(crate) mod wait;

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::VecDeque;
use std::os::fd::RawFd;
use std::ptr::null_mut;
use std::rc::{Rc, Weak};

use crate::easy::Easy;
use crate::easy::host::{Host, Surroundings};
use crate::ffi::handle;
use crate::ffi::process::Process;
use crate::net::wait::waker::Waker;
use crate::tls::Contexts;
use crate::types::codes::CURLMcode;
use crate::types::multi::CURLMinfo_offt;
use crate::types::structs::{CURL, CURLM};
use calls::{Api, Call, CallStack};
use closed::NextCheck;
use events::{Sockets, Told};
use limits::Limits;
use members::{Member, Members, Stage};
use messages::Messages;
use options::Options;
use timers::Timers;

/// What a multi call comes to.
pub(crate) type Outcome = Result<(), CURLMcode>;

/// Threads that resolve names for a multi handle unless `CURLMOPT_RESOLVE_THREADS_MAX` says otherwise.
const RESOLVER_THREADS: usize = 20;

/// A multi handle. The application holds one reference, and so does each member.
pub(crate) struct Multi {
    /// what the application knows this handle by
    address: Cell<*mut CURLM>,
    /// the process that uses it, as far as it is known
    process: Cell<Process>,
    /// ends a wait from any thread
    wakeup: Waker,
    surroundings: Surroundings,
    this: Weak<Multi>,
    calls: CallStack,
    options: Cell<Options>,
    members: RefCell<Members>,
    /// whose turn it is
    line: RefCell<VecDeque<u64>>,
    /// who is having its turn
    current: Cell<Option<u64>>,
    /// those whose message is not written
    running: Cell<usize>,
    /// members there ever were
    added: Cell<u64>,
    timers: RefCell<Timers>,
    sockets: RefCell<Sockets>,
    told: Cell<Told>,
    next_check: Cell<NextCheck>,
    limits: RefCell<Limits>,
    messages: RefCell<Messages>,
    /// an event callback failed: so does everything else
    dead: Cell<bool>,
    /// what callbacks get that are about no member
    internal: OnceCell<Rc<Easy>>,
}

impl Multi {
    /// A new handle, registered under a pointer of its own. `None` when there are no descriptors left.
    pub(crate) fn new() -> Option<Rc<Multi>> {
        let (wakeup, surroundings) = (
            Waker::default(),
            Surroundings::new(RESOLVER_THREADS, Contexts::shared()),
        );
        wakeup.open().and_then(|()| surroundings.waker.open()).ok()?;
        let multi = Rc::new_cyclic(|this| Multi {
            address: Cell::new(null_mut()),
            process: Cell::new(Process::current()),
            wakeup,
            surroundings,
            this: this.clone(),
            calls: CallStack::default(),
            options: Cell::default(),
            members: RefCell::default(),
            line: RefCell::default(),
            current: Cell::default(),
            running: Cell::default(),
            added: Cell::default(),
            timers: RefCell::default(),
            sockets: RefCell::default(),
            told: Cell::default(),
            next_check: Cell::default(),
            limits: RefCell::default(),
            messages: RefCell::default(),
            dead: Cell::default(),
            internal: OnceCell::new(),
        });
        multi.address.set(handle::register(Rc::clone(&multi)));
        Some(multi)
    }

    /// Ends a wait that is under way, or the next one. From any thread.
    pub(crate) fn wake(&self) -> Outcome {
        // It is open, except in a child of fork() that has not waited yet.
        self.wakeup.open().map_err(|_| CURLMcode::CURLM_WAKEUP_FAILURE)?;
        self.wakeup.wake();
        Ok(())
    }

    /// Lets go of all members: they live on, alone, their connections closed.
    pub(crate) fn disband(&self) {
        let numbers: Vec<u64> = self.members.borrow().iter().map(|(number, _)| number).collect();
        for number in numbers {
            self.let_go(number);
        }
        // A callback that fails has nothing left to end.
        let _ = self.update_timer();
    }

    /// Begins a call, if it may come now.
    pub(crate) fn enter(&self, api: Api) -> Result<Call<'_>, CURLMcode> {
        let call = match self.calls.enter(api) {
            Err(_) if self.forget_left() => self.calls.enter(api),
            call => call,
        }?;
        self.enter_process();
        Ok(call)
    }

    /// Whether `longjmp()` has left the calls that are under way. Then nothing of them is remembered, and the members from
    /// whose callbacks it was called are run again, to tell of it.
    #[cold]
    fn forget_left(&self) -> bool {
        let told_left = match self.calls.outermost() {
            Some(mark) if !mark.is_left() => return false,
            mark => mark.is_some(),
        };
        let members: Vec<(u64, Rc<Easy>)> = {
            let members = self.members.borrow();
            let easy = members.iter().map(|(number, member)| (number, Rc::clone(&member.easy)));
            easy.collect()
        };
        let left: Vec<u64> = members
            .iter()
            .filter(|(_, easy)| easy.calls().is_left())
            .map(|(number, _)| *number)
            .collect();
        if members.iter().any(|(_, easy)| easy.calls().in_callback()) || left.is_empty() && !told_left {
            return false;
        }
        if told_left {
            self.dead.set(true);
        }
        self.calls.forget();
        self.current.set(None);
        left.into_iter().for_each(|number| self.line_up(number));
        true
    }

    /// `curl_multi_add_handle`
    pub(crate) fn add(&self, easy: &Rc<Easy>) -> Outcome {
        let this = self.this.upgrade().ok_or(CURLMcode::CURLM_BAD_HANDLE)?;
        if easy.is_member() || easy.calls().is_busy() {
            return Err(CURLMcode::CURLM_ADDED_ALREADY);
        }
        if self.dead.get() {
            if self.members.borrow().len() > 0 {
                return Err(CURLMcode::CURLM_ABORTED_BY_CALLBACK);
            }
            self.dead.set(false);
        }
        easy.end();
        let number = self.members.borrow_mut().add(Member::new(Rc::clone(easy)));
        self.running.set(self.running.get() + 1);
        self.added.set(self.added.get() + 1);
        easy.join(this, number);
        self.line_up(number);
        self.update_timer().inspect_err(|_| self.let_go(number))
    }

    /// `curl_multi_remove_handle`: its connection is closed, and its message, if it wasn't read, is gone. No error for a
    /// handle that is no member of any multi handle.
    pub(crate) fn remove(&self, easy: &Rc<Easy>) -> Outcome {
        let Some(number) = easy.member() else {
            return Ok(());
        };
        if self
            .members
            .borrow_mut()
            .get(number)
            .is_none_or(|member| !Rc::ptr_eq(&member.easy, easy))
        {
            return Err(CURLMcode::CURLM_BAD_EASY_HANDLE);
        }
        self.let_go(number);
        self.admit();
        self.update_timer()
    }

    /// The members, oldest place first.
    pub(crate) fn handles(&self) -> Vec<*mut CURL> {
        self.members
            .borrow()
            .iter()
            .map(|(_, member)| member.easy.as_curl())
            .collect()
    }

    /// Members whose message is not written yet.
    pub(crate) fn running(&self) -> usize {
        self.running.get()
    }

    /// `curl_multi_get_offt`
    pub(crate) fn count(&self, what: CURLMinfo_offt) -> Option<i64> {
        let queued = self.limits.borrow().queued();
        let members = self.members.borrow().len();
        let count = match what {
            CURLMinfo_offt::CURLMINFO_XFERS_CURRENT => members,
            CURLMinfo_offt::CURLMINFO_XFERS_RUNNING => self.running.get() - queued,
            CURLMinfo_offt::CURLMINFO_XFERS_PENDING => queued,
            CURLMinfo_offt::CURLMINFO_XFERS_DONE => members - self.running.get(),
            CURLMinfo_offt::CURLMINFO_XFERS_ADDED => self.added.get() as usize,
            CURLMinfo_offt::CURLMINFO_NONE | CURLMinfo_offt::CURLMINFO_LASTENTRY => return None,
        };
        Some(count as i64)
    }

    /// Takes a member out, whatever it is doing.
    fn let_go(&self, number: u64) {
        let Some(easy) = self.easy(number) else {
            return;
        };
        easy.leave();
        self.forget_interests(number);
        let Some(member) = self.members.borrow_mut().remove(number) else {
            return;
        };
        if member.stage != Stage::Finished {
            self.running.set(self.running.get() - 1);
        }
        if member.unread {
            self.messages.borrow_mut().cancel();
        }
        if let Some(host) = &member.host {
            let mut limits = self.limits.borrow_mut();
            match member.stage {
                Stage::Queued => limits.withdraw(host, number),
                _ => limits.release(host),
            }
        }
    }

    /// A member's handle.
    fn easy(&self, number: u64) -> Option<Rc<Easy>> {
        Some(Rc::clone(&self.members.borrow_mut().get(number)?.easy))
    }

    /// What the application knows this handle by.
    pub(crate) fn as_curlm(&self) -> *mut CURLM {
        self.address.get()
    }

    /// The handle for callbacks that are about no member.
    fn internal(&self) -> *mut CURL {
        self.internal.get_or_init(Easy::new).as_curl()
    }

    /// The handle for callbacks that are about no member, if there is one, to be freed after this one.
    pub(crate) fn internal_handle(&self) -> Option<*mut CURL> {
        self.internal.get().map(|internal| internal.as_curl())
    }
}

impl Host for Multi {
    fn surroundings(&self) -> &Surroundings {
        &self.surroundings
    }

    fn is_busy(&self) -> bool {
        self.calls.is_busy() && !self.forget_left()
    }

    fn is_telling(&self) -> bool {
        self.calls.is_telling()
    }

    fn touched(&self, member: u64, run: bool) {
        if self.current.get() == Some(member) {
            return;
        }
        if run || self.calls.is_busy() {
            self.line_up(member);
        }
        if !self.calls.is_busy() {
            self.compare(member);
            // The code of a failing callback is told by the next call on the multi handle: it is dead.
            let _ = self.update_timer();
        }
    }

    fn closing(&self, member: u64, fd: RawFd) {
        self.forget_descriptor(member, fd);
    }

    fn expel(&self, member: u64) {
        let call = self.enter(Api::RemoveHandle);
        assert!(call.is_ok(), "a handle ends inside a call on its multi handle");
        self.let_go(member);
        self.admit();
        // The code of a failing callback is told by the next call on the multi handle: it is dead.
        let _ = self.update_timer();
    }
}
