//! Where the byte stream and the protocol meet: input to the connection, its output to the stream, and failing.

use std::time::Instant;

use super::error::{eof_error, protocol_error, send_error};
use crate::error::{Error, Result};
use crate::io::pool;
use crate::random::MaskingKeys;
use crate::trace::Trace;
use crate::transport::{Fill, Stream};
use crate::types::codes::CURLcode;
use crate::types::structs::curl_infotype;
use crate::ws::deflate::DeflateParams;
use crate::ws::{self, Buffers, Connection, Event, Frame, Kind, ProtocolError};

/// How often one call asks the socket before it returns without a result: each time brings up to one receive buffer of frames
/// that are not for the application.
pub(super) const FILLS_PER_CALL: usize = 8;

/// Automatic PONG frames queue up behind at most this many unsent bytes; beyond that only the newest is kept.
const PONG_BACKLOG: usize = 8 * 1024;

/// The connection, the stream below it and verbose output. The files beside this one move bytes between the three.
pub(super) struct Wire {
    pub(super) connection: Connection<MaskingKeys>,
    pub(super) stream: Stream,
    pub(super) trace: Trace,
    raw: bool,
    received_any: bool,
    uploaded: u64,
    delivered: u64,
    failure: Option<Error>,
}

impl Wire {
    /// `stream` may have received frames already.
    pub(super) fn new(
        stream: Stream,
        config: ws::Config,
        raw: bool,
        deflate: Option<&DeflateParams>,
        trace: Trace,
    ) -> Wire {
        let mut connection = Connection::new(config, deflate, MaskingKeys::default());
        connection.use_buffers(Buffers {
            take: pool::take,
            give: pool::give,
        });
        Wire {
            connection,
            received_any: stream.has_available(),
            uploaded: 0,
            delivered: 0,
            stream,
            trace,
            raw,
            failure: None,
        }
    }

    /// The error that ended this WebSocket: every further call returns it.
    #[inline]
    pub(super) fn check(&self) -> Result<()> {
        match &self.failure {
            Some(failure) => Err(failure.clone()),
            None => Ok(()),
        }
    }

    /// It has failed: [`Wire::check`] tells why.
    pub(super) fn has_failed(&self) -> bool {
        self.failure.is_some()
    }

    /// The application reads and writes frames itself.
    #[inline]
    pub(super) fn is_raw(&self) -> bool {
        self.raw
    }

    pub(super) fn set_raw(&mut self, raw: bool) {
        self.raw = raw;
    }

    /// Something has come since the opening handshake.
    pub(super) fn has_received_any(&self) -> bool {
        self.received_any
    }

    /// Bytes of an upload, with the headers of its frames.
    pub(super) fn uploaded(&self) -> u64 {
        self.uploaded
    }

    /// What was written behind the first `before` bytes is of an upload.
    pub(super) fn count_upload(&mut self, before: usize) {
        self.uploaded += (self.output_length() - before) as u64;
    }

    /// Bytes that the write callback has taken.
    pub(super) fn delivered(&self) -> u64 {
        self.delivered
    }

    /// The write callback has taken `count` bytes.
    #[inline]
    pub(super) fn count_delivered(&mut self, count: usize) {
        self.delivered += count as u64;
    }

    /// A call must do more than frames.
    #[inline]
    pub(super) fn needs_attention(&self) -> bool {
        self.connection.needs_attention() || self.stream.has_output()
    }

    /// What may be encoded now of the payload `data` that is next.
    #[inline(always)]
    pub(super) fn next_piece<'a>(&mut self, data: &'a [u8]) -> &'a [u8] {
        let room = self.stream.room();
        match data.len() <= room {
            true => data,
            false => &data[..self.long_room(data.len(), room)],
        }
    }

    #[inline(never)]
    fn long_room(&mut self, length: usize, room: usize) -> usize {
        match self.connection.sends_plain() && !self.trace.is_enabled() {
            true => self.stream.long_room(length, room),
            false => room,
        }
    }

    /// Takes back what the socket does not take of a long piece, so that little memory waits for it: at most `count` bytes of
    /// payload. Returns how many.
    pub(super) fn take_back_long_piece(&mut self, count: usize) -> usize {
        if !self.stream.has_long_piece() || self.connection.open_frame().is_none() {
            return 0;
        }
        let count = count.min(self.stream.unsent());
        self.connection.take_back(count);
        self.stream.take_back(count);
        count
    }

    /// The next frame that is due, or that more input is needed.
    pub(super) fn next_event(&mut self) -> std::result::Result<Event, ProtocolError> {
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

    pub(super) fn handle_event(&mut self, event: Event) -> Option<Event> {
        match event {
            Event::Ping => {
                self.note_pong();
                self.queue_pending();
                None
            }
            Event::Pong => {
                // The caller's time may be older than the PING's answer, and even than the PING.
                self.connection.measure_round_trip(Instant::now());
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
                Fill::Data => None,
                Fill::Blocked | Fill::End => Some(event),
            },
            event => Some(event),
        }
    }

    pub(super) fn begin_delivery(&mut self, frame: Frame) -> Result<()> {
        let begun = self.connection.begin_delivery(frame);
        begun.map_err(|error| self.fail(error))
    }

    /// Whether `curl_ws_recv` would return something other than `CURLE_AGAIN` without asking the socket. Goes on to
    /// the next frame for that, and deals with control frames on the way.
    #[inline(always)]
    pub(super) fn is_deliverable(&mut self) -> bool {
        let input = self.stream.available();
        let header = self.connection.begin_whole_message(input);
        if header > 0 && input.len() > header {
            self.stream.skip(header);
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
    #[inline(always)]
    pub(super) fn is_drained(&self) -> bool {
        self.connection.is_between_frames()
            && !self.stream.has_available()
            && self.stream.tls().is_none()
            && self.failure.is_none()
    }

    pub(super) fn is_event_deliverable(&mut self) -> bool {
        if self.failure.is_some() {
            return true;
        }
        if self.connection.is_over() {
            return false;
        }
        match self.next_event() {
            Ok(Event::Payload(frame)) => {
                frame.remaining == 0
                    || self.stream.has_available()
                    || match self.fill_from_memory() {
                        Fill::Data => true,
                        Fill::Blocked => false,
                        Fill::End => self.stream.end().is_err(),
                    }
            }
            Ok(Event::Memory(_)) | Err(_) => true,
            Ok(_) => false,
        }
    }

    /// Asks the socket for more, once.
    #[inline(always)]
    pub(super) fn fill(&mut self) -> Fill {
        let before = self.stream.available().len();
        let fill = self.stream.fill();
        if fill == Fill::Data {
            self.received_any = true;
            self.note_filled(before);
        }
        fill
    }

    pub(super) fn fill_from_memory(&mut self) -> Fill {
        let before = self.stream.available().len();
        let fill = self.stream.fill_from_memory();
        self.received_any |= fill == Fill::Data;
        self.note_filled(before);
        fill
    }

    /// `bytes` were received past the receive buffer.
    pub(super) fn note_direct(&mut self, bytes: &[u8]) {
        self.received_any = true;
        self.trace.data(curl_infotype::CURLINFO_DATA_IN, bytes);
    }

    #[inline(always)]
    pub(super) fn note_filled(&mut self, before: usize) {
        if self.trace.is_enabled()
            && let Some(fresh) = self.stream.available().get(before..)
            && !fresh.is_empty()
        {
            self.trace.data(curl_infotype::CURLINFO_DATA_IN, fresh);
        }
    }

    /// More bytes, or the reason why there are none.
    #[inline(always)]
    pub(super) fn fill_or_end(&mut self) -> Result<()> {
        match self.fill() {
            Fill::Data => Ok(()),
            Fill::Blocked => Err(Error::AGAIN),
            Fill::End => Err(self.end_error()),
        }
    }

    #[cold]
    fn end_error(&self) -> Error {
        match self.stream.end() {
            Err(error) if !self.may_be_cut_off() => error.into(),
            Err(_) => eof_error(),
            Ok(()) => self.unfinished().unwrap_or_else(eof_error),
        }
    }

    /// The stream may break off: after the peer's CLOSE frame nothing can be missing. A server that closes without reading the
    /// answer resets the connection, and many leave out TLS's close_notify.
    pub(super) fn may_be_cut_off(&self) -> bool {
        self.connection.close_code().is_some() && self.unfinished().is_none()
    }

    /// The error of a stream that ends now, `None` if it may.
    pub(super) fn unfinished(&self) -> Option<Error> {
        let text = match self.connection.received_frame() {
            Some(frame) => format!(
                "[WS] the server closed the connection inside a {} frame, {} of {} bytes short",
                frame.kind.name(),
                frame.remaining,
                frame.length()
            ),
            None if self.stream.has_available() => {
                "[WS] the server closed the connection inside a frame header".to_string()
            }
            None => return None,
        };
        Some(Error::new(CURLcode::CURLE_RECV_ERROR, text))
    }

    pub(super) fn closed_error(&self) -> Error {
        Error::new(
            CURLcode::CURLE_GOT_NOTHING,
            format!(
                "[WS] the server closed the WebSocket with status {}",
                self.connection.close_code().unwrap_or(ws::close::NO_STATUS)
            ),
        )
    }

    /// Sends the PONG and the CLOSE that are due, if a frame may start now and the socket takes it. An error shows in the
    /// next send, or at the end of the stream; receiving goes on.
    #[inline]
    pub(super) fn write_pending(&mut self) {
        if self.connection.wants_write() || self.stream.has_output() {
            self.write_now();
        }
    }

    #[inline(never)]
    fn write_now(&mut self) {
        if self.connection.wants_write() && self.stream.unsent() == 0 {
            self.note_pong();
            self.write_control();
        }
        if self.stream.unsent() > 0 {
            let _ = self.stream.flush();
        }
    }

    /// Queues the PONG that is due, unless too much is waiting already.
    pub(super) fn queue_pending(&mut self) {
        if self.connection.wants_write() && self.stream.unsent() < PONG_BACKLOG {
            self.write_control();
        }
    }

    pub(super) fn write_control(&mut self) {
        let state = self.connection.state();
        let before = self.output_length();
        self.connection.write_pending(self.stream.output(0));
        self.note_output(before);
        if self.connection.state() != state {
            self.trace
                .text(|| "[WS] sent CLOSE frame that answers the server's".to_string());
        }
        self.stream.drop_if_empty();
    }

    /// Fails the WebSocket connection (RFC 6455 section 7.1.7): tells the peer why, best effort, and every later call.
    #[cold]
    pub(super) fn fail(&mut self, error: ProtocolError) -> Error {
        let failure = protocol_error(error);
        self.failure = Some(failure.clone());
        let before = self.output_length();
        self.connection.fail(error, self.stream.output(0));
        self.note_output(before);
        self.stream.shutdown();
        failure
    }

    /// How many bytes were written and are not encrypted or sent.
    pub(super) fn output_length(&self) -> usize {
        self.stream.pending_output().len()
    }

    /// Notes for verbose output what was written behind the first `before` bytes.
    #[inline]
    pub(super) fn note_output(&mut self, before: usize) {
        if self.trace.is_enabled()
            && let Some(fresh) = self.stream.pending_output().get(before..)
            && !fresh.is_empty()
        {
            self.trace.data(curl_infotype::CURLINFO_DATA_OUT, fresh);
        }
    }

    pub(super) fn note_pong(&mut self) {
        if self.trace.is_enabled()
            && self.connection.wants_write()
            && let Some(payload) = self.connection.pending_pong()
        {
            let length = payload.len();
            self.trace.text(|| format!("[WS] sending PONG frame, {length} bytes"));
        }
    }

    #[cold]
    pub(super) fn note_sending(&mut self, kind: Kind, length: u64, more: bool, before: usize) {
        self.trace.text(|| {
            let more = if more { ", more fragments follow" } else { "" };
            format!("[WS] sending {} frame, {length} bytes{more}", kind.name())
        });
        self.note_output(before);
    }

    /// Sends the keep-alive PING that is due.
    pub(super) fn handle_timeout(&mut self, now: Instant) -> Result<()> {
        let idle = self.stream.unsent() == 0;
        let before = self.output_length();
        let sent = self.connection.handle_timeout(now, idle, self.stream.output(0));
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
    pub(super) fn check_pong(&mut self, now: Instant) -> Result<()> {
        let checked = self.connection.check_pong(now);
        checked.map_err(|error| self.fail(error))
    }

    /// Releases what an application that gets control for the first time needn't find in the kernel. Nothing is decoded
    /// yet: the application may read the bytes itself.
    pub(super) fn settle(&mut self) -> Result<()> {
        if !self.stream.has_available() && self.fill_from_memory() == Fill::End {
            self.stream.end()?;
        }
        self.stream.settle(self.stream.has_available());
        Ok(())
    }

    /// The application can't go on: the connection can't be used any more, and every further call returns `error`.
    pub(super) fn give_up(&mut self, error: Error, announce: bool) {
        let code = announce.then_some(1001);
        self.failure = Some(error);
        self.connection.abandon(code, self.stream.output(0));
        self.stream.shutdown();
    }

    /// Why sending has failed.
    pub(super) fn write_failure(&self) -> Error {
        self.stream.write_error().cloned().map_or_else(eof_error, Error::from)
    }
}
