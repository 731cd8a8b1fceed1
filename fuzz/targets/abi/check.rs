//! What must hold of everything that is delivered.

use super::super::decoder;
use crate::types::structs::curl_ws_frame;
use crate::types::websocket::*;
use crate::ws;

/// What an application received of one connection.
#[derive(Default)]
pub(super) struct Delivered {
    /// payload of TEXT and BINARY frames in order
    payload: Vec<u8>,
    /// the last chunk, of a frame that is not complete
    open: Option<curl_ws_frame>,
    /// several ways to receive were used, or options changed: the order is not known
    mixed: bool,
}

impl Delivered {
    /// The payload can't be compared any more.
    pub(super) fn mix(&mut self) {
        self.mixed = true;
        self.open = None;
    }

    pub(super) fn is_mixed(&self) -> bool {
        self.mixed
    }

    /// A chunk with its description.
    pub(super) fn chunk(&mut self, meta: curl_ws_frame, bytes: &[u8], compressed: bool) {
        let kind = meta.flags & !CURLWS_CONT;
        let kinds = [CURLWS_TEXT, CURLWS_BINARY, CURLWS_CLOSE, CURLWS_PING, CURLWS_PONG];
        assert!(kinds.contains(&kind), "flags {:#x}", meta.flags);
        assert!(
            kind & (CURLWS_TEXT | CURLWS_BINARY) != 0 || meta.flags & CURLWS_CONT == 0,
            "a fragmented control frame"
        );
        assert_eq!(meta.age, 0);
        assert_eq!(meta.len, bytes.len());
        assert!(meta.offset >= 0 && meta.bytesleft >= 0, "{meta:?}");
        if self.mixed {
            return;
        }
        if let Some(open) = self.open {
            assert_eq!(meta.flags, open.flags, "{meta:?} behind {open:?}");
            assert_eq!(meta.offset, open.offset + open.len as i64, "{meta:?} behind {open:?}");
            if !compressed {
                assert_eq!(
                    meta.bytesleft + meta.len as i64,
                    open.bytesleft,
                    "{meta:?} behind {open:?}"
                );
            }
        } else {
            assert_eq!(meta.offset, 0, "{meta:?}");
        }
        self.open = (meta.bytesleft > 0).then_some(meta);
        if kind & (CURLWS_TEXT | CURLWS_BINARY) != 0 {
            self.payload.extend_from_slice(bytes);
        }
    }

    /// A whole message.
    pub(super) fn message(&mut self, bytes: &[u8]) {
        if !self.mixed {
            self.payload.extend_from_slice(bytes);
        }
    }

    /// Nothing else was delivered than `stream` holds.
    pub(super) fn compare(&self, stream: &[u8], config: ws::Config) {
        if self.mixed {
            return;
        }
        let data = decoder::model(config, stream).payload();
        assert!(
            data.starts_with(&self.payload),
            "other payload than the server sent: {:02x?} of {stream:02x?}",
            self.payload
        );
    }
}
