//! Bits of the WebSocket functions and of `CURLOPT_WS_OPTIONS`.

use std::ffi::{c_int, c_long};

// The flags of a frame.

pub const CURLWS_TEXT: c_int = 1 << 0;
pub const CURLWS_BINARY: c_int = 1 << 1;
pub const CURLWS_CONT: c_int = 1 << 2;
pub const CURLWS_CLOSE: c_int = 1 << 3;
pub const CURLWS_PING: c_int = 1 << 4;
pub const CURLWS_OFFSET: c_int = 1 << 5;
pub const CURLWS_PONG: c_int = 1 << 6;
/// Leaves the message uncompressed that the frame begins. Beyond libcurl's.
pub const CURLWS_NOCOMPRESS: c_int = 1 << 17;

// `CURLOPT_WS_OPTIONS`

pub const CURLWS_RAW_MODE: c_long = 1i64 << 0;
pub const CURLWS_NOAUTOPONG: c_long = 1i64 << 1;
/// Offers permessage-deflate (RFC 7692); what is compressed then, both ways, programs see as if it weren't. Beyond
/// libcurl's.
pub const CURLWS_COMPRESS: c_long = 1i64 << 16;
/// The duties of an endpoint that libcurl leaves to programs: text is UTF-8, CLOSE frames are checked and answered.
/// Beyond libcurl's.
pub const CURLWS_STRICT: c_long = 1i64 << 17;
