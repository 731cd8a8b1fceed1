//! Options as the settings of a transfer that runs.

use std::time::Duration;

use super::options::{ConnectOnly, Options};
use crate::transfer::websocket::Settings;
use crate::types::websocket::{CURLWS_COMPRESS, CURLWS_NOAUTOPONG, CURLWS_RAW_MODE, CURLWS_STRICT};

/// The settings that the options ask for.
pub(super) fn websocket_settings(options: &Options) -> Settings {
    let has = |bit: i64| options.ws_options & bit as u64 != 0;
    Settings {
        connect_only: options.connect_only != ConnectOnly::No,
        raw: has(CURLWS_RAW_MODE),
        auto_pong: !has(CURLWS_NOAUTOPONG),
        compress: has(CURLWS_COMPRESS),
        strict: has(CURLWS_STRICT),
        ping_interval: milliseconds(options.ws_ping_interval_ms),
        pong_timeout: milliseconds(options.ws_pong_timeout_ms),
        max_message: (options.ws_max_message_size > 0).then_some(options.ws_max_message_size),
    }
}

/// A span of time, `None` for 0.
pub(super) fn milliseconds(count: u64) -> Option<Duration> {
    (count > 0).then(|| Duration::from_millis(count))
}
