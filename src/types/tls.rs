//! Numbers and structs about TLS.

use std::ffi::{c_char, c_long};

/// Who does TLS.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum curl_sslbackend {
    CURLSSLBACKEND_NONE = 0,
    CURLSSLBACKEND_OPENSSL = 1,
    CURLSSLBACKEND_GNUTLS = 2,
    CURLSSLBACKEND_NSS = 3,
    CURLSSLBACKEND_OBSOLETE4 = 4,
    CURLSSLBACKEND_GSKIT = 5,
    CURLSSLBACKEND_POLARSSL = 6,
    CURLSSLBACKEND_WOLFSSL = 7,
    CURLSSLBACKEND_SCHANNEL = 8,
    CURLSSLBACKEND_SECURETRANSPORT = 9,
    CURLSSLBACKEND_AXTLS = 10,
    CURLSSLBACKEND_MBEDTLS = 11,
    CURLSSLBACKEND_MESALINK = 12,
    CURLSSLBACKEND_BEARSSL = 13,
    CURLSSLBACKEND_RUSTLS = 14,
}

pub const CURLSSLBACKEND_AWSLC: curl_sslbackend = curl_sslbackend::CURLSSLBACKEND_OPENSSL;
pub const CURLSSLBACKEND_BORINGSSL: curl_sslbackend = curl_sslbackend::CURLSSLBACKEND_OPENSSL;
pub const CURLSSLBACKEND_LIBRESSL: curl_sslbackend = curl_sslbackend::CURLSSLBACKEND_OPENSSL;
pub const CURLSSLBACKEND_CYASSL: curl_sslbackend = curl_sslbackend::CURLSSLBACKEND_WOLFSSL;
pub const CURLSSLBACKEND_DARWINSSL: curl_sslbackend = curl_sslbackend::CURLSSLBACKEND_SECURETRANSPORT;

/// `CURLsslset`: the answers of `curl_global_sslset`.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CURLsslset {
    CURLSSLSET_OK = 0,
    CURLSSLSET_UNKNOWN_BACKEND = 1,
    CURLSSLSET_TOO_LATE = 2,
    CURLSSLSET_NO_BACKENDS = 3,
}

/// A TLS library that can be chosen.
#[repr(C)]
pub struct curl_ssl_backend {
    pub id: curl_sslbackend,
    pub name: *const c_char,
}

// `CURLOPT_SSLVERSION`

pub const CURL_SSLVERSION_DEFAULT: c_long = 0i64;
pub const CURL_SSLVERSION_TLSv1: c_long = 1i64;
pub const CURL_SSLVERSION_SSLv2: c_long = 2i64;
pub const CURL_SSLVERSION_SSLv3: c_long = 3i64;
pub const CURL_SSLVERSION_TLSv1_0: c_long = 4i64;
pub const CURL_SSLVERSION_TLSv1_1: c_long = 5i64;
pub const CURL_SSLVERSION_TLSv1_2: c_long = 6i64;
pub const CURL_SSLVERSION_TLSv1_3: c_long = 7i64;
pub const CURL_SSLVERSION_LAST: c_long = 8i64;
pub const CURL_SSLVERSION_MAX_NONE: c_long = 0i64;
pub const CURL_SSLVERSION_MAX_DEFAULT: c_long = CURL_SSLVERSION_TLSv1 << 16;
pub const CURL_SSLVERSION_MAX_TLSv1_0: c_long = CURL_SSLVERSION_TLSv1_0 << 16;
pub const CURL_SSLVERSION_MAX_TLSv1_1: c_long = CURL_SSLVERSION_TLSv1_1 << 16;
pub const CURL_SSLVERSION_MAX_TLSv1_2: c_long = CURL_SSLVERSION_TLSv1_2 << 16;
pub const CURL_SSLVERSION_MAX_TLSv1_3: c_long = CURL_SSLVERSION_TLSv1_3 << 16;
pub const CURL_SSLVERSION_MAX_LAST: c_long = CURL_SSLVERSION_LAST << 16;

// `CURLOPT_SSL_OPTIONS`

pub const CURLSSLOPT_ALLOW_BEAST: c_long = 1i64 << 0;
pub const CURLSSLOPT_NO_REVOKE: c_long = 1i64 << 1;
pub const CURLSSLOPT_NO_PARTIALCHAIN: c_long = 1i64 << 2;
pub const CURLSSLOPT_REVOKE_BEST_EFFORT: c_long = 1i64 << 3;
pub const CURLSSLOPT_NATIVE_CA: c_long = 1i64 << 4;
pub const CURLSSLOPT_AUTO_CLIENT_CERT: c_long = 1i64 << 5;
pub const CURLSSLOPT_EARLYDATA: c_long = 1i64 << 6;

// `CURLOPT_USE_SSL`

pub const CURLUSESSL_NONE: c_long = 0i64;
pub const CURLUSESSL_TRY: c_long = 1i64;
pub const CURLUSESSL_CONTROL: c_long = 2i64;
pub const CURLUSESSL_ALL: c_long = 3i64;

/// Was the type of the above.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum curl_usessl {
    CURLUSESSL_LAST = 4,
}

// Names of earlier versions.

pub const CURLFTPSSL_NONE: c_long = CURLUSESSL_NONE;
pub const CURLFTPSSL_TRY: c_long = CURLUSESSL_TRY;
pub const CURLFTPSSL_CONTROL: c_long = CURLUSESSL_CONTROL;
pub const CURLFTPSSL_ALL: c_long = CURLUSESSL_ALL;
pub const CURLFTPSSL_LAST: curl_usessl = curl_usessl::CURLUSESSL_LAST;

// `CURLOPT_TLSAUTH_TYPE`

pub const CURL_TLSAUTH_NONE: c_long = 0i64;
pub const CURL_TLSAUTH_SRP: c_long = 1i64;

/// Was the type of the above.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CURL_TLSAUTH {
    CURL_TLSAUTH_LAST = 2,
}
