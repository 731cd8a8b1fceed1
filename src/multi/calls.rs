//! Which calls on a multi handle are allowed inside which others.

use std::cell::Cell;

use crate::ffi::stack::Mark;
use crate::types::codes::CURLMcode;

/// The result of a call on a multi handle.
pub(crate) type Outcome = Result<(), CURLMcode>;

/// The calls that take a multi handle, without those that other threads may make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Api {
    /// `curl_multi_add_handle`
    AddHandle,
    /// `curl_multi_assign`
    Assign,
    /// `curl_multi_cleanup`
    Cleanup,
    /// `curl_multi_fdset`
    FdSet,
    /// `curl_multi_get_handles`
    GetHandles,
    /// `curl_multi_get_offt`
    GetOfft,
    /// `curl_multi_info_read`
    InfoRead,
    /// `curl_multi_notify_enable`, `curl_multi_notify_disable`
    Notify,
    /// `curl_multi_perform`, `curl_multi_socket_action` and its old forms
    Perform,
    /// `curl_multi_remove_handle`
    RemoveHandle,
    /// `curl_multi_setopt`
    SetOpt,
    /// `curl_multi_timeout`
    Timeout,
    /// `curl_multi_wait`, `curl_multi_poll`
    Wait,
    /// `curl_multi_waitfds`
    WaitFds,
}

impl Api {
    /// Allowed inside any callback.
    fn may_recurse(self) -> bool {
        matches!(
            self,
            Api::Assign | Api::GetHandles | Api::GetOfft | Api::InfoRead | Api::Notify
        )
    }

    /// Allowed inside `CURLMOPT_NOTIFYFUNCTION`, which is called when all other work is done.
    fn may_follow_notification(self) -> bool {
        !matches!(self, Api::Cleanup | Api::Perform)
    }
}

/// How deep calls on one handle may nest, callbacks in between.
const MAX_DEPTH: u32 = 16;

/// The calls on one multi handle that have not returned, and the callbacks in between.
#[derive(Debug, Default)]
pub(super) struct CallStack {
    calls: Cell<u32>,
    callbacks: Cell<u32>,
    notifying: Cell<u32>,
    /// where the outermost of these callbacks was called
    outermost: Cell<Option<Mark>>,
}

/// A call that has not returned; dropping it ends it.
pub(crate) struct Call<'a>(&'a Cell<u32>);

impl CallStack {
    /// Begins a call, if it is allowed now.
    pub(super) fn enter(&self, api: Api) -> Result<Call<'_>, CURLMcode> {
        let allowed = !self.is_busy() || api.may_recurse() || self.notifying.get() > 0 && api.may_follow_notification();
        if !allowed || self.calls.get() >= MAX_DEPTH {
            return Err(CURLMcode::CURLM_RECURSIVE_API_CALL);
        }
        Ok(count(&self.calls))
    }

    /// Calls the socket or the timer callback.
    pub(super) fn event_callback<T>(&self, callback: impl FnOnce() -> T) -> T {
        let _outermost = self.mark();
        let _callback = count(&self.callbacks);
        callback()
    }

    /// Calls the notify callback.
    pub(super) fn notify_callback<T>(&self, callback: impl FnOnce() -> T) -> T {
        let _outermost = self.mark();
        let _notifying = count(&self.notifying);
        callback()
    }

    /// Where the outermost of the callbacks above was called, if one was.
    pub(super) fn outermost(&self) -> Option<Mark> {
        self.outermost.get()
    }

    /// Forgets all calls and callbacks: `longjmp()` has left them.
    pub(super) fn forget(&self) {
        for count in [&self.calls, &self.callbacks, &self.notifying] {
            count.set(0);
        }
        self.outermost.set(None);
    }

    fn mark(&self) -> Outermost<'_> {
        let before = self.outermost.get();
        self.outermost.set(before.or_else(|| Some(Mark::here())));
        Outermost(&self.outermost, before)
    }

    /// A call, or a callback outside of any, has not returned.
    pub(super) fn is_busy(&self) -> bool {
        self.calls.get() + self.callbacks.get() + self.notifying.get() > 0
    }

    /// Inside the socket or the timer callback.
    pub(super) fn in_callback(&self) -> bool {
        self.callbacks.get() > 0
    }
}

/// A callback that has not returned; dropping it restores the mark of the outermost.
struct Outermost<'a>(&'a Cell<Option<Mark>>, Option<Mark>);

impl Drop for Outermost<'_> {
    fn drop(&mut self) {
        self.0.set(self.1);
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
    use Api::*;

    const ALL: [Api; 14] = [
        AddHandle,
        Assign,
        Cleanup,
        FdSet,
        GetHandles,
        GetOfft,
        InfoRead,
        Notify,
        Perform,
        RemoveHandle,
        SetOpt,
        Timeout,
        Wait,
        WaitFds,
    ];

    fn allowed(calls: &CallStack) -> Vec<Api> {
        ALL.into_iter().filter(|&api| calls.enter(api).is_ok()).collect()
    }

    #[test]
    fn from_callbacks_only_a_few_calls_are_allowed() {
        let calls = CallStack::default();
        let few = [Assign, GetHandles, GetOfft, InfoRead, Notify];
        assert_eq!(allowed(&calls), ALL);
        let perform = calls.enter(Perform).unwrap();
        assert_eq!(allowed(&calls), few);
        drop(perform);
        calls.event_callback(|| assert_eq!(allowed(&calls), few));
        assert_eq!(allowed(&calls), ALL);
    }

    #[test]
    fn from_the_notify_callback_all_that_drives_nothing_is_allowed() {
        let calls = CallStack::default();
        let _perform = calls.enter(Perform).unwrap();
        let most: Vec<Api> = ALL
            .into_iter()
            .filter(|api| !matches!(api, Cleanup | Perform))
            .collect();
        calls.notify_callback(|| assert_eq!(allowed(&calls), most));
    }
}
