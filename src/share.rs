//! The share handle: what easy handles, also in different threads, have in common (libcurl-share(3)).
//!
//! A share really shares two things: the names that were resolved, and the TLS sessions that can be resumed. Both are
//! safe between threads by themselves; the application's lock functions are called around their use all the same, as
//! documented. Sharing connections, cookies, HSTS and the public suffix list is accepted and makes no difference: an open
//! WebSocket is never handed on, and there is no jar of the others that could be private.

use std::ffi::c_void;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::ffi::handle::{self, Magic};
use crate::net::dns::resolver::Resolver;
use crate::tls::Contexts;
use crate::types::callbacks::{curl_lock_function, curl_unlock_function};
use crate::types::codes::CURLSHcode;
use crate::types::share::{curl_lock_access, curl_lock_data};
use crate::types::structs::{CURL, CURLSH};

/// Threads that resolve names for all that use a share.
const RESOLVER_THREADS: usize = 8;

/// A share handle. The application holds one reference to it, and so does each easy handle that uses it.
#[derive(Debug)]
pub struct Share {
    resolver: Resolver,
    contexts: Contexts,
    settings: Mutex<Settings>,
}

/// What `curl_share_setopt` sets; fixed while an easy handle uses the share.
#[derive(Debug, Clone, Copy)]
struct Settings {
    /// bits by `curl_lock_data`
    shared: u32,
    lock: curl_lock_function,
    unlock: curl_unlock_function,
    data: *mut c_void,
}

// SAFETY: the pointer is the application's, never looked at here, and given back to its own functions, which it has to
// make fit for all threads that use the share (CURLSHOPT_LOCKFUNC(3)).
unsafe impl Send for Settings {}

/// Something that can be set.
pub enum Setting {
    /// `CURLSHOPT_SHARE`, a `curl_lock_data`
    Share(i32),
    /// `CURLSHOPT_UNSHARE`, the same
    Unshare(i32),
    /// `CURLSHOPT_LOCKFUNC`
    Lock(curl_lock_function),
    /// `CURLSHOPT_UNLOCKFUNC`
    Unlock(curl_unlock_function),
    /// `CURLSHOPT_USERDATA`
    Data(*mut c_void),
}

/// The application's lock, held until this is dropped.
pub struct Held {
    settings: Settings,
    easy: *mut CURL,
    data: curl_lock_data,
}

impl Share {
    /// A new handle that shares nothing yet.
    pub fn create() -> *mut CURLSH {
        let share = Arc::new(Share {
            resolver: Resolver::new(RESOLVER_THREADS),
            contexts: Contexts::shared(),
            settings: Mutex::new(Settings {
                shared: 0,
                lock: None,
                unlock: None,
                data: std::ptr::null_mut(),
            }),
        });
        handle::place(Magic::Share, Box::new(share)).cast()
    }

    /// Another reference to the handle behind the application's pointer, `None` for NULL and for what is no live handle.
    ///
    /// # Safety
    ///
    /// `share` is NULL, a pointer from [`Share::create`], or readable memory of at least 16 bytes.
    pub unsafe fn from_ptr(share: *mut CURLSH) -> Option<Arc<Share>> {
        // SAFETY: as the caller vouches.
        unsafe { handle::find::<Arc<Share>>(Magic::Share, share.cast()) }.cloned()
    }

    /// Ends the handle and gives up the application's reference, unless an easy handle uses it: `CURLSHE_IN_USE`.
    ///
    /// # Safety
    ///
    /// As for [`from_ptr`](Self::from_ptr), and nobody uses the handle from now on.
    pub unsafe fn destroy(share: *mut CURLSH) -> CURLSHcode {
        // SAFETY: as the caller vouches.
        match unsafe { Share::from_ptr(share) } {
            None => return CURLSHcode::CURLSHE_INVALID,
            Some(share) if share.in_use() => return CURLSHcode::CURLSHE_IN_USE,
            Some(_) => {}
        }
        // SAFETY: as the caller vouches.
        drop(unsafe { handle::take::<Arc<Share>>(Magic::Share, share.cast()) });
        CURLSHcode::CURLSHE_OK
    }

    /// Sets an option; `CURLSHE_IN_USE` while an easy handle uses the share.
    pub fn set(self: &Arc<Share>, setting: Setting) -> CURLSHcode {
        if self.in_use() {
            return CURLSHcode::CURLSHE_IN_USE;
        }
        let mut settings = self.settings();
        match setting {
            Setting::Share(number) => match bit(number) {
                Some(bit) => settings.shared |= bit,
                None => return CURLSHcode::CURLSHE_BAD_OPTION,
            },
            Setting::Unshare(number) => match bit(number) {
                Some(bit) => settings.shared &= !bit,
                None => return CURLSHcode::CURLSHE_BAD_OPTION,
            },
            Setting::Lock(function) => settings.lock = function,
            Setting::Unlock(function) => settings.unlock = function,
            Setting::Data(data) => settings.data = data,
        }
        CURLSHcode::CURLSHE_OK
    }

    /// The resolver, if names are shared.
    pub fn resolver(&self) -> Option<Resolver> {
        self.shares(curl_lock_data::CURL_LOCK_DATA_DNS)
            .then(|| self.resolver.clone())
    }

    /// The TLS contexts, which remember sessions, if those are shared.
    pub(crate) fn contexts(&self) -> Option<Contexts> {
        self.shares(curl_lock_data::CURL_LOCK_DATA_SSL_SESSION)
            .then(|| self.contexts.clone())
    }

    /// Takes the application's lock on `data` for `easy`. `None` where that isn't shared or there is no lock. The
    /// application is called: no cell may be borrowed, neither now nor when the lock is given back.
    pub(crate) fn hold(&self, easy: *mut CURL, data: curl_lock_data) -> Option<Held> {
        let settings = *self.settings();
        let itself = data == curl_lock_data::CURL_LOCK_DATA_SHARE;
        if !itself && settings.shared & 1 << data as u32 == 0 {
            return None;
        }
        let (Some(lock), Some(_)) = (settings.lock, settings.unlock) else {
            return None;
        };
        // SAFETY: the application's function and its data, as it set them.
        unsafe { lock(easy, data, curl_lock_access::CURL_LOCK_ACCESS_SINGLE, settings.data) };
        Some(Held { settings, easy, data })
    }

    /// The application's reference and that of who asks are not counted.
    fn in_use(self: &Arc<Share>) -> bool {
        Arc::strong_count(self) > 2
    }

    fn shares(&self, data: curl_lock_data) -> bool {
        self.settings().shared & 1 << data as u32 != 0
    }

    fn settings(&self) -> MutexGuard<'_, Settings> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(unlock) = self.settings.unlock {
            // SAFETY: the application's function and its data, as it set them.
            unsafe { unlock(self.easy, self.data, self.settings.data) };
        }
    }
}

/// The bit of a `curl_lock_data` that can be shared.
fn bit(number: i32) -> Option<u32> {
    let first = curl_lock_data::CURL_LOCK_DATA_COOKIE as i32;
    let last = curl_lock_data::CURL_LOCK_DATA_HSTS as i32;
    (first..=last).contains(&number).then(|| 1 << number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use CURLSHcode::*;

    #[test]
    fn only_what_is_shared_is_handed_out() {
        let pointer = Share::create();
        // SAFETY: a live handle.
        let share = unsafe { Share::from_ptr(pointer) }.unwrap();
        assert!(share.resolver().is_none() && share.contexts().is_none());
        assert_eq!(share.set(Setting::Share(3)), CURLSHE_OK);
        assert!(share.resolver().is_some() && share.contexts().is_none());
        assert_eq!(share.set(Setting::Unshare(3)), CURLSHE_OK);
        assert_eq!(share.set(Setting::Share(4)), CURLSHE_OK);
        assert!(share.resolver().is_none() && share.contexts().is_some());
        for number in [-1, 0, 1, 8, i32::MAX] {
            assert_eq!(share.set(Setting::Share(number)), CURLSHE_BAD_OPTION, "{number}");
        }
        drop(share);
        // SAFETY: a live handle, not used any more.
        assert_eq!(unsafe { Share::destroy(pointer) }, CURLSHE_OK);
    }

    #[test]
    fn a_share_in_use_can_neither_change_nor_end() {
        let pointer = Share::create();
        // SAFETY: a live handle.
        let (user, share) = unsafe { (Share::from_ptr(pointer).unwrap(), Share::from_ptr(pointer).unwrap()) };
        assert_eq!(share.set(Setting::Share(3)), CURLSHE_IN_USE);
        drop(share);
        // SAFETY: a live handle.
        assert_eq!(unsafe { Share::destroy(pointer) }, CURLSHE_IN_USE);
        drop(user);
        // SAFETY: as above; NULL is no handle.
        unsafe {
            assert_eq!(Share::destroy(pointer), CURLSHE_OK);
            assert_eq!(Share::destroy(std::ptr::null_mut()), CURLSHE_INVALID);
        }
    }

    #[test]
    fn the_lock_is_given_back_when_its_time_is_over() {
        use std::cell::RefCell;
        thread_local!(static CALLS: RefCell<Vec<(bool, i32)>> = const { RefCell::new(Vec::new()) });
        unsafe extern "C" fn lock(_: *mut CURL, data: curl_lock_data, _: curl_lock_access, _: *mut c_void) {
            CALLS.with_borrow_mut(|calls| calls.push((true, data as i32)));
        }
        unsafe extern "C" fn unlock(_: *mut CURL, data: curl_lock_data, _: *mut c_void) {
            CALLS.with_borrow_mut(|calls| calls.push((false, data as i32)));
        }
        let pointer = Share::create();
        // SAFETY: a live handle.
        let share = unsafe { Share::from_ptr(pointer) }.unwrap();
        for setting in [
            Setting::Lock(Some(lock)),
            Setting::Unlock(Some(unlock)),
            Setting::Share(3),
        ] {
            assert_eq!(share.set(setting), CURLSHE_OK);
        }
        let easy = std::ptr::null_mut();
        assert!(share.hold(easy, curl_lock_data::CURL_LOCK_DATA_COOKIE).is_none());
        drop(share.hold(easy, curl_lock_data::CURL_LOCK_DATA_DNS));
        assert_eq!(CALLS.take(), [(true, 3), (false, 3)]);
        drop(share);
        // SAFETY: a live handle, not used any more.
        unsafe { Share::destroy(pointer) };
    }
}
