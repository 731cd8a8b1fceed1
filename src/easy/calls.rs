//! Which calls on a handle may come inside which others, in one thread and in several.
//!
//! Calls of several threads come one after the other: each has the handle's lock, except while it waits or calls the
//! application. Then others are let in, and the nesting is counted for each thread.

use std::cell::Cell;

use crate::error::{Error, Result};
use crate::ffi::handle::Place;
use crate::ffi::stack::Mark;
use crate::ffi::thread::{Memory, Threads};
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

    /// Does not depend on what the handle's multi handle is doing.
    #[inline]
    pub(super) fn is_always_free(self) -> bool {
        self.may_recurse() && !matches!(self, Api::Pause)
    }

    /// Counts among the calls that have not returned also while it is in no callback. The others, which are called for every
    /// message, do nothing then that asks for these calls.
    #[inline]
    fn is_counted(self) -> bool {
        !matches!(self, Api::WsRecv | Api::WsSend)
    }
}

/// How deep calls on one handle may nest, callbacks in between.
pub(crate) const MAX_DEPTH: u32 = 16;

/// The calls on one handle that have not returned.
#[derive(Default)]
pub(crate) struct CallStack {
    /// the handle, whose lock is free while the application runs or a call waits
    place: Cell<Place>,
    threads: Threads<Stack>,
    /// a callback did not return
    left: Cell<bool>,
}

/// The calls of one thread.
#[derive(Debug, Clone, Copy, Default)]
struct Stack {
    /// those that are counted, and the callbacks
    depth: u32,
    callbacks: u32,
    /// where the outermost callback was called, or the outermost call of the multi handle that may call one of its own
    outermost: Mark,
}

impl Stack {
    /// Inside these calls `api` can't be called.
    #[inline(always)]
    fn forbids(&self, api: Api) -> bool {
        self.is_inside() && (!api.may_recurse() || self.callbacks >= MAX_DEPTH)
    }
}

impl Memory for Stack {
    #[inline(always)]
    fn is_inside(&self) -> bool {
        self.depth > 0
    }
}

/// A call that has not returned; dropping it ends it.
pub(crate) struct Call<'a> {
    /// where it is counted
    counted: Option<&'a CallStack>,
}

impl CallStack {
    /// Where the handle is registered.
    #[inline]
    pub(crate) fn place(&self) -> Place {
        self.place.get()
    }

    pub(super) fn set_place(&self, place: Place) {
        self.place.set(place);
    }

    /// Begins a call, if it may come now.
    #[inline(always)]
    pub(crate) fn enter(&self, api: Api) -> Result<Call<'_>> {
        let stack = self.threads.now();
        if stack.forbids(api) || stack.is_inside() && stack.outermost.seems_left() {
            self.check_nested(api)?;
        }
        Ok(match api.is_counted() {
            true => self.count(),
            false => Call { counted: None },
        })
    }

    /// Begins a run of the transfer for a multi handle. `None` inside another call of this thread.
    pub(crate) fn enter_run(&self) -> Option<Call<'_>> {
        (!self.threads.now().is_inside()).then(|| self.count())
    }

    #[inline(always)]
    fn count(&self) -> Call<'_> {
        self.threads.change(|stack| stack.depth += 1);
        Call { counted: Some(self) }
    }

    /// Refuses a call that would take the connection away from a call of another thread that has not returned.
    pub(super) fn check_alone(&self, api: Api) -> Result<()> {
        match self.threads.any_other(|_| true) {
            true => Err(busy(api)),
            false => Ok(()),
        }
    }

    #[cold]
    fn check_nested(&self, api: Api) -> Result<()> {
        if self.threads.now().outermost.seems_left() {
            self.forget_left();
        }
        match self.threads.now().forbids(api) && !self.forget_left() {
            true => Err(recursion(api)),
            false => Ok(()),
        }
    }

    /// A call has not returned, in this or another thread.
    pub(crate) fn is_busy(&self) -> bool {
        self.threads.now().is_inside() && !self.forget_left() || self.threads.any_other(|_| true)
    }

    /// Calls the application. The handle can be used meanwhile, by this thread and by others.
    #[inline(always)]
    pub(crate) fn outside<T>(&self, callback: impl FnOnce() -> T) -> T {
        let before = self.threads.now();
        self.threads.change(|stack| {
            stack.depth += 1;
            stack.callbacks += 1;
            if before.outermost == Mark::NONE {
                stack.outermost = Mark::here();
            }
        });
        self.note_return(before, || self.place.get().unlocked(callback))
    }

    /// Runs a part of a call that may call the socket or timer callback of the multi handle.
    pub(crate) fn with_event_callbacks<T>(&self, part: impl FnOnce() -> T) -> T {
        let before = self.threads.now();
        if before.depth == 0 || before.outermost != Mark::NONE {
            return part();
        }
        self.threads.change(|stack| stack.outermost = Mark::here());
        self.note_return(before, part)
    }

    /// Runs `body`, which calls the application, and notes whether it returns. Then this thread's calls are as `before`.
    #[inline(always)]
    fn note_return<T>(&self, before: Stack, body: impl FnOnce() -> T) -> T {
        let mut outside = Outside {
            calls: self,
            before,
            returned: false,
        };
        let result = body();
        outside.returned = true;
        result
    }

    /// Waits. The handle can be used meanwhile, by other threads.
    pub(crate) fn wait<T>(&self, wait: impl FnOnce() -> T) -> T {
        self.place.get().unlocked(wait)
    }

    /// This thread has called the application, which has not returned.
    pub(crate) fn in_callback(&self) -> bool {
        self.threads.now().callbacks > 0
    }

    /// Whether a callback has been left by an exception or by `longjmp()`, since this was asked last: then something that it
    /// was to be given, or to answer, is lost.
    pub(crate) fn take_left(&self) -> bool {
        self.left.take()
    }

    /// Whether that is so, and no callback of this thread is under way.
    pub(crate) fn is_left(&self) -> bool {
        self.forget_left();
        self.left.get() && !self.in_callback()
    }

    /// Ends the calls of this thread from whose callback `longjmp()` was called, if that is sure.
    #[cold]
    fn forget_left(&self) -> bool {
        let stack = self.threads.now();
        let left = stack.outermost.is_left();
        if left {
            self.threads.update(|stack| *stack = Stack::default());
            self.left.set(true);
        }
        left
    }
}

/// The application is being called; dropping it ends that.
struct Outside<'a> {
    calls: &'a CallStack,
    before: Stack,
    returned: bool,
}

impl Drop for Outside<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        self.calls.threads.update(|stack| {
            stack.depth = self.before.depth;
            stack.callbacks = self.before.callbacks;
            stack.outermost = self.before.outermost;
        });
        if !self.returned {
            self.calls.left.set(true);
        }
    }
}

impl Drop for Call<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        if let Some(calls) = self.counted {
            calls.threads.update(|stack| stack.depth -= 1);
        }
    }
}

#[cold]
fn busy(api: Api) -> Error {
    Error::new(
        CURLcode::CURLE_RECURSIVE_API_CALL,
        format!(
            "{}: a call of another thread on the same handle has not returned",
            api.name()
        ),
    )
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
        fn nest(calls: &CallStack, api: Api) -> u32 {
            match calls.enter(api) {
                Ok(_call) => 1 + calls.outside(|| nest(calls, api)),
                Err(_) => 0,
            }
        }
        for api in [Api::WsSend, Api::WsClose] {
            assert_eq!(nest(&calls, api), MAX_DEPTH);
        }
    }
}
