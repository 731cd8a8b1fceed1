//! The callbacks of a multi handle.

use std::ffi::{c_int, c_long, c_uint, c_void};
use std::os::fd::RawFd;

use super::{Callback, Signature};
use crate::types::callbacks::{curl_multi_timer_callback, curl_notify_callback, curl_socket_callback};
use crate::types::structs::{CURL, CURLM};

/// `CURLMOPT_SOCKETFUNCTION`
#[derive(Debug, Clone, Copy)]
pub(crate) enum Socket {}
/// `CURLMOPT_TIMERFUNCTION`
#[derive(Debug, Clone, Copy)]
pub(crate) enum Timer {}
/// `CURLMOPT_NOTIFYFUNCTION`
#[derive(Debug, Clone, Copy)]
pub(crate) enum Notify {}

impl Signature for Socket {
    type Function = curl_socket_callback;
}
impl Signature for Timer {
    type Function = curl_multi_timer_callback;
}
impl Signature for Notify {
    type Function = curl_notify_callback;
}

impl Callback<Socket> {
    /// -1 for failure; `None` without a function. `socket_data` is what `curl_multi_assign` has set for `fd`.
    pub(crate) fn call(self, curl: *mut CURL, fd: RawFd, what: c_int, socket_data: *mut c_void) -> Option<c_int> {
        let function = self.function.get()?;
        // SAFETY: CURLMOPT_SOCKETFUNCTION(3).
        Some(unsafe { function(curl, fd, what, self.data.as_ptr(), socket_data) })
    }
}

impl Callback<Timer> {
    /// -1 for failure; `None` without a function.
    pub(crate) fn call(self, multi: *mut CURLM, timeout_ms: c_long) -> Option<c_int> {
        let function = self.function.get()?;
        // SAFETY: CURLMOPT_TIMERFUNCTION(3).
        Some(unsafe { function(multi, timeout_ms, self.data.as_ptr()) })
    }
}

impl Callback<Notify> {
    /// Tells of a `CURLMNOTIFY_` event.
    pub(crate) fn call(self, multi: *mut CURLM, notification: c_uint, curl: *mut CURL) {
        if let Some(function) = self.function.get() {
            // SAFETY: CURLMOPT_NOTIFYFUNCTION(3).
            unsafe { function(multi, notification, curl, self.data.as_ptr()) };
        }
    }
}
