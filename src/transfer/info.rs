//! What is known about a transfer: the source of `curl_easy_getinfo`'s answers.

use std::ffi::{CStr, CString};
use std::time::{Duration, Instant};

use crate::open::info::{Milestone, OpeningInfo};

/// What is known about a transfer.
#[derive(Debug)]
pub(crate) struct TransferInfo {
    started: Instant,
    /// the round began
    round_started: Instant,
    /// time to each milestone in the rounds before, together, if there were any
    earlier: Option<Box<[Duration; Milestone::ALL.len()]>>,
    /// what was learned before the WebSocket was open
    pub(crate) opening: OpeningInfo,
    /// the last redirect was followed
    pub(super) redirected: Option<Instant>,
    /// status code of the CLOSE frame received, 1005 for one without
    pub(crate) close_code: Option<u16>,
    /// the reason in it, up to a NUL
    pub(crate) close_reason: Option<CString>,
    /// when a call on the open WebSocket is needed though nothing has come
    pub(crate) timeout: Option<Instant>,
    /// how long the last keep-alive PING took to be answered
    pub(crate) round_trip: Option<Duration>,
    /// bytes of the WebSocket, frame headers included
    pub(crate) downloaded: u64,
    /// bytes that the write callback has taken
    pub(crate) delivered: u64,
    /// bytes of the upload, headers of its frames included: as in libcurl without what other calls send, and PONG frames
    pub(crate) uploaded: u64,
    /// bytes that the stream had received when the WebSocket opened
    received_before: u64,
    /// up to now, or up to the end
    pub(crate) total: Duration,
    finished: bool,
}

impl TransferInfo {
    /// Nothing is known yet.
    pub(crate) fn new(now: Instant) -> TransferInfo {
        TransferInfo {
            started: now,
            round_started: now,
            earlier: None,
            opening: OpeningInfo::default(),
            redirected: None,
            close_code: None,
            close_reason: None,
            timeout: None,
            round_trip: None,
            downloaded: 0,
            delivered: 0,
            uploaded: 0,
            received_before: 0,
            total: Duration::ZERO,
            finished: false,
        }
    }

    /// When the transfer began.
    pub(super) fn started(&self) -> Instant {
        self.started
    }

    /// Time from the start to `then`.
    pub(crate) fn elapsed(&self, then: Instant) -> Duration {
        then.saturating_duration_since(self.started)
    }

    /// Time from the start of a round to the milestone in it, of all rounds together, as libcurl counts.
    pub(crate) fn time_to(&self, milestone: Milestone) -> Duration {
        let reached = self.opening.reached(milestone);
        // A connection that is used again was made in an earlier round.
        let now = reached.map(|then| then.saturating_duration_since(self.round_started));
        let earlier = self
            .earlier
            .as_ref()
            .map_or(Duration::ZERO, |times| times[milestone as usize]);
        earlier + now.unwrap_or_default()
    }

    /// From the start to the last redirect that was followed.
    pub(crate) fn redirect_time(&self) -> Duration {
        self.redirected.map_or(Duration::ZERO, |then| self.elapsed(then))
    }

    /// Another round begins.
    pub(super) fn begin_round(&mut self, now: Instant) {
        self.earlier = Some(Box::new(Milestone::ALL.map(|milestone| self.time_to(milestone))));
        self.round_started = now;
        self.opening.begin_round();
    }

    /// The WebSocket opens; `early` bytes of it came with the response head.
    pub(super) fn open(&mut self, received: u64, early: usize) {
        self.received_before = received - early as u64;
    }

    /// Takes over the counters of the open WebSocket.
    pub(super) fn count(&mut self, received: u64, uploaded: u64, delivered: u64) {
        if !self.finished {
            self.downloaded = received - self.received_before;
            self.uploaded = uploaded;
            self.delivered = delivered;
        }
    }

    /// The reason in the CLOSE frame received. The application has pointers to the text that is there.
    pub(super) fn set_close_reason(&mut self, reason: Option<&[u8]>) {
        let shown = reason.map(|reason| reason.split(|byte| *byte == 0).next().unwrap_or_default());
        if self.close_reason.as_deref().map(CStr::to_bytes) != shown {
            self.close_reason = shown.and_then(|reason| CString::new(reason).ok());
        }
    }

    /// Lets the total time run while the transfer does.
    pub(super) fn clock(&mut self, now: Instant) {
        if !self.finished {
            self.total = self.elapsed(now);
        }
    }

    /// The transfer is over: time and counters stand still.
    pub(super) fn finish(&mut self, now: Instant) {
        self.clock(now);
        self.finished = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_times_of_all_rounds_are_added() {
        const SECOND: Duration = Duration::from_secs(1);
        let start = Instant::now();
        let mut info = TransferInfo::new(start);
        let times = |info: &TransferInfo| {
            [Milestone::NameLookup, Milestone::Connected, Milestone::StartTransfer].map(|at| info.time_to(at).as_secs())
        };
        assert_eq!(times(&info), [0, 0, 0]);
        info.opening.name_lookup = Some(start + SECOND);
        info.opening.connected(None, None, start + 2 * SECOND);
        info.opening.start_transfer = Some(start + 4 * SECOND);
        assert_eq!(times(&info), [1, 2, 4]);
        // On the same connection.
        info.begin_round(start + 10 * SECOND);
        assert_eq!(times(&info), [1, 2, 4]);
        info.opening.start_transfer = Some(start + 13 * SECOND);
        assert_eq!(times(&info), [1, 2, 7]);
        // On another one.
        info.begin_round(start + 20 * SECOND);
        info.opening.name_lookup = Some(start + 21 * SECOND);
        info.opening.connected(None, None, start + 25 * SECOND);
        assert_eq!(times(&info), [2, 7, 7]);
        assert_eq!(info.redirect_time(), Duration::ZERO);
        info.redirected = Some(start + 20 * SECOND);
        assert_eq!(info.redirect_time(), 20 * SECOND);
    }
}
