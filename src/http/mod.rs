//! HTTP/1.1 as far as the opening handshake of a WebSocket needs it (RFC 6455 section 4, RFC 9112).
//!
//! Pure: bytes in, values out, no sockets and no clock. In the order in which a transfer needs them: [`auth`] makes the
//! `Authorization` value and [`key`] the nonce, [`request`] writes the request head, [`response`] reads the heads of the
//! answer line by line, and [`upgrade`] judges the last of them, with [`extensions`] for the grammar of
//! `Sec-WebSocket-Extensions`; [`refusal`] tells of an answer that is no upgrade, with the start of its [`body`].

#![forbid(unsafe_code)]

pub(crate) mod auth;
pub(crate) mod body;
pub(crate) mod error;
pub(crate) mod extensions;
pub(crate) mod key;
pub(crate) mod refusal;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod upgrade;

mod text;
