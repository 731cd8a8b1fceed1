//! The version numbers of `curl/curlver.h`.

use std::ffi::c_int;

/// The version of libcurl whose interface this is.
pub const LIBCURL_VERSION: &str = "8.22.0";
pub const LIBCURL_VERSION_MAJOR: c_int = 8;
pub const LIBCURL_VERSION_MINOR: c_int = 22;
pub const LIBCURL_VERSION_PATCH: c_int = 0;
pub const LIBCURL_VERSION_NUM: c_int = 0x08_16_00;
pub const LIBCURL_TIMESTAMP: &str = "[unreleased]";
pub const LIBCURL_COPYRIGHT: &str = "Daniel Stenberg, <daniel@haxx.se>.";
