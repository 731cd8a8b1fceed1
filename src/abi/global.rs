//! `curl_global_*`: the only state that handles share, counted so that several users in one process don't disturb each
//! other.

use std::ffi::{CStr, c_char, c_long};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::abi::constant::Constant;
use crate::abi::memory::{self, Allocator};
use crate::types::callbacks::{
    curl_calloc_callback, curl_free_callback, curl_malloc_callback, curl_realloc_callback, curl_strdup_callback,
};
use crate::types::codes::CURLcode;
use crate::types::raw::RawSslBackend;
use crate::types::tls::{CURLsslset, curl_ssl_backend, curl_sslbackend};

/// How many `curl_global_init` have no `curl_global_cleanup` yet.
static USERS: Mutex<usize> = Mutex::new(0);

/// Prepares the library; each call needs its `curl_global_cleanup`. Optional and safe in any thread at any time. `flags`
/// (`CURL_GLOBAL_` bits) change nothing. The first call after the last cleanup returns to the C library's allocator.
#[unsafe(no_mangle)]
pub extern "C" fn curl_global_init(flags: c_long) -> CURLcode {
    let _ = flags;
    enter(Allocator::SYSTEM);
    CURLcode::CURLE_OK
}

/// `curl_global_init` that also gives the functions from which memory for the application comes. All five are needed, else
/// `CURLE_FAILED_INIT`. When the library is already in use they are ignored. They must be thread-safe.
///
/// # Safety
///
/// The functions do what their names in C say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn curl_global_init_mem(
    flags: c_long,
    m: curl_malloc_callback,
    f: curl_free_callback,
    r: curl_realloc_callback,
    s: curl_strdup_callback,
    c: curl_calloc_callback,
) -> CURLcode {
    let _ = flags;
    match (m, f, r, s, c) {
        (Some(malloc), Some(free), Some(_), Some(_), Some(_)) => {
            enter(Allocator { malloc, free });
            CURLcode::CURLE_OK
        }
        _ => CURLcode::CURLE_FAILED_INIT,
    }
}

/// The end of what one `curl_global_init` began. Memory that the application holds stays valid.
#[unsafe(no_mangle)]
pub extern "C" fn curl_global_cleanup() {
    let mut users = users();
    *users = users.saturating_sub(1);
}

/// Chooses parts of the library that log more, by name. Unknown names are ignored, and this library's log has no parts that
/// could be chosen: `CURLOPT_VERBOSE` shows all of it.
///
/// # Safety
///
/// `config` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn curl_global_trace(config: *const c_char) -> CURLcode {
    let _ = config;
    CURLcode::CURLE_OK
}

/// Chooses the TLS library by `id` or `name`, of which there is one: `CURLSSLSET_OK` for rustls, else
/// `CURLSSLSET_UNKNOWN_BACKEND`. `avail`, if not NULL, gets the list of those that there are, ended by NULL.
///
/// # Safety
///
/// `name` is NULL or a string, `avail` is NULL or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn curl_global_sslset(
    id: RawSslBackend,
    name: *const c_char,
    avail: *mut *mut *const curl_ssl_backend,
) -> CURLsslset {
    if !avail.is_null() {
        // SAFETY: guaranteed by the caller, see # Safety. C's type lets the list be written, but nobody does.
        unsafe { avail.write(std::ptr::from_ref(AVAILABLE.get()).cast_mut().cast()) }
    }
    let named = !name.is_null() && {
        // SAFETY: guaranteed by the caller, see # Safety.
        unsafe { CStr::from_ptr(name) }
            .to_bytes()
            .eq_ignore_ascii_case(NAME.to_bytes())
    };
    if named || id == curl_sslbackend::CURLSSLBACKEND_RUSTLS as RawSslBackend {
        CURLsslset::CURLSSLSET_OK
    } else {
        CURLsslset::CURLSSLSET_UNKNOWN_BACKEND
    }
}

const NAME: &CStr = c"rustls";

static RUSTLS: Constant<curl_ssl_backend> = {
    let backend = curl_ssl_backend {
        id: curl_sslbackend::CURLSSLBACKEND_RUSTLS,
        name: NAME.as_ptr(),
    };
    // SAFETY: the name is a string literal.
    unsafe { Constant::new(backend) }
};

/// Ended by NULL.
static AVAILABLE: Constant<[*const curl_ssl_backend; 2]> = {
    let backends = [std::ptr::from_ref(RUSTLS.get()), std::ptr::null()];
    // SAFETY: the pointer is to another constant.
    unsafe { Constant::new(backends) }
};

fn enter(allocator: Allocator) {
    let mut users = users();
    if *users == 0 {
        memory::choose(allocator);
    }
    *users += 1;
}

fn users() -> MutexGuard<'static, usize> {
    USERS.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use super::*;

    #[test]
    fn init_mem_wants_all_five_functions() {
        // SAFETY: the functions are the C library's.
        let code = unsafe {
            curl_global_init_mem(
                0,
                Some(libc::malloc),
                Some(libc::free),
                Some(libc::realloc),
                None,
                Some(libc::calloc),
            )
        };
        assert_eq!(code, CURLcode::CURLE_FAILED_INIT);
    }

    #[test]
    fn cleanup_without_init_is_harmless() {
        curl_global_cleanup();
        assert_eq!(curl_global_init(3), CURLcode::CURLE_OK);
        curl_global_cleanup();
    }

    #[test]
    fn rustls_is_the_only_tls_library() {
        let table = [
            (14, ptr::null(), CURLsslset::CURLSSLSET_OK),
            (-1i32 as u32, c"RustLS".as_ptr(), CURLsslset::CURLSSLSET_OK),
            (1, ptr::null(), CURLsslset::CURLSSLSET_UNKNOWN_BACKEND),
            (1, c"openssl".as_ptr(), CURLsslset::CURLSSLSET_UNKNOWN_BACKEND),
        ];
        for (id, name, answer) in table {
            // SAFETY: names are strings or NULL.
            assert_eq!(unsafe { curl_global_sslset(id, name, ptr::null_mut()) }, answer);
        }
    }

    #[test]
    fn available_list_ends_with_null() {
        let mut list = ptr::null_mut();
        // SAFETY: `list` can be written, and is what the function says it is.
        unsafe {
            curl_global_sslset(0, ptr::null(), &raw mut list);
            assert_eq!(CStr::from_ptr((**list).name), c"rustls");
            assert!((*list.add(1)).is_null());
        }
    }
}
