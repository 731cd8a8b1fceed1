//! `curl_ws_*`: frames.

use std::ffi::{c_char, c_int, c_long, c_uint, c_void};
use std::ptr::{null, null_mut, without_provenance_mut};
use std::rc::Rc;

use libc::size_t;

use super::easy::{Output, input, output, store};
use crate::abi::enter::{self, Api};
use crate::abi::guard::guard;
use crate::easy::Easy;
use crate::easy::waiting::{Deadline, Events};
use crate::error::Error;
use crate::ffi::handle;
use crate::ffi::unwind::{Guarded, Panic, stop_panics};
use crate::types::codes::CURLcode;
use crate::types::multi::{CURL_WAIT_POLLIN, CURL_WAIT_POLLOUT};
use crate::types::structs::{CURL, curl_off_t, curl_ws_frame};

/// Receives bytes of one frame over a WebSocket opened with `CURLOPT_CONNECT_ONLY` 2. Never blocks.
///
/// `*recv` tells how many bytes are in `buffer`; `*metap` points to their description, which belongs to the handle and
/// is valid until its next WebSocket call. With `buflen` 0 the next frame's header is described and its payload stays.
///
/// Returns `CURLE_AGAIN` when nothing is there, `CURLE_GOT_NOTHING` when the server has closed the connection,
/// `CURLE_RECV_ERROR` when it broke off or broke the protocol, `CURLE_UNSUPPORTED_PROTOCOL` without
/// `CURLOPT_CONNECT_ONLY`, `CURLE_BAD_FUNCTION_ARGUMENT` without an open WebSocket.
///
/// # Safety
///
/// `curl` is NULL or a handle, `buffer` has room for `buflen` bytes, the other pointers are NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn curl_ws_recv(
    curl: *mut CURL,
    buffer: *mut c_void,
    buflen: size_t,
    recv: *mut size_t,
    metap: *mut *const curl_ws_frame,
) -> CURLcode {
    let length = without_provenance_mut(buflen);
    // SAFETY: the arguments of `Recv`.
    unsafe { stop_panics::<Recv>(curl, buffer, length, recv.cast(), metap.cast(), null_mut()) }
}

/// [`curl_ws_recv`], whose arguments it has. What is guaranteed there is guaranteed to it.
struct Recv;

impl Guarded for Recv {
    unsafe extern "C-unwind" fn run(
        curl: *mut CURL,
        buffer: *mut c_void,
        buflen: *mut c_void,
        recv: *mut c_void,
        metap: *mut c_void,
        _: *mut c_void,
    ) -> CURLcode {
        // SAFETY: NULL or valid: guaranteed by the caller.
        let mut count = unsafe { Output::new(recv.cast(), 0) };
        // SAFETY: as above.
        let mut meta = unsafe { Output::new(metap.cast(), null()) };
        enter::call(curl, Api::WsRecv, |easy| {
            // SAFETY: guaranteed by the caller.
            let room = unsafe { output(buffer, buflen.addr()) }?;
            (count.value, meta.value) = easy.ws_recv(room)?;
            Ok(())
        })
    }

    unsafe fn panicked(curl: *mut CURL, panic: Panic) -> CURLcode {
        enter::fail(curl, panic)
    }
}

/// Sends a frame, or with `CURLWS_OFFSET` a piece of one, over an open WebSocket. Blocks only inside a callback.
///
/// `flags` are `CURLWS_` bits; `fragsize` is the whole frame's length in its first call with `CURLWS_OFFSET`, else 0.
/// `*sent` tells how many bytes of `buffer` were sent. Less than `buflen`: call again with the rest. `CURLE_AGAIN`: call
/// again with the same bytes once the socket is writable.
///
/// `CURLE_AGAIN` as well while another thread's `curl_ws_send_message` waits in the middle of its message.
///
/// Returns `CURLE_BAD_FUNCTION_ARGUMENT` for flags or lengths that don't fit, `CURLE_TOO_LARGE` for a control frame over
/// 125 bytes, `CURLE_SEND_ERROR` without a connection; none of these changes anything.
///
/// # Safety
///
/// `curl` is NULL or a handle, `buffer` holds `buflen` bytes, `sent` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn curl_ws_send(
    curl: *mut CURL,
    buffer: *const c_void,
    buflen: size_t,
    sent: *mut size_t,
    fragsize: curl_off_t,
    flags: c_uint,
) -> CURLcode {
    let length = without_provenance_mut(buflen);
    let fragsize = without_provenance_mut(fragsize as usize);
    let flags = without_provenance_mut(flags as usize);
    // SAFETY: the arguments of `Send`.
    unsafe { stop_panics::<Send>(curl, buffer.cast_mut(), length, sent.cast(), fragsize, flags) }
}

/// [`curl_ws_send`], whose arguments it has. What is guaranteed there is guaranteed to it.
struct Send;

impl Guarded for Send {
    unsafe extern "C-unwind" fn run(
        curl: *mut CURL,
        buffer: *mut c_void,
        buflen: *mut c_void,
        sent: *mut c_void,
        fragsize: *mut c_void,
        flags: *mut c_void,
    ) -> CURLcode {
        // SAFETY: NULL or valid: guaranteed by the caller.
        let mut count = unsafe { Output::new(sent.cast(), 0) };
        enter::call(curl, Api::WsSend, |easy| {
            // SAFETY: guaranteed by the caller.
            let data = unsafe { input(buffer, buflen.addr()) }?;
            let (fragsize, flags) = (fragsize.addr() as curl_off_t, flags.addr() as u32);
            let result;
            (count.value, result) = easy.ws_send(data, fragsize, flags, !sent.is_null());
            result
        })
    }

    unsafe fn panicked(curl: *mut CURL, panic: Panic) -> CURLcode {
        enter::fail(curl, panic)
    }
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
pub unsafe extern "C-unwind" fn curl_ws_start_frame(curl: *mut CURL, flags: c_uint, frame_len: curl_off_t) -> CURLcode {
    enter::easy(curl, Api::WsStartFrame, |easy| easy.ws_start_frame(flags, frame_len))
}

/// Inside a write callback, describes the bytes it was given. NULL everywhere else and in raw mode.
///
/// # Safety
///
/// `curl` is NULL or a handle. The result belongs to the handle and is valid until the callback returns.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn curl_ws_meta(curl: *mut CURL) -> *const curl_ws_frame {
    // Not one of the calls that are counted: it only looks.
    // SAFETY: NULL, a live handle, or readable memory that was one: guaranteed by the caller, see # Safety.
    unsafe { handle::lock::<Rc<Easy>>(curl) }.map_or(null(), |easy| easy.shown_frame())
}

/// Sends a CLOSE frame with a status code (1000 to 1003, 1007 to 1014, 3000 to 4999) and a reason (UTF-8, at most 123
/// bytes; NULL with `reason_len` 0 for none). Nothing can be sent after it; what the server still sends is received as
/// before, its own CLOSE as the last. Does not block: what the socket does not take now leaves with the next call.
///
/// Returns `CURLE_BAD_FUNCTION_ARGUMENT` for another code or reason, `CURLE_SEND_ERROR` inside an unfinished frame, after a
/// CLOSE frame (in strict mode also the automatic answer to the server's) and without a connection, `CURLE_FAILED_INIT`
/// in raw mode, `CURLE_AGAIN` while another thread's `curl_ws_send_message` waits in the middle of its message. Not in
/// libcurl.
///
/// # Safety
///
/// `curl` is NULL or a handle, `reason` is NULL or holds `reason_len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn curl_ws_close(
    curl: *mut CURL,
    code: c_uint,
    reason: *const c_char,
    reason_len: size_t,
) -> CURLcode {
    enter::easy(curl, Api::WsClose, |easy| {
        // SAFETY: guaranteed by the caller, see # Safety.
        let reason = unsafe { input(reason.cast(), reason_len) }?;
        easy.ws_close(code, reason)
    })
}

/// Waits until `curl_ws_recv` would return something else than `CURLE_AGAIN` (`CURL_WAIT_POLLIN` in `events`) or
/// `curl_ws_send` could take something (`CURL_WAIT_POLLOUT`), counting what TLS, inflater and decoder hold, or until
/// `timeout_ms` milliseconds are over; -1 waits for ever, 0 only looks. Meanwhile PONGs and keep-alive PINGs that are due
/// are sent. `*revents` tells which of the events are the case, 0 when the time is over or `curl_ws_wakeup` has ended the
/// wait; it may be NULL.
///
/// Needs a WebSocket opened with `CURLOPT_CONNECT_ONLY` 2: returns `CURLE_UNSUPPORTED_PROTOCOL` without the option,
/// `CURLE_BAD_FUNCTION_ARGUMENT` without an open WebSocket, for other events and for other negative timeouts. When the
/// connection has failed, all events are the case: the next call tells why. Not in libcurl.
///
/// # Safety
///
/// `curl` is NULL or a handle, `revents` is NULL or points to an `int`.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn curl_ws_poll(
    curl: *mut CURL,
    events: c_int,
    timeout_ms: c_long,
    revents: *mut c_int,
) -> CURLcode {
    // SAFETY: NULL or valid: guaranteed by the caller, see # Safety.
    unsafe { store(revents, 0) };
    enter::easy(curl, Api::WsPoll, |easy| {
        if events & !(CURL_WAIT_POLLIN | CURL_WAIT_POLLOUT) != 0 {
            return Err(Error::new(
                CURLcode::CURLE_BAD_FUNCTION_ARGUMENT,
                format!(
                    "[WS] events is {events:#x}: CURL_WAIT_POLLIN and CURL_WAIT_POLLOUT are the bits that it may have"
                ),
            ));
        }
        let wanted = Events {
            read: events & CURL_WAIT_POLLIN != 0,
            write: events & CURL_WAIT_POLLOUT != 0,
        };
        let seen = easy.ws_poll(wanted, Deadline::new(timeout_ms)?)?;
        let bit = |seen: bool, bit: c_int| if seen { bit } else { 0 };
        // SAFETY: NULL or valid: guaranteed by the caller, see # Safety.
        unsafe {
            store(
                revents,
                bit(seen.read, CURL_WAIT_POLLIN) | bit(seen.write, CURL_WAIT_POLLOUT),
            );
        };
        Ok(())
    })
}

/// Ends a `curl_ws_poll` or `curl_ws_recv_message` that waits, or else the next one that would. From any thread, and it
/// does not wait for the handle's other calls. Several calls before a wait ends are one. Not for signal handlers.
///
/// Returns `CURLE_BAD_FUNCTION_ARGUMENT` for NULL and for a handle that is dead, `CURLE_OUT_OF_MEMORY` if the process has no
/// descriptors left. Not in libcurl.
///
/// # Safety
///
/// `curl` is NULL or a handle that isn't cleaned up meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn curl_ws_wakeup(curl: *mut CURL) -> CURLcode {
    guard(CURLcode::CURLE_FAILED_INIT, || {
        // SAFETY: guaranteed by the caller, see # Safety. Of the object only the waker is used, which is made for several
        // threads and never changes.
        match unsafe { handle::find::<Rc<Easy>>(curl) } {
            Some(easy) => match easy.wakeup().open() {
                Ok(()) => {
                    easy.wakeup().wake();
                    CURLcode::CURLE_OK
                }
                Err(_) => CURLcode::CURLE_OUT_OF_MEMORY,
            },
            None => CURLcode::CURLE_BAD_FUNCTION_ARGUMENT,
        }
    })
}

/// Receives one whole message: fragments joined, inflated, PINGs answered, PONGs skipped. A CLOSE frame is returned like a
/// message, and so is a PING with `CURLWS_NOAUTOPONG`. `*type` tells which it is: `CURLWS_TEXT`, `CURLWS_BINARY`,
/// `CURLWS_CLOSE` or `CURLWS_PING`. `*data` holds `*len` bytes, belongs to the handle and is valid until its next
/// WebSocket call.
///
/// Waits at most `timeout_ms` milliseconds: 0 does not wait and gives `CURLE_AGAIN`, -1 waits for ever, other negative
/// numbers are `CURLE_BAD_FUNCTION_ARGUMENT`. When the time is over (`CURLE_OPERATION_TIMEDOUT`), or `curl_ws_wakeup` has
/// ended the wait (`CURLE_AGAIN`), what has come is kept for the next call.
///
/// A message over `CURLOPT_WS_MAX_MESSAGE_SIZE`, 64 MiB where that is 0, or of more than 1,000,000 frames fails the
/// connection with `CURLE_TOO_LARGE`. Other errors as `curl_ws_recv`. Not to be called from inside a callback of the same
/// handle. Not in libcurl.
///
/// # Safety
///
/// `curl` is NULL or a handle, the other pointers are NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn curl_ws_recv_message(
    curl: *mut CURL,
    data: *mut *const c_void,
    len: *mut size_t,
    r#type: *mut c_uint,
    timeout_ms: c_long,
) -> CURLcode {
    // SAFETY: NULL or valid: guaranteed by the caller, see # Safety.
    unsafe {
        store(data, null());
        store(len, 0);
        store(r#type, 0);
    }
    enter::easy(curl, Api::WsRecvMessage, |easy| {
        let received = easy.ws_recv_message(timeout_ms)?;
        // SAFETY: NULL or valid: guaranteed by the caller, see # Safety.
        unsafe {
            store(data, received.data.cast());
            store(len, received.length);
            store(r#type, received.kind as c_uint);
        }
        Ok(())
    })
}

/// Sends a whole message, waiting for the socket at most `timeout_ms` milliseconds: 0 does not wait, -1 waits for ever, other
/// negative numbers are `CURLE_BAD_FUNCTION_ARGUMENT`. `type` is `CURLWS_TEXT`, `CURLWS_BINARY` or a control type, with
/// `CURLWS_NOCOMPRESS` if the message is to stay uncompressed.
///
/// When the time is over before the first byte left, `CURLE_OPERATION_TIMEDOUT` (with `timeout_ms` 0 `CURLE_AGAIN`), the
/// call can be repeated with the same message; after that the connection is failed. Other errors as `curl_ws_send`, and
/// `CURLE_FAILED_INIT` in raw mode. Not in libcurl.
///
/// # Safety
///
/// `curl` is NULL or a handle, `data` is NULL or holds `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn curl_ws_send_message(
    curl: *mut CURL,
    data: *const c_void,
    len: size_t,
    r#type: c_uint,
    timeout_ms: c_long,
) -> CURLcode {
    enter::easy(curl, Api::WsSendMessage, |easy| {
        // SAFETY: guaranteed by the caller, see # Safety.
        let message = unsafe { input(data, len) }?;
        easy.ws_send_message(message, r#type, timeout_ms)
    })
}
