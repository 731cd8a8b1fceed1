//! A panic ends the call it happens in, tells about itself in the error buffer and nowhere else, and leaves handles that can be
//! used and cleaned up. Here it is the application's callbacks that panic, with the library's own copy of the standard library:
//! to the library that is no different from a bug of its own. No network is needed, so this runs under Miri as well.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::panic;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicU32, Ordering};

use wscurl::abi::easy::*;
use wscurl::abi::getinfo::curl_easy_getinfo;
use wscurl::abi::multi::*;
use wscurl::abi::setopt::curl_easy_setopt;
use wscurl::abi::share::*;
use wscurl::types::codes::CURLMcode::*;
use wscurl::types::codes::CURLSHcode::CURLSHE_OK;
use wscurl::types::codes::CURLcode::{self, *};
use wscurl::types::info::CURLINFO::CURLINFO_RESPONSE_CODE;
use wscurl::types::multi::CURLMoption::CURLMOPT_TIMERFUNCTION;
use wscurl::types::option::CURLoption::{self, *};
use wscurl::types::share::CURLSHoption::*;
use wscurl::types::share::{curl_lock_access, curl_lock_data};
use wscurl::types::structs::{CURL, CURL_SOCKET_BAD, CURLM, curl_infotype, curl_sockaddr, curl_socket_t, curlsocktype};

unsafe extern "C-unwind" fn panicking_opensocket(
    _: *mut c_void,
    _: curlsocktype,
    _: *mut curl_sockaddr,
) -> curl_socket_t {
    panic!("no socket")
}

unsafe extern "C-unwind" fn refusing_opensocket(
    _: *mut c_void,
    _: curlsocktype,
    _: *mut curl_sockaddr,
) -> curl_socket_t {
    CURL_SOCKET_BAD
}

unsafe extern "C-unwind" fn panicking_debug(
    _: *mut CURL,
    _: curl_infotype,
    _: *mut c_char,
    _: usize,
    _: *mut c_void,
) -> c_int {
    panic!("no note")
}

unsafe extern "C-unwind" fn panicking_timer(_: *mut CURLM, _: i64, _: *mut c_void) -> c_int {
    panic!("no timer")
}

unsafe extern "C-unwind" fn panicking_lock(_: *mut CURL, _: curl_lock_data, _: curl_lock_access, _: *mut c_void) {
    panic!("no lock")
}

unsafe extern "C-unwind" fn unlock(_: *mut CURL, _: curl_lock_data, _: *mut c_void) {}

struct Easy {
    curl: *mut CURL,
    error: *mut [c_char; 256],
}

impl Easy {
    fn new() -> Easy {
        let mut easy = Easy {
            curl: curl_easy_init(),
            error: Box::into_raw(Box::new([0; 256])),
        };
        easy.set(CURLOPT_ERRORBUFFER, easy.error.cast());
        easy.set(CURLOPT_URL, c"ws://127.0.0.1:9/".as_ptr().cast_mut().cast());
        easy
    }

    fn set(&mut self, option: CURLoption, value: *mut c_void) -> CURLcode {
        // SAFETY: a live handle, and each caller gives a value of the option's type.
        unsafe { curl_easy_setopt(self.curl, option as u32, value) }
    }

    fn perform(&mut self) -> CURLcode {
        // SAFETY: a live handle.
        unsafe { curl_easy_perform(self.curl) }
    }

    fn error(&self) -> &str {
        // SAFETY: the library writes strings into the buffer.
        unsafe { CStr::from_ptr(self.error.cast()) }.to_str().unwrap()
    }

    fn cleanup(self) {
        let mut number = 0i64;
        // SAFETY: a live handle, then a dead one, and a buffer that nobody uses any more.
        unsafe {
            curl_easy_cleanup(self.curl);
            drop(Box::from_raw(self.error));
            let code = curl_easy_getinfo(self.curl, CURLINFO_RESPONSE_CODE as u32, (&raw mut number).cast());
            assert_eq!(code, CURLE_BAD_FUNCTION_ARGUMENT);
        }
    }
}

/// One test, since there is one panic hook.
#[test]
fn miri_panics() {
    static PRINTED: AtomicU32 = AtomicU32::new(0);
    panic::set_hook(Box::new(|_| {
        PRINTED.fetch_add(1, Ordering::Relaxed);
    }));
    let printed = [
        a_transfer_that_panics_fails,
        a_note_that_panics_fails_the_transfer,
        a_member_that_panics_has_a_message,
        a_multi_call_that_panics_says_so,
        an_option_that_panics_says_so,
    ]
    .map(|test| {
        test();
        PRINTED.swap(0, Ordering::Relaxed)
    });
    if cfg!(all(target_arch = "x86_64", not(miri))) {
        assert_eq!(printed, [0; 5]);
    }
    assert!(panic::catch_unwind(|| panic!("not the library's")).is_err());
    assert_eq!(PRINTED.load(Ordering::Relaxed), 1);
}

fn a_transfer_that_panics_fails() {
    let mut easy = Easy::new();
    easy.set(CURLOPT_OPENSOCKETFUNCTION, panicking_opensocket as *mut c_void);
    for _ in 0..3 {
        assert_eq!(easy.perform(), CURLE_FAILED_INIT);
        assert_eq!(easy.error(), "internal error: no socket");
    }
    easy.set(CURLOPT_OPENSOCKETFUNCTION, refusing_opensocket as *mut c_void);
    assert_eq!(easy.perform(), CURLE_COULDNT_CONNECT);
    easy.cleanup();
}

fn a_note_that_panics_fails_the_transfer() {
    let mut easy = Easy::new();
    easy.set(CURLOPT_DEBUGFUNCTION, panicking_debug as *mut c_void);
    easy.set(CURLOPT_VERBOSE, std::ptr::without_provenance_mut(1));
    easy.set(CURLOPT_OPENSOCKETFUNCTION, refusing_opensocket as *mut c_void);
    assert_eq!(easy.perform(), CURLE_FAILED_INIT);
    assert_eq!(easy.error(), "internal error: no note");
    easy.cleanup();
}

fn a_member_that_panics_has_a_message() {
    if cfg!(miri) {
        return; // it has no level-triggered epoll
    }
    let mut bad = Easy::new();
    bad.set(CURLOPT_OPENSOCKETFUNCTION, panicking_opensocket as *mut c_void);
    let mut good = Easy::new();
    good.set(CURLOPT_OPENSOCKETFUNCTION, refusing_opensocket as *mut c_void);
    let (mut running, mut left) = (0, 0);
    // SAFETY: live handles.
    unsafe {
        let multi = curl_multi_init();
        for easy in [&bad, &good] {
            assert_eq!(curl_multi_add_handle(multi, easy.curl), CURLM_OK);
        }
        assert_eq!(curl_multi_perform(multi, &raw mut running), CURLM_OK);
        assert_eq!(running, 0);
        for (easy, code) in [(&bad, CURLE_FAILED_INIT), (&good, CURLE_COULDNT_CONNECT)] {
            let message = &*curl_multi_info_read(multi, &raw mut left);
            assert_eq!((message.easy_handle, message.data.result), (easy.curl, code));
            assert_eq!(curl_multi_remove_handle(multi, easy.curl), CURLM_OK);
        }
        assert_eq!(curl_multi_cleanup(multi), CURLM_OK);
    }
    assert_eq!(bad.error(), "internal error: no socket");
    bad.cleanup();
    good.cleanup();
}

fn a_multi_call_that_panics_says_so() {
    let easy = Easy::new();
    // SAFETY: live handles.
    unsafe {
        let multi = curl_multi_init();
        curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION as u32, panicking_timer as *mut c_void);
        assert_eq!(curl_multi_add_handle(multi, easy.curl), CURLM_INTERNAL_ERROR);
        assert_eq!(curl_multi_remove_handle(multi, easy.curl), CURLM_OK);
        assert_eq!(curl_multi_cleanup(multi), CURLM_OK);
    }
    easy.cleanup();
}

fn an_option_that_panics_says_so() {
    let mut easy = Easy::new();
    // SAFETY: live handles, and values of the options' types.
    unsafe {
        let share = curl_share_init();
        let lock = panicking_lock as *mut c_void;
        assert_eq!(curl_share_setopt(share, CURLSHOPT_LOCKFUNC as u32, lock), CURLSHE_OK);
        let unlock = unlock as *mut c_void;
        assert_eq!(
            curl_share_setopt(share, CURLSHOPT_UNLOCKFUNC as u32, unlock),
            CURLSHE_OK
        );
        assert_eq!(easy.set(CURLOPT_SHARE, share.cast()), CURLE_FAILED_INIT);
        assert_eq!(easy.error(), "internal error: no lock");
        assert_eq!(easy.set(CURLOPT_SHARE, null_mut()), CURLE_OK);
        assert_eq!(curl_share_cleanup(share), CURLSHE_OK);
    }
    easy.cleanup();
}
