//! NULL, dead handles and calls out of order on multi and share handles, through the C functions. Runs under Miri as well.

use std::ffi::{c_int, c_long, c_void};
use std::ptr::null_mut;

use wscurl::abi::easy::*;
use wscurl::abi::memory::curl_free;
use wscurl::abi::multi::*;
use wscurl::abi::setopt::curl_easy_setopt;
use wscurl::abi::share::*;
use wscurl::types::codes::CURLMcode::{self, *};
use wscurl::types::codes::CURLSHcode::*;
use wscurl::types::codes::CURLcode::*;
use wscurl::types::multi::*;
use wscurl::types::option::CURLoption::*;
use wscurl::types::structs::{CURL, CURLM};

/// Every call that returns a code, with harmless arguments.
fn codes(multi: *mut CURLM, easy: *mut CURL) -> Vec<(&'static str, CURLMcode)> {
    let (mut number, mut long, mut count, mut size) = (0 as c_int, 0 as c_long, 0i64, 0u32);
    // SAFETY: all pointers are valid or NULL, which the functions allow.
    unsafe {
        vec![
            ("add_handle", curl_multi_add_handle(multi, easy)),
            ("remove_handle", curl_multi_remove_handle(multi, easy)),
            (
                "fdset",
                curl_multi_fdset(multi, null_mut(), null_mut(), null_mut(), &raw mut number),
            ),
            ("waitfds", curl_multi_waitfds(multi, null_mut(), 0, &raw mut size)),
            ("timeout", curl_multi_timeout(multi, &raw mut long)),
            ("get_offt", curl_multi_get_offt(multi, 1, &raw mut count)),
            ("notify_enable", curl_multi_notify_enable(multi, 0)),
            ("notify_disable", curl_multi_notify_disable(multi, 0)),
            (
                "setopt",
                curl_multi_setopt(multi, CURLMoption::CURLMOPT_MAXCONNECTS as u32, null_mut()),
            ),
            ("wakeup", curl_multi_wakeup(multi)),
        ]
    }
}

#[test]
fn miri_every_call_takes_null_for_a_handle() {
    for (name, code) in codes(null_mut(), null_mut()) {
        assert_eq!(code, CURLM_BAD_HANDLE, "{name}");
    }
    // SAFETY: NULL is allowed everywhere.
    unsafe {
        assert_eq!(curl_multi_perform(null_mut(), null_mut()), CURLM_BAD_HANDLE);
        assert_eq!(
            curl_multi_poll(null_mut(), null_mut(), 0, 0, null_mut()),
            CURLM_BAD_HANDLE
        );
        assert_eq!(
            curl_multi_socket_action(null_mut(), -1, 0, null_mut()),
            CURLM_BAD_HANDLE
        );
        assert_eq!(curl_multi_assign(null_mut(), 0, null_mut()), CURLM_BAD_HANDLE);
        assert_eq!(curl_multi_cleanup(null_mut()), CURLM_BAD_HANDLE);
        assert!(curl_multi_info_read(null_mut(), null_mut()).is_null());
        assert!(curl_multi_get_handles(null_mut()).is_null());
        assert_eq!(curl_share_setopt(null_mut(), 1, null_mut()), CURLSHE_INVALID);
        assert_eq!(curl_share_cleanup(null_mut()), CURLSHE_INVALID);
    }
}

#[test]
fn miri_dead_handles_and_handles_of_another_kind_are_told() {
    let (multi, easy, share) = (curl_multi_init(), curl_easy_init(), curl_share_init());
    // SAFETY: handles, of another kind where that is the point.
    unsafe {
        for (name, code) in codes(easy, easy).into_iter().chain(codes(share, easy)) {
            assert_eq!(code, CURLM_BAD_HANDLE, "{name}");
        }
        assert_eq!(curl_multi_add_handle(multi, multi), CURLM_BAD_EASY_HANDLE);
        assert_eq!(curl_share_cleanup(multi), CURLSHE_INVALID);
        assert_eq!(curl_multi_cleanup(multi), CURLM_OK);
        for (name, code) in codes(multi, easy) {
            assert_eq!(code, CURLM_BAD_HANDLE, "{name}");
        }
        assert_eq!(curl_multi_cleanup(multi), CURLM_BAD_HANDLE);
        assert_eq!(curl_share_cleanup(share), CURLSHE_OK);
        assert_eq!(curl_share_cleanup(share), CURLSHE_INVALID);
        curl_easy_cleanup(easy);
    }
}

#[test]
fn miri_members_come_and_go_in_any_order() {
    let (multi, other) = (curl_multi_init(), curl_multi_init());
    let (first, second) = (curl_easy_init(), curl_easy_init());
    // SAFETY: live handles.
    unsafe {
        assert_eq!(curl_multi_add_handle(multi, first), CURLM_OK);
        assert_eq!(curl_multi_add_handle(multi, second), CURLM_OK);
        assert_eq!(curl_multi_add_handle(other, first), CURLM_ADDED_ALREADY);
        assert_eq!(curl_multi_remove_handle(other, first), CURLM_BAD_EASY_HANDLE);
        assert_eq!(curl_easy_perform(first), CURLE_FAILED_INIT);
        let handles = curl_multi_get_handles(multi);
        assert_eq!((*handles, *handles.add(1)), (first, second));
        assert!((*handles.add(2)).is_null());
        curl_free(handles.cast());
        let mut wait = -7;
        assert_eq!(curl_multi_timeout(multi, &raw mut wait), CURLM_OK);
        assert_eq!(wait, 0);
        curl_easy_cleanup(second);
        assert_eq!(curl_multi_remove_handle(multi, first), CURLM_OK);
        assert_eq!(curl_multi_remove_handle(multi, first), CURLM_OK);
        assert_eq!(curl_multi_add_handle(other, first), CURLM_OK);
        assert_eq!(curl_multi_cleanup(other), CURLM_OK);
        assert_eq!(curl_multi_add_handle(multi, first), CURLM_OK);
        curl_easy_cleanup(first);
        assert_eq!(curl_multi_cleanup(multi), CURLM_OK);
    }
}

#[test]
fn miri_the_timer_callback_may_call_back() {
    unsafe extern "C-unwind" fn on_timer(multi: *mut CURLM, ms: c_long, data: *mut c_void) -> c_int {
        // SAFETY: the test's own counter; a handle whose call is under way.
        unsafe {
            *data.cast::<Vec<c_long>>().as_mut().unwrap() = vec![ms];
            let handles = curl_multi_get_handles(multi);
            let easy = *handles;
            curl_free(handles.cast());
            assert_eq!(curl_multi_remove_handle(multi, easy), CURLM_RECURSIVE_API_CALL);
            assert_eq!(curl_multi_perform(multi, null_mut()), CURLM_RECURSIVE_API_CALL);
            assert_eq!(curl_multi_cleanup(multi), CURLM_RECURSIVE_API_CALL);
            assert_eq!(curl_easy_pause(easy, 0), CURLE_RECURSIVE_API_CALL);
            curl_easy_cleanup(easy);
            assert_eq!(curl_easy_setopt(easy, CURLOPT_VERBOSE as u32, null_mut()), CURLE_OK);
            assert_eq!(curl_multi_wakeup(multi), CURLM_OK);
        }
        0
    }
    let (multi, easy) = (curl_multi_init(), curl_easy_init());
    let mut told: Vec<c_long> = Vec::new();
    // SAFETY: live handles, and data that outlives them.
    unsafe {
        let option = CURLMoption::CURLMOPT_TIMERFUNCTION as u32;
        assert_eq!(curl_multi_setopt(multi, option, on_timer as *mut c_void), CURLM_OK);
        let option = CURLMoption::CURLMOPT_TIMERDATA as u32;
        assert_eq!(curl_multi_setopt(multi, option, (&raw mut told).cast()), CURLM_OK);
        assert_eq!(curl_multi_add_handle(multi, easy), CURLM_OK);
        assert_eq!(told, [0]);
        let option = CURLMoption::CURLMOPT_TIMERFUNCTION as u32;
        assert_eq!(curl_multi_setopt(multi, option, null_mut()), CURLM_OK);
        curl_easy_cleanup(easy);
        assert_eq!(curl_multi_cleanup(multi), CURLM_OK);
    }
}

#[test]
fn miri_a_share_is_not_copied_and_not_reset() {
    let (share, easy) = (curl_share_init(), curl_easy_init());
    // SAFETY: live handles.
    unsafe {
        assert_eq!(curl_easy_setopt(easy, CURLOPT_SHARE as u32, share), CURLE_OK);
        let copy = curl_easy_duphandle(easy);
        curl_easy_reset(easy);
        assert_eq!(curl_share_cleanup(share), CURLSHE_IN_USE);
        curl_easy_cleanup(easy);
        assert_eq!(curl_share_cleanup(share), CURLSHE_OK);
        curl_easy_cleanup(copy);
    }
}

/// Runs under ThreadSanitizer as well: resolver threads, wake-ups and a share are all that threads have in common.
#[test]
#[cfg_attr(miri, ignore = "needs the network")]
fn two_threads_share_names_and_wake_each_other() {
    let host = std::fs::read_to_string("/etc/hostname").unwrap_or_else(|_| "localhost".into());
    let url = std::ffi::CString::new(format!("ws://{}:1/", host.trim())).unwrap();
    let share = curl_share_init() as usize;
    let multis = [curl_multi_init() as usize, curl_multi_init() as usize];
    // SAFETY: a live handle; CURL_LOCK_DATA_DNS.
    let code = unsafe { curl_share_setopt(share as *mut c_void, 1, 3 as *mut c_void) };
    assert_eq!(code, CURLSHE_OK);
    std::thread::scope(|scope| {
        for (mine, other) in [(multis[0], multis[1]), (multis[1], multis[0])] {
            let url = &url;
            scope.spawn(move || refused_by_name(mine as *mut CURLM, other as *mut CURLM, url, share as *mut c_void));
        }
    });
    // SAFETY: live handles, used no more.
    unsafe {
        for multi in multis {
            assert_eq!(curl_multi_cleanup(multi as *mut CURLM), CURLM_OK);
        }
        assert_eq!(curl_share_cleanup(share as *mut c_void), CURLSHE_OK);
    }
}

/// Lets twenty transfers fail at a port where nobody listens.
fn refused_by_name(mine: *mut CURLM, other: *mut CURLM, url: &std::ffi::CStr, share: *mut c_void) {
    const COUNT: usize = 20;
    let mut done = 0;
    // SAFETY: live handles, of which `mine` is used by this thread only, and `other` only to wake.
    unsafe {
        for _ in 0..COUNT {
            let easy = curl_easy_init();
            assert_eq!(
                curl_easy_setopt(easy, CURLOPT_URL as u32, url.as_ptr() as *mut c_void),
                CURLE_OK
            );
            assert_eq!(curl_easy_setopt(easy, CURLOPT_SHARE as u32, share), CURLE_OK);
            assert_eq!(curl_multi_add_handle(mine, easy), CURLM_OK);
        }
        while done < COUNT {
            assert_eq!(curl_multi_perform(mine, null_mut()), CURLM_OK);
            assert_eq!(curl_multi_wakeup(other), CURLM_OK);
            loop {
                let message = curl_multi_info_read(mine, null_mut());
                if message.is_null() {
                    break;
                }
                assert_eq!((*message).data.result, CURLE_COULDNT_CONNECT);
                curl_easy_cleanup((*message).easy_handle);
                done += 1;
            }
            assert_eq!(curl_multi_poll(mine, null_mut(), 0, 1000, null_mut()), CURLM_OK);
        }
    }
}
