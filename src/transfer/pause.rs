//! Pauses (`curl_easy_pause`).

/// Which directions `curl_easy_pause` or a callback has stopped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Pause {
    /// nothing is delivered
    pub(crate) receive: bool,
    /// the read callback isn't asked
    pub(crate) send: bool,
}
