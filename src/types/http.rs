//! Values of the options about HTTP.

use std::ffi::{c_long, c_ulong};

// `CURLOPT_HTTPAUTH` and `CURLOPT_PROXYAUTH`

pub const CURLAUTH_NONE: c_ulong = 0u64;
pub const CURLAUTH_BASIC: c_ulong = 1u64 << 0;
pub const CURLAUTH_DIGEST: c_ulong = 1u64 << 1;
pub const CURLAUTH_NEGOTIATE: c_ulong = 1u64 << 2;
pub const CURLAUTH_GSSNEGOTIATE: c_ulong = CURLAUTH_NEGOTIATE;
pub const CURLAUTH_GSSAPI: c_ulong = CURLAUTH_NEGOTIATE;
pub const CURLAUTH_NTLM: c_ulong = 1u64 << 3;
pub const CURLAUTH_DIGEST_IE: c_ulong = 1u64 << 4;
pub const CURLAUTH_NTLM_WB: c_ulong = 1u64 << 5;
pub const CURLAUTH_BEARER: c_ulong = 1u64 << 6;
pub const CURLAUTH_AWS_SIGV4: c_ulong = 1u64 << 7;
pub const CURLAUTH_HTTPSIG: c_ulong = 1u64 << 8;
pub const CURLAUTH_ONLY: c_ulong = 1u64 << 31;
pub const CURLAUTH_ANY: c_ulong = !(CURLAUTH_DIGEST_IE | CURLAUTH_HTTPSIG) & 0xFFFF_FFFFu64;
pub const CURLAUTH_ANYSAFE: c_ulong = !(CURLAUTH_BASIC | CURLAUTH_DIGEST_IE | CURLAUTH_HTTPSIG) & 0xFFFF_FFFFu64;

// `CURLOPT_HTTP_VERSION`

pub const CURL_HTTP_VERSION_NONE: c_long = 0i64;
pub const CURL_HTTP_VERSION_1_0: c_long = 1i64;
pub const CURL_HTTP_VERSION_1_1: c_long = 2i64;
pub const CURL_HTTP_VERSION_2_0: c_long = 3i64;
pub const CURL_HTTP_VERSION_2TLS: c_long = 4i64;
pub const CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE: c_long = 5i64;
pub const CURL_HTTP_VERSION_3: c_long = 30i64;
pub const CURL_HTTP_VERSION_3ONLY: c_long = 31i64;
pub const CURL_HTTP_VERSION_LAST: c_long = 32i64;
pub const CURL_HTTP_VERSION_2: c_long = 3i64;

// `CURLOPT_FOLLOWLOCATION`

pub const CURLFOLLOW_ALL: c_long = 1i64;
pub const CURLFOLLOW_OBEYCODE: c_long = 2i64;
pub const CURLFOLLOW_FIRSTONLY: c_long = 3i64;

// `CURLOPT_POSTREDIR`

pub const CURL_REDIR_GET_ALL: c_long = 0i64;
pub const CURL_REDIR_POST_301: c_long = 1i64 << 0;
pub const CURL_REDIR_POST_302: c_long = 1i64 << 1;
pub const CURL_REDIR_POST_303: c_long = 1i64 << 2;
pub const CURL_REDIR_POST_ALL: c_long = CURL_REDIR_POST_301 | CURL_REDIR_POST_302 | CURL_REDIR_POST_303;

// `CURLOPT_HEADEROPT`

pub const CURLHEADER_UNIFIED: c_long = 0i64;
pub const CURLHEADER_SEPARATE: c_long = 1i64 << 0;

// `CURLOPT_NETRC`

pub const CURL_NETRC_IGNORED: c_long = 0i64;
pub const CURL_NETRC_OPTIONAL: c_long = 1i64;
pub const CURL_NETRC_REQUIRED: c_long = 2i64;

/// Was the type of the above.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CURL_NETRC_OPTION {
    CURL_NETRC_LAST = 3,
}

// `CURLOPT_TIMECONDITION`

pub const CURL_TIMECOND_NONE: c_long = 0i64;
pub const CURL_TIMECOND_IFMODSINCE: c_long = 1i64;
pub const CURL_TIMECOND_IFUNMODSINCE: c_long = 2i64;
pub const CURL_TIMECOND_LASTMOD: c_long = 3i64;

/// Was the type of the above.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum curl_TimeCond {
    CURL_TIMECOND_LAST = 4,
}

// `CURLOPT_GSSAPI_DELEGATION`

pub const CURLGSSAPI_DELEGATION_NONE: c_long = 0i64;
pub const CURLGSSAPI_DELEGATION_POLICY_FLAG: c_long = 1i64 << 0;
pub const CURLGSSAPI_DELEGATION_FLAG: c_long = 1i64 << 1;

// `CURLOPT_HTTPSIG_ALGORITHM`

pub const CURLHTTPSIG_NONE: c_long = 0i64;
pub const CURLHTTPSIG_ED25519: c_long = 1i64;
pub const CURLHTTPSIG_HMAC_SHA256: c_long = 2i64;

// `CURLOPT_ALTSVC_CTRL`

pub const CURLALTSVC_READONLYFILE: c_long = 1i64 << 2;
pub const CURLALTSVC_H1: c_long = 1i64 << 3;
pub const CURLALTSVC_H2: c_long = 1i64 << 4;
pub const CURLALTSVC_H3: c_long = 1i64 << 5;
