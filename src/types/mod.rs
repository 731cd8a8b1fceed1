//! The vocabulary of the C interface: numbers, enums, structs and callback types, with no behaviour. What C has as a macro
//! is a constant here, and the header is made of it: a literal's suffix (`1i64`) is what gives the macro its C type.

#![allow(
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    reason = "the names of <curl/curl.h>, which libcurl's man pages explain"
)]
#![forbid(unsafe_code)]

pub mod callbacks;
pub mod codes;
pub mod connection;
pub mod file;
pub mod form;
pub mod header;
pub mod hsts;
pub mod http;
pub mod info;
pub mod limits;
pub mod multi;
pub mod option;
pub(crate) mod options;
pub mod other;
pub mod raw;
pub mod share;
pub mod ssh;
pub mod structs;
pub mod tls;
pub mod url;
pub mod version;
pub mod version_info;
pub mod websocket;

pub use raw::{
    RawCode, RawFormOption, RawInfo, RawIoError, RawMultiCode, RawMultiInfo, RawMultiOption, RawOption, RawShareCode,
    RawShareOption, RawSslBackend, RawStsCode, RawUrlCode, RawUrlPart, RawVersion,
};
