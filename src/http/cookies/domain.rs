//! Hosts, domains and paths compared (RFC 6265 section 5.1).

use crate::http::text::is_ip;

/// Whether `host` is `domain` or inside of it. For names; an IP address is in no domain.
pub(super) fn is_within(host: &[u8], domain: &[u8]) -> bool {
    let Some(start) = host.len().checked_sub(domain.len()) else {
        return false;
    };
    host[start..].eq_ignore_ascii_case(domain) && (start == 0 || host[start - 1] == b'.')
}

/// Whether a cookie of the path `cookie` goes to `path` (RFC 6265 section 5.1.4). A cookie's path ends with `/` only where
/// that is all of it.
pub(super) fn path_matches(cookie: &[u8], path: &[u8]) -> bool {
    let path = if path.starts_with(b"/") { path } else { b"/" };
    match path.strip_prefix(cookie) {
        Some(rest) => cookie == b"/" || rest.is_empty() || rest[0] == b'/',
        None => false,
    }
}

/// A domain that is too wide for a cookie, as far as that can be told without the list of public suffixes: one with no dot
/// inside, except `localhost`.
pub(super) fn is_too_wide(domain: &[u8]) -> bool {
    let dot = domain.iter().position(|&byte| byte == b'.');
    let has_dot = dot.is_some_and(|dot| dot + 1 < domain.len());
    !has_dot && !domain.eq_ignore_ascii_case(b"localhost")
}

/// The last two labels of a name in lower case, or an IP address: cookies of which one can be in the way of another have
/// this in common.
pub(super) fn site(domain: &[u8]) -> Vec<u8> {
    if is_ip(domain) {
        return domain.to_ascii_lowercase();
    }
    let dots = domain.iter().enumerate().rev().filter(|(_, byte)| **byte == b'.');
    let start = dots.map(|(at, _)| at + 1).nth(1).unwrap_or(0);
    domain[start..].to_ascii_lowercase()
}
