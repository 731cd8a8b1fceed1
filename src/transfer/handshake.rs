//! The opening handshake (RFC 6455 section 4.1): the request, the response head, the verdict.

use std::ffi::CString;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::http::extensions::Extension;
use crate::http::key;
use crate::http::request::{self, RequestSpec, SentRequest};
use crate::http::response::{HeadReader, Line, LineKind, ResponseHead};
use crate::http::upgrade::{self, Accepted};
use crate::random;
use crate::transfer::config::Opening;
use crate::transfer::timers::Timer;
use crate::transfer::trace::Log;
use crate::transfer::websocket::WebSocket;
use crate::transfer::{Action, Goal, Listening, State, Step, Transfer};
use crate::transport::{Fill, Stream};
use crate::types::codes::CURLcode;
use crate::types::structs::curl_infotype;
use crate::ws::deflate::{self, DeflateParams, Parameter};

/// How long the body of a refusal may take that is to be shown in the error text.
const REFUSAL_PATIENCE: Duration = Duration::from_millis(250);

/// A request and the response to it, as far as it has come.
pub struct Handshake {
    sent: SentRequest,
    reader: HeadReader,
}

impl Handshake {
    /// The response head that is coming in.
    pub fn head(&self) -> &ResponseHead {
        self.reader.head()
    }
}

/// A response that is no upgrade, and what has come of its body.
pub struct Refusal {
    head: ResponseHead,
    body: Vec<u8>,
    wanted: usize,
}

impl Transfer {
    /// The answer to [`Action::AskPermission`].
    pub fn permitted(&mut self, allowed: bool, now: Instant) {
        let outcome = if allowed {
            self.take_stream(|transfer, stream| transfer.request(stream, now))
        } else {
            Err(Error::new(
                CURLcode::CURLE_ABORTED_BY_CALLBACK,
                "operation aborted by the pre-request callback",
            ))
        };
        if let Err(error) = outcome {
            self.finish(Err(error), now);
        }
    }

    /// The application took the header line of [`Action::Header`] not now: it is given again after the pause.
    pub fn header_parked(&mut self, line: Vec<u8>) {
        self.parked = Some(line);
        self.pause.receive = true;
    }

    fn request(&mut self, mut stream: Box<Stream>, now: Instant) -> Result<Step> {
        let sent = match self.write_request() {
            Ok(sent) => sent,
            Err(error) => {
                self.abandon(*stream);
                return Err(error);
            }
        };
        self.facts.pre_transfer = Some(now);
        self.facts.request_size += sent.head.len() as u64;
        self.log.data(curl_infotype::CURLINFO_HEADER_OUT, &sent.head);
        stream.output(sent.head.len() as u64).extend_from_slice(&sent.head);
        self.watch_speed(now);
        let reader = HeadReader::new();
        self.state = State::Requesting(stream, Box::new(Handshake { sent, reader }));
        Ok(Step::Continue)
    }

    fn write_request(&self) -> Result<SentRequest> {
        let config = &self.config;
        let Opening { url, port, request, .. } = config.opening()?;
        let key = key::new_key(random::bytes()?);
        let host = url.host_header(Some(*port));
        request::write(&RequestSpec {
            method: &request.method,
            target: request.target.as_deref().unwrap_or(&url.target),
            host: &host,
            authorization: request.authorization.as_deref(),
            user_agent: &request.user_agent,
            referer: request.referer.as_deref(),
            cookie: request.cookie.as_deref(),
            custom: &request.headers,
            key: &key,
            extensions: (config.websocket.compress && !config.websocket.raw).then_some(deflate::OFFER),
        })
    }

    pub(super) fn requesting(&mut self, now: Instant) -> Result<Step> {
        let State::Requesting(stream, _) = &mut self.state else {
            return Ok(Step::Continue);
        };
        if !stream.flush()? {
            return Ok(Step::Act(Action::Wait));
        }
        self.facts.post_transfer = Some(now);
        let mut next = Step::Continue;
        if let State::Requesting(mut stream, handshake) = std::mem::replace(&mut self.state, State::Over(None)) {
            if self.config.goal == Goal::Upgrade {
                stream.start_peeking();
            }
            // The answer takes a while, and nothing of it is here: only TLS may have read ahead.
            if stream.tls().is_none() {
                next = Step::Act(Action::Wait);
            }
            self.state = State::ReadingHead(stream, handshake);
        }
        Ok(next)
    }

    pub(super) fn reading_head(&mut self, listening: Listening, now: Instant) -> Result<Step> {
        if self.pause.receive {
            return Ok(Step::Act(Action::Wait));
        }
        if let Some(line) = self.parked.take() {
            return Ok(Step::Act(Action::Header(line)));
        }
        loop {
            let State::ReadingHead(stream, handshake) = &mut self.state else {
                return Ok(Step::Continue);
            };
            let reader = &mut handshake.reader;
            let fed = reader.feed(stream.available())?;
            stream.consume(fed.consumed);
            self.facts.header_size = reader.total();
            match fed.line {
                Some(line) => {
                    if let Some(shown) = self.header_line(&line, listening, now)? {
                        return Ok(Step::Act(Action::Header(shown)));
                    }
                }
                None if fed.consumed > 0 && !stream.available().is_empty() => {}
                None => match stream.fill()? {
                    Fill::Data => {
                        self.facts.start_transfer.get_or_insert(now);
                    }
                    Fill::Blocked => {
                        stream.settle(false)?;
                        return Ok(Step::Act(Action::Wait));
                    }
                    Fill::End => return Err(self.no_answer()),
                },
            }
        }
    }

    pub(super) fn refused(&mut self, now: Instant) -> Result<Step> {
        let patient = self.timers.get(Timer::Refusal).is_some_and(|until| now < until);
        if self.pause.receive {
            self.timers.stop(Timer::Refusal);
            return Ok(Step::Act(Action::Wait));
        }
        if let Some(line) = self.parked.take() {
            return Ok(Step::Act(Action::Header(line)));
        }
        let State::Refused(stream, refusal) = &mut self.state else {
            return Ok(Step::Continue);
        };
        while refusal.body.len() < refusal.wanted {
            let available = stream.available();
            if available.is_empty() {
                match stream.fill() {
                    Ok(Fill::Data) => continue,
                    Ok(Fill::Blocked) if patient => {
                        stream.settle(false)?;
                        return Ok(Step::Act(Action::Wait));
                    }
                    _ => break,
                }
            }
            let count = available.len().min(refusal.wanted - refusal.body.len());
            refusal.body.extend_from_slice(&available[..count]);
            stream.consume(count);
        }
        Err(upgrade::refusal(&refusal.head, &refusal.body))
    }

    /// Takes note of a line; the result is what the application is to see of it.
    fn header_line(&mut self, line: &Line, listening: Listening, now: Instant) -> Result<Option<Vec<u8>>> {
        let State::ReadingHead(_, handshake) = &mut self.state else {
            return Ok(None);
        };
        let head = handshake.head();
        let raw = head.raw(line);
        self.log.data(curl_infotype::CURLINFO_HEADER_IN, raw);
        self.facts.status = head.status;
        self.facts.http_version = Some(head.version);
        let shown = listening.header.then(|| raw.to_vec());
        if line.kind == LineKind::End {
            self.facts.headers.keep(head);
            self.facts.headers.end_head();
            match head.status {
                101 => self.upgraded()?,
                100..=199 => handshake.reader.next_head(),
                _ => self.refuse(now),
            }
        }
        Ok(shown)
    }

    /// A complete 101: verified before the application sees its last line, so that nothing is let in.
    fn upgraded(&mut self) -> Result<()> {
        let State::ReadingHead(stream, handshake) = std::mem::replace(&mut self.state, State::Over(None)) else {
            return Ok(());
        };
        self.note_head(handshake.head());
        let agreed = upgrade::verify(handshake.head(), &handshake.sent)
            .and_then(|accepted| Ok((self.deflate_params(&accepted, &handshake.sent)?, accepted)));
        let (deflate_params, accepted) = match agreed {
            Ok(agreed) => agreed,
            Err(error) => {
                self.abandon(*stream);
                return Err(error);
            }
        };
        self.note_accepted(accepted);
        let early = stream.available().len();
        self.facts.open(stream.received(), stream.sent(), early);
        self.timers.stop(Timer::Connect);
        self.config.opening = None;
        self.log.text(|| "[WS] the opening handshake is complete".to_string());
        let log = Log::new(self.config.verbose);
        self.state = State::Open(Box::new(WebSocket::new(
            *stream,
            self.config.websocket,
            deflate_params,
            log,
        )));
        Ok(())
    }

    /// What was agreed on about compression. The application may have worded the offer itself; without
    /// `CURLWS_COMPRESS`, and in raw mode, what the server accepts of it is the application's affair.
    fn deflate_params(&self, accepted: &Accepted, sent: &SentRequest) -> Result<Option<DeflateParams>> {
        if !self.config.websocket.compress || self.config.websocket.raw {
            return Ok(None);
        }
        let ours = |extension: &&Extension| extension.name == deflate::NAME;
        let Some(answer) = accepted.extensions.iter().find(ours) else {
            return Ok(None);
        };
        let offers: Vec<_> = sent.extensions.iter().filter(ours).map(parameters).collect();
        DeflateParams::new(&offers, &parameters(answer)).map(Some).map_err(|problem| {
            Error::new(
                CURLcode::CURLE_WEIRD_SERVER_REPLY,
                format!(
                    "Sec-WebSocket-Extensions in the upgrade response: {problem} (RFC 7692 section 7.1): wanted an answer \
                     to \"{}\", got \"{}\"",
                    show(&sent.extensions),
                    show(&accepted.extensions)
                ),
            )
        })
    }

    fn note_accepted(&mut self, accepted: Accepted) {
        if !accepted.extensions.is_empty() {
            self.facts.extensions = CString::new(show(&accepted.extensions)).ok();
        }
        self.facts.protocol = accepted.protocol.and_then(|protocol| CString::new(protocol).ok());
    }

    fn refuse(&mut self, now: Instant) {
        if let State::ReadingHead(stream, handshake) = std::mem::replace(&mut self.state, State::Over(None)) {
            let head = handshake.head().clone();
            self.note_head(&head);
            let wanted = upgrade::body_hint(&head);
            self.timers.set(Timer::Refusal, now + REFUSAL_PATIENCE);
            self.state = State::Refused(
                stream,
                Box::new(Refusal {
                    head,
                    body: Vec::new(),
                    wanted,
                }),
            );
        }
    }

    fn note_head(&mut self, head: &ResponseHead) {
        // No header has a NUL in it.
        let text = |name: &str| CString::new(head.get(name).next()?).ok();
        self.facts.content_type = text("content-type");
        self.facts.location = text("location");
        self.facts.retry_after = head
            .get("retry-after")
            .next()
            .and_then(|value| str::from_utf8(value).ok())
            .and_then(|value| value.trim().parse().ok());
    }

    fn no_answer(&self) -> Error {
        let peer = self.config.peer_name();
        let text = if self.facts.header_size == 0 {
            format!("Empty reply from server: {peer} closed the connection without an answer to the opening handshake")
        } else {
            format!("{peer} closed the connection inside its answer to the opening handshake")
        };
        Error::new(CURLcode::CURLE_GOT_NOTHING, text)
    }
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
