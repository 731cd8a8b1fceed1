//! The phase in which a proxy is asked for a connection to the next hop.

use std::net::SocketAddr;

use super::http::{Answer, Event};
use super::request::{self, Socks};
use super::socks::{SocksError, Target};
use crate::error::Error;
use crate::http::auth::Authenticator;
use crate::http::response::{Line, LineKind, ResponseHead};
use crate::io::fallible;
use crate::net::dns::answer::{Family, ResolveError};
use crate::net::dns::resolver::{Lookup, Query, Resolution};
use crate::open::failure;
use crate::open::headers::Origins;
use crate::open::info::OpeningInfo;
use crate::open::phase::{Phase, Question, Step, Work};
use crate::open::plan::{ConnectRequest, Endpoint, Plan, Proxy, Tunnel};
use crate::open::sending::Sending;
use crate::transport::{Fill, Stream};
use crate::types::codes::CURLproxycode::{CURLPX_RECV_CONNECT, CURLPX_RESOLVE_HOST};
use crate::types::structs::curl_infotype;

/// The phase at one proxy.
pub(in crate::open) struct Tunnelling {
    stream: Box<Stream>,
    /// the number of the proxy
    hop: usize,
    sending: Sending,
    stage: Stage,
}

/// What it comes to.
pub(in crate::open) enum Tunnelled {
    /// the stream leads to the next hop
    Open(Box<Stream>),
    /// the proxy wants to be asked on a new connection
    Reconnect,
}

enum Stage {
    Start,
    /// the application was told that the name of the next hop is about to be resolved
    Announced(Query),
    Resolving(Box<Lookup>),
    Socks(Socks),
    Http(Box<Answer>),
}

/// What a step came to.
enum Progress {
    Step(Step),
    Open,
    Reconnect,
}

impl Tunnelling {
    pub(in crate::open) fn new(stream: Box<Stream>, hop: usize) -> Tunnelling {
        Tunnelling {
            stream,
            hop,
            sending: Sending::default(),
            stage: Stage::Start,
        }
    }

    pub(in crate::open) fn step(mut self, work: &mut Work<'_>) -> Phase<Tunnelling, Tunnelled> {
        let plan = work.plan;
        let progress = match plan.proxies.get(self.hop) {
            Some(proxy) => self.run(proxy, work),
            None => Err(failure::interrupted()),
        };
        match progress {
            Ok(Progress::Step(step)) => Phase::Pending(self, step),
            Ok(Progress::Open) => {
                let (proxy, target) = (plan.describe(self.hop), plan.describe(self.hop + 1));
                let trace = &mut work.output.trace;
                trace.text(|| format!("Tunnel to {target} through {proxy} is established"));
                Phase::Done(Tunnelled::Open(self.stream))
            }
            Ok(Progress::Reconnect) => {
                let trace = &mut work.output.trace;
                trace.text(|| "The proxy is asked again on a new connection".to_owned());
                work.discard(*self.stream);
                Phase::Done(Tunnelled::Reconnect)
            }
            Err(error) => {
                work.discard(*self.stream);
                Phase::Failed(error)
            }
        }
    }

    pub(in crate::open) fn stream(&self) -> &Stream {
        &self.stream
    }

    pub(in crate::open) fn into_stream(self) -> Box<Stream> {
        self.stream
    }

    /// Which hop the proxy is.
    pub(in crate::open) fn hop(&self) -> usize {
        self.hop
    }

    /// Whether the driver's waker tells when to go on.
    pub(in crate::open) fn waits_for_name(&self) -> bool {
        matches!(self.stage, Stage::Resolving(_))
    }

    /// Keeps the headers that have come of a head which is not complete.
    pub(in crate::open) fn note_headers(&self, info: &mut OpeningInfo) {
        if let Stage::Http(answer) = &self.stage {
            // Who asks for one that there is no memory for does not find it.
            let _ = info.headers.keep(answer.head(), info.requests, Origins::CONNECT);
        }
    }

    fn run(&mut self, proxy: &Proxy, work: &mut Work<'_>) -> Result<Progress, Error> {
        match (&mut self.stage, &proxy.tunnel) {
            (Stage::Start, _) => self.start(proxy, work).map(Progress::Step),
            (Stage::Announced(query), _) => match work.look_up(query) {
                Resolution::Ready(found) => self.resolved(found, proxy, work).map(Progress::Step),
                Resolution::Pending(lookup) => {
                    self.stage = Stage::Resolving(Box::new(lookup));
                    Ok(Progress::Step(Step::Continue))
                }
            },
            (Stage::Resolving(lookup), _) => match lookup.answer(work.now) {
                None => Ok(Progress::Step(Step::Wait)),
                Some(found) => self.resolved(found, proxy, work).map(Progress::Step),
            },
            (Stage::Socks(_), _) => self.run_socks(work),
            (Stage::Http(_), Tunnel::Http(request)) => self.run_http(request, work),
            (Stage::Http(_), _) => Err(failure::interrupted()),
        }
    }

    // ---- the request

    fn start(&mut self, proxy: &Proxy, work: &mut Work<'_>) -> Result<Step, Error> {
        let plan = work.plan;
        let (host, port) = next_hop(plan, self.hop)?;
        let (proxy_resolves, family) = match &proxy.tunnel {
            Tunnel::Http(request) => return self.connect(request, host, port, work),
            Tunnel::Socks4 { proxy_resolves, .. } => (*proxy_resolves, Family::V4),
            Tunnel::Socks5 { proxy_resolves, .. } => (*proxy_resolves, plan.names.family),
        };
        if let Ok(address) = host.parse() {
            return self.ask_socks(Target::Address(address), port, proxy, work);
        }
        if proxy_resolves {
            return self.ask_socks(Target::Name(host), port, proxy, work);
        }
        self.stage = Stage::Announced(Query {
            host: host.to_owned(),
            port,
            family,
        });
        Ok(match work.context.wanted.resolve {
            true => Step::Ask(Question::ResolveStarts),
            false => Step::Continue,
        })
    }

    fn resolved(
        &mut self,
        found: Result<Vec<SocketAddr>, ResolveError>,
        proxy: &Proxy,
        work: &mut Work<'_>,
    ) -> Result<Step, Error> {
        let found = found.map_err(|error| failure::resolve(&error, false))?;
        // libcurl takes an IPv6 address when there is one.
        let best = found.iter().find(|address| address.is_ipv6()).or(found.first());
        match best {
            Some(address) => self.ask_socks(Target::Address(address.ip()), address.port(), proxy, work),
            None => {
                let error = SocksError::new(CURLPX_RESOLVE_HOST, "the host has no address");
                Err(socks_failed(&error, self.hop, work))
            }
        }
    }

    fn ask_socks(&mut self, target: Target<'_>, port: u16, proxy: &Proxy, work: &mut Work<'_>) -> Result<Step, Error> {
        let mut output = Vec::new();
        let asked = match &proxy.tunnel {
            Tunnel::Socks4 { user, .. } => Socks::ask_v4(target, port, user, &mut output),
            Tunnel::Socks5 { login, .. } => Socks::ask_v5(target, port, login.as_ref(), &mut output),
            Tunnel::Http(_) => return Err(failure::interrupted()),
        };
        match asked {
            Ok(machine) => self.stage = Stage::Socks(machine),
            Err(error) => return Err(socks_failed(&error, self.hop, work)),
        }
        self.sending = Sending::new(output);
        work.output.trace.text(|| match target {
            Target::Address(address) => format!("SOCKS connect to {address} port {port}"),
            Target::Name(name) => format!("SOCKS connect to {name} port {port} (resolved by the proxy)"),
        });
        Ok(Step::Continue)
    }

    fn connect(&mut self, request: &ConnectRequest, host: &str, port: u16, work: &mut Work<'_>) -> Result<Step, Error> {
        let authenticator = authenticator(request, work.proxy_auth)?;
        let head = request::connect_head(request, host, port, authenticator)?;
        work.output.info.note_proxy_auth(authenticator);
        work.output.trace.data(curl_infotype::CURLINFO_HEADER_OUT, &head);
        self.sending = Sending::new(head);
        self.stage = Stage::Http(Box::new(Answer::new()));
        Ok(Step::Continue)
    }

    // ---- SOCKS

    fn run_socks(&mut self, work: &mut Work<'_>) -> Result<Progress, Error> {
        let Stage::Socks(machine) = &mut self.stage else {
            return Err(failure::interrupted());
        };
        loop {
            if !self.sending.flush(&mut self.stream)? {
                return Ok(Progress::Step(Step::Wait));
            }
            let mut output = Vec::new();
            let received = match machine.receive(self.stream.available(), &mut output) {
                Ok(received) => received,
                Err(error) => return Err(socks_failed(&error, self.hop, work)),
            };
            self.stream.consume(received.consumed);
            if received.done {
                return Ok(Progress::Open);
            }
            if received.consumed > 0 {
                self.sending = Sending::new(output);
                continue;
            }
            match self.stream.fill() {
                Fill::Data => {}
                Fill::Blocked => return Ok(Progress::Step(Step::Wait)),
                Fill::End => {
                    self.stream.end()?;
                    let error = SocksError::new(CURLPX_RECV_CONNECT, "it closed the connection in place of a reply");
                    return Err(socks_failed(&error, self.hop, work));
                }
            }
        }
    }

    // ---- HTTP

    fn run_http(&mut self, request: &ConnectRequest, work: &mut Work<'_>) -> Result<Progress, Error> {
        if !self.sending.flush(&mut self.stream)? || work.paused {
            return Ok(Progress::Step(Step::Wait));
        }
        let Stage::Http(answer) = &mut self.stage else {
            return Err(failure::interrupted());
        };
        loop {
            let authenticator = authenticator(request, work.proxy_auth)?;
            let (consumed, event) = answer
                .receive(self.stream.available(), authenticator)
                .map_err(|error| failure::bad_connect_answer(error, &work.plan.describe(self.hop)))?;
            work.output.info.note_proxy_auth(authenticator);
            self.stream.consume(consumed);
            match event {
                Event::Line(line) => {
                    if let Some(line) = take_line(answer.head(), &line, request, work)? {
                        return Ok(Progress::Step(Step::Header(line)));
                    }
                }
                Event::NeedMore => match self.stream.fill() {
                    Fill::Data => {}
                    Fill::Blocked => return Ok(Progress::Step(Step::Wait)),
                    Fill::End => {
                        self.stream.end()?;
                        return Err(failure::no_connect_answer(&work.plan.describe(self.hop)));
                    }
                },
                Event::Established => return Ok(Progress::Open),
                Event::Repeat => {
                    self.stage = Stage::Start;
                    return Ok(Progress::Step(Step::Continue));
                }
                Event::Reconnect => return Ok(Progress::Reconnect),
                Event::Refused => {
                    let (proxy, target) = (work.plan.describe(self.hop), work.plan.describe(self.hop + 1));
                    return Err(failure::tunnel_refused(answer.head(), &proxy, &target));
                }
            }
        }
    }
}

/// Host and port of the hop behind a proxy. A socket of this machine is never behind one.
fn next_hop(plan: &Plan, proxy: usize) -> Result<(&str, u16), Error> {
    match &plan.hop(proxy + 1).endpoint {
        Endpoint::Host(host, port) => Ok((host, *port)),
        Endpoint::Local(_) => Err(failure::interrupted()),
    }
}

/// The authenticator of the transfer, made for the first request.
fn authenticator<'a>(
    request: &ConnectRequest,
    kept: &'a mut Option<Authenticator>,
) -> Result<&'a mut Authenticator, Error> {
    match kept {
        Some(authenticator) => Ok(authenticator),
        None => Ok(kept.insert(Authenticator::new(
            request.allowed_schemes,
            request.credentials.clone(),
        )?)),
    }
}

/// Takes note of a line of the answer to CONNECT, and returns it if the application wants to see it.
fn take_line(
    head: &ResponseHead,
    line: &Line,
    request: &ConnectRequest,
    work: &mut Work<'_>,
) -> Result<Option<Vec<u8>>, Error> {
    let raw = head.raw(line);
    work.output.trace.data(curl_infotype::CURLINFO_HEADER_IN, raw);
    let info = &mut *work.output.info;
    info.header_size += raw.len() as u64;
    info.connect_code = head.status;
    if line.kind == LineKind::End {
        info.headers.keep(head, info.requests, Origins::CONNECT)?;
        info.headers.end_head();
    }
    let is_wanted = work.context.wanted.header && !request.is_suppressed;
    is_wanted.then(|| fallible::copy(raw)).transpose()
}

/// Keeps the reason for `CURLINFO_PROXY_ERROR`.
fn socks_failed(error: &SocksError, hop: usize, work: &mut Work<'_>) -> Error {
    work.output.info.proxy_error = error.code as i64;
    failure::socks(error, &work.plan.describe(hop), &work.plan.describe(hop + 1))
}
