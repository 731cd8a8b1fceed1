//! Compressed messages that are received (RFC 7692 section 7.2.2), in bounded memory.
//!
//! What is inflated waits in one buffer. Its last byte is held back until it is known whether the frame has more, so
//! that the chunk with a frame's last byte is the one that says so.

use crate::error::{Error, Result};
use crate::io::Buffer;
use crate::transfer::channel::Channel;
use crate::transport::Fill;
use crate::types::codes::CURLcode;
use crate::types::limits::CURL_MAX_WRITE_SIZE;
use crate::ws::Frame;
use crate::ws::deflate::{Agreement, Damaged, Inflater};

/// So many bytes are worth a chunk, even where more could be had: the callback gets no more at a time.
const ENOUGH: usize = CURL_MAX_WRITE_SIZE as usize;

/// The receiving half of the compression of a connection.
pub(super) struct Inflating {
    inflater: Inflater,
    /// the frame that is being delivered; its offset counts inflated bytes
    pub(super) frame: Option<Frame>,
    /// inflated bytes of it that wait for delivery
    pub(super) ready: Buffer,
    /// all of the frame is in `ready`
    complete: bool,
    /// there was not room enough for all that the input so far gives
    full: bool,
}

impl Inflating {
    pub(super) fn new(agreement: &Agreement) -> Inflating {
        Inflating {
            inflater: Inflater::new(agreement),
            frame: None,
            ready: Buffer::default(),
            complete: false,
            full: false,
        }
    }

    /// A compressed frame begins.
    pub(super) fn begin(&mut self, frame: Frame) {
        self.frame = Some(frame);
        self.complete = false;
    }

    /// How much may be delivered now, and a lower bound of what the frame has after that: 0 exactly at its end.
    pub(super) fn deliverable(&self, limit: usize) -> (usize, usize) {
        let here = self.ready.bytes().len();
        let free = if self.complete { here } else { here.saturating_sub(1) };
        let count = free.min(limit);
        (count, here - count)
    }

    /// Counts bytes that were delivered. With the last of them the frame is over.
    pub(super) fn take(&mut self, count: usize) {
        self.ready.consume(count);
        if self.complete && self.ready.bytes().is_empty() {
            self.frame = None;
        } else if let Some(frame) = &mut self.frame {
            frame.offset += count as u64;
        }
    }

    /// Inflates what there is room for of `input`, where `left` bytes of the frame are not consumed yet, and says how much
    /// was used. Once none is left it is the frame's end that is inflated.
    fn step(&mut self, input: &[u8], left: u64) -> std::result::Result<usize, Damaged> {
        let last = self.frame.is_some_and(|frame| frame.fin);
        let out = self.ready.room();
        let mut consumed = 0;
        if left > 0 {
            let length = input.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            consumed = self.inflater.inflate(&input[..length], out)?;
        } else if last {
            self.complete = self.inflater.finish(out)?;
        } else {
            self.inflater.inflate(&[], out)?;
            self.complete = out.len() < out.capacity();
        }
        self.full = out.len() == out.capacity();
        self.ready.drop_if_empty();
        Ok(consumed)
    }
}

impl Channel {
    /// The compressed frame that is being delivered.
    pub(super) fn inflating(&self) -> Option<Frame> {
        self.deflate.as_ref()?.inflating.frame
    }

    /// Inflates until there is something to deliver of the frame that is due, its end if nothing else. `false` where that
    /// needs more bytes from the socket.
    pub(super) fn inflate(&mut self) -> Result<bool> {
        loop {
            let Some(deflate) = &mut self.deflate else {
                return Ok(false);
            };
            let inflating = &mut deflate.inflating;
            let Some(frame) = inflating.frame else {
                return Ok(false);
            };
            let before = inflating.ready.bytes().len();
            if inflating.complete || before > ENOUGH {
                return Ok(true);
            }
            let left = self.decoder.frame().map_or(0, |frame| frame.remaining);
            if left > 0 && self.stream.available().is_empty() {
                if self.stream.fill_from_memory()? == Fill::Data {
                    continue;
                }
                if !inflating.full {
                    return Ok(before > 1);
                }
            }
            let Ok(consumed) = inflating.step(self.stream.available(), left) else {
                return Err(self.damaged());
            };
            let inflated = &inflating.ready.bytes()[before..];
            if left > 0 && consumed == 0 && inflated.is_empty() && !self.stream.available().is_empty() {
                return Err(self.damaged());
            }
            let passed = self.message.pass(inflated, frame, inflating.complete);
            self.stream.consume(consumed);
            self.decoder.take(consumed as u64);
            passed.map_err(|breach| self.breached(breach))?;
        }
    }

    fn damaged(&mut self) -> Error {
        let error = Error::new(
            CURLcode::CURLE_BAD_CONTENT_ENCODING,
            "[WS] the server's compressed message can't be inflated (RFC 7692 section 7.2.2)",
        );
        self.fail(error, 1007)
    }
}
