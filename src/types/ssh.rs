//! Numbers and structs of SSH.

use std::ffi::{c_char, c_long, c_ulong};

use libc::size_t;

/// The kind of a host key.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum curl_khtype {
    CURLKHTYPE_UNKNOWN = 0,
    CURLKHTYPE_RSA1 = 1,
    CURLKHTYPE_RSA = 2,
    CURLKHTYPE_DSS = 3,
    CURLKHTYPE_ECDSA = 4,
    CURLKHTYPE_ED25519 = 5,
}

/// A host key.
#[repr(C)]
pub struct curl_khkey {
    /// base64 when `len` is 0, else raw
    pub key: *const c_char,
    pub len: size_t,
    pub keytype: curl_khtype,
}

/// What `CURLOPT_SSH_KEYFUNCTION` returns.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum curl_khstat {
    CURLKHSTAT_FINE_ADD_TO_FILE = 0,
    CURLKHSTAT_FINE = 1,
    CURLKHSTAT_REJECT = 2,
    CURLKHSTAT_DEFER = 3,
    CURLKHSTAT_FINE_REPLACE = 4,
    CURLKHSTAT_LAST = 5,
}

/// How a host key compares with the known ones.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum curl_khmatch {
    CURLKHMATCH_OK = 0,
    CURLKHMATCH_MISMATCH = 1,
    CURLKHMATCH_MISSING = 2,
    CURLKHMATCH_LAST = 3,
}

// `CURLOPT_SSH_AUTH_TYPES`

pub const CURLSSH_AUTH_ANY: c_ulong = 0xFFFF_FFFFu64;
pub const CURLSSH_AUTH_NONE: c_long = 0i64;
pub const CURLSSH_AUTH_PUBLICKEY: c_long = 1i64 << 0;
pub const CURLSSH_AUTH_PASSWORD: c_long = 1i64 << 1;
pub const CURLSSH_AUTH_HOST: c_long = 1i64 << 2;
pub const CURLSSH_AUTH_KEYBOARD: c_long = 1i64 << 3;
pub const CURLSSH_AUTH_AGENT: c_long = 1i64 << 4;
pub const CURLSSH_AUTH_GSSAPI: c_long = 1i64 << 5;
pub const CURLSSH_AUTH_DEFAULT: c_ulong = CURLSSH_AUTH_ANY;
