//! What transfers use and can have in common.

use crate::net::dns::resolver::Resolver;
use crate::net::wait::waker::Waker;
use crate::tls::Contexts;

/// What transfers use and can have in common.
#[derive(Clone)]
pub(crate) struct Resources {
    /// name lookups and their answers
    pub(crate) resolver: Resolver,
    /// wakes the driver
    pub(crate) waker: Waker,
    /// TLS configurations and their sessions
    pub(crate) contexts: Contexts,
}

impl Resources {
    /// New ones, which resolve at most `resolver_threads` names at a time.
    pub(crate) fn new(resolver_threads: usize, contexts: Contexts) -> Resources {
        Resources {
            resolver: Resolver::new(resolver_threads),
            waker: Waker::default(),
            contexts,
        }
    }
}
