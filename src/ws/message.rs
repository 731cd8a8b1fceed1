//! Checks of the message that is being received: its length (RFC 6455 section 10.4) and its text (section 8.1).

use super::decoder::Frame;
use super::error::ProtocolError;
use super::frame::Kind;
use super::utf8::{NotUtf8, Utf8};

/// What is known of the message whose frames are being received.
#[derive(Debug)]
pub(super) struct MessageCheck {
    /// TEXT must be UTF-8
    strict: bool,
    /// the largest message in bytes, after inflating
    limit: Option<u64>,
    /// a fragment that was not the last has been received
    open: bool,
    /// bytes of all its frames so far, after inflating
    length: u64,
    text: Utf8,
    /// bytes at the front of the pending payload that were checked already
    checked: usize,
}

impl MessageCheck {
    pub(super) fn new(strict: bool) -> MessageCheck {
        MessageCheck {
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

    /// A frame begins. Without compression its header tells already whether the message gets too long.
    #[inline]
    pub(super) fn begin(&mut self, frame: Frame) -> Result<(), ProtocolError> {
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

    /// Checks the next bytes of `frame`; `end`: they are its last.
    #[inline]
    pub(super) fn check(&mut self, bytes: &[u8], frame: Frame, end: bool) -> Result<(), ProtocolError> {
        if frame.compressed {
            self.grow(bytes.len() as u64)?;
        }
        if !self.strict || frame.kind != Kind::Text {
            return Ok(());
        }
        self.check_text(bytes, end && frame.fin)
    }

    /// TEXT that is delivered as it comes is to be checked.
    #[inline]
    pub(super) fn is_strict(&self) -> bool {
        self.strict
    }

    /// The same for bytes that may be given more than once: those that were checked before are skipped.
    pub(super) fn check_again(&mut self, bytes: &[u8], frame: Frame, end: bool) -> Result<(), ProtocolError> {
        let unchecked = &bytes[self.checked.min(bytes.len())..];
        self.checked = self.checked.max(bytes.len());
        self.check(unchecked, frame, end)
    }

    /// The first `count` bytes of the pending payload were delivered.
    pub(super) fn taken(&mut self, count: usize) {
        self.checked = self.checked.saturating_sub(count);
    }

    fn check_text(&mut self, bytes: &[u8], last: bool) -> Result<(), ProtocolError> {
        let text = self.text.check(bytes);
        let text = match last {
            true => text.and_then(|()| self.text.end()),
            false => text,
        };
        text.map_err(|NotUtf8| ProtocolError::NotUtf8)
    }

    fn grow(&mut self, count: u64) -> Result<(), ProtocolError> {
        self.length = self.length.saturating_add(count);
        match self.limit {
            Some(limit) if self.length > limit => Err(ProtocolError::TooLarge(limit)),
            _ => Ok(()),
        }
    }
}
