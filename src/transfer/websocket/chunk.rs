//! Chunks of frames for the write callback: memory that is lent to the application for the time of a call.

use std::cell::Cell;

use crate::io::Buffer;
use crate::transport::Stream;
use crate::types::structs::curl_ws_frame;

/// What comes next for an application with a write callback.
pub(crate) enum Next {
    /// a chunk
    Chunk,
    /// nothing until the descriptor is readable
    Blocked,
    /// nothing yet, but the socket may have more: others come first
    Busy,
    /// the peer has ended the stream between two frames
    End,
}

/// A chunk of a frame, lent to the application for the time of a callback. The driver has one, empty at first: a chunk is
/// large, and stays in its place.
pub(crate) struct Chunk<'a> {
    /// holds the chunk at its front
    buffer: Buffer,
    length: usize,
    /// what `curl_ws_meta` points at
    meta: &'a Cell<curl_ws_frame>,
    /// `meta` describes the chunk; not in raw mode
    of_frame: bool,
    of_stream: bool,
    taken: bool,
}

impl<'a> Chunk<'a> {
    /// An empty one. `meta` is where chunks of frames are described.
    pub(crate) fn new(meta: &'a Cell<curl_ws_frame>) -> Chunk<'a> {
        Chunk {
            buffer: Buffer::default(),
            length: 0,
            meta,
            of_frame: false,
            of_stream: false,
            taken: false,
        }
    }

    /// Becomes the front of what is available, as it came, in raw mode.
    pub(super) fn show_raw(&mut self, stream: &mut Stream, length: usize) {
        stream.lend(&mut self.buffer);
        self.of_stream = true;
        self.length = length;
        self.of_frame = false;
        self.taken = false;
    }

    /// Becomes the front of what is available.
    #[inline]
    pub(super) fn show_stream(&mut self, stream: &mut Stream, meta: curl_ws_frame) {
        stream.lend(&mut self.buffer);
        self.of_stream = true;
        self.show(meta);
    }

    /// Becomes a copy of what the connection keeps.
    pub(super) fn show_memory(&mut self, bytes: &[u8], meta: curl_ws_frame) {
        self.buffer = Buffer::of(bytes);
        self.of_stream = false;
        self.show(meta);
    }

    /// What the application gets.
    #[inline]
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.buffer.bytes()[..self.length]
    }

    /// It is described for `curl_ws_meta`; `false` in raw mode.
    #[inline]
    pub(crate) fn is_of_frame(&self) -> bool {
        self.of_frame
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
    #[inline]
    pub(super) fn show(&mut self, meta: curl_ws_frame) {
        self.length = meta.len;
        self.meta.set(meta);
        self.of_frame = true;
        self.taken = false;
    }

    /// Gives its memory back: the receive buffer to `stream`.
    pub(super) fn restore(&mut self, stream: &mut Stream) {
        match self.of_stream {
            true => {
                self.buffer.drop_if_empty();
                stream.restore(&mut self.buffer);
            }
            false => self.buffer.clear(),
        }
    }
}
