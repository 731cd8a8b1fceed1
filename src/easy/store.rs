//! Something that outlives transfers: an easy handle's own, or that of a share.

use std::cell::RefCell;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

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

/// Seconds since 1970.
pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs() as i64)
}
