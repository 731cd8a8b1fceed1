//! Why a stream is broken, in the terms of this layer.

use std::fmt;
use std::io;

use crate::net::reason;
use crate::tls::TlsError;

/// Why a stream is broken. One word, so that results are returned in registers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TransportError(Box<Cause>);

/// What has happened.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cause {
    /// The socket takes nothing more.
    Send(SystemError),
    /// The socket gives nothing more.
    Receive(SystemError),
    /// The stream has ended where it may not.
    UnexpectedEof,
    /// A TLS message does not fit into the receive buffer.
    TooLarge,
    /// TLS has failed.
    Tls(TlsError),
    /// The connection broke during the TLS handshake.
    Handshake(TransportError),
}

/// A system call has failed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SystemError {
    reason: String,
    errno: i32,
}

/// The result of everything that a stream does.
pub(super) type Result<T> = std::result::Result<T, TransportError>;

impl TransportError {
    #[cold]
    pub(super) fn new(cause: Cause) -> TransportError {
        TransportError(Box::new(cause))
    }

    pub(super) fn send(error: &io::Error) -> TransportError {
        TransportError::new(Cause::Send(error.into()))
    }

    pub(super) fn receive(error: &io::Error) -> TransportError {
        TransportError::new(Cause::Receive(error.into()))
    }

    /// The same, during the TLS handshake.
    pub(super) fn in_handshake(self) -> TransportError {
        TransportError::new(Cause::Handshake(self))
    }

    /// What has happened.
    pub(crate) fn cause(&self) -> &Cause {
        &self.0
    }

    /// The `errno` of the system call that failed, if one did.
    pub(super) fn os_errno(&self) -> Option<i32> {
        match self.cause() {
            Cause::Send(error) | Cause::Receive(error) => Some(error.errno),
            Cause::Handshake(error) => error.os_errno(),
            Cause::UnexpectedEof | Cause::TooLarge | Cause::Tls(_) => None,
        }
    }
}

impl From<&io::Error> for SystemError {
    fn from(error: &io::Error) -> SystemError {
        SystemError {
            reason: reason(error),
            errno: error.raw_os_error().unwrap_or(0),
        }
    }
}

impl From<TlsError> for TransportError {
    fn from(error: TlsError) -> TransportError {
        TransportError::new(Cause::Tls(error))
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.cause() {
            Cause::Send(error) => write!(f, "Send failure: {}", error.reason),
            Cause::Receive(error) => write!(f, "Recv failure: {}", error.reason),
            Cause::UnexpectedEof => f.write_str("the connection ended unexpectedly"),
            Cause::TooLarge => f.write_str("a TLS message is larger than the receive buffer"),
            Cause::Tls(error) => error.fmt(f),
            Cause::Handshake(error) => write!(f, "TLS handshake: {error}"),
        }
    }
}

impl std::error::Error for TransportError {}
