//! `curl_ws_*`: frames.

use std::ffi::{c_uint, c_void};
use std::ptr::null;

use libc::size_t;

use super::easy::{input, output, store};
use crate::abi::enter::{self, Api};
use crate::easy::Easy;
use crate::types::codes::CURLcode;
use crate::types::structs::{CURL, curl_off_t, curl_ws_frame};

/// Receives bytes of one frame over a WebSocket opened with `CURLOPT_CONNECT_ONLY` 2. Never blocks.
///
/// `*recv` tells how many bytes are in `buffer`; `*metap` points to their description, which belongs to the handle and
/// is valid until its next WebSocket call. With `buflen` 0 the next frame's head is described and its payload stays.
///
/// Returns `CURLE_AGAIN` when nothing is there, `CURLE_GOT_NOTHING` when the server has closed the connection,
/// `CURLE_RECV_ERROR` when it broke off or broke the protocol, `CURLE_UNSUPPORTED_PROTOCOL` without
/// `CURLOPT_CONNECT_ONLY`, `CURLE_BAD_FUNCTION_ARGUMENT` without an open WebSocket.
///
/// # Safety
///
/// `curl` is NULL or a handle, `buffer` has room for `buflen` bytes, the other pointers are NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn curl_ws_recv(
    curl: *mut CURL,
    buffer: *mut c_void,
    buflen: size_t,
    recv: *mut size_t,
    metap: *mut *const curl_ws_frame,
) -> CURLcode {
    // SAFETY: NULL or valid, as the caller vouches.
    unsafe {
        store(recv, 0);
        store(metap, null());
    }
    enter::easy(curl, Api::WsRecv, |easy| {
        // SAFETY: as the caller vouches.
        let room = unsafe { output(buffer, buflen) }?;
        let (received, frame) = easy.ws_recv(room)?;
        // SAFETY: NULL or valid, as the caller vouches.
        unsafe {
            store(recv, received);
            store(metap, frame);
        }
        Ok(())
    })
}

/// Sends a frame, or with `CURLWS_OFFSET` a piece of one, over an open WebSocket. Blocks only inside a callback.
///
/// `flags` are `CURLWS_` bits; `fragsize` is the whole frame's length in its first call with `CURLWS_OFFSET`, else 0.
/// `*sent` tells how many bytes of `buffer` were sent. Less than `buflen`: call again with the rest. `CURLE_AGAIN`: call
/// again with the same bytes once the socket is writable.
///
/// Returns `CURLE_BAD_FUNCTION_ARGUMENT` for flags or lengths that don't fit, `CURLE_TOO_LARGE` for a control frame over
/// 125 bytes, `CURLE_SEND_ERROR` without a connection; none of these changes anything.
///
/// # Safety
///
/// `curl` is NULL or a handle, `buffer` holds `buflen` bytes, `sent` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn curl_ws_send(
    curl: *mut CURL,
    buffer: *const c_void,
    buflen: size_t,
    sent: *mut size_t,
    fragsize: curl_off_t,
    flags: c_uint,
) -> CURLcode {
    // SAFETY: NULL or valid, as the caller vouches.
    unsafe { store(sent, 0) };
    enter::easy(curl, Api::WsSend, |easy| {
        // SAFETY: as the caller vouches.
        let data = unsafe { input(buffer, buflen) }?;
        let mut count = 0;
        let result = easy.ws_send(data, &mut count, fragsize, flags, !sent.is_null());
        // SAFETY: NULL or valid, as the caller vouches.
        unsafe { store(sent, count) };
        result
    })
}

/// Starts a frame of `frame_len` bytes, to be filled by the read callback's data or by `curl_ws_send`. Nothing is sent
/// before its payload, or before the next frame if it has none.
///
/// Returns `CURLE_SEND_ERROR` while the last frame is not complete or without a connection, `CURLE_FAILED_INIT` in raw
/// mode, else as `curl_ws_send`.
///
/// # Safety
///
/// `curl` is NULL or a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn curl_ws_start_frame(curl: *mut CURL, flags: c_uint, frame_len: curl_off_t) -> CURLcode {
    enter::easy(curl, Api::WsStartFrame, |easy| easy.ws_start_frame(flags, frame_len))
}

/// Inside a write callback, describes the bytes it was given. NULL everywhere else and in raw mode.
///
/// # Safety
///
/// `curl` is NULL or a handle. The result belongs to the handle and is valid until the callback returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn curl_ws_meta(curl: *mut CURL) -> *const curl_ws_frame {
    enter::easy_or(curl, Api::WsMeta, |_: CURLcode| null(), Easy::shown_frame)
}
