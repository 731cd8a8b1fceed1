//! What `curl_ws_meta` and `curl_ws_recv` say of delivered bytes.

use super::flags;
use crate::types::structs::curl_ws_frame;
use crate::ws::Frame;

#[inline]
pub(super) fn meta(frame: &Frame, length: usize) -> curl_ws_frame {
    curl_ws_frame {
        age: 0,
        flags: flags::received(frame.kind, frame.fin),
        offset: frame.offset as i64,
        bytesleft: (frame.remaining - length as u64) as i64,
        len: length,
    }
}

/// Of an inflated frame only a lower bound of what is still to come is known.
pub(super) fn memory_meta(frame: Frame, length: usize, pending: usize) -> curl_ws_frame {
    curl_ws_frame {
        age: 0,
        flags: flags::received(frame.kind, frame.fin),
        offset: frame.offset as i64,
        bytesleft: pending as i64,
        len: length,
    }
}
