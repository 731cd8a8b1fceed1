//! What the drop-in (`passthrough/`) uses besides the C functions. There the application's handles are the system libcurl's, and
//! each has a twin here, which callbacks and messages name by the application's pointer.

use std::ffi::c_void;
use std::os::fd::RawFd;
use std::rc::Rc;

use crate::abi::enter::{self, Api, MultiApi};
use crate::abi::setopt;
use crate::easy::Easy;
use crate::error::Error;
use crate::ffi::handle;
use crate::multi::Multi;
use crate::types::RawOption;
use crate::types::codes::CURLcode;
use crate::types::structs::{CURL, CURLM};

/// Whether this is an easy handle of this library.
///
/// # Safety
///
/// `curl` is NULL or points to 16 readable bytes.
pub unsafe fn is_easy(curl: *mut CURL) -> bool {
    // SAFETY: guaranteed by the caller, see # Safety.
    unsafe { handle::find::<Rc<Easy>>(curl) }.is_some()
}

/// Whether this is a multi handle of this library.
///
/// # Safety
///
/// `multi` is NULL or points to 16 readable bytes.
pub unsafe fn is_multi(multi: *mut CURLM) -> bool {
    // SAFETY: guaranteed by the caller, see # Safety.
    unsafe { handle::find::<Rc<Multi>>(multi) }.is_some()
}

/// Callbacks and messages name the handle by `alias` from now on.
///
/// # Safety
///
/// `curl` is a handle of this library.
pub unsafe fn set_easy_alias(curl: *mut CURL, alias: *mut CURL) {
    // SAFETY: guaranteed by the caller, see # Safety.
    if let Ok(easy) = unsafe { handle::lock::<Rc<Easy>>(curl) } {
        easy.set_alias(alias);
    }
}

/// Callbacks name the handle by `alias` from now on.
///
/// # Safety
///
/// `multi` is a handle of this library.
pub unsafe fn set_multi_alias(multi: *mut CURLM, alias: *mut CURLM) {
    // SAFETY: guaranteed by the caller, see # Safety.
    if let Ok(multi) = unsafe { handle::lock::<Rc<Multi>>(multi) } {
        multi.set_alias(alias);
    }
}

/// `curl_easy_setopt` that gives the error's text to the caller and leaves the error buffer alone.
///
/// # Errors
///
/// As of `curl_easy_setopt`.
///
/// # Safety
///
/// As for `curl_easy_setopt`.
pub unsafe fn set_option(curl: *mut CURL, option: RawOption, argument: *mut c_void) -> Result<(), (CURLcode, String)> {
    enter::easy_or(
        curl,
        Api::SetOpt,
        |code| Err((code, String::new())),
        |easy| {
            // SAFETY: guaranteed by the caller, see # Safety.
            let set = unsafe { setopt::set(easy, option, argument) };
            set.map_err(|error| (error.code(), error.message().to_owned()))
        },
    )
}

/// Has all transfers of the handle fail with this code and text, until `None` is given.
///
/// # Safety
///
/// `curl` is a handle of this library.
pub unsafe fn block(curl: *mut CURL, why: Option<(CURLcode, &str)>) {
    // SAFETY: guaranteed by the caller, see # Safety.
    if let Ok(easy) = unsafe { handle::lock::<Rc<Easy>>(curl) } {
        let error = why.map(|(code, text)| Error::new(code, text.to_owned()));
        easy.options().borrow_mut().block(error);
    }
}

/// A descriptor that is readable as long as `curl_multi_perform` has a descriptor to look at.
///
/// # Safety
///
/// `multi` is a handle of this library.
pub unsafe fn multi_descriptor(multi: *mut CURLM) -> Option<RawFd> {
    let mut descriptor = None;
    enter::multi(multi, MultiApi::FdSet, |multi| {
        descriptor = Some(multi.descriptor()?);
        Ok(())
    });
    descriptor
}

/// Whether the multi handle waits for `fd`.
///
/// # Safety
///
/// `multi` is a handle of this library.
pub unsafe fn multi_has_socket(multi: *mut CURLM, fd: RawFd) -> bool {
    // SAFETY: guaranteed by the caller, see # Safety.
    unsafe { handle::lock::<Rc<Multi>>(multi) }.is_ok_and(|multi| multi.has_socket(fd))
}

/// How many messages `curl_multi_info_read` would return.
///
/// # Safety
///
/// `multi` is a handle of this library.
pub unsafe fn multi_unread(multi: *mut CURLM) -> usize {
    // SAFETY: guaranteed by the caller, see # Safety.
    unsafe { handle::lock::<Rc<Multi>>(multi) }.map_or(0, |multi| multi.unread())
}
