//! The share interface.

use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::Arc;

use crate::abi::guard::guard;
use crate::abi::setopt::typed;
use crate::ffi::handle;
use crate::share::{Setting, Share};
use crate::types::codes::CURLSHcode;
use crate::types::raw::RawShareOption;
use crate::types::share::CURLSHoption;
use crate::types::structs::CURLSH;

/// Makes a share handle, which easy handles use by `CURLOPT_SHARE`. It is freed with `curl_share_cleanup`.
#[unsafe(no_mangle)]
pub extern "C" fn curl_share_init() -> *mut CURLSH {
    guard(null_mut(), || handle::register(Share::new()))
}

/// Sets an option of a share handle.
///
/// # Safety
///
/// `share` is NULL or a handle, and `argument` is of the option's type.
///
/// cbindgen:ignore
#[unsafe(no_mangle)]
pub unsafe extern "C" fn curl_share_setopt(
    share: *mut CURLSH,
    option: RawShareOption,
    argument: *mut c_void,
) -> CURLSHcode {
    guard(CURLSHcode::CURLSHE_INVALID, || {
        // SAFETY: NULL, a live handle, or readable memory that was one.
        let Some(share) = (unsafe { handle::find::<Arc<Share>>(share) }) else {
            return CURLSHcode::CURLSHE_INVALID;
        };
        // SAFETY: the caller vouches for the argument's type.
        match unsafe { setting(option, argument) } {
            Some(setting) => share.set(setting),
            None => CURLSHcode::CURLSHE_BAD_OPTION,
        }
    })
}

/// Frees a share handle. `CURLSHE_IN_USE` while an easy handle uses it.
///
/// # Safety
///
/// `share` is NULL or a handle that nobody uses from now on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn curl_share_cleanup(share: *mut CURLSH) -> CURLSHcode {
    guard(CURLSHcode::CURLSHE_INVALID, || {
        // SAFETY: NULL, a live handle, or readable memory that was one.
        match unsafe { handle::find::<Arc<Share>>(share) } {
            None => return CURLSHcode::CURLSHE_INVALID,
            Some(share) if share.in_use() => return CURLSHcode::CURLSHE_IN_USE,
            Some(_) => {}
        }
        // SAFETY: a live handle, which the caller gives up.
        drop(unsafe { handle::take::<Arc<Share>>(share) });
        CURLSHcode::CURLSHE_OK
    })
}

/// # Safety
///
/// `argument` is of the option's type.
unsafe fn setting(option: RawShareOption, argument: *mut c_void) -> Option<Setting> {
    // an `int` arrives in the lower half of the argument
    let number = argument as usize as i32;
    // SAFETY: the caller vouches for the option's type.
    Some(unsafe {
        match option {
            _ if option == CURLSHoption::CURLSHOPT_SHARE as u32 => Setting::Share(number),
            _ if option == CURLSHoption::CURLSHOPT_UNSHARE as u32 => Setting::Unshare(number),
            _ if option == CURLSHoption::CURLSHOPT_LOCKFUNC as u32 => Setting::Lock(typed(argument)),
            _ if option == CURLSHoption::CURLSHOPT_UNLOCKFUNC as u32 => Setting::Unlock(typed(argument)),
            _ if option == CURLSHoption::CURLSHOPT_USERDATA as u32 => Setting::Data(argument),
            _ => return None,
        }
    })
}
