//! The application's functions: every callback type, nullable as in C.

#![allow(non_camel_case_types)]

use std::ffi::{c_char, c_double, c_int, c_void};

use libc::size_t;

use crate::types::structs::{CURL, curl_infotype, curl_off_t, curl_sockaddr, curl_socket_t, curlsocktype};

/// `CURLOPT_WRITEFUNCTION`, `CURLOPT_HEADERFUNCTION`
pub type curl_write_callback = Option<unsafe extern "C" fn(*mut c_char, size_t, size_t, *mut c_void) -> size_t>;
/// `CURLOPT_READFUNCTION`
pub type curl_read_callback = Option<unsafe extern "C" fn(*mut c_char, size_t, size_t, *mut c_void) -> size_t>;
/// `CURLOPT_DEBUGFUNCTION`
pub type curl_debug_callback =
    Option<unsafe extern "C" fn(*mut CURL, curl_infotype, *mut c_char, size_t, *mut c_void) -> c_int>;
/// `CURLOPT_XFERINFOFUNCTION`
pub type curl_xferinfo_callback =
    Option<unsafe extern "C" fn(*mut c_void, curl_off_t, curl_off_t, curl_off_t, curl_off_t) -> c_int>;
/// `CURLOPT_PROGRESSFUNCTION`
pub type curl_progress_callback =
    Option<unsafe extern "C" fn(*mut c_void, c_double, c_double, c_double, c_double) -> c_int>;
/// `CURLOPT_SOCKOPTFUNCTION`
pub type curl_sockopt_callback = Option<unsafe extern "C" fn(*mut c_void, curl_socket_t, curlsocktype) -> c_int>;
/// `CURLOPT_OPENSOCKETFUNCTION`
pub type curl_opensocket_callback =
    Option<unsafe extern "C" fn(*mut c_void, curlsocktype, *mut curl_sockaddr) -> curl_socket_t>;
/// `CURLOPT_CLOSESOCKETFUNCTION`
pub type curl_closesocket_callback = Option<unsafe extern "C" fn(*mut c_void, curl_socket_t) -> c_int>;
/// `CURLOPT_PREREQFUNCTION`
pub type curl_prereq_callback =
    Option<unsafe extern "C" fn(*mut c_void, *mut c_char, *mut c_char, c_int, c_int) -> c_int>;
/// `CURLOPT_RESOLVER_START_FUNCTION`
pub type curl_resolver_start_callback = Option<unsafe extern "C" fn(*mut c_void, *mut c_void, *mut c_void) -> c_int>;
