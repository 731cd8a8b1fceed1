//! `curl_global_*` of both sides, and texts of codes.

use std::ffi::{CStr, c_char, c_long};

use wscurl::abi::{global as own, strerror};
use wscurl::types::callbacks::{
    curl_calloc_callback, curl_free_callback, curl_malloc_callback, curl_realloc_callback, curl_strdup_callback,
};

use crate::Code;
use crate::system::system;

#[unsafe(no_mangle)]
unsafe extern "C" fn dropin_global_init(flags: c_long) -> Code {
    let code = own::curl_global_init(flags) as Code;
    match system() {
        // SAFETY: any flags are allowed.
        Some(system) => unsafe { (system.global_init)(flags) },
        None => code,
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dropin_global_init_mem(
    flags: c_long,
    m: curl_malloc_callback,
    f: curl_free_callback,
    r: curl_realloc_callback,
    s: curl_strdup_callback,
    c: curl_calloc_callback,
) -> Code {
    // SAFETY: the functions are the application's for this purpose. Both sides hand out memory that the other one's `curl_free`
    // may get, so both take them.
    unsafe {
        let code = own::curl_global_init_mem(flags, m, f, r, s, c) as Code;
        match system() {
            Some(system) => (system.global_init_mem)(flags, m, f, r, s, c),
            None => code,
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dropin_global_cleanup() {
    own::curl_global_cleanup();
    if let Some(system) = system() {
        // SAFETY: the application is done with as many calls of curl_global_init as it has made.
        unsafe { (system.global_cleanup)() }
    }
}

/// The system's text. Older versions do not know all codes that ours returns.
#[unsafe(no_mangle)]
unsafe extern "C" fn dropin_easy_strerror(code: Code) -> *const c_char {
    let Some(system) = system() else {
        return strerror::curl_easy_strerror(code);
    };
    // SAFETY: any code is allowed, and each has a constant string.
    let [text, unknown] = [code, Code::MAX].map(|code| unsafe { CStr::from_ptr((system.easy_strerror)(code)) });
    match text == unknown {
        true => strerror::curl_easy_strerror(code),
        false => text.as_ptr(),
    }
}
