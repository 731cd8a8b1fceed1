//! The order of the phases: each takes the place of the one before and gets what that has made.

use std::time::{Duration, Instant};

use super::connect::Connecting;
use super::failure::{self, Awaited};
use super::info::OpeningInfo;
use super::permission::AskingPermission;
use super::phase::{Answer, Context, Output, Phase, Step, Work};
use super::plan::{Plan, Target};
use super::resolve::Resolving;
use super::secure::Securing;
use super::tunnel::{Tunnelled, Tunnelling, haproxy};
use super::upgrade::{Outcome, Upgrading};
use crate::error::Error;
use crate::http::auth::Authenticator;
use crate::net::socket::Socket;
use crate::net::wait::poll::Interest;
use crate::net::wait::waker::Waker;
use crate::trace::Trace;
use crate::transport::Stream;

/// A stream that is being opened.
pub(crate) struct Opening {
    plan: Plan,
    /// authentication with the HTTP proxy, over all connections to it
    proxy_auth: Option<Authenticator>,
    /// the plan of the next round, once it is known that there is one
    next: Option<Box<Plan>>,
    state: State,
}

enum State {
    Resolving(Resolving),
    Connecting(Connecting),
    Securing(Securing),
    Tunnelling(Box<Tunnelling>),
    AskingPermission(AskingPermission),
    Upgrading(Box<Upgrading>),
    /// A round is over, and the next one begins, on this connection if it can still be used.
    NextRound(Option<Box<Stream>>),
    /// The stream was handed over, or the opening has failed. A phase that panics leaves this behind, too.
    Ended,
}

/// What the next step uses of things that transfers can share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Uses {
    /// neither
    Nothing,
    /// resolved names
    Names,
    /// TLS sessions
    Sessions,
}

impl Opening {
    pub(crate) fn new(plan: Plan) -> Opening {
        Opening {
            plan,
            proxy_auth: None,
            next: None,
            state: State::Resolving(Resolving::new()),
        }
    }

    /// Goes on as far as that is possible at once. `paused`: the application wants no header lines now.
    pub(crate) fn step(&mut self, context: &Context, output: Output<'_>, paused: bool, now: Instant) -> Step {
        if let State::NextRound(_) = self.state {
            self.begin_round(output.trace);
        }
        let mut work = Work {
            plan: &self.plan,
            context,
            proxy_auth: &mut self.proxy_auth,
            output,
            paused,
            now,
        };
        let (state, step) = std::mem::replace(&mut self.state, State::Ended).step(&mut work);
        self.state = state;
        step
    }

    /// The answer to the [`Question`](super::Question) that was asked; one to another question means nothing.
    pub(crate) fn answer(&mut self, answer: Answer, now: Instant) {
        match (&mut self.state, answer) {
            (State::Connecting(phase), Answer::SocketOpened(opened)) => phase.socket_opened(opened),
            (State::Connecting(phase), Answer::SocketConfigured(verdict)) => phase.socket_configured(verdict),
            (State::AskingPermission(phase), Answer::Permission(permitted)) => phase.permit(permitted),
            (State::AskingPermission(phase), Answer::Cookies(cookies)) => phase.send_cookies(cookies),
            (State::Upgrading(phase), Answer::NoRound) => phase.accept_refusal(now),
            _ => {}
        }
    }

    /// The answer to [`Question::NextRound`](super::Question::NextRound): it follows this plan. `connected` is when the present
    /// connection was made.
    pub(crate) fn next_round(&mut self, plan: Plan, connected: Option<Instant>, now: Instant) {
        if let State::Upgrading(phase) = &mut self.state {
            let age = connected.map(|connected| now.saturating_duration_since(connected));
            let is_young = plan.reuse.max_age.is_none_or(|max| age.is_some_and(|age| age <= max));
            let reuse = plan.reuse.allowed && is_young && plan.has_route_of(&self.plan);
            phase.leave(reuse, &self.plan.request.method, now);
            self.next = Some(Box::new(plan));
        }
    }

    fn begin_round(&mut self, trace: &mut Trace) {
        if let Some(plan) = self.next.take()
            && let State::NextRound(stream) = std::mem::replace(&mut self.state, State::Ended)
        {
            self.plan = *plan;
            self.state = match stream {
                Some(stream) => {
                    trace.text(|| format!("Reusing existing connection with {}", self.plan.url.host));
                    State::AskingPermission(AskingPermission::new(stream))
                }
                None => {
                    // It may be another proxy, or know another user.
                    self.proxy_auth = None;
                    State::Resolving(Resolving::new())
                }
            };
        }
    }

    /// What must happen on which descriptor before the next step comes to anything. `paused`: see [`Opening::step`].
    pub(crate) fn interests(&self, waker: &Waker, paused: bool, interests: &mut Vec<Interest>) {
        match &self.state {
            State::Resolving(phase) if phase.is_pending() => interests.push(woken(waker)),
            State::Connecting(phase) => interests.extend(phase.interests()),
            State::Securing(phase) => interests.push(interest(phase.stream(), true)),
            State::Tunnelling(phase) if phase.waits_for_name() => interests.push(woken(waker)),
            State::Tunnelling(phase) => interests.push(interest(phase.stream(), !paused)),
            State::Upgrading(phase) => interests.push(interest(phase.stream(), !paused)),
            State::Resolving(_) | State::AskingPermission(_) | State::NextRound(_) | State::Ended => {}
        }
    }

    /// When the next step is due at the latest.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match &self.state {
            State::Connecting(phase) => phase.deadline(),
            State::Upgrading(phase) => phase.deadline(),
            _ => None,
        }
    }

    /// What the next step uses of things that transfers can share.
    pub(crate) fn uses(&self) -> Uses {
        match &self.state {
            State::Resolving(_) => Uses::Names,
            // Names are only resolved here without TLS: a SOCKS proxy comes before everything else.
            State::Tunnelling(phase) if phase.hop() == 0 && self.plan.first_hop().tls.is_none() => Uses::Names,
            State::Connecting(_) | State::Securing(_) | State::Tunnelling(_)
                if self.plan.hops().any(|hop| hop.tls.is_some()) =>
            {
                Uses::Sessions
            }
            _ => Uses::Nothing,
        }
    }

    /// The peer, as messages name it.
    pub(crate) fn destination(&self) -> String {
        self.plan.server.endpoint.to_string()
    }

    /// The stream, once it is connected.
    pub(crate) fn stream(&self) -> Option<&Stream> {
        match &self.state {
            State::Securing(phase) => Some(phase.stream()),
            State::Tunnelling(phase) => Some(phase.stream()),
            State::AskingPermission(phase) => Some(phase.stream()),
            State::Upgrading(phase) => Some(phase.stream()),
            State::NextRound(stream) => stream.as_deref(),
            State::Resolving(_) | State::Connecting(_) | State::Ended => None,
        }
    }

    /// Adds what is known now and not at the end of a step only.
    pub(crate) fn note(&self, info: &mut OpeningInfo) {
        match &self.state {
            State::Tunnelling(phase) => phase.note_headers(info),
            State::Upgrading(phase) => phase.note_headers(info),
            _ => {}
        }
    }

    /// `CURLOPT_VERBOSE` was changed.
    pub(crate) fn set_verbose(&mut self, verbose: bool) {
        if let State::Connecting(phase) = &mut self.state {
            phase.set_verbose(verbose);
        }
    }

    /// The error of an opening that is given up because its time is over.
    pub(crate) fn timed_out(&self, elapsed: Duration) -> Error {
        let server = self.plan.proxies.len();
        let (awaited, hop) = match &self.state {
            State::Resolving(_) => (Awaited::Address, 0),
            State::Connecting(_) => (Awaited::Connection, 0),
            State::Securing(phase) => (Awaited::Tls, phase.hop()),
            State::Tunnelling(phase) => (Awaited::Tunnel(self.plan.describe(phase.hop() + 1)), phase.hop()),
            State::Upgrading(phase) if phase.is_refused() => (Awaited::Body(phase.stream().received()), server),
            State::AskingPermission(_) | State::Upgrading(_) | State::NextRound(_) | State::Ended => {
                (Awaited::Response, server)
            }
        };
        failure::timed_out(awaited, &self.plan.describe(hop), elapsed)
    }

    /// Gives up. The sockets are the caller's to close.
    pub(crate) fn into_sockets(self) -> Vec<Socket> {
        match self.state {
            State::Connecting(phase) => phase.into_sockets(),
            State::Securing(phase) => vec![phase.into_stream().into_socket()],
            State::Tunnelling(phase) => vec![phase.into_stream().into_socket()],
            State::AskingPermission(phase) => vec![phase.into_stream().into_socket()],
            State::Upgrading(phase) => vec![phase.into_stream().into_socket()],
            State::NextRound(stream) => stream.into_iter().map(|stream| stream.into_socket()).collect(),
            State::Resolving(_) | State::Ended => Vec::new(),
        }
    }
}

impl State {
    fn step(self, work: &mut Work<'_>) -> (State, Step) {
        match self {
            State::Resolving(phase) => phase.step(work).then(State::Resolving, |addresses| {
                (State::Connecting(Connecting::new(addresses, work)), Step::Continue)
            }),
            State::Connecting(phase) => phase
                .step(work)
                .then(State::Connecting, |stream| reached(stream, 0, work)),
            State::Securing(phase) => {
                let hop = phase.hop();
                phase
                    .step(work)
                    .then(State::Securing, |stream| secured(stream, hop, work))
            }
            State::Tunnelling(phase) => {
                let hop = phase.hop();
                phase.step(work).then(
                    |phase| State::Tunnelling(Box::new(phase)),
                    |tunnelled| match tunnelled {
                        Tunnelled::Open(stream) => reached(stream, hop + 1, work),
                        Tunnelled::Reconnect => (State::Resolving(Resolving::new()), Step::Continue),
                    },
                )
            }
            State::AskingPermission(phase) => {
                phase
                    .step(work)
                    .then(State::AskingPermission, |permitted| match work.plan.target {
                        Target::Connection => (State::Ended, Step::Connected(permitted.stream)),
                        Target::Upgrade { .. } => Upgrading::start(permitted, work).then(State::Upgrading, answered),
                    })
            }
            State::Upgrading(phase) => phase.step(work).then(State::Upgrading, answered),
            State::NextRound(_) | State::Ended => (State::Ended, Step::Failed(failure::interrupted())),
        }
    }
}

fn woken(waker: &Waker) -> Interest {
    Interest::reading(waker.raw())
}

fn interest(stream: &Stream, read: bool) -> Interest {
    Interest {
        fd: stream.socket().raw(),
        read,
        write: stream.unsent() > 0,
    }
}

/// The stream has come to a hop.
fn reached(mut stream: Box<Stream>, hop: usize, work: &mut Work<'_>) -> (State, Step) {
    if hop == work.plan.proxies.len()
        && let Err(error) = haproxy::announce(&mut stream, work.plan)
    {
        work.discard(*stream);
        return (State::Ended, Step::Failed(error));
    }
    match &work.plan.hop(hop).tls {
        Some(tls) => Securing::start(stream, hop, tls, work).then(State::Securing, |stream| secured(stream, hop, work)),
        None => secured(stream, hop, work),
    }
}

/// What the hop says is heard and understood.
fn secured(stream: Box<Stream>, hop: usize, work: &mut Work<'_>) -> (State, Step) {
    if hop < work.plan.proxies.len() {
        let tunnelling = Box::new(Tunnelling::new(stream, hop));
        return (State::Tunnelling(tunnelling), Step::Continue);
    }
    (State::AskingPermission(AskingPermission::new(stream)), Step::Continue)
}

fn answered(outcome: Outcome) -> (State, Step) {
    match outcome {
        Outcome::Upgraded(upgraded) => (State::Ended, Step::Upgraded(upgraded)),
        Outcome::NextRound(stream) => (State::NextRound(stream), Step::Continue),
        Outcome::Stale => (State::Resolving(Resolving::new()), Step::Continue),
    }
}

impl<P, T> Phase<P, T> {
    /// The state that follows: `same` phase, or the `next` one.
    fn then(self, same: impl FnOnce(P) -> State, next: impl FnOnce(T) -> (State, Step)) -> (State, Step) {
        match self {
            Phase::Pending(phase, step) => (same(phase), step),
            Phase::Done(made) => next(made),
            Phase::Failed(error) => (State::Ended, Step::Failed(error)),
        }
    }
}
