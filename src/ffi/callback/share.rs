//! The lock functions of a share handle.

use super::{Callback, Signature};
use crate::types::callbacks::{curl_lock_function, curl_unlock_function};
use crate::types::share::{curl_lock_access, curl_lock_data};
use crate::types::structs::CURL;

/// `CURLSHOPT_LOCKFUNC`
#[derive(Debug, Clone, Copy)]
pub(crate) enum Lock {}
/// `CURLSHOPT_UNLOCKFUNC`
#[derive(Debug, Clone, Copy)]
pub(crate) enum Unlock {}

impl Signature for Lock {
    type Function = curl_lock_function;
}
impl Signature for Unlock {
    type Function = curl_unlock_function;
}

// SAFETY: the function and its data work in all threads that use the share: CURLSHOPT_LOCKFUNC(3) asks for it.
unsafe impl Send for Callback<Lock> {}
// SAFETY: as above.
unsafe impl Send for Callback<Unlock> {}

impl Callback<Lock> {
    /// Takes the application's lock. Without a function there is none.
    pub(crate) fn call(self, curl: *mut CURL, data: curl_lock_data) {
        if let Some(function) = self.function.get() {
            // SAFETY: CURLSHOPT_LOCKFUNC(3).
            unsafe {
                function(
                    curl,
                    data,
                    curl_lock_access::CURL_LOCK_ACCESS_SINGLE,
                    self.data.as_ptr(),
                );
            };
        }
    }
}

impl Callback<Unlock> {
    /// Gives the application's lock back.
    pub(crate) fn call(self, curl: *mut CURL, data: curl_lock_data) {
        if let Some(function) = self.function.get() {
            // SAFETY: CURLSHOPT_UNLOCKFUNC(3).
            unsafe { function(curl, data, self.data.as_ptr()) };
        }
    }
}
