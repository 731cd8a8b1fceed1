//! What is known about a transfer: the source of `curl_easy_getinfo`'s answers.

use std::ffi::CString;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::transfer::headers::HeaderStore;

/// Facts gathered on the way. Points in time are `None` while not reached.
#[derive(Debug)]
pub struct Facts {
    started: Instant,
    /// peer of the last connection
    pub primary: Option<SocketAddr>,
    /// our side of it, known once it was asked for or the connection is over
    pub local: Option<SocketAddr>,
    /// connections made
    pub connects: u32,
    /// of the last failed system call while connecting
    pub os_errno: i32,
    /// an OpenSSL verify result, 0 for a good certificate
    pub verify_result: i64,
    /// bytes of the request
    pub request_size: u64,
    /// bytes of all response heads
    pub header_size: u64,
    /// the headers of all response heads
    pub headers: HeaderStore,
    /// status of the last response head
    pub status: u16,
    /// HTTP version of the last response head
    pub http_version: Option<(u8, u8)>,
    /// its Content-Type
    pub content_type: Option<CString>,
    /// its Location
    pub location: Option<CString>,
    /// seconds of its Retry-After
    pub retry_after: Option<u64>,
    /// the extensions that the server accepted, as its header has them
    pub extensions: Option<CString>,
    /// the subprotocol it chose
    pub protocol: Option<CString>,
    /// status code of the CLOSE frame received, 1005 for one without
    pub close_code: Option<u16>,
    /// how long the last keep-alive PING took to be answered
    pub round_trip: Option<Duration>,
    /// bytes of the WebSocket, frame heads included
    pub downloaded: u64,
    /// bytes of the WebSocket, frame heads included
    pub uploaded: u64,
    /// the stream's counters when the WebSocket opened
    open_counts: Option<(u64, u64)>,
    /// the name is resolved
    pub name_lookup: Option<Instant>,
    /// TCP is connected
    pub connect: Option<Instant>,
    /// TLS is established
    pub app_connect: Option<Instant>,
    /// the request is about to be sent
    pub pre_transfer: Option<Instant>,
    /// the request is sent
    pub post_transfer: Option<Instant>,
    /// the first byte of the response came
    pub start_transfer: Option<Instant>,
    /// up to now, or up to the end
    pub total: Duration,
    finished: bool,
}

impl Facts {
    /// Nothing is known yet.
    pub fn new(now: Instant) -> Facts {
        Facts {
            started: now,
            primary: None,
            local: None,
            connects: 0,
            os_errno: 0,
            verify_result: 0,
            request_size: 0,
            header_size: 0,
            headers: HeaderStore::default(),
            status: 0,
            http_version: None,
            content_type: None,
            location: None,
            retry_after: None,
            extensions: None,
            protocol: None,
            close_code: None,
            round_trip: None,
            downloaded: 0,
            uploaded: 0,
            open_counts: None,
            name_lookup: None,
            connect: None,
            app_connect: None,
            pre_transfer: None,
            post_transfer: None,
            start_transfer: None,
            total: Duration::ZERO,
            finished: false,
        }
    }

    /// Time from the start to `then`.
    pub fn elapsed(&self, then: Instant) -> Duration {
        then.saturating_duration_since(self.started)
    }

    /// The same for a point in time that may not have been reached.
    pub fn since_start(&self, then: Option<Instant>) -> Option<Duration> {
        then.map(|then| self.elapsed(then))
    }

    /// The WebSocket opens; `early` bytes of it came with the response head.
    pub fn open(&mut self, received: u64, sent: u64, early: usize) {
        self.open_counts = Some((received - early as u64, sent));
    }

    /// Takes over the stream's counters.
    pub fn count(&mut self, received: u64, sent: u64) {
        if self.finished {
            return;
        }
        if let Some((received_before, sent_before)) = self.open_counts {
            self.downloaded = received - received_before;
            self.uploaded = sent - sent_before;
        }
    }

    /// Lets the total time run while the transfer does.
    pub fn clock(&mut self, now: Instant) {
        if !self.finished {
            self.total = self.elapsed(now);
        }
    }

    /// The transfer is over: time and counters stand still.
    pub fn finish(&mut self, now: Instant) {
        self.clock(now);
        self.finished = true;
    }
}
