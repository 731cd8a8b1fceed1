//! The share interface.

use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::Arc;

use crate::abi::guard::guard;
use crate::ffi::callback::Function;
use crate::ffi::handle;
use crate::ffi::pointer::Pointer;
use crate::share::{Setting, Share};
use crate::types::codes::CURLSHcode;
use crate::types::raw::RawShareOption;
use crate::types::share::CURLSHoption;
use crate::types::structs::CURLSH;

/// Makes a share handle, which easy handles use by `CURLOPT_SHARE`. It is freed with `curl_share_cleanup`.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn curl_share_init() -> *mut CURLSH {
    guard(null_mut(), || handle::register(Share::new()).as_ptr())
}

/// Sets an option of a share handle.
///
/// # Safety
///
/// `share` is NULL or a handle, and `argument` is of the option's type.
///
/// cbindgen:ignore
#[cfg_attr(not(variadics_on_stack), unsafe(no_mangle))]
#[cfg_attr(variadics_on_stack, unsafe(export_name = "wscurl_share_setopt"))]
pub unsafe extern "C-unwind" fn curl_share_setopt(
    share: *mut CURLSH,
    option: RawShareOption,
    argument: *mut c_void,
) -> CURLSHcode {
    guard(CURLSHcode::CURLSHE_INVALID, || {
        // SAFETY: NULL, a live handle, or readable memory that was one.
        let Ok(share) = (unsafe { handle::lock::<Arc<Share>>(share) }) else {
            return CURLSHcode::CURLSHE_INVALID;
        };
        // SAFETY: the caller guarantees the argument's type.
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
pub unsafe extern "C-unwind" fn curl_share_cleanup(share: *mut CURLSH) -> CURLSHcode {
    guard(CURLSHcode::CURLSHE_INVALID, || {
        // SAFETY: NULL, a live handle, or readable memory that was one.
        match unsafe { handle::lock::<Arc<Share>>(share) } {
            Err(_) => CURLSHcode::CURLSHE_INVALID,
            Ok(share) if share.in_use() => CURLSHcode::CURLSHE_IN_USE,
            Ok(share) => {
                share.end();
                CURLSHcode::CURLSHE_OK
            }
        }
    })
}

/// # Safety
///
/// `argument` is of the option's type.
unsafe fn setting(option: RawShareOption, argument: *mut c_void) -> Option<Setting> {
    // an `int` arrives in the lower half of the argument
    let number = argument as usize as i32;
    // SAFETY: the caller guarantees the argument's type.
    Some(unsafe {
        match option {
            _ if option == CURLSHoption::CURLSHOPT_SHARE as u32 => Setting::Share(number),
            _ if option == CURLSHoption::CURLSHOPT_UNSHARE as u32 => Setting::Unshare(number),
            _ if option == CURLSHoption::CURLSHOPT_LOCKFUNC as u32 => Setting::Lock(Function::from_raw(argument)),
            _ if option == CURLSHoption::CURLSHOPT_UNLOCKFUNC as u32 => Setting::Unlock(Function::from_raw(argument)),
            _ if option == CURLSHoption::CURLSHOPT_USERDATA as u32 => Setting::Data(Pointer::from_raw(argument)),
            _ => return None,
        }
    })
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::types::share::{curl_lock_access, curl_lock_data};
    use crate::types::structs::CURL;

    #[test]
    fn the_lock_is_given_back_when_its_time_is_over() {
        thread_local!(static CALLS: RefCell<Vec<(bool, i32)>> = const { RefCell::new(Vec::new()) });
        unsafe extern "C-unwind" fn lock(_: *mut CURL, data: curl_lock_data, _: curl_lock_access, _: *mut c_void) {
            CALLS.with_borrow_mut(|calls| calls.push((true, data as i32)));
        }
        unsafe extern "C-unwind" fn unlock(_: *mut CURL, data: curl_lock_data, _: *mut c_void) {
            CALLS.with_borrow_mut(|calls| calls.push((false, data as i32)));
        }
        let pointer = curl_share_init();
        for (option, argument) in [
            (CURLSHoption::CURLSHOPT_LOCKFUNC, lock as *mut c_void),
            (CURLSHoption::CURLSHOPT_UNLOCKFUNC, unlock as *mut c_void),
            (CURLSHoption::CURLSHOPT_SHARE, 3 as *mut c_void),
        ] {
            // SAFETY: a live handle, functions of the options' types, and a number.
            let code = unsafe { curl_share_setopt(pointer, option as u32, argument) };
            assert_eq!(code, CURLSHcode::CURLSHE_OK);
        }
        // SAFETY: a live handle.
        let share = unsafe { handle::find::<Arc<Share>>(pointer) }.unwrap();
        assert!(share.hold(null_mut(), curl_lock_data::CURL_LOCK_DATA_COOKIE).is_none());
        drop(share.hold(null_mut(), curl_lock_data::CURL_LOCK_DATA_DNS));
        assert_eq!(CALLS.take(), [(true, 3), (false, 3)]);
        // SAFETY: a live handle, not used any more.
        assert_eq!(unsafe { curl_share_cleanup(pointer) }, CURLSHcode::CURLSHE_OK);
    }
}
