//! What can be wrong with a request or a response. Each error has a text for a person.

use std::collections::TryReserveError;
use std::fmt;

/// Why a request can't be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RequestError {
    /// a part of it is not as it must be
    Invalid(String),
    /// its head is too long
    TooLarge(String),
}

/// Why a response can't be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ResponseError {
    /// it is not HTTP/1.0 or HTTP/1.1
    NotHttp(String),
    /// a line of its head is broken
    Malformed(String),
    /// a line is too long, or there are too many
    TooLarge(String),
    /// its heads are too long together
    TooMuch(String),
    /// it is a 101, and not the upgrade that was asked for
    NoUpgrade(String),
    /// there is no memory for its head
    OutOfMemory,
}

/// The application allows only authentication schemes that aren't built in: these bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AuthError(pub(super) u32);

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RequestError::Invalid(what) | RequestError::TooLarge(what) => f.write_str(what),
        }
    }
}

impl fmt::Display for ResponseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ResponseError::NotHttp(what)
            | ResponseError::Malformed(what)
            | ResponseError::TooLarge(what)
            | ResponseError::TooMuch(what)
            | ResponseError::NoUpgrade(what) => f.write_str(what),
            ResponseError::OutOfMemory => f.write_str("Out of memory"),
        }
    }
}

impl From<TryReserveError> for ResponseError {
    fn from(_: TryReserveError) -> ResponseError {
        ResponseError::OutOfMemory
    }
}

impl fmt::Display for AuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let AuthError(schemes) = self;
        write!(
            f,
            "only authentication schemes that are not built in are allowed (0x{schemes:x}); Basic, Digest and Bearer are"
        )
    }
}
