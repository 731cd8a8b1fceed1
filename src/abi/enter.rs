//! The way into a handle: every call goes through here.

use std::rc::Rc;

use crate::abi::guard::guard;
use crate::easy::Easy;
pub(crate) use crate::easy::calls::Api;
use crate::error::Result;
use crate::ffi::handle;
use crate::ffi::unwind::{Panic, catch};
pub(crate) use crate::multi::calls::Api as MultiApi;
use crate::multi::{Multi, Outcome};
use crate::types::codes::{CURLMcode, CURLcode};
use crate::types::structs::{CURL, CURLM};

/// Runs `body` on the handle behind `curl`: checks that it is one, that the call may come now, writes an error's text
/// to the error buffer, and lets no panic through.
#[inline]
pub(crate) fn easy(curl: *mut CURL, api: Api, body: impl FnOnce(&Easy) -> Result<()>) -> CURLcode {
    easy_or(
        curl,
        api,
        |code| code,
        move |easy| match body(easy) {
            Ok(()) => CURLcode::CURLE_OK,
            Err(error) => easy.report(&error),
        },
    )
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
    let result = catch(move || {
        // SAFETY: the C functions' contract: NULL, a live handle, or readable memory that was one.
        let Some(easy) = (unsafe { handle::find::<Rc<Easy>>(curl) }) else {
            return refused(CURLcode::CURLE_BAD_FUNCTION_ARGUMENT);
        };
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
    });
    result.unwrap_or_else(|panic| refused(fail(curl, &panic)))
}

/// A call has panicked: nobody knows what it has left, so the connection is closed. The handle lives on.
#[cold]
fn fail(curl: *mut CURL, panic: &Panic) -> CURLcode {
    guard(CURLcode::CURLE_FAILED_INIT, || {
        // SAFETY: as in the call.
        match unsafe { handle::find::<Rc<Easy>>(curl) } {
            Some(easy) => easy.fail(panic),
            None => CURLcode::CURLE_FAILED_INIT,
        }
    })
}

/// Runs `body` on the multi handle behind `multi`: checks that it is one and that the call may come now, and lets no
/// panic through.
pub(crate) fn multi(multi: *mut CURLM, api: MultiApi, body: impl FnOnce(&Multi) -> Outcome) -> CURLMcode {
    guard(CURLMcode::CURLM_INTERNAL_ERROR, || {
        // SAFETY: the C functions' contract: NULL, a live handle, or readable memory that was one; one thread at a time.
        let Some(multi) = (unsafe { handle::find::<Rc<Multi>>(multi) }) else {
            return CURLMcode::CURLM_BAD_HANDLE;
        };
        let result = multi.enter(api).and_then(|_call| body(multi));
        result.err().unwrap_or(CURLMcode::CURLM_OK)
    })
}
