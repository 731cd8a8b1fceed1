//! NULL, dead handles and calls out of order, through the C functions. Runs under Miri as well.

use std::ffi::{CStr, c_void};
use std::ptr::{null, null_mut};

use wscurl::abi::easy::*;
use wscurl::abi::getinfo::curl_easy_getinfo;
use wscurl::abi::headers::*;
use wscurl::abi::setopt::curl_easy_setopt;
use wscurl::abi::ws::*;
use wscurl::types::codes::CURLHcode;
use wscurl::types::codes::CURLcode::{self, *};
use wscurl::types::info::CURLINFO::*;
use wscurl::types::option::CURLoption::*;
use wscurl::types::structs::CURL;
use wscurl::types::websocket::*;

/// Every call that returns a code, with harmless arguments.
fn codes(curl: *mut CURL) -> Vec<(&'static str, CURLcode)> {
    let mut byte = 0u8;
    let buffer: *mut c_void = (&raw mut byte).cast();
    let (mut count, mut meta) = (7usize, null());
    // SAFETY: all pointers are valid or NULL, which the functions allow.
    unsafe {
        vec![
            ("setopt", curl_easy_setopt(curl, CURLOPT_VERBOSE as u32, null_mut())),
            (
                "getinfo",
                curl_easy_getinfo(curl, CURLINFO_NUM_CONNECTS as u32, (&raw mut count).cast()),
            ),
            ("perform", curl_easy_perform(curl)),
            ("pause", curl_easy_pause(curl, 0)),
            ("send", curl_easy_send(curl, buffer, 1, &raw mut count)),
            ("recv", curl_easy_recv(curl, buffer, 1, &raw mut count)),
            ("upkeep", curl_easy_upkeep(curl)),
            ("ws_recv", curl_ws_recv(curl, buffer, 1, &raw mut count, &raw mut meta)),
            (
                "ws_send",
                curl_ws_send(curl, buffer, 1, &raw mut count, 0, CURLWS_TEXT as u32),
            ),
            ("ws_start_frame", curl_ws_start_frame(curl, CURLWS_TEXT as u32, 1)),
        ]
    }
}

#[test]
fn miri_every_call_takes_null_for_a_handle() {
    for (name, code) in codes(null_mut()) {
        assert_eq!(code, CURLE_BAD_FUNCTION_ARGUMENT, "{name}");
    }
    // SAFETY: NULL is allowed everywhere.
    unsafe {
        curl_easy_cleanup(null_mut());
        curl_easy_reset(null_mut());
        assert!(curl_easy_duphandle(null_mut()).is_null());
        assert!(curl_ws_meta(null_mut()).is_null());
        assert!(curl_easy_nextheader(null_mut(), 1, -1, null_mut()).is_null());
        let code = curl_easy_header(null_mut(), c"a".as_ptr(), 0, 1, -1, null_mut());
        assert_eq!(code, CURLHcode::CURLHE_BAD_ARGUMENT);
    }
}

#[test]
fn miri_what_is_no_handle_is_told_from_one() {
    let mut foreign = [0u64; 256];
    for (name, code) in codes(foreign.as_mut_ptr().cast()) {
        assert_eq!(code, CURLE_BAD_FUNCTION_ARGUMENT, "{name}");
    }
}

#[test]
fn miri_a_handle_that_was_cleaned_up_is_told_from_a_live_one() {
    let curl = curl_easy_init();
    // SAFETY: a live handle, and then a dead one, which the functions must notice.
    unsafe { curl_easy_cleanup(curl) };
    for (name, code) in codes(curl) {
        assert_eq!(code, CURLE_BAD_FUNCTION_ARGUMENT, "{name}");
    }
    // SAFETY: as above.
    unsafe { curl_easy_cleanup(curl) };
}

#[test]
fn miri_calls_before_perform_have_the_codes_of_libcurl() {
    let curl = curl_easy_init();
    let find = |codes: &[(&str, CURLcode)], name: &str| codes.iter().find(|(call, _)| *call == name).unwrap().1;
    let fresh = codes(curl);
    assert_eq!(find(&fresh, "perform"), CURLE_URL_MALFORMAT);
    assert_eq!(find(&fresh, "ws_recv"), CURLE_UNSUPPORTED_PROTOCOL);
    assert_eq!(find(&fresh, "ws_send"), CURLE_SEND_ERROR);
    assert_eq!(find(&fresh, "ws_start_frame"), CURLE_SEND_ERROR);
    assert_eq!(find(&fresh, "pause"), CURLE_BAD_FUNCTION_ARGUMENT);
    // SAFETY: a live handle.
    unsafe { curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY as u32, 2 as *mut c_void) };
    let connect_only = codes(curl);
    assert_eq!(find(&connect_only, "ws_recv"), CURLE_BAD_FUNCTION_ARGUMENT);
    assert_eq!(find(&connect_only, "ws_send"), CURLE_UNSUPPORTED_PROTOCOL);
    // SAFETY: a live handle.
    unsafe { curl_easy_cleanup(curl) };
}

#[test]
fn miri_a_null_buffer_with_a_length_is_a_bad_argument() {
    let curl = curl_easy_init();
    let (mut count, mut meta) = (7usize, null());
    // SAFETY: NULL is allowed and must be noticed.
    unsafe {
        assert_eq!(
            curl_ws_recv(curl, null_mut(), 1, &raw mut count, &raw mut meta),
            CURLE_BAD_FUNCTION_ARGUMENT
        );
        assert_eq!(count, 0);
        assert_eq!(
            curl_ws_send(curl, null(), 1, null_mut(), 0, CURLWS_TEXT as u32),
            CURLE_BAD_FUNCTION_ARGUMENT
        );
        let too_long = usize::MAX;
        let byte: *const c_void = (&raw const count).cast();
        assert_eq!(
            curl_ws_send(curl, byte, too_long, null_mut(), 0, CURLWS_TEXT as u32),
            CURLE_BAD_FUNCTION_ARGUMENT
        );
        curl_easy_cleanup(curl);
    }
}

#[test]
fn miri_the_error_buffer_tells_of_the_latest_failure() {
    let curl = curl_easy_init();
    let mut text = [0x55u8; 256];
    let shown = |text: &[u8; 256]| CStr::from_bytes_until_nul(text).unwrap().to_str().unwrap().to_owned();
    // SAFETY: a live handle, and the buffer outlives it.
    unsafe {
        curl_easy_setopt(curl, CURLOPT_ERRORBUFFER as u32, text.as_mut_ptr().cast());
        curl_easy_perform(curl);
        assert_eq!(shown(&text), "No URL set");
        curl_easy_setopt(curl, CURLOPT_URL as u32, c"gopher://x".as_ptr().cast_mut().cast());
        curl_easy_perform(curl);
        assert!(shown(&text).contains("gopher"), "{}", shown(&text));
        curl_easy_cleanup(curl);
    }
}
