//! The URL of a transfer: its parts decoded, checked, and in the forms that a connection and a request need.

use super::encoding::{Space, decode, normalize};
use super::error::{Result, rejected};
use super::flags::Flags;
use super::host;
use super::idn;
use super::parse::{parse, split_scheme, unsupported};
use super::parts::Parts;
use super::scheme::Scheme;
use crate::secret::Secret;
use crate::text::quoted;
use crate::types::codes::CURLUcode::{CURLUE_BAD_HOSTNAME, CURLUE_MALFORMED_INPUT, CURLUE_NO_SCHEME};
use crate::types::url::CURLUPart::CURLUPART_URL;
use crate::types::url::*;

/// Longest host name, the limit that libcurl has.
const MAX_HOST: usize = 0xffff;

/// How to read a URL.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct UrlFlags {
    /// Leave `/./` and `/../` in the path (`CURLOPT_PATH_AS_IS`).
    pub path_as_is: bool,
    /// Refuse a user name in the URL (`CURLOPT_DISALLOW_USERNAME_IN_URL`).
    pub disallow_user: bool,
}

/// A URL taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Url {
    /// What is spoken on the connection.
    pub scheme: Scheme,
    /// The user name, percent-decoded; empty for `ws://@host` and `ws://:secret@host`.
    pub user: Option<Vec<u8>>,
    /// The password, percent-decoded.
    pub password: Option<Secret>,
    /// The host to resolve: a name in its form for the DNS, or an IP address without brackets and zone.
    pub host: String,
    /// The zone of an IPv6 literal: an interface name or number.
    pub zone: Option<String>,
    /// The port, if the URL names one. 0 is possible.
    pub port: Option<u16>,
    /// Path and query for the request line, never empty.
    pub target: Vec<u8>,
    effective: Vec<u8>,
    is_scheme_guessed: bool,
}

impl Url {
    /// Reads `input`. Without a scheme in it, `default_scheme` (`CURLOPT_DEFAULT_PROTOCOL`) is put in front; without that
    /// one either, libcurl's guess is taken, which is never a WebSocket.
    pub(crate) fn parse(input: &[u8], default_scheme: Option<&[u8]>, flags: UrlFlags) -> Result<Url> {
        let mut bits = Flags::one(CURLU_GUESS_SCHEME).with(CURLU_NON_SUPPORT_SCHEME);
        if flags.path_as_is {
            bits = bits.with(CURLU_PATH_AS_IS);
        }
        if flags.disallow_user {
            bits = bits.with(CURLU_DISALLOW_USER);
        }
        let parts = match default_scheme {
            Some(scheme) if split_scheme(input, true).is_none() => parse(&[scheme, b"://", input].concat(), bits),
            _ => parse(input, bits),
        }?;
        Url::from_parts_with(&parts, Flags::one(CURLU_GET_EMPTY))
    }

    /// The URL in a URL handle (`CURLOPT_CURLU`).
    pub(crate) fn from_parts(parts: &Parts) -> Result<Url> {
        Url::from_parts_with(parts, Flags::default())
    }

    fn from_parts_with(parts: &Parts, shown: Flags) -> Result<Url> {
        let name = parts
            .scheme
            .as_deref()
            .ok_or_else(|| rejected(CURLUE_NO_SCHEME, "no scheme in it"))?;
        let scheme = Scheme::from_name(name).ok_or_else(|| unsupported(name, parts.is_scheme_guessed))?;
        let effective = parts.get(CURLUPART_URL, shown)?;
        let host = host::parse(parts.host.as_deref().unwrap_or_default())?;
        let zone = parts.zone.as_deref().map(zone_name).transpose()?;
        Ok(Url {
            scheme,
            user: decoded_secret(parts.user.as_deref(), "user name")?,
            password: decoded_secret(parts.password.as_deref(), "password")?.map(Secret::from),
            host: dns_name(&host.name)?,
            zone,
            port: parts.port,
            target: target(parts),
            effective,
            is_scheme_guessed: parts.is_scheme_guessed,
        })
    }

    /// Refuses all but `ws` and `wss`.
    pub(crate) fn check_websocket(&self) -> Result<()> {
        match self.scheme.is_websocket() {
            true => Ok(()),
            false => Err(unsupported(self.scheme.name().as_bytes(), self.is_scheme_guessed)),
        }
    }

    /// The same over TLS. A port that is named stays.
    pub(crate) fn with_tls(&self) -> Url {
        let scheme = self.scheme.with_tls();
        let rest = &self.effective[self.scheme.name().len()..];
        Url {
            scheme,
            effective: [scheme.name().as_bytes(), rest].concat(),
            ..self.clone()
        }
    }

    /// The port to connect to, where the application has not set another.
    pub(crate) fn port_or_default(&self) -> u16 {
        self.port.unwrap_or(self.scheme.default_port())
    }

    /// The name for TLS: the host without the one dot that may end it.
    pub(crate) fn tls_name(&self) -> &str {
        self.host.strip_suffix('.').unwrap_or(&self.host)
    }

    /// The URL put together again, as `CURLINFO_EFFECTIVE_URL` shows it: scheme in lower case, host decoded and numeric
    /// addresses in normal form, at least `/` for the path, fragment and user kept. Bytes over 0x7f stay as they came.
    pub(crate) fn effective(&self) -> &[u8] {
        &self.effective
    }

    /// The value of the `Host` header: IPv6 in brackets, no zone, the port only where it is not the scheme's own.
    /// `port` is what is connected to: `CURLOPT_PORT` goes before the URL's.
    pub(crate) fn host_header(&self, port: u16) -> Vec<u8> {
        let host = match self.host.contains(':') {
            true => format!("[{}]", self.host),
            false => self.host.clone(),
        };
        match port == self.scheme.default_port() {
            true => host.into_bytes(),
            false => format!("{host}:{port}").into_bytes(),
        }
    }
}

/// The host as it is resolved: without brackets, in ASCII.
pub(super) fn dns_name(host: &[u8]) -> Result<String> {
    let name = host.strip_prefix(b"[").and_then(|name| name.strip_suffix(b"]"));
    let name = name.unwrap_or(host);
    let bad = |why: std::fmt::Arguments| rejected(CURLUE_BAD_HOSTNAME, why);
    if name.len() > MAX_HOST {
        return Err(bad(format_args!("the host name is longer than {MAX_HOST} bytes")));
    }
    match str::from_utf8(name) {
        Ok(ascii) if ascii.is_ascii() => Ok(ascii.to_owned()),
        _ => {
            idn::to_ascii(name).ok_or_else(|| bad(format_args!("{} is no international domain name", quoted(name, 80))))
        }
    }
}

pub(super) fn zone_name(zone: &[u8]) -> Result<String> {
    let zone = str::from_utf8(zone)
        .map_err(|_| rejected(CURLUE_MALFORMED_INPUT, "the zone of its IPv6 address is no UTF-8"))?;
    Ok(zone.to_owned())
}

/// The path with spaces, control bytes and bytes over 0x7f percent-encoded, and escapes in upper case. The query as it came; but
/// spaces and control bytes, which a URL handle may hold, would end the request line.
fn target(parts: &Parts) -> Vec<u8> {
    let mut target = normalize(parts.path(), Space::Percent);
    if let Some(query) = &parts.query {
        target.push(b'?');
        for &byte in query {
            match byte == b' ' || byte.is_ascii_control() {
                true => target.extend_from_slice(format!("%{byte:02X}").as_bytes()),
                false => target.push(byte),
            }
        }
    }
    target
}

pub(super) fn decoded_secret(text: Option<&[u8]>, what: &str) -> Result<Option<Vec<u8>>> {
    let decoded = text.map(decode);
    match decoded {
        Some(text) if text.contains(&0) => Err(rejected(CURLUE_MALFORMED_INPUT, format_args!("%00 in the {what}"))),
        decoded => Ok(decoded),
    }
}

#[cfg(test)]
mod tests {
    use super::super::error::UrlError;
    use super::super::parse::MAX_INPUT;
    use super::*;
    use crate::types::codes::CURLUcode::*;

    fn url(text: &str) -> Url {
        Url::parse(text.as_bytes(), None, UrlFlags::default()).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn refusal(text: &str) -> UrlError {
        let url = Url::parse(text.as_bytes(), None, UrlFlags::default());
        url.and_then(|url| url.check_websocket()).expect_err(text)
    }

    fn lossy(bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).into_owned()
    }

    #[test]
    fn accepted_urls_come_out_as_from_libcurl() {
        // URL, effective URL, Host, request target
        let cases = [
            ("ws://host", "ws://host/", "host", "/"),
            ("WSS://Host/a?b#c", "wss://Host/a?b#c", "Host", "/a?b"),
            ("ws:/host", "ws://host/", "host", "/"),
            ("ws:///host", "ws://host/", "host", "/"),
            ("ws://host?q", "ws://host/?q", "host", "/?q"),
            ("ws://host?", "ws://host/?", "host", "/?"),
            ("ws://host/?", "ws://host/?", "host", "/?"),
            ("ws://host#", "ws://host/#", "host", "/"),
            ("ws://host#?/", "ws://host/#?/", "host", "/"),
            ("ws://host:80/", "ws://host:80/", "host", "/"),
            ("wss://host:80/", "wss://host:80/", "host:80", "/"),
            ("wss://host:443", "wss://host:443/", "host", "/"),
            ("ws://host:00443", "ws://host:443/", "host:443", "/"),
            ("ws://host:", "ws://host/", "host", "/"),
            ("ws://host:0", "ws://host:0/", "host:0", "/"),
            ("ws://127.1", "ws://127.0.0.1/", "127.0.0.1", "/"),
            ("ws://[::1]:8080", "ws://[::1]:8080/", "[::1]:8080", "/"),
            ("ws://[fe80::1%25lo]", "ws://[fe80::1%25lo]/", "[fe80::1]", "/"),
            ("ws://[fe80::1%lo]", "ws://[fe80::1%25lo]/", "[fe80::1]", "/"),
            ("ws://u:p@host/", "ws://u:p@host/", "host", "/"),
            (
                "ws://B\u{fc}cher.example/",
                "ws://B\u{fc}cher.example/",
                "xn--bcher-kva.example",
                "/",
            ),
            (
                "ws://b%C3%BCcher.example./",
                "ws://b\u{fc}cher.example./",
                "xn--bcher-kva.example.",
                "/",
            ),
            ("ws://@host/", "ws://@host/", "host", "/"),
            ("ws://h/a/./b/../c", "ws://h/a/c", "h", "/a/c"),
            ("ws://h/a/%2e%2E/c", "ws://h/c", "h", "/c"),
            ("ws://h/../..", "ws://h/", "h", "/"),
            ("ws://h/a/..", "ws://h/", "h", "/"),
            ("ws://h/a/.", "ws://h/a/", "h", "/a/"),
            ("ws://h/a/...", "ws://h/a/...", "h", "/a/..."),
            ("ws://h/a//..//b", "ws://h/a//b", "h", "/a//b"),
            ("ws://h/.?/../x", "ws://h/?/../x", "h", "/?/../x"),
            ("ws://h/%c3%a4%zz%", "ws://h/%c3%a4%zz%", "h", "/%C3%A4%zz%"),
            (
                "ws://h/\u{e4}?\u{e4}#\u{e4}",
                "ws://h/\u{e4}?\u{e4}#\u{e4}",
                "h",
                "/%C3%A4?\u{e4}",
            ),
        ];
        for (input, effective, host, target) in cases {
            let url = url(input);
            let seen = (
                lossy(url.effective()),
                lossy(&url.host_header(url.port_or_default())),
                lossy(&url.target),
            );
            assert_eq!(seen, (effective.into(), host.into(), target.into()), "{input}");
        }
    }

    #[test]
    fn user_and_password_are_decoded() {
        let cases: [(&str, Option<&str>, Option<&str>); 8] = [
            ("ws://host", None, None),
            ("ws://@host", Some(""), None),
            ("ws://user@host", Some("user"), None),
            ("ws://user:@host", Some("user"), Some("")),
            ("ws://:pass@host", Some(""), Some("pass")),
            ("ws://a%40b:c%3Ad:e@host", Some("a@b"), Some("c:d:e")),
            ("ws://a%0ab@host", Some("a\nb"), None),
            ("ws://a;b%zz@host", Some("a;b%zz"), None),
        ];
        for (input, user, password) in cases {
            let url = url(input);
            assert_eq!(url.user.as_deref(), user.map(str::as_bytes), "{input}");
            assert_eq!(url.password.as_deref(), password.map(str::as_bytes), "{input}");
            assert_eq!(url.host, "host");
        }
    }

    #[test]
    fn a_missing_scheme_is_the_default_one() {
        let parse = |input: &[u8]| Url::parse(input, Some(b"wss"), UrlFlags::default());
        assert_eq!(parse(b"host:81/x").unwrap().effective(), b"wss://host:81/x");
        assert_eq!(parse(b"ws://host").unwrap().scheme, Scheme::Ws);
        assert_eq!(parse(b"ws:80").unwrap().effective(), b"wss://ws:80/");
        let unknown = Url::parse(b"host", Some(b"gopher"), UrlFlags::default()).unwrap_err();
        assert!(unknown.to_string().starts_with("Protocol \"gopher\" not supported"));
    }

    #[test]
    fn other_protocols_are_unsupported() {
        let cases = [
            ("http://host", "http"),
            ("HTTPS://host", "https"),
            ("file:///etc/passwd", "file"),
            ("ftp.example.com", "ftp"),
            ("POP3.example", "pop3"),
            ("ftp", "http"),
            ("host:80/x", "http"),
            ("wsx://host", "wsx"),
        ];
        for (input, scheme) in cases {
            let error = refusal(input);
            assert_eq!(error.code(), CURLUE_UNSUPPORTED_SCHEME, "{input}");
            let wanted = format!("Protocol \"{scheme}\" not supported");
            assert!(error.to_string().starts_with(&wanted), "{input}: {error}");
        }
    }

    #[test]
    fn malformed_urls_are_refused_in_words() {
        let cases = [
            ("", "no host"),
            ("ws://", "no host"),
            ("ws:///", "no host"),
            ("ws:////host", "three slashes"),
            ("ws:host", "port"),
            ("host:", "port"),
            ("ws://:80", "no host"),
            ("ws://u@", "no host"),
            ("ws://host:x", "port"),
            ("ws://host:+80", "port"),
            ("ws://host:-1", "port"),
            ("ws://host:65536", "port"),
            ("ws://host:80:80", "port"),
            ("ws://[::1", "closing bracket"),
            ("ws://[::1]x", "port"),
            ("ws://[::g]", "IPv6"),
            ("ws://ho st/", "space at offset 7"),
            ("ws://host/ ", "space at offset 10"),
            ("ws://host/\n", "0x0a"),
            ("ws://host/\x7f", "0x7f"),
            ("ws://a@b@c/", "'@'"),
            ("ws://a%00@host/", "%00"),
            ("ws://ho\\st/", "'\\'"),
            ("ws://b\u{fc}..cher.example/", "international"),
        ];
        for (input, wanted) in cases {
            let error = refusal(input);
            let text = error.to_string();
            assert!(
                text.starts_with("URL rejected: ") && text.contains(wanted),
                "{input}: {error}"
            );
        }
    }

    #[test]
    fn length_is_limited() {
        let mut long = b"ws://host/".to_vec();
        long.resize(MAX_INPUT, b'a');
        assert!(Url::parse(&long, None, UrlFlags::default()).is_ok());
        long.push(b'a');
        let error = Url::parse(&long, None, UrlFlags::default()).unwrap_err();
        assert_eq!(error.code(), CURLUE_MALFORMED_INPUT);
    }

    #[test]
    fn flags_change_what_is_accepted() {
        let as_is = UrlFlags {
            path_as_is: true,
            ..UrlFlags::default()
        };
        assert_eq!(Url::parse(b"ws://h/a/../b", None, as_is).unwrap().target, b"/a/../b");
        let no_user = UrlFlags {
            disallow_user: true,
            ..UrlFlags::default()
        };
        let error = Url::parse(b"ws://u@h/", None, no_user).unwrap_err();
        assert_eq!(error.code(), CURLUE_USER_NOT_ALLOWED);
        assert!(Url::parse(b"ws://h/u@h", None, no_user).is_ok());
    }

    #[test]
    fn ports_and_names_for_connecting() {
        assert_eq!(url("ws://h").port_or_default(), 80);
        assert_eq!(url("wss://h").port_or_default(), 443);
        assert_eq!(url("wss://h:1").port_or_default(), 1);
        assert_eq!(url("wss://h.").tls_name(), "h");
        assert_eq!(url("ws://h:1").host_header(80), b"h");
        assert_eq!(url("ws://h").host_header(81), b"h:81");
        assert_eq!(url("ws://[fe80::1%25eth0]").zone.as_deref(), Some("eth0"));
    }
}
