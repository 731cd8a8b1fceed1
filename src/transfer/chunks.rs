//! What an open WebSocket hands to the write callback.

use crate::error::{Error, Result};
use crate::io::Buffer;
use crate::transfer::channel::Channel;
use crate::transfer::frames::{inflated_meta, meta};
use crate::transfer::quick::message;
use crate::transport::Fill;
use crate::types::codes::CURLcode;
use crate::types::limits::CURL_MAX_WRITE_SIZE;
use crate::types::structs::curl_ws_frame;
use crate::ws::short::{self, Whole};
use crate::ws::{Frame, Kind};

/// A chunk of a frame, lent to the application for the time of a callback.
pub struct Chunk {
    /// holds the chunk at its front; goes back with [`Channel::chunk_done`]
    pub buffer: Buffer,
    /// of the chunk
    pub length: usize,
    /// what `curl_ws_meta` shows; `None` in raw mode
    pub meta: Option<curl_ws_frame>,
    origin: Origin,
    /// the length of its frame's head, which is in front of the buffer and was not seen by the decoder, or 0
    head: usize,
}

impl Chunk {
    /// What the application gets.
    pub fn bytes(&self) -> &[u8] {
        &self.buffer.bytes()[..self.length]
    }

    /// The last of a frame that is delivered as it came.
    pub(super) fn ends_frame(&self) -> bool {
        self.origin == Origin::Stream && self.meta.is_some_and(|meta| meta.bytesleft == 0)
    }

    /// The decoder knows its frame.
    pub(super) fn is_counted(&self) -> bool {
        self.head == 0
    }

    /// Becomes the short message behind it, if there is one.
    pub(super) fn move_on(&mut self) -> bool {
        let behind = &self.buffer.bytes()[self.length..];
        let Some(Whole { kind, payload, rest }) = short::read(behind).or_else(|| short::read_medium(behind)) else {
            return false;
        };
        if payload.len() > CURL_MAX_WRITE_SIZE as usize {
            return false;
        }
        let (length, rest) = (payload.len(), rest.len());
        self.head = behind.len() - length - rest;
        self.buffer.skip(self.length + self.head);
        self.length = length;
        self.meta = Some(message(kind, length));
        true
    }
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
    pub fn chunk_done(&mut self, mut chunk: Chunk, taken: bool) {
        if !taken {
            chunk.buffer.unskip(chunk.head);
        }
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
            head: 0,
        }))
    }

    fn held_chunk(&self, frame: Frame) -> Chunk {
        let rest = &self.control.payload()[frame.offset as usize..];
        Chunk {
            buffer: Buffer::of(rest),
            length: rest.len(),
            meta: Some(meta(frame, rest.len())),
            origin: Origin::Held,
            head: 0,
        }
    }

    fn lend(&mut self, length: usize, meta: Option<curl_ws_frame>) -> Chunk {
        Chunk {
            buffer: self.stream.lend(),
            length,
            meta,
            origin: Origin::Stream,
            head: 0,
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
}
