//! What an easy handle gets from elsewhere: from the multi handle it is in, from a share, or of its own.

use std::os::fd::RawFd;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use super::Easy;
use super::callbacks;
use super::calls::{Api, Call};
use super::drive::Driven;
use crate::error::{Error, Result};
use crate::net::dns::resolver::Resolver;
use crate::net::wait::poll::Interest;
use crate::net::wait::waker::Waker;
use crate::open::Context;
use crate::share::{Held, Share};
use crate::tls::Contexts;
use crate::transfer::Transfer;
use crate::types::codes::CURLcode;
use crate::types::share::curl_lock_data;

/// Threads that resolve names for one easy handle: a look-up given up on must not hold up the next.
const RESOLVER_THREADS: usize = 4;

/// Who drives a handle in place of `curl_easy_perform`: the multi handle it was added to.
pub(crate) trait Host {
    /// What its members have in common.
    fn surroundings(&self) -> &Surroundings;

    /// A call on the host is under way: nothing that ends or drives a transfer may come now.
    fn is_busy(&self) -> bool;

    /// The application is being told about descriptors or timers.
    fn is_telling(&self) -> bool;

    /// Something was done to the transfer outside of its turn; `run` if it has to have one.
    fn touched(&self, member: u64, run: bool);

    /// A descriptor is about to be closed.
    fn closing(&self, member: u64, fd: RawFd);

    /// The handle ends: it leaves.
    fn expel(&self, member: u64);
}

/// What transfers need and can have in common.
#[derive(Clone)]
pub(crate) struct Surroundings {
    /// name look-ups and their answers
    pub resolver: Resolver,
    /// wakes who drives
    pub waker: Waker,
    /// TLS configurations and their sessions
    pub(crate) contexts: Contexts,
}

impl Surroundings {
    /// New ones, which resolve at most so many names at a time.
    pub(crate) fn new(resolver_threads: usize, contexts: Contexts) -> Surroundings {
        Surroundings {
            resolver: Resolver::new(resolver_threads),
            waker: Waker::default(),
            contexts,
        }
    }
}

/// A handle's place in its host.
#[derive(Clone)]
pub(super) struct Membership {
    host: Rc<dyn Host>,
    member: u64,
}

impl Membership {
    /// The transfer has to be run.
    pub(super) fn touched_to_run(&self) {
        self.host.touched(self.member, true);
    }
}

impl Easy {
    /// The host drives this handle from now on and knows it as `member`. An open connection of an earlier transfer is
    /// closed.
    pub(crate) fn join(&self, host: Rc<dyn Host>, member: u64) {
        self.end();
        self.own.take();
        *self.membership.borrow_mut() = Some(Membership { host, member });
        callbacks::write_error_buffer(self, "");
    }

    /// The host drives this handle no more: its connection is closed, what was learned stays.
    pub(crate) fn leave(&self) {
        self.end();
        self.membership.take();
    }

    /// Ends the transfer that runs, with an error.
    pub(crate) fn abort(&self, error: Error) -> Driven {
        self.end();
        Driven::Done(Err(error))
    }

    /// Leaves the host, if there is one, and closes the connection: the handle ends.
    pub(crate) fn retire(&self) {
        if let Some(membership) = self.membership() {
            membership.host.expel(membership.member);
        }
        self.close_connection();
    }

    /// Whether a multi handle drives this one.
    #[inline]
    pub(crate) fn is_member(&self) -> bool {
        self.membership.borrow().is_some()
    }

    /// The number that the multi handle knows it by.
    pub(crate) fn member(&self) -> Option<u64> {
        self.membership.borrow().as_ref().map(|membership| membership.member)
    }

    /// What the transfer waits for: appends descriptors, and returns when it must have its turn at the latest.
    pub(crate) fn wants(&self, waker: &Waker, interests: &mut Vec<Interest>) -> Option<Instant> {
        self.with_transfer(|transfer| {
            transfer.interests(waker, interests);
            transfer.deadline()
        })
        .flatten()
    }

    /// Whether there is a progress callback that wants to be called now and then.
    pub(crate) fn shows_progress(&self) -> bool {
        let options = self.options().borrow();
        !options.no_progress && (options.callbacks.xferinfo.is_set() || options.callbacks.progress.is_set())
    }

    /// The other end of the transfer that has begun.
    pub(crate) fn destination(&self) -> Option<String> {
        self.with_transfer(|transfer| transfer.destination()).flatten()
    }

    /// Begins a call on this handle, if it may come now.
    #[inline(always)]
    pub(crate) fn enter(&self, api: Api) -> Result<Call<'_>> {
        let call = self.calls.enter(api)?;
        if self.is_member() {
            self.check_host(api)?;
        }
        Ok(call)
    }

    #[cold]
    fn check_host(&self, api: Api) -> Result<()> {
        if api != Api::Pause && api.may_recurse() {
            return Ok(());
        }
        let Some(membership) = self.membership() else {
            return Ok(());
        };
        let refused = match api {
            Api::Pause => membership.host.is_telling(),
            api => !api.may_recurse() && membership.host.is_busy(),
        };
        match refused {
            true => Err(Error::new(
                CURLcode::CURLE_RECURSIVE_API_CALL,
                format!(
                    "{} cannot be called from inside a callback of the handle's multi handle",
                    api.name()
                ),
            )),
            false => Ok(()),
        }
    }

    /// Tells the host of a call that did something to the transfer.
    #[inline(always)]
    pub(crate) fn touched(&self, api: Api) {
        if self.is_member() {
            self.notify_host(api);
        }
    }

    fn notify_host(&self, api: Api) {
        let run = match api {
            Api::Pause => true,
            Api::SetOpt if self.keeps_alive() => true,
            Api::WsClose | Api::WsSend | Api::WsSendMessage | Api::WsStartFrame => false,
            _ => return,
        };
        if let Some(membership) = self.membership() {
            membership.host.touched(membership.member, run);
        }
    }

    fn keeps_alive(&self) -> bool {
        let keeps = |transfer: &mut Transfer| transfer.websocket().is_some_and(|websocket| websocket.keeps_alive());
        self.with_transfer(keeps).unwrap_or(false)
    }

    /// Uses `share` from now on, `None` for none. Refused while there is a connection.
    pub(crate) fn set_share(&self, share: Option<Arc<Share>>) -> Result<()> {
        if self.has_transfer() {
            return Err(Error::new(
                CURLcode::CURLE_BAD_FUNCTION_ARGUMENT,
                "CURLOPT_SHARE can't change while the handle has a connection",
            ));
        }
        for share in [self.share.take(), share.clone()].iter().flatten() {
            drop(share.hold(self.as_curl(), curl_lock_data::CURL_LOCK_DATA_SHARE));
        }
        *self.share.borrow_mut() = share;
        Ok(())
    }

    /// Takes the application's lock on what is shared, as long as the result lives. Calls the application.
    pub(super) fn hold(&self, data: curl_lock_data) -> Option<Held> {
        let share = self.share.borrow().clone()?;
        share.hold(self.as_curl(), data)
    }

    /// What a driver lends to the transfer.
    pub(super) fn context(&self) -> Context {
        let shared = self.share.borrow().as_ref().and_then(|share| share.resolver());
        let wanted = callbacks::wanted(self);
        let membership = self.membership.borrow();
        if let Some(Membership { host, member }) = &*membership {
            let common = host.surroundings();
            return Context {
                resolver: shared.unwrap_or_else(|| common.resolver.clone()),
                waker: common.waker.named(*member),
                wanted,
            };
        }
        self.with_own(|own| Context {
            resolver: shared.unwrap_or_else(|| own.resolver.clone()),
            waker: own.waker.clone(),
            wanted,
        })
    }

    /// The TLS contexts to look for one in.
    pub(super) fn contexts(&self) -> Contexts {
        if let Some(shared) = self.share.borrow().as_ref().and_then(|share| share.contexts()) {
            return shared;
        }
        if let Some(membership) = &*self.membership.borrow() {
            return membership.host.surroundings().contexts.clone();
        }
        self.with_own(|own| own.contexts.clone())
    }

    /// To be called before a descriptor is closed.
    pub(super) fn closing(&self, fd: RawFd) {
        if let Some(membership) = self.membership() {
            membership.host.closing(membership.member, fd);
        }
    }

    pub(super) fn membership(&self) -> Option<Membership> {
        self.membership.borrow().clone()
    }

    fn with_own<T>(&self, body: impl FnOnce(&Surroundings) -> T) -> T {
        let mut own = self.own.borrow_mut();
        body(own.get_or_insert_with(|| Surroundings::new(RESOLVER_THREADS, Contexts::single())))
    }
}
