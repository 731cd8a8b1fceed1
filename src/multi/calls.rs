//! Which calls on a multi handle are allowed inside which others, in one thread and in several, as in
//! [`easy::calls`](crate::easy::calls).

use std::cell::Cell;

use crate::easy::calls::MAX_DEPTH;
use crate::ffi::handle::Place;
use crate::ffi::stack::Mark;
use crate::ffi::thread::{Memory, Threads};
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

/// The calls on one multi handle that have not returned, and the callbacks in between.
#[derive(Default)]
pub(super) struct CallStack {
    /// the handle, whose lock is free while the application runs or a call waits
    place: Cell<Place>,
    threads: Threads<Stack>,
}

/// The calls and callbacks of one thread.
#[derive(Debug, Clone, Copy, Default)]
struct Stack {
    calls: u32,
    callbacks: u32,
    notifying: u32,
    /// where the outermost of these callbacks was called
    outermost: Option<Mark>,
    waiting: bool,
}

impl Memory for Stack {
    fn is_inside(&self) -> bool {
        self.calls + self.callbacks + self.notifying > 0
    }
}

/// A call that has not returned; dropping it ends it.
pub(crate) struct Call<'a>(&'a CallStack);

impl CallStack {
    /// Where the handle is registered.
    pub(super) fn place(&self) -> Place {
        self.place.get()
    }

    pub(super) fn set_place(&self, place: Place) {
        self.place.set(place);
    }

    /// Begins a call, if it is allowed now.
    #[inline(always)]
    pub(super) fn enter(&self, api: Api) -> Result<Call<'_>, CURLMcode> {
        let stack = self.threads.now();
        let allowed = !stack.is_inside() || api.may_recurse() || stack.notifying > 0 && api.may_follow_notification();
        let alone = api != Api::Cleanup || !self.threads.any_other(|_| true);
        if !allowed || !alone || stack.calls >= MAX_DEPTH {
            return Err(CURLMcode::CURLM_RECURSIVE_API_CALL);
        }
        self.threads.change(|stack| stack.calls += 1);
        Ok(Call(self))
    }

    /// Ends a call that was [kept](Call::keep).
    #[inline]
    pub(super) fn leave(&self) {
        self.threads.update(|stack| stack.calls = stack.calls.saturating_sub(1));
    }

    /// Whether a call has to wait until another thread is out of a callback: inside callbacks the handle is in the state
    /// that only some calls are made for.
    #[inline(always)]
    pub(super) fn must_wait(&self, api: Api) -> bool {
        self.is_other_in_callback() && !api.may_recurse() && api != Api::Cleanup && !self.is_busy()
    }

    /// Calls the socket or the timer callback.
    pub(super) fn event_callback<T>(&self, callback: impl FnOnce() -> T) -> T {
        let _callback = self.change(|stack| {
            stack.callbacks += 1;
            stack.outermost.get_or_insert_with(Mark::here);
        });
        self.place.get().unlocked(callback)
    }

    /// Calls the notify callback.
    pub(super) fn notify_callback<T>(&self, callback: impl FnOnce() -> T) -> T {
        let _callback = self.change(|stack| {
            stack.notifying += 1;
            stack.outermost.get_or_insert_with(Mark::here);
        });
        self.place.get().unlocked(callback)
    }

    /// Waits. The handle can be used meanwhile, by other threads.
    pub(super) fn wait<T>(&self, wait: impl FnOnce() -> T) -> T {
        self.threads.update(|stack| stack.waiting = true);
        let result = self.place.get().unlocked(wait);
        self.threads.update(|stack| stack.waiting = false);
        result
    }

    /// Where the outermost of the callbacks above was called, if one was.
    pub(super) fn outermost(&self) -> Option<Mark> {
        self.threads.now().outermost
    }

    /// Forgets all calls and callbacks of this thread: `longjmp()` has left them.
    pub(super) fn forget(&self) {
        self.threads.update(|stack| *stack = Stack::default());
    }

    /// A call of this thread, or a callback outside of any, has not returned.
    pub(super) fn is_busy(&self) -> bool {
        self.threads.now().is_inside()
    }

    /// The same in this or another thread.
    pub(super) fn is_used(&self) -> bool {
        self.is_busy() || self.threads.any_other(|_| true)
    }

    /// Another thread is inside a callback.
    #[inline]
    pub(super) fn is_other_in_callback(&self) -> bool {
        self.threads.any_other(|other| !other.waiting)
    }

    /// Inside the socket or the timer callback.
    pub(super) fn in_callback(&self) -> bool {
        self.threads.now().callbacks > 0
    }

    fn change(&self, change: impl FnOnce(&mut Stack)) -> Changed<'_> {
        let before = self.threads.now();
        self.threads.update(change);
        Changed { calls: self, before }
    }
}

/// A callback that has not returned; dropping it restores what was before, but for the calls.
struct Changed<'a> {
    calls: &'a CallStack,
    before: Stack,
}

impl Drop for Changed<'_> {
    fn drop(&mut self) {
        self.calls.threads.update(|stack| {
            *stack = Stack {
                calls: stack.calls,
                ..self.before
            }
        });
    }
}

impl Call<'_> {
    /// It is ended by [`CallStack::leave`], not by dropping it.
    #[inline]
    pub(crate) fn keep(self) {
        std::mem::forget(self);
    }
}

impl Drop for Call<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.leave();
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
