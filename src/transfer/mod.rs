//! One transfer as a state machine that never blocks and never calls the application.
//!
//! Three drivers run it: `curl_easy_perform`, the multi interface and the calls on a `CURLOPT_CONNECT_ONLY` handle. Each takes
//! the next action from [`Transfer::next`], does it with no borrow held, gives the answer back, and goes on until the action is
//! [`Action::Wait`] or [`Action::Done`]:
//!
//! ```text
//! Opening ─┬→ Open → Over
//!          ├→ Raw  → Over
//!          └→ Over
//! ```
//!
//! | file | what |
//! |---|---|
//! | [`config`] | what the transfer is to do, fixed when it starts |
//! | [`action`] | what it asks of its driver |
//! | [`state`] | how far it has come |
//! | [`crate::open`] | the way to the open stream |
//! | [`exchange`] | the open WebSocket under callbacks, with [`upload`] and [`close_deadline`] |
//! | [`websocket`] | the open WebSocket: receiving, delivering, sending |
//! | [`info`] | what is known |
//! | [`timers`], [`speed`], [`rate_limit`] | limits: of time, the lowest and the highest speed |

#![forbid(unsafe_code)]

mod action;
mod close_deadline;
pub(crate) mod config;
mod exchange;
pub(crate) mod info;
mod pause;
mod rate_limit;
mod speed;
mod state;
mod timers;
mod upload;
pub(crate) mod websocket;

use std::collections::VecDeque;
use std::os::fd::RawFd;
use std::time::{Duration, Instant};

pub(crate) use action::{Action, Task, Upload};
pub(crate) use config::{Config, Mode};
pub(crate) use pause::Pause;

use crate::error::{Error, Result};
use crate::net::socket::Socket;
use crate::net::wait::poll::Interest;
use crate::net::wait::waker::Waker;
use crate::open::plan::Plan;
use crate::open::{Answer, Context, Opening, Output, Step, ToRemember, Upgraded, Uses};
use crate::trace::{Trace, TraceLine};
use crate::transport::Stream;
use crate::types::codes::CURLcode;
use exchange::Progress;
use info::TransferInfo;
use speed::SpeedWatch;
use state::State;
use timers::{Timer, Timers, earlier};
use websocket::chunk::Chunk;
use websocket::{Settings, WebSocket};

/// A transfer, from the first step to the open WebSocket and its end.
pub(crate) struct Transfer {
    state: State,
    /// sockets to be closed by the driver, which may have to ask the application
    sockets: Vec<Socket>,
    /// what servers want to be remembered
    to_remember: VecDeque<ToRemember>,
    /// a header line for the application
    header: Option<Vec<u8>>,
    pause: Pause,
    /// the application has been told that the WebSocket is open
    announced: bool,
    /// callbacks exchange frames: nothing else is to be done
    exchanging: bool,
    trace: Trace,
    timers: Timers,
    speed: SpeedWatch,
    mode: Mode,
    head_only: bool,
    info: TransferInfo,
}

impl Transfer {
    /// A transfer that begins now.
    pub(crate) fn new(plan: Plan, config: Config, now: Instant) -> Transfer {
        let mut timers = Timers::default();
        if let Some(timeout) = config.timeout {
            timers.set(Timer::Total, now + timeout);
        }
        timers.set(Timer::Connect, now + config.connect_timeout);
        Transfer {
            sockets: Vec::new(),
            to_remember: VecDeque::new(),
            header: None,
            pause: Pause::default(),
            announced: false,
            exchanging: false,
            trace: Trace::new(config.verbose),
            timers,
            speed: SpeedWatch::new(config.low_speed),
            mode: config.mode,
            head_only: config.head_only,
            state: State::Opening {
                opening: Box::new(Opening::new(plan)),
                config: Box::new(config),
            },
            info: TransferInfo::new(now),
        }
    }

    // ---- driving

    /// Runs until there is something for the driver to do. An open WebSocket needs no context. `chunk` is the driver's memory for
    /// [`Action::Chunk`].
    pub(crate) fn next(&mut self, context: impl Fn() -> Context, chunk: &mut Chunk, now: Instant) -> Action {
        self.check_time(now);
        loop {
            if self.has_trace()
                && let Some(line) = self.next_trace_line()
            {
                return Task::Trace(line).into();
            }
            let advanced = match self.exchanging {
                true => self.exchange(chunk, now),
                false => self.advance(&context, now),
            };
            match advanced {
                Ok(Some(action)) => return action,
                Ok(None) => {}
                Err(error) => self.finish(Err(error), now),
            }
        }
    }

    /// One step of the exchange of frames. `None`: look again.
    #[inline]
    fn exchange(&mut self, chunk: &mut Chunk, now: Instant) -> Result<Option<Action>> {
        let State::Open(exchange) = &mut self.state else {
            return Ok(Some(Action::Wait));
        };
        Ok(match exchange.step(self.pause, chunk, now)? {
            Progress::Chunk => Some(Action::Chunk),
            Progress::Upload(room) => Some(Action::Upload(room)),
            Progress::Again => None,
            Progress::Busy => Some(Action::Busy),
            Progress::Wait => Some(Action::Wait),
            Progress::End => {
                self.finish(Ok(()), now);
                None
            }
        })
    }

    /// One step before the exchange and after it. `None`: look again.
    ///
    /// Apart, so that its large frame is not made for each message.
    #[inline(never)]
    fn advance(&mut self, context: impl Fn() -> Context, now: Instant) -> Result<Option<Action>> {
        if let Some(socket) = self.sockets.pop() {
            return Ok(Some(Task::CloseSocket(socket).into()));
        }
        if let Some(what) = self.to_remember.pop_front() {
            return Ok(Some(Task::Remember(what).into()));
        }
        if self.header.is_some() && self.pause.receive {
            return Ok(Some(Action::Wait));
        }
        if let Some(line) = self.header.take() {
            return Ok(Some(Task::Header(line).into()));
        }
        match &mut self.state {
            State::Opening { opening, .. } => {
                let output = Output {
                    info: &mut self.info.opening,
                    trace: &mut self.trace,
                    sockets: &mut self.sockets,
                    to_remember: &mut self.to_remember,
                };
                let step = opening.step(&context(), output, self.pause.receive, now);
                self.opening_came_to(step, now)
            }
            State::Open(exchange) if !std::mem::replace(&mut self.announced, true) => {
                exchange.websocket_mut().trace_received();
                Ok(Some(Task::Opened.into()))
            }
            State::Open(_) if self.head_only => Err(Error::new(
                CURLcode::CURLE_GOT_NOTHING,
                "[WS] nothing but the response head was asked for (CURLOPT_NOBODY)",
            )),
            State::Open(exchange) if self.mode == Mode::ConnectOnly => {
                exchange.hand_over(now)?;
                Ok(Some(self.ready(now)))
            }
            State::Open(_) => {
                self.exchanging = true;
                Ok(None)
            }
            State::Raw(_) => Ok(Some(Action::Wait)),
            State::Over(result) => Ok(Some(result.take().map_or(Action::Wait, Action::Done))),
        }
    }

    fn opening_came_to(&mut self, step: Step, now: Instant) -> Result<Option<Action>> {
        if let Some(requested) = self.info.opening.pre_transfer {
            self.speed.start(requested);
        }
        match step {
            Step::Continue => Ok(None),
            Step::Wait => Ok(Some(Action::Wait)),
            Step::Ask(question) => Ok(Some(Task::Ask(question).into())),
            // The trace of it goes first.
            Step::Header(line) => {
                self.header = Some(line);
                Ok(None)
            }
            Step::Connected(stream) => {
                self.state = State::Raw(stream);
                Ok(Some(self.ready(now)))
            }
            Step::Upgraded(upgraded) => {
                self.open(*upgraded);
                Ok(None)
            }
            Step::Failed(error) => Err(error),
        }
    }

    fn open(&mut self, upgraded: Upgraded) {
        let Upgraded {
            stream,
            deflate,
            last_line,
        } = upgraded;
        self.info.open(stream.received(), stream.available().len());
        self.timers.stop(Timer::Connect);
        self.header = last_line;
        self.state.open(stream, deflate, Trace::new(self.trace.is_enabled()));
    }

    /// The application drives the connection from here on, and no time limit holds (CONNECT_ONLY).
    fn ready(&mut self, now: Instant) -> Action {
        self.timers = Timers::default();
        self.speed.stop();
        self.note(now);
        self.info.finish(now);
        Action::Ready
    }

    // ---- answers

    /// The answer to [`Task::Ask`].
    pub(crate) fn answer(&mut self, answer: Answer, now: Instant) {
        if let Some(opening) = self.state.opening_mut() {
            opening.answer(answer, now);
        }
    }

    /// The answer to [`Question::NextRound`](crate::open::Question::NextRound): it follows this plan. The time to connect
    /// counts anew.
    pub(crate) fn next_round(&mut self, plan: Plan, now: Instant) {
        if let State::Opening { opening, config } = &mut self.state {
            let connection = self.info.opening.connection();
            opening.next_round(plan, connection.map(|connection| connection.connected), now);
            self.timers.set(Timer::Connect, now + config.connect_timeout);
            self.info.begin_round(now);
        }
    }

    /// A redirect is followed.
    pub(crate) fn redirected(&mut self, now: Instant) {
        self.info.redirected = Some(now);
    }

    /// A line of verbose output from outside of the transfer.
    pub(crate) fn trace(&mut self, line: impl FnOnce() -> String) {
        self.trace.text(line);
    }

    /// The application doesn't take the line of [`Task::Header`] now: it comes again after the pause.
    pub(crate) fn header_parked(&mut self, line: Vec<u8>) {
        self.header = Some(line);
        self.pause.receive = true;
    }

    /// The answer to [`Action::Chunk`]: its memory, and whether the application took it.
    pub(crate) fn chunk_done(&mut self, chunk: &mut Chunk, taken: bool) {
        if let State::Open(exchange) = &mut self.state {
            exchange.chunk_done(chunk, taken);
        }
    }

    /// The application has taken `chunk`. It becomes the next one in the same memory, if there is nothing else to do first.
    #[inline]
    pub(crate) fn next_in(&mut self, chunk: &mut Chunk) -> bool {
        match &mut self.state {
            State::Open(exchange) if !self.pause.receive => exchange.next_in(chunk),
            _ => false,
        }
    }

    /// The answer to [`Action::Upload`].
    pub(crate) fn upload(&mut self, answer: &Upload<'_>, now: Instant) {
        self.pause.send |= matches!(answer, Upload::Pause);
        if let State::Open(exchange) = &mut self.state
            && let Err(error) = exchange.upload(answer)
        {
            self.finish(Err(error), now);
        }
    }

    /// A callback asked for a pause.
    pub(crate) fn pause_receiving(&mut self) {
        self.pause.receive = true;
    }

    /// Stops or resumes directions.
    pub(crate) fn set_pause(&mut self, pause: Pause, now: Instant) {
        self.pause = pause;
        self.speed.reset(now);
    }

    /// `curl_ws_start_frame`, also from inside the read callback.
    pub(crate) fn start_frame(&mut self, flags: u32, length: i64) -> Result<()> {
        match &mut self.state {
            State::Open(exchange) => exchange.start_frame(flags, length),
            _ => Err(Error::new(
                CURLcode::CURLE_SEND_ERROR,
                "[WS] there is no open WebSocket to start a frame on",
            )),
        }
    }

    /// `CURLOPT_VERBOSE` was changed.
    pub(crate) fn set_verbose(&mut self, verbose: bool) {
        self.trace.enable(verbose);
        if let Some(opening) = self.state.opening_mut() {
            opening.set_verbose(verbose);
        }
    }

    /// `CURLOPT_TIMEOUT_MS` was changed: it counts from the start, as in libcurl.
    pub(crate) fn set_timeout(&mut self, timeout: Option<Duration>) {
        match timeout {
            Some(timeout) if self.state.has_time_limit(self.mode) => {
                self.timers.set(Timer::Total, self.info.started() + timeout);
            }
            _ => self.timers.stop(Timer::Total),
        }
    }

    /// `CURLOPT_WS_OPTIONS` or another option of that prefix was changed: from a callback also before the WebSocket is open.
    pub(crate) fn set_websocket_settings(&mut self, settings: Settings, verbose: bool) {
        // The next transfer may receive in another way; this one continues as it began.
        let settings = Settings {
            connect_only: settings.connect_only && self.mode != Mode::Callbacks,
            ..settings
        };
        match &mut self.state {
            State::Opening { config, .. } => config.websocket = settings,
            State::Open(exchange) => exchange.websocket_mut().set_settings(settings, verbose),
            State::Raw(_) | State::Over(_) => {}
        }
    }

    // ---- what it waits for

    /// What must happen on which descriptor before [`Transfer::next`] has something to do.
    pub(crate) fn interests(&self, waker: &Waker, interests: &mut Vec<Interest>) {
        self.state.interests(waker, self.pause, interests);
    }

    /// When [`Transfer::next`] is to be called at the latest.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let own = match self.header {
            // The state has no step before the application takes the line.
            Some(_) => None,
            None => self.state.deadline(self.pause),
        };
        earlier(earlier(self.timers.nearest(), self.speed.deadline()), own)
    }

    /// What the next step uses of things that transfers can share.
    pub(crate) fn uses(&self) -> Uses {
        self.state.opening().map_or(Uses::Nothing, Opening::uses)
    }

    /// When `CURLOPT_TIMEOUT_MS` is over.
    pub(crate) fn time_limit(&self) -> Option<Instant> {
        self.timers.get(Timer::Total)
    }

    // ---- what it is

    /// The other end of a transfer that is being opened: those of the same name count for the same host.
    pub(crate) fn destination(&self) -> Option<String> {
        self.state.opening().map(Opening::destination)
    }

    /// Who drives it once it is open.
    pub(crate) fn mode(&self) -> Mode {
        self.mode
    }

    /// What is known about the transfer.
    pub(crate) fn info(&mut self, now: Instant) -> &TransferInfo {
        self.note(now);
        self.note_local();
        &self.info
    }

    /// Forgets the response headers that were kept.
    pub(crate) fn forget_headers(&mut self) {
        self.info.opening.headers.clear();
    }

    /// There is verbose output.
    #[inline]
    pub(crate) fn has_trace(&self) -> bool {
        !self.trace.is_empty() || self.state.has_trace()
    }

    /// The oldest line of verbose output, outside of [`Transfer::next`].
    pub(crate) fn next_trace_line(&mut self) -> Option<TraceLine> {
        self.trace.pop().or_else(|| self.state.next_trace_line())
    }

    /// The stream to the server once it is connected.
    pub(crate) fn stream(&self) -> Option<&Stream> {
        self.state.stream()
    }

    /// The descriptor of the connection.
    pub(crate) fn active_fd(&self) -> Option<RawFd> {
        self.stream().map(|stream| stream.socket().raw())
    }

    /// The stream that the application uses as it is.
    pub(crate) fn connected_stream(&mut self) -> Option<&mut Stream> {
        self.state.connected_stream()
    }

    /// The open WebSocket.
    #[inline]
    pub(crate) fn websocket(&mut self) -> Option<&mut WebSocket> {
        self.state.websocket()
    }

    // ---- the end

    /// Ends the transfer with `error`; the driver learns of it through [`Action::Done`].
    pub(crate) fn abort(&mut self, error: Error, now: Instant) {
        if !self.state.is_over() {
            self.finish(Err(error), now);
        }
    }

    /// Gives up whatever is open. The sockets are the caller's to close.
    pub(crate) fn into_sockets(self) -> Vec<Socket> {
        let mut sockets = self.sockets;
        sockets.extend(self.state.into_sockets(&mut Trace::default()));
        sockets
    }

    /// The same, with what is known about the transfer.
    pub(crate) fn into_parts(mut self, now: Instant) -> (TransferInfo, Vec<Socket>) {
        self.info(now);
        self.info.timeout = None;
        let mut sockets = self.sockets;
        sockets.extend(self.state.into_sockets(&mut self.trace));
        (self.info, sockets)
    }

    fn finish(&mut self, result: Result<()>, now: Instant) {
        self.info(now);
        self.info.finish(now);
        if let Err(error) = &result {
            self.trace.text(|| error.message().to_string());
        }
        self.timers = Timers::default();
        self.speed.stop();
        self.header = None;
        self.exchanging = false;
        let state = std::mem::replace(&mut self.state, State::Over(Some(result)));
        self.sockets.extend(state.into_sockets(&mut self.trace));
    }

    /// Brings up to date what is known.
    fn note(&mut self, now: Instant) {
        self.state.note(&mut self.info);
        self.info.clock(now);
    }

    /// Our address is asked for as late as possible: most applications don't want it.
    fn note_local(&mut self) {
        if let Some(stream) = self.state.stream() {
            self.info.opening.note_local(stream.socket());
        }
    }

    /// Ends a transfer whose time is over, or that is too slow.
    fn check_time(&mut self, now: Instant) {
        if self.state.is_over() {
            return;
        }
        if self.timers.due(now).is_some() {
            let error = self.state.timed_out(self.info.elapsed(now));
            return self.finish(Err(error), now);
        }
        if self.speed.deadline().is_some_and(|due| due <= now) {
            let moved = self.stream().map_or(0, |stream| stream.received() + stream.sent());
            let paused = self.pause.receive || self.pause.send;
            if let Err(error) = self.speed.check(moved, paused, now) {
                self.finish(Err(error), now);
            }
        }
    }
}

#[cfg(test)]
mod tests;
