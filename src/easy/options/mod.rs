//! What `curl_easy_setopt` has set: one plain record, read when a transfer starts and when a callback is due.

mod callbacks;
mod check;
mod connection;
mod general;
mod guards;
mod neutral;
mod protocols;
mod proxy;
mod ranges;
mod rare;
mod request;
mod size;
mod tls;
pub(crate) mod value;

use std::collections::BTreeMap;
use std::ffi::CString;
use std::sync::Arc;

use self::check::not_built_in;
use self::guards::RefusedGuards;
pub(crate) use self::protocols::RedirectTargets;
use self::protocols::Schemes;
use self::rare::Rare;
use self::value::Value;
use crate::error::{Error, Result};
use crate::ffi::callback::Callback;
use crate::ffi::callback::easy::*;
use crate::ffi::pointer::{ErrorBuffer, Pointer};
use crate::ffi::slist::Slist;
use crate::ffi::stdio::File;
use crate::secret::Secret;
use crate::types::codes::CURLcode::CURLE_UNKNOWN_OPTION;
use crate::types::option::CURLoption;
use crate::types::options::{self, Group, Support};
use crate::url::UrlHandle;

/// The options of an easy handle. Strings are copies; lists and user pointers stay the application's. Those that every
/// event looks at lie together, in front.
#[derive(Clone)]
#[repr(C)]
pub(crate) struct Options {
    /// `CURLOPT_WS_OPTIONS`, a `CURLWS_` bit mask
    pub(crate) ws_options: u64,
    /// `CURLOPT_WS_PING_INTERVAL_MS`, 0 for no keep-alive
    pub(crate) ws_ping_interval_ms: u64,
    /// `CURLOPT_WS_PONG_TIMEOUT_MS`, 0 to wait for ever
    pub(crate) ws_pong_timeout_ms: u64,
    /// `CURLOPT_WS_MAX_MESSAGE_SIZE` in bytes, 0 for no limit
    pub(crate) ws_max_message_size: u64,
    /// `CURLOPT_CONNECT_ONLY`
    pub(crate) connect_only: ConnectOnly,
    pub(crate) upload: bool,
    pub(crate) no_progress: bool,
    pub(crate) verbose: bool,
    /// `CURLOPT_HEADER`: the response head goes to the write callback, too
    pub(crate) header: bool,
    pub(crate) fail_on_error: bool,
    pub(crate) error_buffer: ErrorBuffer,
    pub(crate) callbacks: Callbacks,

    /// `CURLOPT_URL`
    pub(crate) url: Option<CString>,
    pub(crate) request: Rare<RequestOptions>,
    pub(crate) connection: Rare<ConnectionOptions>,
    pub(crate) tls: Rare<TlsOptions>,
    pub(crate) proxy: Rare<ProxyOptions>,
    /// the `CURLOPT_PROXY_` options of TLS
    pub(crate) proxy_tls: Rare<TlsOptions>,
    /// how long the trusted certificates that were read are used; `None` is for ever
    pub(crate) ca_cache_seconds: Option<u64>,
    /// `CURLOPT_SSL_SESSIONID_CACHE`
    pub(crate) session_cache: bool,
    /// `CURLOPT_SSL_ENABLE_ALPN`
    pub(crate) alpn: bool,
    /// `CURLOPT_CERTINFO`
    pub(crate) cert_info: bool,
    /// `CURLOPT_BUFFERSIZE` in bytes, `None` while not set
    pub(crate) buffer_size: Option<usize>,
    /// `CURLOPT_UPLOAD_BUFFERSIZE` in bytes
    pub(crate) upload_buffer_size: usize,
    /// `CURLOPT_STDERR`, the C library's own while not set
    pub(crate) stderr: File,
    pub(crate) private: Pointer,

    /// Options that mean nothing to a WebSocket: the last value set of each (filled by `set`)
    pub(crate) remembered: Remembered,
    refused_guards: RefusedGuards,
    /// why no transfer may begin
    blocked: Option<Error>,
}

impl Options {
    /// Sets `option`, as `curl_easy_setopt` does. An error leaves everything as it was.
    ///
    /// # Errors
    ///
    /// libcurl's codes: `CURLE_BAD_FUNCTION_ARGUMENT` for a value that is out of range, `CURLE_UNSUPPORTED_PROTOCOL` for
    /// the name of an unknown protocol, `CURLE_NOT_BUILT_IN` for what would make a difference and is not supported.
    /// The table tells which options those are.
    pub(crate) fn set(&mut self, option: CURLoption, value: Value) -> Result<()> {
        let Some(row) = options::find(option as u32) else {
            return Err(Error::new(
                CURLE_UNKNOWN_OPTION,
                format!("unknown CURLoption {}", option as u32),
            ));
        };
        let result = self.set_supported(row.support, option, value);
        if row.is_guard {
            self.refused_guards.update(option, &result);
        }
        result
    }

    fn set_supported(&mut self, support: Support, option: CURLoption, value: Value) -> Result<()> {
        match support {
            Support::Works(Group::Request) => return self.set_request(option, value),
            Support::Works(Group::Connection) => return self.connection.set(option, value),
            Support::Works(Group::Tls) => return self.tls.set(option, value),
            Support::Works(Group::Proxy) => return self.proxy.set(option, value),
            Support::Works(Group::ProxyTls) => return self.proxy_tls.set(option, value),
            Support::Works(Group::Callback) => return self.callbacks.set(option, value),
            Support::Works(Group::Transfer) => return self.set_general(option, value),
            Support::Remembered(_) | Support::OldName => ranges::check(option, &value)?,
            Support::Refused(why) => {
                ranges::check(option, &value)?;
                if !neutral::is_neutral(option, &value) {
                    return Err(not_built_in(option, why));
                }
            }
        }
        self.remembered.insert(option, value);
        Ok(())
    }

    /// Whether a transfer may begin: an option that guards the connection must not have been refused.
    ///
    /// # Errors
    ///
    /// What `curl_easy_setopt` returned, until the option is set back.
    pub(super) fn check_guards(&self) -> Result<()> {
        self.refused_guards.check()?;
        self.blocked.clone().map_or(Ok(()), Err)
    }

    /// Has all transfers fail with `error`, until `None` is given.
    pub(crate) fn block(&mut self, error: Option<Error>) {
        self.blocked = error;
    }
}

/// The last value of each option that has no effect.
#[derive(Debug, Clone, Default)]
pub(crate) struct Remembered(BTreeMap<u32, Value>);

impl Remembered {
    /// What `option` was set to, if it was.
    #[cfg(test)]
    pub(crate) fn get(&self, option: CURLoption) -> Option<&Value> {
        self.0.get(&(option as u32))
    }

    fn insert(&mut self, option: CURLoption, value: Value) {
        self.0.insert(option as u32, value);
    }
}

/// `CURLOPT_CONNECT_ONLY`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum ConnectOnly {
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
pub(crate) struct RequestOptions {
    /// `CURLOPT_CURLU`, in place of `CURLOPT_URL`
    pub(crate) url_handle: Option<Arc<UrlHandle>>,
    /// `CURLOPT_PORT`, 0 for the URL's own
    pub(crate) port: u16,
    pub(crate) default_protocol: Option<CString>,
    /// `CURLOPT_PROTOCOLS(_STR)`
    pub(crate) allowed_schemes: Schemes,
    pub(crate) path_as_is: bool,
    /// `CURLOPT_DISALLOW_USERNAME_IN_URL`
    pub(crate) disallow_user: bool,
    pub(crate) request_target: Option<CString>,
    pub(crate) custom_request: Option<CString>,
    pub(crate) no_body: bool,
    pub(crate) user_agent: Option<CString>,
    /// `CURLOPT_TRANSFER_ENCODING`
    pub(crate) transfer_encoding: bool,
    pub(crate) accept_encoding: Option<CString>,
    pub(crate) referer: Option<CString>,
    pub(crate) cookie: Option<CString>,
    /// `CURLOPT_COOKIEFILE`, each one that was set
    pub(crate) cookie_files: Vec<CString>,
    pub(crate) cookie_jar: Option<CString>,
    pub(crate) cookie_session: bool,
    /// `CURLOPT_HSTS`, each one that was set
    pub(crate) hsts_files: Vec<CString>,
    /// `CURLOPT_HSTS_CTRL`, a `CURLHSTS_` bit mask
    pub(crate) hsts_control: i64,
    pub(crate) headers: Slist,
    /// `CURLOPT_FOLLOWLOCATION`
    pub(crate) follow: Follow,
    /// `CURLOPT_MAXREDIRS`, `None` for no limit
    pub(crate) max_redirects: Option<u32>,
    /// `CURLOPT_AUTOREFERER`
    pub(crate) auto_referer: bool,
    /// `CURLOPT_REDIR_PROTOCOLS(_STR)`
    pub(crate) redirect_targets: RedirectTargets,
    /// `CURLOPT_UNRESTRICTED_AUTH`
    pub(crate) unrestricted_auth: bool,
    pub(crate) netrc: Netrc,
    /// `CURLOPT_NETRC_FILE`
    pub(crate) netrc_file: Option<CString>,
    /// `CURLOPT_HTTPAUTH` bit mask. As in libcurl, a scheme is used before the server has asked for it only when it is
    /// the only bit set.
    pub(crate) http_auth: u64,
    pub(crate) username: Option<CString>,
    pub(crate) password: Option<Secret>,
    pub(crate) bearer: Option<Secret>,
}

/// `CURLOPT_FOLLOWLOCATION`: whether redirects are followed, and with which method
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Follow {
    #[default]
    No,
    /// 1: each request has `CURLOPT_CUSTOMREQUEST`
    SameMethod,
    /// 2: GET where the status of the redirect asks for it
    ObeyStatus,
    /// 3: `CURLOPT_CUSTOMREQUEST` is for the first request only
    FirstOnly,
}

/// `CURLOPT_NETRC`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Netrc {
    #[default]
    Ignored,
    Optional,
    Required,
}

/// How the connection is made and how long that may take. Times are milliseconds, 0 for none.
#[derive(Clone)]
pub(crate) struct ConnectionOptions {
    pub(crate) timeout_ms: u64,
    /// 0 stands for libcurl's default of 300 s
    pub(crate) connect_timeout_ms: u64,
    /// bytes per second
    pub(crate) low_speed_limit: u64,
    /// seconds
    pub(crate) low_speed_time: u64,
    /// bytes, 0 for no limit
    pub(crate) max_file_size: u64,
    /// bytes per second
    pub(crate) max_receive_speed: u64,
    /// bytes per second
    pub(crate) max_send_speed: u64,
    pub(crate) tcp_nodelay: bool,
    pub(crate) tcp_keepalive: bool,
    /// seconds
    pub(crate) tcp_keepidle: u32,
    /// seconds
    pub(crate) tcp_keepintvl: u32,
    pub(crate) tcp_keepcnt: u32,
    pub(crate) ip_resolve: IpResolve,
    pub(crate) resolve: Slist,
    pub(crate) connect_to: Slist,
    pub(crate) interface: Option<CString>,
    pub(crate) local_port: u16,
    pub(crate) local_port_range: u16,
    pub(crate) unix_socket: Option<UnixPath>,
    pub(crate) happy_eyeballs_ms: u64,
    /// seconds; `None` is for ever (-1)
    pub(crate) dns_cache_timeout: Option<u64>,
    pub(crate) dns_shuffle: bool,
    pub(crate) address_scope: u32,
    /// `CURLOPT_FORBID_REUSE`
    pub(crate) forbid_reuse: bool,
    /// `CURLOPT_MAXLIFETIME_CONN`
    pub(crate) max_lifetime_ms: u64,
}

/// `CURLOPT_IPRESOLVE`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum IpResolve {
    #[default]
    Any,
    V4,
    V6,
}

/// `CURLOPT_UNIX_SOCKET_PATH` or `CURLOPT_ABSTRACT_UNIX_SOCKET`, whichever was set last
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum UnixPath {
    File(CString),
    Abstract(CString),
}

/// Proxies on the way to the server.
#[derive(Clone)]
pub(crate) struct ProxyOptions {
    /// `CURLOPT_PROXY`; "" is none, also of the environment
    pub(crate) url: Option<CString>,
    /// `CURLOPT_PRE_PROXY`, in front of it
    pub(crate) pre_url: Option<CString>,
    /// `CURLOPT_NOPROXY`, in place of the environment's `no_proxy`
    pub(crate) exempted: Option<CString>,
    /// `CURLOPT_PROXYPORT` where the URL has none, 0 for the scheme's own
    pub(crate) port: u16,
    /// `CURLOPT_PROXYTYPE` where the URL has no scheme
    pub(crate) kind: ProxyKind,
    /// `CURLOPT_PROXYAUTH` bit mask, as with `http_auth`
    pub(crate) auth: u64,
    pub(crate) username: Option<CString>,
    pub(crate) password: Option<Secret>,
    /// `CURLOPT_SOCKS5_AUTH`: user name and password may be sent
    pub(crate) socks5_password: bool,
    /// `CURLOPT_PROXYHEADER`
    pub(crate) headers: Slist,
    /// `CURLOPT_HEADEROPT`: a proxy gets these, and not `CURLOPT_HTTPHEADER`
    pub(crate) separate_headers: bool,
    pub(crate) suppress_connect_headers: bool,
    /// `CURLOPT_HAPROXYPROTOCOL`
    pub(crate) haproxy: bool,
    pub(crate) haproxy_client_ip: Option<CString>,
}

/// `CURLOPT_PROXYTYPE`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProxyKind {
    Http,
    /// HTTP/1.0
    Http10,
    Https,
    Socks4,
    Socks4a,
    Socks5,
    /// SOCKS 5, and the proxy resolves names
    Socks5h,
}

impl ProxyKind {
    pub(crate) fn is_socks(self) -> bool {
        !matches!(self, ProxyKind::Http | ProxyKind::Http10 | ProxyKind::Https)
    }
}

/// TLS of the connection to the server, or to an HTTPS proxy: the names are those of the former's options.
#[derive(Clone)]
pub(crate) struct TlsOptions {
    pub(crate) verify_peer: bool,
    pub(crate) verify_host: bool,
    pub(crate) ca_info: Option<CString>,
    pub(crate) ca_path: Option<CString>,
    pub(crate) ca_info_blob: Option<Vec<u8>>,
    /// `CURLOPT_SSL_OPTIONS`, a `CURLSSLOPT_` bit mask
    pub(crate) bits: u64,
    pub(crate) crl_file: Option<CString>,
    pub(crate) issuer: Option<CString>,
    pub(crate) issuer_blob: Option<Vec<u8>>,
    pub(crate) pinned_key: Option<CString>,
    pub(crate) certificate: Option<CString>,
    /// it may have the key in it
    pub(crate) certificate_blob: Option<Secret>,
    pub(crate) certificate_type: Option<CString>,
    pub(crate) key: Option<CString>,
    pub(crate) key_blob: Option<Secret>,
    pub(crate) key_type: Option<CString>,
    pub(crate) key_password: Option<Secret>,
    /// `CURLOPT_SSLVERSION`: lowest version, as `CURL_SSLVERSION_TLSv1_2` or `_TLSv1_3`
    pub(crate) min_version: u32,
    /// highest version, the same way
    pub(crate) max_version: u32,
    pub(crate) ciphers: Option<CString>,
    pub(crate) ciphers_13: Option<CString>,
    /// for the server alone, as in libcurl
    pub(crate) curves: Option<CString>,
    /// the same
    pub(crate) signature_algorithms: Option<CString>,
}

/// The application's functions and what they are given.
#[derive(Clone, Copy)]
pub(crate) struct Callbacks {
    pub(crate) write: Callback<Write>,
    pub(crate) header: Callback<Write>,
    pub(crate) read: Callback<Read>,
    pub(crate) debug: Callback<Debug>,
    /// with the same data as `progress`, as in libcurl
    pub(crate) xferinfo: Callback<XferInfo>,
    pub(crate) progress: Callback<Progress>,
    pub(crate) sockopt: Callback<SockOpt>,
    pub(crate) opensocket: Callback<OpenSocket>,
    pub(crate) closesocket: Callback<CloseSocket>,
    pub(crate) prereq: Callback<PreReq>,
    pub(crate) ws_open: Callback<WsOpen>,
    pub(crate) resolver_start: Callback<ResolverStart>,
    pub(crate) hsts_read: Callback<HstsRead>,
    pub(crate) hsts_write: Callback<HstsWrite>,
}

#[cfg(test)]
mod tests;
