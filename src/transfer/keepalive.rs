//! Keep-alive: PING frames at an interval, their PONGs, the round trip (RFC 6455 sections 5.5.2 and 5.5.3).

use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::random;
use crate::transfer::channel::Channel;
use crate::types::codes::CURLcode;
use crate::ws::Kind;

/// What tells our PINGs from the application's: a number that nobody knows, and a count.
const PAYLOAD: usize = 8;

/// PINGs that are sent without the application's doing. `now` is always an argument.
#[derive(Debug, Default)]
pub(super) struct KeepAlive {
    /// when the next PING is due
    due: Option<Instant>,
    /// when the oldest PING without an answer was sent
    unanswered: Option<Instant>,
    /// when the newest PING was sent
    sent: Option<Instant>,
    payload: [u8; PAYLOAD],
    count: u32,
    /// the answer to the newest PING was seen, and how long it took is not yet measured
    answered: bool,
    round_trip: Option<Duration>,
}

impl Channel {
    /// How long the last PING took to be answered.
    pub fn round_trip(&self) -> Option<Duration> {
        self.keep_alive.as_ref()?.round_trip
    }

    /// Whether keep-alive is on, so that the time matters.
    pub fn keeps_alive(&self) -> bool {
        self.settings.ping_interval.is_some()
    }

    /// Sends the PING that is due, and measures what was answered.
    pub fn keep_alive(&mut self, now: Instant) -> Result<()> {
        let Some(interval) = self.settings.ping_interval else {
            self.keep_alive = None;
            return Ok(());
        };
        let may_send = self.failure.is_none() && !self.settings.raw && self.may_start();
        let can_start = !self.sender.is_busy();
        let idle = self.stream.unsent() == 0;
        let state = self.keep_alive.get_or_insert_default();
        if std::mem::take(&mut state.answered) {
            state.round_trip = state.sent.map(|sent| now.saturating_duration_since(sent));
        }
        let due = *state.due.get_or_insert(now + interval);
        if now < due {
            return Ok(());
        }
        // One PING behind what the peer does not take is enough.
        if may_send && can_start && (idle || state.unanswered.is_none()) {
            state.next_ping(now, interval)?;
            let payload = state.payload;
            self.queue_ping(&payload)?;
        } else if may_send && can_start {
            state.due = Some(now + interval);
        }
        Ok(())
    }

    /// Fails when the PONG did not come in time. To be asked once everything that has come was read.
    pub fn check_pong(&mut self, now: Instant) -> Result<()> {
        match self.pong_deadline() {
            Some(deadline) if deadline <= now => {
                let patience = self.settings.pong_timeout.unwrap_or_default().as_millis();
                let error = Error::new(
                    CURLcode::CURLE_OPERATION_TIMEDOUT,
                    format!("[WS] the server has not answered a PING for {patience} milliseconds"),
                );
                Err(self.fail(error, 1011))
            }
            _ => Ok(()),
        }
    }

    /// When [`Channel::keep_alive`] or, where the peer is listened to, [`Channel::check_pong`] has something to do.
    pub fn deadline(&self, listening: bool) -> Option<Instant> {
        if self.settings.raw || self.failure.is_some() || self.sender.is_busy() || !self.may_start() {
            return None;
        }
        let ping = self.keep_alive.as_ref().and_then(|state| state.due);
        let pong = self.pong_deadline().filter(|_| listening);
        ping.into_iter().chain(pong).min()
    }

    fn pong_deadline(&self) -> Option<Instant> {
        let sent = self.keep_alive.as_ref()?.unanswered?;
        (self.failure.is_none() && self.may_start()).then_some(sent + self.settings.pong_timeout?)
    }

    /// Whether a PONG of `length` bytes may be the answer to a PING of ours.
    pub(super) fn may_be_answer(&self, length: u64) -> bool {
        length == PAYLOAD as u64 && self.keep_alive.as_ref().is_some_and(|state| state.unanswered.is_some())
    }

    /// Whether the PONG in `control` answers a PING of ours. Then nobody else is interested.
    pub(super) fn takes_pong(&mut self) -> bool {
        let Some(state) = &mut self.keep_alive else {
            return false;
        };
        let answer = self.control.payload();
        if state.unanswered.is_none() || answer[..4] != state.payload[..4] {
            return false;
        }
        // An answer to an older one shows that the peer is alive as well (section 5.5.3).
        state.answered = answer == state.payload;
        state.unanswered = state.sent.filter(|_| !state.answered);
        true
    }

    fn queue_ping(&mut self, payload: &[u8]) -> Result<()> {
        let key = random::masking_key()?;
        self.sender.control(&mut self.stream, Kind::Ping, payload, key)?;
        self.log.text(|| "[WS] sending keep-alive PING frame".to_string());
        // What fails here shows in the next send; receiving goes on.
        let _ = self.stream.flush();
        Ok(())
    }
}

impl KeepAlive {
    fn next_ping(&mut self, now: Instant, interval: Duration) -> Result<()> {
        if self.count == 0 {
            self.payload[..4].copy_from_slice(&random::masking_key()?);
        }
        self.count = self.count.wrapping_add(1);
        self.payload[4..].copy_from_slice(&self.count.to_be_bytes());
        self.sent = Some(now);
        self.unanswered.get_or_insert(now);
        self.answered = false;
        self.due = Some(now + interval);
        Ok(())
    }
}
