//! `curl_easy_*`: handles, transfers, raw bytes.

use std::ffi::{c_int, c_void};
use std::ptr::null_mut;
use std::thread;

use libc::size_t;

use crate::abi::enter::{self, Api};
use crate::abi::guard::guard;
use crate::easy::Easy;
use crate::error::Error;
use crate::transfer::Pause;
use crate::types::codes::CURLcode;
use crate::types::limits::{CURLPAUSE_RECV, CURLPAUSE_SEND};
use crate::types::structs::CURL;

/// Makes an easy handle. NULL when there is no memory. The handle is freed with `curl_easy_cleanup`.
///
/// Several threads may use a handle, for example one that sends and one that receives: their calls come one after the other.
/// While a call waits (`curl_easy_perform`, `curl_ws_poll`, `curl_ws_recv_message`, `curl_ws_send_message`) or the application
/// is in a callback, calls of other threads go on. What a call returns a pointer to is valid until the next call that says so,
/// whichever thread makes it.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn curl_easy_init() -> *mut CURL {
    guard(null_mut(), || Easy::new().as_curl())
}

/// Takes the handle out of its multi handle, closes its connection and frees it. While another thread is in a callback of
/// that multi handle or of an easy handle in it, this waits. NULL is ignored, and so is a call from inside a callback of the
/// same handle, or while a call of another thread on it has not returned.
///
/// # Safety
///
/// `curl` is NULL or a handle that nobody uses from now on.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn curl_easy_cleanup(curl: *mut CURL) {
    loop {
        match enter::easy(curl, Api::Cleanup, Easy::cleanup) {
            CURLcode::CURLE_AGAIN => thread::sleep(enter::OTHER_CALLBACK_INTERVAL),
            // What has panicked is freed all the same.
            CURLcode::CURLE_OK | CURLcode::CURLE_FAILED_INIT => return enter::end_easy(curl),
            _ => return,
        }
    }
}

/// Makes a handle with the same options, and the same hosts known by HSTS; nothing else is copied. NULL for a NULL or dead
/// handle.
///
/// # Safety
///
/// `curl` is NULL or a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn curl_easy_duphandle(curl: *mut CURL) -> *mut CURL {
    enter::easy_or(
        curl,
        Api::DupHandle,
        |_| null_mut(),
        |easy| easy.duplicate().map_or(null_mut(), |copy| copy.as_curl()),
    )
}

/// Sets all options back to their defaults. Connection and cached names stay.
///
/// # Safety
///
/// `curl` is NULL or a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn curl_easy_reset(curl: *mut CURL) {
    enter::easy_or(curl, Api::Reset, |_| (), Easy::reset);
}

/// Performs the transfer that the options describe, and returns when it is over: with `CURLOPT_CONNECT_ONLY` when the
/// connection is open, else when the server has closed it, a callback has stopped it, or a time is over.
///
/// Returns `CURLE_OK` or what went wrong; the error buffer tells more. `CURLE_RECURSIVE_API_CALL` from inside a callback of
/// the same handle, and while a call of another thread on it has not returned.
///
/// # Safety
///
/// `curl` is NULL or a handle, and what its options point at is still there.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn curl_easy_perform(curl: *mut CURL) -> CURLcode {
    enter::easy(curl, Api::Perform, Easy::perform)
}

/// Stops or resumes receiving (`CURLPAUSE_RECV`) and sending (`CURLPAUSE_SEND`) of a transfer that is running, without
/// effect with `CURLOPT_CONNECT_ONLY`. `CURLE_BAD_FUNCTION_ARGUMENT` if none is.
///
/// # Safety
///
/// `curl` is NULL or a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn curl_easy_pause(curl: *mut CURL, bitmask: c_int) -> CURLcode {
    enter::easy(curl, Api::Pause, |easy| {
        easy.pause(Pause {
            receive: bitmask & CURLPAUSE_RECV != 0,
            send: bitmask & CURLPAUSE_SEND != 0,
        })
    })
}

/// Sends bytes as they are over a connection made with `CURLOPT_CONNECT_ONLY`. `*n` tells how many were sent.
/// `CURLE_AGAIN` when the socket takes none now.
///
/// # Safety
///
/// `curl` is NULL or a handle, `buffer` holds `buflen` bytes, `n` is NULL or points to a `size_t`.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn curl_easy_send(
    curl: *mut CURL,
    buffer: *const c_void,
    buflen: size_t,
    n: *mut size_t,
) -> CURLcode {
    // SAFETY: NULL or valid: guaranteed by the caller, see # Safety.
    unsafe { store(n, 0) };
    enter::easy(curl, Api::Send, |easy| {
        // SAFETY: guaranteed by the caller, see # Safety.
        let data = unsafe { input(buffer, buflen) }?;
        let mut sent = 0;
        let result = easy.easy_send(data, &mut sent);
        // SAFETY: NULL or valid: guaranteed by the caller, see # Safety.
        unsafe { store(n, sent) };
        result
    })
}

/// Receives bytes as they are over a connection made with `CURLOPT_CONNECT_ONLY`. `*n` tells how many came; 0 with
/// `CURLE_OK` is the end of the stream. `CURLE_AGAIN` when there are none now.
///
/// # Safety
///
/// `curl` is NULL or a handle, `buffer` has room for `buflen` bytes, `n` is NULL or points to a `size_t`.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn curl_easy_recv(
    curl: *mut CURL,
    buffer: *mut c_void,
    buflen: size_t,
    n: *mut size_t,
) -> CURLcode {
    // SAFETY: NULL or valid: guaranteed by the caller, see # Safety.
    unsafe { store(n, 0) };
    enter::easy(curl, Api::Recv, |easy| {
        // SAFETY: guaranteed by the caller, see # Safety.
        let room = unsafe { output(buffer, buflen) }?;
        let received = easy.easy_recv(room)?;
        // SAFETY: NULL or valid: guaranteed by the caller, see # Safety.
        unsafe { store(n, received) };
        Ok(())
    })
}

/// Does what is due on the handle's open WebSocket: a keep-alive PING (`CURLOPT_WS_PING_INTERVAL_MS`), a PONG, a CLOSE
/// frame that the socket did not take earlier. Does not block, and is not needed between calls that come often enough.
///
/// Returns `CURLE_OK` also without an open WebSocket and when the connection has failed: the next `curl_ws_recv` or
/// `curl_ws_send` tells of that. `CURLE_BAD_FUNCTION_ARGUMENT` for NULL and what is no handle, `CURLE_RECURSIVE_API_CALL`
/// from inside a callback.
///
/// # Safety
///
/// `curl` is NULL or a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn curl_easy_upkeep(curl: *mut CURL) -> CURLcode {
    enter::easy(curl, Api::Upkeep, Easy::upkeep)
}

/// The bytes an application passes in; NULL is allowed for none.
///
/// # Safety
///
/// `buffer` is NULL or holds `length` bytes for as long as the result is used.
#[inline]
pub(super) unsafe fn input<'a>(buffer: *const c_void, length: size_t) -> Result<&'a [u8], Error> {
    if is_no_buffer(buffer, length) {
        return check_nothing(buffer, length).map(|()| [].as_slice());
    }
    // SAFETY: not NULL, and the caller guarantees the length.
    Ok(unsafe { std::slice::from_raw_parts(buffer.cast(), length) })
}

/// The room an application gives for bytes; NULL is allowed for none.
///
/// # Safety
///
/// `buffer` is NULL or has `length` bytes that nobody else uses meanwhile.
#[inline]
pub(super) unsafe fn output<'a>(buffer: *mut c_void, length: size_t) -> Result<&'a mut [u8], Error> {
    if is_no_buffer(buffer, length) {
        return check_nothing(buffer, length).map(|()| [].as_mut_slice());
    }
    // SAFETY: not NULL, and the caller guarantees the length. The bytes are only ever written.
    Ok(unsafe { std::slice::from_raw_parts_mut(buffer.cast(), length) })
}

#[inline]
fn is_no_buffer(buffer: *const c_void, length: size_t) -> bool {
    buffer.is_null() || isize::try_from(length).is_err()
}

/// What is no buffer may be given for 0 bytes.
#[cold]
fn check_nothing(buffer: *const c_void, length: size_t) -> Result<(), Error> {
    let text = match buffer.is_null() {
        true if length == 0 => return Ok(()),
        true => "the buffer is NULL, its length is not 0",
        false => "the buffer's length is more than there is memory",
    };
    Err(Error::new(CURLcode::CURLE_BAD_FUNCTION_ARGUMENT, text))
}

/// Writes through an out-pointer that may be NULL.
///
/// # Safety
///
/// `to` is NULL or points to memory for a `T`.
#[inline]
pub(super) unsafe fn store<T>(to: *mut T, value: T) {
    if !to.is_null() {
        // SAFETY: not NULL, and the caller guarantees the rest.
        unsafe { to.write(value) };
    }
}

/// A result that is written through an out-pointer, which may be NULL, when this is dropped: after a panic, too.
pub(super) struct Output<T: Copy> {
    to: *mut T,
    pub(super) value: T,
}

impl<T: Copy> Output<T> {
    /// # Safety
    ///
    /// As for [`store`], until it is dropped.
    pub(super) unsafe fn new(to: *mut T, value: T) -> Output<T> {
        Output { to, value }
    }
}

impl<T: Copy> Drop for Output<T> {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: guaranteed by whoever made this.
        unsafe { store(self.to, self.value) };
    }
}
