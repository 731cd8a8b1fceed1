//! Proxies, which are not built in: `CURLOPT_PROXY` is refused, and a proxy that the environment names must not be ignored.

use super::options::Options;
use super::options::value::Value;
use crate::error::{Error, Result};
use crate::net::proxy;
use crate::types::codes::CURLcode::CURLE_NOT_BUILT_IN;
use crate::types::option::CURLoption::*;
use crate::url::Url;

/// Whether the connection to `url` goes straight to the server.
///
/// # Errors
///
/// `CURLE_NOT_BUILT_IN` when the environment names a proxy for it.
pub(super) fn check(options: &Options, url: &Url) -> Result<()> {
    let connection = &options.connection;
    // A Unix socket is connected to without a proxy, and "" for one of these options switches the environment off.
    let is_set = |option| matches!(options.remembered.get(option), Some(Value::String(Some(_))));
    if connection.unix_socket.is_some() || is_set(CURLOPT_PROXY) || is_set(CURLOPT_PRE_PROXY) {
        return Ok(());
    }
    let Some(variable) = proxy::variable(url.scheme.is_secure()) else {
        return Ok(());
    };
    let exempted = match &connection.no_proxy {
        Some(list) => Some(list.as_bytes().to_vec()),
        None => proxy::exempted_hosts(),
    };
    if proxy::exempts(&exempted.unwrap_or_default(), &url.host) {
        return Ok(());
    }
    Err(Error::new(
        CURLE_NOT_BUILT_IN,
        format!(
            "The environment variable {} names a proxy for {}, and there is no proxy support. To connect without a proxy, \
             set no_proxy, CURLOPT_NOPROXY, or CURLOPT_PROXY to \"\"",
            variable.to_string_lossy(),
            url.host
        ),
    ))
}
