//! `curl_easy_perform`: drives one transfer and waits for it.

use std::time::Instant;

use super::application::PROGRESS_INTERVAL;
use super::calls::Api;
use super::drive::Driven;
use super::handle::Easy;
use crate::error::{Error, Result};
use crate::net::wait::poll::{self, Interest};
use crate::types::codes::CURLcode;

impl Easy {
    /// Performs the transfer from start to end, or to the open connection with CONNECT_ONLY.
    pub(crate) fn perform(&self) -> Result<()> {
        self.calls().check_alone(Api::Perform)?;
        if self.link().is_attached() {
            return Err(Error::new(
                CURLcode::CURLE_FAILED_INIT,
                "curl_easy_perform: the handle is in a multi handle",
            ));
        }
        self.begin(Instant::now())?;
        let mut interests = Vec::new();
        loop {
            match self.drive(Instant::now()) {
                Driven::Done(result) => {
                    self.end();
                    return result;
                }
                Driven::Ready => return Ok(()),
                Driven::Busy => {}
                Driven::Waiting => self.wait(&mut interests)?,
            }
        }
    }

    fn wait(&self, interests: &mut Vec<Interest>) -> Result<()> {
        let waker = self.context().waker;
        interests.clear();
        let deadline = self.wants(&waker, interests);
        let progress = Instant::now() + PROGRESS_INTERVAL;
        let until = deadline.map_or(progress, |deadline| deadline.min(progress));
        let found = self
            .calls()
            .wait(|| poll::wait(interests, Some(until)))
            .map_err(|error| {
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
