//! A client's end of an open WebSocket (RFC 6455, RFC 7692): bytes in, events out, bytes to send.

use std::time::{Duration, Instant};

use super::buffers::Buffers;
use super::close;
use super::closing::{Closing, State};
use super::decoder::Frame;
use super::deflate::DeflateParams;
use super::error::{CloseError, ProtocolError, SendError};
use super::frame::Kind;
use super::keepalive::{self, KeepAlive};
use super::mask::MaskingKeys;
use super::receiver::{Collect, Received, Receiver};
use super::sender::{FrameStart, Sender};

/// How an endpoint behaves. All but `strict` may change while the connection is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Config {
    /// TEXT and CLOSE frames are checked, CLOSE is answered and ends both directions
    pub strict: bool,
    /// PING frames are answered and not delivered
    pub answer_ping: bool,
    /// a CLOSE frame is answered once it is delivered
    pub answer_close: bool,
    /// a CLOSE frame tells the peer why the connection fails
    pub announce_failure: bool,
    /// time between keep-alive PING frames
    pub ping_interval: Option<Duration>,
    /// how long their PONG frames may take
    pub pong_timeout: Option<Duration>,
    /// the largest message that may be received, in bytes
    pub max_message: Option<u64>,
    /// every frame header is reported
    pub report_headers: bool,
}

/// What [`Connection::receive`] found in its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// All of it was used, except for an incomplete header.
    NeedInput,
    /// A header was read (only with [`Config::report_headers`]).
    Header(Frame),
    /// A frame is due whose payload is at the front of the remaining input, as far as it has come.
    Payload(Frame),
    /// A frame is due whose payload is in [`Connection::memory`].
    Memory(Frame),
    /// A PING was received. A PONG may be due: call [`Connection::write_pending`].
    Ping,
    /// A keep-alive PING was answered: call [`Connection::measure_round_trip`].
    Pong,
}

/// What a call must look after besides frames. 0 on most connections most of the time: one test instead of five.
mod attention {
    /// the connection has failed
    pub(super) const FAILED: u8 = 1;
    /// a PONG or CLOSE is due
    pub(super) const PENDING: u8 = 2;
    /// the closing handshake has begun
    pub(super) const CLOSING: u8 = 4;
    /// keep-alive is on
    pub(super) const KEEP_ALIVE: u8 = 8;
    /// messages are checked or limited, or headers are reported
    pub(super) const CHECKS: u8 = 16;
}

/// The protocol state of an open WebSocket. It does no I/O and has no clock.
#[derive(Debug)]
pub(crate) struct Connection<K = fn() -> Option<[u8; 4]>> {
    attention: u8,
    collect: Collect,
    receiver: Receiver,
    sender: Sender<K>,
    config: Config,
    closing: Closing,
    /// a PING is not answered: `pong` is its payload
    is_pong_due: bool,
    pong: Vec<u8>,
    keep_alive: KeepAlive,
}

impl<K: MaskingKeys> Connection<K> {
    /// A connection whose opening handshake is complete. With `deflate` messages may be compressed.
    pub(crate) fn new(config: Config, deflate: Option<&DeflateParams>, keys: K) -> Connection<K> {
        let mut connection = Connection {
            attention: 0,
            collect: Collect::default(),
            receiver: Receiver::new(config.strict, deflate),
            sender: Sender::new(keys, deflate),
            config,
            closing: Closing::default(),
            is_pong_due: false,
            pong: Vec::new(),
            keep_alive: KeepAlive::default(),
        };
        connection.set_config(config);
        connection
    }

    /// Takes the memory for compression from `buffers`.
    pub(crate) fn use_buffers(&mut self, buffers: Buffers) {
        self.receiver.use_buffers(buffers);
        self.sender.use_buffers(buffers);
    }

    /// Changes the configuration; `strict` stays as it was.
    pub(crate) fn set_config(&mut self, config: Config) {
        if config.ping_interval.is_none() {
            self.keep_alive = KeepAlive::default();
        } else if config.ping_interval != self.config.ping_interval {
            self.keep_alive.restart();
        }
        self.config = Config {
            strict: self.config.strict,
            ..config
        };
        self.receiver.set_limit(config.max_message);
        self.set_attention(attention::KEEP_ALIVE, config.ping_interval.is_some());
        let checks = self.config.strict || config.max_message.is_some() || config.report_headers;
        self.set_attention(attention::CHECKS, checks);
        self.update_collect();
    }

    fn update_collect(&mut self) {
        let unanswered = self.keep_alive.unanswered().is_some();
        self.collect = Collect {
            ping: self.config.answer_ping,
            close: self.config.strict,
            pong: unanswered.then_some(keepalive::PAYLOAD as u64),
            headers: self.config.report_headers,
        };
    }

    // ---- state

    /// A call must look after more than frames: a failure, a due control frame, the closing handshake, keep-alive, checks.
    #[inline]
    pub(crate) fn needs_attention(&self) -> bool {
        self.attention != 0
    }

    /// Keep-alive is on, so that the time matters.
    #[inline]
    pub(crate) fn keeps_alive(&self) -> bool {
        self.attention & attention::KEEP_ALIVE != 0
    }

    /// TEXT and CLOSE frames are checked.
    pub(crate) fn is_strict(&self) -> bool {
        self.config.strict
    }

    /// Where the closing handshake stands.
    pub(crate) fn state(&self) -> State {
        self.closing.state()
    }

    /// The status code of the peer's CLOSE frame, 1005 for one without.
    pub(crate) fn close_code(&self) -> Option<u16> {
        self.closing.received()
    }

    /// The reason in the peer's CLOSE frame, empty in one without.
    pub(crate) fn close_reason(&self) -> Option<&[u8]> {
        self.closing.reason()
    }

    /// In strict mode: the peer's CLOSE frame was delivered. What it sends after that has no meaning (section 1.4).
    #[inline]
    pub(crate) fn is_over(&self) -> bool {
        self.attention & attention::CLOSING != 0
            && self.config.strict
            && self.closing.received().is_some()
            && !self.receiver.holds_control()
    }

    /// A frame has begun on the wire and is not complete.
    pub(crate) fn received_frame(&self) -> Option<Frame> {
        self.receiver.frame()
    }

    /// The answer to a keep-alive PING was received `now`.
    pub(crate) fn measure_round_trip(&mut self, now: Instant) {
        self.keep_alive.measure_round_trip(now);
    }

    /// The round trip of the last keep-alive PING.
    pub(crate) fn round_trip(&self) -> Option<Duration> {
        self.keep_alive.round_trip()
    }

    // ---- receiving

    /// The frame whose payload is at the front of the input, if one has begun.
    #[inline]
    pub(crate) fn payload(&self) -> Option<&Frame> {
        self.receiver.payload()
    }

    /// The same if nothing of what is delivered has to be looked at first, as TEXT in strict mode and CLOSE.
    #[inline(always)]
    pub(crate) fn unchecked_payload(&self) -> Option<&Frame> {
        self.receiver.unchecked_payload()
    }

    /// Every frame that has begun was delivered: nothing can be delivered without further input.
    #[inline]
    pub(crate) fn is_between_frames(&self) -> bool {
        self.receiver.is_between_frames()
    }

    /// [`Connection::receive`] for the commonest case: the header of a whole short message, where nothing is
    /// checked. Returns the length of the header, 0 for everything else.
    #[inline(always)]
    pub(crate) fn begin_whole_message(&mut self, input: &[u8]) -> usize {
        if !self.receiver.is_between_frames() || self.attention & attention::CHECKS != 0 {
            return 0;
        }
        self.receiver.begin_whole_message(input)
    }

    /// Goes on to the next frame that is due, from the front of `input`. Also returns how many bytes of `input` were used.
    ///
    /// An error is final. It has no consequences before [`Connection::fail`], so that frames before it can still be answered.
    pub(crate) fn receive(&mut self, input: &[u8]) -> (usize, Result<Event, ProtocolError>) {
        let (used, received) = self.receiver.next(input, self.collect);
        let event = match received {
            Ok(Received::Payload(frame)) => Ok(Event::Payload(frame)),
            Ok(Received::Memory(frame)) => Ok(Event::Memory(frame)),
            Ok(Received::NeedInput) => Ok(Event::NeedInput),
            Ok(Received::Header(frame)) => Ok(Event::Header(frame)),
            Ok(Received::Control(frame)) => Ok(self.control_received(frame)),
            Err(error) => Err(error),
        };
        (used, event)
    }

    fn control_received(&mut self, frame: Frame) -> Event {
        match frame.kind {
            Kind::Ping => {
                // Section 5.5.2: after the peer's CLOSE frame none is needed, and after its answer none may follow.
                if self.may_start() || self.closing.received().is_none() {
                    self.receiver.swap_control(&mut self.pong);
                    self.is_pong_due = true;
                    self.set_attention(attention::PENDING, true);
                }
                Event::Ping
            }
            Kind::Pong if self.keep_alive.takes(self.receiver.control()) => {
                self.update_collect();
                Event::Pong
            }
            _ => {
                self.receiver.hold(frame);
                Event::Memory(frame)
            }
        }
    }

    /// Payload of the frame of [`Event::Memory`] that can be delivered now.
    pub(crate) fn memory(&self) -> &[u8] {
        self.receiver.memory()
    }

    /// How many bytes that frame has left at least, with those that can't be delivered yet: 0 at its end only.
    pub(crate) fn memory_pending(&self) -> usize {
        self.receiver.memory_pending()
    }

    /// The frame of [`Event::Memory`] is about to be delivered: in strict mode a CLOSE frame is checked and counts as received
    /// (section 7.1.5).
    pub(crate) fn begin_delivery(&mut self, frame: Frame) -> Result<(), ProtocolError> {
        if frame.kind != Kind::Close || !self.config.strict || self.closing.received().is_some() {
            return Ok(());
        }
        let code = close::check(self.receiver.control()).map_err(ProtocolError::Close)?;
        self.closing.set_payload(self.receiver.control());
        self.peer_closed(code);
        Ok(())
    }

    /// Checks payload that is about to be delivered, which the caller has at the front of its input or has read straight into
    /// the application's memory. It may be checked again before it is taken.
    #[inline(always)]
    pub(crate) fn check_payload(&mut self, bytes: &[u8]) -> Result<(), ProtocolError> {
        match self.receiver.inspects_payload() {
            true => self.receiver.check_payload(bytes),
            false => Ok(()),
        }
    }

    /// `bytes` of the pending frame were delivered. With its last byte (also 0 of 0) the frame ends.
    #[inline(always)]
    pub(crate) fn take_payload(&mut self, bytes: &[u8]) {
        if self.receiver.inspects_payload() {
            self.note_close(bytes);
        }
        self.receiver.take(bytes.len());
    }

    /// `count` bytes of [`Connection::memory`] were delivered.
    pub(crate) fn take_memory(&mut self, count: usize) {
        self.receiver.take(count);
    }

    /// For a CLOSE frame that is delivered as it comes, outside of strict mode.
    fn note_close(&mut self, bytes: &[u8]) {
        if let Some(&frame) = self.receiver.payload()
            && frame.kind == Kind::Close
            && let Some(code) = self.closing.note_payload(frame, bytes)
        {
            self.peer_closed(code);
        }
    }

    fn peer_closed(&mut self, code: Option<u16>) {
        self.closing.set_received(code, self.config.answer_close);
        self.set_attention(attention::CLOSING, true);
        self.set_attention(attention::PENDING, self.has_pending());
    }

    // ---- sending

    /// The kind of the frame whose payload is not complete: no other frame may start.
    #[inline]
    pub(crate) fn open_frame(&self) -> Option<Kind> {
        self.sender.open_frame()
    }

    /// The kind of the frame that was started last.
    pub(crate) fn last_kind(&self) -> Option<Kind> {
        self.sender.last_kind()
    }

    /// Payload bytes that the open frame still takes.
    #[inline]
    pub(crate) fn send_remaining(&self) -> u64 {
        self.sender.remaining()
    }

    /// The kind of the fragmented message that is open.
    pub(crate) fn open_message(&self) -> Option<Kind> {
        self.sender.open_message()
    }

    /// Each byte of the open frame's payload becomes one on the wire: it is not compressed.
    #[inline]
    pub(crate) fn is_byte_for_byte(&self) -> bool {
        self.sender.is_byte_for_byte()
    }

    /// No frame that is sent is compressed.
    pub(crate) fn sends_plain(&self) -> bool {
        self.sender.is_plain()
    }

    /// The last `count` payload bytes of the open frame, which is not compressed, were not sent: [`Connection::send`] is to get
    /// them again.
    pub(crate) fn take_back(&mut self, count: usize) {
        self.sender.take_back(count as u64);
    }

    /// A frame may start: no CLOSE frame that ends this side was sent or is due.
    pub(crate) fn may_start(&self) -> bool {
        !self.closing.is_last_sent()
    }

    /// Starts a frame with the `first` piece of its payload; the rest is to follow with [`Connection::send`].
    ///
    /// A due PONG is written first, between frames. An error changes nothing else.
    #[inline(always)]
    pub(crate) fn start_frame(
        &mut self,
        frame: FrameStart,
        first: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<Kind, SendError> {
        if self.attention & (attention::CLOSING | attention::PENDING) != 0 {
            if self.closing.is_last_sent() {
                return Err(SendError::AfterClose);
            }
            self.write_pong(out);
        }
        let kind = self.sender.start(frame, first, out)?;
        if kind == Kind::Close {
            self.closing.set_sent(self.config.strict);
            self.set_attention(attention::CLOSING, true);
        }
        Ok(kind)
    }

    /// In strict mode a caller's CLOSE frame is checked: `payload` is all of it, `None` if it comes in pieces.
    pub(crate) fn check_own_close(&self, payload: Option<&[u8]>) -> Result<(), SendError> {
        if !self.config.strict {
            return Ok(());
        }
        let payload = payload.ok_or(SendError::Close(CloseError::Pieces))?;
        close::check(payload).map(|_| ()).map_err(SendError::Close)
    }

    /// Writes payload of the open frame, at most [`Connection::send_remaining`] bytes. With the last one the frame ends.
    #[inline]
    pub(crate) fn send(&mut self, payload: &[u8], out: &mut Vec<u8>) -> Result<(), SendError> {
        self.sender.payload(payload, out)
    }

    /// Writes a CLOSE frame, the last frame of this side but for PONG frames while the peer's CLOSE frame has not come.
    pub(crate) fn close(&mut self, code: u16, reason: &[u8], out: &mut Vec<u8>) -> Result<(), SendError> {
        let payload = close::payload(code, reason).map_err(SendError::Close)?;
        if self.closing.is_last_sent() {
            return Err(SendError::AfterClose);
        }
        if self.sender.open_frame().is_some() {
            return Err(SendError::Unfinished(self.sender.remaining()));
        }
        self.write_pong(out);
        self.write_close(&payload, out)
    }

    /// Writes the PONG and the CLOSE that are due, unless a frame is open (section 5.4: control frames go between frames).
    pub(crate) fn write_pending(&mut self, out: &mut Vec<u8>) {
        if self.attention & attention::PENDING == 0 || self.sender.open_frame().is_some() {
            return;
        }
        self.write_pong(out);
        if let Some(code) = self.closing.answer() {
            let code = code.map(u16::to_be_bytes);
            // Without a masking key nothing can be sent: the peer gets no answer.
            let _ = self.write_close(code.as_ref().map_or(&[], |code| code), out);
        }
    }

    /// A PONG or a CLOSE is due and can be written now.
    #[inline]
    pub(crate) fn wants_write(&self) -> bool {
        self.attention & attention::PENDING != 0 && self.sender.open_frame().is_none()
    }

    /// The PONG that is due, for verbose output.
    pub(crate) fn pending_pong(&self) -> Option<&[u8]> {
        self.is_pong_due.then_some(&self.pong)
    }

    fn write_pong(&mut self, out: &mut Vec<u8>) {
        if self.sender.open_frame().is_none() && std::mem::take(&mut self.is_pong_due) {
            // As in write_pending: without a masking key there is no answer.
            let _ = self.sender.control(Kind::Pong, &self.pong, out);
            self.set_attention(attention::PENDING, self.has_pending());
        }
    }

    fn write_close(&mut self, payload: &[u8], out: &mut Vec<u8>) -> Result<(), SendError> {
        self.sender.control(Kind::Close, payload, out)?;
        self.closing.set_sent(true);
        self.set_attention(attention::CLOSING, true);
        self.set_attention(attention::PENDING, self.has_pending());
        Ok(())
    }

    fn has_pending(&self) -> bool {
        self.is_pong_due || self.closing.answer().is_some()
    }

    // ---- failing

    /// Fails the connection (section 7.1.7): nothing more is received, and a CLOSE frame tells the peer why, if a frame can
    /// start.
    pub(crate) fn fail(&mut self, error: ProtocolError, out: &mut Vec<u8>) {
        self.receiver.fail(error);
        self.abandon(Some(error.close_code()), out);
    }

    /// The caller gives the connection up. With a `code` a CLOSE frame tells the peer, if a frame can start.
    pub(crate) fn abandon(&mut self, code: Option<u16>, out: &mut Vec<u8>) {
        self.set_attention(attention::FAILED, true);
        if let Some(code) = code
            && self.config.announce_failure
            && self.sender.open_frame().is_none()
            && !self.closing.is_sent()
        {
            self.write_pong(out);
            let _ = self.write_close(&code.to_be_bytes(), out);
        }
    }

    // ---- keep-alive

    /// Writes the PING that is due and returns whether there was one; `idle`: no output waits for the socket.
    pub(crate) fn handle_timeout(&mut self, now: Instant, idle: bool, out: &mut Vec<u8>) -> Result<bool, SendError> {
        let Some(interval) = self.config.ping_interval else {
            return Ok(false);
        };
        if !self.keep_alive.is_due(now, interval) || self.attention & attention::FAILED != 0 {
            return Ok(false);
        }
        if !self.may_start() || self.sender.open_frame().is_some() {
            return Ok(false);
        }
        // While the peer takes no data, one PING in the queue is enough.
        if !idle && self.keep_alive.unanswered().is_some() {
            self.keep_alive.postpone(now, interval);
            return Ok(false);
        }
        let payload = self.keep_alive.next_payload(self.sender.keys())?;
        self.sender.control(Kind::Ping, &payload, out)?;
        self.keep_alive.set_sent(payload, now, interval);
        self.update_collect();
        Ok(true)
    }

    /// Whether the PONG did not come in time. To be asked once everything that has come was received.
    pub(crate) fn check_pong(&self, now: Instant) -> Result<(), ProtocolError> {
        match (self.pong_deadline(), self.config.pong_timeout) {
            (Some(deadline), Some(timeout)) if deadline <= now => Err(ProtocolError::NoPong(timeout)),
            _ => Ok(()),
        }
    }

    /// When [`Connection::handle_timeout`] or, where the peer is `listened` to, [`Connection::check_pong`] is to be called.
    pub(crate) fn poll_timeout(&self, listened: bool) -> Option<Instant> {
        if !self.keeps_alive() || self.attention & attention::FAILED != 0 || !self.may_start() {
            return None;
        }
        let ping = self.keep_alive.due().filter(|_| self.sender.open_frame().is_none());
        let pong = self.pong_deadline().filter(|_| listened);
        ping.into_iter().chain(pong).min()
    }

    fn pong_deadline(&self) -> Option<Instant> {
        let sent = self.keep_alive.unanswered()?;
        (self.attention & attention::FAILED == 0 && self.may_start()).then_some(sent + self.config.pong_timeout?)
    }

    fn set_attention(&mut self, bit: u8, on: bool) {
        match on {
            true => self.attention |= bit,
            false => self.attention &= !bit,
        }
    }
}
