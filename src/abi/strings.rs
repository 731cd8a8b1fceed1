//! Comparison without regard to case, and the environment.

use std::ffi::{CStr, c_char, c_int};
use std::ptr;

use libc::size_t;

use crate::abi::memory;

/// 1 if both strings are the same but for the case of ASCII letters, or both are NULL; else 0.
///
/// # Safety
///
/// Both are NULL or strings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn curl_strequal(s1: *const c_char, s2: *const c_char) -> c_int {
    if s1.is_null() || s2.is_null() {
        return c_int::from(s1 == s2);
    }
    // SAFETY: guaranteed by the caller, see # Safety.
    let (a, b) = unsafe { (CStr::from_ptr(s1), CStr::from_ptr(s2)) };
    c_int::from(a.to_bytes().eq_ignore_ascii_case(b.to_bytes()))
}

/// `curl_strequal` of the first `n` bytes at most. Two NULLs are equal unless `n` is 0.
///
/// # Safety
///
/// Both are NULL, or strings of `n` bytes or up to a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn curl_strnequal(s1: *const c_char, s2: *const c_char, n: size_t) -> c_int {
    if s1.is_null() || s2.is_null() {
        return c_int::from(s1 == s2 && n > 0);
    }
    // SAFETY: guaranteed by the caller, see # Safety.
    let (a, b) = unsafe { (prefix(s1, n), prefix(s2, n)) };
    c_int::from(a.eq_ignore_ascii_case(b))
}

/// A copy of an environment variable, or NULL if it is not set, empty, or `variable` is NULL. Free it with `curl_free`.
///
/// # Safety
///
/// `variable` is NULL or a string, and no other thread changes the environment meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn curl_getenv(variable: *const c_char) -> *mut c_char {
    if variable.is_null() {
        return ptr::null_mut();
    }
    // SAFETY: guaranteed by the caller, see # Safety.
    let value = unsafe { libc::getenv(variable) };
    if value.is_null() {
        return ptr::null_mut();
    }
    // SAFETY: getenv's result is a string.
    match unsafe { CStr::from_ptr(value) }.to_bytes() {
        b"" => ptr::null_mut(),
        bytes => memory::c_string(bytes),
    }
}

/// The bytes of `string` up to its NUL, `n` at most.
///
/// # Safety
///
/// `string` has a NUL or at least `n` bytes.
unsafe fn prefix<'a>(string: *const c_char, n: usize) -> &'a [u8] {
    // SAFETY: a byte is read only if those before it were not the NUL, so all are within what the caller promised.
    let length = (0..n).take_while(|&i| unsafe { *string.add(i) } != 0).count();
    // SAFETY: as above.
    unsafe { std::slice::from_raw_parts(string.cast(), length) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_of_ascii_letters_does_not_matter() {
        let table = [
            (c"Upgrade", c"uPGRADE", 1),
            (c"", c"", 1),
            (c"a", c"ab", 0),
            (c"\xc9", c"\xe9", 0),
        ];
        for (a, b, expected) in table {
            // SAFETY: both are strings.
            assert_eq!(unsafe { curl_strequal(a.as_ptr(), b.as_ptr()) }, expected);
        }
    }

    #[test]
    fn only_the_first_bytes_are_compared() {
        let table = [
            (c"abX", c"ABy", 2, 1),
            (c"abX", c"ABy", 3, 0),
            (c"a", c"ab", 2, 0),
            (c"a", c"A", 99, 1),
            (c"a", c"b", 0, 1),
        ];
        for (a, b, n, expected) in table {
            // SAFETY: both are strings.
            assert_eq!(unsafe { curl_strnequal(a.as_ptr(), b.as_ptr(), n) }, expected);
        }
    }

    #[test]
    fn null_equals_only_null() {
        let null = ptr::null();
        // SAFETY: NULLs are allowed.
        unsafe {
            assert_eq!(curl_strequal(null, null), 1);
            assert_eq!(curl_strequal(null, c"".as_ptr()), 0);
            assert_eq!(curl_strnequal(null, null, 1), 1);
            assert_eq!(curl_strnequal(null, null, 0), 0);
            assert_eq!(curl_strnequal(c"".as_ptr(), null, 1), 0);
        }
    }

    #[test]
    fn unset_variable_is_null() {
        // SAFETY: the tests change no variable.
        unsafe {
            assert!(curl_getenv(ptr::null()).is_null());
            assert!(curl_getenv(c"WSCURL_NO_SUCH_VARIABLE".as_ptr()).is_null());
            let path = curl_getenv(c"PATH".as_ptr());
            assert!(!path.is_null());
            memory::release(path.cast());
        }
    }
}
