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
    /// Our CLOSE frame has been sent, and perhaps the peer's was received: the deadline is set by the one, and anew by the
    /// other.
    pub(super) fn note(&mut self, peer_closed: bool, now: Instant) {
        if self.at.is_some() && peer_closed == self.peer_closed {
            return;
        }
        self.peer_closed = peer_closed;
        let timeout = if peer_closed { END_TIMEOUT } else { CLOSE_TIMEOUT };
        self.at = Some(now + timeout);
    }

    /// When it is over.
    pub(super) fn at(&self) -> Option<Instant> {
        self.at
    }

    /// Whether the time is over for a peer that has closed: the connection ends here. One that hasn't is an error, also where
    /// it has `answered` and the application waits for the end of the connection.
    pub(super) fn is_over(&self, answered: bool, now: Instant) -> Result<bool> {
        if self.at.is_none_or(|at| now < at) {
            return Ok(false);
        }
        if self.peer_closed {
            return Ok(true);
        }
        let missing = match answered {
            false => "answered a CLOSE frame",
            true => "closed the connection after its CLOSE frame",
        };
        Err(Error::new(
            CURLcode::CURLE_OPERATION_TIMEDOUT,
            format!(
                "[WS] the server has not {missing} for {} seconds",
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
        assert_eq!(deadline.at(), None);
        deadline.note(false, start);
        deadline.note(false, start + CLOSE_TIMEOUT / 2);
        assert_eq!(deadline.at(), Some(start + CLOSE_TIMEOUT));
        for (answered, text) in [(false, "not answered"), (true, "not closed the connection")] {
            let error = deadline.is_over(answered, start + CLOSE_TIMEOUT).unwrap_err();
            assert_eq!(error.code(), CURLcode::CURLE_OPERATION_TIMEDOUT);
            assert!(error.message().contains(text));
        }

        let answered = start + CLOSE_TIMEOUT / 2;
        deadline.note(true, answered);
        deadline.note(true, answered + END_TIMEOUT / 2);
        assert!(!deadline.is_over(true, answered + END_TIMEOUT / 2).unwrap());
        assert!(deadline.is_over(true, answered + END_TIMEOUT).unwrap());
    }
}
