//! What can go wrong with a WebSocket: what the peer did, and what the caller asked for.

use std::fmt;
use std::time::Duration;

use super::frame::{Kind, MAX_CONTROL_PAYLOAD, MAX_REASON};

/// Why the connection fails (RFC 6455 section 7.1.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProtocolError {
    /// RSV1 to RSV3 as a number of three bits, with no extension that gives them a meaning
    ReservedBits(u8),
    /// RSV1 on a control frame: those are never compressed
    CompressedControl(Kind),
    /// RSV1 on a frame that is not the first of its message
    CompressedContinuation,
    /// an opcode without a meaning
    ReservedOpcode(u8),
    /// servers must not mask
    Masked,
    /// a continuation frame with no message open
    NothingToContinue,
    /// a new message inside a fragmented one
    Interleaved {
        /// the unfinished message
        open: Kind,
        /// the one that started
        new: Kind,
    },
    /// a control frame without FIN
    FragmentedControl(Kind),
    /// a control frame with more than 125 bytes
    LongControl(Kind),
    /// the top bit of a 64-bit length
    HugeLength,
    /// a length that is not in its shortest form
    PaddedLength(u64),
    /// a TEXT message that is not UTF-8
    NotUtf8,
    /// what is wrong with a CLOSE frame
    Close(CloseError),
    /// a message of more bytes than this limit
    TooLarge(u64),
    /// a message of more frames than this limit
    TooManyFrames(u64),
    /// compressed data that can't be inflated
    Corrupt,
    /// there is no memory to inflate with
    NoMemory,
    /// no PONG came within this time
    NoPong(Duration),
}

impl ProtocolError {
    /// The status code that a CLOSE frame tells the peer (section 7.4.1).
    pub(super) fn close_code(self) -> u16 {
        match self {
            ProtocolError::NotUtf8 | ProtocolError::Close(CloseError::ReasonNotUtf8) | ProtocolError::Corrupt => 1007,
            ProtocolError::TooLarge(_) | ProtocolError::TooManyFrames(_) => 1009,
            ProtocolError::NoPong(_) | ProtocolError::NoMemory => 1011,
            _ => 1002,
        }
    }
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProtocolError::ReservedBits(bits) => write!(
                f,
                "frame with reserved bits (RSV {bits:03b}) that no negotiated extension uses (RFC 6455 section 5.2)"
            ),
            ProtocolError::CompressedControl(kind) => {
                write!(f, "{} frame marked as compressed (RFC 7692 section 6.1)", kind.name())
            }
            ProtocolError::CompressedContinuation => {
                write!(f, "continuation frame marked as compressed (RFC 7692 section 6.1)")
            }
            ProtocolError::ReservedOpcode(opcode) => {
                write!(f, "frame with reserved opcode {opcode} (RFC 6455 section 5.2)")
            }
            ProtocolError::Masked => write!(f, "masked frame from the server (RFC 6455 section 5.1)"),
            ProtocolError::NothingToContinue => write!(
                f,
                "continuation frame without a message to continue (RFC 6455 section 5.4)"
            ),
            ProtocolError::Interleaved { open, new } => write!(
                f,
                "new {} message inside an unfinished fragmented {} message (RFC 6455 section 5.4)",
                new.name(),
                open.name()
            ),
            ProtocolError::FragmentedControl(kind) => {
                write!(f, "fragmented {} frame (RFC 6455 section 5.5)", kind.name())
            }
            ProtocolError::LongControl(kind) => write!(
                f,
                "{} frame with more than {MAX_CONTROL_PAYLOAD} bytes (RFC 6455 section 5.5)",
                kind.name()
            ),
            ProtocolError::HugeLength => write!(
                f,
                "frame length with the most significant bit set (RFC 6455 section 5.2)"
            ),
            ProtocolError::PaddedLength(length) => write!(
                f,
                "frame length {length} not in its shortest encoding (RFC 6455 section 5.2)"
            ),
            ProtocolError::NotUtf8 => write!(f, "TEXT message that is not UTF-8 (RFC 6455 section 8.1)"),
            ProtocolError::Close(error) => error.fmt(f),
            ProtocolError::TooLarge(limit) => write!(
                f,
                "the server's message is larger than the {limit} bytes allowed (RFC 6455 section 10.4)"
            ),
            ProtocolError::TooManyFrames(limit) => write!(
                f,
                "the server's message has more than the {limit} frames allowed (RFC 6455 section 10.4)"
            ),
            ProtocolError::Corrupt => write!(
                f,
                "the server's compressed message can't be inflated (RFC 7692 section 7.2.2)"
            ),
            ProtocolError::NoMemory => write!(f, "no memory to inflate the server's compressed message"),
            ProtocolError::NoPong(timeout) => write!(
                f,
                "the server has not answered a PING for {} milliseconds",
                timeout.as_millis()
            ),
        }
    }
}

impl std::error::Error for ProtocolError {}

/// What is wrong with a CLOSE frame, the peer's or the caller's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CloseError {
    /// one byte where a status code has two
    HalfCode,
    /// a status code that must not be sent
    Code(u16),
    /// the reason is not UTF-8
    ReasonNotUtf8,
    /// the reason is longer than 123 bytes: its length
    LongReason(usize),
    /// the caller sends the frame in pieces, so that it can't be checked
    Pieces,
}

impl fmt::Display for CloseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CloseError::HalfCode => write!(f, "CLOSE frame with half a status code (RFC 6455 section 5.5.1)"),
            CloseError::Code(code) => write!(
                f,
                "CLOSE frame with status code {code}, which must not be sent (RFC 6455 section 7.4)"
            ),
            CloseError::ReasonNotUtf8 => write!(
                f,
                "CLOSE frame with a reason that is not UTF-8 (RFC 6455 section 5.5.1)"
            ),
            CloseError::LongReason(length) => write!(
                f,
                "CLOSE frame with a reason of {length} bytes, over {MAX_REASON} (RFC 6455 section 5.5)"
            ),
            CloseError::Pieces => write!(f, "in strict mode a CLOSE frame goes out in one call"),
        }
    }
}

/// Why a frame can't be sent. The connection is as it was before the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SendError {
    /// the last frame still needs this many bytes
    Unfinished(u64),
    /// no type was given and no fragmented message is open
    NothingToContinue,
    /// control frames can't be fragmented
    FragmentedControl(Kind),
    /// control frames hold at most 125 bytes
    LongControl(Kind, u64),
    /// the first piece of a frame is longer than the frame
    LongPiece {
        /// its length
        piece: usize,
        /// the frame's
        frame: u64,
    },
    /// nothing may follow a CLOSE frame
    AfterClose,
    /// a CLOSE frame that must not be sent
    Close(CloseError),
    /// the random number generator gave no masking key
    NoKey,
    /// zlib reports an error
    Compression,
    /// there is no memory to compress with
    NoMemory,
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SendError::Unfinished(remaining) => write!(
                f,
                "a new frame can't start while the last one lacks {remaining} bytes of payload"
            ),
            SendError::NothingToContinue => write!(
                f,
                "flags name no frame type, and no fragmented message is open to be continued"
            ),
            SendError::FragmentedControl(kind) => {
                write!(f, "a {} frame can't be fragmented (RFC 6455 section 5.5)", kind.name())
            }
            SendError::LongControl(kind, length) => write!(
                f,
                "a {} frame holds at most {MAX_CONTROL_PAYLOAD} bytes, not {length} (RFC 6455 section 5.5)",
                kind.name()
            ),
            SendError::LongPiece { piece, frame } => {
                write!(f, "{piece} bytes are more than the frame of {frame} that they begin")
            }
            SendError::AfterClose => {
                write!(f, "nothing can be sent after a CLOSE frame (RFC 6455 section 5.5.1)")
            }
            SendError::Close(error) => error.fmt(f),
            SendError::NoKey => write!(f, "the system's random number generator failed"),
            SendError::Compression => write!(f, "compressing the message failed"),
            SendError::NoMemory => write!(f, "no memory to compress the message"),
        }
    }
}

impl std::error::Error for SendError {}
