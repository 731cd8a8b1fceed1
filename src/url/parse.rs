//! The URL of a transfer, read as libcurl reads it (RFC 3986 with the tolerance of browsers).

use memchr::{memchr, memchr3};
use percent_encoding::percent_decode;

use super::authority::{self, host_length};
use super::error::{Result, UrlError, malformed};
use super::host;
use super::path::Rest;
use super::scheme::Scheme;

/// Longest URL, the limit that libcurl has.
const MAX_URL: usize = 8_000_000;

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
    /// `ws` or `wss`.
    pub scheme: Scheme,
    /// The user name, percent-decoded; empty for `ws://@host` and `ws://:secret@host`.
    pub user: Option<Vec<u8>>,
    /// The password, percent-decoded.
    pub password: Option<Vec<u8>>,
    /// The host to resolve: a name as written, or an IP address in its normal form without brackets and zone.
    pub host: String,
    /// The zone of an IPv6 literal: an interface name or number.
    pub zone: Option<String>,
    /// The port, if the URL names one. 0 is possible.
    pub port: Option<u16>,
    /// Path and query for the request line, never empty.
    pub target: Vec<u8>,
    effective: Vec<u8>,
}

impl Url {
    /// Reads `input`. Without a scheme in it, `default_scheme` (`CURLOPT_DEFAULT_PROTOCOL`) is put in front; without that
    /// one either, libcurl's guess is never a WebSocket, and the URL is refused.
    pub(crate) fn parse(input: &[u8], default_scheme: Option<&[u8]>, flags: UrlFlags) -> Result<Url> {
        match default_scheme {
            Some(scheme) if split_scheme(input).is_none() => parse(&[scheme, b"://", input].concat(), flags),
            _ => parse(input, flags),
        }
    }

    /// The same over TLS: `wss`. A port that is named stays.
    pub(crate) fn with_tls(&self) -> Result<Url> {
        let rest = &self.effective[self.scheme.name().len()..];
        let flags = UrlFlags {
            path_as_is: true,
            disallow_user: false,
        };
        parse(&[b"wss", rest].concat(), flags)
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
    /// `port_override` is `CURLOPT_PORT`.
    pub(crate) fn host_header(&self, port_override: Option<u16>) -> Vec<u8> {
        let port = port_override.unwrap_or(self.port_or_default());
        let shown = (port != self.scheme.default_port()).then_some(port);
        let mut header = Vec::with_capacity(self.host.len() + "[]:65535".len());
        write_host(&mut header, &self.host, None, shown);
        header
    }
}

fn parse(input: &[u8], flags: UrlFlags) -> Result<Url> {
    check_bytes(input)?;
    let scheme = split_scheme(input);
    let after_scheme = match scheme {
        // Local files have no authority to look at.
        Some(name) if name.eq_ignore_ascii_case(b"file") => return Err(unsupported("file", false)),
        Some(name) => skip_slashes(&input[name.len() + 1..])?,
        None => input,
    };
    let authority_end = memchr3(b'/', b'?', b'#', after_scheme).unwrap_or(after_scheme.len());
    let (authority, rest) = after_scheme.split_at(authority_end);
    let authority = parse_authority(authority, scheme.is_some(), flags)?;
    let scheme = known_scheme(scheme, &authority.host.name)?;
    let rest = Rest::split(rest, flags.path_as_is);
    Ok(Url {
        scheme,
        user: authority
            .user
            .map(|user| decoded_secret(user, "user name"))
            .transpose()?,
        password: authority
            .password
            .map(|password| decoded_secret(password, "password"))
            .transpose()?,
        port: authority.port,
        target: rest.target(),
        effective: effective(scheme, &authority, &rest),
        host: authority.host.name,
        zone: authority.host.zone,
    })
}

/// Refuses what cannot be in any URL: spaces, control bytes, 8 MB and more.
fn check_bytes(input: &[u8]) -> Result<()> {
    if input.len() > MAX_URL {
        return Err(malformed(format!("it is longer than {MAX_URL} bytes")));
    }
    let junk = |byte: &u8| byte.is_ascii_control() || *byte == b' ';
    match input.iter().position(junk) {
        Some(at) if input[at] == b' ' => Err(malformed(format!("space at offset {at}; write it as %20"))),
        Some(at) => Err(malformed(format!("control byte 0x{:02x} at offset {at}", input[at]))),
        None => Ok(()),
    }
}

/// The scheme, if the text begins with one: a word of at most 40 characters followed by `:/`. (`localhost:80` has none.)
fn split_scheme(input: &[u8]) -> Option<&[u8]> {
    const MAX_SCHEME: usize = 40;
    let in_scheme = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
    let end = input.iter().position(|byte| !in_scheme(byte))?;
    let is_scheme = input[0].is_ascii_alphabetic() && end <= MAX_SCHEME && input[end..].starts_with(b":/");
    is_scheme.then(|| &input[..end])
}

/// One to three slashes stand between the scheme and the host.
fn skip_slashes(text: &[u8]) -> Result<&[u8]> {
    let slashes = text.iter().take_while(|&&byte| byte == b'/').count();
    if slashes > 3 {
        return Err(malformed("more than three slashes after the scheme"));
    }
    Ok(&text[slashes..])
}

fn known_scheme(scheme: Option<&[u8]>, host: &str) -> Result<Scheme> {
    let Some(scheme) = scheme else {
        return Err(unsupported(guessed_scheme(host), true));
    };
    [Scheme::Ws, Scheme::Wss]
        .into_iter()
        .find(|known| scheme.eq_ignore_ascii_case(known.name().as_bytes()))
        .ok_or_else(|| unsupported(&String::from_utf8_lossy(&scheme.to_ascii_lowercase()), false))
}

/// What libcurl takes for the scheme when there is none.
fn guessed_scheme(host: &str) -> &'static str {
    let label = host.split_once('.').map_or("", |(label, _)| label);
    ["ftp", "dict", "ldap", "imap", "smtp", "pop3"]
        .into_iter()
        .find(|scheme| scheme.eq_ignore_ascii_case(label))
        .unwrap_or("http")
}

fn unsupported(scheme: &str, guessed: bool) -> UrlError {
    UrlError::Scheme {
        name: scheme.to_owned(),
        guessed,
    }
}

/// `user:password@host:port`, user and password still percent-encoded.
struct Authority<'a> {
    user: Option<&'a [u8]>,
    password: Option<&'a [u8]>,
    host: host::Host,
    port: Option<u16>,
}

fn parse_authority(text: &[u8], has_scheme: bool, flags: UrlFlags) -> Result<Authority<'_>> {
    let (login, host_and_port) = match memchr(b'@', text) {
        Some(at) => (Some(&text[..at]), &text[at + 1..]),
        None => (None, text),
    };
    if login.is_some() && flags.disallow_user {
        return Err(UrlError::User);
    }
    let (user, password) = match login.map(|login| (login, memchr(b':', login))) {
        Some((login, Some(colon))) => (Some(&login[..colon]), Some(&login[colon + 1..])),
        Some((login, None)) => (Some(login), None),
        None => (None, None),
    };
    let host_end = host_length(host_and_port).ok_or_else(|| malformed("IPv6 address without closing bracket"))?;
    let (host, port) = host_and_port.split_at(host_end);
    if host.is_empty() {
        return Err(malformed("no host in it"));
    }
    Ok(Authority {
        user,
        password,
        port: parse_port(port, has_scheme)?,
        host: host::parse(host)?,
    })
}

/// Reads the empty text or `:digits`. A bare colon is no port, as in browsers, but only after a scheme: what looks like
/// a scheme must not become a host.
fn parse_port(text: &[u8], has_scheme: bool) -> Result<Option<u16>> {
    let port = match text {
        [] => return Ok(None),
        [b':'] if has_scheme => return Ok(None),
        [b':', digits @ ..] => authority::parse_port(digits),
        _ => None,
    };
    port.map(Some)
        .ok_or_else(|| malformed("the port is not a decimal number from 0 to 65535"))
}

fn decoded_secret(text: &[u8], what: &str) -> Result<Vec<u8>> {
    let decoded: Vec<u8> = percent_decode(text).collect();
    if decoded.contains(&0) {
        return Err(malformed(format!("%00 in the {what}")));
    }
    Ok(decoded)
}

fn effective(scheme: Scheme, authority: &Authority<'_>, rest: &Rest<'_>) -> Vec<u8> {
    let mut url = Vec::with_capacity(64);
    url.extend_from_slice(scheme.name().as_bytes());
    url.extend_from_slice(b"://");
    if let Some(user) = authority.user {
        url.extend_from_slice(user);
        if let Some(password) = authority.password {
            url.push(b':');
            url.extend_from_slice(password);
        }
        url.push(b'@');
    }
    let host = &authority.host;
    write_host(&mut url, &host.name, host.zone.as_deref(), authority.port);
    for part in [&rest.path[..], rest.query, rest.fragment] {
        url.extend_from_slice(part);
    }
    url
}

/// IPv6 addresses are in brackets, with their zone.
fn write_host(out: &mut Vec<u8>, host: &str, zone: Option<&str>, port: Option<u16>) {
    let host = host.as_bytes();
    match zone {
        Some(zone) => out.extend_from_slice(&[b"[", host, b"%25", zone.as_bytes(), b"]"].concat()),
        None if memchr(b':', host).is_some() => out.extend_from_slice(&[b"[", host, b"]"].concat()),
        None => out.extend_from_slice(host),
    }
    if let Some(port) = port {
        out.push(b':');
        out.extend_from_slice(port.to_string().as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text.as_bytes(), None, UrlFlags::default()).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn refusal(text: &str) -> UrlError {
        Url::parse(text.as_bytes(), None, UrlFlags::default()).expect_err(text)
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
                lossy(&url.host_header(None)),
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
            assert!(matches!(error, UrlError::Scheme { .. }), "{input}");
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
            ("ws://b\u{fc}cher.example/", "xn--"),
        ];
        for (input, wanted) in cases {
            let error = refusal(input);
            assert!(matches!(error, UrlError::Malformed(_)), "{input}: {error}");
            assert!(error.to_string().contains(wanted), "{input}: {error}");
        }
    }

    #[test]
    fn length_is_limited() {
        let mut long = b"ws://host/".to_vec();
        long.resize(MAX_URL, b'a');
        assert!(Url::parse(&long, None, UrlFlags::default()).is_ok());
        long.push(b'a');
        let error = Url::parse(&long, None, UrlFlags::default()).unwrap_err();
        assert!(matches!(error, UrlError::Malformed(_)));
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
        assert_eq!(error, UrlError::User);
        assert!(Url::parse(b"ws://h/u@h", None, no_user).is_ok());
    }

    #[test]
    fn ports_and_names_for_connecting() {
        assert_eq!(url("ws://h").port_or_default(), 80);
        assert_eq!(url("wss://h").port_or_default(), 443);
        assert_eq!(url("wss://h:1").port_or_default(), 1);
        assert_eq!(url("wss://h.").tls_name(), "h");
        assert_eq!(url("ws://h:1").host_header(Some(80)), b"h");
        assert_eq!(url("ws://h").host_header(Some(81)), b"h:81");
        assert_eq!(url("ws://[fe80::1%25eth0]").zone.as_deref(), Some("eth0"));
    }
}
