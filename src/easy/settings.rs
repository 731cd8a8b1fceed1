//! Options as the settings of a transfer that runs.

use std::time::Duration;

use super::handle::Easy;
use super::options::{ConnectOnly, Options};
use crate::transfer::websocket::Settings;
use crate::types::websocket::{CURLWS_COMPRESS, CURLWS_NOAUTOPONG, CURLWS_RAW_MODE, CURLWS_STRICT};

impl Easy {
    /// The options of the WebSocket as they are now.
    pub(super) fn ws_settings(&self) -> Settings {
        websocket_settings(&self.options().borrow())
    }

    /// Passes changed options to a transfer that runs.
    pub(crate) fn options_changed(&self) {
        let (verbose, timeout, settings) = {
            let options = self.options().borrow();
            let timeout = milliseconds(options.connection.timeout_ms);
            (options.verbose, timeout, websocket_settings(&options))
        };
        self.with_transfer(|transfer| {
            transfer.set_verbose(verbose);
            transfer.set_timeout(timeout);
            transfer.set_websocket_settings(settings, verbose);
        });
    }
}

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
