//! `curl_multi_setopt`

use std::ffi::c_void;

use super::{Multi, Outcome};
use crate::types::callbacks::{curl_multi_timer_callback, curl_notify_callback, curl_socket_callback};
use crate::types::codes::CURLMcode;
use crate::types::multi::{CURLMNWC_CLEAR_ALL, CURLMNWC_CLEAR_DNS, CURLMoption};

/// The application's functions and what they are given.
#[derive(Clone, Copy)]
pub(super) struct Options {
    pub(super) socket_function: curl_socket_callback,
    pub(super) socket_data: *mut c_void,
    /// it hasn't been told of the descriptors that there were before it
    pub(super) socket_function_is_new: bool,
    pub(super) timer_function: curl_multi_timer_callback,
    pub(super) timer_data: *mut c_void,
    pub(super) notify_function: curl_notify_callback,
    pub(super) notify_data: *mut c_void,
    max_total: usize,
    max_per_host: usize,
}

impl Default for Options {
    fn default() -> Options {
        let none = std::ptr::null_mut();
        Options {
            socket_function: None,
            socket_data: none,
            socket_function_is_new: false,
            timer_function: None,
            timer_data: none,
            notify_function: None,
            notify_data: none,
            max_total: 0,
            max_per_host: 0,
        }
    }
}

/// An option's value.
pub enum Value {
    /// a number
    Number(i64),
    /// a data pointer
    Pointer(*mut c_void),
    /// `CURLMOPT_SOCKETFUNCTION`
    Socket(curl_socket_callback),
    /// `CURLMOPT_TIMERFUNCTION`
    Timer(curl_multi_timer_callback),
    /// `CURLMOPT_NOTIFYFUNCTION`
    Notify(curl_notify_callback),
    /// of an option that means nothing to a WebSocket
    Unused,
}

impl Multi {
    /// Sets `option`: `CURLM_BAD_FUNCTION_ARGUMENT` for a value out of range. What is about HTTP/2, pipelining and
    /// connections kept for later is accepted: a WebSocket has nothing to do with it.
    pub fn set(&self, option: CURLMoption, value: &Value) -> Outcome {
        let mut options = self.options.get();
        match (option, value) {
            (_, Value::Socket(function)) => {
                options.socket_function_is_new = options.socket_function.is_none() && function.is_some();
                options.socket_function = *function;
            }
            (_, Value::Timer(function)) => options.timer_function = *function,
            (_, Value::Notify(function)) => options.notify_function = *function,
            (CURLMoption::CURLMOPT_SOCKETDATA, Value::Pointer(data)) => options.socket_data = *data,
            (CURLMoption::CURLMOPT_TIMERDATA, Value::Pointer(data)) => options.timer_data = *data,
            (CURLMoption::CURLMOPT_NOTIFYDATA, Value::Pointer(data)) => options.notify_data = *data,
            (CURLMoption::CURLMOPT_MAX_TOTAL_CONNECTIONS, Value::Number(number)) => {
                options.max_total = count(*number)?;
            }
            (CURLMoption::CURLMOPT_MAX_HOST_CONNECTIONS, Value::Number(number)) => {
                options.max_per_host = count(*number)?;
            }
            (CURLMoption::CURLMOPT_RESOLVE_THREADS_MAX, Value::Number(number)) => {
                let threads = u32::try_from(*number).ok().filter(|&threads| threads > 0);
                let threads = threads.ok_or(CURLMcode::CURLM_BAD_FUNCTION_ARGUMENT)?;
                self.surroundings.resolver.set_max_threads(threads as usize);
            }
            (CURLMoption::CURLMOPT_NETWORK_CHANGED, Value::Number(number))
                if number & (CURLMNWC_CLEAR_ALL | CURLMNWC_CLEAR_DNS) != 0 =>
            {
                self.surroundings.resolver.clear_cache();
            }
            _ => {}
        }
        self.options.set(options);
        let mut limits = self.limits.borrow_mut();
        if (limits.total, limits.per_host) != (options.max_total, options.max_per_host) {
            limits.set(options.max_total, options.max_per_host);
            drop(limits);
            self.admit();
            return self.update_timer();
        }
        Ok(())
    }
}

fn count(number: i64) -> Result<usize, CURLMcode> {
    usize::try_from(number).map_err(|_| CURLMcode::CURLM_BAD_FUNCTION_ARGUMENT)
}
