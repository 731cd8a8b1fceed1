//! Forms of before MIME bodies.
//!
//! Not built in: no form can be made.

#![allow(unused_variables, reason = "every call gets the same answer")]

use std::ffi::{c_int, c_void};

use crate::types::callbacks::curl_formget_callback;
use crate::types::form::{CURLFORMcode, curl_httppost};

/// cbindgen:ignore
#[unsafe(no_mangle)]
pub extern "C" fn curl_formadd(first: *mut *mut curl_httppost, last: *mut *mut curl_httppost) -> CURLFORMcode {
    CURLFORMcode::CURL_FORMADD_DISABLED
}

/// Writes a form out. Not built in: `CURL_FORMADD_DISABLED`.
#[unsafe(no_mangle)]
pub extern "C" fn curl_formget(
    form: *mut curl_httppost,
    userdata: *mut c_void,
    append: curl_formget_callback,
) -> c_int {
    CURLFORMcode::CURL_FORMADD_DISABLED as c_int
}

/// Frees a form. Not built in: does nothing.
#[unsafe(no_mangle)]
pub extern "C" fn curl_formfree(form: *mut curl_httppost) {}
