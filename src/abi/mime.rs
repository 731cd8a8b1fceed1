//! MIME bodies, which a WebSocket has no use for.
//!
//! Not built in: no body can be made.

#![allow(unused_variables, reason = "every call gets the same answer")]

use std::ffi::{c_char, c_int, c_void};
use std::ptr;

use libc::size_t;

use crate::types::callbacks::{curl_free_callback, curl_read_callback, curl_seek_callback};
use crate::types::codes::CURLcode;
use crate::types::form::{curl_mime, curl_mimepart};
use crate::types::structs::{CURL, curl_off_t, curl_slist};

/// Makes a body. Not built in: NULL.
#[unsafe(no_mangle)]
pub extern "C" fn curl_mime_init(curl: *mut CURL) -> *mut curl_mime {
    ptr::null_mut()
}

/// Frees a body. Not built in: does nothing.
#[unsafe(no_mangle)]
pub extern "C" fn curl_mime_free(mime: *mut curl_mime) {}

/// Adds a part. Not built in: NULL.
#[unsafe(no_mangle)]
pub extern "C" fn curl_mime_addpart(mime: *mut curl_mime) -> *mut curl_mimepart {
    ptr::null_mut()
}

/// Names a part. Not built in: `CURLE_NOT_BUILT_IN`.
#[unsafe(no_mangle)]
pub extern "C" fn curl_mime_name(part: *mut curl_mimepart, name: *const c_char) -> CURLcode {
    CURLcode::CURLE_NOT_BUILT_IN
}

/// Names a part's file. Not built in: `CURLE_NOT_BUILT_IN`.
#[unsafe(no_mangle)]
pub extern "C" fn curl_mime_filename(part: *mut curl_mimepart, filename: *const c_char) -> CURLcode {
    CURLcode::CURLE_NOT_BUILT_IN
}

/// Sets a part's media type. Not built in: `CURLE_NOT_BUILT_IN`.
#[unsafe(no_mangle)]
pub extern "C" fn curl_mime_type(part: *mut curl_mimepart, mimetype: *const c_char) -> CURLcode {
    CURLcode::CURLE_NOT_BUILT_IN
}

/// Sets a part's transfer encoding. Not built in: `CURLE_NOT_BUILT_IN`.
#[unsafe(no_mangle)]
pub extern "C" fn curl_mime_encoder(part: *mut curl_mimepart, encoding: *const c_char) -> CURLcode {
    CURLcode::CURLE_NOT_BUILT_IN
}

/// Sets a part's data. Not built in: `CURLE_NOT_BUILT_IN`.
#[unsafe(no_mangle)]
pub extern "C" fn curl_mime_data(part: *mut curl_mimepart, data: *const c_char, size: size_t) -> CURLcode {
    CURLcode::CURLE_NOT_BUILT_IN
}

/// Reads a part's data from a file. Not built in: `CURLE_NOT_BUILT_IN`.
#[unsafe(no_mangle)]
pub extern "C" fn curl_mime_filedata(part: *mut curl_mimepart, filename: *const c_char) -> CURLcode {
    CURLcode::CURLE_NOT_BUILT_IN
}

/// Reads a part's data from a callback. Not built in: `CURLE_NOT_BUILT_IN`.
#[unsafe(no_mangle)]
pub extern "C" fn curl_mime_data_cb(
    part: *mut curl_mimepart,
    size: curl_off_t,
    read: curl_read_callback,
    seek: curl_seek_callback,
    free: curl_free_callback,
    userdata: *mut c_void,
) -> CURLcode {
    CURLcode::CURLE_NOT_BUILT_IN
}

/// Makes a part of parts. Not built in: `CURLE_NOT_BUILT_IN`.
#[unsafe(no_mangle)]
pub extern "C" fn curl_mime_subparts(part: *mut curl_mimepart, subparts: *mut curl_mime) -> CURLcode {
    CURLcode::CURLE_NOT_BUILT_IN
}

/// Adds headers to a part. Not built in: `CURLE_NOT_BUILT_IN`.
#[unsafe(no_mangle)]
pub extern "C" fn curl_mime_headers(
    part: *mut curl_mimepart,
    headers: *mut curl_slist,
    take_ownership: c_int,
) -> CURLcode {
    CURLcode::CURLE_NOT_BUILT_IN
}
