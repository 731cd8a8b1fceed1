//! `curl_easy_init`, `_cleanup`, `_duphandle`, `_reset`.

use std::arch::naked_asm;
use std::ffi::c_void;
use std::ptr::null_mut;

use wscurl::abi::easy as own;
use wscurl::types::structs::CURL;

use super::{Easy, Handle, TABLE};
use crate::Side;
use crate::system::system;

/// Passes the return address on: the system's libcurl may call this for a handle of its own, and frees such a handle without
/// `curl_easy_cleanup`.
#[cfg(target_arch = "x86_64")]
#[unsafe(naked)]
#[unsafe(no_mangle)]
extern "C" fn dropin_easy_init() {
    naked_asm!("endbr64", "mov rdi, [rsp]", "jmp {init}", init = sym init)
}

/// As above.
#[cfg(target_arch = "aarch64")]
#[unsafe(naked)]
#[unsafe(no_mangle)]
extern "C" fn dropin_easy_init() {
    naked_asm!("bti c", "mov x0, x30", "b {init}", init = sym init)
}

extern "C-unwind" fn init(caller: *const c_void) -> *mut CURL {
    let Some(system) = system() else {
        return own::curl_easy_init();
    };
    // SAFETY: it may be called at any time.
    let handle = unsafe { (system.easy_init)() };
    if handle.is_null() || system.library().contains(caller) {
        return handle;
    }
    let twin = own::curl_easy_init();
    if twin.is_null() {
        // SAFETY: nobody has it.
        unsafe { (system.easy_cleanup)(handle) };
        return null_mut();
    }
    Easy::register(system, handle, twin);
    handle
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dropin_easy_cleanup(curl: *mut CURL) {
    // SAFETY: the application's last use of its handle.
    unsafe {
        match Handle::of(curl) {
            Handle::Both(easy) => {
                if let Some(multi) = easy.membership.driver() {
                    multi.remove(easy);
                }
                let Some(easy) = TABLE.remove(curl) else { return };
                own::curl_easy_cleanup(easy.twin);
                (easy.library.easy_cleanup)(easy.system);
            }
            Handle::System(system) => (system.easy_cleanup)(curl),
            Handle::Own => own::curl_easy_cleanup(curl),
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dropin_easy_duphandle(curl: *mut CURL) -> *mut CURL {
    // SAFETY: the arguments are the application's.
    unsafe {
        match Handle::of(curl) {
            Handle::Both(easy) => {
                let copy = (easy.library.easy_duphandle)(easy.system);
                if copy.is_null() {
                    return copy;
                }
                let twin = own::curl_easy_duphandle(easy.twin);
                if twin.is_null() {
                    (easy.library.easy_cleanup)(copy);
                    return null_mut();
                }
                Easy::register(easy.library, copy, twin).copy_options(easy);
                copy
            }
            Handle::System(system) => (system.easy_duphandle)(curl),
            Handle::Own => own::curl_easy_duphandle(curl),
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dropin_easy_reset(curl: *mut CURL) {
    // SAFETY: the arguments are the application's.
    unsafe {
        match Handle::of(curl) {
            Handle::Both(easy) => {
                (easy.library.easy_reset)(easy.system);
                own::curl_easy_reset(easy.twin);
                easy.forget_options();
                if easy.membership.driver().is_none() {
                    easy.ran.set(Side::System);
                }
            }
            Handle::System(system) => (system.easy_reset)(curl),
            Handle::Own => own::curl_easy_reset(curl),
        }
    }
}
