//! `curl_multi_setopt`

use crate::ffi::callback::Function;
use crate::ffi::callback::multi::{Notify, Socket, Timer};
use crate::ffi::pointer::Pointer;

/// The value of an option.
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
