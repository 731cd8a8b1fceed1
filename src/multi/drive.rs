//! Whose turn it is. Members get in line when something happens that concerns them, and a round gives each one turn.

use std::time::{Duration, Instant};

use super::events::{RESOLVER, WAKEUP};
use super::members::Stage;
use super::{Multi, Outcome};
use crate::easy::Easy;
use crate::easy::calls::Api;
use crate::easy::drive::Driven;
use crate::error::{Error, Result};
use crate::types::codes::{CURLMcode, CURLcode};
use crate::types::multi::CURL_SOCKET_TIMEOUT;
use crate::types::structs::curl_socket_t;

/// A progress callback is called at least this often.
const TICK: Duration = Duration::from_secs(1);

impl Multi {
    /// `curl_multi_perform`: a turn for everybody who has something to do.
    pub(crate) fn perform(&self) -> Outcome {
        self.use_epoll()?;
        let mut news = self.take_news()?;
        for number in news.drain(..) {
            match number {
                // only a wait takes that back
                WAKEUP => {}
                RESOLVER => self.line_up_resolved(),
                number => self.line_up(number),
            }
        }
        self.return_news(news);
        let now = Instant::now();
        self.check_descriptors_if_due(now);
        self.line_up_due(now);
        self.run_line();
        self.conclude()
    }

    /// `curl_multi_socket_action`: a turn for who owns `fd`, for those whose time has come, and for those who were touched.
    /// A descriptor that isn't known is no error: event libraries have been seen to report such.
    pub(crate) fn act_on(&self, fd: curl_socket_t) -> Outcome {
        self.tell_untold()?;
        if fd == CURL_SOCKET_TIMEOUT {
            self.forget_told_timer();
        } else {
            match self.owner(fd) {
                Some(RESOLVER) => self.line_up_resolved(),
                Some(number) => self.line_up(number),
                None => {}
            }
        }
        let now = Instant::now();
        self.check_descriptors_if_due(now);
        self.line_up_due(now);
        self.run_line();
        self.conclude()
    }

    /// `curl_multi_socket_all`: like [`perform`](Self::perform), for users of the socket callback.
    pub(crate) fn act_on_all(&self) -> Outcome {
        self.tell_untold()?;
        self.perform()
    }

    /// Gives a member a turn in the next round, or in this one if it hasn't begun.
    pub(super) fn line_up(&self, number: u64) {
        let mut members = self.members.borrow_mut();
        if let Some(member) = members.get(number)
            && !member.dirty
        {
            member.dirty = true;
            self.line.borrow_mut().push_back(number);
        }
    }

    /// Whether somebody is in line. Those who have left since are not.
    pub(super) fn has_queued(&self) -> bool {
        let mut line = self.line.borrow_mut();
        let mut members = self.members.borrow_mut();
        while let Some(&number) = line.front() {
            if members.get(number).is_some() {
                return true;
            }
            line.pop_front();
        }
        false
    }

    /// Has a member's transfer end with `error` in its next turn: what happens meanwhile is not the time to end it.
    pub(super) fn fail(&self, number: u64, error: Error) {
        if let Some(member) = self.members.borrow_mut().get(number) {
            member.failure.get_or_insert(error);
        }
        self.line_up(number);
    }

    /// Queued members may have the connections that have become free.
    pub(super) fn admit(&self) {
        loop {
            let next = self.limits.borrow_mut().next();
            let Some(number) = next else { return };
            if let Some(member) = self.members.borrow_mut().get(number) {
                member.stage = Stage::Running;
            }
            self.line_up(number);
        }
    }

    fn line_up_resolved(&self) {
        for number in self.surroundings.waker.drain_names() {
            self.line_up(number);
        }
    }

    fn line_up_due(&self, now: Instant) {
        let due: Vec<u64> = self.timers.borrow().due(now).collect();
        due.into_iter().for_each(|number| self.line_up(number));
    }

    /// One turn for each that is in line now. Who gets in line meanwhile waits for the next round.
    fn run_line(&self) {
        let count = self.line.borrow().len();
        for _ in 0..count {
            let Some(number) = self.line.borrow_mut().pop_front() else {
                return;
            };
            let turn = Turn::begin(self, number);
            self.run(number);
            turn.end();
            self.compare(number);
        }
    }

    /// What comes after the turns: connections for those who wait, notifications, the timer.
    fn conclude(&self) -> Outcome {
        self.admit();
        self.notify();
        if self.dead.get() {
            return Err(CURLMcode::CURLM_ABORTED_BY_CALLBACK);
        }
        self.update_timer()
    }

    fn run(&self, number: u64) {
        let Some(easy) = self.easy(number) else {
            return;
        };
        let Some(stage) = self.next_stage(number) else {
            return;
        };
        let Ok(_call) = easy.calls().enter(Api::Perform) else {
            // A call on the handle is under way, and this round comes from one of its callbacks.
            self.line_up(number);
            return;
        };
        if stage == Stage::Finished {
            self.keep_alive(number, &easy);
            return;
        }
        if let Some(error) = self.take_failure(number) {
            self.handle(number, &easy, easy.abort(error));
            return;
        }
        if stage == Stage::New && !self.begin(number, &easy) {
            return;
        }
        let driven = easy.drive();
        self.handle(number, &easy, driven);
    }

    /// Takes a member out of the line and tells where it stands, if it is to have its turn.
    fn next_stage(&self, number: u64) -> Option<Stage> {
        let mut members = self.members.borrow_mut();
        let member = members.get(number)?;
        member.dirty = false;
        match member.stage {
            // Without a connection all there is to do is to run out of time.
            Stage::Queued if member.deadline.is_none_or(|at| at > Instant::now()) => None,
            stage => Some(stage),
        }
    }

    /// What has failed outside of the transfer.
    fn take_failure(&self, number: u64) -> Option<Error> {
        if self.dead.get() {
            return Some(Error::new(
                CURLcode::CURLE_ABORTED_BY_CALLBACK,
                "an event callback of the multi handle failed",
            ));
        }
        self.members.borrow_mut().get(number)?.failure.take()
    }

    /// Starts the transfer: `true` if it may have a connection now.
    fn begin(&self, number: u64, easy: &Easy) -> bool {
        if let Err(error) = easy.begin(Instant::now()) {
            self.finish(number, easy, Err(error));
            return false;
        }
        let destination = easy.destination().unwrap_or_default();
        let (now, host) = self.limits.borrow_mut().ask(&destination, number);
        if let Some(member) = self.members.borrow_mut().get(number) {
            member.host = Some(host);
            member.stage = if now { Stage::Running } else { Stage::Queued };
        }
        now
    }

    fn handle(&self, number: u64, easy: &Easy, driven: Driven) {
        match driven {
            Driven::Waiting => {}
            Driven::Busy => self.line_up(number),
            Driven::Ready => {
                self.keep_alive(number, easy);
                self.finish(number, easy, Ok(()));
            }
            Driven::Done(result) => {
                easy.end();
                self.release_connection(number);
                self.finish(number, easy, result);
            }
        }
    }

    /// Looks after a connection that the application reads.
    fn keep_alive(&self, number: u64, easy: &Easy) {
        let next = easy.keep_alive(Instant::now());
        if let Some(member) = self.members.borrow_mut().get(number) {
            member.keep_alive = next;
        }
    }

    fn release_connection(&self, number: u64) {
        let mut members = self.members.borrow_mut();
        if let Some(member) = members.get(number)
            && let Some(host) = member.host.take()
        {
            let mut limits = self.limits.borrow_mut();
            match member.stage {
                Stage::Queued => limits.withdraw(&host, number),
                _ => limits.release(&host),
            }
        }
    }

    /// Writes the message. A connection made with CONNECT_ONLY stays, and is the application's from here on.
    fn finish(&self, number: u64, easy: &Easy, result: Result<()>) {
        let code = match &result {
            Ok(()) => CURLcode::CURLE_OK,
            Err(error) => easy.report(error),
        };
        self.running.set(self.running.get() - 1);
        self.post(number, code);
    }

    // ---- what a member waits for

    /// Compares what a member waits for with what is registered for it, and registers the differences.
    pub(super) fn compare(&self, number: u64) {
        let (Some(easy), Some((stage, registered))) = (self.easy(number), self.registered(number)) else {
            return;
        };
        let mut interests = self.borrow_scratch();
        let mut deadline = match stage {
            Stage::Running | Stage::Queued => easy.wants(&self.surroundings.waker, &mut interests),
            Stage::New => None,
            Stage::Finished => self
                .members
                .borrow_mut()
                .get(number)
                .and_then(|member| member.keep_alive),
        };
        if stage == Stage::Running && easy.shows_progress() {
            let tick = next_tick(registered, Instant::now());
            deadline = Some(deadline.map_or(tick, |at| at.min(tick)));
        }
        if stage != Stage::Running {
            interests.clear();
        }
        if deadline != registered {
            self.timers.borrow_mut().change(number, registered, deadline);
            if let Some(member) = self.members.borrow_mut().get(number) {
                member.deadline = deadline;
            }
        }
        self.compare_interests(number, &easy, &mut interests);
        self.return_scratch(interests);
    }

    /// Nothing is registered for a member any more.
    pub(super) fn forget_interests(&self, number: u64) {
        if let (Some(easy), Some((_, registered))) = (self.easy(number), self.registered(number)) {
            self.timers.borrow_mut().change(number, registered, None);
            self.compare_interests(number, &easy, &mut Vec::new());
        }
    }

    fn registered(&self, number: u64) -> Option<(Stage, Option<Instant>)> {
        let mut members = self.members.borrow_mut();
        let member = members.get(number)?;
        Some((member.stage, member.deadline))
    }
}

/// A member is being run. If that does not come to its end, since an exception left a callback, it has to be run again.
struct Turn<'a> {
    multi: &'a Multi,
    number: u64,
    ended: bool,
}

impl Turn<'_> {
    fn begin(multi: &Multi, number: u64) -> Turn<'_> {
        multi.current.set(Some(number));
        let ended = false;
        Turn { multi, number, ended }
    }

    fn end(mut self) {
        self.ended = true;
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.multi.current.set(None);
        if !self.ended {
            self.multi.line_up(self.number);
        }
    }
}

/// The next time to call a progress callback: not moved by every event.
fn next_tick(registered: Option<Instant>, now: Instant) -> Instant {
    match registered {
        Some(at) if at > now && at <= now + TICK => at,
        _ => now + TICK,
    }
}
