//! What `curl_easy_setopt` has set: one plain record, read when a transfer starts and when a callback is due.

mod callbacks;
mod check;
mod connection;
mod general;
mod protocols;
mod ranges;
mod request;
pub mod support;
mod tls;
pub mod value;

use std::collections::BTreeMap;
use std::ffi::{CString, c_void};

use self::check::not_built_in;
use self::support::{Support, Theme, support};
use self::value::Value;
use crate::error::{Error, Result};
use crate::ffi::slist::Slist;
use crate::types::callbacks::*;
use crate::types::codes::CURLcode::CURLE_UNKNOWN_OPTION;
use crate::types::option::CURLoption;

/// The options of an easy handle. Strings are copies; lists and user pointers stay the application's. Those that every
/// event looks at lie together, in front.
#[derive(Clone)]
#[repr(C)]
pub struct Options {
    /// `CURLOPT_WS_OPTIONS`, a `CURLWS_` bit mask
    pub ws_options: u64,
    /// `CURLOPT_WS_PING_INTERVAL_MS`, 0 for no keep-alive
    pub ws_ping_interval_ms: u64,
    /// `CURLOPT_WS_PONG_TIMEOUT_MS`, 0 to wait for ever
    pub ws_pong_timeout_ms: u64,
    /// `CURLOPT_WS_MAX_MESSAGE_SIZE` in bytes, 0 for no limit
    pub ws_max_message_size: u64,
    /// `CURLOPT_CONNECT_ONLY`
    pub connect_only: ConnectOnly,
    pub upload: bool,
    pub no_progress: bool,
    pub verbose: bool,
    /// `CURLOPT_HEADER`: the response head goes to the write callback, too
    pub header: bool,
    pub fail_on_error: bool,
    /// `CURLOPT_ERRORBUFFER`: `CURL_ERROR_SIZE` bytes of the application's, or NULL
    pub error_buffer: *mut std::ffi::c_char,
    pub callbacks: Callbacks,

    pub request: RequestOptions,
    pub connection: ConnectionOptions,
    pub tls: TlsOptions,
    /// `CURLOPT_BUFFERSIZE` in bytes, `None` while not set
    pub buffer_size: Option<usize>,
    /// `CURLOPT_UPLOAD_BUFFERSIZE` in bytes
    pub upload_buffer_size: usize,
    /// `CURLOPT_STDERR`, the C library's own while not set; never NULL outside of Miri
    pub stderr: *mut libc::FILE,
    pub private: *mut c_void,

    /// Options that mean nothing to a WebSocket: the last value set of each (filled by `set`)
    pub remembered: Remembered,
}

impl Options {
    /// Sets `option`, as `curl_easy_setopt` does. An error leaves everything as it was.
    ///
    /// # Errors
    ///
    /// libcurl's codes: `CURLE_BAD_FUNCTION_ARGUMENT` for a value that is out of range, `CURLE_UNSUPPORTED_PROTOCOL` for
    /// the name of an unknown protocol, `CURLE_NOT_BUILT_IN` for what would make a difference and is not supported.
    /// [`support()`] tells which options those are.
    pub fn set(&mut self, option: CURLoption, value: Value) -> Result<()> {
        match support(option) {
            Support::Works(Theme::Request) => self.request.set(option, value),
            Support::Works(Theme::Connection) => self.connection.set(option, value),
            Support::Works(Theme::Tls) => self.tls.set(option, value),
            Support::Works(Theme::Callback) => self.callbacks.set(option, value),
            Support::Works(Theme::Transfer) => self.set_general(option, value),
            Support::Remembered(_) => {
                ranges::check(option, &value)?;
                self.remembered.insert(option, value);
                Ok(())
            }
            Support::Refused(why) => {
                ranges::check(option, &value)?;
                if !support::is_neutral(option, &value) {
                    return Err(not_built_in(option, why));
                }
                self.remembered.insert(option, value);
                Ok(())
            }
            Support::NotAnOption => Err(Error::new(
                CURLE_UNKNOWN_OPTION,
                format!("{} is not an option", option as u32),
            )),
        }
    }

    /// Back to the defaults, all of it, as `curl_easy_reset` does: also the error buffer and the private pointer. What
    /// the handle keeps lies outside of its options: connections, TLS sessions, resolved names.
    pub fn reset(&mut self) {
        *self = Options::default();
    }
}

/// The last value of each option that has no effect.
#[derive(Debug, Clone, Default)]
pub struct Remembered(BTreeMap<u32, Value>);

impl Remembered {
    /// What `option` was set to, if it was.
    pub fn get(&self, option: CURLoption) -> Option<&Value> {
        self.0.get(&(option as u32))
    }

    fn insert(&mut self, option: CURLoption, value: Value) {
        self.0.insert(option as u32, value);
    }
}

/// `CURLOPT_CONNECT_ONLY`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ConnectOnly {
    /// 0: callback mode
    #[default]
    No,
    /// 1: stop once TCP and TLS are connected, send no request
    Transport,
    /// 2: stop once the opening handshake is complete
    WebSocket,
}

/// What the opening handshake's request says.
#[derive(Clone)]
pub struct RequestOptions {
    pub url: Option<CString>,
    /// `CURLOPT_PORT`, 0 for the URL's own
    pub port: u16,
    pub default_protocol: Option<CString>,
    /// `CURLOPT_PROTOCOLS(_STR)`
    pub allow_ws: bool,
    pub allow_wss: bool,
    pub path_as_is: bool,
    /// `CURLOPT_DISALLOW_USERNAME_IN_URL`
    pub disallow_user: bool,
    pub request_target: Option<CString>,
    pub custom_request: Option<CString>,
    pub no_body: bool,
    pub user_agent: Option<CString>,
    pub referer: Option<CString>,
    pub cookie: Option<CString>,
    pub headers: Slist,
    /// `CURLOPT_HTTPAUTH` bit mask. As in libcurl, a scheme is used before the server has asked for it only when it is
    /// the only bit set.
    pub http_auth: u64,
    pub username: Option<CString>,
    pub password: Option<CString>,
    pub bearer: Option<CString>,
}

/// How the connection is made and how long that may take. Times are milliseconds, 0 for none.
#[derive(Clone)]
pub struct ConnectionOptions {
    pub timeout_ms: u64,
    /// 0 stands for libcurl's default of 300 s
    pub connect_timeout_ms: u64,
    /// bytes per second
    pub low_speed_limit: u64,
    /// seconds
    pub low_speed_time: u64,
    pub tcp_nodelay: bool,
    pub tcp_keepalive: bool,
    /// seconds
    pub tcp_keepidle: u32,
    /// seconds
    pub tcp_keepintvl: u32,
    pub tcp_keepcnt: u32,
    pub ip_resolve: IpResolve,
    pub resolve: Slist,
    pub connect_to: Slist,
    pub interface: Option<CString>,
    pub local_port: u16,
    pub local_port_range: u16,
    pub unix_socket: Option<UnixPath>,
    pub happy_eyeballs_ms: u64,
    /// seconds; `None` is for ever (-1)
    pub dns_cache_timeout: Option<u64>,
    pub dns_shuffle: bool,
    pub address_scope: u32,
}

/// `CURLOPT_IPRESOLVE`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IpResolve {
    #[default]
    Any,
    V4,
    V6,
}

/// `CURLOPT_UNIX_SOCKET_PATH` or `CURLOPT_ABSTRACT_UNIX_SOCKET`, whichever was set last
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnixPath {
    File(CString),
    Abstract(CString),
}

/// TLS of the connection to the server.
#[derive(Clone, PartialEq, Eq)]
pub struct TlsOptions {
    pub verify_peer: bool,
    pub verify_host: bool,
    pub ca_info: Option<CString>,
    pub ca_path: Option<CString>,
    pub ca_info_blob: Option<Vec<u8>>,
    /// `CURLOPT_SSLVERSION`: lowest version, as `CURL_SSLVERSION_TLSv1_2` or `_TLSv1_3`
    pub min_version: u32,
    /// highest version, the same way
    pub max_version: u32,
    /// how long the trusted certificates that were read are used; `None` is for ever
    pub ca_cache_seconds: Option<u64>,
    pub session_cache: bool,
    /// always false: `CURLOPT_CERTINFO` is refused
    pub cert_info: bool,
}

/// The application's functions and what they are given.
#[derive(Clone, Copy)]
pub struct Callbacks {
    pub write: curl_write_callback,
    pub write_data: *mut c_void,
    pub header: curl_write_callback,
    pub header_data: *mut c_void,
    pub read: curl_read_callback,
    pub read_data: *mut c_void,
    pub debug: curl_debug_callback,
    pub debug_data: *mut c_void,
    pub xferinfo: curl_xferinfo_callback,
    pub progress: curl_progress_callback,
    /// shared by the two above, as in libcurl
    pub progress_data: *mut c_void,
    pub sockopt: curl_sockopt_callback,
    pub sockopt_data: *mut c_void,
    pub opensocket: curl_opensocket_callback,
    pub opensocket_data: *mut c_void,
    pub closesocket: curl_closesocket_callback,
    pub closesocket_data: *mut c_void,
    pub prereq: curl_prereq_callback,
    pub prereq_data: *mut c_void,
    pub ws_open: curl_ws_open_callback,
    pub ws_open_data: *mut c_void,
    pub resolver_start: curl_resolver_start_callback,
    pub resolver_start_data: *mut c_void,
}

#[cfg(test)]
mod documentation;
#[cfg(test)]
mod tests;
