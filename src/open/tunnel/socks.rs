//! What the versions of SOCKS have in common.

use std::fmt;
use std::net::IpAddr;

use crate::types::codes::CURLproxycode;

/// What the proxy is to connect to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Target<'a> {
    Address(IpAddr),
    /// the proxy resolves it
    Name(&'a str),
}

/// What became of the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Received {
    /// bytes at its front that are used up; 0: a message is not complete
    pub(crate) consumed: usize,
    /// the proxy is connected: what follows comes from the other end
    pub(crate) done: bool,
}

impl Received {
    pub(super) const NEED_MORE: Received = Received {
        consumed: 0,
        done: false,
    };
}

/// Why there is no connection through the proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SocksError {
    /// for `CURLINFO_PROXY_ERROR`
    pub(crate) code: CURLproxycode,
    reason: String,
}

impl SocksError {
    pub(super) fn new(code: CURLproxycode, reason: impl Into<String>) -> SocksError {
        SocksError {
            code,
            reason: reason.into(),
        }
    }
}

impl fmt::Display for SocksError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}
