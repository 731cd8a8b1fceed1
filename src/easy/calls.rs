//! Which calls on a handle may come inside which others.

use std::cell::Cell;

use crate::error::{Error, Result};
use crate::ffi::stack::Mark;
use crate::types::codes::CURLcode;

/// The calls of the easy interface that take a handle. `Header` is `curl_easy_nextheader`, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Api {
    Cleanup,
    DupHandle,
    GetInfo,
    Header,
    Pause,
    Perform,
    Recv,
    Reset,
    Send,
    SetOpt,
    Upkeep,
    WsClose,
    WsPoll,
    WsRecv,
    WsRecvMessage,
    WsSend,
    WsSendMessage,
    WsStartFrame,
}

impl Api {
    /// The C function, for messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Api::Cleanup => "curl_easy_cleanup",
            Api::DupHandle => "curl_easy_duphandle",
            Api::GetInfo => "curl_easy_getinfo",
            Api::Header => "curl_easy_header",
            Api::Pause => "curl_easy_pause",
            Api::Perform => "curl_easy_perform",
            Api::Recv => "curl_easy_recv",
            Api::Reset => "curl_easy_reset",
            Api::Send => "curl_easy_send",
            Api::SetOpt => "curl_easy_setopt",
            Api::Upkeep => "curl_easy_upkeep",
            Api::WsClose => "curl_ws_close",
            Api::WsPoll => "curl_ws_poll",
            Api::WsRecv => "curl_ws_recv",
            Api::WsRecvMessage => "curl_ws_recv_message",
            Api::WsSend => "curl_ws_send",
            Api::WsSendMessage => "curl_ws_send_message",
            Api::WsStartFrame => "curl_ws_start_frame",
        }
    }

    /// May be called from inside a callback of the same handle.
    #[inline]
    pub(crate) fn may_recurse(self) -> bool {
        match self {
            Api::DupHandle
            | Api::GetInfo
            | Api::Header
            | Api::Pause
            | Api::SetOpt
            | Api::WsClose
            | Api::WsRecv
            | Api::WsSend
            | Api::WsSendMessage
            | Api::WsStartFrame => true,
            Api::Cleanup
            | Api::Perform
            | Api::Recv
            | Api::Reset
            | Api::Send
            | Api::Upkeep
            | Api::WsPoll
            | Api::WsRecvMessage => false,
        }
    }
}

/// How deep calls on one handle may nest, callbacks in between.
const MAX_DEPTH: u32 = 16;

/// The calls on one handle that are under way.
#[derive(Debug)]
pub(crate) struct CallStack {
    depth: Cell<u32>,
    callbacks: Cell<u32>,
    /// where the outermost callback was called
    outermost: Cell<Mark>,
    /// a callback did not return
    left: Cell<bool>,
}

/// A call under way; dropping it ends it.
pub(crate) struct Call<'a>(&'a Cell<u32>);

impl CallStack {
    /// Begins a call, if it may come now.
    #[inline]
    pub(crate) fn enter(&self, api: Api) -> Result<Call<'_>> {
        if self.depth.get() > 0 {
            self.check_nested(api)?;
        }
        Ok(count(&self.depth))
    }

    fn check_nested(&self, api: Api) -> Result<()> {
        if self.outermost.get().seems_left() {
            self.forget_left();
        }
        let depth = self.depth.get();
        if depth > 0 && (!api.may_recurse() || depth >= MAX_DEPTH) && !self.forget_left() {
            return Err(recursion(api));
        }
        Ok(())
    }

    /// A call is under way.
    pub(crate) fn is_busy(&self) -> bool {
        self.depth.get() > 0
    }

    /// Calls the application.
    #[inline]
    pub(crate) fn outside<T>(&self, callback: impl FnOnce() -> T) -> T {
        let outer = self.callbacks.replace(self.callbacks.get() + 1);
        if outer == 0 {
            self.outermost.set(Mark::here());
        }
        let mut outside = Outside {
            calls: self,
            outer,
            returned: false,
        };
        let result = callback();
        outside.returned = true;
        result
    }

    /// The application has been called and has not returned.
    pub(crate) fn in_callback(&self) -> bool {
        self.callbacks.get() > 0
    }

    /// Whether a callback has been left by an exception or by `longjmp()`, since this was asked last: then something that it
    /// was to be given, or to answer, is lost.
    pub(crate) fn take_left(&self) -> bool {
        self.left.take()
    }

    /// Whether that is so, and no callback is under way.
    pub(crate) fn is_left(&self) -> bool {
        self.forget_left();
        self.left.get() && !self.in_callback()
    }

    /// Ends the calls from whose callback `longjmp()` was called, if that is sure.
    #[cold]
    fn forget_left(&self) -> bool {
        let left = self.in_callback() && self.outermost.get().is_left();
        if left {
            self.depth.set(0);
            self.callbacks.set(0);
            self.outermost.set(Mark::NONE);
            self.left.set(true);
        }
        left
    }
}

impl Default for CallStack {
    fn default() -> CallStack {
        CallStack {
            depth: Cell::new(0),
            callbacks: Cell::new(0),
            outermost: Cell::new(Mark::NONE),
            left: Cell::new(false),
        }
    }
}

/// The application is being called; dropping it ends that.
struct Outside<'a> {
    calls: &'a CallStack,
    outer: u32,
    returned: bool,
}

impl Drop for Outside<'_> {
    fn drop(&mut self) {
        self.calls.callbacks.set(self.outer);
        if self.outer == 0 {
            self.calls.outermost.set(Mark::NONE);
        }
        if !self.returned {
            self.calls.left.set(true);
        }
    }
}

#[cold]
fn recursion(api: Api) -> Error {
    let name = api.name();
    Error::new(
        CURLcode::CURLE_RECURSIVE_API_CALL,
        match api.may_recurse() {
            true => format!("{name}: callbacks of one handle are nested more than {MAX_DEPTH} deep"),
            false => format!("{name} cannot be called from inside a callback of the same handle"),
        },
    )
}

#[inline]
fn count(depth: &Cell<u32>) -> Call<'_> {
    depth.set(depth.get() + 1);
    Call(depth)
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_that_end_or_drive_a_transfer_may_not_recurse() {
        let calls = CallStack::default();
        let perform = calls.enter(Api::Perform).unwrap();
        for api in [
            Api::Perform,
            Api::Cleanup,
            Api::Reset,
            Api::Send,
            Api::Recv,
            Api::Upkeep,
        ] {
            let error = calls.enter(api).err().unwrap();
            assert_eq!(error.code(), CURLcode::CURLE_RECURSIVE_API_CALL, "{api:?}");
        }
        for api in [Api::WsSend, Api::GetInfo, Api::SetOpt, Api::Pause, Api::DupHandle] {
            assert!(calls.enter(api).is_ok(), "{api:?}");
        }
        drop(perform);
        assert!(calls.enter(Api::Perform).is_ok());
    }

    #[test]
    fn nesting_has_an_end() {
        let calls = CallStack::default();
        let nested: Vec<_> = (0..MAX_DEPTH).map(|_| calls.enter(Api::WsSend).unwrap()).collect();
        assert!(calls.enter(Api::WsSend).is_err());
        drop(nested);
        assert!(calls.enter(Api::WsSend).is_ok());
    }
}
