//! Keep-alive: PING frames at an interval, their PONG frames, the round trip (RFC 6455 sections 5.5.2 and 5.5.3).

use std::time::{Duration, Instant};

use super::error::SendError;
use super::mask::MaskingKeys;

/// Length of the payload that tells these PING frames from the application's: a random number and a count.
pub(super) const PAYLOAD: usize = 8;

/// The PING frames that the library sends by itself. `now` is always an argument.
#[derive(Debug, Default)]
pub(super) struct KeepAlive {
    /// when the next PING is due
    due: Option<Instant>,
    /// when the oldest unanswered PING was sent
    unanswered: Option<Instant>,
    /// when the newest PING was sent
    sent: Option<Instant>,
    payload: [u8; PAYLOAD],
    count: u32,
    /// the answer to the newest PING was received, and the round trip is not measured yet
    answered: bool,
    round_trip: Option<Duration>,
}

impl KeepAlive {
    pub(super) fn round_trip(&self) -> Option<Duration> {
        self.round_trip
    }

    /// When the next PING is due.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// When the oldest unanswered PING was sent.
    pub(super) fn unanswered(&self) -> Option<Instant> {
        self.unanswered
    }

    /// Whether a PING is due.
    pub(super) fn is_due(&mut self, now: Instant, interval: Duration) -> bool {
        now >= *self.due.get_or_insert(now + interval)
    }

    /// The interval has changed: the next PING is due one new interval after the next [`KeepAlive::is_due`].
    pub(super) fn restart(&mut self) {
        self.due = None;
    }

    /// Leaves out the PING that is due.
    pub(super) fn postpone(&mut self, now: Instant, interval: Duration) {
        self.due = Some(now + interval);
    }

    /// The payload of the next PING.
    pub(super) fn next_payload(&self, keys: &mut impl MaskingKeys) -> Result<[u8; PAYLOAD], SendError> {
        let mut payload = self.payload;
        if self.count == 0 {
            payload[..4].copy_from_slice(&keys.next_key().ok_or(SendError::NoKey)?);
        }
        payload[4..].copy_from_slice(&self.count.wrapping_add(1).to_be_bytes());
        Ok(payload)
    }

    /// The PING with `payload` was written.
    pub(super) fn set_sent(&mut self, payload: [u8; PAYLOAD], now: Instant, interval: Duration) {
        self.payload = payload;
        self.count = self.count.wrapping_add(1);
        self.sent = Some(now);
        self.unanswered.get_or_insert(now);
        self.answered = false;
        self.due = Some(now + interval);
    }

    /// Whether a PONG with `payload` answers one of these PING frames, so that it is not for the application.
    pub(super) fn takes(&mut self, payload: &[u8]) -> bool {
        if self.unanswered.is_none() || payload.get(..4) != Some(&self.payload[..4]) {
            return false;
        }
        // An answer to an older PING shows that the peer is alive as well (section 5.5.3).
        self.answered = payload == self.payload;
        self.unanswered = self.sent.filter(|_| !self.answered);
        true
    }

    /// The frame that [`KeepAlive::takes`] took has come `now`. An answer to an older PING measures nothing.
    pub(super) fn measure_round_trip(&mut self, now: Instant) {
        if std::mem::take(&mut self.answered) {
            self.round_trip = self.sent.map(|sent| now.saturating_duration_since(sent));
        }
    }
}
