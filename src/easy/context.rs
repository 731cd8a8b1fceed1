//! What a transfer uses and transfers can have in common: from a share, from a multi handle, or the easy handle's own.

use std::cell::RefCell;
use std::sync::Arc;

use super::link::MultiLink;
use super::resources::Resources;
use crate::open::{Context, WantedCallbacks};
use crate::share::Share;
use crate::tls::Contexts;

/// Threads that resolve names for one easy handle: a lookup that was cancelled must not delay the next one.
const RESOLVER_THREADS: usize = 4;

/// Where an easy handle gets its resources from.
#[derive(Default)]
pub(super) struct Sources {
    /// `CURLOPT_SHARE`: what it shares comes first
    share: RefCell<Option<Arc<Share>>>,
    /// what it has outside of a multi handle
    own: RefCell<Option<Resources>>,
}

impl Sources {
    /// Drops the resources of its own: a multi handle has others.
    pub(super) fn drop_own(&self) {
        self.own.take();
    }

    pub(super) fn has_share(&self) -> bool {
        self.share.borrow().is_some()
    }

    /// What is shared comes from it.
    pub(super) fn share(&self) -> Option<Arc<Share>> {
        self.share.borrow().clone()
    }

    /// Uses `share` from now on, `None` for none. Returns the one before.
    pub(super) fn set_share(&self, share: Option<Arc<Share>>) -> Option<Arc<Share>> {
        self.share.replace(share)
    }

    /// What is lent to a transfer.
    pub(super) fn context(&self, link: &MultiLink, wanted: WantedCallbacks) -> Context {
        let shared = self.share.borrow().as_ref().and_then(|share| share.resolver());
        let (resolver, waker) = link
            .with_resources(|common, member| (common.resolver.clone(), common.waker.named(member)))
            .unwrap_or_else(|| self.with_own(|own| (own.resolver.clone(), own.waker.clone())));
        Context {
            resolver: shared.unwrap_or(resolver),
            waker,
            wanted,
        }
    }

    /// The TLS contexts to look for one in.
    pub(super) fn contexts(&self, link: &MultiLink) -> Contexts {
        let shared = self.share.borrow().as_ref().and_then(|share| share.contexts());
        shared
            .or_else(|| link.with_resources(|common, _| common.contexts.clone()))
            .unwrap_or_else(|| self.with_own(|own| own.contexts.clone()))
    }

    /// The number of a transfer that begins: another one for each transfer of a multi handle, or of the handle alone.
    pub(super) fn number_transfer(&self, link: &MultiLink) -> i64 {
        link.with_resources(|common, _| common.number_transfer())
            .unwrap_or_else(|| self.with_own(Resources::number_transfer))
    }

    fn with_own<T>(&self, body: impl FnOnce(&Resources) -> T) -> T {
        let mut own = self.own.borrow_mut();
        body(own.get_or_insert_with(|| Resources::new(RESOLVER_THREADS, Contexts::single())))
    }
}
