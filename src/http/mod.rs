//! HTTP/1.1 as far as the opening handshake of a WebSocket needs it (RFC 6455 section 4, RFC 9112).
//!
//! Pure: bytes in, values out, no sockets and no clock.
//!
//! | module | what |
//! |---|---|
//! | [`auth`] | the `Authorization` value |
//! | [`request`] | writes the request head |
//! | [`response`] | reads response heads, line by line |
//! | [`upgrade`], [`refusal`] | check a 101 response; make an error of any other |

#![forbid(unsafe_code)]

pub(crate) mod auth;
pub(crate) mod refusal;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod upgrade;

mod text;
