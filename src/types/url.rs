//! Numbers of the URL interface.

use std::ffi::c_int;

/// A parsed URL, opaque.
pub struct Curl_URL {
    _private: [u8; 0],
}

/// A URL handle.
pub type CURLU = Curl_URL;

/// `CURLUPart`: a part of a URL.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CURLUPart {
    CURLUPART_URL = 0,
    CURLUPART_SCHEME = 1,
    CURLUPART_USER = 2,
    CURLUPART_PASSWORD = 3,
    CURLUPART_OPTIONS = 4,
    CURLUPART_HOST = 5,
    CURLUPART_PORT = 6,
    CURLUPART_PATH = 7,
    CURLUPART_QUERY = 8,
    CURLUPART_FRAGMENT = 9,
    CURLUPART_ZONEID = 10,
}

impl CURLUPart {
    /// All of them.
    pub(crate) const ALL: [CURLUPart; 11] = [
        CURLUPart::CURLUPART_URL,
        CURLUPart::CURLUPART_SCHEME,
        CURLUPart::CURLUPART_USER,
        CURLUPart::CURLUPART_PASSWORD,
        CURLUPart::CURLUPART_OPTIONS,
        CURLUPart::CURLUPART_HOST,
        CURLUPart::CURLUPART_PORT,
        CURLUPart::CURLUPART_PATH,
        CURLUPart::CURLUPART_QUERY,
        CURLUPart::CURLUPART_FRAGMENT,
        CURLUPart::CURLUPART_ZONEID,
    ];
}

// Flags of `curl_url_get` and `curl_url_set`.

pub const CURLU_DEFAULT_PORT: c_int = 1 << 0;
pub const CURLU_NO_DEFAULT_PORT: c_int = 1 << 1;
pub const CURLU_DEFAULT_SCHEME: c_int = 1 << 2;
pub const CURLU_NON_SUPPORT_SCHEME: c_int = 1 << 3;
pub const CURLU_PATH_AS_IS: c_int = 1 << 4;
pub const CURLU_DISALLOW_USER: c_int = 1 << 5;
pub const CURLU_URLDECODE: c_int = 1 << 6;
pub const CURLU_URLENCODE: c_int = 1 << 7;
pub const CURLU_APPENDQUERY: c_int = 1 << 8;
pub const CURLU_GUESS_SCHEME: c_int = 1 << 9;
pub const CURLU_NO_AUTHORITY: c_int = 1 << 10;
pub const CURLU_ALLOW_SPACE: c_int = 1 << 11;
pub const CURLU_PUNYCODE: c_int = 1 << 12;
pub const CURLU_PUNY2IDN: c_int = 1 << 13;
pub const CURLU_GET_EMPTY: c_int = 1 << 14;
pub const CURLU_NO_GUESS_SCHEME: c_int = 1 << 15;
