//! What an attempt to read brought.

/// What an attempt to read brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fill {
    /// more bytes are there
    Data,
    /// nothing now
    Blocked,
    /// the stream has ended: [`Stream::end`](super::Stream::end) tells how
    End,
}
