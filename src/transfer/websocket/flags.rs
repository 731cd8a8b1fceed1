//! `CURLWS_` flag bits as frames, both ways (curl_ws_send(3), curl_ws_meta(3)).

use std::ffi::c_int;

use crate::error::{Error, Result};
use crate::types::codes::CURLcode;
use crate::types::websocket::*;
use crate::ws::Kind;

/// What the flags of a send call ask for, which were checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SendFlags(c_int);

impl SendFlags {
    /// A whole BINARY message.
    pub(crate) const BINARY: SendFlags = SendFlags(CURLWS_BINARY);

    /// Reads the bits; combinations without a meaning are refused.
    #[inline]
    pub(crate) fn parse(flags: u32) -> Result<SendFlags> {
        let parsed = SendFlags(flags as c_int);
        match parsed.0 {
            CURLWS_TEXT | CURLWS_BINARY => {}
            _ => parsed.check()?,
        }
        Ok(parsed)
    }

    /// The kind of the frame. `None`: that of the open fragmented message.
    #[inline]
    pub(crate) fn kind(self) -> Option<Kind> {
        match self.0 {
            CURLWS_TEXT => Some(Kind::Text),
            CURLWS_BINARY => Some(Kind::Binary),
            _ => self.any_kind(),
        }
    }

    #[inline(never)]
    fn any_kind(self) -> Option<Kind> {
        match self.0 & !(CURLWS_CONT | CURLWS_OFFSET | CURLWS_NOCOMPRESS) {
            CURLWS_TEXT => Some(Kind::Text),
            CURLWS_BINARY => Some(Kind::Binary),
            CURLWS_CLOSE => Some(Kind::Close),
            CURLWS_PING => Some(Kind::Ping),
            CURLWS_PONG => Some(Kind::Pong),
            _ => None,
        }
    }

    /// CONT: more frames of this message follow.
    #[inline]
    pub(crate) fn more(self) -> bool {
        self.0 & CURLWS_CONT != 0
    }

    /// OFFSET: the frame comes in pieces.
    #[inline]
    pub(crate) fn pieces(self) -> bool {
        self.0 & CURLWS_OFFSET != 0
    }

    /// NOCOMPRESS: the message that this frame begins stays as it is.
    #[inline]
    pub(crate) fn plain(self) -> bool {
        self.0 & CURLWS_NOCOMPRESS != 0
    }

    fn check(self) -> Result<()> {
        let text = match self.kind() {
            None if self.0 & !(CURLWS_CONT | CURLWS_OFFSET | CURLWS_NOCOMPRESS) != 0 => format!(
                "[WS] flags {:#x} name no frame: exactly one of TEXT, BINARY, CLOSE, PING, PONG is due",
                self.0
            ),
            Some(kind) if kind.is_control() && self.more() => format!(
                "[WS] a {} frame can't be fragmented: CURLWS_CONT goes with TEXT or BINARY",
                kind.name()
            ),
            _ => return Ok(()),
        };
        Err(Error::new(CURLcode::CURLE_BAD_FUNCTION_ARGUMENT, text))
    }
}

/// The flags that describe a received frame: its kind, and CONT when more frames of its message follow.
#[inline]
pub(crate) fn received(kind: Kind, fin: bool) -> c_int {
    let kind = match kind {
        Kind::Text => CURLWS_TEXT,
        Kind::Binary => CURLWS_BINARY,
        Kind::Close => CURLWS_CLOSE,
        Kind::Ping => CURLWS_PING,
        Kind::Pong => CURLWS_PONG,
    };
    if fin { kind } else { kind | CURLWS_CONT }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_that_name_a_frame() {
        let cases = [
            (CURLWS_TEXT, Some(Kind::Text), false, false, false),
            (CURLWS_BINARY | CURLWS_CONT, Some(Kind::Binary), true, false, false),
            (CURLWS_PING | CURLWS_OFFSET, Some(Kind::Ping), false, true, false),
            (CURLWS_TEXT | CURLWS_NOCOMPRESS, Some(Kind::Text), false, false, true),
            (CURLWS_CONT, None, true, false, false),
            (0, None, false, false, false),
        ];
        for (bits, kind, more, pieces, plain) in cases {
            let parsed = SendFlags::parse(bits as u32).unwrap();
            let read = (parsed.kind(), parsed.more(), parsed.pieces(), parsed.plain());
            assert_eq!(read, (kind, more, pieces, plain));
        }
    }

    #[test]
    fn flags_that_name_none_are_bad_arguments() {
        for bits in [
            CURLWS_TEXT | CURLWS_BINARY,
            CURLWS_PING | CURLWS_PONG,
            CURLWS_CLOSE | CURLWS_CONT,
            CURLWS_PING | CURLWS_CONT,
            1 << 7,
            1 << 20,
            -1,
        ] {
            let error = SendFlags::parse(bits as u32).unwrap_err();
            assert_eq!(error.code(), CURLcode::CURLE_BAD_FUNCTION_ARGUMENT, "{bits:#x}");
        }
    }

    #[test]
    fn received_frames_show_cont_on_all_but_the_last() {
        assert_eq!(received(Kind::Text, false), CURLWS_TEXT | CURLWS_CONT);
        assert_eq!(received(Kind::Text, true), CURLWS_TEXT);
        assert_eq!(received(Kind::Close, true), CURLWS_CLOSE);
    }
}
