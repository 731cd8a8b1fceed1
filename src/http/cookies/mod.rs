//! Cookies (RFC 6265, with what libcurl has of draft-ietf-httpbis-rfc6265bis).
//!
//! Pure: the time and the list of public suffixes are the caller's.
//!
//! | file | what |
//! |---|---|
//! | [`cookie`] | one cookie, and whom it is for |
//! | [`set_cookie`] | reads a `Set-Cookie` value |
//! | [`netscape`] | reads and writes lines of the Netscape file format |
//! | [`jar`] | keeps cookies, and chooses those to send |
//! | [`domain`] | hosts, domains and paths compared |
//! | [`suffixes`], [`punycode`] | the list of public suffixes |

mod cookie;
mod domain;
mod jar;
mod netscape;
mod punycode;
mod set_cookie;
mod suffixes;

pub(crate) use cookie::{CookieError, MAX_LINE, Origin};
pub(crate) use jar::{Jar, Sent};
pub(crate) use suffixes::PublicSuffixes;

/// How many cookies one response may set.
pub(crate) const MAX_SET_COOKIES: usize = 50;

#[cfg(test)]
mod tests;
