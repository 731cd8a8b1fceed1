//! The structs, handles and small enums that C programs see.

use std::ffi::{c_char, c_int, c_uint, c_void};

use libc::size_t;

/// An easy handle, opaque to the application.
pub type CURL = c_void;
/// A multi handle, opaque to the application.
pub type CURLM = c_void;
/// A share handle, opaque to the application.
pub type CURLSH = c_void;
/// 64 bits everywhere.
pub type curl_off_t = i64;
/// A file descriptor; -1 (`CURL_SOCKET_BAD`) is none.
pub type curl_socket_t = c_int;

#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum curl_infotype {
    CURLINFO_TEXT = 0,
    CURLINFO_HEADER_IN = 1,
    CURLINFO_HEADER_OUT = 2,
    CURLINFO_DATA_IN = 3,
    CURLINFO_DATA_OUT = 4,
    CURLINFO_SSL_DATA_IN = 5,
    CURLINFO_SSL_DATA_OUT = 6,
    CURLINFO_END = 7,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum curlsocktype {
    CURLSOCKTYPE_IPCXN = 0,
    CURLSOCKTYPE_ACCEPT = 1,
    CURLSOCKTYPE_LAST = 2,
}

/// What `CURLOPT_OPENSOCKETFUNCTION` is asked to open. `addr` may be longer than declared: `addrlen` tells.
#[repr(C)]
pub struct curl_sockaddr {
    pub family: c_int,
    pub socktype: c_int,
    pub protocol: c_int,
    pub addrlen: c_uint,
    pub addr: libc::sockaddr,
}

/// One chunk of a frame, as `curl_ws_recv` and `curl_ws_meta` describe it.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct curl_ws_frame {
    /// 0
    pub age: c_int,
    /// `CURLWS_` bits
    pub flags: c_int,
    /// of the chunk's first byte in its frame
    pub offset: curl_off_t,
    /// bytes of this frame still to come after the chunk
    pub bytesleft: curl_off_t,
    /// bytes of the chunk
    pub len: size_t,
}

/// A response header as `curl_easy_header` returns it.
#[repr(C)]
pub struct curl_header {
    pub name: *mut c_char,
    pub value: *mut c_char,
    /// how many headers of this name there are
    pub amount: size_t,
    /// which of them this is
    pub index: size_t,
    /// a `CURLH_` bit
    pub origin: c_uint,
    pub anchor: *mut c_void,
}

/// A node of a list of strings.
#[repr(C)]
pub struct curl_slist {
    pub data: *mut c_char,
    pub next: *mut curl_slist,
}

/// Bytes with a length, for the `_BLOB` options.
#[repr(C)]
pub struct curl_blob {
    pub data: *mut c_void,
    pub len: size_t,
    /// `CURL_BLOB_COPY` or `CURL_BLOB_NOCOPY`
    pub flags: c_uint,
}

/// No descriptor.
pub const CURL_SOCKET_BAD: curl_socket_t = -1;
