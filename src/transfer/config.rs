//! What a transfer is to do with its stream, fixed when it starts.

use std::time::Duration;

use crate::transfer::websocket::Settings;

/// Everything a transfer needs to know beside the [`Plan`](crate::open::plan::Plan), with no pointer to the application.
pub(crate) struct Config {
    /// who drives it in the end
    pub(crate) mode: Mode,
    /// it ends with the response head (`CURLOPT_NOBODY`)
    pub(crate) head_only: bool,
    /// how the WebSocket behaves
    pub(crate) websocket: Settings,
    /// the read callback feeds it
    pub(crate) upload: bool,
    /// bytes the read callback is asked for at most
    pub(crate) upload_size: usize,
    /// for the whole transfer; with CONNECT_ONLY up to the open connection
    pub(crate) timeout: Option<Duration>,
    /// up to the open connection
    pub(crate) connect_timeout: Duration,
    /// fewer bytes a second than this, for so long, end it
    pub(crate) low_speed: Option<(u64, Duration)>,
    /// bytes that the write callback gets at once at most (`CURLOPT_BUFFERSIZE`)
    pub(crate) max_chunk: usize,
    /// bytes that the write callback gets at most (`CURLOPT_MAXFILESIZE`)
    pub(crate) max_size: Option<u64>,
    /// bytes a second that the write callback gets at most, 0 for no limit
    pub(crate) max_receive_speed: u64,
    /// bytes a second that the read callback gives at most, 0 for no limit
    pub(crate) max_send_speed: u64,
    /// trace lines are kept for the debug callback
    pub(crate) verbose: bool,
}

/// Who drives a transfer once its stream is open (`CURLOPT_CONNECT_ONLY`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// 0: callbacks get and give frames until the peer ends it
    Callbacks,
    /// 1 or 2: the application, with calls of its own
    ConnectOnly,
}
