//! Percent encoding (RFC 3986 section 2.1).

use std::ffi::{CStr, c_char, c_int};
use std::ptr;
use std::slice;

use percent_encoding::{percent_decode, percent_encode};

use crate::abi::guard::guard;
use crate::abi::memory;
use crate::io::fallible;
use crate::types::structs::CURL;
use crate::url::RESERVED;

/// `string` with all but `A-Z a-z 0-9 - . _ ~` as `%XX`. `length` in bytes, 0 for all up to the NUL. NULL when there is no
/// memory, no string or a negative length. Free it with `curl_free`. `curl` is not used and may be NULL.
///
/// # Safety
///
/// `string` is NULL or has `length` bytes, or a NUL if `length` is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn curl_easy_escape(curl: *mut CURL, string: *const c_char, length: c_int) -> *mut c_char {
    let _ = curl;
    guard(ptr::null_mut(), || {
        // SAFETY: guaranteed by the caller, see # Safety.
        let Some(bytes) = (unsafe { input(string, length) }) else {
            return ptr::null_mut();
        };
        let pieces = || percent_encode(bytes, RESERVED);
        let mut encoded = Vec::new();
        if fallible::reserve(&mut encoded, pieces().map(str::len).sum()).is_err() {
            return ptr::null_mut();
        }
        pieces().for_each(|piece| encoded.extend_from_slice(piece.as_bytes()));
        memory::c_string(&encoded)
    })
}

/// `string` with every `%XX` as the byte it stands for; a `%` without two hexadecimal digits stays. `length` in bytes, 0 for
/// all up to the NUL. The result may hold NULs: its length goes to `outlength`, if that is not NULL. NULL when there is no
/// memory, no string or a negative length. Free it with `curl_free`. `curl` is not used and may be NULL.
///
/// # Safety
///
/// `string` is NULL or has `length` bytes, or a NUL if `length` is 0; `outlength` is NULL or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn curl_easy_unescape(
    curl: *mut CURL,
    string: *const c_char,
    length: c_int,
    outlength: *mut c_int,
) -> *mut c_char {
    let _ = curl;
    guard(ptr::null_mut(), || {
        // SAFETY: guaranteed by the caller, see # Safety.
        let Some(bytes) = (unsafe { input(string, length) }) else {
            return ptr::null_mut();
        };
        let mut decoded = Vec::new();
        if fallible::reserve(&mut decoded, bytes.len()).is_err() {
            return ptr::null_mut();
        }
        decoded.extend(percent_decode(bytes));
        if !outlength.is_null() {
            let Ok(length) = c_int::try_from(decoded.len()) else {
                return ptr::null_mut();
            };
            // SAFETY: guaranteed by the caller, see # Safety.
            unsafe { outlength.write(length) }
        }
        memory::c_string(&decoded)
    })
}

/// `curl_easy_escape` of earlier versions.
///
/// # Safety
///
/// As there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn curl_escape(string: *const c_char, length: c_int) -> *mut c_char {
    // SAFETY: guaranteed by the caller, see # Safety.
    unsafe { curl_easy_escape(ptr::null_mut(), string, length) }
}

/// `curl_easy_unescape` of earlier versions, whose result ends at its first NUL.
///
/// # Safety
///
/// As there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn curl_unescape(string: *const c_char, length: c_int) -> *mut c_char {
    // SAFETY: guaranteed by the caller, see # Safety.
    unsafe { curl_easy_unescape(ptr::null_mut(), string, length, ptr::null_mut()) }
}

/// # Safety
///
/// `string` is NULL or has `length` bytes, or a NUL if `length` is 0, and stays as it is while the result is used.
unsafe fn input<'a>(string: *const c_char, length: c_int) -> Option<&'a [u8]> {
    let length = usize::try_from(length).ok()?;
    if string.is_null() {
        return None;
    }
    // SAFETY: guaranteed by the caller, see # Safety.
    Some(unsafe {
        match length {
            0 => CStr::from_ptr(string).to_bytes(),
            _ => slice::from_raw_parts(string.cast(), length),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(result: *mut c_char) -> Vec<u8> {
        assert!(!result.is_null());
        // SAFETY: results are strings of ours, freed once.
        unsafe {
            let bytes = CStr::from_ptr(result).to_bytes().to_vec();
            memory::release(result.cast());
            bytes
        }
    }

    #[test]
    fn escape_leaves_unreserved_characters() {
        let table = [
            (c"", 0, &b""[..]),
            (c"aZ0-._~", 0, b"aZ0-._~"),
            (c"a b/c?d=e&f%", 0, b"a%20b%2Fc%3Fd%3De%26f%25"),
            (c"\xe9\xff", 0, b"%E9%FF"),
            (c"abc", 2, b"ab"),
        ];
        for (string, length, expected) in table {
            // SAFETY: strings are as long as told.
            let escaped = unsafe { curl_easy_escape(ptr::null_mut(), string.as_ptr(), length) };
            assert_eq!(text(escaped), expected);
        }
    }

    #[test]
    fn unescape_keeps_a_percent_without_digits() {
        let table = [
            (c"", &b""[..]),
            (c"a%20b%2f", b"a b/"),
            (c"%", b"%"),
            (c"%4", b"%4"),
            (c"%zz%4g", b"%zz%4g"),
            (c"a+b", b"a+b"),
        ];
        for (string, expected) in table {
            // SAFETY: strings end with a NUL.
            assert_eq!(text(unsafe { curl_unescape(string.as_ptr(), 0) }), expected);
        }
    }

    #[test]
    fn unescaped_length_counts_nul_bytes() {
        let mut length = -1;
        // SAFETY: `length` can be written.
        let result = unsafe { curl_easy_unescape(ptr::null_mut(), c"a%00b".as_ptr(), 0, &raw mut length) };
        assert_eq!((text(result), length), (b"a".to_vec(), 3));
    }

    #[test]
    fn null_string_and_negative_length_give_null() {
        // SAFETY: NULL is allowed, and with a negative length nothing is read.
        unsafe {
            assert!(curl_escape(ptr::null(), 0).is_null());
            assert!(curl_escape(c"a".as_ptr(), -1).is_null());
            assert!(curl_unescape(ptr::null(), 3).is_null());
            assert!(curl_unescape(c"a".as_ptr(), -1).is_null());
        }
    }
}
