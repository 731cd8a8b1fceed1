//! Frames of compressed messages that are received (RFC 7692 section 7.2.2), inflated in bounded memory.
//!
//! Inflated bytes wait in one buffer. Its last byte is held back until it is known whether the frame has more, so that
//! the chunk with the frame's last byte says so.

use super::inflater::Inflater;
use super::params::DeflateParams;
use crate::ws::buffers::Buffers;
use crate::ws::decoder::Frame;
use crate::ws::error::ProtocolError;

/// No more is inflated while this many bytes are pending.
const ENOUGH: usize = 16 * 1024;

/// Least size of the buffer: there is room for another step below [`ENOUGH`].
const ROOM: usize = 32 * 1024;

/// The receiving half of the compression of a connection.
#[derive(Debug)]
pub(in crate::ws) struct FrameInflater {
    inflater: Inflater,
    /// pending bytes, from `start` on
    ready: Vec<u8>,
    start: usize,
    /// where the memory of `ready` is from
    buffers: Buffers,
    /// the end of the frame is in `ready`
    complete: bool,
    /// the input so far may give more than there was room for
    full: bool,
}

impl FrameInflater {
    pub(in crate::ws) fn new(params: &DeflateParams) -> FrameInflater {
        FrameInflater {
            inflater: Inflater::new(params),
            ready: Vec::new(),
            start: 0,
            buffers: Buffers::default(),
            complete: false,
            full: false,
        }
    }

    /// Takes memory from `buffers` from now on.
    pub(in crate::ws) fn use_buffers(&mut self, buffers: Buffers) {
        self.buffers = buffers;
    }

    /// A compressed frame begins.
    pub(in crate::ws) fn begin(&mut self) {
        self.complete = false;
        self.full = false;
    }

    /// Inflated bytes that are pending.
    pub(in crate::ws) fn pending(&self) -> &[u8] {
        &self.ready[self.start..]
    }

    /// All of the frame is pending or delivered.
    pub(in crate::ws) fn is_complete(&self) -> bool {
        self.complete
    }

    /// More than enough is pending: inflating can wait.
    pub(in crate::ws) fn has_enough(&self) -> bool {
        self.complete || self.pending().len() > ENOUGH
    }

    /// More may come out without further input.
    pub(in crate::ws) fn is_full(&self) -> bool {
        self.full
    }

    /// Bytes that may be delivered now.
    pub(in crate::ws) fn deliverable(&self) -> &[u8] {
        let pending = self.pending();
        match (self.complete, pending) {
            (false, [free @ .., _held_back]) => free,
            _ => pending,
        }
    }

    /// The first `count` pending bytes were delivered.
    pub(in crate::ws) fn take(&mut self, count: usize) {
        self.start += count;
        if self.start == self.ready.len() {
            self.start = 0;
            (self.buffers.give)(&mut self.ready);
        }
    }

    /// Inflates `input` as far as there is room, and returns how much of it was used; `left` payload bytes of `frame` are not
    /// used yet. With none left, inflates the end of the frame.
    pub(in crate::ws) fn step(&mut self, input: &[u8], left: u64, frame: Frame) -> Result<usize, ProtocolError> {
        self.make_room();
        let out = &mut self.ready;
        let mut used = 0;
        if left > 0 {
            let length = input.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            used = self.inflater.inflate(&input[..length], out)?;
        } else if frame.fin {
            self.complete = self.inflater.finish(out)?;
        } else {
            self.inflater.inflate(&[], out)?;
            self.complete = out.len() < out.capacity();
        }
        self.full = self.ready.len() == self.ready.capacity();
        Ok(used)
    }

    fn make_room(&mut self) {
        if self.ready.capacity() == 0 {
            self.ready = (self.buffers.take)();
            self.ready.reserve(ROOM);
        }
        self.ready.drain(..self.start);
        self.start = 0;
    }
}
