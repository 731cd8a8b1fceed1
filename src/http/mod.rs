//! HTTP/1.1 as far as the opening handshake of a WebSocket needs it (RFC 6455 section 4, RFC 9112).
//!
//! Pure: bytes in, values out, no sockets, no files and no clock.
//!
//! | module | what |
//! |---|---|
//! | [`auth`] | authentication schemes, challenges, the `Authorization` value |
//! | [`request`] | writes the request head |
//! | [`connect`] | writes the request head of CONNECT |
//! | [`response`] | reads response heads, line by line |
//! | [`upgrade`] | checks a 101 response |
//! | [`refusal`], [`body`] | tell of any other, with the start of its body |
//! | [`cookies`], [`hsts`] | what servers want to be remembered |
//! | [`date`] | dates in any form |
//! | [`retry_after`] | how long a server asks to wait |
//! | [`unread`] | a body read past, for another request on the same connection |
//! | [`text`] | small helpers |
//! | [`error`] | what can be wrong |

#![forbid(unsafe_code)]

pub(crate) mod auth;
pub(crate) mod body;
pub(crate) mod connect;
pub(crate) mod cookies;
pub(crate) mod date;
pub(crate) mod error;
pub(crate) mod hsts;
pub(crate) mod refusal;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod retry_after;
pub(crate) mod text;
pub(crate) mod unread;
pub(crate) mod upgrade;

mod chunks;
