//! What outlives transfers: cookies and HSTS hosts, an easy handle's own or those of a share.

use std::cell::{Cell, RefCell};
use std::ffi::{CStr, CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::http::cookies::Jar;
use crate::http::hsts::HstsHosts;
use crate::share::locked;

/// A thing that may be there, and may be shared with other handles, also in other threads.
pub(super) struct Store<T>(RefCell<Place<T>>);

enum Place<T> {
    None,
    Own(Arc<Mutex<T>>),
    Shared(Arc<Mutex<T>>),
}

impl<T> Default for Store<T> {
    fn default() -> Store<T> {
        Store(RefCell::new(Place::None))
    }
}

impl<T: Default> Store<T> {
    pub(super) fn get(&self) -> Option<Arc<Mutex<T>>> {
        match &*self.0.borrow() {
            Place::None => None,
            Place::Own(thing) | Place::Shared(thing) => Some(Arc::clone(thing)),
        }
    }

    pub(super) fn is_there(&self) -> bool {
        !matches!(*self.0.borrow(), Place::None)
    }

    /// From now on there is one.
    pub(super) fn start(&self) {
        let mut place = self.0.borrow_mut();
        if let Place::None = *place {
            *place = Place::Own(Arc::default());
        }
    }

    /// From now on there is none, unless it is shared.
    pub(super) fn drop_own(&self) {
        let mut place = self.0.borrow_mut();
        if let Place::Own(_) = *place {
            *place = Place::None;
        }
    }

    /// From now on there is none. What is shared stays as it is for the others.
    pub(super) fn stop(&self) {
        self.0.replace(Place::None);
    }

    /// A share's takes the place of any other; without one, that of the last share is not used any more.
    pub(super) fn share(&self, shared: Option<Arc<Mutex<T>>>) {
        let mut place = self.0.borrow_mut();
        match (shared, &*place) {
            (Some(shared), _) => *place = Place::Shared(shared),
            (None, Place::Shared(_)) => *place = Place::None,
            (None, _) => {}
        }
    }
}

/// The cookies of a handle, and whether they are used.
#[derive(Default)]
pub(super) struct CookieEngine {
    jar: Store<Jar>,
    /// Cookies are received and sent. A share's cookies alone don't switch that on, as in libcurl.
    is_on: Cell<bool>,
}

impl CookieEngine {
    pub(super) fn is_on(&self) -> bool {
        self.is_on.get() && self.jar.is_there()
    }

    /// The cookies, used or not.
    pub(super) fn jar(&self) -> &Store<Jar> {
        &self.jar
    }

    /// Switches it on.
    pub(super) fn start(&self) {
        self.jar.start();
        self.is_on.set(true);
    }

    /// Is on if `other` is. The cookies are not copied: curl_easy_duphandle(3).
    pub(super) fn start_like(&self, other: &CookieEngine) {
        if other.is_on() {
            self.start();
        }
    }

    /// Uses the cookies of a share, or of none.
    pub(super) fn share(&self, jar: Option<Arc<Mutex<Jar>>>) {
        self.jar.share(jar);
    }
}

/// The known hosts of a handle.
#[derive(Default)]
pub(super) struct HstsStore {
    hosts: Store<HstsHosts>,
    /// The file that was read last, and is written at the end. One that was never read is not written: what it holds would
    /// be lost.
    file: RefCell<Option<CString>>,
    /// no file is to be written
    read_only: Cell<bool>,
}

impl HstsStore {
    pub(super) fn is_on(&self) -> bool {
        self.hosts.is_there()
    }

    pub(super) fn hosts(&self) -> &Store<HstsHosts> {
        &self.hosts
    }

    /// The file to write, if there is one.
    pub(super) fn file(&self) -> Option<CString> {
        let file = self.file.borrow();
        file.clone().filter(|name| !self.read_only.get() && !name.is_empty())
    }

    pub(super) fn set_read_only(&self, read_only: bool) {
        self.read_only.set(read_only);
    }

    pub(super) fn set_file(&self, file: Option<CString>) {
        self.file.replace(file);
    }

    /// Uses the hosts of a share, or of none.
    pub(super) fn share(&self, hosts: Option<Arc<Mutex<HstsHosts>>>) {
        self.hosts.share(hosts);
    }

    /// Has the hosts that `other` has now.
    pub(super) fn copy_from(&self, other: &HstsStore) {
        let Some(hosts) = other.hosts.get() else {
            return;
        };
        let now = now();
        let entries = locked(&hosts).entries(now);
        self.read_only.set(other.read_only.get());
        self.hosts.start();
        if let Some(own) = self.hosts.get() {
            for entry in entries {
                locked(&own).add(&entry.host, &entry.expires, entry.subdomains, now);
            }
        }
    }
}

/// Whether a host is known by HSTS.
pub(super) type KnownHosts<'a> = &'a dyn Fn(&str) -> bool;

/// Seconds since 1970.
pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs() as i64)
}

/// A C string as the name of a file.
pub(super) fn path(name: &CStr) -> &Path {
    Path::new(OsStr::from_bytes(name.to_bytes()))
}
