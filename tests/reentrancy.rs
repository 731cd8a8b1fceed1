//! Callbacks that call back into their own handle. No network is needed, so this runs under Miri as well.

use std::cell::{Cell, RefCell};
use std::ffi::{c_char, c_int, c_long, c_void};
use std::ptr::{null, null_mut};

use wscurl::abi::easy::*;
use wscurl::abi::getinfo::curl_easy_getinfo;
use wscurl::abi::setopt::curl_easy_setopt;
use wscurl::abi::slist::{curl_slist_append, curl_slist_free_all};
use wscurl::abi::ws::*;
use wscurl::types::codes::CURLcode::{self, *};
use wscurl::types::info::CURLINFO::*;
use wscurl::types::option::CURLoption::{self, *};
use wscurl::types::structs::{CURL, CURL_SOCKET_BAD, curl_infotype, curl_sockaddr, curl_socket_t, curlsocktype};

/// What a callback saw when it called into the handle.
struct Witness {
    curl: Cell<*mut CURL>,
    calls: Cell<u32>,
    codes: RefCell<Vec<(&'static str, CURLcode)>>,
}

impl Witness {
    /// Calls everything there is on the handle.
    fn call_all(&self) {
        self.calls.set(self.calls.get() + 1);
        let mut codes = self.codes.borrow_mut();
        let (mut count, mut meta) = (0usize, null());
        let mut number: c_long = 0;
        // SAFETY: the handle is alive, the pointers are valid.
        unsafe {
            let curl = self.curl.get();
            codes.push(("perform", curl_easy_perform(curl)));
            codes.push(("send", curl_easy_send(curl, null(), 0, &raw mut count)));
            codes.push(("recv", curl_easy_recv(curl, null_mut(), 0, &raw mut count)));
            codes.push(("upkeep", curl_easy_upkeep(curl)));
            codes.push(("setopt", set(curl, CURLOPT_TIMEOUT_MS, 5000)));
            let info = curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE as u32, (&raw mut number).cast());
            codes.push(("getinfo", info));
            let received = curl_ws_recv(curl, null_mut(), 0, &raw mut count, &raw mut meta);
            codes.push(("ws_recv", received));
            codes.push(("ws_send", curl_ws_send(curl, null(), 0, null_mut(), 0, 1)));
            codes.push(("ws_start_frame", curl_ws_start_frame(curl, 1, 0)));
            codes.push(("pause", curl_easy_pause(curl, 0)));
            assert!(curl_ws_meta(curl).is_null());
            curl_easy_reset(curl);
            curl_easy_cleanup(curl);
            let twin = curl_easy_duphandle(curl);
            assert!(!twin.is_null());
            curl_easy_cleanup(twin);
        }
    }

    fn code(&self, name: &str) -> CURLcode {
        self.codes.borrow().iter().find(|(call, _)| *call == name).unwrap().1
    }
}

/// # Safety
///
/// `curl` is a live handle and `option` takes a number.
unsafe fn set(curl: *mut CURL, option: CURLoption, value: usize) -> CURLcode {
    // SAFETY: as the caller vouches.
    unsafe { curl_easy_setopt(curl, option as u32, value as *mut c_void) }
}

unsafe extern "C-unwind" fn refuse_socket(
    data: *mut c_void,
    _purpose: curlsocktype,
    address: *mut curl_sockaddr,
) -> curl_socket_t {
    // SAFETY: the witness outlives the transfer, and the address is lent.
    let (witness, family) = unsafe { (&*data.cast::<Witness>(), (*address).family) };
    assert_eq!(family, libc::AF_INET);
    witness.call_all();
    CURL_SOCKET_BAD
}

unsafe extern "C-unwind" fn debug(
    curl: *mut CURL,
    _kind: curl_infotype,
    text: *mut c_char,
    length: usize,
    data: *mut c_void,
) -> c_int {
    // SAFETY: the witness outlives the transfer, and the text is lent.
    let (witness, text) = unsafe {
        let text = std::slice::from_raw_parts(text.cast::<u8>(), length);
        (&*data.cast::<Witness>(), text)
    };
    assert_eq!(curl, witness.curl.get());
    assert!(text.ends_with(b"\n"));
    witness.call_all();
    0
}

/// A handle whose transfer needs no resolver thread and gets no socket.
fn handle(witness: &Witness) -> *mut wscurl::types::structs::curl_slist {
    let curl = curl_easy_init();
    witness.curl.set(curl);
    // SAFETY: a live handle; list and strings live as long as they are used.
    unsafe {
        let names = curl_slist_append(null_mut(), c"ws.example:80:192.0.2.1".as_ptr());
        curl_easy_setopt(curl, CURLOPT_URL as u32, c"ws://ws.example/".as_ptr().cast_mut().cast());
        curl_easy_setopt(curl, CURLOPT_RESOLVE as u32, names.cast());
        let function = refuse_socket as *const c_void;
        curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION as u32, function.cast_mut());
        curl_easy_setopt(
            curl,
            CURLOPT_OPENSOCKETDATA as u32,
            (&raw const *witness).cast_mut().cast(),
        );
        names
    }
}

fn check(witness: &Witness) {
    for call in ["perform", "send", "recv", "upkeep"] {
        assert_eq!(witness.code(call), CURLE_RECURSIVE_API_CALL, "{call}");
    }
    for call in ["setopt", "getinfo", "pause"] {
        assert_eq!(witness.code(call), CURLE_OK, "{call}");
    }
    assert_eq!(witness.code("ws_recv"), CURLE_BAD_FUNCTION_ARGUMENT);
    assert_eq!(witness.code("ws_send"), CURLE_SEND_ERROR);
    assert_eq!(witness.code("ws_start_frame"), CURLE_SEND_ERROR);
}

fn witness() -> Witness {
    Witness {
        curl: Cell::new(null_mut()),
        calls: Cell::new(0),
        codes: RefCell::default(),
    }
}

#[test]
fn miri_a_socket_callback_may_call_what_may_recurse() {
    let witness = witness();
    let names = handle(&witness);
    // SAFETY: a live handle, cleaned up once.
    unsafe {
        assert_eq!(curl_easy_perform(witness.curl.get()), CURLE_COULDNT_CONNECT);
        assert_eq!(witness.calls.get(), 1);
        check(&witness);
        curl_easy_cleanup(witness.curl.get());
        curl_slist_free_all(names);
    }
}

#[test]
fn miri_a_debug_callback_may_call_what_may_recurse() {
    let witness = witness();
    let names = handle(&witness);
    // SAFETY: a live handle, cleaned up once.
    unsafe {
        let curl = witness.curl.get();
        set(curl, CURLOPT_VERBOSE, 1);
        curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION as u32, (debug as *const c_void).cast_mut());
        curl_easy_setopt(curl, CURLOPT_DEBUGDATA as u32, (&raw const witness).cast_mut().cast());
        assert_eq!(curl_easy_perform(curl), CURLE_COULDNT_CONNECT);
        assert!(witness.calls.get() > 2);
        check(&witness);
        curl_easy_cleanup(curl);
        curl_slist_free_all(names);
    }
}
