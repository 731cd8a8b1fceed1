//! What went wrong on an open WebSocket, as libcurl's codes and texts.

use crate::error::Error;
use crate::types::codes::CURLcode;
use crate::ws::{ProtocolError, SendError};

/// A protocol error as libcurl's code and a text.
pub(super) fn protocol_error(error: ProtocolError) -> Error {
    match error {
        ProtocolError::TooLarge(_) | ProtocolError::TooManyFrames(_) => {
            Error::new(CURLcode::CURLE_TOO_LARGE, format!("[WS] {error}"))
        }
        ProtocolError::Corrupt => Error::new(CURLcode::CURLE_BAD_CONTENT_ENCODING, format!("[WS] {error}")),
        ProtocolError::NoMemory => Error::new(CURLcode::CURLE_OUT_OF_MEMORY, format!("[WS] {error}")),
        ProtocolError::NoPong(_) => Error::new(CURLcode::CURLE_OPERATION_TIMEDOUT, format!("[WS] {error}")),
        violation => Error::new(
            CURLcode::CURLE_RECV_ERROR,
            format!("[WS] protocol violation by the server: {violation}"),
        ),
    }
}

/// A refused frame as libcurl's code and a text.
#[cold]
pub(super) fn send_error(error: SendError) -> Error {
    let code = match error {
        SendError::Unfinished(_) | SendError::AfterClose | SendError::Compression => CURLcode::CURLE_SEND_ERROR,
        SendError::LongControl(..) => CURLcode::CURLE_TOO_LARGE,
        SendError::NoMemory => CURLcode::CURLE_OUT_OF_MEMORY,
        SendError::NoKey => CURLcode::CURLE_FAILED_INIT,
        SendError::NothingToContinue
        | SendError::FragmentedControl(_)
        | SendError::LongPiece { .. }
        | SendError::Close(_) => CURLcode::CURLE_BAD_FUNCTION_ARGUMENT,
    };
    Error::new(code, format!("[WS] {error}"))
}

#[cold]
pub(super) fn negative(length: i64) -> Error {
    Error::new(
        CURLcode::CURLE_SEND_ERROR,
        format!("[WS] a frame can't have a negative length ({length})"),
    )
}

pub(super) fn eof_error() -> Error {
    Error::new(CURLcode::CURLE_GOT_NOTHING, "[WS] the server closed the connection")
}
