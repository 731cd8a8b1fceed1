//! What an easy handle knows of the multi handle that drives it.

use std::cell::{Cell, RefCell};
use std::os::fd::RawFd;
use std::rc::Rc;

use super::calls::Api;
use super::resources::Resources;

/// A multi handle, as its easy handles know it.
pub(crate) trait MultiDriver {
    /// What its easy handles have in common.
    fn resources(&self) -> &Resources;

    /// A call on it has not returned: nothing that ends or drives a transfer is allowed now.
    fn is_busy(&self) -> bool;

    /// Another thread is in a callback of it or of a member: what ends a transfer has to wait.
    fn is_other_in_callback(&self) -> bool;

    /// It is calling the application's socket or timer callback.
    fn is_notifying(&self) -> bool;

    /// It is running `member`, and looks afterwards what has changed.
    fn is_running(&self, member: u64) -> bool;

    /// A call has changed the transfer of `member`; with `run` it has to run.
    fn changed(&self, member: u64, run: bool);

    /// A descriptor of `member` is about to be closed.
    fn closing(&self, member: u64, fd: RawFd);

    /// `member` ends and has to be removed.
    fn remove(&self, member: u64);
}

/// The place of an easy handle in a multi handle, if it is in one.
#[derive(Default)]
pub(super) struct MultiLink {
    place: RefCell<Option<Place>>,
    /// there is a place
    attached: Cell<bool>,
}

#[derive(Clone)]
struct Place {
    driver: Rc<dyn MultiDriver>,
    /// the number that the multi handle knows the easy handle by
    member: u64,
}

impl MultiLink {
    /// `driver` drives the handle from now on and knows it as `member`.
    pub(super) fn attach(&self, driver: Rc<dyn MultiDriver>, member: u64) {
        self.place.replace(Some(Place { driver, member }));
        self.attached.set(true);
    }

    /// The multi handle does not drive it any more.
    pub(super) fn detach(&self) {
        self.attached.set(false);
        self.place.take();
    }

    #[inline]
    pub(super) fn is_attached(&self) -> bool {
        self.attached.get()
    }

    /// The number that the multi handle knows it by.
    pub(super) fn member(&self) -> Option<u64> {
        self.place.borrow().as_ref().map(|place| place.member)
    }

    /// Whether `api` may not be called now because of what the multi handle is doing.
    pub(super) fn forbids(&self, api: Api) -> bool {
        let busy: fn(&dyn MultiDriver) -> bool = match api {
            Api::Pause => |driver| driver.is_notifying(),
            api if api.is_always_free() => return false,
            _ => |driver| driver.is_busy(),
        };
        self.place().is_some_and(|place| busy(&*place.driver))
    }

    /// Whether another thread is in a callback of the multi handle or of one of its easy handles.
    pub(super) fn is_other_in_callback(&self) -> bool {
        self.place().is_some_and(|place| place.driver.is_other_in_callback())
    }

    /// A call has changed the transfer; with `run` it has to run.
    pub(super) fn notify_changed(&self, run: bool) {
        if !self.is_running()
            && let Some(Place { driver, member }) = self.place()
        {
            driver.changed(member, run);
        }
    }

    fn is_running(&self) -> bool {
        let place = self.place.borrow();
        place
            .as_ref()
            .is_some_and(|place| place.driver.is_running(place.member))
    }

    /// A descriptor is about to be closed.
    pub(super) fn notify_closing(&self, fd: RawFd) {
        if let Some(Place { driver, member }) = self.place() {
            driver.closing(member, fd);
        }
    }

    /// The handle ends: the multi handle removes it.
    pub(super) fn remove(&self) {
        if let Some(Place { driver, member }) = self.place() {
            driver.remove(member);
        }
    }

    /// What the multi handle's easy handles have in common, and the number of this one. `None` outside of a multi handle.
    pub(super) fn with_resources<T>(&self, body: impl FnOnce(&Resources, u64) -> T) -> Option<T> {
        let place = self.place.borrow();
        place
            .as_ref()
            .map(|Place { driver, member }| body(driver.resources(), *member))
    }

    /// A copy, as the multi handle may call the application, which may call back.
    fn place(&self) -> Option<Place> {
        self.place.borrow().clone()
    }
}
