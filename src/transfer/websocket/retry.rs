//! What the next call of `curl_ws_send` must bring (curl_ws_send(3), "CURLE_AGAIN").

use crate::ws::Kind;

/// A call that the socket did not let complete.
#[derive(Debug, Clone, Copy)]
pub(super) struct Retry {
    /// of the frame; `None` if it has no payload
    pub(super) kind: Option<Kind>,
    /// payload bytes that were encoded and not reported as sent: the next call begins with them
    pub(super) unreported: usize,
    /// the call returned `CURLE_AGAIN` for this many bytes: the next one must bring no fewer
    pub(super) again: usize,
}

impl Retry {
    pub(super) fn new(kind: Option<Kind>, unreported: usize, again: usize) -> Retry {
        Retry {
            kind,
            unreported,
            again,
        }
    }
}
