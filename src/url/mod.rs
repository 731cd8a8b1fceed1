//! URLs as libcurl reads them (RFC 3986 with the tolerance of browsers).
//!
//! Pure: no lookup and no I/O.

#![forbid(unsafe_code)]

mod authority;
mod error;
mod host;
mod parse;
mod path;
mod relative;
mod scheme;

pub(crate) use authority::{parse_port, split_host};
pub(crate) use error::UrlError;
pub(crate) use parse::{Url, UrlFlags};
pub(crate) use relative::{resolve, scheme_length, without_login};
pub(crate) use scheme::Scheme;
