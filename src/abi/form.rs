//! Forms of before MIME bodies: built, freed, and written out with `curl_formget`. The opening handshake has no request
//! body, so they are never sent.

use std::ffi::{c_int, c_void};

use crate::abi::bodies::arguments::Arguments;
use crate::abi::bodies::content;
use crate::abi::bodies::post::Form;
use crate::abi::bodies::section::Sections;
use crate::abi::bodies::write::Writer;
use crate::abi::guard::guard;
use crate::types::callbacks::curl_formget_callback;
use crate::types::codes::CURLcode;
use crate::types::form::{CURLFORMcode, curl_httppost};

unsafe extern "C" {
    fn wscurl_next_argument(arguments: *mut c_void) -> *mut c_void;
}

/// For `formadd.c`, which has the variable arguments.
///
/// cbindgen:ignore
///
/// # Safety
///
/// As `curl_formadd`; `arguments` is what `wscurl_next_argument` takes.
#[unsafe(no_mangle)]
unsafe extern "C" fn wscurl_formadd(
    first: *mut *mut curl_httppost,
    last: *mut *mut curl_httppost,
    arguments: *mut c_void,
) -> CURLFORMcode {
    if first.is_null() || last.is_null() {
        return CURLFORMcode::CURL_FORMADD_NULL;
    }
    guard(CURLFORMcode::CURL_FORMADD_MEMORY, || {
        // SAFETY: the caller's arguments, which end with CURLFORM_END; `first` and `last` are a form's or lead to NULL.
        unsafe {
            let mut next = || wscurl_next_argument(arguments);
            match Sections::collect(&mut Arguments::new(&mut next)).and_then(|sections| sections.build()) {
                Ok(form) => {
                    form.append_to(&mut *first, &mut *last);
                    CURLFORMcode::CURL_FORMADD_OK
                }
                Err(code) => code,
            }
        }
    })
}

/// Writes a form out as it would be sent, headers first: calls `append` with one piece after another. 0, or
/// `CURLE_READ_ERROR` when a file can't be read or `append` does not take all of a piece. The content of
/// `CURLFORM_STREAM` is left out, as there is no read callback to take it from.
///
/// # Safety
///
/// `form` is NULL or a form from `curl_formadd` whose strings, buffers and lists are alive, `append` may be called with
/// `userdata`.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn curl_formget(
    form: *mut curl_httppost,
    userdata: *mut c_void,
    append: curl_formget_callback,
) -> c_int {
    let code = guard(CURLcode::CURLE_FAILED_INIT, || {
        let Some(append) = append else {
            return CURLcode::CURLE_BAD_FUNCTION_ARGUMENT;
        };
        // SAFETY: guaranteed by the caller, see # Safety.
        let written = unsafe {
            let mut append = |piece: &[u8]| append(userdata, piece.as_ptr().cast(), piece.len()) == piece.len();
            content::write(form, &mut Writer::new(&mut append))
        };
        written.err().unwrap_or(CURLcode::CURLE_OK)
    });
    code as c_int
}

/// Frees a form with the strings that were copied into it. NULL is allowed.
///
/// # Safety
///
/// `form` is NULL or a form from `curl_formadd`, and is not used afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn curl_formfree(form: *mut curl_httppost) {
    // SAFETY: guaranteed by the caller, see # Safety.
    drop(unsafe { Form::from_raw(form) });
}
