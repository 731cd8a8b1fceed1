//! An open WebSocket: what is received, which duties that brings, and when it has failed.

use crate::error::{Error, Result};
use crate::random;
use crate::transfer::flags;
use crate::transfer::sending::Sender;
use crate::transfer::stream::{Buffer, Fill, Stream};
use crate::transfer::trace::Log;
use crate::types::codes::CURLcode;
use crate::types::structs::curl_ws_frame;
use crate::ws::{Decoder, Frame, Kind, MAX_CONTROL_PAYLOAD, Violation};

/// A WebSocket whose opening handshake is complete.
pub struct Channel {
    pub(super) stream: Stream,
    pub(super) sender: Sender,
    decoder: Decoder,
    settings: Settings,
    /// the payload of the PING that is being received
    ping: Control,
    /// the newest PONG that is due (RFC 6455 section 5.5.3 asks for no more)
    pub(super) pong: Option<Control>,
    failure: Option<Error>,
    received_any: bool,
    pub(super) log: Log,
}

/// How the application wants its WebSocket: `CURLOPT_WS_OPTIONS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// the application reads and writes frames itself
    pub raw: bool,
    /// PINGs are answered here and not shown
    pub auto_pong: bool,
}

/// The payload of a control frame.
#[derive(Debug, Clone, Copy)]
pub(super) struct Control {
    bytes: [u8; MAX_CONTROL_PAYLOAD],
    length: usize,
}

impl Control {
    const EMPTY: Control = Control {
        bytes: [0; MAX_CONTROL_PAYLOAD],
        length: 0,
    };

    pub(super) fn payload(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// Appends `bytes`; the decoder lets no control frame be longer than there is room.
    fn extend(&mut self, bytes: &[u8]) {
        let end = (self.length + bytes.len()).min(MAX_CONTROL_PAYLOAD);
        self.bytes[self.length..end].copy_from_slice(&bytes[..end - self.length]);
        self.length = end;
    }
}

/// A chunk of a frame, lent to the application for the time of a callback.
pub struct Chunk {
    /// holds the chunk at its front; goes back with [`Channel::chunk_done`]
    pub buffer: Buffer,
    /// of the chunk
    pub length: usize,
    /// what `curl_ws_meta` shows; `None` in raw mode
    pub meta: Option<curl_ws_frame>,
}

/// What comes next for an application that is called back.
pub enum Next {
    /// a chunk is there
    Chunk(Chunk),
    /// nothing until the descriptor is readable
    Blocked,
    /// the peer has ended the stream between two frames
    End,
}

impl Channel {
    /// A channel over `stream`, which may have received frames already.
    pub fn new(stream: Stream, settings: Settings, log: Log) -> Channel {
        Channel {
            stream,
            sender: Sender::default(),
            decoder: Decoder::default(),
            settings,
            ping: Control::EMPTY,
            pong: None,
            failure: None,
            received_any: false,
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

    /// Ends the connection in the orderly way and gives back what is left of it.
    pub fn close(mut self) -> Stream {
        self.stream.shutdown();
        self.stream
    }

    /// What has been noted for verbose output.
    pub fn log(&mut self) -> &mut Log {
        &mut self.log
    }

    /// The application changed `CURLOPT_WS_OPTIONS`.
    pub fn set_settings(&mut self, settings: Settings) {
        self.settings = settings;
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
        self.answer_pings();
        let more = self.has_deliverable();
        let settled = self.stream.settle(more);
        let chunk = received?;
        settled?;
        Ok(chunk)
    }

    fn receive_chunk(&mut self, buffer: &mut [u8]) -> Result<curl_ws_frame> {
        self.check()?;
        self.answer_pings();
        loop {
            let Some(frame) = self.next_frame()? else {
                self.fill_or_end()?;
                continue;
            };
            if frame.remaining == 0 {
                self.decoder.take(0);
                return Ok(self.describe(frame, 0));
            }
            if buffer.is_empty() {
                return Ok(self.describe(frame, 0));
            }
            match self.copy_payload(frame, buffer)? {
                0 => self.fill_or_end()?,
                count => return Ok(self.describe(frame, count)),
            }
        }
    }

    /// Moves payload of `frame` into `buffer`: from memory first, then straight from the socket.
    fn copy_payload(&mut self, frame: Frame, buffer: &mut [u8]) -> Result<usize> {
        let wanted = buffer.len().min(usize::try_from(frame.remaining).unwrap_or(usize::MAX));
        let wanted = &mut buffer[..wanted];
        let mut copied = 0;
        while copied < wanted.len() {
            let available = self.stream.available();
            if available.is_empty() {
                if self.stream.fill_from_memory()? != Fill::Data {
                    break;
                }
                continue;
            }
            let count = available.len().min(wanted.len() - copied);
            wanted[copied..copied + count].copy_from_slice(&available[..count]);
            self.stream.consume(count);
            copied += count;
        }
        if copied < wanted.len()
            && let Some(direct) = self.stream.fill_directly(&mut wanted[copied..])
        {
            match direct {
                Ok((_, count)) => copied += count,
                // What came before the error is delivered first; the error is told again by the next call.
                Err(error) if copied == 0 => return Err(error),
                Err(_) => {}
            }
        }
        self.decoder.take(copied as u64);
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
    fn unfinished(&self) -> Option<Error> {
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

    // ---- callback mode

    /// The next chunk of at most `limit` bytes for the write callback.
    pub fn next_chunk(&mut self, limit: usize) -> Result<Next> {
        self.check()?;
        loop {
            if let Some(chunk) = self.chunk_in_memory(limit)? {
                return Ok(Next::Chunk(chunk));
            }
            self.answer_pings();
            match self.stream.fill()? {
                Fill::Data => self.received_any = true,
                Fill::Blocked => return Ok(Next::Blocked),
                Fill::End => return self.finish(),
            }
        }
    }

    /// Takes a chunk's memory back; `taken` says whether its bytes were used, or will be asked for again.
    pub fn chunk_done(&mut self, chunk: Chunk, taken: bool) {
        self.stream.restore(chunk.buffer);
        if taken {
            self.stream.consume(chunk.length);
            if !self.settings.raw {
                self.decoder.take(chunk.length as u64);
            }
        }
    }

    fn chunk_in_memory(&mut self, limit: usize) -> Result<Option<Chunk>> {
        if self.settings.raw {
            let length = self.stream.available().len().min(limit);
            return Ok((length > 0).then(|| self.lend(length, None)));
        }
        let Some(frame) = self.next_frame()? else {
            return Ok(None);
        };
        let here = self.stream.available().len().min(limit);
        let length = here.min(usize::try_from(frame.remaining).unwrap_or(usize::MAX));
        if length == 0 && frame.remaining > 0 {
            return Ok(None);
        }
        let meta = meta(frame, length);
        Ok(Some(self.lend(length, Some(meta))))
    }

    fn lend(&mut self, length: usize, meta: Option<curl_ws_frame>) -> Chunk {
        Chunk {
            buffer: self.stream.lend(),
            length,
            meta,
        }
    }

    fn finish(&mut self) -> Result<Next> {
        if let Some(error) = self.unfinished() {
            return Err(error);
        }
        if !self.received_any && self.stream.available().is_empty() {
            return Err(Error::new(
                CURLcode::CURLE_GOT_NOTHING,
                "[WS] the server closed the connection right after the opening handshake",
            ));
        }
        Ok(Next::End)
    }

    // ---- frames in memory

    /// The frame that is due for delivery, its head read if it is here whole. Automatic PINGs are dealt with on the way.
    fn next_frame(&mut self) -> Result<Option<Frame>> {
        loop {
            if self.decoder.frame().is_none() {
                match self.decoder.read_head(self.stream.available()) {
                    Ok(0) => {
                        if self.stream.fill_from_memory()? == Fill::Data {
                            continue;
                        }
                        return Ok(None);
                    }
                    Ok(head) => {
                        self.received_any = true;
                        self.stream.consume(head);
                        self.note_frame();
                    }
                    Err(violation) => return Err(self.violated(violation)),
                }
            }
            match self.decoder.frame() {
                Some(frame) if self.answers(frame) => {
                    if !self.absorb_ping(frame)? {
                        return Ok(None);
                    }
                }
                frame => return Ok(frame),
            }
        }
    }

    fn answers(&self, frame: Frame) -> bool {
        frame.kind == Kind::Ping && self.settings.auto_pong && !self.settings.raw
    }

    /// Collects an automatic PING's payload: `true` once it is whole and its PONG is due.
    fn absorb_ping(&mut self, frame: Frame) -> Result<bool> {
        if frame.offset == 0 {
            self.ping = Control::EMPTY;
        }
        let mut remaining = frame.remaining;
        while remaining > 0 {
            let available = self.stream.available();
            if available.is_empty() {
                if self.stream.fill_from_memory()? == Fill::Data {
                    continue;
                }
                return Ok(false);
            }
            let count = available.len().min(remaining as usize);
            self.ping.extend(&available[..count]);
            self.stream.consume(count);
            self.decoder.take(count as u64);
            remaining -= count as u64;
        }
        if frame.remaining == 0 {
            self.decoder.take(0);
        }
        self.pong = Some(self.ping);
        Ok(true)
    }

    /// Whether [`Channel::receive`] would return something other than `CURLE_AGAIN` without asking the socket.
    fn has_deliverable(&mut self) -> bool {
        if self.failure.is_some() {
            return true;
        }
        match self.next_frame() {
            Ok(Some(frame)) => {
                frame.remaining == 0
                    || !self.stream.available().is_empty()
                    || matches!(self.stream.fill_from_memory(), Ok(Fill::Data) | Err(_))
            }
            Ok(None) => {
                self.answer_pings();
                false
            }
            Err(_) => true,
        }
    }

    /// Sends the PONG that is due, if a frame may start now and the socket takes it. What fails here shows in the
    /// next send; receiving goes on.
    pub fn answer_pings(&mut self) {
        if self.pong.is_some() && !self.sender.is_busy() && self.stream.unsent() == 0 {
            let _ = self.queue_pong();
        }
        if self.stream.unsent() > 0 {
            let _ = self.stream.flush();
        }
    }

    /// Releases what an application that now gets control needn't find in the kernel.
    pub fn settle(&mut self) -> Result<()> {
        let more = self.has_deliverable();
        self.stream.settle(more)
    }

    fn describe(&mut self, frame: Frame, count: usize) -> curl_ws_frame {
        meta(frame, count)
    }

    fn note_frame(&mut self) {
        if let Some(frame) = self.decoder.frame() {
            self.log.text(|| {
                let fin = if frame.fin { "" } else { ", more fragments follow" };
                format!(
                    "[WS] received {} frame, {} bytes{fin}",
                    frame.kind.name(),
                    frame.length()
                )
            });
        }
    }

    // ---- failing

    fn violated(&mut self, violation: Violation) -> Error {
        let error = Error::new(
            CURLcode::CURLE_RECV_ERROR,
            format!("[WS] protocol violation by the server: {violation}"),
        );
        self.fail(error, violation.close_code())
    }

    /// Fails the WebSocket connection (RFC 6455 section 7.1.7): tells the peer why, best effort, and every later call.
    pub(super) fn fail(&mut self, error: Error, close_code: u16) -> Error {
        self.failure = Some(error.clone());
        if !self.settings.raw
            && !self.sender.is_busy()
            && let Ok(key) = random::masking_key()
        {
            let _ = self
                .sender
                .control(&mut self.stream, Kind::Close, &close_code.to_be_bytes(), key);
            self.log
                .text(|| format!("[WS] sent CLOSE frame with status {close_code}"));
        }
        self.stream.shutdown();
        error
    }
}

fn meta(frame: Frame, length: usize) -> curl_ws_frame {
    curl_ws_frame {
        age: 0,
        flags: flags::received(frame.kind, frame.fin),
        offset: frame.offset as i64,
        bytesleft: (frame.remaining - length as u64) as i64,
        len: length,
    }
}
