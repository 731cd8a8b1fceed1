//! What transfers use and can have in common.

use std::cell::Cell;

use crate::net::dns::resolver::Resolver;
use crate::net::wait::waker::Waker;
use crate::tls::Contexts;

/// What transfers use and can have in common.
pub(crate) struct Resources {
    /// name lookups and their answers
    pub(crate) resolver: Resolver,
    /// wakes the driver
    pub(crate) waker: Waker,
    /// TLS configurations and their sessions
    pub(crate) contexts: Contexts,
    /// how many transfers have begun
    transfers: Cell<i64>,
}

impl Resources {
    /// New ones, which resolve at most `resolver_threads` names at a time.
    pub(crate) fn new(resolver_threads: usize, contexts: Contexts) -> Resources {
        Resources {
            resolver: Resolver::new(resolver_threads),
            waker: Waker::default(),
            contexts,
            transfers: Cell::new(0),
        }
    }

    /// The number of a transfer that begins (`CURLINFO_XFER_ID`).
    pub(crate) fn number_transfer(&self) -> i64 {
        let number = self.transfers.get();
        self.transfers.set(number + 1);
        number
    }
}
