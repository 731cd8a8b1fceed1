//! Numbers and structs of the multi interface.

use std::ffi::{c_int, c_long, c_short, c_void};

use strum::FromRepr;

use crate::types::codes::CURLcode;
use crate::types::structs::{CURL, CURL_SOCKET_BAD, curl_socket_t};

/// What a message of `curl_multi_info_read` says.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CURLMSG {
    CURLMSG_NONE = 0,
    CURLMSG_DONE = 1,
    CURLMSG_LAST = 2,
}

/// The second half of a [`CURLMsg`].
#[repr(C)]
#[derive(Clone, Copy)]
pub union CURLMsg_data {
    pub whatever: *mut c_void,
    /// for `CURLMSG_DONE`
    pub result: CURLcode,
}

/// A message of `curl_multi_info_read`.
#[repr(C)]
pub struct CURLMsg {
    pub msg: CURLMSG,
    pub easy_handle: *mut CURL,
    pub data: CURLMsg_data,
}

/// A descriptor of the application's for `curl_multi_wait` and `curl_multi_poll` to watch as well.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct curl_waitfd {
    pub fd: curl_socket_t,
    /// `CURL_WAIT_` bits
    pub events: c_short,
    pub revents: c_short,
}

/// `CURLMoption`: the numbers of `curl_multi_setopt`.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRepr)]
pub enum CURLMoption {
    CURLMOPT_SOCKETFUNCTION = 20001,
    CURLMOPT_SOCKETDATA = 10002,
    CURLMOPT_PIPELINING = 3,
    CURLMOPT_TIMERFUNCTION = 20004,
    CURLMOPT_TIMERDATA = 10005,
    CURLMOPT_MAXCONNECTS = 6,
    CURLMOPT_MAX_HOST_CONNECTIONS = 7,
    CURLMOPT_MAX_PIPELINE_LENGTH = 8,
    CURLMOPT_CONTENT_LENGTH_PENALTY_SIZE = 30009,
    CURLMOPT_CHUNK_LENGTH_PENALTY_SIZE = 30010,
    CURLMOPT_PIPELINING_SITE_BL = 10011,
    CURLMOPT_PIPELINING_SERVER_BL = 10012,
    CURLMOPT_MAX_TOTAL_CONNECTIONS = 13,
    CURLMOPT_PUSHFUNCTION = 20014,
    CURLMOPT_PUSHDATA = 10015,
    CURLMOPT_MAX_CONCURRENT_STREAMS = 16,
    CURLMOPT_NETWORK_CHANGED = 17,
    CURLMOPT_NOTIFYFUNCTION = 20018,
    CURLMOPT_NOTIFYDATA = 10019,
    CURLMOPT_RESOLVE_THREADS_MAX = 20,
    CURLMOPT_QUICK_EXIT = 21,
    CURLMOPT_LASTENTRY = 22,
}

/// `CURLMinfo_offt`: the numbers of `curl_multi_get_offt`.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRepr)]
pub enum CURLMinfo_offt {
    CURLMINFO_NONE = 0,
    CURLMINFO_XFERS_CURRENT = 1,
    CURLMINFO_XFERS_RUNNING = 2,
    CURLMINFO_XFERS_PENDING = 3,
    CURLMINFO_XFERS_DONE = 4,
    CURLMINFO_XFERS_ADDED = 5,
    CURLMINFO_LASTENTRY = 6,
}

// `curl_waitfd`

pub const CURL_WAIT_POLLIN: c_int = 1 << 0;
pub const CURL_WAIT_POLLPRI: c_int = 1 << 1;
pub const CURL_WAIT_POLLOUT: c_int = 1 << 2;

// What `CURLMOPT_SOCKETFUNCTION` is asked to watch.

pub const CURL_POLL_NONE: c_int = 0;
pub const CURL_POLL_IN: c_int = 1;
pub const CURL_POLL_OUT: c_int = 2;
pub const CURL_POLL_INOUT: c_int = 3;
pub const CURL_POLL_REMOVE: c_int = 4;

// What `curl_multi_socket_action` is told.

pub const CURL_CSELECT_IN: c_int = 1 << 0;
pub const CURL_CSELECT_OUT: c_int = 1 << 1;
pub const CURL_CSELECT_ERR: c_int = 1 << 2;
/// in place of a descriptor: a time-out
pub const CURL_SOCKET_TIMEOUT: curl_socket_t = CURL_SOCKET_BAD;

// `CURLMOPT_PIPELINING`

pub const CURLPIPE_NOTHING: c_long = 0i64;
pub const CURLPIPE_HTTP1: c_long = 1i64;
pub const CURLPIPE_MULTIPLEX: c_long = 2i64;

// `CURLMOPT_NETWORK_CHANGED`

pub const CURLMNWC_CLEAR_ALL: c_long = 1i64 << 0;
pub const CURLMNWC_CLEAR_CONNS: c_long = 1i64 << 1;
pub const CURLMNWC_CLEAR_DNS: c_long = 1i64 << 2;

// What `CURLMOPT_PUSHFUNCTION` returns.

pub const CURL_PUSH_OK: c_int = 0;
pub const CURL_PUSH_DENY: c_int = 1;
pub const CURL_PUSH_ERROROUT: c_int = 2;

// What `CURLMOPT_NOTIFYFUNCTION` is told.

pub const CURLMNOTIFY_INFO_READ: c_int = 0;
pub const CURLMNOTIFY_EASY_DONE: c_int = 1;

/// The headers of a pushed stream, opaque.
pub struct curl_pushheaders {
    _private: [u8; 0],
}
