//! An easy handle as a member of a multi handle: what the multi handle calls, and the calls that it is told of.

use std::rc::Rc;
use std::time::Instant;

use super::calls::{Api, Call};
use super::drive::Driven;
use super::handle::Easy;
use super::link::{MultiDriver, MultiLink};
use crate::error::{Error, Result};
use crate::net::wait::poll::Interest;
use crate::net::wait::waker::Waker;
use crate::transfer::Transfer;
use crate::types::codes::CURLcode;

impl Easy {
    /// `driver` drives this handle from now on, and knows it as `member`. An open connection of an earlier transfer is
    /// closed.
    pub(crate) fn attach(&self, driver: Rc<dyn MultiDriver>, member: u64) {
        self.end();
        self.sources().drop_own();
        self.link().attach(driver, member);
        self.app().write_error_buffer("");
    }

    /// The multi handle does not drive it any more. The connection is closed; the information about the transfer stays.
    pub(crate) fn detach(&self) {
        self.end();
        self.link().detach();
    }

    /// The handle ends: it leaves its multi handle, and its connection is closed. `CURLE_AGAIN` and nothing done while another
    /// thread is in a callback of the multi handle or of one of its easy handles, which may be this one.
    pub(crate) fn cleanup(&self) -> Result<()> {
        if self.link().is_other_in_callback() {
            return Err(Error::AGAIN);
        }
        self.calls().check_alone(Api::Cleanup)?;
        self.with_multi(MultiLink::remove);
        self.close_connection();
        // As in libcurl, and what the debug callback uses may be gone.
        self.options().borrow_mut().verbose = false;
        self.save_cookies();
        self.save_hsts();
        // Not with the handle's memory, which a `longjmp()` may have lost.
        drop(self.sources().set_share(None));
        Ok(())
    }

    /// Ends the transfer with an error.
    pub(crate) fn abort(&self, error: Error) -> Driven {
        self.end();
        Driven::Done(Err(error))
    }

    /// The number that the multi handle knows it by, if it is in one.
    pub(crate) fn member(&self) -> Option<u64> {
        self.link().member()
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
    #[inline]
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
        if !api.is_always_free() && self.link().is_attached() {
            self.check_multi(api)?;
        }
        Ok(call)
    }

    #[cold]
    fn check_multi(&self, api: Api) -> Result<()> {
        match self.link().forbids(api) {
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
    pub(crate) fn notify_changed(&self, api: Api) {
        if self.link().is_attached() {
            self.notify_multi(api);
        }
    }

    fn notify_multi(&self, api: Api) {
        match api {
            Api::Pause => self.link().notify_changed(true),
            Api::SetOpt if self.keeps_alive() => self.link().notify_changed(true),
            // which may be another one now
            Api::SetOpt if self.has_time_limit() => self.link().notify_changed(false),
            Api::WsClose | Api::WsSend | Api::WsSendMessage | Api::WsStartFrame => self.link().notify_changed(false),
            _ => {}
        }
    }

    fn has_time_limit(&self) -> bool {
        self.with_transfer(|transfer| transfer.time_limit().is_some()) == Some(true)
    }

    fn keeps_alive(&self) -> bool {
        let keeps = |transfer: &mut Transfer| transfer.websocket().is_some_and(|websocket| websocket.keeps_alive());
        self.with_transfer(keeps).unwrap_or(false)
    }
}
