//! The opening handshake (RFC 6455 section 4.1): the request, the response head, the verdict.

use std::ffi::CString;
use std::time::{Instant, SystemTime};

use super::failure;
use super::headers::Origins;
use super::info::OpeningInfo;
use super::permission::Permitted;
use super::phase::{Phase, Question, Step, Upgraded, Work};
use super::plan::{Plan, Request, Target};
use super::remember;
use super::response_body::{RefusalBody, UnwantedBody};
use super::sending::Sending;
use crate::error::Error;
use crate::http::cookies::Sent;
use crate::http::error::ResponseError;
use crate::http::request::{self, RequestSpec, SentRequest};
use crate::http::response::{HeadReader, Line, LineKind, ResponseHead};
use crate::http::retry_after;
use crate::http::unread::UnreadBody;
use crate::http::upgrade::{self, Accepted};
use crate::io::fallible;
use crate::random;
use crate::transport::{Fill, Stream};
use crate::types::structs::curl_infotype;
use crate::ws::deflate::{self, DeflateParams, Parameter};
use crate::ws::handshake::{self, Extension};

/// The phase of one request and its response.
pub(super) struct Upgrading {
    stream: Box<Stream>,
    sending: Sending,
    sent: SentRequest,
    reader: HeadReader,
    /// the first request of a transfer is number 0
    number: u32,
    /// the connection has had another request before: the server may have closed it since
    reused: bool,
    stage: Stage,
}

enum Stage {
    Sending,
    Reading,
    /// the response is no 101: is there another round?
    Answered,
    /// there is none, and the body of the response is being read
    Refused(RefusalBody),
    /// there is one, and the body is being passed over
    Leaving(UnwantedBody),
}

/// What a request has come to.
pub(super) enum Outcome {
    Upgraded(Box<Upgraded>),
    /// another round follows, on this connection if it can still be used
    NextRound(Option<Box<Stream>>),
    /// the server had closed the connection, which was used before: the request is to be sent on another one
    Stale,
}

/// What a step came to.
enum Progress {
    Step(Step),
    /// the response is an upgrade that holds
    Accepted {
        deflate: Option<DeflateParams>,
        last_line: Option<Vec<u8>>,
    },
    /// nothing more of the response is wanted; the connection can be used for another request if it is `reusable`
    Left {
        reusable: bool,
    },
}

impl Upgrading {
    pub(super) fn start(permitted: Permitted, work: &mut Work<'_>) -> Phase<Box<Upgrading>, Outcome> {
        let Permitted { stream, cookies } = permitted;
        let mut sent = match write_request(work.plan, &cookies) {
            Ok(sent) => sent,
            Err(error) => {
                work.discard(*stream);
                return Phase::Failed(error);
            }
        };
        let info = &mut *work.output.info;
        let number = info.requests;
        info.requests += 1;
        let reused = info.connection_mut().is_some_and(|connection| {
            connection.requests += 1;
            connection.requests > 1
        });
        info.pre_transfer = Some(work.now);
        info.request_size += sent.head.len() as u64;
        work.output.trace.data(curl_infotype::CURLINFO_HEADER_OUT, &sent.head);
        let upgrading = Upgrading {
            stream,
            sending: Sending::new(std::mem::take(&mut sent.head)),
            sent,
            reader: HeadReader::new(),
            number,
            reused,
            stage: Stage::Sending,
        };
        Phase::Pending(Box::new(upgrading), Step::Continue)
    }

    pub(super) fn step(mut self: Box<Self>, work: &mut Work<'_>) -> Phase<Box<Upgrading>, Outcome> {
        let progress = match &mut self.stage {
            Stage::Sending => self.send(work),
            Stage::Reading => self.read_head(work),
            Stage::Answered => Ok(Progress::Step(Step::Ask(Question::NextRound))),
            Stage::Refused(body) => match body.read(&mut self.stream, self.reader.head(), work) {
                None => Ok(Progress::Step(Step::Wait)),
                Some(refusal) => Err(refusal),
            },
            Stage::Leaving(body) => match body.read(&mut self.stream, work) {
                None => Ok(Progress::Step(Step::Wait)),
                Some(reusable) => Ok(Progress::Left { reusable }),
            },
        };
        match progress {
            Ok(Progress::Step(step)) => Phase::Pending(self, step),
            Ok(Progress::Accepted { deflate, last_line }) => Phase::Done(Outcome::Upgraded(Box::new(Upgraded {
                stream: *self.stream,
                deflate,
                last_line,
            }))),
            Ok(Progress::Left { reusable: true }) => Phase::Done(Outcome::NextRound(Some(self.stream))),
            Ok(Progress::Left { reusable: false }) => {
                work.discard(*self.stream);
                Phase::Done(Outcome::NextRound(None))
            }
            Err(_) if self.reused && !self.has_response() => {
                work.output
                    .trace
                    .text(|| "The server has closed the connection, trying with another one".to_string());
                work.output.info.requests -= 1;
                work.discard(*self.stream);
                Phase::Done(Outcome::Stale)
            }
            Err(error) => {
                work.discard(*self.stream);
                Phase::Failed(error)
            }
        }
    }

    fn send(&mut self, work: &mut Work<'_>) -> Result<Progress, Error> {
        if !self.sending.flush(&mut self.stream)? {
            return Ok(Progress::Step(Step::Wait));
        }
        work.output.info.post_transfer = Some(work.now);
        if work.plan.target == (Target::Upgrade { peek: true }) {
            self.stream.start_peeking();
        }
        self.stage = Stage::Reading;
        // The response takes a while, and nothing of it is here: only TLS may have read ahead.
        Ok(Progress::Step(match self.stream.tls() {
            None => Step::Wait,
            Some(_) => Step::Continue,
        }))
    }

    fn read_head(&mut self, work: &mut Work<'_>) -> Result<Progress, Error> {
        if work.paused {
            return Ok(Progress::Step(Step::Wait));
        }
        loop {
            let fed = self.reader.feed(self.stream.available())?;
            self.stream.consume(fed.consumed);
            match fed.line {
                Some(line) => {
                    if let Some(progress) = self.take_line(&line, work)? {
                        return Ok(progress);
                    }
                }
                None if fed.consumed > 0 && self.stream.has_available() => {}
                None => match self.stream.fill() {
                    Fill::Data => {
                        work.output.info.start_transfer.get_or_insert(work.now);
                    }
                    Fill::Blocked => {
                        self.stream.settle_all()?;
                        return Ok(Progress::Step(Step::Wait));
                    }
                    Fill::End => {
                        self.stream.end()?;
                        let begun = self.reader.total() > 0;
                        return Err(failure::no_response(&work.plan.server.endpoint, begun));
                    }
                },
            }
        }
    }

    /// Takes note of a line. `None` if the next one can be read at once.
    fn take_line(&mut self, line: &Line, work: &mut Work<'_>) -> Result<Option<Progress>, Error> {
        let head = self.reader.head();
        let raw = head.raw(line);
        work.output.trace.data(curl_infotype::CURLINFO_HEADER_IN, raw);
        work.output.info.header_size += raw.len() as u64;
        work.output.info.response.status = head.status;
        work.output.info.response.version = Some(head.version);
        let shown = work.context.wanted.header.then(|| fallible::copy(raw)).transpose()?;
        if line.kind == LineKind::End {
            let origins = Origins::of_response(head.status);
            work.output.info.headers.keep(head, self.number, origins)?;
            work.output.info.headers.end_head();
            let to_remember = remember::to_remember(head, work.plan, work.context.wanted.remembered)?;
            work.output.to_remember.extend(to_remember);
            match head.status {
                // Verified before the application sees the last line.
                101 => return self.accept(shown, work).map(Some),
                100..=199 => self.reader.next_head(),
                _ => {
                    note_head(work.output.info, head);
                    check_location(head)?;
                    self.stage = Stage::Answered;
                    return Ok(Some(Progress::Step(shown.map_or(Step::Continue, Step::Header))));
                }
            }
        }
        Ok(shown.map(|line| Progress::Step(Step::Header(line))))
    }

    fn accept(&self, last_line: Option<Vec<u8>>, work: &mut Work<'_>) -> Result<Progress, Error> {
        let info = &mut *work.output.info;
        note_head(info, self.reader.head());
        let accepted = upgrade::verify(self.reader.head(), &self.sent)?;
        let deflate = match work.plan.request.compress {
            true => deflate_params(&accepted, &self.sent)?,
            // The application may have offered it itself, and then it is its affair.
            false => None,
        };
        note_accepted(info, accepted);
        work.output
            .trace
            .text(|| "[WS] the opening handshake is complete".to_string());
        Ok(Progress::Accepted { deflate, last_line })
    }

    pub(super) fn stream(&self) -> &Stream {
        &self.stream
    }

    pub(super) fn into_stream(self: Box<Self>) -> Box<Stream> {
        self.stream
    }

    /// The answer to [`Question::NextRound`]: no.
    pub(super) fn accept_refusal(&mut self, now: Instant) {
        if let Stage::Answered = self.stage {
            self.stage = Stage::Refused(RefusalBody::new(self.reader.head(), now));
        }
    }

    /// The answer to [`Question::NextRound`]: yes, and on this connection if `reuse` and the server allow it.
    pub(super) fn leave(&mut self, reuse: bool, method: &[u8], now: Instant) {
        if let Stage::Answered = self.stage {
            let body = reuse.then(|| UnreadBody::new(self.reader.head(), method));
            self.stage = Stage::Leaving(UnwantedBody::new(body.flatten(), now));
        }
    }

    /// Whether any byte of a response has come.
    fn has_response(&self) -> bool {
        self.reader.total() > 0 || self.stream.has_available()
    }

    /// Whether the request has been answered, with something else than an upgrade.
    pub(super) fn is_refused(&self) -> bool {
        matches!(self.stage, Stage::Answered | Stage::Refused(_) | Stage::Leaving(_))
    }

    /// When the next step is due even if nothing happens on the stream.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match &self.stage {
            Stage::Refused(body) => body.deadline(),
            Stage::Leaving(body) => Some(body.deadline()),
            Stage::Sending | Stage::Reading | Stage::Answered => None,
        }
    }

    /// Keeps the headers that have come of a head which is not complete.
    pub(super) fn note_headers(&self, info: &mut OpeningInfo) {
        if let Stage::Reading = self.stage {
            // Who asks for one that there is no memory for does not find it.
            let head = self.reader.head();
            let _ = info.headers.keep(head, self.number, Origins::of_response(head.status));
        }
    }
}

fn write_request(plan: &Plan, cookies: &Sent) -> Result<SentRequest, Error> {
    let Request {
        method,
        target,
        authorization,
        user_agent,
        referer,
        cookie,
        te,
        accept_encoding,
        headers,
        compress,
    } = &plan.request;
    let key = handshake::new_key(random::bytes()?);
    let host = plan.url.host_header(plan.port);
    Ok(request::write(&RequestSpec {
        method,
        target: target.as_deref().unwrap_or(&plan.url.target),
        host: &host,
        authorization: authorization.as_deref(),
        user_agent,
        referer: referer.as_deref(),
        cookies: &cookies.text,
        // There is no room for more.
        cookie: cookie.as_deref().filter(|_| !cookies.is_full),
        te: *te,
        accept_encoding: accept_encoding.as_deref(),
        custom: headers,
        key: &key,
        extensions: compress.then_some(deflate::OFFER),
    })?)
}

/// What was agreed on about compression (RFC 7692 section 7.1). The application may have worded the offer itself.
fn deflate_params(accepted: &Accepted, sent: &SentRequest) -> Result<Option<DeflateParams>, ResponseError> {
    let ours = |extension: &&Extension| extension.name == deflate::NAME;
    let Some(answer) = accepted.extensions.iter().find(ours) else {
        return Ok(None);
    };
    let offers: Vec<_> = sent.extensions.iter().filter(ours).map(parameters).collect();
    DeflateParams::new(&offers, &parameters(answer))
        .map(Some)
        .map_err(|problem| {
            ResponseError::NoUpgrade(format!(
                "Sec-WebSocket-Extensions in the upgrade response: {problem} (RFC 7692 section 7.1): wanted an answer \
             to \"{}\", got \"{}\"",
                show(&sent.extensions),
                show(&accepted.extensions)
            ))
        })
}

fn parameters(extension: &Extension) -> Vec<Parameter<'_>> {
    let list = extension.params.iter();
    list.map(|param| (param.name.as_str(), param.value.as_deref()))
        .collect()
}

/// Extensions as their header has them.
fn show(extensions: &[Extension]) -> String {
    let one = |extension: &Extension| {
        extension
            .params
            .iter()
            .fold(extension.name.clone(), |text, param| match &param.value {
                Some(value) => format!("{text}; {}={value}", param.name),
                None => format!("{text}; {}", param.name),
            })
    };
    extensions.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn note_head(info: &mut OpeningInfo, head: &ResponseHead) {
    // No header has a NUL in it.
    let text = |name: &str| CString::new(head.get(name).next()?).ok();
    let response = &mut info.response;
    response.content_type = text("content-type").filter(|value| !value.is_empty());
    response.location = text("location");
    let retry_after = head.get("retry-after").last();
    response.retry_after = retry_after.map_or(0, |value| retry_after::seconds(value, SystemTime::now()));
}

/// Headers of a redirect that lead to different places are an error, as in libcurl: which one is meant is not known.
fn check_location(head: &ResponseHead) -> Result<(), ResponseError> {
    let mut locations = head.get("location");
    match locations.next() {
        Some(first) if matches!(head.status, 300..400) && locations.any(|other| other != first) => {
            Err(ResponseError::Malformed("Multiple Location headers".to_string()))
        }
        _ => Ok(()),
    }
}

fn note_accepted(info: &mut OpeningInfo, accepted: Accepted) {
    if !accepted.extensions.is_empty() {
        info.extensions = CString::new(show(&accepted.extensions)).ok();
    }
    info.protocol = accepted.protocol.and_then(|protocol| CString::new(protocol).ok());
}
