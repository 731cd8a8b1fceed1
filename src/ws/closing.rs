//! The state of the closing handshake (RFC 6455 section 7.1).

use super::close::{NO_STATUS, is_sendable};
use super::decoder::Frame;

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
    /// the first two bytes of the peer's payload
    code: [u8; 2],
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

    /// Payload of the peer's CLOSE frame that is delivered as it comes. With the last of it, returns the status code, or that
    /// there is none.
    pub(super) fn note_payload(&mut self, frame: Frame, bytes: &[u8]) -> Option<Option<u16>> {
        for (place, byte) in (frame.offset..2).zip(bytes) {
            self.code[place as usize] = *byte;
        }
        // One byte is no status code.
        let code = (frame.length() >= 2).then(|| u16::from_be_bytes(self.code));
        (bytes.len() as u64 == frame.remaining).then_some(code)
    }
}
