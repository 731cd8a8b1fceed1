//! The WebSocket protocol (RFC 6455) and its compression (RFC 7692), pure: bytes in, frames out. No I/O, no clock, no other module.
//!
//! | file | what |
//! |---|---|
//! | [`frame`] | the frame head on the wire, both ways |
//! | [`mask`] | the XOR of section 5.3 |
//! | [`decoder`] | a server's byte stream as frames in chunks, and every rule it may break |
//! | [`encoder`] | a client's frames: fragmentation, lengths, masking |
//! | [`short`] | whole short messages, the shorter way |
//! | [`deflate`] | permessage-deflate: negotiation, inflating, deflating |
//! | [`utf8`] | text checked as it comes |
//! | [`close`] | status codes and reasons |

#![forbid(unsafe_code)]

pub mod close;
pub mod decoder;
pub mod deflate;
pub mod encoder;
pub mod frame;
pub mod mask;
pub mod short;
pub mod utf8;

pub use decoder::{Decoder, Frame, Violation};
pub use encoder::{Encoder, Refusal};
pub use frame::{Kind, MAX_CONTROL_PAYLOAD, MAX_HEAD};
