//! From the name to a secured connection: resolve, dial, TLS.

use std::io;
use std::net::SocketAddr;
use std::os::fd::RawFd;
use std::time::Instant;

use crate::error::{Error, Result};
use crate::net::dial::{Configured, Dialer, Step as DialStep};
use crate::net::dns::resolver::{Query, Resolution};
use crate::net::interface::Interface;
use crate::net::socket::{Address, Socket};
use crate::random;
use crate::tls::{Details, Session};
use crate::transfer::{Action, Environment, Goal, Route, State, Step, Transfer};
use crate::transport::Stream;
use crate::types::codes::CURLcode;

/// Which name is being resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// the local end's (`CURLOPT_INTERFACE`)
    Local,
    /// the server's
    Server,
}

impl Transfer {
    pub(super) fn begin(&mut self, environment: &Environment, now: Instant) -> Result<Step> {
        let local = self
            .config
            .opening
            .as_ref()
            .and_then(|opening| opening.dial.interface.as_ref());
        if let Some(host) = local.and_then(Interface::host_to_resolve) {
            return self.look_up(Name::Local, host.to_string(), 0, environment, now);
        }
        self.find_server(environment, now)
    }

    fn find_server(&mut self, environment: &Environment, now: Instant) -> Result<Step> {
        match &self.config.route {
            Route::Local(address) => {
                let address = address.clone();
                self.facts.name_lookup = Some(now);
                self.dial(vec![address]);
                Ok(Step::Continue)
            }
            Route::Host(..) if !self.announced => {
                self.announced = true;
                self.state = State::Begin;
                Ok(Step::Act(Action::AnnounceResolve))
            }
            Route::Host(host, port) => {
                let (host, port) = (host.clone(), *port);
                self.look_up(Name::Server, host, port, environment, now)
            }
        }
    }

    fn look_up(
        &mut self,
        name: Name,
        host: String,
        port: u16,
        environment: &Environment,
        now: Instant,
    ) -> Result<Step> {
        let opening = self.config.opening()?;
        let family = opening.family;
        let query = Query { host, port, family };
        let resolution = environment
            .resolver
            .lookup(&query, opening.dns_ttl, now, &environment.waker);
        match resolution {
            Resolution::Ready(addresses) => self.resolved(name, addresses, environment, now),
            Resolution::Pending(lookup) => {
                self.state = State::Resolving(Box::new(lookup), name);
                Ok(Step::Continue)
            }
        }
    }

    pub(super) fn resolving(&mut self, environment: &Environment, now: Instant) -> Result<Step> {
        let State::Resolving(lookup, name) = &self.state else {
            return Ok(Step::Continue);
        };
        match lookup.answer(now) {
            None => Ok(Step::Act(Action::Wait)),
            Some(addresses) => self.resolved(*name, addresses, environment, now),
        }
    }

    pub(super) fn dialing(&mut self, now: Instant) -> Result<Step> {
        let State::Dialing(dialer) = &mut self.state else {
            return Ok(Step::Continue);
        };
        let step = dialer.step(now);
        self.facts.os_errno = dialer.os_errno();
        Ok(match step {
            DialStep::Open(address) => Step::Act(Action::OpenSocket(address)),
            DialStep::Configure(fd) => Step::Act(Action::ConfigureSocket(fd)),
            DialStep::Close(socket) => {
                self.closing.push(socket);
                Step::Continue
            }
            DialStep::Trace(line) => {
                self.log.text(|| line);
                Step::Continue
            }
            DialStep::Wait => Step::Act(Action::Wait),
            DialStep::Connected { socket, address } => {
                self.connected(socket, &address, now)?;
                Step::Continue
            }
            DialStep::Failed(error) => return Err(error),
        })
    }

    pub(super) fn securing(&mut self, now: Instant) -> Result<Step> {
        let State::Securing(stream) = &mut self.state else {
            return Ok(Step::Continue);
        };
        let handshake = stream.handshake();
        if let Some(session) = stream.tls() {
            self.facts.verify_result = session.verify_result();
        }
        if !handshake? {
            return Ok(Step::Act(Action::Wait));
        }
        self.facts.app_connect = Some(now);
        self.note_tls();
        self.take_stream(|transfer, stream| transfer.secured(stream, now))
    }

    /// The answer to [`Action::OpenSocket`]: the socket, and where to connect it to if not as asked. `None` when the
    /// application refused.
    pub fn socket_opened(&mut self, opened: io::Result<Option<(Socket, Address)>>) {
        let State::Dialing(dialer) = &mut self.state else {
            return;
        };
        match opened {
            Ok(Some((socket, address))) => {
                dialer.readdress(address);
                dialer.opened(Some(socket));
            }
            Ok(None) => dialer.opened(None),
            Err(error) => dialer.open_failed(&error),
        }
    }

    /// The answer to [`Action::ConfigureSocket`].
    pub fn socket_configured(&mut self, verdict: Configured) {
        if let State::Dialing(dialer) = &mut self.state {
            dialer.configured(verdict);
        }
    }

    /// The descriptor that is being configured now, when the application asks for it.
    pub fn active_fd(&self) -> Option<RawFd> {
        self.stream().map(|stream| stream.socket().raw())
    }

    fn resolved(
        &mut self,
        name: Name,
        addresses: Result<Vec<SocketAddr>>,
        environment: &Environment,
        now: Instant,
    ) -> Result<Step> {
        if name == Name::Local {
            if let Some(opening) = &mut self.config.opening
                && let Some(interface) = &mut opening.dial.interface
            {
                interface.set_addresses(addresses.map_err(|error| {
                    Error::new(
                        CURLcode::CURLE_INTERFACE_FAILED,
                        format!("CURLOPT_INTERFACE: {}", error.message()),
                    )
                })?);
            }
            return self.find_server(environment, now);
        }
        let addresses = self.arrange(addresses?)?;
        self.facts.name_lookup = Some(now);
        self.log.text(|| {
            let list: Vec<String> = addresses.iter().map(|address| address.ip().to_string()).collect();
            format!("Host {} was resolved: {}", self.config.peer_name(), list.join(", "))
        });
        self.dial(addresses.into_iter().map(Address::Inet).collect());
        Ok(Step::Continue)
    }

    /// Applies `CURLOPT_DNS_SHUFFLE_ADDRESSES` and `CURLOPT_ADDRESS_SCOPE`.
    fn arrange(&self, mut addresses: Vec<SocketAddr>) -> Result<Vec<SocketAddr>> {
        let opening = self.config.opening()?;
        if opening.shuffle_addresses {
            for last in (1..addresses.len()).rev() {
                let random = u32::from_ne_bytes(random::masking_key()?) as usize;
                addresses.swap(last, random % (last + 1));
            }
        }
        for address in &mut addresses {
            if let SocketAddr::V6(address) = address
                && opening.address_scope != 0
            {
                address.set_scope_id(opening.address_scope);
            }
        }
        Ok(addresses)
    }

    fn dial(&mut self, addresses: Vec<Address>) {
        let (host, port) = match &self.config.route {
            Route::Host(host, port) => (host.clone(), *port),
            Route::Local(address) => (address.to_string(), 0),
        };
        let opening = self.config.opening.as_mut();
        let settings = opening
            .map(|opening| std::mem::take(&mut opening.dial))
            .unwrap_or_default();
        let mut dialer = Dialer::new(addresses, host, port, settings);
        dialer.set_verbose(self.config.verbose);
        self.state = State::Dialing(Box::new(dialer));
    }

    fn connected(&mut self, socket: Socket, address: &Address, now: Instant) -> Result<()> {
        self.facts.connect = Some(now);
        self.facts.connects += 1;
        self.facts.primary = address.inet();
        self.facts.local = None;
        let url = &self.config.opening()?.url;
        self.log.text(|| match (self.facts.primary, socket.local_address()) {
            (Some(peer), Some(local)) => format!(
                "Connected to {} ({}) port {} from {} port {}",
                url.host,
                peer.ip(),
                peer.port(),
                local.ip(),
                local.port()
            ),
            _ => format!("Connected to {}", self.config.peer_name()),
        });
        let stream = Stream::new(socket, self.config.receive_limit);
        self.state = State::Securing(Box::new(stream));
        if let (State::Securing(stream), Some(context)) = (&mut self.state, &self.config.tls) {
            stream.start_tls(Session::new(context, url.tls_name())?);
        }
        Ok(())
    }

    fn secured(&mut self, stream: Box<Stream>, now: Instant) -> Result<Step> {
        if self.config.tls.is_none() {
            self.facts.app_connect = None;
        }
        if self.config.goal == Goal::Connect {
            self.state = State::Connected(stream);
            return Ok(self.reached_goal(now));
        }
        self.state = State::Permission(stream);
        Ok(Step::Continue)
    }

    fn note_tls(&mut self) {
        if !self.config.verbose {
            return;
        }
        let Some(session) = self.stream().and_then(Stream::tls) else {
            return;
        };
        let lines = tls_lines(&session.details());
        for line in lines {
            self.log.text(|| line);
        }
    }

    /// Moves the stream out of the state for a transition; the state is `Over` if that fails.
    pub(super) fn take_stream(
        &mut self,
        transition: impl FnOnce(&mut Transfer, Box<Stream>) -> Result<Step>,
    ) -> Result<Step> {
        match std::mem::replace(&mut self.state, State::Over(None)) {
            State::Securing(stream) | State::Permission(stream) => transition(self, stream),
            other => {
                self.state = other;
                Err(Error::new(
                    CURLcode::CURLE_FAILED_INIT,
                    "the transfer lost its connection between two states",
                ))
            }
        }
    }
}

/// What `curl -v` tells about TLS.
fn tls_lines(details: &Details) -> Vec<String> {
    let mut lines = vec![format!(
        "SSL connection using {} / {} / {}{}",
        details.version,
        details.cipher_suite,
        details.key_exchange,
        if details.resumed { " (session resumed)" } else { "" }
    )];
    if let Some(certificate) = &details.certificate {
        lines.push("Server certificate:".to_string());
        lines.push(format!("  subject: {}", certificate.subject));
        lines.push(format!("  start date: {}", certificate.start_date));
        lines.push(format!("  expire date: {}", certificate.expire_date));
        lines.push(format!("  subjectAltName: {}", certificate.alt_names.join(", ")));
        lines.push(format!("  issuer: {}", certificate.issuer));
    }
    lines
}
