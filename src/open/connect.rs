//! Addresses to a connected stream.

use std::io;
use std::time::Instant;

use super::failure;
use super::phase::{Phase, Question, Step, Work};
use super::plan::Endpoint;
use super::resolve::Addresses;
use crate::net::address::Address;
use crate::net::dial::{Configured, Dialer, Step as DialStep};
use crate::net::socket::Socket;
use crate::net::wait::poll::Interest;
use crate::transport::Stream;

/// The phase that connects.
pub(super) struct Connecting(Box<Dialer>);

impl Connecting {
    pub(super) fn new(addresses: Addresses, work: &Work<'_>) -> Connecting {
        let mut settings = work.plan.dial.clone();
        if let Some(interface) = &mut settings.interface {
            interface.set_addresses(addresses.local);
        }
        let mut dialer = Dialer::new(addresses.remote, settings);
        dialer.set_verbose(work.output.trace.is_enabled());
        Connecting(Box::new(dialer))
    }

    pub(super) fn step(mut self, work: &mut Work<'_>) -> Phase<Connecting, Box<Stream>> {
        let wanted = work.context.wanted;
        let step = self.0.step(work.now);
        work.output.info.os_errno = self.0.os_errno();
        match step {
            DialStep::Open(address) if wanted.open_socket => {
                Phase::Pending(self, Step::Ask(Question::OpenSocket(address)))
            }
            DialStep::Open(address) => {
                let opened = Socket::open(&address);
                self.socket_opened(opened.map(|socket| Some((socket, address))));
                Phase::Pending(self, Step::Continue)
            }
            DialStep::Configure(fd) if wanted.configure_socket => {
                Phase::Pending(self, Step::Ask(Question::ConfigureSocket(fd)))
            }
            DialStep::Configure(_) => {
                self.socket_configured(Configured::Ok);
                Phase::Pending(self, Step::Continue)
            }
            DialStep::Close(socket) => {
                work.output.sockets.push(socket);
                Phase::Pending(self, Step::Continue)
            }
            DialStep::Trace(line) => {
                work.output.trace.text(|| line);
                Phase::Pending(self, Step::Continue)
            }
            DialStep::Wait => Phase::Pending(self, Step::Wait),
            DialStep::Connected { socket, address } => Phase::Done(connected(socket, &address, work)),
            DialStep::Failed(error) => Phase::Failed(failure::dial(
                &error,
                &work.plan.first_hop().endpoint,
                &work.plan.describe(0),
            )),
        }
    }

    /// The answer to [`Question::OpenSocket`]: the socket, and where to connect it to if not as asked. `None` when the
    /// application refused.
    pub(super) fn socket_opened(&mut self, opened: io::Result<Option<(Socket, Address)>>) {
        match opened {
            Ok(Some((socket, address))) => {
                self.0.readdress(address);
                self.0.opened(Some(socket));
            }
            Ok(None) => self.0.opened(None),
            Err(error) => self.0.open_failed(&error),
        }
    }

    /// The answer to [`Question::ConfigureSocket`].
    pub(super) fn socket_configured(&mut self, verdict: Configured) {
        self.0.configured(verdict);
    }

    pub(super) fn interests(&self) -> impl Iterator<Item = Interest> + '_ {
        self.0.interest()
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.0.deadline()
    }

    pub(super) fn set_verbose(&mut self, verbose: bool) {
        self.0.set_verbose(verbose);
    }

    pub(super) fn into_sockets(mut self) -> Vec<Socket> {
        self.0.take_sockets()
    }
}

fn connected(socket: Socket, address: &Address, work: &mut Work<'_>) -> Box<Stream> {
    let primary = address.inet();
    work.output.info.connected(primary, address.path(), work.now);
    let endpoint = &work.plan.first_hop().endpoint;
    work.output
        .trace
        .text(|| match (primary, socket.local_address(), endpoint) {
            (Some(peer), Some(local), Endpoint::Host(host, _)) => format!(
                "Connected to {} ({}) port {} from {} port {}",
                if work.plan.proxies.is_empty() {
                    &work.plan.url.host
                } else {
                    host
                },
                peer.ip(),
                peer.port(),
                local.ip(),
                local.port()
            ),
            _ => format!("Connected to {endpoint}"),
        });
    Box::new(Stream::new(socket, work.plan.receive_limit))
}
