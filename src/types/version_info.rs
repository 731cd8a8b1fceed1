//! What `curl_version_info` tells.

use std::ffi::{c_char, c_int, c_long, c_uint};

/// `CURLversion`: which fields of [`curl_version_info_data`] there are.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CURLversion {
    CURLVERSION_FIRST = 0,
    CURLVERSION_SECOND = 1,
    CURLVERSION_THIRD = 2,
    CURLVERSION_FOURTH = 3,
    CURLVERSION_FIFTH = 4,
    CURLVERSION_SIXTH = 5,
    CURLVERSION_SEVENTH = 6,
    CURLVERSION_EIGHTH = 7,
    CURLVERSION_NINTH = 8,
    CURLVERSION_TENTH = 9,
    CURLVERSION_ELEVENTH = 10,
    CURLVERSION_TWELFTH = 11,
    CURLVERSION_LAST = 12,
}

pub const CURLVERSION_NOW: CURLversion = CURLversion::CURLVERSION_TWELFTH;

/// What `curl_version_info` tells. Strings are NULL where the feature is missing; all memory is static.
#[repr(C)]
pub struct curl_version_info_data {
    /// the last of the sections below that is filled
    pub age: CURLversion,
    /// as `LIBCURL_VERSION`
    pub version: *const c_char,
    /// as `LIBCURL_VERSION_NUM`
    pub version_num: c_uint,
    /// the target it was built for
    pub host: *const c_char,
    /// `CURL_VERSION_` bits
    pub features: c_int,
    pub ssl_version: *const c_char,
    /// always 0
    pub ssl_version_num: c_long,
    pub libz_version: *const c_char,
    /// URL schemes, ended by NULL
    pub protocols: *const *const c_char,

    // CURLVERSION_SECOND
    pub ares: *const c_char,
    pub ares_num: c_int,

    // CURLVERSION_THIRD
    pub libidn: *const c_char,

    // CURLVERSION_FOURTH
    pub iconv_ver_num: c_int,
    pub libssh_version: *const c_char,

    // CURLVERSION_FIFTH; numbers are (MAJOR << 24) | (MINOR << 12) | PATCH
    pub brotli_ver_num: c_uint,
    pub brotli_version: *const c_char,

    // CURLVERSION_SIXTH; the number is (MAJOR << 16) | (MINOR << 8) | PATCH
    pub nghttp2_ver_num: c_uint,
    pub nghttp2_version: *const c_char,
    pub quic_version: *const c_char,

    // CURLVERSION_SEVENTH: the built-in defaults of `CURLOPT_CAINFO` and `CURLOPT_CAPATH`
    pub cainfo: *const c_char,
    pub capath: *const c_char,

    // CURLVERSION_EIGHTH
    pub zstd_ver_num: c_uint,
    pub zstd_version: *const c_char,

    // CURLVERSION_NINTH
    pub hyper_version: *const c_char,

    // CURLVERSION_TENTH
    pub gsasl_version: *const c_char,

    // CURLVERSION_ELEVENTH: names of features, ended by NULL
    pub feature_names: *const *const c_char,

    // CURLVERSION_TWELFTH
    pub rtmp_version: *const c_char,
}

// Bits of `features`.

pub const CURL_VERSION_IPV6: c_int = 1 << 0;
pub const CURL_VERSION_KERBEROS4: c_int = 1 << 1;
pub const CURL_VERSION_SSL: c_int = 1 << 2;
pub const CURL_VERSION_LIBZ: c_int = 1 << 3;
pub const CURL_VERSION_NTLM: c_int = 1 << 4;
pub const CURL_VERSION_GSSNEGOTIATE: c_int = 1 << 5;
pub const CURL_VERSION_DEBUG: c_int = 1 << 6;
pub const CURL_VERSION_ASYNCHDNS: c_int = 1 << 7;
pub const CURL_VERSION_SPNEGO: c_int = 1 << 8;
pub const CURL_VERSION_LARGEFILE: c_int = 1 << 9;
pub const CURL_VERSION_IDN: c_int = 1 << 10;
pub const CURL_VERSION_SSPI: c_int = 1 << 11;
pub const CURL_VERSION_CONV: c_int = 1 << 12;
pub const CURL_VERSION_CURLDEBUG: c_int = 1 << 13;
pub const CURL_VERSION_TLSAUTH_SRP: c_int = 1 << 14;
pub const CURL_VERSION_NTLM_WB: c_int = 1 << 15;
pub const CURL_VERSION_HTTP2: c_int = 1 << 16;
pub const CURL_VERSION_GSSAPI: c_int = 1 << 17;
pub const CURL_VERSION_KERBEROS5: c_int = 1 << 18;
pub const CURL_VERSION_UNIX_SOCKETS: c_int = 1 << 19;
pub const CURL_VERSION_PSL: c_int = 1 << 20;
pub const CURL_VERSION_HTTPS_PROXY: c_int = 1 << 21;
pub const CURL_VERSION_MULTI_SSL: c_int = 1 << 22;
pub const CURL_VERSION_BROTLI: c_int = 1 << 23;
pub const CURL_VERSION_ALTSVC: c_int = 1 << 24;
pub const CURL_VERSION_HTTP3: c_int = 1 << 25;
pub const CURL_VERSION_ZSTD: c_int = 1 << 26;
pub const CURL_VERSION_UNICODE: c_int = 1 << 27;
pub const CURL_VERSION_HSTS: c_int = 1 << 28;
pub const CURL_VERSION_GSASL: c_int = 1 << 29;
pub const CURL_VERSION_THREADSAFE: c_int = 1 << 30;
