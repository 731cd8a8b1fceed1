//! `CURLOPT_RESOLVE`: addresses that the application gives for a host and port.

use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::net::dns::literals;
use crate::url::{parse_port, split_host};

/// One line of the list.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// `HOST:PORT:ADDRESS[,ADDRESS]...`, or with a `+` in front: `ages` like an answer of the system's resolver.
    Add {
        key: Key,
        addresses: Vec<SocketAddr>,
        ages: bool,
    },
    /// `-HOST:PORT`.
    Remove(Key),
}

/// A host in lower case (`*`: any) and a port.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) host: String,
    pub(super) port: u16,
}

impl Line {
    /// Parses a line. `None` for lines that libcurl ignores: those without a host, and removals with a wrong syntax.
    pub(super) fn parse(line: &[u8]) -> Result<Option<Line>, OverrideError> {
        let (text, ages) = match line.split_first() {
            Some((b'-', text)) => return Ok(removal(text)),
            Some((b'+', text)) => (text, true),
            _ => (line, false),
        };
        let Some((host, rest)) = host(text) else {
            return Ok(None);
        };
        match addition(host, rest, ages) {
            Some(line) => Ok(Some(line)),
            None => Err(OverrideError(String::from_utf8_lossy(line).into_owned())),
        }
    }
}

/// This line has a wrong syntax.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OverrideError(String);

impl fmt::Display for OverrideError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Could not parse CURLOPT_RESOLVE entry '{}'", self.0)
    }
}

/// The lines that were added and not removed.
#[derive(Debug, Default)]
pub(super) struct Overrides {
    entries: HashMap<Key, Entry>,
}

#[derive(Debug)]
struct Entry {
    addresses: Vec<SocketAddr>,
    /// When it was added, if it ages.
    born: Option<Instant>,
}

impl Overrides {
    /// Adds or removes; an earlier line for the same host and port is replaced.
    pub(super) fn apply(&mut self, line: Line, now: Instant) {
        match line {
            Line::Add { key, addresses, ages } => {
                let born = ages.then_some(now);
                self.entries.insert(key, Entry { addresses, born });
            }
            Line::Remove(key) => {
                self.entries.remove(&key);
            }
        }
    }

    /// The addresses, with port 0, for `host` in lower case, or those for any host.
    pub(super) fn get(&mut self, host: &str, port: u16, ttl: Option<Duration>, now: Instant) -> Option<&[SocketAddr]> {
        if self.entries.is_empty() {
            return None;
        }
        let hosts = [host, "*"].map(|host| Key {
            host: host.to_owned(),
            port,
        });
        let key = hosts.into_iter().find(|key| self.is_fresh(key, ttl, now))?;
        Some(&self.entries.get(&key)?.addresses)
    }

    fn is_fresh(&mut self, key: &Key, ttl: Option<Duration>, now: Instant) -> bool {
        let Some(entry) = self.entries.get(key) else {
            return false;
        };
        let age = entry.born.map(|born| now.saturating_duration_since(born));
        let stale = age.zip(ttl).is_some_and(|(age, ttl)| age >= ttl);
        if stale {
            self.entries.remove(key);
        }
        !stale
    }
}

/// The host, which must not be empty, and what follows it.
fn host(text: &[u8]) -> Option<(&str, &[u8])> {
    let (host, rest) = split_host(text)?;
    let host = std::str::from_utf8(host).ok()?;
    (!host.is_empty()).then_some((host, rest))
}

fn addition(host: &str, rest: &[u8], ages: bool) -> Option<Line> {
    let rest = rest.strip_prefix(b":")?;
    let (port, list) = rest.split_at(memchr::memchr(b':', rest)?);
    let key = key(host, port)?;
    let list = std::str::from_utf8(&list[1..]).ok()?;
    // As in libcurl, there may be nothing between two commas.
    let addresses = list.split(',').filter(|text| !text.is_empty()).map(address);
    let addresses: Vec<_> = addresses.collect::<Option<_>>()?;
    (!addresses.is_empty()).then_some(Line::Add { key, addresses, ages })
}

fn removal(text: &[u8]) -> Option<Line> {
    let (host, rest) = host(text)?;
    Some(Line::Remove(key(host, rest.strip_prefix(b":")?)?))
}

fn key(host: &str, port: &[u8]) -> Option<Key> {
    Some(Key {
        host: host.to_ascii_lowercase(),
        port: parse_port(port)?,
    })
}

/// An IPv4 or IPv6 address, in brackets or not.
fn address(text: &str) -> Option<SocketAddr> {
    match text.strip_prefix('[') {
        Some(inner) => literals::ip(inner.strip_suffix(']')?),
        None => literals::ip(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(host: &str, port: u16, addresses: &[&str], ages: bool) -> Line {
        let addresses = addresses.iter().map(|text| text.parse().unwrap()).collect();
        let host = host.to_owned();
        Line::Add {
            key: Key { host, port },
            addresses,
            ages,
        }
    }

    #[test]
    fn lines_are_understood() {
        let removed = Key {
            host: "::1".to_owned(),
            port: 80,
        };
        let cases = [
            ("Host.test:80:1.2.3.4", add("host.test", 80, &["1.2.3.4:0"], false)),
            ("+host:80:1.2.3.4", add("host", 80, &["1.2.3.4:0"], true)),
            ("*:80:::1", add("*", 80, &["[::1]:0"], false)),
            (
                "host:80:[::1],,1.2.3.4,",
                add("host", 80, &["[::1]:0", "1.2.3.4:0"], false),
            ),
            ("host:80:[1.2.3.4]", add("host", 80, &["1.2.3.4:0"], false)),
            ("[::1]:80:1.2.3.4", add("::1", 80, &["1.2.3.4:0"], false)),
            ("host:80:fe80::1%3", add("host", 80, &["[fe80::1%3]:0"], false)),
            ("-[::1]:80", Line::Remove(removed)),
        ];
        for (text, expected) in cases {
            assert_eq!(Line::parse(text.as_bytes()), Ok(Some(expected)), "{text}");
        }
    }

    #[test]
    fn a_bad_line_is_named() {
        let lines = [
            "host",
            "host:80",
            "host:80:",
            "host:80:,",
            "host:port:1.2.3.4",
            "host:65536:1.2.3.4",
            "host:80:example.com",
            "host:80:[::1",
            "host:80:1.2.3.4;1.2.3.5",
            "[::1]80:1.2.3.4",
        ];
        for line in lines {
            let error = Line::parse(line.as_bytes()).unwrap_err();
            assert!(error.to_string().ends_with(&format!("'{line}'")), "{error}");
        }
    }

    #[test]
    fn what_libcurl_passes_over_is_passed_over() {
        for line in [
            "",
            "+",
            "-",
            ":80:1.2.3.4",
            "[]:80:1.2.3.4",
            "[::1:80:1.2.3.4",
            "-host",
            "-host:x",
        ] {
            assert_eq!(Line::parse(line.as_bytes()), Ok(None), "{line}");
        }
    }

    #[test]
    fn a_host_goes_before_the_wildcard_and_only_some_lines_age() {
        let start = Instant::now();
        let later = start + Duration::from_secs(60);
        let ttl = Some(Duration::from_secs(60));
        let mut hosts = Overrides::default();
        for line in ["*:80:1.1.1.1", "a:80:2.2.2.2", "+b:80:3.3.3.3"] {
            hosts.apply(Line::parse(line.as_bytes()).unwrap().unwrap(), start);
        }
        let cases = [
            ("a", 80, start, Some("2.2.2.2:0")),
            ("a", 80, later, Some("2.2.2.2:0")),
            ("a", 81, start, None),
            ("b", 80, start, Some("3.3.3.3:0")),
            ("b", 80, later, Some("1.1.1.1:0")),
            ("c", 80, start, Some("1.1.1.1:0")),
        ];
        for (host, port, now, expected) in cases {
            let expected: Option<SocketAddr> = expected.map(|text| text.parse().unwrap());
            let found = hosts.get(host, port, ttl, now).map(|addresses| addresses[0]);
            assert_eq!(found, expected, "{host} {port}");
        }
        hosts.apply(Line::parse(b"-*:80").unwrap().unwrap(), start);
        assert_eq!(hosts.get("c", 80, ttl, start), None);
    }
}
