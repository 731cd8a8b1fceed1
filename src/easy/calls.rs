//! Which calls on a handle may come inside which others.

use std::cell::Cell;

use crate::error::{Error, Result};
use crate::types::codes::CURLcode;

/// The calls of the easy interface that take a handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Api {
    /// `curl_easy_cleanup`
    Cleanup,
    /// `curl_easy_duphandle`
    DupHandle,
    /// `curl_easy_getinfo`
    GetInfo,
    /// `curl_easy_header`, `curl_easy_nextheader`
    Header,
    /// `curl_easy_pause`
    Pause,
    /// `curl_easy_perform`
    Perform,
    /// `curl_easy_recv`
    Recv,
    /// `curl_easy_reset`
    Reset,
    /// `curl_easy_send`
    Send,
    /// `curl_easy_setopt`
    SetOpt,
    /// `curl_easy_upkeep`
    Upkeep,
    /// `curl_ws_close`
    WsClose,
    /// `curl_ws_poll`
    WsPoll,
    /// `curl_ws_recv`
    WsRecv,
    /// `curl_ws_recv_message`
    WsRecvMessage,
    /// `curl_ws_send`
    WsSend,
    /// `curl_ws_send_message`
    WsSendMessage,
    /// `curl_ws_start_frame`
    WsStartFrame,
}

impl Api {
    /// May be called from inside a callback of the same handle.
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
#[derive(Debug, Default)]
pub(crate) struct CallStack {
    depth: Cell<u32>,
    callbacks: Cell<u32>,
}

/// A call under way; dropping it ends it.
pub(crate) struct Call<'a>(&'a Cell<u32>);

impl CallStack {
    /// Begins a call, if it may come now.
    pub(crate) fn enter(&self, api: Api) -> Result<Call<'_>> {
        let depth = self.depth.get();
        if depth > 0 && !api.may_recurse() || depth >= MAX_DEPTH {
            return Err(Error::new(
                CURLcode::CURLE_RECURSIVE_API_CALL,
                format!("{api:?} can't be called inside another call on the same handle"),
            ));
        }
        Ok(count(&self.depth))
    }

    /// A call is under way.
    pub(crate) fn is_busy(&self) -> bool {
        self.depth.get() > 0
    }

    /// The application is being called.
    pub(crate) fn enter_callback(&self) -> Call<'_> {
        count(&self.callbacks)
    }

    /// The application has been called and has not returned.
    pub(crate) fn in_callback(&self) -> bool {
        self.callbacks.get() > 0
    }
}

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
