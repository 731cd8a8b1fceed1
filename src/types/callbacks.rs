//! The application's functions: every callback type, nullable as in C, and what they return.

use std::ffi::{c_char, c_double, c_int, c_long, c_uint, c_void};

use libc::size_t;

use crate::types::hsts::{curl_hstsentry, curl_index};
use crate::types::multi::curl_pushheaders;
use crate::types::raw::{RawCode, RawIoError, RawStsCode};
use crate::types::share::{curl_lock_access, curl_lock_data};
use crate::types::ssh::{curl_khkey, curl_khmatch};
use crate::types::structs::{
    CURL, CURLM, curl_infotype, curl_off_t, curl_slist, curl_sockaddr, curl_socket_t, curlsocktype,
};

/// `CURLOPT_WRITEFUNCTION`, `CURLOPT_HEADERFUNCTION`
pub type curl_write_callback = Option<
    unsafe extern "C-unwind" fn(buffer: *mut c_char, size: size_t, nitems: size_t, userdata: *mut c_void) -> size_t,
>;
/// `CURLOPT_READFUNCTION`
pub type curl_read_callback = Option<
    unsafe extern "C-unwind" fn(buffer: *mut c_char, size: size_t, nitems: size_t, userdata: *mut c_void) -> size_t,
>;
/// `CURLOPT_SEEKFUNCTION`
pub type curl_seek_callback =
    Option<unsafe extern "C-unwind" fn(userdata: *mut c_void, offset: curl_off_t, origin: c_int) -> c_int>;
/// `CURLOPT_DEBUGFUNCTION`
pub type curl_debug_callback = Option<
    unsafe extern "C-unwind" fn(
        curl: *mut CURL,
        kind: curl_infotype,
        data: *mut c_char,
        size: size_t,
        userdata: *mut c_void,
    ) -> c_int,
>;
/// `CURLOPT_XFERINFOFUNCTION`
pub type curl_xferinfo_callback = Option<
    unsafe extern "C-unwind" fn(
        userdata: *mut c_void,
        dltotal: curl_off_t,
        dlnow: curl_off_t,
        ultotal: curl_off_t,
        ulnow: curl_off_t,
    ) -> c_int,
>;
/// `CURLOPT_PROGRESSFUNCTION`
pub type curl_progress_callback = Option<
    unsafe extern "C-unwind" fn(
        userdata: *mut c_void,
        dltotal: c_double,
        dlnow: c_double,
        ultotal: c_double,
        ulnow: c_double,
    ) -> c_int,
>;
/// `CURLOPT_SOCKOPTFUNCTION`
pub type curl_sockopt_callback =
    Option<unsafe extern "C-unwind" fn(userdata: *mut c_void, fd: curl_socket_t, purpose: curlsocktype) -> c_int>;
/// `CURLOPT_OPENSOCKETFUNCTION`
pub type curl_opensocket_callback = Option<
    unsafe extern "C-unwind" fn(
        userdata: *mut c_void,
        purpose: curlsocktype,
        address: *mut curl_sockaddr,
    ) -> curl_socket_t,
>;
/// `CURLOPT_CLOSESOCKETFUNCTION`
pub type curl_closesocket_callback =
    Option<unsafe extern "C-unwind" fn(userdata: *mut c_void, fd: curl_socket_t) -> c_int>;
/// `CURLOPT_WS_OPENFUNCTION`: the WebSocket is open. Anything but 0 ends the transfer.
pub type curl_ws_open_callback = Option<unsafe extern "C-unwind" fn(curl: *mut CURL, userdata: *mut c_void) -> c_int>;
/// `CURLOPT_PREREQFUNCTION`
pub type curl_prereq_callback = Option<
    unsafe extern "C-unwind" fn(
        userdata: *mut c_void,
        primary_ip: *mut c_char,
        local_ip: *mut c_char,
        primary_port: c_int,
        local_port: c_int,
    ) -> c_int,
>;
/// `CURLOPT_RESOLVER_START_FUNCTION`
pub type curl_resolver_start_callback =
    Option<unsafe extern "C-unwind" fn(state: *mut c_void, reserved: *mut c_void, userdata: *mut c_void) -> c_int>;
/// `CURLOPT_SSL_CTX_FUNCTION`
pub type curl_ssl_ctx_callback =
    Option<unsafe extern "C-unwind" fn(curl: *mut CURL, context: *mut c_void, userdata: *mut c_void) -> RawCode>;
/// `CURLOPT_TRAILERFUNCTION`
pub type curl_trailer_callback =
    Option<unsafe extern "C-unwind" fn(list: *mut *mut curl_slist, userdata: *mut c_void) -> c_int>;
/// `CURLOPT_IOCTLFUNCTION`
pub type curl_ioctl_callback =
    Option<unsafe extern "C-unwind" fn(curl: *mut CURL, command: c_int, userdata: *mut c_void) -> RawIoError>;
/// `CURLOPT_CONV_FROM_NETWORK_FUNCTION` and its sisters
pub type curl_conv_callback = Option<unsafe extern "C-unwind" fn(buffer: *mut c_char, length: size_t) -> RawCode>;
/// `CURLOPT_CHUNK_BGN_FUNCTION`
pub type curl_chunk_bgn_callback =
    Option<unsafe extern "C-unwind" fn(transfer_info: *const c_void, userdata: *mut c_void, remains: c_int) -> c_long>;
/// `CURLOPT_CHUNK_END_FUNCTION`
pub type curl_chunk_end_callback = Option<unsafe extern "C-unwind" fn(userdata: *mut c_void) -> c_long>;
/// `CURLOPT_FNMATCH_FUNCTION`
pub type curl_fnmatch_callback =
    Option<unsafe extern "C-unwind" fn(userdata: *mut c_void, pattern: *const c_char, string: *const c_char) -> c_int>;
/// `CURLOPT_HSTSREADFUNCTION`
pub type curl_hstsread_callback = Option<
    unsafe extern "C-unwind" fn(curl: *mut CURL, entry: *mut curl_hstsentry, userdata: *mut c_void) -> RawStsCode,
>;
/// `CURLOPT_HSTSWRITEFUNCTION`
pub type curl_hstswrite_callback = Option<
    unsafe extern "C-unwind" fn(
        curl: *mut CURL,
        entry: *mut curl_hstsentry,
        position: *mut curl_index,
        userdata: *mut c_void,
    ) -> RawStsCode,
>;
/// `CURLOPT_SSH_KEYFUNCTION`
pub type curl_sshkeycallback = Option<
    unsafe extern "C-unwind" fn(
        curl: *mut CURL,
        known: *const curl_khkey,
        found: *const curl_khkey,
        matched: curl_khmatch,
        userdata: *mut c_void,
    ) -> c_int,
>;
/// `CURLOPT_SSH_HOSTKEYFUNCTION`
pub type curl_sshhostkeycallback = Option<
    unsafe extern "C-unwind" fn(userdata: *mut c_void, keytype: c_int, key: *const c_char, keylen: size_t) -> c_int,
>;
/// `curl_formget`
pub type curl_formget_callback =
    Option<unsafe extern "C-unwind" fn(userdata: *mut c_void, buffer: *const c_char, length: size_t) -> size_t>;
/// `CURLMOPT_SOCKETFUNCTION`
pub type curl_socket_callback = Option<
    unsafe extern "C-unwind" fn(
        curl: *mut CURL,
        fd: curl_socket_t,
        what: c_int,
        userdata: *mut c_void,
        socketdata: *mut c_void,
    ) -> c_int,
>;
/// `CURLMOPT_TIMERFUNCTION`
pub type curl_multi_timer_callback =
    Option<unsafe extern "C-unwind" fn(multi: *mut CURLM, timeout_ms: c_long, userdata: *mut c_void) -> c_int>;
/// `CURLMOPT_PUSHFUNCTION`
pub type curl_push_callback = Option<
    unsafe extern "C-unwind" fn(
        parent: *mut CURL,
        curl: *mut CURL,
        num_headers: size_t,
        headers: *mut curl_pushheaders,
        userdata: *mut c_void,
    ) -> c_int,
>;
/// `CURLMOPT_NOTIFYFUNCTION`
pub type curl_notify_callback = Option<
    unsafe extern "C-unwind" fn(multi: *mut CURLM, notification: c_uint, curl: *mut CURL, userdata: *mut c_void),
>;
/// `CURLSHOPT_LOCKFUNC`
pub type curl_lock_function = Option<
    unsafe extern "C-unwind" fn(curl: *mut CURL, data: curl_lock_data, access: curl_lock_access, userdata: *mut c_void),
>;
/// `CURLSHOPT_UNLOCKFUNC`
pub type curl_unlock_function =
    Option<unsafe extern "C-unwind" fn(curl: *mut CURL, data: curl_lock_data, userdata: *mut c_void)>;
/// `malloc` for `curl_global_init_mem`
pub type curl_malloc_callback = Option<unsafe extern "C" fn(size: size_t) -> *mut c_void>;
/// `free` for `curl_global_init_mem` and `curl_mime_data_cb`
pub type curl_free_callback = Option<unsafe extern "C" fn(ptr: *mut c_void)>;
/// `realloc` for `curl_global_init_mem`
pub type curl_realloc_callback = Option<unsafe extern "C" fn(ptr: *mut c_void, size: size_t) -> *mut c_void>;
/// `strdup` for `curl_global_init_mem`
pub type curl_strdup_callback = Option<unsafe extern "C" fn(string: *const c_char) -> *mut c_char>;
/// `calloc` for `curl_global_init_mem`
pub type curl_calloc_callback = Option<unsafe extern "C" fn(count: size_t, size: size_t) -> *mut c_void>;

// What the callbacks return.

pub const CURL_PROGRESSFUNC_CONTINUE: c_int = 0x1000_0001;
pub const CURL_WRITEFUNC_PAUSE: c_int = 0x1000_0001;
pub const CURL_WRITEFUNC_ERROR: c_uint = 0xFFFF_FFFFu32;
pub const CURL_SEEKFUNC_OK: c_int = 0;
pub const CURL_SEEKFUNC_FAIL: c_int = 1;
pub const CURL_SEEKFUNC_CANTSEEK: c_int = 2;
pub const CURL_READFUNC_ABORT: c_int = 0x1000_0000;
pub const CURL_READFUNC_PAUSE: c_int = 0x1000_0001;
pub const CURL_TRAILERFUNC_OK: c_int = 0;
pub const CURL_TRAILERFUNC_ABORT: c_int = 1;
pub const CURL_SOCKOPT_OK: c_int = 0;
pub const CURL_SOCKOPT_ERROR: c_int = 1;
pub const CURL_SOCKOPT_ALREADY_CONNECTED: c_int = 2;
pub const CURL_PREREQFUNC_OK: c_int = 0;
pub const CURL_PREREQFUNC_ABORT: c_int = 1;

/// What `CURLOPT_IOCTLFUNCTION` returns.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum curlioerr {
    CURLIOE_OK = 0,
    CURLIOE_UNKNOWNCMD = 1,
    CURLIOE_FAILRESTART = 2,
    CURLIOE_LAST = 3,
}

/// What `CURLOPT_IOCTLFUNCTION` is asked.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum curliocmd {
    CURLIOCMD_NOP = 0,
    CURLIOCMD_RESTARTREAD = 1,
    CURLIOCMD_LAST = 2,
}
