//! Dates as programs and servers write them.

use std::ffi::{CStr, c_char};

use libc::time_t;

use crate::abi::guard::guard;
use crate::http::date;

/// Seconds from 1970-01-01 00:00:00 UTC to the date in `string`, or -1 if it is none. Day, month and year are needed, in any
/// order that leaves no doubt; weekday, time and zone are not (the zone is UTC then): `Sun, 06 Nov 1994 08:49:37 GMT`,
/// `06-Nov-94`, `20040911 +0200`. Years of two digits are 1971 to 2070. `now` is not used and may be NULL.
///
/// # Safety
///
/// `string` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn curl_getdate(string: *const c_char, now: *const time_t) -> time_t {
    let _ = now;
    if string.is_null() {
        return -1;
    }
    // SAFETY: guaranteed by the caller, see # Safety.
    let text = unsafe { CStr::from_ptr(string) }.to_bytes();
    // The second before 1970 would look like a failure.
    guard(-1, || match date::parse(text) {
        Some(-1) => 0,
        Some(seconds) => seconds,
        None => -1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failure_is_minus_one() {
        // SAFETY: NULL and strings.
        unsafe {
            let now = std::ptr::null::<time_t>();
            assert_eq!(curl_getdate(now.cast(), now), -1);
            assert_eq!(curl_getdate(c"tomorrow".as_ptr(), now), -1);
            assert_eq!(curl_getdate(c"31 Dec 1969 23:59:59".as_ptr(), now), 0);
        }
    }
}
