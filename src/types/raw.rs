//! C's enums as they arrive: any number. A Rust enum with a value outside its list would be undefined behaviour, so what
//! an application passes or returns has these types. The header shows the enum's name.

use std::ffi::{c_int, c_uint};

/// A `CURLcode` of the application's.
pub type RawCode = c_uint;
/// A `CURLoption` of the application's.
pub type RawOption = c_uint;
/// A `CURLINFO` of the application's.
pub type RawInfo = c_uint;
/// A `CURLMcode` of the application's.
pub type RawMultiCode = c_int;
/// A `CURLMoption` of the application's.
pub type RawMultiOption = c_uint;
/// A `CURLMinfo_offt` of the application's.
pub type RawMultiInfo = c_uint;
/// A `CURLSHcode` of the application's.
pub type RawShareCode = c_uint;
/// A `CURLSHoption` of the application's.
pub type RawShareOption = c_uint;
/// A `CURLUcode` of the application's.
pub type RawUrlCode = c_uint;
/// A `CURLUPart` of the application's.
pub type RawUrlPart = c_uint;
/// A `CURLversion` of the application's.
pub type RawVersion = c_uint;
/// A `curl_sslbackend` of the application's.
pub type RawSslBackend = c_uint;
/// A `CURLformoption` of the application's.
pub type RawFormOption = c_uint;
/// A `CURLSTScode` of the application's.
pub type RawStsCode = c_uint;
/// A `curlioerr` of the application's.
pub type RawIoError = c_uint;
