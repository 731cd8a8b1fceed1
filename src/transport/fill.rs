//! What an attempt to read brought.

/// What an attempt to read brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Fill {
    /// more bytes are there
    Data,
    /// nothing now
    Blocked,
    /// the peer has ended the stream in the orderly way
    End,
}
