//! The open WebSocket: what the `curl_ws_` functions and the callbacks do with it.
//!
//! | file | what |
//! |---|---|
//! | `wire` | the byte stream and the protocol: input, pending output, failing |
//! | `receive` | `curl_ws_recv` |
//! | `deliver`, [`chunk`] | the write callback |
//! | `send`, `retry`, `flags` | `curl_ws_send` and the like, uploads |
//! | `settings`, `meta`, `error` | options; `curl_ws_frame`; codes and texts |

pub(crate) mod chunk;
mod deliver;
mod error;
mod flags;
mod meta;
mod receive;
mod retry;
mod send;
mod settings;
mod wire;

use std::cell::Cell;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::net::socket::Socket;
use crate::trace::{Trace, TraceLine};
use crate::transport::Stream;
use crate::types::structs::{curl_infotype, curl_ws_frame};
use crate::ws::deflate::DeflateParams;
use crate::ws::{ProtocolError, State};
use chunk::{Chunk, Next};
use send::Sending;
pub(crate) use settings::Settings;
use wire::Wire;

/// A WebSocket whose opening handshake is complete.
pub(crate) struct WebSocket {
    wire: Wire,
    sending: Sending,
    settings: Settings,
}

impl WebSocket {
    /// A WebSocket over `stream`, which may have received frames already. With `deflate` messages are compressed.
    pub(crate) fn new(stream: Stream, settings: Settings, deflate: Option<DeflateParams>, trace: Trace) -> WebSocket {
        let config = settings.config(trace.is_enabled());
        WebSocket {
            wire: Wire::new(stream, config, settings.raw, deflate.as_ref(), trace),
            sending: Sending::default(),
            settings,
        }
    }

    /// The application has changed its options.
    pub(crate) fn set_settings(&mut self, settings: Settings, verbose: bool) {
        self.settings = settings;
        self.wire.set_raw(settings.raw);
        self.wire.trace.enable(verbose);
        self.wire.connection.set_config(settings.config(verbose));
    }

    // ---- receiving

    /// Notes for verbose output what came with the response head.
    pub(crate) fn trace_received(&mut self) {
        self.wire.note_filled(0);
    }

    /// `curl_ws_recv`: delivers bytes of one frame into `buffer`, as many as are there and fit, and describes them in `frame`.
    /// `CURLE_AGAIN` when there are none.
    ///
    /// An empty `buffer` asks for the next frame's header without consuming payload.
    #[inline(always)]
    pub(crate) fn receive(&mut self, buffer: &mut [u8], frame: &Cell<curl_ws_frame>) -> Result<()> {
        receive::receive(&mut self.wire, buffer, frame)
    }

    /// Whether [`WebSocket::receive`] would return something other than `CURLE_AGAIN`. Reads from the socket what there is
    /// room for.
    pub(crate) fn is_readable(&mut self) -> bool {
        receive::is_readable(&mut self.wire)
    }

    /// The next chunk of at most `limit` bytes for the write callback.
    #[inline]
    pub(crate) fn next_chunk(&mut self, limit: usize, chunk: &mut Chunk) -> Result<Next> {
        deliver::next_chunk(&mut self.wire, limit, chunk)
    }

    /// At [`Next::End`]: no call of `curl_ws_send` was cut off.
    pub(crate) fn check_end(&self) -> Result<()> {
        match self.sending.is_cut_off() {
            true => Err(self.wire.write_failure()),
            false => Ok(()),
        }
    }

    /// The application has taken `chunk`. Becomes the next chunk in the same memory, if frames are all there is to do.
    #[inline(always)]
    pub(crate) fn next_in(&mut self, chunk: &mut Chunk, limit: usize) -> bool {
        deliver::next_in(&mut self.wire, chunk, limit)
    }

    /// Takes a chunk's memory back. What the application has not taken is given to it again.
    pub(crate) fn chunk_done(&mut self, chunk: &mut Chunk, taken: bool) {
        deliver::chunk_done(&mut self.wire, chunk, taken);
    }

    /// Releases what an application that gets control for the first time needn't find in the kernel. Nothing is decoded
    /// yet: the application may read the bytes itself.
    pub(crate) fn settle(&mut self) -> Result<()> {
        self.wire.settle()
    }

    // ---- sending

    /// `curl_ws_send` outside raw mode, without waiting: how many bytes of `data` are sent. Less than all: the socket takes no
    /// more for now. `CURLE_AGAIN`: it takes nothing, or not all of a frame without payload.
    ///
    /// A call that is refused changes nothing: the frame that is open can still be finished.
    #[inline(always)]
    pub(crate) fn send(&mut self, data: &[u8], frame_size: i64, flags: u32) -> Result<usize> {
        self.sending.send(&mut self.wire, data, frame_size, flags)
    }

    /// `curl_ws_send_message`: a whole message, without waiting.
    pub(crate) fn send_message(&mut self, data: &[u8], flags: u32) -> Result<usize> {
        self.sending.send_message(&mut self.wire, data, flags)
    }

    /// A frame has begun and the caller has not given all of it, or not been told that it is sent.
    pub(crate) fn is_frame_open(&self) -> bool {
        self.sending.is_frame_open(&self.wire)
    }

    /// `curl_ws_start_frame`: writes a frame's header, its payload is to follow. Nothing is sent yet.
    pub(crate) fn start_frame(&mut self, flags: u32, length: i64) -> Result<()> {
        self.sending.start_frame(&mut self.wire, flags, length)
    }

    /// `curl_ws_close`: sends a CLOSE frame, once. It may still wait for the socket.
    pub(crate) fn send_close(&mut self, code: u16, reason: &[u8]) -> Result<()> {
        self.sending.send_close(&mut self.wire, code, reason)
    }

    /// Payload of an upload: fills the frame that the read callback started, or is a BINARY frame of its own.
    pub(crate) fn send_upload(&mut self, data: &[u8]) -> Result<()> {
        self.sending.send_upload(&mut self.wire, data)
    }

    // ---- what is due

    /// Sends the PONG and the CLOSE that are due, if a frame may start now and the socket takes it. An error shows in the
    /// next send, or at the end of the stream; receiving goes on.
    #[inline]
    pub(crate) fn write_pending(&mut self) {
        self.wire.write_pending();
    }

    /// Sends the keep-alive PING that is due.
    #[inline]
    pub(crate) fn handle_timeout(&mut self, now: Instant) -> Result<()> {
        match self.keeps_alive() {
            true => self.wire.handle_timeout(now),
            false => Ok(()),
        }
    }

    /// Fails when the PONG did not come in time. To be asked once everything that has come was received.
    pub(crate) fn check_pong(&mut self, now: Instant) -> Result<()> {
        self.wire.check_pong(now)
    }

    /// The application can't go on: the connection can't be used any more, and every further call returns `error`.
    pub(crate) fn give_up(&mut self, error: Error) {
        let announce = !self.is_frame_open();
        self.wire.give_up(error, announce);
    }

    /// The error that ended this WebSocket: every further call returns it.
    pub(crate) fn check(&self) -> Result<()> {
        self.wire.check()
    }

    // ---- what is the case

    /// The stream below.
    pub(crate) fn stream(&self) -> &Stream {
        &self.wire.stream
    }

    /// The stream below, for raw bytes.
    pub(crate) fn stream_mut(&mut self) -> &mut Stream {
        &mut self.wire.stream
    }

    /// Sends what is pending and TLS's close_notify, best effort, and returns the socket.
    pub(crate) fn close(mut self) -> Socket {
        self.wire.write_pending();
        self.wire.stream.close_notify();
        self.wire.stream.into_socket()
    }

    /// The settings in force.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The oldest line of verbose output.
    #[inline]
    pub(crate) fn next_trace_line(&mut self) -> Option<TraceLine> {
        self.wire.trace.pop()
    }

    /// There is verbose output.
    #[inline]
    pub(crate) fn has_trace(&self) -> bool {
        !self.wire.trace.is_empty()
    }

    /// `CURLWS_STRICT` was set at the opening handshake.
    pub(crate) fn is_strict(&self) -> bool {
        self.wire.connection.is_strict()
    }

    /// Where the closing handshake stands.
    pub(crate) fn state(&self) -> State {
        self.wire.connection.state()
    }

    /// The status code of the peer's CLOSE frame, 1005 for one without.
    pub(crate) fn close_code(&self) -> Option<u16> {
        self.wire.connection.close_code()
    }

    /// The reason in the peer's CLOSE frame, empty in one without.
    pub(crate) fn close_reason(&self) -> Option<&[u8]> {
        self.wire.connection.close_reason()
    }

    /// How long the last keep-alive PING took to be answered.
    pub(crate) fn round_trip(&self) -> Option<Duration> {
        self.wire.connection.round_trip()
    }

    /// A fragmented message was begun and not ended.
    pub(crate) fn has_open_message(&self) -> bool {
        self.wire.connection.open_message().is_some()
    }

    /// Bytes that leave as they are: raw mode and `curl_easy_send`. Bytes that are not reported were not taken.
    pub(crate) fn send_raw(&mut self, data: &[u8]) -> Result<usize> {
        self.wire.check()?;
        let count = self.wire.stream.send_raw(data)?;
        self.wire.trace.data(curl_infotype::CURLINFO_DATA_OUT, &data[..count]);
        Ok(count)
    }

    /// Payload bytes that the frame of an upload still takes.
    pub(crate) fn upload_room(&self) -> Option<u64> {
        let open = self.wire.connection.open_frame();
        open.map(|_| self.wire.connection.send_remaining())
    }

    /// Bytes of an upload, with the headers of its frames.
    pub(crate) fn uploaded(&self) -> u64 {
        self.wire.uploaded()
    }

    /// Bytes that the write callback has taken.
    pub(crate) fn delivered(&self) -> u64 {
        self.wire.delivered()
    }

    /// The application may start another frame.
    pub(crate) fn may_start(&self) -> bool {
        self.wire.connection.may_start()
    }

    /// Bytes wait for the socket to become writable.
    pub(crate) fn wants_write(&self) -> bool {
        self.wire.stream.unsent() > 0 || self.wire.connection.wants_write()
    }

    /// Hands pending bytes to the kernel; `true` when none are left.
    pub(crate) fn flush(&mut self) -> Result<bool> {
        Ok(self.wire.stream.flush()?)
    }

    /// A call must look after more than frames: keep-alive and verbose output among other things.
    #[inline]
    pub(crate) fn needs_attention(&self) -> bool {
        self.wire.connection.needs_attention()
    }

    /// Keep-alive is on, so that the time matters.
    #[inline]
    pub(crate) fn keeps_alive(&self) -> bool {
        self.wire.connection.keeps_alive()
    }

    /// When [`WebSocket::handle_timeout`] or, where the peer is `listened` to, [`WebSocket::check_pong`] is to be called.
    pub(crate) fn deadline(&self, listened: bool) -> Option<Instant> {
        self.wire.connection.poll_timeout(listened)
    }

    /// A message of more than `limit` bytes comes: the WebSocket fails.
    pub(crate) fn refuse_message(&mut self, limit: u64) -> Error {
        self.wire.fail(ProtocolError::TooLarge(limit))
    }

    /// A message of more than `limit` frames comes: the WebSocket fails.
    pub(crate) fn refuse_frames(&mut self, limit: u64) -> Error {
        self.wire.fail(ProtocolError::TooManyFrames(limit))
    }
}
