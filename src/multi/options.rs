//! `curl_multi_setopt`

use super::{Multi, Outcome};
use crate::ffi::callback::multi::{Notify, Socket, Timer};
use crate::ffi::callback::{Callback, Function};
use crate::ffi::pointer::Pointer;
use crate::types::codes::CURLMcode;
use crate::types::multi::{CURLMNWC_CLEAR_ALL, CURLMNWC_CLEAR_DNS, CURLMoption};

/// What `curl_multi_setopt` has set.
#[derive(Clone, Copy)]
pub(super) struct Options {
    pub(super) socket: Callback<Socket>,
    /// the socket callback does not know of the descriptors that are older than it
    pub(super) socket_function_is_new: bool,
    pub(super) timer: Callback<Timer>,
    pub(super) notify: Callback<Notify>,
    max_total: usize,
    max_per_host: usize,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            socket: Callback::NONE,
            socket_function_is_new: false,
            timer: Callback::NONE,
            notify: Callback::NONE,
            max_total: 0,
            max_per_host: 0,
        }
    }
}

/// An option's value.
pub(crate) enum Value {
    /// a number
    Number(i64),
    /// a data pointer
    Pointer(Pointer),
    /// `CURLMOPT_SOCKETFUNCTION`
    Socket(Function<Socket>),
    /// `CURLMOPT_TIMERFUNCTION`
    Timer(Function<Timer>),
    /// `CURLMOPT_NOTIFYFUNCTION`
    Notify(Function<Notify>),
    /// of an option that means nothing to a WebSocket
    Unused,
}

impl Multi {
    /// Sets `option`: `CURLM_BAD_FUNCTION_ARGUMENT` for a value out of range. What is about HTTP/2, pipelining and
    /// connections kept for later is accepted: a WebSocket has nothing to do with it.
    pub(crate) fn set(&self, option: CURLMoption, value: &Value) -> Outcome {
        let mut options = self.options.get();
        match (option, value) {
            (_, Value::Socket(function)) => {
                options.socket_function_is_new = !options.socket.is_set() && !function.is_null();
                options.socket.function = *function;
            }
            (_, Value::Timer(function)) => options.timer.function = *function,
            (_, Value::Notify(function)) => options.notify.function = *function,
            (CURLMoption::CURLMOPT_SOCKETDATA, Value::Pointer(data)) => options.socket.data = *data,
            (CURLMoption::CURLMOPT_TIMERDATA, Value::Pointer(data)) => options.timer.data = *data,
            (CURLMoption::CURLMOPT_NOTIFYDATA, Value::Pointer(data)) => options.notify.data = *data,
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
