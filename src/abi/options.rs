//! Introspection of the options: names, numbers and argument types.

use std::ffi::{CStr, c_char};
use std::ptr;

use crate::types::option::curl_easyoption;
use crate::types::option_names::{OWN, TABLE, name_of};
use crate::types::raw::RawOption;

/// The option of a name without `CURLOPT_`, in any case of letters; NULL if there is none.
///
/// # Safety
///
/// `name` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn curl_easy_option_by_name(name: *const c_char) -> *const curl_easyoption {
    if name.is_null() {
        return ptr::null();
    }
    // SAFETY: the caller's promise.
    let wanted = unsafe { CStr::from_ptr(name) }.to_bytes();
    find(|option| name_of(option).eq_ignore_ascii_case(wanted))
}

/// The option of a number, by its preferred name; NULL if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn curl_easy_option_by_id(id: RawOption) -> *const curl_easyoption {
    find(|option| option.id as RawOption == id && option.flags == 0)
}

/// The option of libcurl's after `prev`, the first one after NULL, NULL after the last one.
///
/// # Safety
///
/// `prev` is NULL or was returned by one of these functions.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn curl_easy_option_next(prev: *const curl_easyoption) -> *const curl_easyoption {
    if prev.is_null() {
        return &raw const TABLE[0];
    }
    let index = prev.addr().wrapping_sub(TABLE.as_ptr().addr()) / size_of::<curl_easyoption>();
    match index.checked_add(1).and_then(|next| TABLE.get(next)) {
        Some(option) => option,
        None => ptr::null(),
    }
}

fn find(is_wanted: impl Fn(&curl_easyoption) -> bool) -> *const curl_easyoption {
    match TABLE.iter().chain(&OWN).find(|option| is_wanted(option)) {
        Some(option) => option,
        None => ptr::null(),
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::c_uint;

    use super::*;
    use crate::types::option::CURLoption::{self, *};

    fn by_name(name: &CStr) -> Option<(&'static [u8], CURLoption, c_uint)> {
        // SAFETY: `name` is a string, and results are entries of the table.
        unsafe { curl_easy_option_by_name(name.as_ptr()).as_ref() }.map(|o| (name_of(o), o.id, o.flags))
    }

    #[test]
    fn names_match_in_any_case() {
        assert_eq!(
            by_name(c"ws_Options"),
            Some((&b"WS_OPTIONS"[..], CURLOPT_WS_OPTIONS, 0))
        );
        assert_eq!(by_name(c"file"), Some((&b"FILE"[..], CURLOPT_WRITEDATA, 1)));
        for unknown in [c"", c"CURLOPT_URL", c"URLS"] {
            assert_eq!(by_name(unknown), None);
        }
    }

    #[test]
    fn numbers_give_the_preferred_name() {
        for (id, name) in [
            (10001, Some(&b"WRITEDATA"[..])),
            (10002, Some(b"URL")),
            (0, None),
            (u32::MAX, None),
        ] {
            // SAFETY: the result is an entry of the table or NULL.
            assert_eq!(unsafe { curl_easy_option_by_id(id).as_ref() }.map(name_of), name);
        }
    }

    #[test]
    fn next_visits_every_option_once() {
        let mut names = Vec::new();
        let mut option = ptr::null();
        // SAFETY: what goes in came out, or is NULL.
        while let Some(next) = unsafe { curl_easy_option_next(option).as_ref() } {
            names.push(name_of(next));
            option = next;
        }
        assert!(names.iter().copied().eq(TABLE.iter().map(name_of)));
    }

    #[test]
    fn null_name_is_no_option() {
        // SAFETY: NULL is allowed.
        assert!(unsafe { curl_easy_option_by_name(ptr::null()) }.is_null());
    }
}
