//! One cookie, and whom it is for.

use std::fmt;

use super::domain::{is_within, path_matches};
use super::suffixes::PublicSuffixes;
use crate::error::Error;
use crate::http::text::is_ip;

/// The longest line of a cookie file, with its line end.
pub(crate) const MAX_LINE: usize = 5000;

/// A cookie. What it holds may be a secret: it has no `Debug` form.
#[derive(Clone)]
pub(crate) struct Cookie {
    pub(super) name: Vec<u8>,
    pub(super) value: Vec<u8>,
    /// without a dot in front. `None` where the application gave a `Set-Cookie` line without one: then it is sent nowhere.
    pub(super) domain: Option<Vec<u8>>,
    /// hosts inside of the domain get it, too
    pub(super) subdomains: bool,
    /// `None` is every path
    pub(super) path: Option<Vec<u8>>,
    /// seconds since 1970; `None` is the end of the session
    pub(super) expires: Option<i64>,
    pub(super) secure: bool,
    pub(super) http_only: bool,
}

/// Where a request goes to, or a response comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    host: Vec<u8>,
    path: Vec<u8>,
    is_secure: bool,
}

impl Origin {
    /// `host` without brackets and port. `is_tls`: over TLS.
    pub(crate) fn new(host: &[u8], path: &[u8], is_tls: bool) -> Origin {
        let is_local = host.eq_ignore_ascii_case(b"localhost") || host == b"127.0.0.1" || host == b"::1";
        Origin {
            host: host.to_vec(),
            path: path.to_vec(),
            is_secure: is_tls || is_local,
        }
    }

    pub(crate) fn host(&self) -> &[u8] {
        &self.host
    }

    pub(super) fn path(&self) -> &[u8] {
        &self.path
    }

    /// Nobody on the way can read what is sent, or change it: TLS, or this machine itself.
    pub(super) fn is_secure(&self) -> bool {
        self.is_secure
    }
}

/// Why a cookie is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CookieError {
    /// for this reason
    Refused(&'static str),
    /// the line holds none: it is a comment, or broken
    NoCookie,
    Memory(Error),
}

impl From<Error> for CookieError {
    fn from(error: Error) -> CookieError {
        CookieError::Memory(error)
    }
}

impl fmt::Display for CookieError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CookieError::Refused(why) => f.write_str(why),
            CookieError::NoCookie => f.write_str("it is none"),
            CookieError::Memory(error) => error.fmt(f),
        }
    }
}

impl Cookie {
    pub(super) fn is_expired(&self, now: i64) -> bool {
        self.expires.is_some_and(|expires| expires < now)
    }

    /// Whether a request to `origin` has it.
    pub(super) fn goes_to(&self, origin: &Origin) -> bool {
        let Some(domain) = &self.domain else {
            return false;
        };
        let is_for_host = if self.subdomains && !is_ip(&origin.host) {
            is_within(&origin.host, domain)
        } else {
            origin.host.eq_ignore_ascii_case(domain)
        };
        is_for_host
            && (!self.secure || origin.is_secure)
            && self.path.as_deref().is_none_or(|path| path_matches(path, &origin.path))
    }

    /// The rules of the name prefixes `__Secure-` and `__Host-` (rfc6265bis section 4.1.3).
    pub(super) fn check_prefix(&self) -> Result<(), CookieError> {
        if self.name.starts_with(b"__Secure-") && !self.secure {
            return Err(CookieError::Refused(
                "its name begins with __Secure-, and it is not secure",
            ));
        }
        let is_host_only = self.secure && self.path.as_deref() == Some(b"/") && !self.subdomains;
        if self.name.starts_with(b"__Host-") && !is_host_only {
            return Err(CookieError::Refused(
                "its name begins with __Host-, which asks for Secure, Path=/ and no Domain",
            ));
        }
        Ok(())
    }

    /// No cookie may be for a domain under which anybody can register names. `origin` is `None` for a cookie of a file.
    pub(super) fn check_suffix(
        &mut self,
        origin: Option<&Origin>,
        suffixes: &PublicSuffixes,
    ) -> Result<(), CookieError> {
        let Some(domain) = self.domain.as_deref().filter(|domain| !is_ip(domain)) else {
            return Ok(());
        };
        let is_allowed = match origin {
            // A host has its own cookies, whatever its name.
            Some(origin) if origin.host.eq_ignore_ascii_case(domain) => {
                if self.subdomains && suffixes.contain(domain) {
                    self.subdomains = false;
                }
                true
            }
            Some(origin) => suffixes.allow(&origin.host, domain),
            None => domain.eq_ignore_ascii_case(b"localhost") || !suffixes.contain(domain),
        };
        match is_allowed {
            true => Ok(()),
            false => Err(CookieError::Refused("its domain is a public suffix")),
        }
    }
}

/// Control bytes must not get into a request, and many servers refuse them.
pub(super) fn has_control_bytes(text: &[u8]) -> bool {
    text.iter().any(u8::is_ascii_control)
}

/// A path as cookies have it: quotes and a `/` at the end taken off; `/` in place of what is no path.
pub(super) fn clean_path(path: &[u8]) -> &[u8] {
    let path = match path.strip_prefix(b"\"") {
        Some(quoted) => quoted.strip_suffix(b"\"").unwrap_or(quoted),
        None => path,
    };
    match path {
        [b'/'] => path,
        [b'/', .., b'/'] => &path[..path.len() - 1],
        [b'/', ..] => path,
        _ => b"/",
    }
}
