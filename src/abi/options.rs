//! Introspection of the options: names, numbers and argument types.

use std::ffi::{CStr, c_char, c_uint};
use std::ptr;

use crate::abi::constant::Constant;
use crate::types::option::{CURLOT_FLAG_ALIAS, curl_easyoption};
use crate::types::options::{Row, TABLE};
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
    // SAFETY: guaranteed by the caller, see # Safety.
    let wanted = unsafe { CStr::from_ptr(name) }.to_bytes();
    at(TABLE
        .iter()
        .position(|row| row.name.to_bytes().eq_ignore_ascii_case(wanted)))
}

/// The option of a number, by its preferred name; NULL if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn curl_easy_option_by_id(id: RawOption) -> *const curl_easyoption {
    at(TABLE
        .iter()
        .position(|row| row.option as RawOption == id && !row.is_old_name()))
}

/// The option of libcurl's after `prev`, the first one after NULL, NULL after the last one.
///
/// # Safety
///
/// `prev` is NULL or was returned by one of these functions.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn curl_easy_option_next(prev: *const curl_easyoption) -> *const curl_easyoption {
    if prev.is_null() {
        return at(Some(0));
    }
    let index = prev.addr().wrapping_sub(OPTIONS.get().as_ptr().addr()) / size_of::<curl_easyoption>();
    at(index
        .checked_add(1)
        .filter(|&next| TABLE.get(next).is_some_and(|row| !row.is_own())))
}

fn at(index: Option<usize>) -> *const curl_easyoption {
    match index.and_then(|index| OPTIONS.get().get(index)) {
        Some(option) => option,
        None => ptr::null(),
    }
}

/// The table as C sees it, row by row.
static OPTIONS: Constant<[curl_easyoption; TABLE.len()]> = {
    let mut options = [const { view(&TABLE[0]) }; TABLE.len()];
    let mut index = 0;
    while index < TABLE.len() {
        options[index] = view(&TABLE[index]);
        index += 1;
    }
    // SAFETY: the names are string literals, and the array is not written to after this.
    unsafe { Constant::new(options) }
};

const fn view(row: &Row) -> curl_easyoption {
    curl_easyoption {
        name: row.name.as_ptr(),
        id: row.option,
        r#type: row.kind,
        flags: if row.is_old_name() {
            CURLOT_FLAG_ALIAS as c_uint
        } else {
            0
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::option::CURLoption::{self, *};

    fn name_of(option: &curl_easyoption) -> &'static [u8] {
        // SAFETY: the names are constant strings.
        unsafe { CStr::from_ptr(option.name) }.to_bytes()
    }

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
        let libcurl = TABLE.iter().filter(|row| !row.is_own());
        assert!(names.iter().copied().eq(libcurl.map(|row| row.name.to_bytes())));
    }

    #[test]
    fn null_name_is_no_option() {
        // SAFETY: NULL is allowed.
        assert!(unsafe { curl_easy_option_by_name(ptr::null()) }.is_null());
    }
}
