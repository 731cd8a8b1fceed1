//! The message that is being received: is it too long, is its text UTF-8?

use crate::error::Error;
use crate::types::codes::CURLcode;
use crate::ws::utf8::{NotUtf8, Utf8};
use crate::ws::{Frame, Kind};

/// What is known of the message whose frames come in.
pub(super) struct Message {
    /// text must be UTF-8
    strict: bool,
    /// `CURLOPT_WS_MAX_MESSAGE_SIZE`, inflated
    limit: Option<u64>,
    /// a fragment that was not the last has come
    open: bool,
    /// bytes of all its frames so far, inflated
    length: u64,
    text: Utf8,
    /// bytes at the front of what is due that were looked at already
    checked: usize,
}

/// Why a message is refused, and the status code that tells the server (RFC 6455 section 7.4.1).
pub(super) struct Breach {
    pub(super) error: Error,
    pub(super) close_code: u16,
}

impl Breach {
    pub(super) fn too_large(limit: u64) -> Breach {
        Breach {
            error: Error::new(
                CURLcode::CURLE_TOO_LARGE,
                format!("[WS] the server's message is larger than the {limit} bytes allowed (RFC 6455 section 10.4)"),
            ),
            close_code: 1009,
        }
    }
}

impl Message {
    pub(super) fn new(strict: bool) -> Message {
        Message {
            strict,
            limit: None,
            open: false,
            length: 0,
            text: Utf8::default(),
            checked: 0,
        }
    }

    pub(super) fn set_limit(&mut self, limit: Option<u64>) {
        self.limit = limit;
    }

    /// A frame of a message begins. Uncompressed, its head tells already whether it is too long.
    pub(super) fn begin(&mut self, frame: Frame) -> Result<(), Breach> {
        if frame.kind.is_control() {
            return Ok(());
        }
        if !self.open {
            self.length = 0;
            self.text = Utf8::default();
        }
        self.open = !frame.fin;
        match frame.compressed {
            true => Ok(()),
            false => self.grow(frame.length()),
        }
    }

    /// Looks at bytes that come next in `frame`, the last ones if `end`.
    pub(super) fn pass(&mut self, bytes: &[u8], frame: Frame, end: bool) -> Result<(), Breach> {
        if frame.compressed {
            self.grow(bytes.len() as u64)?;
        }
        if !self.strict || frame.kind != Kind::Text {
            return Ok(());
        }
        let text = self.text.check(bytes);
        let text = match end && frame.fin {
            true => text.and_then(|()| self.text.end()),
            false => text,
        };
        text.map_err(|NotUtf8| Breach {
            error: Error::new(
                CURLcode::CURLE_RECV_ERROR,
                "[WS] protocol violation by the server: TEXT message that is not UTF-8 (RFC 6455 section 8.1)",
            ),
            close_code: 1007,
        })
    }

    /// The same for bytes at the front of what is due, of which those seen before are left out.
    pub(super) fn pass_again(&mut self, bytes: &[u8], frame: Frame, end: bool) -> Result<(), Breach> {
        let fresh = &bytes[self.checked.min(bytes.len())..];
        self.checked = self.checked.max(bytes.len());
        self.pass(fresh, frame, end)
    }

    /// Bytes at the front are gone.
    pub(super) fn taken(&mut self, count: usize) {
        self.checked = self.checked.saturating_sub(count);
    }

    fn grow(&mut self, count: u64) -> Result<(), Breach> {
        self.length = self.length.saturating_add(count);
        match self.limit {
            Some(limit) if self.length > limit => Err(Breach::too_large(limit)),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: Kind, fin: bool, remaining: u64) -> Frame {
        Frame {
            kind,
            fin,
            compressed: false,
            offset: 0,
            remaining,
        }
    }

    #[test]
    fn length_counts_over_fragments_and_not_over_messages() {
        let mut message = Message::new(false);
        message.set_limit(Some(10));
        assert!(message.begin(frame(Kind::Binary, true, 10)).is_ok());
        assert!(message.begin(frame(Kind::Binary, false, 6)).is_ok());
        assert!(message.begin(frame(Kind::Ping, true, 100)).is_ok());
        let breach = message.begin(frame(Kind::Binary, true, 5)).err().unwrap();
        assert_eq!(
            (breach.error.code(), breach.close_code),
            (CURLcode::CURLE_TOO_LARGE, 1009)
        );
    }

    #[test]
    fn a_chunk_that_is_shown_twice_is_checked_once() {
        let mut message = Message::new(true);
        let text = frame(Kind::Text, true, 3);
        assert!(message.begin(text).is_ok());
        assert!(message.pass_again(b"\xe2\x82", text, false).is_ok());
        assert!(message.pass_again(b"\xe2\x82", text, false).is_ok());
        message.taken(2);
        assert!(message.pass_again(b"\xac", text, true).is_ok());
        assert!(message.pass_again(b"\xac", text, true).is_ok());
    }

    #[test]
    fn only_strict_text_is_checked() {
        for (strict, kind, fine) in [
            (true, Kind::Text, false),
            (true, Kind::Binary, true),
            (false, Kind::Text, true),
        ] {
            let mut message = Message::new(strict);
            assert_eq!(message.pass(b"\xff", frame(kind, true, 1), true).is_ok(), fine);
            assert_eq!(message.pass(b"\xc3", frame(kind, true, 1), true).is_ok(), fine);
        }
    }
}
