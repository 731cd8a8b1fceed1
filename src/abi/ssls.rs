//! Export and import of TLS sessions.
//!
//! Not built in: rustls keeps its sessions to itself.

#![allow(unused_variables, reason = "every call gets the same answer")]

use std::ffi::{c_char, c_uchar, c_void};

use libc::size_t;

use crate::types::codes::CURLcode;
use crate::types::structs::CURL;

/// cbindgen:ignore
#[unsafe(no_mangle)]
pub extern "C" fn curl_easy_ssls_export(curl: *mut CURL, export: *const c_void, userdata: *mut c_void) -> CURLcode {
    CURLcode::CURLE_NOT_BUILT_IN
}

/// Adds a TLS session that was exported. Not built in: `CURLE_NOT_BUILT_IN`.
#[unsafe(no_mangle)]
pub extern "C" fn curl_easy_ssls_import(
    curl: *mut CURL,
    session_key: *const c_char,
    shmac: *const c_uchar,
    shmac_len: size_t,
    sdata: *const c_uchar,
    sdata_len: size_t,
) -> CURLcode {
    CURLcode::CURLE_NOT_BUILT_IN
}
