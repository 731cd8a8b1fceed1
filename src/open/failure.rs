//! Why an opening failed: what went wrong in which layer, with which hop, as `CURLcode` and text.

use std::time::Duration;

use super::plan::Endpoint;
use crate::error::Error;
use crate::types::codes::CURLcode;

/// `CURLOPT_INTERFACE` names a host that has no address.
pub(super) fn local_name(error: &Error) -> Error {
    Error::new(
        CURLcode::CURLE_INTERFACE_FAILED,
        format!("CURLOPT_INTERFACE: {}", error.message()),
    )
}

/// The application forbids the request.
pub(super) fn not_permitted() -> Error {
    Error::new(
        CURLcode::CURLE_ABORTED_BY_CALLBACK,
        "operation aborted by the pre-request callback",
    )
}

/// A step was asked for after the last one: an earlier one has panicked.
pub(super) fn interrupted() -> Error {
    Error::new(
        CURLcode::CURLE_FAILED_INIT,
        "internal error: the connection was lost while it was being opened",
    )
}

/// The stream ended before a whole response head came; some of it has if it had `begun`.
pub(super) fn no_response(peer: &Endpoint, begun: bool) -> Error {
    let text = match begun {
        true => format!("{peer} closed the connection inside its answer to the opening handshake"),
        false => {
            format!("Empty reply from server: {peer} closed the connection without an answer to the opening handshake")
        }
    };
    Error::new(CURLcode::CURLE_GOT_NOTHING, text)
}

/// What an opening that ran out of time was waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Awaited {
    Address,
    Connection,
    Tls,
    Response,
    /// the rest of a refusal, after this many bytes
    Body(u64),
}

/// `CURLOPT_TIMEOUT_MS` or `CURLOPT_CONNECTTIMEOUT_MS` is over.
pub(super) fn timed_out(awaited: Awaited, peer: &Endpoint, elapsed: Duration) -> Error {
    let elapsed = elapsed.as_millis();
    let text = match awaited {
        Awaited::Address => format!("Resolving timed out after {elapsed} milliseconds: no address for {peer}"),
        Awaited::Connection => format!("Connection timed out after {elapsed} milliseconds: no connection to {peer}"),
        Awaited::Tls => {
            format!("Connection timed out after {elapsed} milliseconds: TLS handshake with {peer} not complete")
        }
        Awaited::Response => {
            format!("Operation timed out after {elapsed} milliseconds: {peer} has not answered the opening handshake")
        }
        Awaited::Body(received) => {
            format!("Operation timed out after {elapsed} milliseconds with {received} bytes received")
        }
    };
    Error::new(CURLcode::CURLE_OPERATION_TIMEDOUT, text)
}
