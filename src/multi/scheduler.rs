//! Running the members: rounds of the run queue, and registering what each member waits for afterwards.

use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::RawFd;
use std::rc::Rc;
use std::time::Instant;

use super::calls::Outcome;
use super::closed::NextCheck;
use super::members::{Member, Stage};
use super::registration::{Changes, Registered, Registration, unwatchable};
use super::sockets::RESOLVER;
use super::timers::NextRun;
use super::transfers::Transfers;
use crate::easy::drive::Driven;
use crate::easy::resources::Resources;
use crate::easy::{Easy, PROGRESS_INTERVAL};
use crate::error::Error;
use crate::ffi::handle::Place;
use crate::net::wait::poll::Interest;
use crate::net::wait::waker::Waker;
use crate::types::codes::{CURLMcode, CURLcode};
use crate::types::structs::CURL;

/// The members, what they have in common, and what is registered for them.
pub(super) struct Scheduler {
    resources: Resources,
    transfers: RefCell<Transfers>,
    registration: Registration,
    /// the member that is running
    current: Cell<Option<u64>>,
    next_check: Cell<NextCheck>,
    /// memory for [`update_registration`](Self::update_registration)
    interests: Cell<Vec<Interest>>,
}

impl Scheduler {
    pub(super) fn new(resources: Resources) -> Scheduler {
        Scheduler {
            registration: Registration::new(resources.waker.clone()),
            resources,
            transfers: RefCell::default(),
            current: Cell::default(),
            next_check: Cell::default(),
            interests: Cell::default(),
        }
    }

    /// What the members have in common.
    pub(super) fn resources(&self) -> &Resources {
        &self.resources
    }

    /// The members. Not to be borrowed while the application is called.
    pub(super) fn transfers(&self) -> &RefCell<Transfers> {
        &self.transfers
    }

    /// What is registered for them.
    pub(super) fn registration(&self) -> &Registration {
        &self.registration
    }

    /// Whether this member is running.
    pub(super) fn is_current(&self, number: u64) -> bool {
        self.current.get() == Some(number)
    }

    /// A member's handle.
    pub(super) fn easy(&self, number: u64) -> Option<Rc<Easy>> {
        let mut transfers = self.transfers.borrow_mut();
        Some(Rc::clone(transfers.members_mut().get(number)?.easy()))
    }

    /// Has a member run in the next round, or in this one if it has not begun.
    pub(super) fn enqueue(&self, number: u64) {
        self.transfers.borrow_mut().members_mut().enqueue(number);
    }

    /// Has the owner of a descriptor that is ready run.
    #[inline]
    pub(super) fn enqueue_owner(&self, number: u64) {
        match number {
            RESOLVER => self.enqueue_resolved(),
            number => self.enqueue(number),
        }
    }

    /// Has the members run whose names are resolved.
    #[cold]
    fn enqueue_resolved(&self) {
        let resolved = self.resources.waker.drain_names();
        resolved.into_iter().for_each(|number| self.enqueue(number));
    }

    /// Pending members may have the connections that have become free. Whether there are any.
    #[inline]
    pub(super) fn admit(&self) -> bool {
        self.transfers.borrow_mut().admit()
    }

    /// Removes a member, whatever it is doing. Its lock stays the multi handle's until it [parts](Place::part).
    pub(super) fn detach(&self, number: u64) -> Place {
        let Some(easy) = self.easy(number) else {
            return Place::default();
        };
        easy.detach();
        let changes = self.change(number, |registered, waker| {
            registered.update(waker, &mut Vec::new(), None)
        });
        // Before the socket callback, which may not return.
        self.transfers.borrow_mut().remove(number);
        if let Some((curl, changes)) = changes {
            // What is only removed does not fail.
            let _ = self.registration.apply(number, curl, &changes);
        }
        easy.calls().place()
    }

    /// Whether `longjmp()` has left the calls that have not returned. If so they are forgotten, and the members whose callbacks
    /// called it are enqueued, to fail.
    #[cold]
    pub(super) fn forget_left(&self) -> bool {
        let calls = self.registration.calls();
        let callback_left = match calls.outermost() {
            Some(mark) if !mark.is_left() => return false,
            mark => mark.is_some(),
        };
        let members: Vec<(u64, Rc<Easy>)> = {
            let transfers = self.transfers.borrow();
            let members = transfers.members().iter();
            members
                .map(|(number, member)| (number, Rc::clone(member.easy())))
                .collect()
        };
        let left: Vec<u64> = members
            .iter()
            .filter(|(_, easy)| easy.calls().is_left())
            .map(|(number, _)| *number)
            .collect();
        if members.iter().any(|(_, easy)| easy.calls().in_callback()) || left.is_empty() && !callback_left {
            return false;
        }
        // The notify callback is called when all else is done.
        if calls.in_callback() {
            self.registration.set_failed(true);
        }
        calls.forget();
        self.current.set(None);
        left.into_iter().for_each(|number| self.enqueue(number));
        true
    }

    /// In a child of `fork()`: gives up what can't be shared with the parent.
    pub(super) fn enter_child(&self) {
        self.registration.enter_child();
        self.transfers.borrow_mut().members_mut().forget_resolving();
    }

    // ---- time and descriptors

    /// When members have to run next.
    pub(super) fn next_run(&self) -> NextRun {
        if self.registration.check().is_err() || self.transfers.borrow_mut().members_mut().has_queued() {
            return NextRun::Now;
        }
        self.registration.timers().borrow().nearest()
    }

    /// Calls the timer callback if that has changed, and again if it has changed during the callback.
    #[inline]
    pub(super) fn update_timer(&self) -> Outcome {
        while self.registration.has_timer() && self.registration.announce_next_run(self.next_run())? {}
        Ok(())
    }

    /// Makes the descriptor set, if there is none yet.
    #[inline]
    pub(super) fn open_set(&self, wakeup: &Waker) -> Outcome {
        let is_open = self.registration.sockets().borrow().has_set();
        match is_open {
            true => Ok(()),
            false => self.make_set(wakeup),
        }
    }

    #[cold]
    fn make_set(&self, wakeup: &Waker) -> Outcome {
        let sockets = self.registration.sockets();
        let opened = sockets.borrow_mut().open_set(&self.resources.waker, wakeup);
        self.fail_all(opened.map_err(|_| CURLMcode::CURLM_OUT_OF_MEMORY)?);
        Ok(())
    }

    /// Fails the transfers whose descriptor the application has closed.
    pub(super) fn check_descriptors(&self, now: Instant) {
        let (closed, next) = {
            let (transfers, sockets) = (self.transfers.borrow(), self.registration.sockets().borrow());
            self.next_check.get().check(transfers.members(), &sockets, now)
        };
        self.next_check.set(next);
        self.fail_all(closed);
    }

    #[inline]
    fn fail_all(&self, failed: Vec<(u64, io::Error)>) {
        if failed.is_empty() {
            return;
        }
        let mut transfers = self.transfers.borrow_mut();
        for (number, error) in failed {
            transfers.members_mut().fail(number, unwatchable(&error));
        }
    }

    // ---- running

    /// One round: each member of the run queue runs once. Those that are enqueued meanwhile run in the next round.
    pub(super) fn run(&self) -> Outcome {
        let mut now = Instant::now();
        if self.next_check.get().is_due(now) {
            self.check_descriptors(now);
        }
        let due: Vec<u64> = self.registration.timers().borrow().due(now).collect();
        due.into_iter().for_each(|number| self.enqueue(number));
        let count = self.transfers.borrow().members().queue_len();
        for _ in 0..count {
            let next = self.transfers.borrow_mut().members_mut().dequeue();
            let Some(number) = next else { break };
            let current = Current::begin(self, number);
            self.run_member(number, now);
            current.end();
            self.update_registration(number);
            if count > 1 {
                now = Instant::now();
            }
        }
        self.admit();
        self.notify();
        self.registration.check()?;
        self.update_timer()
    }

    fn run_member(&self, number: u64, now: Instant) {
        let Some((easy, stage, failed)) = self.runnable(number, now) else {
            return;
        };
        let Some(_call) = easy.calls().enter_run() else {
            // A call on the handle is going on, and this round is inside one of its callbacks.
            self.enqueue(number);
            return;
        };
        if stage == Stage::Finished {
            self.keep_alive(number, &easy, now);
            return;
        }
        let driven = match self.take_failure(number, failed) {
            Some(error) => easy.abort(error),
            None if stage == Stage::New && !self.begin(number, &easy, now) => return,
            None => easy.drive(now),
        };
        self.handle(number, &easy, driven);
    }

    /// A member, its stage, and whether something has failed outside of its transfer, if it can run now.
    fn runnable(&self, number: u64, now: Instant) -> Option<(Rc<Easy>, Stage, bool)> {
        let mut transfers = self.transfers.borrow_mut();
        let member = transfers.members_mut().get(number)?;
        // Without a connection only its deadline can end it.
        let over = |at| at <= now;
        if member.stage() == Stage::Pending && !member.registered().deadline().is_some_and(over) {
            return None;
        }
        let failed = member.has_failed() || self.registration.check().is_err();
        Some((Rc::clone(member.easy()), member.stage(), failed))
    }

    /// What has failed outside of the transfer, if something has.
    #[inline]
    fn take_failure(&self, number: u64, failed: bool) -> Option<Error> {
        if !failed {
            return None;
        }
        if self.registration.check().is_err() {
            return Some(Error::new(
                CURLcode::CURLE_ABORTED_BY_CALLBACK,
                "an event callback of the multi handle failed",
            ));
        }
        self.transfers.borrow_mut().members_mut().get(number)?.take_failure()
    }

    /// Starts the transfer: `true` if it may have a connection now.
    fn begin(&self, number: u64, easy: &Easy, now: Instant) -> bool {
        if let Err(error) = easy.begin(now) {
            self.finish(number, easy, Err(error));
            return false;
        }
        let destination = easy.destination().unwrap_or_default();
        self.transfers.borrow_mut().begin(number, &destination)
    }

    fn handle(&self, number: u64, easy: &Easy, driven: Driven) {
        match driven {
            Driven::Waiting => {}
            Driven::Busy => self.enqueue(number),
            Driven::Ready => {
                self.keep_alive(number, easy, Instant::now());
                self.finish(number, easy, Ok(()));
            }
            Driven::Done(result) => {
                easy.end();
                self.transfers.borrow_mut().release_connection(number);
                self.finish(number, easy, result);
            }
        }
    }

    /// Sends the PING that is due on a connection that the application reads.
    fn keep_alive(&self, number: u64, easy: &Easy, now: Instant) {
        let next = easy.keep_alive(now);
        if let Some(member) = self.transfers.borrow_mut().members_mut().get(number) {
            member.set_keep_alive(next);
        }
    }

    /// Writes the message. A connection made with CONNECT_ONLY stays open, and is the application's from now on.
    fn finish(&self, number: u64, easy: &Easy, result: Result<(), Error>) {
        let code = match &result {
            Ok(()) => CURLcode::CURLE_OK,
            Err(error) => easy.report(error),
        };
        self.transfers.borrow_mut().finish(number, code);
    }

    /// Calls the notify callback for all notifications, also for those that are added meanwhile.
    fn notify(&self) {
        loop {
            let next = self.transfers.borrow_mut().messages().next_notification();
            let Some((callback, (notification, member))) = next else {
                return;
            };
            let curl = match member {
                None => Some(self.registration.internal()),
                Some(number) => self.easy(number).map(|easy| easy.as_curl()),
            };
            if let Some(curl) = curl {
                let calls = self.registration.calls();
                calls.notify_callback(|| callback.call(self.registration.address(), notification, curl));
            }
        }
    }

    // ---- what members wait for

    /// Registers what a member waits for now.
    pub(super) fn update_registration(&self, number: u64) {
        let mut interests = self.interests.take();
        let changed = match self.transfers.borrow_mut().members_mut().get(number) {
            Some(member) => {
                let deadline = self.wanted(member, &mut interests);
                (!member.registered().is(&interests, deadline)).then_some(deadline)
            }
            None => None,
        };
        if let Some(deadline) = changed {
            self.register(number, |registered, waker| {
                registered.update(waker, &mut interests, deadline)
            });
        }
        interests.clear();
        self.interests.set(interests);
    }

    /// What a member waits for now: appends descriptors, and returns its deadline.
    fn wanted(&self, member: &Member, interests: &mut Vec<Interest>) -> Option<Instant> {
        let easy = member.easy();
        match member.stage() {
            Stage::New => None,
            Stage::Finished => member.keep_alive(),
            Stage::Pending => {
                let deadline = easy.wants(&self.resources.waker, interests);
                interests.clear();
                deadline
            }
            Stage::Running => {
                let deadline = easy.wants(&self.resources.waker, interests);
                match easy.wants_progress() {
                    true => {
                        let progress = next_progress(member.registered().deadline(), Instant::now());
                        Some(deadline.map_or(progress, |at| at.min(progress)))
                    }
                    false => deadline,
                }
            }
        }
    }

    /// Changes what is registered for a member. `change` gets the resolver's waker.
    pub(super) fn register(&self, number: u64, change: impl FnOnce(&mut Registered, RawFd) -> Changes) {
        let Some((curl, changes)) = self.change(number, change) else {
            return;
        };
        if let Err(error) = self.registration.apply(number, curl, &changes) {
            self.transfers.borrow_mut().members_mut().fail(number, error);
        }
    }

    /// A member's handle, and the changes that are to be applied.
    fn change(
        &self,
        number: u64,
        change: impl FnOnce(&mut Registered, RawFd) -> Changes,
    ) -> Option<(*mut CURL, Changes)> {
        let mut transfers = self.transfers.borrow_mut();
        let member = transfers.members_mut().get(number)?;
        let changes = change(member.registered_mut(), self.registration.resolver());
        Some((member.easy().as_curl(), changes))
    }
}

/// The member that is running. If an exception leaves one of its callbacks, so that [`end`](Self::end) is not reached, it has
/// to run again.
struct Current<'a> {
    scheduler: &'a Scheduler,
    number: u64,
    ended: bool,
}

impl Current<'_> {
    fn begin(scheduler: &Scheduler, number: u64) -> Current<'_> {
        scheduler.current.set(Some(number));
        let ended = false;
        Current {
            scheduler,
            number,
            ended,
        }
    }

    fn end(mut self) {
        self.ended = true;
    }
}

impl Drop for Current<'_> {
    fn drop(&mut self) {
        self.scheduler.current.set(None);
        if !self.ended {
            self.scheduler.enqueue(self.number);
        }
    }
}

/// The next time to call a progress callback: events do not move it.
fn next_progress(registered: Option<Instant>, now: Instant) -> Instant {
    match registered {
        Some(at) if at > now && at <= now + PROGRESS_INTERVAL => at,
        _ => now + PROGRESS_INTERVAL,
    }
}
