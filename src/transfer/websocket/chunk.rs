//! Chunks of frames for the write callback: memory that is lent to the application for the time of a call.

use crate::io::Buffer;
use crate::types::structs::curl_ws_frame;

/// What comes next for an application with a write callback.
pub(crate) enum Next {
    /// a chunk is there
    Chunk(Chunk),
    /// nothing until the descriptor is readable
    Blocked,
    /// nothing yet, but the socket may have more: others come first
    Busy,
    /// the peer has ended the stream between two frames
    End,
}

/// A chunk of a frame, lent to the application for the time of a callback.
pub(crate) struct Chunk {
    /// holds the chunk at its front
    buffer: Buffer,
    length: usize,
    meta: Option<curl_ws_frame>,
    of_stream: bool,
    taken: bool,
}

impl Chunk {
    /// Bytes of the receive buffer as they came, in raw mode.
    pub(super) fn raw(buffer: Buffer, length: usize) -> Chunk {
        Chunk {
            buffer,
            length,
            meta: None,
            of_stream: true,
            taken: false,
        }
    }

    /// The front of the receive buffer.
    pub(super) fn of_stream(buffer: Buffer, meta: curl_ws_frame) -> Chunk {
        Chunk {
            buffer,
            length: meta.len,
            meta: Some(meta),
            of_stream: true,
            taken: false,
        }
    }

    /// A copy of what the connection keeps.
    pub(super) fn of_memory(bytes: &[u8], meta: curl_ws_frame) -> Chunk {
        Chunk {
            buffer: Buffer::of(bytes),
            length: meta.len,
            meta: Some(meta),
            of_stream: false,
            taken: false,
        }
    }

    /// What the application gets.
    #[inline]
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.buffer.bytes()[..self.length]
    }

    /// What `curl_ws_meta` returns; `None` in raw mode.
    #[inline]
    pub(crate) fn meta(&self) -> Option<curl_ws_frame> {
        self.meta
    }

    pub(super) fn is_of_stream(&self) -> bool {
        self.of_stream
    }

    pub(super) fn is_taken(&self) -> bool {
        self.taken
    }

    /// The application has taken it.
    pub(super) fn taken(&mut self) {
        self.buffer.skip(self.length);
        self.length = 0;
        self.taken = true;
    }

    /// What is behind a chunk that was taken.
    pub(super) fn input(&self) -> &[u8] {
        self.buffer.bytes()
    }

    /// The connection has used the first `count` bytes of the input.
    pub(super) fn skip(&mut self, count: usize) {
        self.buffer.skip(count);
    }

    /// Becomes the chunk at the front of the input.
    pub(super) fn show(&mut self, meta: curl_ws_frame) {
        self.length = meta.len;
        self.meta = Some(meta);
        self.taken = false;
    }

    /// The receive buffer, if it is one.
    pub(super) fn into_stream_buffer(mut self) -> Option<Buffer> {
        match self.of_stream {
            true => self.buffer.drop_if_empty(),
            false => self.buffer.clear(),
        }
        self.of_stream.then_some(self.buffer)
    }
}
