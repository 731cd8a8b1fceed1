//! `curl_easy_perform`: drives one transfer and waits for it.

use std::time::{Duration, Instant};

use super::Easy;
use super::callbacks;
use super::drive::Driven;
use crate::error::{Error, Result};
use crate::io::fallible;
use crate::net::wait::poll::{self, Interest};
use crate::transfer::Transfer;
use crate::types::codes::CURLcode;
use crate::types::share::curl_lock_data;

/// The progress callback is called at least this often, and pauses are looked at.
const TICK: Duration = Duration::from_secs(1);

/// A transfer copies its options at most this often while it opens the connection.
const COPIES: usize = 12;

impl Easy {
    /// Performs the transfer from start to end, or to the open connection with CONNECT_ONLY.
    pub(crate) fn perform(&self) -> Result<()> {
        if self.link.is_attached() {
            return Err(Error::new(
                CURLcode::CURLE_FAILED_INIT,
                "curl_easy_perform: the handle is in a multi handle",
            ));
        }
        self.begin(Instant::now())?;
        loop {
            match self.drive() {
                Driven::Done(result) => {
                    self.end();
                    return result;
                }
                Driven::Ready => return Ok(()),
                Driven::Busy => {}
                Driven::Waiting => self.wait()?,
            }
        }
    }

    /// Starts a new transfer from the options as they are.
    pub(crate) fn begin(&self, now: Instant) -> Result<()> {
        callbacks::write_error_buffer(self, "");
        self.calls().take_left();
        self.show_frame(None);
        self.close_connection();
        self.inbox.take();
        let id = self.transfers_begun.get();
        self.transfers_begun.set(id + 1);
        self.info.borrow_mut().begin(id);
        fallible::check(self.options.borrow().size_with_lists().saturating_mul(COPIES))?;
        let (plan, config) = {
            let _names = self.hold(curl_lock_data::CURL_LOCK_DATA_DNS);
            let _sessions = self.hold(curl_lock_data::CURL_LOCK_DATA_SSL_SESSION);
            self.configure()?
        };
        self.info.borrow_mut().describe(&plan);
        *self.transfer.borrow_mut() = Some(Box::new(Transfer::new(plan, config, now)));
        Ok(())
    }

    fn wait(&self) -> Result<()> {
        let waker = self.context().waker;
        let mut interests = Vec::new();
        let deadline = self.wants(&waker, &mut interests);
        let tick = Instant::now() + TICK;
        let until = deadline.map_or(tick, |deadline| deadline.min(tick));
        let found = poll::wait(&interests, Some(until)).map_err(|error| {
            Error::new(
                CURLcode::CURLE_UNRECOVERABLE_POLL,
                format!("waiting for the connection failed: {error}"),
            )
        })?;
        let woken = |(index, interest): (usize, &Interest)| interest.fd == waker.raw() && found.ready(index).readable;
        if interests.iter().enumerate().any(woken) {
            waker.drain();
        }
        Ok(())
    }
}
