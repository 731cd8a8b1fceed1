//! Flags of small functions, and sizes.

use std::ffi::c_int;

// `curl_global_init`

pub const CURL_GLOBAL_SSL: c_int = 1 << 0;
pub const CURL_GLOBAL_WIN32: c_int = 1 << 1;
pub const CURL_GLOBAL_ALL: c_int = CURL_GLOBAL_SSL | CURL_GLOBAL_WIN32;
pub const CURL_GLOBAL_NOTHING: c_int = 0;
pub const CURL_GLOBAL_DEFAULT: c_int = 3;
pub const CURL_GLOBAL_ACK_EINTR: c_int = 1 << 2;

// `curl_easy_pause`

pub const CURLPAUSE_RECV: c_int = 1 << 0;
pub const CURLPAUSE_RECV_CONT: c_int = 0;
pub const CURLPAUSE_SEND: c_int = 1 << 2;
pub const CURLPAUSE_SEND_CONT: c_int = 0;
pub const CURLPAUSE_ALL: c_int = CURLPAUSE_RECV | CURLPAUSE_SEND;
pub const CURLPAUSE_CONT: c_int = CURLPAUSE_RECV_CONT | CURLPAUSE_SEND_CONT;

// `curl_blob`

pub const CURL_BLOB_COPY: c_int = 1;
pub const CURL_BLOB_NOCOPY: c_int = 0;

// Sizes in bytes.

pub const CURL_MAX_READ_SIZE: c_int = 10485760;
pub const CURL_MAX_WRITE_SIZE: c_int = 16384;
pub const CURL_MAX_HTTP_HEADER: c_int = 102400;
pub const CURL_ERROR_SIZE: c_int = 256;
