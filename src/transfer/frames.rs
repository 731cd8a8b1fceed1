//! The frames that have come and are in memory: heads read, control frames dealt with, payload looked at.

use crate::error::Result;
use crate::transfer::channel::{Channel, Control};
use crate::transfer::flags;
use crate::transport::Fill;
use crate::types::structs::curl_ws_frame;
use crate::ws::{Frame, Kind, MAX_CONTROL_PAYLOAD};

/// PONGs that may wait for the socket, about.
const PONGS: usize = 64;

impl Channel {
    /// The frame that is due for delivery, its head read if it is here whole. Control frames that are for us are dealt
    /// with on the way.
    pub(super) fn next_frame(&mut self) -> Result<Option<Frame>> {
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
        // Compressed payload is never read into the application's memory.
        self.stream.expect(if frame.compressed { 0 } else { frame.remaining });
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
    pub(super) fn pass(&mut self, frame: Frame, bytes: &[u8]) -> Result<()> {
        if frame.kind == Kind::Close && self.held.is_none() {
            self.closing.note(frame, bytes);
        }
        let end = bytes.len() as u64 == frame.remaining;
        self.message
            .pass(bytes, frame, end)
            .map_err(|breach| self.breached(breach))
    }

    /// Counts payload that was delivered, as it came or from a control frame that was held.
    pub(super) fn take(&mut self, count: usize) {
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
    pub(super) fn has_deliverable(&mut self) -> bool {
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

pub(super) fn meta(frame: Frame, length: usize) -> curl_ws_frame {
    curl_ws_frame {
        age: 0,
        flags: flags::received(frame.kind, frame.fin),
        offset: frame.offset as i64,
        bytesleft: (frame.remaining - length as u64) as i64,
        len: length,
    }
}

/// Of an inflated frame only a lower bound of what is still to come is known.
pub(super) fn inflated_meta(frame: Frame, length: usize, rest: usize) -> curl_ws_frame {
    curl_ws_frame {
        bytesleft: rest as i64,
        len: length,
        ..meta(frame, 0)
    }
}
