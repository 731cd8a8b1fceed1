//! URLs as libcurl reads them (RFC 3986 with the tolerance of browsers): those of transfers, and the URL handles of
//! applications.
//!
//! Pure: no lookup and no I/O.

#![forbid(unsafe_code)]

mod authority;
mod encoding;
mod error;
mod flags;
mod get;
mod handle;
mod host;
mod idn;
mod parse;
mod parts;
mod path;
mod proxy;
mod relative;
mod scheme;
mod set;
#[cfg(test)]
mod tests;
mod transfer;

pub(crate) use authority::{parse_port, split_host};
pub(crate) use encoding::RESERVED;
pub(crate) use error::UrlError;
pub(crate) use flags::Flags;
pub(crate) use handle::UrlHandle;
#[cfg(feature = "fuzzing")]
pub(crate) use parts::Parts;
pub(crate) use proxy::ProxyUrl;
pub(crate) use relative::{resolve, scheme_length, without_login};
pub(crate) use scheme::Scheme;
pub(crate) use transfer::{Url, UrlFlags};
