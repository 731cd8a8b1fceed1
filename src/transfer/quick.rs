//! The shortest way through an open WebSocket: a whole short message sent or received while it is *quiet*.
//!
//! Quiet means that there is nothing else to be thought of: no compression, no checks beyond the frame's head, no limit, no
//! keep-alive, nothing due, nothing half done, nothing failed. [`Channel::receive`] and [`Channel::send`] find that out when
//! they are done; any other access to the channel ends it. A call on the quiet channel does what they would have done, or
//! it does nothing and they are called.

use crate::error::Result;
use crate::io::pool::{self, BUFFER_SIZE};
use crate::random;
use crate::transfer::channel::Channel;
use crate::transfer::chunks::Chunk;
use crate::transfer::flags;
use crate::transport::{Fill, Pushed};
use crate::types::structs::curl_ws_frame;
use crate::ws::Kind;
use crate::ws::short::{self, Whole};

/// The longest frame that is short.
const BRIEF: usize = 127;

/// Whether a channel is quiet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quiet {
    /// it isn't, or nobody has looked
    Not,
    /// it is, and frames go to the write callback
    Driven,
    /// it is, and the application asks for frames
    Asked,
}

/// What a quiet channel has for a call that receives.
pub enum Quick {
    /// a whole message
    Message(curl_ws_frame),
    /// nothing until the descriptor is readable
    Blocked,
    /// what [`Channel::receive`] must look at
    Other,
}

impl Channel {
    /// The shortest way of sending may be taken.
    pub fn is_quiet(&self) -> bool {
        self.quiet != Quiet::Not
    }

    /// The shortest way of receiving may be taken.
    pub fn is_quiet_and_asked(&self) -> bool {
        self.quiet == Quiet::Asked
    }

    /// Something may change: the next call takes the long way.
    pub(super) fn disturb(&mut self) {
        self.quiet = Quiet::Not;
    }

    /// A call is done: looks whether the next one may take the shortest way.
    pub(super) fn calm(&mut self) {
        self.quiet = if !self.is_plain() || !self.is_at_rest() {
            Quiet::Not
        } else if self.settings.on_request && self.stream.is_peeking() {
            Quiet::Asked
        } else {
            Quiet::Driven
        };
    }

    /// The application has taken `chunk`, which is the last of its frame: makes it the short message that follows in its
    /// memory, if there is one.
    pub fn pass_on(&mut self, chunk: &mut Chunk) -> bool {
        if !chunk.ends_frame() {
            return false;
        }
        if chunk.is_counted() {
            // This says that its frame is over; later, with none, it says nothing.
            self.take(chunk.length);
            self.disturb();
        }
        if !self.is_quiet() {
            self.calm();
        }
        self.is_quiet() && chunk.move_on()
    }

    /// Takes a short message of at most `room` bytes that is in memory with another behind it, and shows where it still is:
    /// then nothing but its bytes has to be moved.
    #[inline]
    pub fn take_short(&mut self, room: usize) -> Option<(curl_ws_frame, &[u8])> {
        debug_assert!(self.stream.is_settled(true));
        self.stream.take(|input| {
            let (used, kind, payload) = short::read_first(input)?;
            (payload.len() <= room).then(|| (used, (message(kind, payload.len()), payload)))
        })
    }

    /// Receives a whole message into `buffer`.
    pub fn receive_quickly(&mut self, buffer: &mut [u8]) -> Quick {
        let received = self.fill_and_take(buffer);
        if let Quick::Other = received {
            self.disturb();
        }
        received
    }

    /// Sends all of `data` as a message. `None`: nothing was done.
    pub fn send_quickly(&mut self, kind: Kind, data: &[u8]) -> Option<Result<Pushed>> {
        if self.stream.tls().is_some() {
            return None;
        }
        let key = random::masking_key().ok()?;
        let mut frame = [0; short::ROOM];
        if let Some(length) = short::write(kind, data, key, &mut frame) {
            return self.send_frame(kind, data, &frame[..length]);
        }
        if kind.is_control() || data.len() > BUFFER_SIZE {
            return None;
        }
        let mut frame = pool::take();
        let sent = self.sender.whole(kind, data, key, &mut frame);
        let sent = sent.then(|| self.send_frame(kind, data, &frame)).flatten();
        pool::give(&mut frame);
        sent
    }

    fn send_frame(&mut self, kind: Kind, data: &[u8], frame: &[u8]) -> Option<Result<Pushed>> {
        match self.stream.send_now(frame) {
            Ok(sent) if sent == frame.len() => Some(Ok(Pushed {
                sent: data.len(),
                blocked: false,
            })),
            Ok(0) => None,
            Ok(sent) => {
                self.disturb();
                Some(self.push_rest(kind, data, &frame[sent..]))
            }
            Err(error) => {
                self.disturb();
                Some(Err(error))
            }
        }
    }

    fn fill_and_take(&mut self, buffer: &mut [u8]) -> Quick {
        if self.stream.available().is_empty() {
            if self.brief
                && let Some(brief) = self.take_brief(buffer)
            {
                return brief;
            }
            self.brief = false;
            match self.stream.fill() {
                Ok(Fill::Data) => {}
                Ok(Fill::Blocked) => return Quick::Blocked,
                Ok(Fill::End) | Err(_) => return Quick::Other,
            }
        }
        let input = self.stream.available();
        let Some(Whole { kind, payload, rest }) = short::read(input).or_else(|| short::read_medium(input)) else {
            return Quick::Other;
        };
        let (used, length) = (input.len() - rest.len(), payload.len());
        let more = short::begins(rest);
        // With TLS a further record may be at hand.
        let known = more || rest.is_empty() && self.stream.tls().is_none();
        match buffer.get_mut(..length) {
            Some(place) if known => place.copy_from_slice(payload),
            _ => return Quick::Other,
        }
        if self.stream.settle(more).is_err() {
            return Quick::Other;
        }
        self.stream.consume(used);
        self.brief = !more && used <= BRIEF && self.stream.tls().is_none();
        Quick::Message(message(kind, length))
    }

    /// While short messages come one by one, the next is received without a buffer. `None`: something else has come.
    fn take_brief(&mut self, buffer: &mut [u8]) -> Option<Quick> {
        let mut seen = [0; BRIEF + 1];
        let count = self.stream.glimpse(&mut seen)?;
        if count == 0 {
            return Some(Quick::Blocked);
        }
        let seen = &mut seen[..count];
        let Whole { kind, payload, rest } = short::read(seen)?;
        let length = payload.len();
        if !rest.is_empty() {
            return None;
        }
        buffer.get_mut(..length)?.copy_from_slice(payload);
        self.stream.accept(seen)?;
        Some(Quick::Message(message(kind, length)))
    }

    /// What was agreed on and is wanted asks for nothing but frames.
    fn is_plain(&self) -> bool {
        let settings = &self.settings;
        !settings.raw
            && settings.max_message.is_none()
            && !self.strict
            && self.deflate.is_none()
            && self.keep_alive.is_none()
            && self.log.is_off()
    }

    /// Nothing is due, half done or over.
    fn is_at_rest(&self) -> bool {
        self.failure.is_none()
            && self.ahead.is_none()
            && self.held.is_none()
            && !self.collecting
            && self.pong.is_none()
            && self.closing.is_far()
            && self.decoder.is_idle()
            && self.sender.is_idle()
            && self.stream.can_send_now()
    }
}

/// A whole message as `curl_ws_meta` shows it.
pub(super) fn message(kind: Kind, length: usize) -> curl_ws_frame {
    curl_ws_frame {
        age: 0,
        flags: flags::received(kind, true),
        offset: 0,
        bytesleft: 0,
        len: length,
    }
}
