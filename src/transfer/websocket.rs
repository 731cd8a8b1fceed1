//! The open WebSocket: bytes between the [`Stream`] and the [`Connection`], and what the `curl_ws_` functions do with them.

use std::cell::Cell;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::net::socket::Socket;
use crate::random;
use crate::trace::{Trace, TraceLine};
use crate::transfer::delivery::{Chunk, Next};
use crate::transfer::flags::{self, SendFlags};
use crate::transfer::retry::Retry;
use crate::transport::{Fill, Stream};
use crate::types::codes::CURLcode;
use crate::types::structs::{curl_infotype, curl_ws_frame};
use crate::ws::deflate::DeflateParams;
use crate::ws::{self, Connection, Event, Frame, FrameStart, Kind, ProtocolError, SendError, State};

/// How the application wants its WebSocket: `CURLOPT_WS_OPTIONS` and the other options of that prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// the application asks for frames (`CURLOPT_CONNECT_ONLY`), no callback gets them
    pub connect_only: bool,
    /// the application reads and writes frames itself
    pub raw: bool,
    /// PING frames are answered and not delivered
    pub auto_pong: bool,
    /// compression is offered in the opening handshake
    pub compress: bool,
    /// TEXT and CLOSE frames are checked, CLOSE is answered; in force from the opening handshake on
    pub strict: bool,
    /// time between keep-alive PING frames
    pub ping_interval: Option<Duration>,
    /// how long their PONG frames may take
    pub pong_timeout: Option<Duration>,
    /// the largest message that may be received, in bytes
    pub max_message: Option<u64>,
}

impl Settings {
    fn config(&self, verbose: bool) -> ws::Config {
        ws::Config {
            strict: self.strict,
            answer_ping: self.auto_pong && !self.raw,
            answer_close: self.strict || (!self.connect_only && self.auto_pong && !self.raw),
            announce_failure: !self.raw,
            ping_interval: self.ping_interval.filter(|_| !self.raw),
            pong_timeout: self.pong_timeout,
            max_message: self.max_message,
            report_headers: verbose,
        }
    }
}

/// What an attempt to send did with the caller's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// how many of them are sent
    pub count: usize,
    /// the socket takes no more for now
    pub blocked: bool,
}

/// How often one call asks the socket before it returns without a result: each time brings up to one receive buffer of frames
/// that are not for the application.
const FILLS_PER_CALL: usize = 8;

/// Automatic PONG frames queue up behind at most this many unsent bytes; beyond that only the newest is kept.
const PONG_BACKLOG: usize = 8 * 1024;

/// A WebSocket whose opening handshake is complete.
pub struct WebSocket {
    connection: Connection,
    stream: Stream,
    /// the call of `curl_ws_send` that is not complete
    retry: Option<Retry>,
    settings: Settings,
    failure: Option<Error>,
    received_any: bool,
    trace: Trace,
}

impl WebSocket {
    /// A WebSocket over `stream`, which may have received frames already. With `deflate` messages are compressed.
    pub(crate) fn new(stream: Stream, settings: Settings, deflate: Option<DeflateParams>, trace: Trace) -> WebSocket {
        let config = settings.config(trace.is_enabled());
        let received_any = !stream.available().is_empty();
        WebSocket {
            connection: Connection::new(config, deflate.as_ref(), random::masking_key),
            stream,
            retry: None,
            settings,
            failure: None,
            received_any,
            trace,
        }
    }

    /// The stream below.
    pub(crate) fn stream(&self) -> &Stream {
        &self.stream
    }

    /// The stream below, for raw bytes.
    pub(crate) fn stream_mut(&mut self) -> &mut Stream {
        &mut self.stream
    }

    /// Sends what is pending and TLS's close_notify, best effort, and returns the socket.
    pub(crate) fn close(mut self) -> Socket {
        self.write_pending();
        self.stream.close_notify();
        self.stream.into_socket()
    }

    /// The application has changed its options.
    pub(crate) fn set_settings(&mut self, settings: Settings, verbose: bool) {
        self.settings = settings;
        self.trace.enable(verbose);
        self.connection.set_config(settings.config(verbose));
    }

    /// The settings in force.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The oldest line of verbose output.
    #[inline]
    pub(crate) fn next_trace_line(&mut self) -> Option<TraceLine> {
        self.trace.pop()
    }

    /// There is verbose output.
    #[inline]
    pub(crate) fn has_trace(&self) -> bool {
        !self.trace.is_empty()
    }

    /// `CURLWS_STRICT` was set at the opening handshake.
    pub(crate) fn is_strict(&self) -> bool {
        self.connection.is_strict()
    }

    /// The error that ended this WebSocket: every further call returns it.
    pub(crate) fn check(&self) -> Result<()> {
        match &self.failure {
            Some(failure) => Err(failure.clone()),
            None => Ok(()),
        }
    }

    /// Where the closing handshake stands.
    pub(crate) fn state(&self) -> State {
        self.connection.state()
    }

    /// The status code of the peer's CLOSE frame, 1005 for one without.
    pub(crate) fn close_code(&self) -> Option<u16> {
        self.connection.close_code()
    }

    /// How long the last keep-alive PING took to be answered.
    pub(crate) fn round_trip(&self) -> Option<Duration> {
        self.connection.round_trip()
    }

    // ---- receiving: curl_ws_recv

    /// Delivers bytes of one frame into `buffer`, as many as are there and fit. `CURLE_AGAIN` when there are none.
    ///
    /// An empty `buffer` asks for the next frame's header without consuming payload.
    #[inline(always)]
    pub(crate) fn receive(&mut self, buffer: &mut [u8], frame: &Cell<curl_ws_frame>) -> Result<()> {
        if self.needs_attention() {
            self.before_receiving()?;
        }
        let received = match self.receive_available(buffer, frame) {
            true => Ok(()),
            false => self.receive_any(buffer, frame),
        };
        // What the program does not get now must keep the descriptor readable.
        let more = self.is_deliverable();
        self.stream.settle(more)?;
        received
    }

    /// The next bytes of the pending frame, where all that are wanted are in the receive buffer. `false`: they are not.
    #[inline(always)]
    fn receive_available(&mut self, buffer: &mut [u8], meta_of: &Cell<curl_ws_frame>) -> bool {
        let Some(frame) = self.connection.payload() else {
            return false;
        };
        let count = frame.remaining.min(buffer.len() as u64) as usize;
        let (Some(payload), Some(wanted)) = (self.stream.available().get(..count), buffer.get_mut(..count)) else {
            return false;
        };
        if count == 0 {
            return false;
        }
        let received = meta(frame, count);
        if self.connection.check_payload(payload).is_err() {
            return false;
        }
        meta_of.set(received);
        wanted.copy_from_slice(payload);
        self.connection.take_payload(payload);
        self.stream.consume(count);
        true
    }

    /// A call must do more than frames.
    #[inline]
    fn needs_attention(&self) -> bool {
        self.connection.needs_attention() || self.stream.has_output()
    }

    fn before_receiving(&mut self) -> Result<()> {
        self.check()?;
        self.write_pending();
        match self.connection.is_over() {
            true => Err(self.closed_error()),
            false => Ok(()),
        }
    }

    /// The same with everything that may be the case, the socket included.
    fn receive_any(&mut self, buffer: &mut [u8], meta_of: &Cell<curl_ws_frame>) -> Result<()> {
        if self.is_drained() {
            self.fill_or_end()?;
            let header = self.connection.begin_short(self.stream.available());
            self.stream.consume(header);
            if self.receive_available(buffer, meta_of) {
                return Ok(());
            }
        }
        let received = self.receive_frame(buffer);
        if self.needs_attention() {
            self.write_pending();
        }
        meta_of.set(received?);
        Ok(())
    }

    fn receive_frame(&mut self, buffer: &mut [u8]) -> Result<curl_ws_frame> {
        for _ in 0..FILLS_PER_CALL {
            match self.next_event() {
                Ok(Event::Payload(frame)) => {
                    if let Some(frame) = self.copy_payload(frame, buffer)? {
                        return Ok(frame);
                    }
                }
                Ok(Event::Memory(frame)) => return self.copy_memory(frame, buffer),
                Ok(_) => {}
                Err(error) => return Err(self.fail(error)),
            }
            self.fill_or_end()?;
        }
        Err(nothing_yet())
    }

    /// The next frame that is due, or that more input is needed.
    fn next_event(&mut self) -> std::result::Result<Event, ProtocolError> {
        if let Some(frame) = self.connection.payload() {
            return Ok(Event::Payload(*frame));
        }
        loop {
            let (used, event) = self.connection.receive(self.stream.available());
            self.stream.consume(used);
            match event? {
                event @ Event::Payload(_) => return Ok(event),
                event => {
                    if let Some(event) = self.handle_event(event) {
                        return Ok(event);
                    }
                }
            }
        }
    }

    fn handle_event(&mut self, event: Event) -> Option<Event> {
        match event {
            Event::Control => {
                self.note_pong();
                self.queue_pending();
                None
            }
            Event::Header(frame) => {
                self.trace.text(|| {
                    let more = if frame.fin { "" } else { ", more fragments follow" };
                    format!(
                        "[WS] received {} frame, {} bytes{more}",
                        frame.kind.name(),
                        frame.length()
                    )
                });
                None
            }
            Event::NeedInput if self.stream.tls().is_none() => Some(event),
            Event::NeedInput => match self.fill_from_memory() {
                Ok(Fill::Data) => None,
                _ => Some(event),
            },
            event => Some(event),
        }
    }

    /// Moves payload of `frame` into `buffer`: from memory first, then straight from the socket. `None`: none is there yet.
    fn copy_payload(&mut self, frame: Frame, buffer: &mut [u8]) -> Result<Option<curl_ws_frame>> {
        self.stream.expect_payload(frame.length());
        if frame.remaining > 0 && buffer.is_empty() {
            return Ok(Some(meta(&frame, 0)));
        }
        let received = Cell::default();
        if self.receive_available(buffer, &received) {
            return Ok(Some(received.get()));
        }
        let wanted = buffer.len().min(usize::try_from(frame.remaining).unwrap_or(usize::MAX));
        let count = self.copy_directly(&mut buffer[..wanted])?;
        if count == 0 && frame.remaining > 0 {
            return Ok(None);
        }
        let payload = &buffer[..count];
        let checked = self.connection.check_payload(payload);
        self.connection.take_payload(payload);
        match checked {
            Ok(()) => Ok(Some(meta(&frame, count))),
            Err(error) => Err(self.fail(error)),
        }
    }

    /// Moves payload from the receive buffer and then straight from the socket, and returns how much that was.
    fn copy_directly(&mut self, wanted: &mut [u8]) -> Result<usize> {
        let available = self.stream.available();
        let mut count = available.len().min(wanted.len());
        wanted[..count].copy_from_slice(&available[..count]);
        self.stream.consume(count);
        while count < wanted.len() {
            match self.stream.fill_directly(&mut wanted[count..], count > 0) {
                Ok((Fill::Data, more)) => {
                    self.received_any = true;
                    self.trace
                        .data(curl_infotype::CURLINFO_DATA_IN, &wanted[count..count + more]);
                    count += more;
                }
                Ok((Fill::Blocked | Fill::End, _)) => break,
                // What came before the error is delivered first; the next call returns the error.
                Err(error) if count == 0 => return Err(error),
                Err(_) => break,
            }
            if self.stream.tls().is_none() {
                break;
            }
        }
        Ok(count)
    }

    /// Delivers from the connection's memory: a collected control frame, or inflated payload.
    fn copy_memory(&mut self, frame: Frame, buffer: &mut [u8]) -> Result<curl_ws_frame> {
        self.begin_delivery(frame)?;
        self.stream.expect_payload(0);
        let mut copied = 0;
        loop {
            let memory = self.connection.memory();
            let count = memory.len().min(buffer.len() - copied);
            buffer[copied..copied + count].copy_from_slice(&memory[..count]);
            copied += count;
            let pending = self.connection.memory_pending() - count;
            // Without room only a frame without payload is consumed.
            self.connection.take_memory(count);
            if pending == 0 || copied == buffer.len() {
                return Ok(memory_meta(frame, copied, pending));
            }
            // More of the same frame may be inflated from what is here.
            match self.next_event() {
                Ok(Event::Memory(_)) => {}
                // The error is returned by the next call.
                _ => return Ok(memory_meta(frame, copied, 1)),
            }
        }
    }

    fn begin_delivery(&mut self, frame: Frame) -> Result<()> {
        let begun = self.connection.begin_delivery(frame);
        begun.map_err(|error| self.fail(error))
    }

    /// Whether [`WebSocket::receive`] would return something other than `CURLE_AGAIN` without asking the socket. Goes on to
    /// the next frame for that, and deals with control frames on the way.
    #[inline(always)]
    fn is_deliverable(&mut self) -> bool {
        let input = self.stream.available();
        let header = self.connection.begin_short(input);
        if header > 0 && input.len() > header {
            self.stream.consume(header);
            return true;
        }
        if input.is_empty() && self.is_drained() {
            return false;
        }
        self.stream.consume(header);
        let deliverable = self.is_event_deliverable();
        if self.needs_attention() {
            self.write_pending();
        }
        deliverable
    }

    /// Nothing can come of what is in memory: the socket must be asked.
    #[inline]
    fn is_drained(&self) -> bool {
        self.connection.is_between_frames()
            && self.stream.available().is_empty()
            && self.stream.tls().is_none()
            && self.failure.is_none()
    }

    fn is_event_deliverable(&mut self) -> bool {
        if self.failure.is_some() {
            return true;
        }
        if self.connection.is_over() {
            return false;
        }
        match self.next_event() {
            Ok(Event::Payload(frame)) => {
                frame.remaining == 0
                    || !self.stream.available().is_empty()
                    || matches!(self.fill_from_memory(), Ok(Fill::Data) | Err(_))
            }
            Ok(Event::Memory(_)) | Err(_) => true,
            Ok(_) => false,
        }
    }

    /// Whether [`WebSocket::receive`] would return something other than `CURLE_AGAIN`. Reads from the socket what there is
    /// room for.
    pub(crate) fn is_readable(&mut self) -> bool {
        let mut fills = 0;
        let readable = loop {
            let raw = self.settings.raw && !self.stream.available().is_empty();
            if raw || self.failure.is_some() || self.connection.is_over() || self.is_deliverable() {
                break true;
            }
            if fills == FILLS_PER_CALL {
                break false;
            }
            fills += 1;
            match self.fill() {
                Ok(Fill::Data) => {}
                Ok(Fill::Blocked) => break false,
                Ok(Fill::End) | Err(_) => break true,
            }
        };
        self.write_pending();
        // The call that receives returns an error.
        let _ = self.stream.settle(readable);
        readable
    }

    /// Releases what an application that gets control for the first time needn't find in the kernel. Nothing is decoded
    /// yet: the application may read the bytes itself.
    pub(crate) fn settle(&mut self) -> Result<()> {
        if self.stream.available().is_empty() {
            self.fill_from_memory()?;
        }
        self.stream.settle(!self.stream.available().is_empty())
    }

    fn fill(&mut self) -> Result<Fill> {
        let before = self.stream.available().len();
        let filled = self.stream.fill();
        self.note_filled(before);
        filled
    }

    fn fill_from_memory(&mut self) -> Result<Fill> {
        let before = self.stream.available().len();
        let filled = self.stream.fill_from_memory();
        self.received_any |= matches!(filled, Ok(Fill::Data));
        self.note_filled(before);
        filled
    }

    #[inline]
    fn note_filled(&mut self, before: usize) {
        if self.trace.is_enabled()
            && let Some(fresh) = self.stream.available().get(before..)
            && !fresh.is_empty()
        {
            self.trace.data(curl_infotype::CURLINFO_DATA_IN, fresh);
        }
    }

    /// More bytes, or the reason why there are none.
    fn fill_or_end(&mut self) -> Result<()> {
        match self.fill() {
            Ok(Fill::Data) => {
                self.received_any = true;
                Ok(())
            }
            Ok(Fill::Blocked) => Err(nothing_yet()),
            Ok(Fill::End) => Err(self.unfinished().unwrap_or_else(eof_error)),
            Err(_) if self.may_be_cut_off() => Err(eof_error()),
            Err(error) => Err(error),
        }
    }

    /// The stream may break off: after the peer's CLOSE frame nothing can be missing. A server that closes without reading the
    /// answer resets the connection, and many leave out TLS's close_notify.
    fn may_be_cut_off(&self) -> bool {
        self.connection.close_code().is_some() && self.unfinished().is_none()
    }

    /// The error of a stream that ends now, `None` if it may.
    fn unfinished(&self) -> Option<Error> {
        let text = match self.connection.received_frame() {
            Some(frame) => format!(
                "[WS] the server closed the connection inside a {} frame, {} of {} bytes short",
                frame.kind.name(),
                frame.remaining,
                frame.length()
            ),
            None if !self.stream.available().is_empty() => {
                "[WS] the server closed the connection inside a frame header".to_string()
            }
            None => return None,
        };
        Some(Error::new(CURLcode::CURLE_RECV_ERROR, text))
    }

    fn closed_error(&self) -> Error {
        Error::new(
            CURLcode::CURLE_GOT_NOTHING,
            format!(
                "[WS] the server closed the WebSocket with status {}",
                self.connection.close_code().unwrap_or(ws::close::NO_STATUS)
            ),
        )
    }

    // ---- receiving: the write callback

    /// The next chunk of at most `limit` bytes for the write callback.
    pub(crate) fn next_chunk(&mut self, limit: usize) -> Result<Next> {
        self.check()?;
        for _ in 0..FILLS_PER_CALL {
            if !self.is_drained()
                && let Some(chunk) = self.chunk_in_memory(limit)?
            {
                return Ok(Next::Chunk(chunk));
            }
            if self.connection.is_over() {
                return Ok(self.await_end());
            }
            self.write_pending();
            match self.fill() {
                Ok(Fill::Data) => self.received_any = true,
                Ok(Fill::Blocked) => return Ok(Next::Blocked),
                Ok(Fill::End) => return self.finish(),
                Err(_) if self.may_be_cut_off() => return self.finish(),
                Err(error) => return Err(error),
            }
        }
        Ok(Next::Busy)
    }

    fn chunk_in_memory(&mut self, limit: usize) -> Result<Option<Chunk>> {
        if self.settings.raw {
            let length = self.stream.available().len().min(limit);
            return Ok((length > 0).then(|| Chunk::raw(self.stream.lend(), length)));
        }
        let header = self.connection.begin_short(self.stream.available());
        self.stream.consume(header);
        match self.next_event() {
            Ok(Event::Payload(frame)) => self.payload_chunk(frame, limit),
            Ok(Event::Memory(frame)) => self.memory_chunk(frame, limit).map(Some),
            Ok(_) => Ok(None),
            Err(error) => Err(self.fail(error)),
        }
    }

    fn payload_chunk(&mut self, frame: Frame, limit: usize) -> Result<Option<Chunk>> {
        let Some(length) = chunk_length(&frame, self.stream.available(), limit) else {
            return Ok(None);
        };
        let payload = &self.stream.available()[..length];
        if let Err(error) = self.connection.check_payload(payload) {
            return Err(self.fail(error));
        }
        Ok(Some(Chunk::of_stream(self.stream.lend(), meta(&frame, length))))
    }

    fn memory_chunk(&mut self, frame: Frame, limit: usize) -> Result<Chunk> {
        self.begin_delivery(frame)?;
        let memory = self.connection.memory();
        let memory = &memory[..memory.len().min(limit)];
        let pending = self.connection.memory_pending() - memory.len();
        Ok(Chunk::of_memory(memory, memory_meta(frame, memory.len(), pending)))
    }

    /// The application has taken `chunk`. Becomes the next chunk in the same memory, if frames are all there is to do.
    #[inline(always)]
    pub(crate) fn next_in(&mut self, chunk: &mut Chunk, limit: usize) -> bool {
        self.take_chunk(chunk);
        if !chunk.is_of_stream() || self.settings.raw || self.needs_attention() || self.trace.is_enabled() {
            return false;
        }
        let used = match self.connection.begin_short(chunk.input()) {
            0 => self.connection.receive(chunk.input()).0,
            header => header,
        };
        chunk.skip(used);
        let Some(frame) = self.connection.payload() else {
            return false;
        };
        let Some(length) = chunk_length(frame, chunk.input(), limit) else {
            return false;
        };
        let meta = meta(frame, length);
        if self.connection.check_payload(&chunk.input()[..length]).is_err() {
            return false;
        }
        chunk.show(meta);
        true
    }

    #[inline(always)]
    fn take_chunk(&mut self, chunk: &mut Chunk) {
        if chunk.is_of_stream() {
            if chunk.meta().is_some() {
                self.connection.take_payload(chunk.bytes());
            }
            chunk.taken();
        } else {
            self.connection.take_memory(chunk.bytes().len());
            chunk.taken();
        }
    }

    /// Takes a chunk's memory back. What the application has not taken is given to it again.
    pub(crate) fn chunk_done(&mut self, mut chunk: Chunk, taken: bool) {
        if taken && !chunk.is_taken() {
            self.take_chunk(&mut chunk);
        }
        if let Some(buffer) = chunk.into_stream_buffer() {
            self.stream.restore(buffer);
        }
    }

    /// After the closing handshake only the end of the stream matters.
    fn await_end(&mut self) -> Next {
        self.write_pending();
        let count = self.stream.available().len();
        self.stream.consume(count);
        match self.fill() {
            Ok(Fill::Data | Fill::Blocked) => Next::Blocked,
            Ok(Fill::End) | Err(_) => Next::End,
        }
    }

    fn finish(&mut self) -> Result<Next> {
        self.write_pending();
        if let Some(error) = self.unfinished() {
            return Err(error);
        }
        if let Some(error) = self.stream.write_error()
            && (self.connection.close_code().is_none() || self.retry.is_some())
        {
            return Err(error.clone());
        }
        if !self.received_any && self.stream.available().is_empty() {
            return Err(Error::new(
                CURLcode::CURLE_GOT_NOTHING,
                "[WS] the server closed the connection right after the opening handshake",
            ));
        }
        Ok(Next::End)
    }

    // ---- sending

    /// `curl_ws_send` outside raw mode, without waiting. `Sent::blocked` with nothing sent is `CURLE_AGAIN`.
    ///
    /// A call that is refused changes nothing: the frame that is open can still be finished.
    #[inline(always)]
    pub(crate) fn send(&mut self, data: &[u8], frame_size: i64, flags: u32) -> Result<Sent> {
        if self.connection.needs_attention() {
            self.check()?;
        }
        let flags = SendFlags::parse(flags)?;
        let mut encoded = match &self.retry {
            Some(retry) => retry.unreported,
            None => 0,
        };
        if self.is_frame_open() {
            self.check_continued(data, flags)?;
        } else {
            let length = if flags.pieces { frame_size } else { data.len() as i64 };
            if (flags.pieces || flags.kind == Some(Kind::Close))
                && let Some(sent) = self.check_special(data, length, flags)?
            {
                return Ok(sent);
            }
            encoded = self.start(flags, length, data)?;
        }
        self.push(data, encoded)
    }

    /// A frame has begun and the caller has not given all of it, or not been told that it is sent.
    #[inline]
    pub(crate) fn is_frame_open(&self) -> bool {
        self.retry.is_some() || self.connection.open_frame().is_some()
    }

    /// A fragmented message was begun and not ended.
    pub(crate) fn has_open_message(&self) -> bool {
        self.connection.open_message().is_some()
    }

    /// `curl_ws_start_frame`: writes a frame's header, its payload is to follow. Nothing is sent yet.
    pub(crate) fn start_frame(&mut self, flags: u32, length: i64) -> Result<()> {
        self.check()?;
        if self.is_frame_open() {
            return Err(send_error(SendError::Unfinished(self.connection.send_remaining())));
        }
        let flags = SendFlags::parse(flags)?;
        if flags.kind == Some(Kind::Close) {
            self.connection.check_own_close(None).map_err(send_error)?;
        }
        self.start(flags, length, &[]).map(|_| ())
    }

    /// Checks a CLOSE frame, or the first piece of a frame. `Some`: there is nothing to send.
    fn check_special(&self, data: &[u8], length: i64, flags: SendFlags) -> Result<Option<Sent>> {
        if flags.kind == Some(Kind::Close) {
            if self.is_close_answered() {
                let (count, blocked) = (data.len(), false);
                return Ok(Some(Sent { count, blocked }));
            }
            let payload = (!flags.pieces).then_some(data);
            self.connection.check_own_close(payload).map_err(send_error)?;
        }
        match u64::try_from(length) {
            Ok(frame) if data.len() as u64 > frame => {
                let piece = data.len();
                Err(send_error(SendError::LongPiece { piece, frame }))
            }
            _ => Ok(None),
        }
    }

    /// Outside of strict mode the peer's CLOSE frame was answered: the application's own is accepted and not sent again.
    fn is_close_answered(&self) -> bool {
        !self.connection.is_strict() && self.connection.close_code().is_some() && !self.connection.may_start()
    }

    /// Starts a frame and encodes the first piece of its payload: as much of `data` as there is room for.
    #[inline(always)]
    fn start(&mut self, flags: SendFlags, length: i64, data: &[u8]) -> Result<usize> {
        if length < 0 {
            return Err(negative(length));
        }
        if self.trace.is_enabled() {
            self.note_pong();
        }
        let frame = FrameStart {
            kind: flags.kind,
            more: flags.more,
            plain: flags.plain,
            length: length as u64,
        };
        let first = &data[..data.len().min(self.stream.room())];
        let out = self.stream.output(first.len());
        let before = out.len();
        match self.connection.start_frame(frame, first, out) {
            Ok(kind) => {
                if self.trace.is_enabled() {
                    self.note_sending(kind, frame, before);
                }
                Ok(first.len())
            }
            Err(error) => {
                self.stream.drop_if_empty();
                Err(send_error(error))
            }
        }
    }

    /// Encodes and sends `data`, of which the first `encoded` bytes are encoded already.
    #[inline(always)]
    fn push(&mut self, data: &[u8], encoded: usize) -> Result<Sent> {
        let mut unreported = encoded;
        let mut count = 0;
        loop {
            if count + unreported < data.len() {
                unreported += self.encode(&data[count + unreported..])?;
            }
            if !self.stream.flush()? {
                return Ok(self.blocked(data.len(), count, unreported));
            }
            count += unreported;
            unreported = 0;
            if count >= data.len() {
                break;
            }
        }
        self.retry = None;
        if self.connection.wants_write() {
            // What had to wait for the end of the frame.
            self.write_pending();
        }
        Ok(Sent { count, blocked: false })
    }

    /// The socket takes no more: what is told to the caller, and what the next call must bring.
    #[cold]
    fn blocked(&mut self, wanted: usize, count: usize, unreported: usize) -> Sent {
        let stuck = match self.stream.tls().is_none() && self.connection.is_byte_for_byte() {
            true => unreported.min(self.stream.unsent()),
            false => unreported,
        };
        let count = count + unreported - stuck;
        let kind = match &self.retry {
            Some(retry) => retry.kind,
            None => self.connection.last_kind(),
        };
        self.retry = Some(Retry::new(kind, stuck, if count == 0 { wanted } else { 0 }));
        Sent { count, blocked: true }
    }

    /// Encodes payload of the open frame, as much as there is room for.
    fn encode(&mut self, data: &[u8]) -> Result<usize> {
        let mut encoded = 0;
        while encoded < data.len() {
            let room = self.stream.room();
            if room == 0 {
                break;
            }
            let piece = &data[encoded..data.len().min(encoded + room)];
            let out = self.stream.output(piece.len());
            let before = out.len();
            self.connection.send(piece, out).map_err(send_error)?;
            self.note_output(before);
            self.stream.encrypt()?;
            encoded += piece.len();
        }
        Ok(encoded)
    }

    fn check_continued(&self, data: &[u8], flags: SendFlags) -> Result<()> {
        let retry = self.retry.as_ref();
        let (again, unreported) = retry.map_or((0, 0), |retry| (retry.again, retry.unreported));
        let open = retry.and_then(|retry| retry.kind).or(self.connection.open_frame());
        let room = self.connection.send_remaining() + unreported as u64;
        let wrong = if let (Some(asked), Some(open)) = (flags.kind, open)
            && asked != open
        {
            format!(
                "a {} frame can't start inside a {} frame that is not finished",
                asked.name(),
                open.name()
            )
        } else if data.len() < again.max(unreported) {
            format!(
                "the call after CURLE_AGAIN must bring the same {} bytes again, not {}",
                again.max(unreported),
                data.len()
            )
        } else if data.len() as u64 > room {
            format!("{} bytes are more than the {room} that the frame has left", data.len())
        } else {
            return Ok(());
        };
        Err(Error::new(
            CURLcode::CURLE_BAD_FUNCTION_ARGUMENT,
            format!("[WS] {wrong}"),
        ))
    }

    /// `curl_ws_close`: sends a CLOSE frame, once. It may still wait for the socket.
    pub(crate) fn send_close(&mut self, code: u16, reason: &[u8]) -> Result<()> {
        ws::close::payload(code, reason).map_err(|error| send_error(SendError::Close(error)))?;
        self.check()?;
        if self.is_close_answered() {
            return Ok(());
        }
        if self.is_frame_open() && self.connection.may_start() {
            return Err(Error::new(
                CURLcode::CURLE_SEND_ERROR,
                format!(
                    "[WS] a CLOSE frame can't start while the last frame lacks {} bytes of payload",
                    self.connection.send_remaining()
                ),
            ));
        }
        let out = self.stream.output(0);
        let before = out.len();
        let closed = self.connection.close(code, reason, out);
        self.note_output(before);
        self.stream.drop_if_empty();
        closed.map_err(send_error)?;
        self.trace.text(|| format!("[WS] sent CLOSE frame with status {code}"));
        self.stream.flush().map(|_| ())
    }

    /// Bytes that leave as they are: raw mode and `curl_easy_send`. Bytes that are not reported were not taken.
    pub(crate) fn send_raw(&mut self, data: &[u8]) -> Result<Sent> {
        self.check()?;
        let count = self.stream.send_raw(data)?;
        self.trace.data(curl_infotype::CURLINFO_DATA_OUT, &data[..count]);
        Ok(Sent {
            count,
            blocked: count < data.len(),
        })
    }

    // ---- uploads

    /// Payload of an upload: fills the frame that the read callback started, or is a BINARY frame of its own.
    pub(crate) fn send_upload(&mut self, data: &[u8]) -> Result<()> {
        self.check()?;
        if self.settings.raw {
            self.stream.output(data.len()).extend_from_slice(data);
            self.trace.data(curl_infotype::CURLINFO_DATA_OUT, data);
            return Ok(());
        }
        if self.connection.open_frame().is_none() {
            self.start(SendFlags::BINARY, data.len() as i64, &[])?;
        }
        let room = self.connection.send_remaining();
        if data.len() as u64 > room {
            return Err(Error::new(
                CURLcode::CURLE_BAD_FUNCTION_ARGUMENT,
                format!(
                    "[WS] the read callback returned {} bytes where the frame it started takes {room} more",
                    data.len()
                ),
            ));
        }
        let out = self.stream.output(data.len());
        let before = out.len();
        self.connection.send(data, out).map_err(send_error)?;
        self.note_output(before);
        self.stream.encrypt()
    }

    /// Payload bytes that the frame of an upload still takes.
    pub(crate) fn upload_room(&self) -> Option<u64> {
        let open = self.connection.open_frame();
        open.map(|_| self.connection.send_remaining())
    }

    /// The application may start another frame.
    pub(crate) fn may_start(&self) -> bool {
        self.connection.may_start()
    }

    /// The sending half is broken.
    pub(crate) fn write_error(&self) -> Option<&Error> {
        self.stream.write_error()
    }

    // ---- what is due

    /// Bytes wait for the socket to become writable.
    pub(crate) fn wants_write(&self) -> bool {
        self.stream.unsent() > 0 || self.connection.wants_write()
    }

    /// Hands pending bytes to the kernel; `true` when none are left.
    pub(crate) fn flush(&mut self) -> Result<bool> {
        self.stream.flush()
    }

    /// Sends the PONG and the CLOSE that are due, if a frame may start now and the socket takes it. An error shows in the
    /// next send, or at the end of the stream; receiving goes on.
    pub(crate) fn write_pending(&mut self) {
        if self.connection.wants_write() && self.stream.unsent() == 0 {
            self.note_pong();
            self.write_control();
        }
        if self.stream.unsent() > 0 {
            let _ = self.stream.flush();
        }
    }

    /// Queues the PONG that is due, unless too much is waiting already.
    fn queue_pending(&mut self) {
        if self.connection.wants_write() && self.stream.unsent() < PONG_BACKLOG {
            self.write_control();
        }
    }

    fn write_control(&mut self) {
        let state = self.connection.state();
        let out = self.stream.output(0);
        let before = out.len();
        self.connection.write_pending(out);
        self.note_output(before);
        if self.connection.state() != state {
            self.trace
                .text(|| "[WS] sent CLOSE frame that answers the server's".to_string());
        }
        self.stream.drop_if_empty();
    }

    /// Sends the keep-alive PING that is due.
    pub(crate) fn handle_timeout(&mut self, now: Instant) -> Result<()> {
        if !self.connection.keeps_alive() {
            return Ok(());
        }
        let idle = self.stream.unsent() == 0;
        let out = self.stream.output(0);
        let before = out.len();
        let sent = self.connection.handle_timeout(now, idle, out);
        self.note_output(before);
        if sent.map_err(send_error)? {
            self.trace.text(|| "[WS] sending keep-alive PING frame".to_string());
            // An error shows in the next send; receiving goes on.
            let _ = self.stream.flush();
        }
        self.stream.drop_if_empty();
        Ok(())
    }

    /// Fails when the PONG did not come in time. To be asked once everything that has come was received.
    pub(crate) fn check_pong(&mut self, now: Instant) -> Result<()> {
        let checked = self.connection.check_pong(now);
        checked.map_err(|error| self.fail(error))
    }

    /// Keep-alive is on, so that the time matters.
    #[inline]
    pub(crate) fn keeps_alive(&self) -> bool {
        self.connection.keeps_alive()
    }

    /// When [`WebSocket::handle_timeout`] or, where the peer is `listened` to, [`WebSocket::check_pong`] is to be called.
    pub(crate) fn deadline(&self, listened: bool) -> Option<Instant> {
        self.connection.poll_timeout(listened)
    }

    // ---- failing

    /// A message of more than `limit` bytes comes: the WebSocket fails.
    pub(crate) fn refuse_message(&mut self, limit: u64) -> Error {
        self.fail(ProtocolError::TooLarge(limit))
    }

    /// The application can't go on: the connection can't be used any more, and every further call returns `error`.
    pub(crate) fn give_up(&mut self, error: Error) {
        let code = (!self.is_frame_open()).then_some(1001);
        self.failure = Some(error);
        self.connection.abandon(code, self.stream.output(0));
        self.stream.shutdown();
    }

    /// Fails the WebSocket connection (RFC 6455 section 7.1.7): tells the peer why, best effort, and every later call.
    #[cold]
    fn fail(&mut self, error: ProtocolError) -> Error {
        let failure = protocol_error(error);
        self.failure = Some(failure.clone());
        let out = self.stream.output(0);
        let before = out.len();
        self.connection.fail(error, out);
        self.note_output(before);
        self.stream.shutdown();
        failure
    }

    // ---- verbose output

    #[cold]
    fn note_sending(&mut self, kind: Kind, frame: FrameStart, before: usize) {
        self.trace.text(|| {
            let more = if frame.more { ", more fragments follow" } else { "" };
            format!("[WS] sending {} frame, {} bytes{more}", kind.name(), frame.length)
        });
        self.note_output(before);
    }

    #[inline]
    fn note_output(&mut self, before: usize) {
        if self.trace.is_enabled()
            && let Some(fresh) = self.stream.pending_output().get(before..)
            && !fresh.is_empty()
        {
            self.trace.data(curl_infotype::CURLINFO_DATA_OUT, fresh);
        }
    }

    fn note_pong(&mut self) {
        if self.trace.is_enabled()
            && self.connection.wants_write()
            && let Some(payload) = self.connection.pending_pong()
        {
            let length = payload.len();
            self.trace.text(|| format!("[WS] sending PONG frame, {length} bytes"));
        }
    }
}

/// The part of `input` that is the next chunk of `frame`; `None` if more input is needed.
#[inline]
fn chunk_length(frame: &Frame, input: &[u8], limit: usize) -> Option<usize> {
    let length = input
        .len()
        .min(limit)
        .min(usize::try_from(frame.remaining).unwrap_or(usize::MAX));
    (length > 0 || frame.remaining == 0).then_some(length)
}

#[inline]
fn meta(frame: &Frame, length: usize) -> curl_ws_frame {
    curl_ws_frame {
        age: 0,
        flags: flags::received(frame.kind, frame.fin),
        offset: frame.offset as i64,
        bytesleft: (frame.remaining - length as u64) as i64,
        len: length,
    }
}

/// Of an inflated frame only a lower bound of what is still to come is known.
fn memory_meta(frame: Frame, length: usize, pending: usize) -> curl_ws_frame {
    curl_ws_frame {
        age: 0,
        flags: flags::received(frame.kind, frame.fin),
        offset: frame.offset as i64,
        bytesleft: pending as i64,
        len: length,
    }
}

/// A protocol error as libcurl's code and a text.
fn protocol_error(error: ProtocolError) -> Error {
    match error {
        ProtocolError::TooLarge(_) => Error::new(CURLcode::CURLE_TOO_LARGE, format!("[WS] {error}")),
        ProtocolError::Corrupt => Error::new(CURLcode::CURLE_BAD_CONTENT_ENCODING, format!("[WS] {error}")),
        ProtocolError::NoPong(_) => Error::new(CURLcode::CURLE_OPERATION_TIMEDOUT, format!("[WS] {error}")),
        violation => Error::new(
            CURLcode::CURLE_RECV_ERROR,
            format!("[WS] protocol violation by the server: {violation}"),
        ),
    }
}

/// A refused frame as libcurl's code and a text.
#[cold]
fn send_error(error: SendError) -> Error {
    let code = match error {
        SendError::Unfinished(_) | SendError::AfterClose | SendError::Compression => CURLcode::CURLE_SEND_ERROR,
        SendError::LongControl(..) => CURLcode::CURLE_TOO_LARGE,
        SendError::NoKey => CURLcode::CURLE_FAILED_INIT,
        SendError::NothingToContinue
        | SendError::FragmentedControl(_)
        | SendError::LongPiece { .. }
        | SendError::Close(_) => CURLcode::CURLE_BAD_FUNCTION_ARGUMENT,
    };
    Error::new(code, format!("[WS] {error}"))
}

#[cold]
fn negative(length: i64) -> Error {
    Error::new(
        CURLcode::CURLE_SEND_ERROR,
        format!("[WS] a frame can't have a negative length ({length})"),
    )
}

fn eof_error() -> Error {
    Error::new(CURLcode::CURLE_GOT_NOTHING, "[WS] the server closed the connection")
}

fn nothing_yet() -> Error {
    Error::new(CURLcode::CURLE_AGAIN, "[WS] nothing to receive yet")
}
