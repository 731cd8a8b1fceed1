//! The URL interface.
//!
//! No URL handle can be had yet, so no pointer can be one.

#![allow(unused_variables, reason = "every call gets the same answer")]

use std::ffi::{c_char, c_uint};
use std::ptr;

use crate::types::codes::CURLUcode;
use crate::types::raw::RawUrlPart;
use crate::types::url::CURLU;

/// Makes a URL handle. Not built in: NULL.
#[unsafe(no_mangle)]
pub extern "C" fn curl_url() -> *mut CURLU {
    ptr::null_mut()
}

/// Frees a URL handle. Not built in: does nothing.
#[unsafe(no_mangle)]
pub extern "C" fn curl_url_cleanup(url: *mut CURLU) {}

/// Copies a URL handle. Not built in: NULL.
#[unsafe(no_mangle)]
pub extern "C" fn curl_url_dup(url: *const CURLU) -> *mut CURLU {
    ptr::null_mut()
}

/// A part of the URL. Not built in: `CURLUE_BAD_HANDLE`.
#[unsafe(no_mangle)]
pub extern "C" fn curl_url_get(
    url: *const CURLU,
    what: RawUrlPart,
    part: *mut *mut c_char,
    flags: c_uint,
) -> CURLUcode {
    CURLUcode::CURLUE_BAD_HANDLE
}

/// Sets a part of the URL. Not built in: `CURLUE_BAD_HANDLE`.
#[unsafe(no_mangle)]
pub extern "C" fn curl_url_set(url: *mut CURLU, what: RawUrlPart, part: *const c_char, flags: c_uint) -> CURLUcode {
    CURLUcode::CURLUE_BAD_HANDLE
}
