//! An easy handle as a member of a multi handle: what the multi handle calls, and when it is told of a call.

use std::rc::Rc;
use std::time::Instant;

use super::calls::{Api, Call};
use super::drive::Driven;
use super::handle::Easy;
use super::link::MultiLink;
use crate::error::{Error, Result};
use crate::net::wait::poll::Interest;
use crate::net::wait::waker::Waker;
use crate::transfer::Transfer;
use crate::types::codes::CURLcode;

impl Easy {
    /// A multi handle drives this handle from now on, and knows it as `number`. An open connection of an earlier transfer is
    /// closed.
    pub(crate) fn join(&self, multi: Rc<dyn MultiLink>, number: u64) {
        self.end();
        self.link().join(multi, number);
        self.app().write_error_buffer("");
    }

    /// The multi handle does not drive this handle any more. The connection is closed; the information about the transfer
    /// stays.
    pub(crate) fn leave(&self) {
        self.end();
        self.link().leave();
    }

    /// Ends the transfer with an error.
    pub(crate) fn abort(&self, error: Error) -> Driven {
        self.end();
        Driven::Done(Err(error))
    }

    /// The handle ends: leaves its multi handle and closes the connection.
    pub(crate) fn detach(&self) {
        if let Some(membership) = self.link().membership() {
            membership.multi().remove(membership.number());
        }
        self.close_connection();
    }

    /// Whether a multi handle drives this one.
    #[inline]
    pub(crate) fn is_member(&self) -> bool {
        self.link().is_member()
    }

    /// The number that the multi handle knows it by.
    pub(crate) fn member(&self) -> Option<u64> {
        self.link().membership().map(|membership| membership.number())
    }

    /// What the transfer waits for: appends descriptors, and returns its deadline.
    pub(crate) fn wants(&self, waker: &Waker, interests: &mut Vec<Interest>) -> Option<Instant> {
        self.with_transfer(|transfer| {
            transfer.interests(waker, interests);
            transfer.deadline()
        })
        .flatten()
    }

    /// Whether there is a progress callback to call at intervals.
    pub(crate) fn wants_progress(&self) -> bool {
        self.app().wants_progress()
    }

    /// Where the transfer connects to.
    pub(crate) fn destination(&self) -> Option<String> {
        self.with_transfer(|transfer| transfer.destination()).flatten()
    }

    /// Begins a call on this handle, if it is allowed now.
    #[inline(always)]
    pub(crate) fn enter(&self, api: Api) -> Result<Call<'_>> {
        let call = self.app().calls().enter(api)?;
        if self.is_member() {
            self.check_multi(api)?;
        }
        Ok(call)
    }

    #[cold]
    fn check_multi(&self, api: Api) -> Result<()> {
        if api != Api::Pause && api.may_recurse() {
            return Ok(());
        }
        let Some(membership) = self.link().membership() else {
            return Ok(());
        };
        let refused = match api {
            Api::Pause => membership.multi().in_callback(),
            api => !api.may_recurse() && membership.multi().is_busy(),
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

    /// Tells the multi handle of a call that may have changed the transfer.
    #[inline(always)]
    pub(crate) fn notify_multi(&self, api: Api) {
        if self.is_member() {
            self.notify_membership(api);
        }
    }

    fn notify_membership(&self, api: Api) {
        let run = match api {
            Api::Pause => true,
            Api::SetOpt if self.keeps_alive() => true,
            Api::WsClose | Api::WsSend | Api::WsSendMessage | Api::WsStartFrame => false,
            _ => return,
        };
        if let Some(membership) = self.link().membership() {
            membership.notify_changed(run);
        }
    }

    fn keeps_alive(&self) -> bool {
        let keeps = |transfer: &mut Transfer| transfer.websocket().is_some_and(|websocket| websocket.keeps_alive());
        self.with_transfer(keeps).unwrap_or(false)
    }
}
