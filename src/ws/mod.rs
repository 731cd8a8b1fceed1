//! The WebSocket protocol (RFC 6455) and permessage-deflate (RFC 7692): bytes in, events out, bytes to send.
//!
//! Pure: no I/O, no clock, no import from the rest of the crate. [`Connection`] is a client's end of an open WebSocket; the
//! other files are its parts:
//!
//! | file | what | section |
//! |---|---|---|
//! | [`connection`] | the interface: receiving, sending, closing, failing, keep-alive | |
//! | `receiver` | which frame is due, where its payload is | 6.2 |
//! | `decoder` | frame headers from the server, each rule checked | 5.2, 5.4, 5.5 |
//! | `message` | length and text of the message that is received | 8.1, 10.4 |
//! | `sender` | the caller's frames, whole, in pieces, compressed | 6.1 |
//! | `encoder`, `mask` | a client's frames on the wire | 5.2, 5.3, 5.4 |
//! | `closing`, [`close`] | the closing handshake; status codes and reasons | 7 |
//! | `keepalive` | PING frames at an interval, and their answers | 5.5.2, 5.5.3 |
//! | [`handshake`] | the key and the extensions of the opening handshake | 4, 9.1 |
//! | [`deflate`] | negotiation and both directions of compression | RFC 7692 |
//! | `buffers` | where buffers come from | |
//! | `utf8` | text checked in pieces | 8.1 |
//! | `error` | errors of the peer and of the caller | 7.1.7 |

#![forbid(unsafe_code)]

mod buffers;
pub(crate) mod close;
mod closing;
mod connection;
mod decoder;
pub(crate) mod deflate;
mod encoder;
mod error;
mod frame;
pub(crate) mod handshake;
mod keepalive;
mod mask;
mod message;
mod receiver;
mod sender;
#[cfg(test)]
mod tests;
mod utf8;

pub(crate) use buffers::Buffers;
pub(crate) use closing::State;
pub(crate) use connection::{Config, Connection, Event};
pub(crate) use decoder::Frame;
#[cfg(feature = "fuzzing")]
pub(crate) use error::CloseError;
pub(crate) use error::{ProtocolError, SendError};
pub(crate) use frame::Kind;
pub(crate) use mask::MaskingKeys;
pub(crate) use sender::FrameStart;
