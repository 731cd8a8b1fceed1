//! The functions that the library calls.

use std::ffi::{c_char, c_int, c_uint, c_void};
use std::hint::black_box;
use std::slice;

use super::client::Client;
use super::server::Server;
use crate::abi::setopt::curl_easy_setopt;
use crate::abi::ws::curl_ws_meta;
use crate::types::callbacks::*;
use crate::types::limits::CURL_MAX_WRITE_SIZE;
use crate::types::option::CURLoption::{self, *};
use crate::types::structs::{CURL, curl_infotype, curl_sockaddr, curl_socket_t, curlsocktype};

/// Sets all callbacks of `curl`, for `client`.
pub(super) fn install(curl: *mut CURL, client: &Client<'_, '_>) {
    let data: *const c_void = (&raw const *client).cast();
    let set = |option: CURLoption, value: *const c_void| {
        // SAFETY: a live handle; the functions are of the options' types, and the client lives longer than the handle.
        unsafe { curl_easy_setopt(curl, option as c_uint, value.cast_mut()) };
    };
    set(CURLOPT_OPENSOCKETFUNCTION, open_socket as *const c_void);
    set(CURLOPT_OPENSOCKETDATA, data);
    set(CURLOPT_SOCKOPTFUNCTION, configure_socket as *const c_void);
    set(CURLOPT_SOCKOPTDATA, data);
    set(CURLOPT_WRITEFUNCTION, write as *const c_void);
    set(CURLOPT_WRITEDATA, data);
    set(CURLOPT_READFUNCTION, read as *const c_void);
    set(CURLOPT_READDATA, data);
    set(CURLOPT_HEADERFUNCTION, header as *const c_void);
    set(CURLOPT_HEADERDATA, data);
    set(CURLOPT_DEBUGFUNCTION, debug as *const c_void);
    set(CURLOPT_DEBUGDATA, data);
    set(CURLOPT_VERBOSE, std::ptr::without_provenance(1));
    set(CURLOPT_WS_OPENFUNCTION, open as *const c_void);
    set(CURLOPT_WS_OPENDATA, data);
}

/// # Safety
///
/// `data` is what [`install`] has set.
unsafe fn client<'a>(data: *mut c_void) -> &'a Client<'a, 'a> {
    // SAFETY: the client lives longer than the handle that calls back.
    unsafe { &*data.cast_const().cast::<Client<'_, '_>>() }
}

unsafe extern "C-unwind" fn open_socket(
    data: *mut c_void,
    _purpose: curlsocktype,
    _address: *mut curl_sockaddr,
) -> curl_socket_t {
    // SAFETY: see `client`.
    let client = unsafe { client(data) };
    let (server, fd) = Server::open();
    client.connected(server);
    fd
}

unsafe extern "C-unwind" fn configure_socket(_data: *mut c_void, _fd: curl_socket_t, _purpose: curlsocktype) -> c_int {
    CURL_SOCKOPT_ALREADY_CONNECTED
}

unsafe extern "C-unwind" fn write(buffer: *mut c_char, size: usize, count: usize, data: *mut c_void) -> usize {
    // SAFETY: see `client`; the bytes are lent.
    let (client, bytes) = unsafe { (client(data), slice::from_raw_parts(buffer.cast::<u8>(), size * count)) };
    assert!(bytes.len() <= CURL_MAX_WRITE_SIZE as usize);
    let choice = client.script.borrow_mut().byte();
    match choice {
        0xfc.. => return 0,
        0xf0.. if !client.alone.get() => return CURL_WRITEFUNC_PAUSE as usize,
        _ => {}
    }
    client.written(bytes);
    client.call_back();
    bytes.len()
}

unsafe extern "C-unwind" fn read(buffer: *mut c_char, size: usize, count: usize, data: *mut c_void) -> usize {
    // SAFETY: see `client`; the memory is lent.
    let (client, room) = unsafe {
        (
            client(data),
            slice::from_raw_parts_mut(buffer.cast::<u8>(), size * count),
        )
    };
    client.call_back();
    let mut script = client.script.borrow_mut();
    match script.byte() {
        // Most often, so that the library does not go on asking when the script is over.
        0..0x40 => CURL_READFUNC_PAUSE as usize,
        0x40..0x44 => 0,
        0x44 => CURL_READFUNC_ABORT as usize,
        choice => {
            let count = room.len().min(usize::from(choice) * 16);
            room[..count].fill(choice);
            count
        }
    }
}

unsafe extern "C-unwind" fn header(_line: *mut c_char, size: usize, count: usize, data: *mut c_void) -> usize {
    // SAFETY: see `client`.
    unsafe { client(data) }.call_back();
    size * count
}

unsafe extern "C-unwind" fn debug(
    _curl: *mut CURL,
    _kind: curl_infotype,
    text: *mut c_char,
    length: usize,
    _data: *mut c_void,
) -> c_int {
    // SAFETY: the text is lent.
    let text = unsafe { slice::from_raw_parts(text.cast::<u8>(), length) };
    black_box(text.iter().fold(0u8, |sum, byte| sum ^ byte));
    0
}

unsafe extern "C-unwind" fn open(curl: *mut CURL, data: *mut c_void) -> c_int {
    // SAFETY: see `client`; a live handle.
    let client = unsafe {
        assert!(curl_ws_meta(curl).is_null(), "a description without a frame");
        client(data)
    };
    client.call_back();
    c_int::from(client.script.borrow_mut().byte() == 0xff)
}
