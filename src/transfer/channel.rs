//! An open WebSocket: what is received, which duties that brings, and when it has failed.

use std::time::Duration;

use crate::error::{Error, Result};
use crate::net::socket::Socket;
use crate::trace::Trace;
use crate::transfer::closing::Closing;
use crate::transfer::deflating::Deflating;
use crate::transfer::frames::{inflated_meta, meta};
use crate::transfer::inflating::Inflating;
use crate::transfer::keepalive::KeepAlive;
use crate::transfer::message::{Breach, Message};
use crate::transfer::quick::Quiet;
use crate::transfer::sending::Sender;
use crate::transport::{Fill, Stream};
use crate::types::codes::CURLcode;
use crate::types::structs::curl_ws_frame;
use crate::ws::deflate::Agreement;
use crate::ws::{Decoder, Frame, MAX_CONTROL_PAYLOAD};

/// A WebSocket whose opening handshake is complete.
pub struct Channel {
    pub(super) stream: Stream,
    pub(super) sender: Sender,
    pub(super) decoder: Decoder,
    pub(super) settings: Settings,
    /// `CURLWS_STRICT`, as it was when the WebSocket opened
    pub(super) strict: bool,
    /// what compression needs, where it was agreed on
    pub(super) deflate: Option<Box<Deflate>>,
    pub(super) message: Message,
    /// the payload of the control frame that is collected, or was
    pub(super) control: Control,
    /// the frame that is being received goes to `control` first
    pub(super) collecting: bool,
    /// the control frame in `control`, to be delivered from there
    pub(super) held: Option<Frame>,
    /// the newest PONG that is due (RFC 6455 section 5.5.3 asks for no more)
    pub(super) pong: Option<Control>,
    pub(super) closing: Closing,
    pub(super) keep_alive: Option<Box<KeepAlive>>,
    pub(super) failure: Option<Error>,
    /// what comes is looked at before it is asked for
    pub(super) looking_ahead: bool,
    /// what was found then and fails the WebSocket once it is its turn
    pub(super) ahead: Option<Breach>,
    pub(super) received_any: bool,
    pub(super) quiet: Quiet,
    /// the last message was a short one that came alone
    pub(super) brief: bool,
    pub(super) log: Trace,
}

/// Both directions of the compression of a connection.
pub(super) struct Deflate {
    pub(super) inflating: Inflating,
    pub(super) deflating: Deflating,
}

/// How the application wants its WebSocket: `CURLOPT_WS_OPTIONS` and the other options of that prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// the application asks for frames (`CURLOPT_CONNECT_ONLY`), no callback gets them
    pub on_request: bool,
    /// the application reads and writes frames itself
    pub raw: bool,
    /// PINGs are answered here and not shown
    pub auto_pong: bool,
    /// compression is offered; looked at before the opening handshake
    pub compress: bool,
    /// text and CLOSE frames are checked, CLOSE is answered; looked at when the WebSocket opens
    pub strict: bool,
    /// time between keep-alive PINGs
    pub ping_interval: Option<Duration>,
    /// how long their PONGs may take
    pub pong_timeout: Option<Duration>,
    /// the largest message that may come, in bytes
    pub max_message: Option<u64>,
}

/// The payload of a control frame, at most [`MAX_CONTROL_PAYLOAD`] bytes; without memory while empty.
#[derive(Debug, Default)]
pub(super) struct Control(Vec<u8>);

impl Control {
    pub(super) fn payload(&self) -> &[u8] {
        &self.0
    }

    /// Appends `bytes`; the decoder lets no control frame be longer than there is room.
    pub(super) fn extend(&mut self, bytes: &[u8]) {
        let room = MAX_CONTROL_PAYLOAD - self.0.len();
        self.0.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}

impl Channel {
    /// A channel over `stream`, which may have received frames already. With an agreement messages are compressed.
    pub fn new(stream: Stream, settings: Settings, agreement: Option<Agreement>, log: Trace) -> Channel {
        let deflate = agreement.map(|agreement| {
            Box::new(Deflate {
                inflating: Inflating::new(&agreement),
                deflating: Deflating::new(&agreement),
            })
        });
        let mut message = Message::new(settings.strict);
        message.set_limit(settings.max_message);
        Channel {
            stream,
            sender: Sender::default(),
            decoder: Decoder::new(deflate.is_some()),
            settings,
            strict: settings.strict,
            deflate,
            message,
            control: Control::default(),
            collecting: false,
            held: None,
            pong: None,
            closing: Closing::default(),
            keep_alive: None,
            failure: None,
            looking_ahead: false,
            ahead: None,
            received_any: false,
            quiet: Quiet::Not,
            brief: false,
            log,
        }
    }

    /// The stream below.
    pub fn stream(&self) -> &Stream {
        &self.stream
    }

    pub(super) fn stream_mut(&mut self) -> &mut Stream {
        &mut self.stream
    }

    /// Ends the connection in the orderly way and gives back its socket.
    pub fn close(mut self) -> Socket {
        self.stream.say_goodbye();
        self.stream.into_socket()
    }

    /// What has been noted for verbose output.
    pub fn log(&mut self) -> &mut Trace {
        &mut self.log
    }

    /// The application may have changed its options.
    pub fn set_settings(&mut self, settings: Settings) {
        self.settings = settings;
        self.message.set_limit(settings.max_message);
    }

    /// The settings in force.
    pub fn settings(&self) -> Settings {
        self.settings
    }

    /// The error that ended this WebSocket, if one did: every further call returns it.
    pub fn check(&self) -> Result<()> {
        match &self.failure {
            Some(failure) => Err(failure.clone()),
            None => Ok(()),
        }
    }

    // ---- curl_ws_recv

    /// Delivers bytes of one frame into `buffer`, as many as are there and fit. `CURLE_AGAIN` when there are none.
    ///
    /// An empty `buffer` asks for the next frame's head without consuming payload.
    pub fn receive(&mut self, buffer: &mut [u8]) -> Result<curl_ws_frame> {
        let received = self.receive_chunk(buffer);
        self.answer();
        let more = self.has_deliverable();
        let settled = self.stream.settle(more);
        let chunk = received?;
        settled?;
        self.calm();
        Ok(chunk)
    }

    fn receive_chunk(&mut self, buffer: &mut [u8]) -> Result<curl_ws_frame> {
        self.check()?;
        if let Some(breach) = self.ahead.take() {
            return Err(self.breached(breach));
        }
        self.answer();
        loop {
            match self.next_frame()? {
                None if self.is_closed() => return Err(self.closed_error()),
                None => {}
                Some(frame) if frame.compressed => {
                    if let Some(chunk) = self.copy_inflated(frame, buffer)? {
                        return Ok(chunk);
                    }
                }
                Some(frame) if frame.remaining == 0 => {
                    self.pass(frame, &[])?;
                    self.take(0);
                    return Ok(meta(frame, 0));
                }
                Some(frame) if buffer.is_empty() => return Ok(meta(frame, 0)),
                Some(frame) => match self.copy_payload(frame, buffer)? {
                    0 => {}
                    count => return Ok(meta(frame, count)),
                },
            }
            self.fill_or_end()?;
        }
    }

    fn copy_inflated(&mut self, frame: Frame, buffer: &mut [u8]) -> Result<Option<curl_ws_frame>> {
        let mut copied = 0;
        loop {
            if !self.inflate()? {
                break;
            }
            let Some(deflate) = &mut self.deflate else { break };
            let (count, rest) = deflate.inflating.deliverable(buffer.len() - copied);
            buffer[copied..copied + count].copy_from_slice(&deflate.inflating.ready.bytes()[..count]);
            copied += count;
            // Without room this shows the head alone; nothing is consumed but a frame without payload.
            deflate.inflating.take(count);
            if rest == 0 || copied == buffer.len() {
                return Ok(Some(inflated_meta(frame, copied, rest)));
            }
        }
        Ok((copied > 0).then(|| inflated_meta(frame, copied, 1)))
    }

    /// Moves payload of `frame` into `buffer`: from memory first, then straight from the socket.
    fn copy_payload(&mut self, frame: Frame, buffer: &mut [u8]) -> Result<usize> {
        let wanted = buffer.len().min(usize::try_from(frame.remaining).unwrap_or(usize::MAX));
        let wanted = &mut buffer[..wanted];
        if self.held.is_some() {
            let start = frame.offset as usize;
            wanted.copy_from_slice(&self.control.payload()[start..start + wanted.len()]);
            self.take(wanted.len());
            return Ok(wanted.len());
        }
        let available = self.stream.available();
        let mut copied = available.len().min(wanted.len());
        wanted[..copied].copy_from_slice(&available[..copied]);
        self.stream.consume(copied);
        while copied < wanted.len() {
            match self.stream.fill_directly(&mut wanted[copied..], copied > 0) {
                Ok((Fill::Data, count)) => copied += count,
                Ok((Fill::Blocked | Fill::End, _)) => break,
                // What came before the error is delivered first; the error is told again by the next call.
                Err(error) if copied == 0 => return Err(error),
                Err(_) => break,
            }
            if self.stream.tls().is_none() {
                break;
            }
        }
        self.pass(frame, &wanted[..copied])?;
        self.take(copied);
        Ok(copied)
    }

    /// More bytes, or the reason why there are none.
    fn fill_or_end(&mut self) -> Result<()> {
        match self.stream.fill()? {
            Fill::Data => {
                self.received_any = true;
                Ok(())
            }
            Fill::Blocked => Err(Error::new(CURLcode::CURLE_AGAIN, "[WS] nothing to receive yet")),
            Fill::End => Err(self.end_error()),
        }
    }

    fn end_error(&self) -> Error {
        match self.unfinished() {
            Some(error) => error,
            None => Error::new(CURLcode::CURLE_GOT_NOTHING, "[WS] the server closed the connection"),
        }
    }

    /// The error of a stream that ends now, `None` if it may.
    pub(super) fn unfinished(&self) -> Option<Error> {
        let error = match self.decoder.frame() {
            Some(frame) => format!(
                "[WS] the server closed the connection inside a {} frame, {} of {} bytes short",
                frame.kind.name(),
                frame.remaining,
                frame.length()
            ),
            None if !self.stream.available().is_empty() => {
                "[WS] the server closed the connection inside a frame head".to_string()
            }
            None => return None,
        };
        Some(Error::new(CURLcode::CURLE_RECV_ERROR, error))
    }
}
