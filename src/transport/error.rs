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
    /// The socket takes nothing more, for this reason.
    Send(String),
    /// The socket gives nothing more, for this reason.
    Receive(String),
    /// The stream has ended where it may not.
    UnexpectedEof,
    /// A TLS message does not fit into the receive buffer.
    TooLarge,
    /// TLS has failed.
    Tls(TlsError),
    /// The connection broke during the TLS handshake.
    Handshake(TransportError),
}

/// The result of everything that a stream does.
pub(super) type Result<T> = std::result::Result<T, TransportError>;

impl TransportError {
    #[cold]
    pub(super) fn new(cause: Cause) -> TransportError {
        TransportError(Box::new(cause))
    }

    pub(super) fn send(error: &io::Error) -> TransportError {
        TransportError::new(Cause::Send(reason(error)))
    }

    pub(super) fn receive(error: &io::Error) -> TransportError {
        TransportError::new(Cause::Receive(reason(error)))
    }

    /// The same, during the TLS handshake.
    pub(super) fn in_handshake(self) -> TransportError {
        TransportError::new(Cause::Handshake(self))
    }

    /// What has happened.
    pub(crate) fn cause(&self) -> &Cause {
        &self.0
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
            Cause::Send(reason) => write!(f, "Send failure: {reason}"),
            Cause::Receive(reason) => write!(f, "Recv failure: {reason}"),
            Cause::UnexpectedEof => f.write_str("the connection ended unexpectedly"),
            Cause::TooLarge => f.write_str("a TLS message is larger than the receive buffer"),
            Cause::Tls(error) => error.fmt(f),
            Cause::Handshake(error) => write!(f, "TLS handshake: {error}"),
        }
    }
}

impl std::error::Error for TransportError {}
