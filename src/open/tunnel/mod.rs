//! Through a proxy to the next hop.
//!
//! | file | what |
//! |---|---|
//! | [`request`] | asks, once the name of the next hop is resolved where the proxy does not do that |
//! | [`http`], [`login`] | CONNECT and its answer, pure |
//! | [`socks4`], [`socks5`], [`socks`] | SOCKS, pure |
//! | [`haproxy`] | the PROXY protocol header, which is for what stands behind all proxies |

pub(crate) mod http;
pub(crate) mod login;
pub(crate) mod socks;
pub(crate) mod socks4;
pub(crate) mod socks5;

pub(super) mod haproxy;

mod request;

use self::http::{Answer, Event};
use self::socks::{Socks, SocksError};
use super::failure;
use super::headers::Origins;
use super::info::OpeningInfo;
use super::phase::{Phase, Step, Work};
use super::plan::{ConnectRequest, Proxy, Tunnel};
use crate::error::Error;
use crate::http::response::{Line, LineKind, ResponseHead};
use crate::io::fallible;
use crate::net::dns::resolver::{Lookup, Query};
use crate::transport::{Fill, Stream};
use crate::types::codes::CURLproxycode::CURLPX_RECV_CONNECT;
use crate::types::structs::curl_infotype;

/// The phase in which a proxy is asked for a connection to the next hop.
pub(super) struct Tunnelling {
    stream: Box<Stream>,
    /// the number of the proxy
    hop: usize,
    stage: Stage,
}

/// What it comes to.
pub(super) enum Tunnelled {
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
    pub(super) fn new(stream: Box<Stream>, hop: usize) -> Tunnelling {
        Tunnelling {
            stream,
            hop,
            stage: Stage::Start,
        }
    }

    pub(super) fn step(mut self, work: &mut Work<'_>) -> Phase<Tunnelling, Tunnelled> {
        let plan = work.plan;
        let progress = match plan.proxies.get(self.hop) {
            Some(proxy) => self.run(proxy, work),
            None => Err(failure::interrupted()),
        };
        match progress {
            Ok(Progress::Step(step)) => Phase::Pending(self, step),
            Ok(Progress::Open) => {
                let target = plan.describe(self.hop + 1);
                let proxy = plan.describe(self.hop);
                work.output
                    .trace
                    .text(|| format!("Tunnel to {target} through {proxy} is established"));
                Phase::Done(Tunnelled::Open(self.stream))
            }
            Ok(Progress::Reconnect) => {
                work.output
                    .trace
                    .text(|| "The proxy is asked again on a new connection".to_owned());
                work.discard(*self.stream);
                Phase::Done(Tunnelled::Reconnect)
            }
            Err(error) => {
                work.discard(*self.stream);
                Phase::Failed(error)
            }
        }
    }

    fn run(&mut self, proxy: &Proxy, work: &mut Work<'_>) -> Result<Progress, Error> {
        match (&mut self.stage, &proxy.tunnel) {
            (Stage::Socks(_), _) => self.run_socks(work),
            (Stage::Http(_), Tunnel::Http(request)) => self.run_http(request, work),
            _ => self.ask(proxy, work).map(Progress::Step),
        }
    }

    pub(super) fn stream(&self) -> &Stream {
        &self.stream
    }

    pub(super) fn into_stream(self) -> Box<Stream> {
        self.stream
    }

    /// Which hop the proxy is.
    pub(super) fn hop(&self) -> usize {
        self.hop
    }

    /// Whether the driver's waker tells when to go on.
    pub(super) fn waits_for_name(&self) -> bool {
        matches!(self.stage, Stage::Resolving(_))
    }

    /// Keeps the headers that have come of a head which is not complete.
    pub(super) fn note_headers(&self, info: &mut OpeningInfo) {
        if let Stage::Http(answer) = &self.stage {
            // Who asks for one that there is no memory for does not find it.
            let _ = info.headers.keep(answer.head(), info.requests, Origins::CONNECT);
        }
    }

    // ---- SOCKS

    fn run_socks(&mut self, work: &mut Work<'_>) -> Result<Progress, Error> {
        let Stage::Socks(machine) = &mut self.stage else {
            return Err(failure::interrupted());
        };
        loop {
            if !self.stream.flush()? {
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
                self.stream.output(output.len()).extend_from_slice(&output);
                continue;
            }
            match self.stream.fill()? {
                Fill::Data => {}
                Fill::Blocked => {
                    self.stream.settle(false)?;
                    return Ok(Progress::Step(Step::Wait));
                }
                Fill::End => {
                    let error = SocksError::new(CURLPX_RECV_CONNECT, "it closed the connection in place of a reply");
                    return Err(socks_failed(&error, self.hop, work));
                }
            }
        }
    }

    // ---- HTTP

    fn run_http(&mut self, request: &ConnectRequest, work: &mut Work<'_>) -> Result<Progress, Error> {
        if !self.stream.flush()? || work.paused {
            return Ok(Progress::Step(Step::Wait));
        }
        let Stage::Http(answer) = &mut self.stage else {
            return Err(failure::interrupted());
        };
        loop {
            let (consumed, event) = answer
                .receive(self.stream.available(), &request.login, work.login)
                .map_err(|error| failure::bad_connect_answer(error, &work.plan.describe(self.hop)))?;
            self.stream.consume(consumed);
            work.output.info.note_proxy_login(work.login);
            match event {
                Event::Line(line) => {
                    work.output.info.header_size += answer.head().raw(&line).len() as u64;
                    if let Some(line) = take_line(answer.head(), &line, request, work)? {
                        return Ok(Progress::Step(Step::Header(line)));
                    }
                }
                Event::NeedMore => match self.stream.fill()? {
                    Fill::Data => {}
                    Fill::Blocked => {
                        self.stream.settle(false)?;
                        return Ok(Progress::Step(Step::Wait));
                    }
                    Fill::End => return Err(failure::no_connect_answer(&work.plan.describe(self.hop))),
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
