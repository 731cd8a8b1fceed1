//! `curl_ws_*`: always ours. It refuses a handle that has no twin and is none of ours.

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
    unsafe { own::curl_ws_recv(Handle::of(curl).twin_or(curl), buffer, length, received, frame) as Code }
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
    unsafe { own::curl_ws_send(Handle::of(curl).twin_or(curl), buffer, length, sent, fragsize, flags) as Code }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dropin_ws_meta(curl: *mut CURL) -> *const curl_ws_frame {
    // SAFETY: the arguments are the application's.
    unsafe { own::curl_ws_meta(Handle::of(curl).twin_or(curl)) }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dropin_ws_start_frame(curl: *mut CURL, flags: c_uint, length: curl_off_t) -> Code {
    // SAFETY: the arguments are the application's.
    unsafe { own::curl_ws_start_frame(Handle::of(curl).twin_or(curl), flags, length) as Code }
}

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

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dropin_ws_wakeup(curl: *mut CURL) -> Code {
    // SAFETY: the arguments are the application's.
    unsafe { own::curl_ws_wakeup(Handle::of(curl).twin_or(curl)) as Code }
}
