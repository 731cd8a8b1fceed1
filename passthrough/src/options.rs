//! `curl_easy_option_by_*`: the system's options, and those that only ours has, which `curl_easy_option_next` does not list.

use std::ffi::{c_char, c_uint};
use std::ptr::null;

use wscurl::abi::options as own;
use wscurl::types::option::{CURLoption, curl_easyoption};

use crate::system::system;

/// Whether an option is about WebSockets only, and so not for the system's libcurl.
pub(crate) fn is_own(option: c_uint) -> bool {
    /// Options that only wscurl has are numbered from here on.
    const EXTENSIONS: c_uint = 5_000;
    option % 10_000 > EXTENSIONS || option == CURLoption::CURLOPT_WS_OPTIONS as c_uint
}

/// Whether only wscurl has the information.
pub(crate) fn is_own_info(info: c_uint) -> bool {
    const TYPE_BITS: c_uint = 0xf0_0000;
    info & !TYPE_BITS > 5_000
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dropin_easy_option_by_name(name: *const c_char) -> *const curl_easyoption {
    // SAFETY: NULL or a string: the application's.
    unsafe {
        let theirs = system().map_or(null(), |system| (system.easy_option_by_name)(name));
        if theirs.is_null() {
            own_or_none(own::curl_easy_option_by_name(name))
        } else {
            theirs
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dropin_easy_option_by_id(id: c_uint) -> *const curl_easyoption {
    // SAFETY: any number is allowed.
    let theirs = system().map_or(null(), |system| unsafe { (system.easy_option_by_id)(id) });
    if theirs.is_null() {
        // SAFETY: NULL or a constant of ours.
        unsafe { own_or_none(own::curl_easy_option_by_id(id)) }
    } else {
        theirs
    }
}

/// # Safety
///
/// `entry` is NULL or one of our table.
unsafe fn own_or_none(entry: *const curl_easyoption) -> *const curl_easyoption {
    // SAFETY: guaranteed by the caller, see # Safety.
    let shown = entry.is_null() || system().is_none() || unsafe { is_own((*entry).id as c_uint) };
    if shown { entry } else { null() }
}
