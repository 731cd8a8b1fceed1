//! The options of an open WebSocket.

use std::time::Duration;

use crate::ws;

/// How the application wants its WebSocket: `CURLOPT_WS_OPTIONS` and the other options of that prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Settings {
    /// the application asks for frames (`CURLOPT_CONNECT_ONLY`), no callback gets them
    pub(crate) connect_only: bool,
    /// the application reads and writes frames itself
    pub(crate) raw: bool,
    /// PING frames are answered and not delivered
    pub(crate) auto_pong: bool,
    /// compression is offered in the opening handshake
    pub(crate) compress: bool,
    /// TEXT and CLOSE frames are checked, CLOSE is answered; in force from the opening handshake on
    pub(crate) strict: bool,
    /// time between keep-alive PING frames
    pub(crate) ping_interval: Option<Duration>,
    /// how long their PONG frames may take
    pub(crate) pong_timeout: Option<Duration>,
    /// the largest message that may be received, in bytes
    pub(crate) max_message: Option<u64>,
}

impl Settings {
    pub(super) fn config(&self, verbose: bool) -> ws::Config {
        ws::Config {
            strict: self.strict,
            answer_ping: self.auto_pong && !self.raw,
            answer_close: self.strict || (!self.connect_only && self.auto_pong && !self.raw),
            announce_failure: !self.raw,
            ping_interval: self.ping_interval.filter(|_| !self.raw),
            pong_timeout: self.pong_timeout,
            max_message: self.max_message,
            report_headers: verbose,
        }
    }
}
