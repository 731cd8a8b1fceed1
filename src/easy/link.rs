//! What a handle has from elsewhere: the multi handle it is in, a share, and what it makes for itself without them.

use std::cell::RefCell;
use std::os::fd::RawFd;
use std::rc::Rc;
use std::sync::Arc;

use crate::net::dns::resolver::Resolver;
use crate::net::wait::waker::Waker;
use crate::share::Share;
use crate::tls::Contexts;

/// Threads that resolve names for one easy handle: a cancelled lookup must not delay the next one.
const RESOLVER_THREADS: usize = 4;

/// The multi handle that drives an easy handle, as the easy handle knows it.
pub(crate) trait MultiLink {
    /// What its members have in common.
    fn resources(&self) -> &Resources;

    /// A call on the multi handle has not returned: nothing that ends or drives a transfer is allowed now.
    fn is_busy(&self) -> bool;

    /// Inside the socket or the timer callback.
    fn in_callback(&self) -> bool;

    /// A call has changed a member's transfer while it was not running; `run` if it has to run.
    fn notify_changed(&self, member: u64, run: bool);

    /// A descriptor is about to be closed.
    fn notify_closing(&self, member: u64, fd: RawFd);

    /// Removes a member, which ends.
    fn remove(&self, member: u64);
}

/// What transfers need and can have in common.
#[derive(Clone)]
pub(crate) struct Resources {
    pub(crate) resolver: Resolver,
    /// wakes the driver of the transfers
    pub(crate) waker: Waker,
    /// TLS configurations and their sessions
    pub(crate) contexts: Contexts,
}

impl Resources {
    /// New ones, with at most this many threads for the resolver.
    pub(crate) fn new(resolver_threads: usize, contexts: Contexts) -> Resources {
        Resources {
            resolver: Resolver::new(resolver_threads),
            waker: Waker::default(),
            contexts,
        }
    }
}

/// A handle's membership in a multi handle.
#[derive(Clone)]
pub(super) struct Membership {
    multi: Rc<dyn MultiLink>,
    number: u64,
}

impl Membership {
    pub(super) fn multi(&self) -> &dyn MultiLink {
        &*self.multi
    }

    /// The number that the multi handle knows the easy handle by.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// See [`MultiLink::notify_changed`].
    pub(super) fn notify_changed(&self, run: bool) {
        self.multi.notify_changed(self.number, run);
    }
}

/// The links of one handle.
#[derive(Default)]
pub(super) struct Link {
    membership: RefCell<Option<Membership>>,
    /// `CURLOPT_SHARE`
    share: RefCell<Option<Arc<Share>>>,
    /// what it needs outside of a multi handle
    own: RefCell<Option<Resources>>,
}

impl Link {
    /// A multi handle drives this handle from now on, and knows it as `number`.
    pub(super) fn join(&self, multi: Rc<dyn MultiLink>, number: u64) {
        self.own.take();
        self.membership.replace(Some(Membership { multi, number }));
    }

    /// The multi handle does not drive this handle any more.
    pub(super) fn leave(&self) {
        self.membership.take();
    }

    #[inline]
    pub(super) fn is_member(&self) -> bool {
        self.membership.borrow().is_some()
    }

    pub(super) fn membership(&self) -> Option<Membership> {
        self.membership.borrow().clone()
    }

    pub(super) fn share(&self) -> Option<Arc<Share>> {
        self.share.borrow().clone()
    }

    #[inline]
    pub(super) fn has_share(&self) -> bool {
        self.share.borrow().is_some()
    }

    /// Uses another share from now on. Returns the one before.
    pub(super) fn set_share(&self, share: Option<Arc<Share>>) -> Option<Arc<Share>> {
        self.share.replace(share)
    }

    /// The resolver, of the share if names are shared, and the waker of the driver.
    pub(super) fn resolver(&self) -> (Resolver, Waker) {
        let shared = self.share.borrow().as_ref().and_then(|share| share.resolver());
        let name = self.membership.borrow().as_ref().map(Membership::number);
        self.with_resources(|resources| {
            let waker = match name {
                Some(number) => resources.waker.named(number),
                None => resources.waker.clone(),
            };
            (shared.unwrap_or_else(|| resources.resolver.clone()), waker)
        })
    }

    /// The TLS contexts, of the share if sessions are shared.
    pub(super) fn contexts(&self) -> Contexts {
        let shared = self.share.borrow().as_ref().and_then(|share| share.contexts());
        shared.unwrap_or_else(|| self.with_resources(|resources| resources.contexts.clone()))
    }

    fn with_resources<T>(&self, body: impl FnOnce(&Resources) -> T) -> T {
        if let Some(membership) = &*self.membership.borrow() {
            return body(membership.multi.resources());
        }
        let mut own = self.own.borrow_mut();
        body(own.get_or_insert_with(|| Resources::new(RESOLVER_THREADS, Contexts::single())))
    }
}
