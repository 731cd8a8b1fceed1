//! The system libcurl's functions that are called from here, with their types.
//!
//! Enums are plain numbers: another version may return values that ours does not know.

use std::ffi::{CStr, c_char, c_int, c_long, c_uint, c_void};
use std::sync::OnceLock;

use libc::{fd_set, size_t};
use wscurl::types::callbacks::{
    curl_calloc_callback, curl_free_callback, curl_malloc_callback, curl_realloc_callback, curl_strdup_callback,
};
use wscurl::types::multi::{CURLMsg, curl_waitfd};
use wscurl::types::option::curl_easyoption;
use wscurl::types::structs::{CURL, CURLM, curl_header, curl_off_t, curl_slist, curl_socket_t};
use wscurl::types::url::CURLU;
use wscurl::types::version_info::curl_version_info_data;

use crate::loader::{self, Library};
use crate::{Code, MultiCode};

/// The system's libcurl, opened by the first call; `None` if there is none.
#[inline]
pub(crate) fn system() -> Option<&'static System> {
    static SYSTEM: OnceLock<Option<System>> = OnceLock::new();
    SYSTEM.get_or_init(open).as_ref()
}

#[cold]
fn open() -> Option<System> {
    loader::load(|library| System::find(library).is_some()).and_then(System::find)
}

/// A function whose last argument depends on the one before.
type Variadic<Handle, Result> = unsafe extern "C-unwind" fn(*mut Handle, c_uint, ...) -> Result;

/// Declares the functions with the names that they are looked up by: those that every supported version has, then those
/// that only newer ones have.
macro_rules! functions {
    (always { $($name:ident = $symbol:literal: fn($($argument:ty),*) $(-> $result:ty)?;)* }
     newer { $($new:ident = $new_symbol:literal: fn($($new_argument:ty),*) $(-> $new_result:ty)?;)* }) => {
        /// The functions of the system's libcurl.
        pub(crate) struct System {
            library: Library,
            pub(crate) easy_setopt: Variadic<CURL, Code>,
            pub(crate) easy_getinfo: Variadic<CURL, Code>,
            pub(crate) multi_setopt: Variadic<CURLM, MultiCode>,
            maprintf: unsafe extern "C" fn(*const c_char, ...) -> *mut c_char,
            $(pub(crate) $name: unsafe extern "C-unwind" fn($($argument),*) $(-> $result)?,)*
            $(pub(crate) $new: Option<unsafe extern "C-unwind" fn($($new_argument),*) $(-> $new_result)?>,)*
        }

        impl System {
            /// `None` for a version that is too old.
            fn find(library: Library) -> Option<System> {
                // SAFETY: the functions have these types since they exist; libcurl's interface only grows.
                Some(unsafe { System {
                    library,
                    easy_setopt: function(library, c"curl_easy_setopt")?,
                    easy_getinfo: function(library, c"curl_easy_getinfo")?,
                    multi_setopt: function(library, c"curl_multi_setopt")?,
                    maprintf: function(library, c"curl_maprintf")?,
                    $($name: function(library, $symbol)?,)*
                    $($new: function(library, $new_symbol),)*
                } })
            }
        }
    };
}

functions! {
    always {
        global_init = c"curl_global_init": fn(c_long) -> Code;
        global_init_mem = c"curl_global_init_mem": fn(c_long, curl_malloc_callback, curl_free_callback, curl_realloc_callback,
            curl_strdup_callback, curl_calloc_callback) -> Code;
        global_cleanup = c"curl_global_cleanup": fn();
        version = c"curl_version": fn() -> *mut c_char;
        version_info = c"curl_version_info": fn(c_uint) -> *mut curl_version_info_data;
        free = c"curl_free": fn(*mut c_void);
        slist_free_all = c"curl_slist_free_all": fn(*mut curl_slist);
        url_get = c"curl_url_get": fn(*const CURLU, c_uint, *mut *mut c_char, c_uint) -> c_uint;
        url_set = c"curl_url_set": fn(*mut CURLU, c_uint, *const c_char, c_uint) -> c_uint;
        easy_init = c"curl_easy_init": fn() -> *mut CURL;
        easy_cleanup = c"curl_easy_cleanup": fn(*mut CURL);
        easy_duphandle = c"curl_easy_duphandle": fn(*mut CURL) -> *mut CURL;
        easy_reset = c"curl_easy_reset": fn(*mut CURL);
        easy_perform = c"curl_easy_perform": fn(*mut CURL) -> Code;
        easy_pause = c"curl_easy_pause": fn(*mut CURL, c_int) -> Code;
        easy_send = c"curl_easy_send": fn(*mut CURL, *const c_void, size_t, *mut size_t) -> Code;
        easy_recv = c"curl_easy_recv": fn(*mut CURL, *mut c_void, size_t, *mut size_t) -> Code;
        easy_upkeep = c"curl_easy_upkeep": fn(*mut CURL) -> Code;
        easy_strerror = c"curl_easy_strerror": fn(Code) -> *const c_char;
        easy_option_by_name = c"curl_easy_option_by_name": fn(*const c_char) -> *const curl_easyoption;
        easy_option_by_id = c"curl_easy_option_by_id": fn(c_uint) -> *const curl_easyoption;
        easy_header = c"curl_easy_header": fn(*mut CURL, *const c_char, size_t, c_uint, c_int, *mut *mut curl_header) -> c_uint;
        easy_nextheader = c"curl_easy_nextheader": fn(*mut CURL, c_uint, c_int, *mut curl_header) -> *mut curl_header;
        multi_init = c"curl_multi_init": fn() -> *mut CURLM;
        multi_cleanup = c"curl_multi_cleanup": fn(*mut CURLM) -> MultiCode;
        multi_add_handle = c"curl_multi_add_handle": fn(*mut CURLM, *mut CURL) -> MultiCode;
        multi_remove_handle = c"curl_multi_remove_handle": fn(*mut CURLM, *mut CURL) -> MultiCode;
        multi_fdset = c"curl_multi_fdset": fn(*mut CURLM, *mut fd_set, *mut fd_set, *mut fd_set, *mut c_int) -> MultiCode;
        multi_wait = c"curl_multi_wait": fn(*mut CURLM, *mut curl_waitfd, c_uint, c_int, *mut c_int) -> MultiCode;
        multi_poll = c"curl_multi_poll": fn(*mut CURLM, *mut curl_waitfd, c_uint, c_int, *mut c_int) -> MultiCode;
        multi_perform = c"curl_multi_perform": fn(*mut CURLM, *mut c_int) -> MultiCode;
        multi_socket_action = c"curl_multi_socket_action": fn(*mut CURLM, curl_socket_t, c_int, *mut c_int) -> MultiCode;
        multi_socket_all = c"curl_multi_socket_all": fn(*mut CURLM, *mut c_int) -> MultiCode;
        multi_info_read = c"curl_multi_info_read": fn(*mut CURLM, *mut c_int) -> *mut CURLMsg;
        multi_timeout = c"curl_multi_timeout": fn(*mut CURLM, *mut c_long) -> MultiCode;
        multi_assign = c"curl_multi_assign": fn(*mut CURLM, curl_socket_t, *mut c_void) -> MultiCode;
    }
    newer {
        multi_waitfds = c"curl_multi_waitfds": fn(*mut CURLM, *mut curl_waitfd, c_uint, *mut c_uint) -> MultiCode;
        multi_get_handles = c"curl_multi_get_handles": fn(*mut CURLM) -> *mut *mut CURL;
        multi_get_offt = c"curl_multi_get_offt": fn(*mut CURLM, c_uint, *mut curl_off_t) -> MultiCode;
        multi_notify_enable = c"curl_multi_notify_enable": fn(*mut CURLM, c_uint) -> MultiCode;
        multi_notify_disable = c"curl_multi_notify_disable": fn(*mut CURLM, c_uint) -> MultiCode;
    }
}

/// The function of a name.
///
/// # Safety
///
/// `F` is its type, a function pointer.
unsafe fn function<F: Copy>(library: Library, name: &CStr) -> Option<F> {
    const { assert!(size_of::<F>() == size_of::<*mut c_void>()) };
    let address = library.find(name)?;
    // SAFETY: guaranteed by the caller, see # Safety.
    Some(unsafe { std::mem::transmute_copy(&address) })
}

// SAFETY: the library's functions may be looked up and called from every thread.
unsafe impl Send for System {}
// SAFETY: as above.
unsafe impl Sync for System {}

impl System {
    pub(crate) fn library(&self) -> Library {
        self.library
    }

    /// Memory for the application, which frees it with `curl_free`; NULL if there is none. Only this function of libcurl gives
    /// memory of any size.
    pub(crate) fn allocate(&self, size: usize) -> *mut c_void {
        match c_int::try_from(size) {
            // SAFETY: a string of so many spaces, its NUL among them.
            Ok(size) => unsafe { (self.maprintf)(c"%*s".as_ptr(), size - 1, c"".as_ptr()) }.cast(),
            Err(_) => std::ptr::null_mut(),
        }
    }
}
