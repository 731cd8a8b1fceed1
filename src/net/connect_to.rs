//! `CURLOPT_CONNECT_TO`: connections for one host and port go to another. The request does not change.

use std::fmt;

use crate::url::{parse_port, split_host};

/// Where to connect for `host` (an IPv6 address without brackets) and `port`. The entries are
/// `HOST:PORT:CONNECT-TO-HOST:CONNECT-TO-PORT`, IPv6 addresses in brackets. The first one that matches and has a target is
/// used: an empty `HOST` or `PORT` matches any, an empty `CONNECT-TO-HOST` or `-PORT` keeps the original. `None`: no entry
/// matches.
pub(crate) fn redirect(entries: &[Vec<u8>], host: &str, port: u16) -> Result<Option<(String, u16)>, ConnectToError> {
    let found = entries
        .iter()
        .find_map(|entry| Some((entry, target(entry, host, port)?)));
    let Some((entry, target)) = found else { return Ok(None) };
    destination(target, host, port)
        .map(Some)
        .ok_or_else(|| ConnectToError(String::from_utf8_lossy(entry).into_owned()))
}

/// The target of this entry has a wrong syntax.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConnectToError(String);

impl fmt::Display for ConnectToError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Could not parse the target of CURLOPT_CONNECT_TO entry '{}'", self.0)
    }
}

/// The target in `entry`, if there is one and the entry is for this host and port.
fn target<'a>(entry: &'a [u8], host: &str, port: u16) -> Option<&'a [u8]> {
    let (entry_host, rest) = split_host(entry)
        .and_then(|(entry_host, rest)| Some((entry_host, rest.strip_prefix(b":")?)))
        .filter(|(entry_host, _)| matches_host(entry_host, host))
        .or_else(|| {
            // An IPv6 address may also be without brackets.
            let (entry_host, rest) = entry.split_at_checked(host.len())?;
            Some((entry_host, rest.strip_prefix(b":")?))
        })?;
    let (entry_port, target) = rest.split_at(memchr::memchr(b':', rest)?);
    let fits = matches_host(entry_host, host) && (entry_port.is_empty() || parse_port(entry_port) == Some(port));
    (fits && target.len() > 1).then_some(&target[1..])
}

fn matches_host(entry_host: &[u8], host: &str) -> bool {
    entry_host.is_empty() || entry_host.eq_ignore_ascii_case(host.as_bytes())
}

fn destination(target: &[u8], host: &str, port: u16) -> Option<(String, u16)> {
    let (new_host, new_port) = split_host(target)?;
    let new_host = match new_host {
        [] => host.to_owned(),
        // RFC 6874 section 2: the % before a zone is written as %25.
        name => std::str::from_utf8(name).ok()?.replacen("%25", "%", 1),
    };
    let new_port = match new_port {
        [] | [b':'] => port,
        [b':', digits @ ..] => parse_port(digits)?,
        _ => return None,
    };
    Some((new_host, new_port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_entry_that_fits_counts() {
        type Case = (&'static [&'static str], Option<(&'static str, u16)>);
        let cases: &[Case] = &[
            (&[], None),
            (&["example.com:80:other.test:8080"], Some(("other.test", 8080))),
            (&["EXAMPLE.com:80:other.test:8080"], Some(("other.test", 8080))),
            (&["example.com:81:other.test:8080"], None),
            (&["example.co:80:other.test:8080"], None),
            (&["::other.test:8080"], Some(("other.test", 8080))),
            (&[":80:other.test:"], Some(("other.test", 80))),
            (&[":80:other.test"], Some(("other.test", 80))),
            (&["example.com::[fe80::1%25eth0]:1"], Some(("fe80::1%eth0", 1))),
            (&["example.com::[::1]"], Some(("::1", 80))),
            (&["example.com:80::8080"], Some(("example.com", 8080))),
            (&["example.com:80::"], Some(("example.com", 80))),
            (&["example.com:80:"], None),
            (&["example.com:80"], None),
            (&["example.com"], None),
            (&["", ":", "::"], None),
            (&["no.test:80:a:1", "example.com:80:b:2", "::c:3"], Some(("b", 2))),
        ];
        for (entries, expected) in cases {
            let lines: Vec<Vec<u8>> = entries.iter().map(|entry| entry.as_bytes().to_vec()).collect();
            let expected = expected.map(|(host, port)| (host.to_owned(), port));
            assert_eq!(redirect(&lines, "example.com", 80).unwrap(), expected, "{entries:?}");
        }
    }

    #[test]
    fn an_ipv6_host_fits_with_and_without_brackets() {
        for entry in ["[fe80::1]:80:other.test:1", "fe80::1:80:other.test:1"] {
            let found = redirect(&[entry.into()], "fe80::1", 80).unwrap();
            assert_eq!(found, Some(("other.test".to_owned(), 1)), "{entry}");
        }
    }

    #[test]
    fn a_target_that_cannot_be_understood_is_named() {
        for entry in ["::other.test:port", "::other.test:65536", "::[::1:80", "::[::1]x:80"] {
            let error = redirect(&[entry.into()], "example.com", 80).unwrap_err();
            assert!(error.to_string().contains(entry), "{error}");
        }
        redirect(&[b"::\xff:1".to_vec()], "example.com", 80).unwrap_err();
    }
}
