//! The share handle: what easy handles, also in different threads, have in common (libcurl-share(3)).
//!
//! A share really shares four things: the names that were resolved, the TLS sessions that can be resumed, cookies, and the
//! hosts known by HSTS. All are safe between threads by themselves; the application's lock functions are called around
//! their use all the same, as documented. Sharing connections and the public suffix list is accepted and makes no
//! difference: an open WebSocket is never handed on, and the list is the system's.

#![forbid(unsafe_code)]

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::ffi::callback::share::{Lock, Unlock};
use crate::ffi::callback::{Callback, Function};
use crate::ffi::pointer::Pointer;
use crate::http::cookies::Jar;
use crate::http::hsts::HstsHosts;
use crate::net::dns::resolver::Resolver;
use crate::tls::Contexts;
use crate::types::codes::CURLSHcode;
use crate::types::share::curl_lock_data;
use crate::types::structs::CURL;

/// Threads that resolve names for all that use a share.
const RESOLVER_THREADS: usize = 8;

/// A share handle. The application holds one reference to it, and so does each easy handle that uses it.
pub(crate) struct Share {
    resolver: Resolver,
    contexts: Contexts,
    cookies: Arc<Mutex<Jar>>,
    hsts: Arc<Mutex<HstsHosts>>,
    settings: Mutex<Settings>,
}

/// What `curl_share_setopt` sets; fixed while an easy handle uses the share.
#[derive(Debug, Clone, Copy)]
struct Settings {
    /// bits by `curl_lock_data`
    shared: u32,
    lock: Callback<Lock>,
    unlock: Callback<Unlock>,
}

/// Something that can be set.
pub(crate) enum Setting {
    /// `CURLSHOPT_SHARE`, a `curl_lock_data`
    Share(i32),
    /// `CURLSHOPT_UNSHARE`, the same
    Unshare(i32),
    /// `CURLSHOPT_LOCKFUNC`
    Lock(Function<Lock>),
    /// `CURLSHOPT_UNLOCKFUNC`
    Unlock(Function<Unlock>),
    /// `CURLSHOPT_USERDATA`
    Data(Pointer),
}

/// The application's lock, held until this is dropped.
pub(crate) struct Held {
    unlock: Callback<Unlock>,
    easy: *mut CURL,
    data: curl_lock_data,
}

impl Share {
    /// A share of nothing yet.
    pub(crate) fn new() -> Arc<Share> {
        Arc::new(Share {
            resolver: Resolver::new(RESOLVER_THREADS),
            contexts: Contexts::shared(),
            cookies: Arc::default(),
            hsts: Arc::default(),
            settings: Mutex::new(Settings {
                shared: 0,
                lock: Callback::NONE,
                unlock: Callback::NONE,
            }),
        })
    }

    /// Sets an option; `CURLSHE_IN_USE` while an easy handle uses the share.
    pub(crate) fn set(self: &Arc<Share>, setting: Setting) -> CURLSHcode {
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
                Some(bit) => {
                    settings.shared &= !bit;
                    self.forget(number);
                }
                None => return CURLSHcode::CURLSHE_BAD_OPTION,
            },
            Setting::Lock(function) => settings.lock.function = function,
            Setting::Unlock(function) => settings.unlock.function = function,
            Setting::Data(data) => (settings.lock.data, settings.unlock.data) = (data, data),
        }
        CURLSHcode::CURLSHE_OK
    }

    /// The resolver, if names are shared.
    pub(crate) fn resolver(&self) -> Option<Resolver> {
        self.shares(curl_lock_data::CURL_LOCK_DATA_DNS)
            .then(|| self.resolver.clone())
    }

    /// The TLS contexts, which remember sessions, if those are shared.
    pub(crate) fn contexts(&self) -> Option<Contexts> {
        self.shares(curl_lock_data::CURL_LOCK_DATA_SSL_SESSION)
            .then(|| self.contexts.clone())
    }

    /// The cookies, if those are shared.
    pub(crate) fn cookies(&self) -> Option<Arc<Mutex<Jar>>> {
        self.shares(curl_lock_data::CURL_LOCK_DATA_COOKIE)
            .then(|| Arc::clone(&self.cookies))
    }

    /// The hosts known by HSTS, if those are shared.
    pub(crate) fn hsts(&self) -> Option<Arc<Mutex<HstsHosts>>> {
        self.shares(curl_lock_data::CURL_LOCK_DATA_HSTS)
            .then(|| Arc::clone(&self.hsts))
    }

    /// Takes the application's lock on `data` for `easy`. `None` where that isn't shared or there is no lock. The
    /// application is called: no cell may be borrowed, neither now nor when the lock is given back.
    pub(crate) fn hold(&self, easy: *mut CURL, data: curl_lock_data) -> Option<Held> {
        let settings = *self.settings();
        let itself = data == curl_lock_data::CURL_LOCK_DATA_SHARE;
        if !itself && settings.shared & 1 << data as u32 == 0 {
            return None;
        }
        if !settings.lock.is_set() || !settings.unlock.is_set() {
            return None;
        }
        settings.lock.call(easy, data);
        Some(Held {
            unlock: settings.unlock,
            easy,
            data,
        })
    }

    /// Whether an easy handle has a reference, beside the application.
    pub(crate) fn in_use(self: &Arc<Share>) -> bool {
        Arc::strong_count(self) > 1
    }

    /// Cookies and hosts that are not shared any more are gone.
    fn forget(&self, number: i32) {
        if number == curl_lock_data::CURL_LOCK_DATA_COOKIE as i32 {
            *locked(&self.cookies) = Jar::default();
        }
        if number == curl_lock_data::CURL_LOCK_DATA_HSTS as i32 {
            *locked(&self.hsts) = HstsHosts::default();
        }
    }

    fn shares(&self, data: curl_lock_data) -> bool {
        self.settings().shared & 1 << data as u32 != 0
    }

    fn settings(&self) -> MutexGuard<'_, Settings> {
        locked(&self.settings)
    }
}

/// What `shared` holds. A panic inside leaves nothing half done that matters.
pub(crate) fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Held {
    fn drop(&mut self) {
        self.unlock.call(self.easy, self.data);
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
        let share = Share::new();
        assert!(share.resolver().is_none() && share.contexts().is_none());
        assert_eq!(share.set(Setting::Share(3)), CURLSHE_OK);
        assert!(share.resolver().is_some() && share.contexts().is_none());
        assert_eq!(share.set(Setting::Unshare(3)), CURLSHE_OK);
        assert_eq!(share.set(Setting::Share(4)), CURLSHE_OK);
        assert!(share.resolver().is_none() && share.contexts().is_some());
        for number in [-1, 0, 1, 8, i32::MAX] {
            assert_eq!(share.set(Setting::Share(number)), CURLSHE_BAD_OPTION, "{number}");
        }
    }

    #[test]
    fn what_is_not_shared_any_more_is_forgotten() {
        let share = Share::new();
        for number in [2, 7] {
            assert_eq!(share.set(Setting::Share(number)), CURLSHE_OK);
        }
        let cookies = share.cookies().unwrap();
        let line = b"h.example\tFALSE\t/\tFALSE\t0\ta\tb";
        locked(&cookies).set(line, 0).unwrap();
        locked(&share.hsts().unwrap()).add(b"h.example", b"unlimited", false, 0);
        for number in [2, 7] {
            assert_eq!(share.set(Setting::Unshare(number)), CURLSHE_OK);
        }
        assert!(share.cookies().is_none() && share.hsts().is_none());
        assert!(locked(&cookies).lines(0).unwrap().is_empty());
        assert_eq!(share.set(Setting::Share(7)), CURLSHE_OK);
        assert!(!locked(&share.hsts().unwrap()).apply_to(b"h.example", 0));
    }

    #[test]
    fn a_share_in_use_does_not_change() {
        let share = Share::new();
        let user = Arc::clone(&share);
        assert!(share.in_use());
        assert_eq!(share.set(Setting::Share(3)), CURLSHE_IN_USE);
        drop(user);
        assert!(!share.in_use());
        assert_eq!(share.set(Setting::Share(3)), CURLSHE_OK);
    }
}
