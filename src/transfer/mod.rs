//! One transfer as a state machine that never blocks and never calls the application.
//!
//! Three drivers run it, `curl_easy_perform`, the multi interface and the calls on a `CURLOPT_CONNECT_ONLY` handle. Each asks
//! [`Transfer::next`] what is to be done, does it with no borrow held, gives the answer back, and goes on until the
//! answer is [`Action::Wait`] or [`Action::Done`]:
//!
//! ```text
//! begin → resolve → dial → TLS → permission → request → response head ─┬→ open → over
//!                                                                      └→ refused → over
//! ```
//!
//! | file | what |
//! |---|---|
//! | [`config`] | what the transfer is to do, fixed when it starts |
//! | [`action`] | what it asks of its driver |
//! | [`connect`], [`handshake`], [`running`] | the states: up to TLS, up to the 101, the open WebSocket |
//! | [`websocket`], [`delivery`], `retry` | the open WebSocket; what goes to the write callback; what a blocked send must repeat |
//! | [`flags`] | `CURLWS_` bits |
//! | [`facts`], [`headers`] | what is known |
//! | [`timers`], [`trace`] | what is due, what is shown |

#![forbid(unsafe_code)]

pub mod action;
pub mod config;
pub mod connect;
pub mod delivery;
pub mod facts;
pub mod flags;
pub mod handshake;
pub mod headers;
mod retry;
pub mod running;
pub mod timers;
pub mod trace;
pub mod websocket;

use std::time::Instant;

pub use action::{Action, Listening, Upload};
pub use config::{Config, Goal, Route};

use crate::error::{Error, Result};
use crate::net::dial::{Configured, Dialer};
use crate::net::dns::resolver::{Lookup, Resolver};
use crate::net::socket::Socket;
use crate::net::wait::poll::Interest;
use crate::net::wait::waker::Waker;
use crate::transport::Stream;
use crate::types::codes::CURLcode;
use facts::Facts;
use handshake::Handshake;
use running::UploadState;
use timers::{Timer, Timers};
use trace::Log;
use websocket::WebSocket;

/// A transfer, from the first step to the open WebSocket and its end. What every event looks at lies together, in front.
#[repr(C)]
pub struct Transfer {
    state: State,
    /// sockets to be closed by the driver, which may have to ask the application
    closing: Vec<Socket>,
    /// a header line that the application would not take yet
    parked: Option<Vec<u8>>,
    pause: Pause,
    upload: UploadState,
    /// the application was told that a name is about to be resolved
    announced: bool,
    /// the application was told that the WebSocket is open
    opened: bool,
    /// both sides have closed: the closing timer counts towards the end of the connection
    peer_closed: bool,
    log: Log,
    timers: Timers,
    config: Config,
    speed: running::SpeedWatch,
    facts: Facts,
}

/// Which directions `curl_easy_pause` or a callback has stopped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pause {
    /// nothing is delivered
    pub receive: bool,
    /// the read callback isn't asked
    pub send: bool,
}

/// What a driver lends to the transfers that it runs.
#[derive(Clone)]
pub struct Environment {
    /// shared by all transfers of a driver
    pub resolver: Resolver,
    /// wakes the driver when a name is resolved
    pub waker: Waker,
    /// what the application wants to be asked and told
    pub listening: Listening,
}

/// What the next step uses of things that transfers can share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Uses {
    /// neither
    Nothing,
    /// resolved names
    Names,
    /// TLS sessions
    Sessions,
}

enum State {
    Begin,
    Resolving(Box<Lookup>, connect::Name),
    Dialing(Box<Dialer>),
    Securing(Box<Stream>),
    Permission(Box<Stream>),
    Requesting(Box<Stream>, Box<Handshake>),
    ReadingHead(Box<Stream>, Box<Handshake>),
    Refused(Box<Stream>, Box<handshake::Refusal>),
    /// CONNECT_ONLY=1 has what it wants
    Connected(Box<Stream>),
    Open(Box<WebSocket>),
    /// the outcome, until it is told
    Over(Option<Result<()>>),
}

impl Transfer {
    /// A transfer that begins now.
    pub fn new(config: Config, now: Instant) -> Transfer {
        let mut timers = Timers::default();
        if let Some(timeout) = config.timeout {
            timers.set(Timer::Total, now + timeout);
        }
        timers.set(Timer::Connect, now + config.connect_timeout);
        Transfer {
            facts: Facts::new(now),
            log: Log::new(config.verbose),
            timers,
            speed: running::SpeedWatch::default(),
            closing: Vec::new(),
            parked: None,
            pause: Pause::default(),
            upload: UploadState::new(config.upload),
            announced: false,
            opened: false,
            peer_closed: false,
            state: State::Begin,
            config,
        }
    }

    /// Runs until there is something for the driver to do.
    pub fn next(&mut self, environment: &Environment, now: Instant) -> Action {
        self.check_time(now);
        loop {
            if let Some(note) = self.log.pop().or_else(|| self.websocket_note()) {
                return Action::Note(note);
            }
            if let Some(socket) = self.closing.pop() {
                return Action::CloseSocket(socket);
            }
            if let State::Over(result) = &mut self.state {
                return match result.take() {
                    Some(result) => Action::Done(result),
                    None => Action::Wait,
                };
            }
            match self.advance(environment, now) {
                Ok(Step::Continue) => {}
                Ok(Step::Act(action)) => {
                    if let Some(action) = self.answer(action, environment.listening, now) {
                        return action;
                    }
                }
                Ok(Step::Finished) => self.finish(Ok(()), now),
                Err(error) => self.finish(Err(error), now),
            }
        }
    }

    /// Ends a transfer whose time is over, or that is too slow.
    fn check_time(&mut self, now: Instant) {
        if !matches!(self.state, State::Over(_))
            && let Some(error) = self.overdue(now).or_else(|| self.check_speed(now).err())
        {
            self.finish(Err(error), now);
        }
    }

    fn advance(&mut self, environment: &Environment, now: Instant) -> Result<Step> {
        match &self.state {
            State::Begin => self.begin(environment, now),
            State::Resolving(..) => self.resolving(environment, now),
            State::Dialing(_) => self.dialing(now),
            State::Securing(_) => self.securing(now),
            State::Permission(_) => Ok(Step::Act(Action::AskPermission)),
            State::Requesting(..) => self.requesting(now),
            State::ReadingHead(..) => self.reading_head(environment.listening, now),
            State::Refused(..) => self.refused(now),
            State::Open(_) => self.running(now),
            State::Connected(_) | State::Over(_) => Ok(Step::Act(Action::Wait)),
        }
    }

    /// Does what an action asks for where the application has no say in it; the others are the driver's.
    fn answer(&mut self, action: Action, listening: Listening, now: Instant) -> Option<Action> {
        match action {
            Action::AnnounceResolve if !listening.resolve => {}
            Action::OpenSocket(address) if !listening.open_socket => {
                let opened = Socket::open(&address);
                self.socket_opened(opened.map(|socket| Some((socket, address))));
            }
            Action::ConfigureSocket(_) if !listening.configure_socket => self.socket_configured(Configured::Ok),
            Action::AskPermission if !listening.permission => self.permitted(true, now),
            Action::Opened if !listening.opened => {}
            action => return Some(action),
        }
        None
    }

    /// What must happen on which descriptor before [`Transfer::next`] has news.
    pub fn interests(&self, waker: &Waker, interests: &mut Vec<Interest>) {
        match &self.state {
            State::Resolving(..) => interests.push(Interest {
                fd: waker.raw(),
                read: true,
                write: false,
            }),
            State::Dialing(dialer) => interests.extend(dialer.interest()),
            State::Securing(stream)
            | State::Requesting(stream, _)
            | State::ReadingHead(stream, _)
            | State::Refused(stream, _) => interests.push(Interest {
                fd: stream.socket().raw(),
                read: true,
                write: stream.unsent() > 0,
            }),
            State::Open(websocket) => {
                let (read, write) = (!self.pause.receive, websocket.wants_write());
                if read || write {
                    interests.push(Interest {
                        fd: websocket.stream().socket().raw(),
                        read,
                        write,
                    });
                }
            }
            State::Begin | State::Permission(_) | State::Connected(_) | State::Over(_) => {}
        }
    }

    /// When [`Transfer::next`] is to be called at the latest.
    pub fn deadline(&self) -> Option<Instant> {
        let own = match &self.state {
            State::Dialing(dialer) => dialer.deadline(),
            State::Open(websocket) => websocket.deadline(!self.pause.receive),
            _ => None,
        };
        self.timers.nearest().into_iter().chain(own).min()
    }

    /// What the next step uses of things that transfers can share.
    pub fn uses(&self) -> Uses {
        match &self.state {
            State::Begin | State::Resolving(..) => Uses::Names,
            State::Dialing(_) | State::Securing(_) if self.config.tls.is_some() => Uses::Sessions,
            _ => Uses::Nothing,
        }
    }

    /// The other end, as messages name it: transfers of the same name count for the same host.
    pub fn destination(&self) -> String {
        self.config.peer_name()
    }

    /// Ends the transfer with `error`; the driver learns of it through [`Action::Done`].
    pub fn abort(&mut self, error: Error, now: Instant) {
        if !matches!(self.state, State::Over(_)) {
            self.finish(Err(error), now);
        }
    }

    /// Gives up whatever is open without a word. The sockets are the caller's to close.
    pub fn into_sockets(mut self: Box<Self>) -> Vec<Socket> {
        self.release();
        std::mem::take(&mut self.closing)
    }

    /// The same, with what is known about the transfer.
    pub fn into_parts(mut self, now: Instant) -> (Facts, Vec<Socket>) {
        self.facts(now);
        self.release();
        (self.facts, self.closing)
    }

    /// What is known about the transfer.
    pub fn facts(&mut self, now: Instant) -> &Facts {
        self.count(now);
        if self.facts.local.is_none()
            && self.facts.primary.is_some()
            && let Some(stream) = self.stream()
        {
            self.facts.local = stream.socket().local_address();
        }
        &self.facts
    }

    /// Forgets the response headers that were kept.
    pub fn forget_headers(&mut self) {
        self.facts.headers.clear();
    }

    fn count(&mut self, now: Instant) {
        if let Some(stream) = self.stream() {
            let (received, sent) = (stream.received(), stream.sent());
            self.facts.count(received, sent);
        }
        match &self.state {
            State::Open(websocket) => {
                self.facts.close_code = websocket.close_code();
                self.facts.round_trip = websocket.round_trip();
            }
            State::ReadingHead(_, handshake) => self.facts.headers.keep(handshake.head()),
            _ => {}
        }
        self.facts.clock(now);
    }

    /// The stream to the server once it is connected.
    pub fn stream(&self) -> Option<&Stream> {
        match &self.state {
            State::Securing(stream)
            | State::Permission(stream)
            | State::Requesting(stream, _)
            | State::ReadingHead(stream, _)
            | State::Refused(stream, _)
            | State::Connected(stream) => Some(stream),
            State::Open(websocket) => Some(websocket.stream()),
            State::Begin | State::Resolving(..) | State::Dialing(_) | State::Over(_) => None,
        }
    }

    /// The stream of a transfer that only connects (CONNECT_ONLY=1).
    pub fn connected_stream(&mut self) -> Option<&mut Stream> {
        match &mut self.state {
            State::Connected(stream) => Some(stream),
            State::Open(websocket) => Some(websocket.stream_mut()),
            _ => None,
        }
    }

    /// What it is to achieve.
    pub fn goal(&self) -> Goal {
        self.config.goal
    }

    /// When `CURLOPT_TIMEOUT_MS` is over.
    pub fn time_limit(&self) -> Option<Instant> {
        self.timers.get(Timer::Total)
    }

    /// The open WebSocket.
    #[inline]
    pub fn websocket(&mut self) -> Option<&mut WebSocket> {
        match &mut self.state {
            State::Open(websocket) => Some(websocket),
            _ => None,
        }
    }

    /// What the application has stopped.
    pub fn pause(&self) -> Pause {
        self.pause
    }

    /// Stops or resumes directions.
    pub fn set_pause(&mut self, pause: Pause, now: Instant) {
        self.pause = pause;
        self.speed.reset(now);
    }

    /// The oldest note for verbose output, outside of [`Transfer::next`].
    pub fn next_note(&mut self) -> Option<trace::Note> {
        self.log.pop().or_else(|| self.websocket_note())
    }

    /// `CURLOPT_VERBOSE` was changed.
    pub fn set_verbose(&mut self, verbose: bool) {
        self.log.enable(verbose);
        if let State::Dialing(dialer) = &mut self.state {
            dialer.set_verbose(verbose);
        }
    }

    fn websocket_note(&mut self) -> Option<trace::Note> {
        match &mut self.state {
            State::Open(websocket) => websocket.next_note(),
            _ => None,
        }
    }

    /// CONNECT_ONLY has what it wants: from here on the application drives, and no deadline holds.
    fn reached_goal(&mut self, now: Instant) -> Step {
        self.timers = Timers::default();
        self.count(now);
        self.facts.finish(now);
        Step::Act(Action::Ready)
    }

    fn finish(&mut self, result: Result<()>, now: Instant) {
        self.facts(now);
        self.facts.finish(now);
        if let Err(error) = &result {
            self.log.text(|| error.message().to_string());
        }
        self.release();
        self.timers = Timers::default();
        self.state = State::Over(Some(result));
    }

    /// Gives up a stream that no state holds.
    fn abandon(&mut self, stream: Stream) {
        self.facts.local = stream.socket().local_address();
        self.closing.push(stream.into_socket());
    }

    /// Lets go of the connection; its sockets go to the driver to be closed.
    fn release(&mut self) {
        match std::mem::replace(&mut self.state, State::Over(None)) {
            State::Dialing(mut dialer) => self.closing.extend(dialer.take_sockets()),
            State::Securing(stream)
            | State::Permission(stream)
            | State::Requesting(stream, _)
            | State::ReadingHead(stream, _)
            | State::Refused(stream, _)
            | State::Connected(stream) => self.closing.push(stream.into_socket()),
            State::Open(mut websocket) => {
                while let Some(note) = websocket.next_note() {
                    self.log.push(note);
                }
                self.closing.push(websocket.close());
            }
            State::Begin | State::Resolving(..) | State::Over(_) => {}
        }
    }

    fn overdue(&self, now: Instant) -> Option<Error> {
        let timer = self.timers.due(now)?;
        let elapsed = self.facts.elapsed(now).as_millis();
        let text = match (&self.state, timer) {
            (_, Timer::Refusal | Timer::Speed | Timer::Closing) => return None,
            (State::Begin | State::Resolving(..), _) => {
                format!(
                    "Resolving timed out after {elapsed} milliseconds: no address for {}",
                    self.config.peer_name()
                )
            }
            (State::Dialing(_), _) => format!(
                "Connection timed out after {elapsed} milliseconds: no connection to {}",
                self.config.peer_name()
            ),
            (State::Securing(_), _) => format!(
                "Connection timed out after {elapsed} milliseconds: TLS handshake with {} not complete",
                self.config.peer_name()
            ),
            (State::Requesting(..) | State::ReadingHead(..) | State::Permission(_), _) => format!(
                "Operation timed out after {elapsed} milliseconds: {} has not answered the opening handshake",
                self.config.peer_name()
            ),
            _ => format!(
                "Operation timed out after {elapsed} milliseconds with {} bytes received",
                self.stream().map_or(0, Stream::received)
            ),
        };
        Some(Error::new(CURLcode::CURLE_OPERATION_TIMEDOUT, text))
    }
}

/// What a state's turn led to.
enum Step {
    /// look again: the state has changed
    Continue,
    /// the driver's turn
    Act(Action),
    /// the transfer has reached its goal
    Finished,
}
