//! MIME bodies, for programs that build one in passing.
//!
//! The opening handshake has no request body, so none is ever sent. What an application gives is checked as libcurl does,
//! and a part keeps only what is freed with it.

#![allow(unused_variables, reason = "what would be sent is not kept")]

use std::ffi::{CStr, OsStr, c_char, c_int, c_void};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::ptr;
use std::rc::Rc;

use libc::size_t;

use crate::abi::bodies::tree::{Callback, Content, Headers, Mime, Part};
use crate::abi::guard::guard;
use crate::types::callbacks::{curl_free_callback, curl_read_callback, curl_seek_callback};
use crate::types::codes::CURLcode;
use crate::types::form::{curl_mime, curl_mimepart};
use crate::types::structs::{CURL, curl_off_t, curl_slist};

const ENCODINGS: [&str; 5] = ["binary", "8bit", "7bit", "base64", "quoted-printable"];

/// Makes a body without parts, to be freed with `curl_mime_free`. It is never sent.
#[unsafe(no_mangle)]
pub extern "C" fn curl_mime_init(curl: *mut CURL) -> *mut curl_mime {
    guard(ptr::null_mut(), || Rc::into_raw(Mime::new()).cast_mut().cast())
}

/// Frees a body with its parts, and takes it out of the part whose content it is. NULL is allowed.
///
/// # Safety
///
/// `mime` is NULL or a body from `curl_mime_init` that has not been freed, and is not used afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn curl_mime_free(mime: *mut curl_mime) {
    guard((), || {
        // SAFETY: guaranteed by the caller, see # Safety.
        let Some(mime) = (unsafe { shared::<Mime>(mime.cast()) }) else {
            return;
        };
        match mime.parent() {
            Some(part) => part.set_content(Content::None),
            // SAFETY: the reference of `curl_mime_init`'s `into_raw`, which no part has taken over.
            None => drop(unsafe { Rc::from_raw(Rc::as_ptr(&mime)) }),
        }
    });
}

/// Adds a part, which belongs to the body. NULL without one.
///
/// # Safety
///
/// `mime` is NULL or a body from `curl_mime_init` that has not been freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn curl_mime_addpart(mime: *mut curl_mime) -> *mut curl_mimepart {
    guard(ptr::null_mut(), || {
        // SAFETY: guaranteed by the caller, see # Safety.
        let mime = unsafe { shared::<Mime>(mime.cast()) };
        mime.map_or(ptr::null_mut(), |mime| mime.add_part().cast_mut().cast())
    })
}

/// Names a part. It is never sent.
///
/// # Safety
///
/// `part` is NULL or a part of a body that has not been freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn curl_mime_name(part: *mut curl_mimepart, name: *const c_char) -> CURLcode {
    // SAFETY: guaranteed by the caller, see # Safety.
    unsafe { with(part, |_| CURLcode::CURLE_OK) }
}

/// Names a part's file. It is never sent.
///
/// # Safety
///
/// `part` is NULL or a part of a body that has not been freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn curl_mime_filename(part: *mut curl_mimepart, filename: *const c_char) -> CURLcode {
    // SAFETY: guaranteed by the caller, see # Safety.
    unsafe { with(part, |_| CURLcode::CURLE_OK) }
}

/// Sets a part's media type. It is never sent.
///
/// # Safety
///
/// `part` is NULL or a part of a body that has not been freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn curl_mime_type(part: *mut curl_mimepart, mimetype: *const c_char) -> CURLcode {
    // SAFETY: guaranteed by the caller, see # Safety.
    unsafe { with(part, |_| CURLcode::CURLE_OK) }
}

/// Sets a part's transfer encoding: "binary", "8bit", "7bit", "base64", "quoted-printable", or NULL for none. Any other is
/// `CURLE_BAD_FUNCTION_ARGUMENT`. It is never sent.
///
/// # Safety
///
/// `part` is NULL or a part of a body that has not been freed, `encoding` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn curl_mime_encoder(part: *mut curl_mimepart, encoding: *const c_char) -> CURLcode {
    let known = |encoding: &[u8]| {
        ENCODINGS
            .iter()
            .any(|known| encoding.eq_ignore_ascii_case(known.as_bytes()))
    };
    // SAFETY: guaranteed by the caller, see # Safety.
    unsafe {
        with(part, |_| {
            if encoding.is_null() || known(CStr::from_ptr(encoding).to_bytes()) {
                CURLcode::CURLE_OK
            } else {
                CURLcode::CURLE_BAD_FUNCTION_ARGUMENT
            }
        })
    }
}

/// Sets a part's data in place of other content; it is never sent.
///
/// # Safety
///
/// `part` is NULL or a part of a body that has not been freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn curl_mime_data(part: *mut curl_mimepart, data: *const c_char, size: size_t) -> CURLcode {
    // SAFETY: guaranteed by the caller, see # Safety.
    unsafe {
        with(part, |part| {
            part.set_content(Content::None);
            CURLcode::CURLE_OK
        })
    }
}

/// Makes a file a part's data in place of other content: `CURLE_READ_ERROR` if there is none. It is never sent.
///
/// # Safety
///
/// `part` is NULL or a part of a body that has not been freed, `filename` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn curl_mime_filedata(part: *mut curl_mimepart, filename: *const c_char) -> CURLcode {
    // SAFETY: guaranteed by the caller, see # Safety.
    unsafe {
        with(part, |part| {
            part.set_content(Content::None);
            let exists = |name: &CStr| fs::metadata(OsStr::from_bytes(name.to_bytes())).is_ok();
            if filename.is_null() || exists(CStr::from_ptr(filename)) {
                CURLcode::CURLE_OK
            } else {
                CURLcode::CURLE_READ_ERROR
            }
        })
    }
}

/// Makes a callback a part's data in place of other content. It is never sent: `free` is called with `userdata` when the content
/// is replaced or freed, the other functions never.
///
/// # Safety
///
/// `part` is NULL or a part of a body that has not been freed; `free` may be called with `userdata` as long as it is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn curl_mime_data_cb(
    part: *mut curl_mimepart,
    size: curl_off_t,
    read: curl_read_callback,
    seek: curl_seek_callback,
    free: curl_free_callback,
    userdata: *mut c_void,
) -> CURLcode {
    // SAFETY: guaranteed by the caller, see # Safety.
    unsafe {
        with(part, |part| {
            part.set_content(Content::None);
            if let (Some(_), Some(free)) = (read, free) {
                part.set_content(Content::Callback(Callback::new(free, userdata)));
            }
            CURLcode::CURLE_OK
        })
    }
}

/// Makes `subparts` a part's content in place of other content, and frees it with the part. `CURLE_BAD_FUNCTION_ARGUMENT` if it
/// belongs to another part, or if the part is inside it. It is never sent.
///
/// # Safety
///
/// `part` is NULL or a part of a body that has not been freed, `subparts` is NULL or a body from `curl_mime_init` that has not
/// been freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn curl_mime_subparts(part: *mut curl_mimepart, subparts: *mut curl_mime) -> CURLcode {
    // SAFETY: guaranteed by the caller, see # Safety.
    unsafe {
        with(part, |part| {
            let Some(subparts) = shared::<Mime>(subparts.cast()) else {
                part.set_content(Content::None);
                return CURLcode::CURLE_OK;
            };
            if subparts.parent().is_some_and(|parent| Rc::ptr_eq(&parent, part)) {
                return CURLcode::CURLE_OK;
            }
            part.set_content(Content::None);
            if subparts.parent().is_some() || part.is_inside(&subparts) {
                return CURLcode::CURLE_BAD_FUNCTION_ARGUMENT;
            }
            // The reference of `curl_mime_init`'s `into_raw` becomes the part's.
            subparts.set_parent(part);
            part.set_content(Content::Subparts(Rc::from_raw(Rc::as_ptr(&subparts))));
            CURLcode::CURLE_OK
        })
    }
}

/// Sets a part's own headers in place of others, and frees them with the part if `take_ownership` is not 0. They are never sent.
///
/// # Safety
///
/// `part` is NULL or a part of a body that has not been freed. With `take_ownership`, `headers` is NULL or a list from
/// `curl_slist_append` that the application does not free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn curl_mime_headers(
    part: *mut curl_mimepart,
    headers: *mut curl_slist,
    take_ownership: c_int,
) -> CURLcode {
    // SAFETY: guaranteed by the caller, see # Safety.
    unsafe {
        with(part, |part| {
            let headers = Headers::new(headers, take_ownership != 0);
            part.set_headers(headers);
            CURLcode::CURLE_OK
        })
    }
}

/// Runs `body` on the part; `CURLE_BAD_FUNCTION_ARGUMENT` without one.
///
/// # Safety
///
/// `part` is NULL or a part of a body that has not been freed.
unsafe fn with(part: *mut curl_mimepart, body: impl FnOnce(&Rc<Part>) -> CURLcode) -> CURLcode {
    guard(CURLcode::CURLE_FAILED_INIT, || {
        // SAFETY: guaranteed by the caller, see # Safety.
        match unsafe { shared::<Part>(part.cast()) } {
            Some(part) => body(&part),
            None => CURLcode::CURLE_BAD_FUNCTION_ARGUMENT,
        }
    })
}

/// Another reference to what the application's pointer leads to, so that it lives until the call ends; `None` for NULL.
///
/// # Safety
///
/// `pointer` is NULL or came from an `Rc<T>` that is alive.
unsafe fn shared<T>(pointer: *const T) -> Option<Rc<T>> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: guaranteed by the caller, see # Safety.
    unsafe {
        Rc::increment_strong_count(pointer);
        Some(Rc::from_raw(pointer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    unsafe extern "C" fn count(counter: *mut c_void) {
        // SAFETY: the tests give a pointer to an `i32` of theirs.
        unsafe { *counter.cast::<i32>() += 1 }
    }

    unsafe extern "C-unwind" fn read(_: *mut c_char, _: size_t, _: size_t, _: *mut c_void) -> size_t {
        0
    }

    /// A part whose callback counts how often it was freed.
    unsafe fn counting(mime: *mut curl_mime, freed: *mut i32) -> *mut curl_mimepart {
        // SAFETY: the callers' bodies are alive.
        unsafe {
            let part = curl_mime_addpart(mime);
            assert_eq!(
                curl_mime_data_cb(part, 3, Some(read), None, Some(count), freed.cast()),
                CURLcode::CURLE_OK
            );
            part
        }
    }

    #[test]
    fn everything_is_freed_once() {
        let mut freed = 0;
        // SAFETY: bodies and parts of this test, used while they are alive.
        unsafe {
            let outer = curl_mime_init(ptr::null_mut());
            let inner = curl_mime_init(ptr::null_mut());
            counting(inner, &raw mut freed);
            counting(outer, &raw mut freed);
            let part = counting(outer, &raw mut freed);
            assert_eq!(curl_mime_subparts(part, inner), CURLcode::CURLE_OK);
            assert_eq!(freed, 1, "the content that was replaced");
            assert_eq!(curl_mime_subparts(part, inner), CURLcode::CURLE_OK);
            assert_eq!(freed, 1);
            curl_mime_free(outer);
        }
        assert_eq!(freed, 3);
    }

    #[test]
    fn a_body_can_be_freed_before_the_part_that_has_it() {
        let mut freed = 0;
        // SAFETY: as above.
        unsafe {
            let outer = curl_mime_init(ptr::null_mut());
            let inner = curl_mime_init(ptr::null_mut());
            counting(inner, &raw mut freed);
            assert_eq!(curl_mime_subparts(curl_mime_addpart(outer), inner), CURLcode::CURLE_OK);
            curl_mime_free(inner);
            assert_eq!(freed, 1);
            curl_mime_free(outer);
        }
        assert_eq!(freed, 1);
    }

    #[test]
    fn a_body_is_the_content_of_one_part_and_never_of_its_own() {
        // SAFETY: as above.
        unsafe {
            let outer = curl_mime_init(ptr::null_mut());
            let inner = curl_mime_init(ptr::null_mut());
            let deep = curl_mime_addpart(inner);
            let (one, two) = (curl_mime_addpart(outer), curl_mime_addpart(outer));
            assert_eq!(curl_mime_subparts(deep, inner), CURLcode::CURLE_BAD_FUNCTION_ARGUMENT);
            assert_eq!(curl_mime_subparts(one, inner), CURLcode::CURLE_OK);
            assert_eq!(curl_mime_subparts(two, inner), CURLcode::CURLE_BAD_FUNCTION_ARGUMENT);
            assert_eq!(curl_mime_subparts(deep, outer), CURLcode::CURLE_BAD_FUNCTION_ARGUMENT);
            assert_eq!(curl_mime_subparts(one, ptr::null_mut()), CURLcode::CURLE_OK);
            curl_mime_free(outer);
        }
    }
}
