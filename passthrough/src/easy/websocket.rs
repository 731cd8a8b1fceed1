//! `curl_ws_*`: always ours, whatever the handle.

use std::ffi::{c_char, c_int, c_long, c_uint, c_void};

use libc::size_t;
use wscurl::abi::ws as own;
use wscurl::types::structs::{CURL, curl_off_t, curl_ws_frame};

use super::Handle;
use crate::Code;

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dropin_ws_recv(
    curl: *mut CURL,
    buffer: *mut c_void,
    length: size_t,
    received: *mut size_t,
    frame: *mut *const curl_ws_frame,
) -> Code {
    // SAFETY: the arguments are the application's.
    unsafe {
        match Handle::of(curl) {
            Handle::Both(easy) => own::curl_ws_recv(easy.twin, buffer, length, received, frame) as Code,
            other => match other.system().and_then(|system| system.ws_recv) {
                Some(theirs) => theirs(curl, buffer, length, received, frame),
                None => own::curl_ws_recv(curl, buffer, length, received, frame) as Code,
            },
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dropin_ws_send(
    curl: *mut CURL,
    buffer: *const c_void,
    length: size_t,
    sent: *mut size_t,
    fragsize: curl_off_t,
    flags: c_uint,
) -> Code {
    // SAFETY: the arguments are the application's.
    unsafe {
        match Handle::of(curl) {
            Handle::Both(easy) => own::curl_ws_send(easy.twin, buffer, length, sent, fragsize, flags) as Code,
            other => match other.system().and_then(|system| system.ws_send) {
                Some(theirs) => theirs(curl, buffer, length, sent, fragsize, flags),
                None => own::curl_ws_send(curl, buffer, length, sent, fragsize, flags) as Code,
            },
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dropin_ws_meta(curl: *mut CURL) -> *const curl_ws_frame {
    // SAFETY: the arguments are the application's.
    unsafe {
        match Handle::of(curl) {
            Handle::Both(easy) => own::curl_ws_meta(easy.twin),
            other => match other.system().and_then(|system| system.ws_meta) {
                Some(theirs) => theirs(curl),
                None => own::curl_ws_meta(curl),
            },
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dropin_ws_start_frame(curl: *mut CURL, flags: c_uint, length: curl_off_t) -> Code {
    // SAFETY: the arguments are the application's.
    unsafe {
        match Handle::of(curl) {
            Handle::Both(easy) => own::curl_ws_start_frame(easy.twin, flags, length) as Code,
            other => match other.system().and_then(|system| system.ws_start_frame) {
                Some(theirs) => theirs(curl, flags, length),
                None => own::curl_ws_start_frame(curl, flags, length) as Code,
            },
        }
    }
}

// The functions that only wscurl has refuse a handle that it does not know.

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dropin_ws_close(
    curl: *mut CURL,
    code: c_uint,
    reason: *const c_char,
    length: size_t,
) -> Code {
    // SAFETY: the arguments are the application's.
    unsafe { own::curl_ws_close(Handle::of(curl).twin_or(curl), code, reason, length) as Code }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dropin_ws_poll(
    curl: *mut CURL,
    events: c_int,
    timeout_ms: c_long,
    revents: *mut c_int,
) -> Code {
    // SAFETY: the arguments are the application's.
    unsafe { own::curl_ws_poll(Handle::of(curl).twin_or(curl), events, timeout_ms, revents) as Code }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dropin_ws_recv_message(
    curl: *mut CURL,
    data: *mut *const c_void,
    length: *mut size_t,
    kind: *mut c_uint,
    timeout_ms: c_long,
) -> Code {
    // SAFETY: the arguments are the application's.
    unsafe { own::curl_ws_recv_message(Handle::of(curl).twin_or(curl), data, length, kind, timeout_ms) as Code }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dropin_ws_send_message(
    curl: *mut CURL,
    data: *const c_void,
    length: size_t,
    kind: c_uint,
    timeout_ms: c_long,
) -> Code {
    // SAFETY: the arguments are the application's.
    unsafe { own::curl_ws_send_message(Handle::of(curl).twin_or(curl), data, length, kind, timeout_ms) as Code }
}
