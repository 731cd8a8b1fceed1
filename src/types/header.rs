//! Bits of the header API: where a header came from.

use std::ffi::c_int;

pub const CURLH_HEADER: c_int = 1 << 0;
pub const CURLH_TRAILER: c_int = 1 << 1;
pub const CURLH_CONNECT: c_int = 1 << 2;
pub const CURLH_1XX: c_int = 1 << 3;
pub const CURLH_PSEUDO: c_int = 1 << 4;
