//! How long the closing handshake may take (RFC 6455 section 7.1.1) in callback mode.

use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::types::codes::CURLcode;

/// The time for the peer to answer our CLOSE frame.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(10);

/// The time for the peer to end the connection when both have sent a CLOSE frame.
const END_TIMEOUT: Duration = Duration::from_secs(3);

/// The deadline of the closing handshake, once that has begun.
#[derive(Debug, Default)]
pub(super) struct CloseDeadline {
    at: Option<Instant>,
    peer_closed: bool,
}

impl CloseDeadline {
    /// Takes note of the CLOSE frames sent and received so far. The deadline is set by ours, and anew when only the end of
    /// the connection is missing.
    pub(super) fn note(&mut self, sent: bool, received: bool, now: Instant) {
        if !sent || (self.at.is_some() && received == self.peer_closed) {
            return;
        }
        self.peer_closed = received;
        let timeout = if received { END_TIMEOUT } else { CLOSE_TIMEOUT };
        self.at = Some(now + timeout);
    }

    /// When it is over.
    pub(super) fn at(&self) -> Option<Instant> {
        self.at
    }

    /// Whether the time is over for a peer that has closed: the connection ends here. One that hasn't is an error.
    pub(super) fn is_over(&self, now: Instant) -> Result<bool> {
        if self.at.is_none_or(|at| now < at) {
            return Ok(false);
        }
        if self.peer_closed {
            return Ok(true);
        }
        Err(Error::new(
            CURLcode::CURLE_OPERATION_TIMEDOUT,
            format!(
                "[WS] the server has not answered a CLOSE frame for {} seconds",
                CLOSE_TIMEOUT.as_secs()
            ),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peer_has_time_to_answer_and_then_to_end_the_connection() {
        let start = Instant::now();
        let mut deadline = CloseDeadline::default();
        deadline.note(false, true, start);
        assert_eq!(deadline.at(), None);
        deadline.note(true, false, start);
        deadline.note(true, false, start + CLOSE_TIMEOUT / 2);
        assert_eq!(deadline.at(), Some(start + CLOSE_TIMEOUT));
        let error = deadline.is_over(start + CLOSE_TIMEOUT).unwrap_err();
        assert_eq!(error.code(), CURLcode::CURLE_OPERATION_TIMEDOUT);

        let answered = start + CLOSE_TIMEOUT / 2;
        deadline.note(true, true, answered);
        deadline.note(true, true, answered + END_TIMEOUT / 2);
        assert!(!deadline.is_over(answered + END_TIMEOUT / 2).unwrap());
        assert!(deadline.is_over(answered + END_TIMEOUT).unwrap());
    }
}
