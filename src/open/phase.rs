//! What the phases of an opening have in common: what they work with, and what a step of theirs comes to.

use std::collections::VecDeque;
use std::io;
use std::os::fd::RawFd;
use std::time::Instant;

use super::info::OpeningInfo;
use super::plan::Plan;
use super::remember::{Remembered, ToRemember};
use crate::error::Error;
use crate::http::auth::Authenticator;
use crate::http::cookies::{Origin, Sent};
use crate::net::address::Address;
use crate::net::dial::Configured;
use crate::net::dns::resolver::{Query, Resolution, Resolver};
use crate::net::socket::Socket;
use crate::net::wait::waker::Waker;
use crate::trace::Trace;
use crate::transport::Stream;
use crate::ws::deflate::DeflateParams;

/// What a driver lends to the transfers that it runs.
#[derive(Clone)]
pub(crate) struct Context {
    /// shared by all transfers of a driver
    pub(crate) resolver: Resolver,
    /// wakes the driver when a name is resolved
    pub(crate) waker: Waker,
    /// what the application wants to be asked and told
    pub(crate) wanted: WantedCallbacks,
}

/// What the application has callbacks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct WantedCallbacks {
    /// [`Question::ResolveStarts`]
    pub(crate) resolve: bool,
    /// [`Question::OpenSocket`]
    pub(crate) open_socket: bool,
    /// [`Question::ConfigureSocket`]
    pub(crate) configure_socket: bool,
    /// [`Question::Permission`]
    pub(crate) permission: bool,
    /// lines of response heads
    pub(crate) header: bool,
    /// [`Question::Cookies`], and what servers want to be remembered
    pub(crate) remembered: Remembered,
}

/// What an opening fills beside its steps.
pub(crate) struct Output<'a> {
    /// what is learned
    pub(crate) info: &'a mut OpeningInfo,
    /// what verbose output will show
    pub(crate) trace: &'a mut Trace,
    /// sockets to be closed by the driver, which may have to ask the application
    pub(crate) sockets: &'a mut Vec<Socket>,
    /// what servers want to be remembered
    pub(crate) to_remember: &'a mut VecDeque<ToRemember>,
}

/// An upgraded stream, which may have received frames already.
pub(crate) struct Upgraded {
    pub(crate) stream: Stream,
    /// what was agreed on about compression
    pub(crate) deflate: Option<DeflateParams>,
    /// the last line of the response head, if the application wants to see it
    pub(crate) last_line: Option<Vec<u8>>,
}

/// What is to happen next.
pub(crate) enum Step {
    /// the next step, once the output is dealt with
    Continue,
    /// wait for the descriptors or the deadline
    Wait,
    /// ask the application
    Ask(Question),
    /// show the application a line of a response head, with its line end
    Header(Vec<u8>),
    /// the end: what [`Target::Connection`](super::plan::Target) wanted
    Connected(Box<Stream>),
    /// the end: what [`Target::Upgrade`](super::plan::Target) wanted
    Upgraded(Box<Upgraded>),
    /// the end
    Failed(Error),
}

/// What the application is asked while a connection is opened. [`Answer`] has the answers.
#[derive(Debug)]
pub(crate) enum Question {
    /// a name is about to be resolved (`CURLOPT_RESOLVER_START_FUNCTION`): there is no answer but to end the transfer
    ResolveStarts,
    /// open a socket for this address (`CURLOPT_OPENSOCKETFUNCTION`)
    OpenSocket(Address),
    /// set options on it (`CURLOPT_SOCKOPTFUNCTION`)
    ConfigureSocket(RawFd),
    /// connected: may the request be sent (`CURLOPT_PREREQFUNCTION`)?
    Permission,
    /// the cookies of a request: it is the cookie engine that is asked
    Cookies(Box<Origin>),
    /// the response is no upgrade: is there another round? Answered with [`Answer::NoRound`] or a plan
    NextRound,
}

/// What a [`Question`] is answered.
pub(crate) enum Answer {
    /// the socket, and where to connect it to if not as asked; `None` when the application refused
    SocketOpened(io::Result<Option<(Socket, Address)>>),
    SocketConfigured(Configured),
    /// whether the request may be sent
    Permission(bool),
    Cookies(Sent),
    /// there is no next round, and the opening fails
    NoRound,
}

/// What a phase works with.
pub(super) struct Work<'a> {
    pub(super) plan: &'a Plan,
    pub(super) context: &'a Context,
    /// with the HTTP proxy, over all connections to it; `None` before the first request
    pub(super) proxy_auth: &'a mut Option<Authenticator>,
    pub(super) output: Output<'a>,
    /// the application wants no header lines now
    pub(super) paused: bool,
    pub(super) now: Instant,
}

impl Work<'_> {
    /// Asks for the addresses of a name.
    pub(super) fn look_up(&self, query: &Query) -> Resolution {
        let Work { plan, context, now, .. } = self;
        context.resolver.lookup(query, plan.names.ttl, *now, &context.waker)
    }

    /// Lets go of a stream; its socket goes to the driver to be closed.
    pub(super) fn discard(&mut self, stream: Stream) {
        self.output.info.note_local(stream.socket());
        if let Some(errno) = stream.os_errno() {
            self.output.info.os_errno = errno;
        }
        self.output.sockets.push(stream.into_socket());
    }
}

/// What a step of the phase `P` came to, which ends with a `T`.
pub(super) enum Phase<P, T> {
    /// it goes on, after this
    Pending(P, Step),
    /// it is complete
    Done(T),
    /// the opening has failed
    Failed(Error),
}
