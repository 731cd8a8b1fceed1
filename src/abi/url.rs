//! The URL interface.

use std::ffi::{CStr, c_char, c_uint};
use std::ptr;
use std::sync::Arc;

use crate::abi::guard::guard;
use crate::abi::memory;
use crate::ffi::handle::{self, Locked};
use crate::io::fallible;
use crate::types::codes::CURLUcode::{self, *};
use crate::types::raw::RawUrlPart;
use crate::types::url::CURLU;
use crate::types::url::CURLUPart;
use crate::url::{Flags, UrlHandle};

/// Bytes that work on a URL may need for each of its bytes: copies, and three bytes for each that is encoded.
const BYTES_PER_BYTE: usize = 12;

/// Makes an empty URL handle. Free it with `curl_url_cleanup`.
#[unsafe(no_mangle)]
pub extern "C" fn curl_url() -> *mut CURLU {
    guard(ptr::null_mut(), || {
        handle::register(Arc::new(UrlHandle::default())).as_ptr().cast()
    })
}

/// Frees a URL handle. A transfer that `CURLOPT_CURLU` gave it to keeps what it needs. NULL is allowed.
///
/// # Safety
///
/// `url` is NULL or a URL handle, and not used afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn curl_url_cleanup(url: *mut CURLU) {
    guard((), || {
        // SAFETY: guaranteed by the caller, see # Safety.
        if let Some(url) = unsafe { find(url) } {
            url.end();
        }
    });
}

/// Copies a URL handle. NULL when there is no memory or `url` is no URL handle.
///
/// # Safety
///
/// `url` is NULL or a URL handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn curl_url_dup(url: *const CURLU) -> *mut CURLU {
    guard(ptr::null_mut(), || {
        // SAFETY: guaranteed by the caller, see # Safety.
        let Some(url) = (unsafe { find(url) }) else {
            return ptr::null_mut();
        };
        let parts = url.parts();
        match fallible::check(parts.size()) {
            Ok(()) => handle::register(Arc::new(UrlHandle::new(parts.clone())))
                .as_ptr()
                .cast(),
            Err(_) => ptr::null_mut(),
        }
    })
}

/// A part of the URL, or the whole of it, as a string in `*part`, which is NULL on an error. Free it with `curl_free`. `flags`
/// are `CURLU_` bits.
///
/// Returns a code of its own for each part that is not there (`CURLUE_NO_HOST` ...).
///
/// # Safety
///
/// `url` is NULL or a URL handle, and `part` is NULL or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn curl_url_get(
    url: *const CURLU,
    what: RawUrlPart,
    part: *mut *mut c_char,
    flags: c_uint,
) -> CURLUcode {
    guard(CURLUE_BAD_HANDLE, || {
        // SAFETY: guaranteed by the caller, see # Safety.
        let Some(url) = (unsafe { find(url) }) else {
            return CURLUE_BAD_HANDLE;
        };
        if part.is_null() {
            return CURLUE_BAD_PARTPOINTER;
        }
        let (code, string) = match get(&url, what, Flags::from_bits(flags)) {
            Ok(string) => (CURLUE_OK, string),
            Err(code) => (code, ptr::null_mut()),
        };
        // SAFETY: not NULL, and the caller guarantees that it can be written.
        unsafe { part.write(string) };
        code
    })
}

/// Sets a part of the URL, or the whole of it, to a copy of `part`; NULL removes the part. `flags` are `CURLU_` bits. A URL
/// that is relative is resolved against the one that is there. On an error nothing changes.
///
/// # Safety
///
/// `url` is NULL or a URL handle, and `part` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn curl_url_set(
    url: *mut CURLU,
    what: RawUrlPart,
    part: *const c_char,
    flags: c_uint,
) -> CURLUcode {
    guard(CURLUE_BAD_HANDLE, || {
        // SAFETY: guaranteed by the caller, see # Safety.
        let Some(url) = (unsafe { find(url) }) else {
            return CURLUE_BAD_HANDLE;
        };
        let text = match part.is_null() {
            true => None,
            // SAFETY: not NULL, and the caller guarantees a string.
            false => Some(unsafe { CStr::from_ptr(part) }.to_bytes()),
        };
        set(&url, what, text, Flags::from_bits(flags))
            .err()
            .unwrap_or(CURLUE_OK)
    })
}

fn get(url: &UrlHandle, what: RawUrlPart, flags: Flags) -> Result<*mut c_char, CURLUcode> {
    let part = part(what)?;
    let parts = url.parts();
    check_memory(parts.size())?;
    let text = parts.get(part, flags).map_err(|error| error.code())?;
    drop(parts);
    let string = memory::c_string(&text);
    match string.is_null() {
        true => Err(CURLUE_OUT_OF_MEMORY),
        false => Ok(string),
    }
}

fn set(url: &UrlHandle, what: RawUrlPart, text: Option<&[u8]>, flags: Flags) -> Result<(), CURLUcode> {
    let part = part(what)?;
    let mut parts = url.parts();
    match text {
        None => parts.clear(part),
        Some(text) => {
            check_memory(parts.size() + text.len())?;
            parts.set(part, text, flags).map_err(|error| error.code())?;
        }
    }
    Ok(())
}

fn check_memory(size: usize) -> Result<(), CURLUcode> {
    fallible::check(size.saturating_mul(BYTES_PER_BYTE)).map_err(|_| CURLUE_OUT_OF_MEMORY)
}

fn part(number: RawUrlPart) -> Result<CURLUPart, CURLUcode> {
    CURLUPart::ALL
        .into_iter()
        .find(|&part| part as RawUrlPart == number)
        .ok_or(CURLUE_UNKNOWN_PART)
}

/// # Safety
///
/// As for [`handle::lock`].
unsafe fn find(url: *const CURLU) -> Option<Locked<Arc<UrlHandle>>> {
    // SAFETY: guaranteed by the caller, see # Safety.
    unsafe { handle::lock(url.cast_mut().cast()) }.ok()
}
