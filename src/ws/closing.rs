//! The state of the closing handshake (RFC 6455 section 7.1).

use super::close::{NO_STATUS, is_sendable};
use super::decoder::Frame;
use super::frame::MAX_CONTROL_PAYLOAD;

/// The state of the connection, as RFC 6455 section 7.1 has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// no CLOSE frame was sent or received
    Open,
    /// this side has sent its CLOSE frame and waits for the peer's
    LocalClosing,
    /// the peer has sent its CLOSE frame, this side has not answered
    RemoteClosing,
    /// both CLOSE frames were exchanged
    Closed,
}

/// Both sides' CLOSE frames.
#[derive(Debug, Default)]
pub(super) struct Closing {
    /// a CLOSE frame was written
    sent: bool,
    /// no data may follow it: outside of strict mode some may follow the caller's own
    last: bool,
    /// the status code of the peer's CLOSE frame
    received: Option<u16>,
    /// the answer that is due: its status code, or none
    answer: Option<Option<u16>>,
    /// the payload of the peer's CLOSE frame
    payload: Vec<u8>,
}

impl Closing {
    pub(super) fn state(&self) -> State {
        match (self.sent, self.received.is_some()) {
            (false, false) => State::Open,
            (true, false) => State::LocalClosing,
            (false, true) => State::RemoteClosing,
            (true, true) => State::Closed,
        }
    }

    /// The status code of the peer's CLOSE frame, 1005 for one without.
    pub(super) fn received(&self) -> Option<u16> {
        self.received
    }

    /// The reason in the peer's CLOSE frame, empty in one without.
    pub(super) fn reason(&self) -> Option<&[u8]> {
        self.received.map(|_| self.payload.get(2..).unwrap_or_default())
    }

    /// A CLOSE frame was sent or is due that no data may follow (section 5.5.1).
    pub(super) fn is_last_sent(&self) -> bool {
        self.last || self.answer.is_some()
    }

    /// A CLOSE frame was sent.
    pub(super) fn is_sent(&self) -> bool {
        self.sent
    }

    /// The answer that is due.
    pub(super) fn answer(&self) -> Option<Option<u16>> {
        self.answer
    }

    /// A CLOSE frame was written; `last`: nothing may follow.
    pub(super) fn set_sent(&mut self, last: bool) {
        self.sent = true;
        self.last |= last;
        self.answer = None;
    }

    /// The peer's CLOSE frame was received. With `answer` it is answered, unless a CLOSE frame was sent before.
    pub(super) fn set_received(&mut self, code: Option<u16>, answer: bool) {
        self.received = Some(code.unwrap_or(NO_STATUS));
        if answer && !self.sent {
            self.answer = Some(code.filter(|code| is_sendable(*code)));
        }
    }

    /// The whole payload of the peer's CLOSE frame, which is about to be delivered.
    pub(super) fn set_payload(&mut self, payload: &[u8]) {
        self.payload = payload.to_vec();
    }

    /// Payload of the peer's CLOSE frame that is delivered as it comes. With the last of it, returns the status code, or that
    /// there is none.
    pub(super) fn note_payload(&mut self, frame: Frame, bytes: &[u8]) -> Option<Option<u16>> {
        if frame.offset == 0 {
            self.payload.clear();
        }
        let room = MAX_CONTROL_PAYLOAD.saturating_sub(self.payload.len());
        self.payload.extend_from_slice(&bytes[..bytes.len().min(room)]);
        // One byte is no status code.
        let code = self.payload.first_chunk().map(|code| u16::from_be_bytes(*code));
        (bytes.len() as u64 == frame.remaining).then_some(code)
    }
}
