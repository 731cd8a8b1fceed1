//! The share interface.
//!
//! No share handle can be had yet, so no pointer can be one.

#![allow(unused_variables, reason = "every call gets the same answer")]

use std::ffi::c_void;
use std::ptr;

use crate::types::codes::CURLSHcode;
use crate::types::raw::RawShareOption;
use crate::types::structs::CURLSH;

/// Makes a share handle. Not built in: NULL.
#[unsafe(no_mangle)]
pub extern "C" fn curl_share_init() -> *mut CURLSH {
    ptr::null_mut()
}

/// cbindgen:ignore
#[unsafe(no_mangle)]
pub extern "C" fn curl_share_setopt(share: *mut CURLSH, option: RawShareOption, argument: *mut c_void) -> CURLSHcode {
    CURLSHcode::CURLSHE_INVALID
}

/// Frees a share handle. Not built in: `CURLSHE_INVALID`.
#[unsafe(no_mangle)]
pub extern "C" fn curl_share_cleanup(share: *mut CURLSH) -> CURLSHcode {
    CURLSHcode::CURLSHE_INVALID
}
