//! Values of the options about connections.

use std::ffi::{c_long, c_ulong};

// `CURLOPT_PROTOCOLS` and `CURLINFO_PROTOCOL`

pub const CURLPROTO_HTTP: c_long = 1i64 << 0;
pub const CURLPROTO_HTTPS: c_long = 1i64 << 1;
pub const CURLPROTO_FTP: c_long = 1i64 << 2;
pub const CURLPROTO_FTPS: c_long = 1i64 << 3;
pub const CURLPROTO_SCP: c_long = 1i64 << 4;
pub const CURLPROTO_SFTP: c_long = 1i64 << 5;
pub const CURLPROTO_TELNET: c_long = 1i64 << 6;
pub const CURLPROTO_LDAP: c_long = 1i64 << 7;
pub const CURLPROTO_LDAPS: c_long = 1i64 << 8;
pub const CURLPROTO_DICT: c_long = 1i64 << 9;
pub const CURLPROTO_FILE: c_long = 1i64 << 10;
pub const CURLPROTO_TFTP: c_long = 1i64 << 11;
pub const CURLPROTO_IMAP: c_long = 1i64 << 12;
pub const CURLPROTO_IMAPS: c_long = 1i64 << 13;
pub const CURLPROTO_POP3: c_long = 1i64 << 14;
pub const CURLPROTO_POP3S: c_long = 1i64 << 15;
pub const CURLPROTO_SMTP: c_long = 1i64 << 16;
pub const CURLPROTO_SMTPS: c_long = 1i64 << 17;
pub const CURLPROTO_RTSP: c_long = 1i64 << 18;
pub const CURLPROTO_RTMP: c_long = 1i64 << 19;
pub const CURLPROTO_RTMPT: c_long = 1i64 << 20;
pub const CURLPROTO_RTMPE: c_long = 1i64 << 21;
pub const CURLPROTO_RTMPTE: c_long = 1i64 << 22;
pub const CURLPROTO_RTMPS: c_long = 1i64 << 23;
pub const CURLPROTO_RTMPTS: c_long = 1i64 << 24;
pub const CURLPROTO_GOPHER: c_long = 1i64 << 25;
pub const CURLPROTO_SMB: c_long = 1i64 << 26;
pub const CURLPROTO_SMBS: c_long = 1i64 << 27;
pub const CURLPROTO_MQTT: c_long = 1i64 << 28;
pub const CURLPROTO_GOPHERS: c_long = 1i64 << 29;
pub const CURLPROTO_ALL: c_ulong = 0xFFFF_FFFFu64;

// `CURLOPT_PROXYTYPE`

pub const CURLPROXY_HTTP: c_long = 0i64;
pub const CURLPROXY_HTTP_1_0: c_long = 1i64;
pub const CURLPROXY_HTTPS: c_long = 2i64;
pub const CURLPROXY_HTTPS2: c_long = 3i64;
pub const CURLPROXY_SOCKS4: c_long = 4i64;
pub const CURLPROXY_SOCKS5: c_long = 5i64;
pub const CURLPROXY_SOCKS4A: c_long = 6i64;
pub const CURLPROXY_SOCKS5_HOSTNAME: c_long = 7i64;
pub const CURLPROXY_HTTPS3: c_long = 8i64;

/// Was the type of the above.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum curl_proxytype {
    CURLPROXY_LAST = 9,
}

// `CURLOPT_IPRESOLVE`

pub const CURL_IPRESOLVE_WHATEVER: c_long = 0i64;
pub const CURL_IPRESOLVE_V4: c_long = 1i64;
pub const CURL_IPRESOLVE_V6: c_long = 2i64;

// Defaults in milliseconds: `CURLOPT_HAPPY_EYEBALLS_TIMEOUT_MS`, `CURLOPT_UPKEEP_INTERVAL_MS`

pub const CURL_HET_DEFAULT: c_long = 200i64;
pub const CURL_UPKEEP_INTERVAL_DEFAULT: c_long = 60000i64;
