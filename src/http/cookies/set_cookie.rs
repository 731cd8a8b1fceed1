//! Reads the value of a `Set-Cookie` header (RFC 6265 section 5.2).

use super::cookie::{Cookie, CookieError, MAX_LINE, Origin, clean_path, has_control_bytes};
use super::domain::{is_too_wide, is_within};
use crate::http::date;
use crate::http::text::{is_ip, leading_number, trim_blanks};
use crate::io::fallible;

/// Most bytes of a name and its value together (rfc6265bis section 5.7).
const MAX_PAIR: usize = 4096;
/// A cookie is kept no longer than 400 days (rfc6265bis section 5.6.2).
const MAX_AGE: i64 = 400 * 24 * 3600;
/// The longest date that is read.
const MAX_DATE: usize = 79;
/// A time that is over.
const LONG_AGO: i64 = 1;

/// Reads `line`, which came from `origin`; from the application itself if that is `None`. With `has_suffixes` the caller
/// checks the domain against the list of public suffixes; without it a simple rule is applied.
pub(super) fn parse(line: &[u8], origin: Option<&Origin>, has_suffixes: bool, now: i64) -> Result<Cookie, CookieError> {
    let end = line.iter().position(|byte| matches!(byte, b'\r' | b'\n' | 0));
    let line = &line[..end.unwrap_or(line.len())];
    // libcurl counts the blank in front and the line end as well.
    if line.len() + " \r\n".len() > MAX_LINE {
        return Err(CookieError::Refused("it is too long"));
    }
    let mut pieces = line.split(|&byte| byte == b';');
    let (name, value) = pieces.next().map(split_pair).unwrap_or_default();
    let value = value
        .filter(|_| !name.is_empty())
        .ok_or(CookieError::Refused("it has no name"))?;
    check_bytes(name, Some(value))?;
    if name.len() + value.len() > MAX_PAIR {
        return Err(CookieError::Refused("its name and value are too long"));
    }
    let mut attributes = Attributes::default();
    for piece in pieces {
        let (name, value) = split_pair(piece);
        check_bytes(name, value)?;
        attributes.take(name, value, origin, has_suffixes, now)?;
    }
    attributes.into_cookie(name, value, origin)
}

/// `name=value` or `name`, without blanks around both.
fn split_pair(piece: &[u8]) -> (&[u8], Option<&[u8]>) {
    match memchr::memchr(b'=', piece) {
        Some(at) => (trim_blanks(&piece[..at]), Some(trim_blanks(&piece[at + 1..]))),
        None => (trim_blanks(piece), None),
    }
}

fn check_bytes(name: &[u8], value: Option<&[u8]>) -> Result<(), CookieError> {
    match has_control_bytes(name) || value.is_some_and(has_control_bytes) {
        true => Err(CookieError::Refused("it has control bytes")),
        false => Ok(()),
    }
}

/// What comes behind name and value. The last attribute of a kind counts, except that Max-Age goes before Expires.
#[derive(Default)]
struct Attributes<'a> {
    domain: Option<&'a [u8]>,
    subdomains: bool,
    path: &'a [u8],
    expires: Option<i64>,
    secure: bool,
    http_only: bool,
}

impl<'a> Attributes<'a> {
    fn take(
        &mut self,
        name: &[u8],
        value: Option<&'a [u8]>,
        origin: Option<&Origin>,
        has_suffixes: bool,
        now: i64,
    ) -> Result<(), CookieError> {
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        match value {
            None if is("secure") => {
                if origin.is_some_and(|origin| !origin.is_secure()) {
                    return Err(CookieError::Refused("it is secure, and the connection is not"));
                }
                self.secure = true;
            }
            None => self.http_only |= is("httponly"),
            Some(path) if is("path") => self.path = path,
            Some(b"") => {}
            Some(domain) if is("domain") => self.take_domain(domain, origin, has_suffixes)?,
            Some(age) if is("max-age") => self.expires = Some(capped(after(age, now), now)),
            Some(text) if is("expires") && self.expires.is_none() && text.len() <= MAX_DATE => {
                // What is no date leaves a cookie of the session.
                self.expires = date::parse(text).map(|expires| capped(expires, now));
            }
            Some(_) => {}
        }
        Ok(())
    }

    /// The sender must be in the domain that it sets a cookie for.
    fn take_domain(
        &mut self,
        domain: &'a [u8],
        origin: Option<&Origin>,
        has_suffixes: bool,
    ) -> Result<(), CookieError> {
        let domain = domain.strip_prefix(b".").unwrap_or(domain);
        if domain.is_empty() || !has_suffixes && is_too_wide(domain) {
            return Err(CookieError::Refused("its domain is too wide"));
        }
        let host = origin.map_or(domain, Origin::host);
        let host_is_ip = is_ip(host);
        let is_allowed = if host_is_ip {
            host == domain
        } else {
            is_within(host, domain)
        };
        if !is_allowed {
            return Err(CookieError::Refused("its domain is not the sender's"));
        }
        self.domain = Some(domain);
        self.subdomains = !host_is_ip;
        Ok(())
    }

    fn into_cookie(self, name: &[u8], value: &[u8], origin: Option<&Origin>) -> Result<Cookie, CookieError> {
        let path = match (self.path, origin) {
            (b"", Some(origin)) => Some(default_path(origin.path())),
            (b"", None) => None,
            (path, _) => Some(path),
        };
        let domain = self.domain.or(origin.map(Origin::host));
        Ok(Cookie {
            name: fallible::copy(name)?,
            value: fallible::copy(value)?,
            domain: domain.map(fallible::copy).transpose()?,
            subdomains: self.subdomains,
            path: path.map(clean_path).map(fallible::copy).transpose()?,
            expires: self.expires,
            secure: self.secure,
            http_only: self.http_only,
        })
    }
}

/// The time `age` seconds from now. Nothing but digits is a number, and what is none is over.
fn after(age: &[u8], now: i64) -> i64 {
    let age = age.strip_prefix(b"\"").unwrap_or(age);
    match leading_number(age) {
        None | Some(0) => LONG_AGO,
        Some(seconds) => now.saturating_add(seconds),
    }
}

/// No later than the longest time, which like libcurl's is a whole minute.
fn capped(expires: i64, now: i64) -> i64 {
    let latest = now.saturating_add(MAX_AGE);
    match expires > latest {
        true => latest.saturating_add(30) / 60 * 60,
        false => expires,
    }
}

/// The path of a request up to its last `/` (RFC 6265 section 5.1.4).
fn default_path(path: &[u8]) -> &[u8] {
    let slash = memchr::memrchr(b'/', path);
    &path[..slash.map_or(path.len(), |at| at + 1)]
}
