//! The way into a handle: every call goes through here, and has the handle's lock until it returns.

use std::rc::Rc;
use std::thread;
use std::time::Duration;

use crate::abi::guard::guard;
use crate::easy::Easy;
pub(crate) use crate::easy::calls::Api;
use crate::error::Result;
use crate::ffi::handle::{self, LockError, Locked};
use crate::ffi::unwind::{Panic, catch};
pub(crate) use crate::multi::calls::Api as MultiApi;
use crate::multi::{Multi, Outcome};
use crate::types::codes::{CURLMcode, CURLcode};
use crate::types::structs::{CURL, CURLM};

/// How often a call that has to wait until another thread is out of a callback looks again. Applications rarely make such
/// calls, and the callbacks are short.
pub(crate) const OTHER_CALLBACK_INTERVAL: Duration = Duration::from_millis(1);

/// Runs `body` on the handle behind `curl`: checks that it is one, that the call may come now, writes an error's text
/// to the error buffer, and lets no panic through.
#[inline]
pub(crate) fn easy(curl: *mut CURL, api: Api, body: impl FnOnce(&Easy) -> Result<()>) -> CURLcode {
    let result = catch(move || call(curl, api, body));
    result.unwrap_or_else(|panic| fail(curl, panic))
}

/// The same for calls that return something else than a `CURLcode`: `refused` makes it of the code that says why the
/// call can't be.
#[inline]
pub(crate) fn easy_or<T>(
    curl: *mut CURL,
    api: Api,
    refused: impl Fn(CURLcode) -> T + Copy,
    body: impl FnOnce(&Easy) -> T,
) -> T {
    let result = catch(move || call_or(curl, api, refused, body));
    result.unwrap_or_else(|panic| refused(fail(curl, panic)))
}

/// [`easy`] for a caller that lets no panic through itself.
#[inline(always)]
pub(crate) fn call(curl: *mut CURL, api: Api, body: impl FnOnce(&Easy) -> Result<()>) -> CURLcode {
    call_or(
        curl,
        api,
        |code| code,
        move |easy| match body(easy) {
            Ok(()) => CURLcode::CURLE_OK,
            Err(error) => easy.report(&error),
        },
    )
}

#[inline(always)]
fn call_or<T>(curl: *mut CURL, api: Api, refused: impl Fn(CURLcode) -> T, body: impl FnOnce(&Easy) -> T) -> T {
    // SAFETY: the C functions' contract: NULL, a live handle, or readable memory that was one.
    let locked = match unsafe { handle::lock::<Rc<Easy>>(curl) } {
        Ok(locked) => locked,
        Err(error) => return refused(easy_code(error)),
    };
    let easy: &Easy = &locked;
    let call = easy.enter(api);
    match call {
        Ok(call) => {
            let result = body(easy);
            drop(call);
            easy.notify_changed(api);
            result
        }
        Err(error) => refused(easy.report(&error)),
    }
}

/// Frees an easy handle after its last call, unless another thread is in a call on it.
pub(crate) fn end_easy(curl: *mut CURL) {
    guard((), || {
        // SAFETY: as in the call.
        if let Ok(easy) = unsafe { handle::lock::<Rc<Easy>>(curl) }
            && !easy.calls().is_busy()
        {
            easy.end();
        }
    });
}

#[cold]
fn easy_code(error: LockError) -> CURLcode {
    match error {
        LockError::Unknown => CURLcode::CURLE_BAD_FUNCTION_ARGUMENT,
        LockError::Locked | LockError::Follows => CURLcode::CURLE_RECURSIVE_API_CALL,
    }
}

/// A call has panicked: nobody knows what it has left, so the connection is closed. The handle lives on.
#[cold]
#[inline(never)]
pub(crate) fn fail(curl: *mut CURL, panic: Panic) -> CURLcode {
    guard(CURLcode::CURLE_FAILED_INIT, || {
        // SAFETY: as in the call.
        match unsafe { handle::lock::<Rc<Easy>>(curl) } {
            Ok(easy) => easy.fail(&panic),
            Err(_) => CURLcode::CURLE_FAILED_INIT,
        }
    })
}

/// Runs `body` on the multi handle behind `multi`: checks that it is one and that the call may come now, and lets no
/// panic through.
pub(crate) fn multi(multi: *mut CURLM, api: MultiApi, body: impl FnOnce(&Multi) -> Outcome) -> CURLMcode {
    guard(CURLMcode::CURLM_INTERNAL_ERROR, move || {
        let result = MultiCall::begin(multi, api).and_then(move |call| body(&call.0));
        result.err().unwrap_or(CURLMcode::CURLM_OK)
    })
}

/// Frees a multi handle after its last call, unless another thread is in a call on it.
pub(crate) fn end_multi(multi: *mut CURLM) {
    guard((), || {
        // SAFETY: as in `MultiCall::begin`.
        let Ok(multi) = (unsafe { handle::lock::<Rc<Multi>>(multi) }) else {
            return;
        };
        if multi.is_used() {
            return;
        }
        let internal = multi.internal_handle();
        multi.end();
        internal.into_iter().for_each(end_easy);
    });
}

/// A call on a multi handle, which has its lock; dropping it ends it.
struct MultiCall(Locked<Rc<Multi>>);

impl MultiCall {
    /// Checks that `handle` is a multi handle and that the call may come now.
    fn begin(handle: *mut CURLM, api: MultiApi) -> std::result::Result<MultiCall, CURLMcode> {
        // SAFETY: the C functions' contract: NULL, a live handle, or readable memory that was one.
        let multi = unsafe { handle::lock::<Rc<Multi>>(handle) }.map_err(multi_code)?;
        if !multi.must_wait(api) {
            return MultiCall::enter(multi, api);
        }
        drop(multi);
        MultiCall::begin_later(handle, api)
    }

    #[cold]
    fn begin_later(handle: *mut CURLM, api: MultiApi) -> std::result::Result<MultiCall, CURLMcode> {
        loop {
            thread::sleep(OTHER_CALLBACK_INTERVAL);
            // SAFETY: as above.
            let multi = unsafe { handle::lock::<Rc<Multi>>(handle) }.map_err(multi_code)?;
            if !multi.must_wait(api) {
                return MultiCall::enter(multi, api);
            }
        }
    }

    #[inline(always)]
    fn enter(multi: Locked<Rc<Multi>>, api: MultiApi) -> std::result::Result<MultiCall, CURLMcode> {
        multi.enter(api)?.keep();
        Ok(MultiCall(multi))
    }
}

impl Drop for MultiCall {
    #[inline]
    fn drop(&mut self) {
        self.0.leave();
    }
}

fn multi_code(error: LockError) -> CURLMcode {
    match error {
        LockError::Unknown => CURLMcode::CURLM_BAD_HANDLE,
        LockError::Locked | LockError::Follows => CURLMcode::CURLM_RECURSIVE_API_CALL,
    }
}
