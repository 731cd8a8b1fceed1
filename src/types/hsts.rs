//! Numbers and structs of HSTS.

use std::ffi::{c_char, c_long};

use libc::size_t;

/// An entry of the HSTS callbacks.
#[repr(C)]
pub struct curl_hstsentry {
    pub name: *mut c_char,
    pub namelen: size_t,
    /// cbindgen:bitfield=1
    pub includeSubDomains: BitField,
    /// `YYYYMMDD HH:MM:SS`, ended by NUL
    pub expire: [c_char; 18],
}

/// The byte that holds a C bit field of `unsigned int`.
pub type BitField = u8;

/// Where an HSTS entry stands among all.
#[repr(C)]
pub struct curl_index {
    pub index: size_t,
    pub total: size_t,
}

// `CURLOPT_HSTS_CTRL`

pub const CURLHSTS_ENABLE: c_long = 1i64 << 0;
pub const CURLHSTS_READONLYFILE: c_long = 1i64 << 1;
