//! An open WebSocket: what is received, which duties that brings, and when it has failed.

use std::time::Duration;

use crate::error::{Error, Result};
use crate::transfer::closing::Closing;
use crate::transfer::deflating::Deflating;
use crate::transfer::flags;
use crate::transfer::inflating::Inflating;
use crate::transfer::keepalive::KeepAlive;
use crate::transfer::message::{Breach, Message};
use crate::transfer::sending::Sender;
use crate::transfer::stream::{Buffer, Fill, Stream};
use crate::transfer::trace::Log;
use crate::types::codes::CURLcode;
use crate::types::structs::curl_ws_frame;
use crate::ws::deflate::Agreement;
use crate::ws::{Decoder, Frame, Kind, MAX_CONTROL_PAYLOAD};

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
    collecting: bool,
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
    received_any: bool,
    pub(super) log: Log,
}

/// PONGs that may wait for the socket, about.
const PONGS: usize = 64;

/// Both directions of the compression of a connection.
pub(super) struct Deflate {
    pub(super) inflating: Inflating,
    pub(super) deflating: Deflating,
}

/// How the application wants its WebSocket: `CURLOPT_WS_OPTIONS` and the other options of that prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
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
    fn extend(&mut self, bytes: &[u8]) {
        let room = MAX_CONTROL_PAYLOAD - self.0.len();
        self.0.extend_from_slice(&bytes[..bytes.len().min(room)]);
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
    origin: Origin,
}

/// Where a chunk's bytes are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// in the stream
    Stream,
    /// in the inflater
    Inflater,
    /// a control frame that was collected
    Held,
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
    /// A channel over `stream`, which may have received frames already. With an agreement messages are compressed.
    pub fn new(stream: Stream, settings: Settings, agreement: Option<Agreement>, log: Log) -> Channel {
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
            if self.is_closed() {
                return Ok(self.await_end());
            }
            self.answer();
            match self.stream.fill()? {
                Fill::Data => self.received_any = true,
                Fill::Blocked => return Ok(Next::Blocked),
                Fill::End => return self.finish(),
            }
        }
    }

    /// Takes a chunk's memory back; `taken` says whether its bytes were used, or will be asked for again.
    pub fn chunk_done(&mut self, chunk: Chunk, taken: bool) {
        match (chunk.origin, &mut self.deflate) {
            (Origin::Stream, _) => self.stream.restore(chunk.buffer),
            (Origin::Inflater, Some(deflate)) => deflate.inflating.ready = chunk.buffer,
            (Origin::Inflater, None) | (Origin::Held, _) => {}
        }
        if !taken {
            return;
        }
        if chunk.origin == Origin::Stream {
            self.stream.consume(chunk.length);
        }
        match &mut self.deflate {
            Some(deflate) if chunk.origin == Origin::Inflater => deflate.inflating.take(chunk.length),
            _ if chunk.meta.is_none() => {}
            _ => self.take(chunk.length),
        }
    }

    fn chunk_in_memory(&mut self, limit: usize) -> Result<Option<Chunk>> {
        if self.settings.raw {
            let length = self.stream.available().len().min(limit);
            self.received_any |= length > 0;
            return Ok((length > 0).then(|| self.lend(length, None)));
        }
        let Some(frame) = self.next_frame()? else {
            return Ok(None);
        };
        if frame.compressed {
            return self.inflated_chunk(frame, limit);
        }
        if self.held.is_some() {
            return Ok(Some(self.held_chunk(frame)));
        }
        let here = self.stream.available().len().min(limit);
        let length = here.min(usize::try_from(frame.remaining).unwrap_or(usize::MAX));
        if length == 0 && frame.remaining > 0 {
            return Ok(None);
        }
        let end = length as u64 == frame.remaining;
        let bytes = &self.stream.available()[..length];
        let passed = self.message.pass_again(bytes, frame, end);
        if frame.kind == Kind::Close {
            self.closing.note(frame, bytes);
        }
        passed.map_err(|breach| self.breached(breach))?;
        Ok(Some(self.lend(length, Some(meta(frame, length)))))
    }

    fn inflated_chunk(&mut self, frame: Frame, limit: usize) -> Result<Option<Chunk>> {
        if !self.inflate()? {
            return Ok(None);
        }
        let Some(deflate) = &mut self.deflate else {
            return Ok(None);
        };
        let (length, rest) = deflate.inflating.deliverable(limit);
        Ok(Some(Chunk {
            buffer: std::mem::take(&mut deflate.inflating.ready),
            length,
            meta: Some(inflated_meta(frame, length, rest)),
            origin: Origin::Inflater,
        }))
    }

    fn held_chunk(&self, frame: Frame) -> Chunk {
        let rest = &self.control.payload()[frame.offset as usize..];
        Chunk {
            buffer: Buffer::of(rest),
            length: rest.len(),
            meta: Some(meta(frame, rest.len())),
            origin: Origin::Held,
        }
    }

    fn lend(&mut self, length: usize, meta: Option<curl_ws_frame>) -> Chunk {
        Chunk {
            buffer: self.stream.lend(),
            length,
            meta,
            origin: Origin::Stream,
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

    /// The frame that is due for delivery, its head read if it is here whole. Control frames that are for us are dealt
    /// with on the way.
    fn next_frame(&mut self) -> Result<Option<Frame>> {
        loop {
            if let Some(frame) = self.held.or_else(|| self.inflating()) {
                if frame.kind == Kind::Close && !self.looking_ahead {
                    self.peer_closes()?;
                }
                return Ok(Some(frame));
            }
            if self.is_closed() {
                return Ok(None);
            }
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
                        self.begin_frame()?;
                        continue;
                    }
                    Err(violation) => return Err(self.violated(violation)),
                }
            }
            match self.decoder.frame() {
                Some(frame) if self.collecting => {
                    if !self.collect(frame)? {
                        return Ok(None);
                    }
                }
                frame => return Ok(frame),
            }
        }
    }

    /// A frame's head was read: decides what becomes of the frame.
    fn begin_frame(&mut self) -> Result<()> {
        let Some(frame) = self.decoder.frame() else {
            return Ok(());
        };
        self.message.begin(frame).map_err(|breach| self.breached(breach))?;
        self.collecting = !self.settings.raw
            && match frame.kind {
                Kind::Ping => self.settings.auto_pong,
                Kind::Close => self.strict,
                Kind::Pong => self.may_be_answer(frame.length()),
                Kind::Text | Kind::Binary => false,
            };
        if self.collecting {
            self.control = Control::default();
        }
        if let Some(deflate) = &mut self.deflate
            && frame.compressed
        {
            deflate.inflating.begin(frame);
            if frame.remaining == 0 {
                self.decoder.take(0);
            }
        }
        Ok(())
    }

    /// Collects a control frame's payload: `true` once it is whole and was dealt with.
    fn collect(&mut self, frame: Frame) -> Result<bool> {
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
            self.control.extend(&available[..count]);
            self.stream.consume(count);
            self.decoder.take(count as u64);
            remaining -= count as u64;
        }
        if frame.remaining == 0 {
            self.decoder.take(0);
        }
        self.collecting = false;
        let whole = Frame {
            offset: 0,
            remaining: frame.length(),
            ..frame
        };
        match frame.kind {
            Kind::Ping => self.owe_pong(),
            Kind::Pong if self.takes_pong() => {}
            _ => self.held = Some(whole),
        }
        Ok(true)
    }

    /// The PING in `control` is to be answered. One answer waits in place of an older one only where the peer does not take
    /// what is sent: memory stays bounded.
    fn owe_pong(&mut self) {
        if self.stream.unsent() < MAX_CONTROL_PAYLOAD * PONGS && !self.sender.is_busy() {
            // What fails here shows in the next send; receiving goes on.
            let _ = self.queue_pong();
        }
        self.pong = Some(std::mem::take(&mut self.control));
    }

    /// Looks at payload that is about to be delivered: an error if it must not be.
    fn pass(&mut self, frame: Frame, bytes: &[u8]) -> Result<()> {
        if frame.kind == Kind::Close && self.held.is_none() {
            self.closing.note(frame, bytes);
        }
        let end = bytes.len() as u64 == frame.remaining;
        self.message
            .pass(bytes, frame, end)
            .map_err(|breach| self.breached(breach))
    }

    /// Counts payload that was delivered, as it came or from a control frame that was held.
    fn take(&mut self, count: usize) {
        match &mut self.held {
            Some(frame) => {
                frame.offset += count as u64;
                frame.remaining -= count as u64;
                if frame.remaining == 0 {
                    self.held = None;
                }
            }
            None => {
                self.message.taken(count);
                self.decoder.take(count as u64);
            }
        }
    }

    /// Whether [`Channel::receive`] would return something other than `CURLE_AGAIN` without asking the socket.
    fn has_deliverable(&mut self) -> bool {
        if self.failure.is_some() || self.ahead.is_some() {
            return true;
        }
        self.looking_ahead = true;
        let deliverable = self.look_ahead();
        self.looking_ahead = false;
        deliverable
    }

    fn look_ahead(&mut self) -> bool {
        match self.next_frame() {
            Ok(Some(frame)) if frame.compressed => !matches!(self.inflate(), Ok(false)),
            Ok(Some(frame)) => {
                frame.remaining == 0
                    || self.held.is_some()
                    || !self.stream.available().is_empty()
                    || matches!(self.stream.fill_from_memory(), Ok(Fill::Data) | Err(_))
            }
            Ok(None) => {
                self.answer();
                false
            }
            Err(_) => true,
        }
    }

    /// Whether [`Channel::receive`] would return something other than `CURLE_AGAIN`. Reads from the socket what there is
    /// room for.
    pub fn is_readable(&mut self) -> bool {
        let readable = loop {
            let raw = self.settings.raw && !self.stream.available().is_empty();
            if raw || self.failure.is_some() || self.is_closed() || self.has_deliverable() {
                break true;
            }
            match self.stream.fill() {
                Ok(Fill::Data) => self.received_any = true,
                Ok(Fill::Blocked) => break false,
                Ok(Fill::End) | Err(_) => break true,
            }
        };
        // What fails here is told by the call that receives.
        let _ = self.stream.settle(readable);
        readable
    }

    /// Sends the PONG and the CLOSE that are due, if a frame may start now and the socket takes it. What fails here shows
    /// in the next send; receiving goes on.
    pub fn answer(&mut self) {
        if self.pong.is_some() && !self.sender.is_busy() && self.stream.unsent() == 0 {
            let _ = self.queue_pong();
        }
        self.answer_close();
        if self.stream.unsent() > 0 {
            let _ = self.stream.flush();
        }
    }

    /// Releases what an application that gets control for the first time needn't find in the kernel. Nothing is decoded
    /// yet: it may be one that reads the bytes itself.
    pub fn settle(&mut self) -> Result<()> {
        if self.stream.available().is_empty() {
            self.stream.fill_from_memory()?;
        }
        self.stream.settle(!self.stream.available().is_empty())
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

/// Of an inflated frame only a lower bound of what is still to come is known.
fn inflated_meta(frame: Frame, length: usize, rest: usize) -> curl_ws_frame {
    curl_ws_frame {
        bytesleft: rest as i64,
        len: length,
        ..meta(frame, 0)
    }
}
