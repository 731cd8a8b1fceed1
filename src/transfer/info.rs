//! What is known about a transfer: the source of `curl_easy_getinfo`'s answers.

use std::time::{Duration, Instant};

use crate::open::info::OpeningInfo;

/// What is known about a transfer.
#[derive(Debug)]
pub(crate) struct TransferInfo {
    started: Instant,
    /// what was learned before the WebSocket was open
    pub(crate) opening: OpeningInfo,
    /// the last redirect was followed
    pub(super) redirected: Option<Instant>,
    /// status code of the CLOSE frame received, 1005 for one without
    pub(crate) close_code: Option<u16>,
    /// how long the last keep-alive PING took to be answered
    pub(crate) round_trip: Option<Duration>,
    /// bytes of the WebSocket, frame headers included
    pub(crate) downloaded: u64,
    /// bytes of the WebSocket, frame headers included
    pub(crate) uploaded: u64,
    /// the stream's counters when the WebSocket opened
    open_counts: Option<(u64, u64)>,
    /// up to now, or up to the end
    pub(crate) total: Duration,
    finished: bool,
}

impl TransferInfo {
    /// Nothing is known yet.
    pub(crate) fn new(now: Instant) -> TransferInfo {
        TransferInfo {
            started: now,
            opening: OpeningInfo::default(),
            redirected: None,
            close_code: None,
            round_trip: None,
            downloaded: 0,
            uploaded: 0,
            open_counts: None,
            total: Duration::ZERO,
            finished: false,
        }
    }

    /// Time from the start to `then`.
    pub(crate) fn elapsed(&self, then: Instant) -> Duration {
        then.saturating_duration_since(self.started)
    }

    /// The same for a point in time that may not have been reached.
    pub(crate) fn since_start(&self, then: Option<Instant>) -> Option<Duration> {
        then.map(|then| self.elapsed(then))
    }

    /// `CURLINFO_REDIRECT_TIME_T`: when the last redirect was followed.
    pub(crate) fn redirect_time(&self) -> Option<Duration> {
        self.since_start(self.redirected)
    }

    /// The WebSocket opens; `early` bytes of it came with the response head.
    pub(super) fn open(&mut self, received: u64, sent: u64, early: usize) {
        self.open_counts = Some((received - early as u64, sent));
    }

    /// Takes over the stream's counters.
    pub(super) fn count(&mut self, received: u64, sent: u64) {
        if self.finished {
            return;
        }
        if let Some((received_before, sent_before)) = self.open_counts {
            self.downloaded = received - received_before;
            self.uploaded = sent - sent_before;
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
