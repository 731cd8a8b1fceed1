//! What follows a response that is no upgrade: another request, or the end.

use std::time::Instant;

use super::handle::Easy;
use super::rounds::{Next, Response, Rounds};
use crate::error::{Error, Result};
use crate::ffi::c_string;
use crate::open::Answer;
use crate::types::codes::CURLcode;
use crate::url;

impl Easy {
    /// The answer to [`Question::NextRound`](crate::open::Question::NextRound).
    pub(super) fn next_round(&self, now: Instant) -> Result<()> {
        let Some(response) = self.with_transfer(|transfer| Response::new(&transfer.info(now).opening)) else {
            return Ok(());
        };
        let Some(mut rounds) = self.rounds().take() else {
            return Err(Error::new(
                CURLcode::CURLE_FAILED_INIT,
                "internal error: nothing is known of the transfer's rounds",
            ));
        };
        let next =
            self.with_known_hosts(|is_known| rounds.follow(&self.options().borrow().request, &response, is_known));
        if !matches!(next, Ok(Next::Redirect | Next::Authorized)) {
            let target = rounds.target(&response);
            self.info().borrow_mut().redirect_url = target.map(|url| c_string(&url));
        }
        let result = next.and_then(|next| self.start_round(&next, &mut rounds, now));
        self.info().borrow_mut().describe_rounds(&rounds);
        self.set_rounds(rounds);
        result
    }

    fn start_round(&self, next: &Next, rounds: &mut Rounds, now: Instant) -> Result<()> {
        if let Next::Refused = next {
            self.with_transfer(|transfer| transfer.answer(Answer::NoRound, now));
            return Ok(());
        }
        if let Next::Redirect = next {
            self.with_transfer(|transfer| transfer.redirected(now));
        }
        let plan = self.plan(rounds)?;
        self.info().borrow_mut().describe(&plan);
        self.with_transfer(|transfer| {
            transfer.trace(|| {
                let url = url::without_login(rounds.url().effective());
                format!("Issue another request to this URL: '{}'", String::from_utf8_lossy(&url))
            });
            transfer.next_round(plan, now);
        });
        self.trace_hsts(rounds);
        self.trace_authentication(rounds);
        Ok(())
    }

    /// Tells of a URL that was changed.
    pub(super) fn trace_hsts(&self, rounds: &Rounds) {
        if rounds.is_by_hsts() {
            self.with_transfer(|transfer| {
                transfer.trace(|| format!("Switched from ws to wss due to HSTS for {}", rounds.url().host));
            });
        }
    }

    /// Tells which scheme the request is authorized with, if it is.
    pub(super) fn trace_authentication(&self, rounds: &Rounds) {
        if let Some((scheme, user)) = rounds.authenticator().description() {
            self.with_transfer(|transfer| {
                transfer.trace(|| {
                    let user = String::from_utf8_lossy(user);
                    format!("Server auth using {scheme} with user '{user}'")
                });
            });
        }
    }
}
