//! The multi interface.
//!
//! No multi handle can be had yet, so no pointer can be one.

#![allow(unused_variables, reason = "every call gets the same answer")]

use std::ffi::{c_char, c_int, c_long, c_uint, c_void};
use std::ptr;

use libc::{fd_set, size_t};

use crate::types::codes::CURLMcode;
use crate::types::multi::{CURLMsg, curl_pushheaders, curl_waitfd};
use crate::types::raw::{RawMultiInfo, RawMultiOption};
use crate::types::structs::{CURL, CURLM, curl_off_t, curl_socket_t};

/// Makes a multi handle. Not built in: NULL.
#[unsafe(no_mangle)]
pub extern "C" fn curl_multi_init() -> *mut CURLM {
    ptr::null_mut()
}

/// Adds an easy handle. Not built in: `CURLM_BAD_HANDLE`.
#[unsafe(no_mangle)]
pub extern "C" fn curl_multi_add_handle(multi: *mut CURLM, curl: *mut CURL) -> CURLMcode {
    CURLMcode::CURLM_BAD_HANDLE
}

/// Takes an easy handle out. Not built in: `CURLM_BAD_HANDLE`.
#[unsafe(no_mangle)]
pub extern "C" fn curl_multi_remove_handle(multi: *mut CURLM, curl: *mut CURL) -> CURLMcode {
    CURLMcode::CURLM_BAD_HANDLE
}

/// Frees a multi handle. Not built in: `CURLM_BAD_HANDLE`.
#[unsafe(no_mangle)]
pub extern "C" fn curl_multi_cleanup(multi: *mut CURLM) -> CURLMcode {
    CURLMcode::CURLM_BAD_HANDLE
}

/// Descriptors for `select`. Not built in: `CURLM_BAD_HANDLE`.
#[unsafe(no_mangle)]
pub extern "C" fn curl_multi_fdset(
    multi: *mut CURLM,
    read: *mut fd_set,
    write: *mut fd_set,
    exc: *mut fd_set,
    max: *mut c_int,
) -> CURLMcode {
    CURLMcode::CURLM_BAD_HANDLE
}

/// Descriptors for `poll`. Not built in: `CURLM_BAD_HANDLE`.
#[unsafe(no_mangle)]
pub extern "C" fn curl_multi_waitfds(
    multi: *mut CURLM,
    ufds: *mut curl_waitfd,
    size: c_uint,
    fd_count: *mut c_uint,
) -> CURLMcode {
    CURLMcode::CURLM_BAD_HANDLE
}

/// Waits for activity. Not built in: `CURLM_BAD_HANDLE`.
#[unsafe(no_mangle)]
pub extern "C" fn curl_multi_wait(
    multi: *mut CURLM,
    fds: *mut curl_waitfd,
    count: c_uint,
    timeout_ms: c_int,
    ready: *mut c_int,
) -> CURLMcode {
    CURLMcode::CURLM_BAD_HANDLE
}

/// Waits for activity or `curl_multi_wakeup`. Not built in: `CURLM_BAD_HANDLE`.
#[unsafe(no_mangle)]
pub extern "C" fn curl_multi_poll(
    multi: *mut CURLM,
    fds: *mut curl_waitfd,
    count: c_uint,
    timeout_ms: c_int,
    ready: *mut c_int,
) -> CURLMcode {
    CURLMcode::CURLM_BAD_HANDLE
}

/// Ends a `curl_multi_poll` in another thread. Not built in: `CURLM_BAD_HANDLE`.
#[unsafe(no_mangle)]
pub extern "C" fn curl_multi_wakeup(multi: *mut CURLM) -> CURLMcode {
    CURLMcode::CURLM_BAD_HANDLE
}

/// Drives all transfers. Not built in: `CURLM_BAD_HANDLE`.
#[unsafe(no_mangle)]
pub extern "C" fn curl_multi_perform(multi: *mut CURLM, running: *mut c_int) -> CURLMcode {
    CURLMcode::CURLM_BAD_HANDLE
}

/// The next message of a finished transfer; `queued`, if not NULL, gets how many are left. Not built in: NULL and 0.
///
/// # Safety
///
/// `queued` is NULL or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn curl_multi_info_read(multi: *mut CURLM, queued: *mut c_int) -> *mut CURLMsg {
    if !queued.is_null() {
        // SAFETY: the caller's promise.
        unsafe { queued.write(0) }
    }
    ptr::null_mut()
}

/// Drives what a descriptor or the timer woke. Not built in: `CURLM_BAD_HANDLE`.
#[unsafe(no_mangle)]
pub extern "C" fn curl_multi_socket_action(
    multi: *mut CURLM,
    fd: curl_socket_t,
    events: c_int,
    running: *mut c_int,
) -> CURLMcode {
    CURLMcode::CURLM_BAD_HANDLE
}

/// `curl_multi_socket_action` of earlier versions. Not built in: `CURLM_BAD_HANDLE`.
#[unsafe(no_mangle)]
pub extern "C" fn curl_multi_socket(multi: *mut CURLM, fd: curl_socket_t, running: *mut c_int) -> CURLMcode {
    CURLMcode::CURLM_BAD_HANDLE
}

/// `curl_multi_perform` of earlier versions. Not built in: `CURLM_BAD_HANDLE`.
#[unsafe(no_mangle)]
pub extern "C" fn curl_multi_socket_all(multi: *mut CURLM, running: *mut c_int) -> CURLMcode {
    CURLMcode::CURLM_BAD_HANDLE
}

/// Milliseconds until something is due. Not built in: `CURLM_BAD_HANDLE`.
#[unsafe(no_mangle)]
pub extern "C" fn curl_multi_timeout(multi: *mut CURLM, timeout_ms: *mut c_long) -> CURLMcode {
    CURLMcode::CURLM_BAD_HANDLE
}

/// Remembers a pointer for a descriptor. Not built in: `CURLM_BAD_HANDLE`.
#[unsafe(no_mangle)]
pub extern "C" fn curl_multi_assign(multi: *mut CURLM, fd: curl_socket_t, socketdata: *mut c_void) -> CURLMcode {
    CURLMcode::CURLM_BAD_HANDLE
}

/// The easy handles in it. Not built in: NULL.
#[unsafe(no_mangle)]
pub extern "C" fn curl_multi_get_handles(multi: *mut CURLM) -> *mut *mut CURL {
    ptr::null_mut()
}

/// Numbers about it. Not built in: `CURLM_BAD_HANDLE`.
#[unsafe(no_mangle)]
pub extern "C" fn curl_multi_get_offt(multi: *mut CURLM, info: RawMultiInfo, value: *mut curl_off_t) -> CURLMcode {
    CURLMcode::CURLM_BAD_HANDLE
}

/// Turns a notification on. Not built in: `CURLM_BAD_HANDLE`.
#[unsafe(no_mangle)]
pub extern "C" fn curl_multi_notify_enable(multi: *mut CURLM, notification: c_uint) -> CURLMcode {
    CURLMcode::CURLM_BAD_HANDLE
}

/// Turns a notification off. Not built in: `CURLM_BAD_HANDLE`.
#[unsafe(no_mangle)]
pub extern "C" fn curl_multi_notify_disable(multi: *mut CURLM, notification: c_uint) -> CURLMcode {
    CURLMcode::CURLM_BAD_HANDLE
}

/// cbindgen:ignore
#[unsafe(no_mangle)]
pub extern "C" fn curl_multi_setopt(multi: *mut CURLM, option: RawMultiOption, argument: *mut c_void) -> CURLMcode {
    CURLMcode::CURLM_BAD_HANDLE
}

/// A header of a pushed stream. Not built in: NULL.
#[unsafe(no_mangle)]
pub extern "C" fn curl_pushheader_bynum(headers: *mut curl_pushheaders, index: size_t) -> *mut c_char {
    ptr::null_mut()
}

/// A header of a pushed stream. Not built in: NULL.
#[unsafe(no_mangle)]
pub extern "C" fn curl_pushheader_byname(headers: *mut curl_pushheaders, name: *const c_char) -> *mut c_char {
    ptr::null_mut()
}
