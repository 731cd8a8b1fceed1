//! Options as the settings of an open WebSocket.

use std::time::Duration;

use super::options::{ConnectOnly, Options};
use crate::transfer::websocket::Settings;
use crate::types::websocket::{CURLWS_COMPRESS, CURLWS_NOAUTOPONG, CURLWS_RAW_MODE, CURLWS_STRICT};

/// The settings that the options ask for.
pub(super) fn websocket_settings(options: &Options) -> Settings {
    let has = |bit: i64| options.ws_options & bit as u64 != 0;
    let span = |milliseconds: u64| (milliseconds > 0).then(|| Duration::from_millis(milliseconds));
    Settings {
        connect_only: options.connect_only != ConnectOnly::No,
        raw: has(CURLWS_RAW_MODE),
        auto_pong: !has(CURLWS_NOAUTOPONG),
        compress: has(CURLWS_COMPRESS),
        strict: has(CURLWS_STRICT),
        ping_interval: span(options.ws_ping_interval_ms),
        pong_timeout: span(options.ws_pong_timeout_ms),
        max_message: (options.ws_max_message_size > 0).then_some(options.ws_max_message_size),
    }
}
