//! The request head of the opening handshake (RFC 6455 section 4.1), with libcurl's header order.

use memchr::memchr;

use super::error::RequestError;
use super::text::{breaks_line, list_members, trim_blanks};
use crate::text::quoted;
use crate::ws::handshake::{self, Extension};

/// Largest request head in bytes, the limit that libcurl has.
const MAX_HEAD: usize = 1024 * 1024;

/// What goes into a request head. Bytes are sent as they are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RequestSpec<'a> {
    /// `GET`, if nothing else was asked for.
    pub method: &'a [u8],
    /// Path and query.
    pub target: &'a [u8],
    /// The value of `Host`.
    pub host: &'a [u8],
    /// The value of `Authorization`.
    pub authorization: Option<&'a [u8]>,
    /// The value of `User-Agent`; an empty one is not sent.
    pub user_agent: &'a [u8],
    /// `TE: gzip` is sent, unless the application has a `TE` of its own.
    pub te: bool,
    /// The value of `Accept-Encoding`.
    pub accept_encoding: Option<&'a [u8]>,
    /// The value of `Referer`.
    pub referer: Option<&'a [u8]>,
    /// The cookies of the cookie engine.
    pub cookies: &'a [u8],
    /// `CURLOPT_COOKIE`, which follows them in the same header.
    pub cookie: Option<&'a [u8]>,
    /// The lines of `CURLOPT_HTTPHEADER`: `Name: value` adds a header or replaces ours, `Name:` removes ours, `Name;`
    /// sends it empty; other lines are skipped.
    pub custom: &'a [Vec<u8>],
    /// The value of `Sec-WebSocket-Key`, from [`handshake::new_key`].
    pub key: &'a [u8],
    /// The value of `Sec-WebSocket-Extensions`: what we offer where the application offers nothing itself.
    pub extensions: Option<&'a str>,
}

/// A request head, and what the response is checked against.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SentRequest {
    /// The bytes, up to and with the empty line.
    pub head: Vec<u8>,
    /// The `Sec-WebSocket-Key` in it, the application's own if it gave one; empty if it removed the header.
    pub key: Vec<u8>,
    /// The subprotocols offered in `Sec-WebSocket-Protocol`.
    pub protocols: Vec<Vec<u8>>,
    /// The extensions offered in `Sec-WebSocket-Extensions`; a value that breaks the grammar offers none.
    pub extensions: Vec<Extension>,
}

/// Writes the request head.
///
/// # Errors
/// A part that has a line break, which would inject headers; an empty method; a head over 1 MiB.
pub(crate) fn write(spec: &RequestSpec<'_>) -> Result<SentRequest, RequestError> {
    let custom: Vec<Custom<'_>> = spec.custom.iter().filter_map(|line| Custom::parse(line)).collect();
    check(spec, &custom)?;
    let mut head = Head {
        bytes: Vec::with_capacity(512),
        custom: &custom,
    };
    head.bytes.extend_from_slice(spec.method);
    head.line(b" ", spec.target, b" HTTP/1.1");
    head.host(spec.host);
    head.ours("Authorization", spec.authorization);
    if !spec.user_agent.is_empty() {
        head.ours("User-Agent", Some(spec.user_agent));
    }
    head.ours("Accept", Some(b"*/*"));
    let te = spec.te && !custom.iter().any(|custom| custom.is("TE"));
    head.ours("TE", te.then_some(b"gzip"));
    head.ours("Accept-Encoding", spec.accept_encoding);
    head.ours("Referer", spec.referer);
    head.ours("Upgrade", Some(b"websocket"));
    head.ours("Sec-WebSocket-Version", Some(b"13"));
    head.ours(KEY, Some(spec.key));
    head.ours(EXTENSIONS, spec.extensions.map(str::as_bytes));
    head.cookies(spec);
    head.application_headers();
    head.connection(if te { b"TE, Upgrade" } else { b"Upgrade" });
    head.bytes.extend_from_slice(b"\r\n");
    check_size(&head.bytes)?;
    Ok(SentRequest {
        key: sent_key(spec, &custom),
        protocols: values(&custom, "Sec-WebSocket-Protocol")
            .flat_map(list_members)
            .map(<[u8]>::to_vec)
            .collect(),
        extensions: offered_extensions(spec, &custom),
        head: head.bytes,
    })
}

/// The host that a `Host` among the lines of `CURLOPT_HTTPHEADER` names, without brackets and port.
pub(crate) fn custom_host(lines: &[Vec<u8>]) -> Option<&[u8]> {
    let mut custom = lines.iter().filter_map(|line| Custom::parse(line));
    let value = custom.find(|custom| custom.is("Host"))?.value();
    let (host, end) = match value.strip_prefix(b"[") {
        Some(host) => (host, b']'),
        None => (value, b':'),
    };
    let host = &host[..memchr(end, host).unwrap_or(host.len())];
    (!value.is_empty()).then_some(host)
}

const KEY: &str = "Sec-WebSocket-Key";
const EXTENSIONS: &str = "Sec-WebSocket-Extensions";

/// One line of `CURLOPT_HTTPHEADER` or `CURLOPT_PROXYHEADER`.
pub(super) struct Custom<'a> {
    name: &'a [u8],
    /// What follows the colon, as written. `None` for `Name;`.
    rest: Option<&'a [u8]>,
    line: &'a [u8],
}

impl<'a> Custom<'a> {
    pub(super) fn parse(line: &'a [u8]) -> Option<Custom<'a>> {
        let (name, rest) = match (line, memchr(b':', line)) {
            (_, Some(colon)) => (&line[..colon], Some(&line[colon + 1..])),
            ([name @ .., b';'], None) if !name.contains(&b';') => (name, None),
            _ => return None,
        };
        let name = trim_blanks(name);
        (!name.is_empty()).then_some(Custom { name, rest, line })
    }

    pub(super) fn name(&self) -> &'a [u8] {
        self.name
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// The trimmed value, empty for `Name:` and `Name;`.
    pub(super) fn value(&self) -> &'a [u8] {
        trim_blanks(self.rest.unwrap_or_default())
    }

    /// Whether this is `Name:`, which sends nothing.
    pub(super) fn removes(&self) -> bool {
        self.rest.is_some() && self.value().is_empty()
    }
}

/// An unfinished request head.
struct Head<'a> {
    bytes: Vec<u8>,
    custom: &'a [Custom<'a>],
}

impl Head<'_> {
    /// A header of ours, unless the application gave or removed one of that name.
    fn ours(&mut self, name: &str, value: Option<&[u8]>) {
        if let Some(value) = value
            && !self.custom.iter().any(|custom| custom.is(name))
        {
            self.line(name.as_bytes(), b": ", value);
        }
    }

    /// `Host` comes first, also the application's own, and only once.
    fn host(&mut self, host: &[u8]) {
        match self.custom.iter().find(|custom| custom.is("Host")) {
            Some(custom) if custom.removes() => {}
            Some(custom) => self.line(b"Host", b":", custom.rest.unwrap_or_default()),
            None => self.line(b"Host", b": ", host),
        }
    }

    /// A `Cookie` of the application takes the place of `CURLOPT_COOKIE`, and is a further one to the engine's, as in libcurl.
    fn cookies(&mut self, spec: &RequestSpec<'_>) {
        let is_replaced = self.custom.iter().any(|custom| custom.is("Cookie"));
        match (spec.cookies, spec.cookie.filter(|_| !is_replaced)) {
            (b"", None) => {}
            (b"", Some(cookie)) => self.line(b"Cookie", b": ", cookie),
            (cookies, None) => self.line(b"Cookie", b": ", cookies),
            (cookies, Some(cookie)) => self.line(b"Cookie: ", &[cookies, b"; "].concat(), cookie),
        }
    }

    fn application_headers(&mut self) {
        for custom in self.custom {
            if custom.removes() || custom.is("Host") || custom.is("Connection") {
                continue;
            }
            match custom.rest {
                Some(_) => self.line(custom.line, b"", b""),
                None => self.line(custom.name, b":", b""),
            }
        }
    }

    /// The first `Connection` of the application that has a value gets our tokens appended; they can't be removed.
    fn connection(&mut self, ours: &[u8]) {
        let mut custom = self
            .custom
            .iter()
            .filter(|custom| custom.is("Connection") && !custom.value().is_empty());
        match custom.next() {
            Some(first) => self.line(b"Connection: ", &[first.value(), b", "].concat(), ours),
            None => self.line(b"Connection", b": ", ours),
        }
        for further in custom {
            self.line(further.line, b"", b"");
        }
    }

    fn line(&mut self, start: &[u8], middle: &[u8], end: &[u8]) {
        for part in [start, middle, end, b"\r\n"] {
            self.bytes.extend_from_slice(part);
        }
    }
}

fn check(spec: &RequestSpec<'_>, custom: &[Custom<'_>]) -> Result<(), RequestError> {
    if spec.method.is_empty() {
        return Err(RequestError::Invalid("the request method is empty".to_owned()));
    }
    let parts = [
        ("request method", Some(spec.method)),
        ("request target", Some(spec.target)),
        ("host", Some(spec.host)),
        ("Authorization header", spec.authorization),
        ("User-Agent header", Some(spec.user_agent)),
        ("Accept-Encoding header", spec.accept_encoding),
        ("Referer header", spec.referer),
        ("Cookie header", spec.cookie),
        ("cookie engine", Some(spec.cookies)),
        ("WebSocket key", Some(spec.key)),
    ];
    if let Some((what, _)) = parts.into_iter().find(|(_, part)| part.is_some_and(breaks_line)) {
        return Err(RequestError::Invalid(format!("line break in the {what}")));
    }
    check_lines(custom)
}

/// A line break in one of the application's lines would inject headers.
pub(super) fn check_lines(custom: &[Custom<'_>]) -> Result<(), RequestError> {
    match custom.iter().find(|custom| breaks_line(custom.line)) {
        Some(custom) => Err(RequestError::Invalid(format!(
            "line break in the custom header {}",
            quoted(custom.name, 60)
        ))),
        None => Ok(()),
    }
}

pub(super) fn check_size(head: &[u8]) -> Result<(), RequestError> {
    match head.len() {
        0..=MAX_HEAD => Ok(()),
        length => Err(RequestError::TooLarge(format!(
            "the request head has {length} bytes, over {MAX_HEAD}"
        ))),
    }
}

fn values<'a>(custom: &'a [Custom<'a>], name: &'a str) -> impl Iterator<Item = &'a [u8]> {
    custom.iter().filter(move |custom| custom.is(name)).map(Custom::value)
}

fn sent_key(spec: &RequestSpec<'_>, custom: &[Custom<'_>]) -> Vec<u8> {
    values(custom, KEY).next().unwrap_or(spec.key).to_vec()
}

fn offered_extensions(spec: &RequestSpec<'_>, custom: &[Custom<'_>]) -> Vec<Extension> {
    let ours = match custom.iter().any(|custom| custom.is(EXTENSIONS)) {
        true => None,
        false => spec.extensions.map(str::as_bytes),
    };
    values(custom, EXTENSIONS)
        .chain(ours)
        .filter_map(handshake::parse_extensions)
        .flatten()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec<'a>(custom: &'a [Vec<u8>]) -> RequestSpec<'a> {
        RequestSpec {
            method: b"GET",
            target: b"/chat?x",
            host: b"server.example.com",
            authorization: None,
            user_agent: b"",
            te: false,
            accept_encoding: None,
            referer: None,
            cookies: b"",
            cookie: None,
            custom,
            key: b"dGhlIHNhbXBsZSBub25jZQ==",
            extensions: None,
        }
    }

    fn lines(list: &[&str]) -> Vec<Vec<u8>> {
        list.iter().map(|line| line.as_bytes().to_vec()).collect()
    }

    /// The headers sent with these custom lines, without those that every case has alike.
    fn sent(custom: &[&str]) -> Vec<String> {
        let custom = lines(custom);
        let sent = write(&spec(&custom)).unwrap();
        let text = String::from_utf8(sent.head).unwrap();
        let head = text.strip_suffix("\r\n\r\n").unwrap();
        head.split("\r\n").skip(1).map(str::to_owned).collect()
    }

    #[test]
    fn all_headers_in_libcurls_order() {
        let custom = lines(&["X-One: 1", "Connection: keep-alive", "X-Two:2"]);
        let spec = RequestSpec {
            authorization: Some(b"Basic dTpw"),
            user_agent: b"agent/1",
            te: true,
            accept_encoding: Some(b"br"),
            referer: Some(b"http://from/"),
            cookie: Some(b"a=b"),
            ..spec(&custom)
        };
        let wanted = "GET /chat?x HTTP/1.1\r\n\
            Host: server.example.com\r\n\
            Authorization: Basic dTpw\r\n\
            User-Agent: agent/1\r\n\
            Accept: */*\r\n\
            TE: gzip\r\n\
            Accept-Encoding: br\r\n\
            Referer: http://from/\r\n\
            Upgrade: websocket\r\n\
            Sec-WebSocket-Version: 13\r\n\
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
            Cookie: a=b\r\n\
            X-One: 1\r\n\
            X-Two:2\r\n\
            Connection: keep-alive, TE, Upgrade\r\n\r\n";
        assert_eq!(String::from_utf8(write(&spec).unwrap().head).unwrap(), wanted);
    }

    #[test]
    fn custom_headers_replace_remove_and_empty_ours() {
        const HOST: &str = "Host: server.example.com";
        const ACCEPT: &str = "Accept: */*";
        const UPGRADE: &str = "Upgrade: websocket";
        const VERSION: &str = "Sec-WebSocket-Version: 13";
        const KEY: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
        const CONNECTION: &str = "Connection: Upgrade";
        let cases: [(&[&str], &[&str]); 18] = [
            (&[], &[HOST, ACCEPT, UPGRADE, VERSION, KEY, CONNECTION]),
            (
                &["aCCept: text/plain"],
                &[HOST, UPGRADE, VERSION, KEY, "aCCept: text/plain", CONNECTION],
            ),
            (&["Accept:"], &[HOST, UPGRADE, VERSION, KEY, CONNECTION]),
            (&["Accept: \t"], &[HOST, UPGRADE, VERSION, KEY, CONNECTION]),
            (&["Accept;"], &[HOST, UPGRADE, VERSION, KEY, "Accept:", CONNECTION]),
            (
                &["X-Empty;"],
                &[HOST, ACCEPT, UPGRADE, VERSION, KEY, "X-Empty:", CONNECTION],
            ),
            (&["X-Empty:"], &[HOST, ACCEPT, UPGRADE, VERSION, KEY, CONNECTION]),
            (
                &["no colon", "", ":", ": x", ";", "a;b;"],
                &[HOST, ACCEPT, UPGRADE, VERSION, KEY, CONNECTION],
            ),
            (
                &["A;b: c"],
                &[HOST, ACCEPT, UPGRADE, VERSION, KEY, "A;b: c", CONNECTION],
            ),
            (
                &["Host: other"],
                &["Host: other", ACCEPT, UPGRADE, VERSION, KEY, CONNECTION],
            ),
            (
                &["host:other:1", "Host: x"],
                &["Host:other:1", ACCEPT, UPGRADE, VERSION, KEY, CONNECTION],
            ),
            (&["Host:"], &[ACCEPT, UPGRADE, VERSION, KEY, CONNECTION]),
            (&["Host;"], &["Host:", ACCEPT, UPGRADE, VERSION, KEY, CONNECTION]),
            (&["Connection:"], &[HOST, ACCEPT, UPGRADE, VERSION, KEY, CONNECTION]),
            (&["Connection;"], &[HOST, ACCEPT, UPGRADE, VERSION, KEY, CONNECTION]),
            (
                &["Connection: a", "X: y", "connection: b"],
                &[
                    HOST,
                    ACCEPT,
                    UPGRADE,
                    VERSION,
                    KEY,
                    "X: y",
                    "Connection: a, Upgrade",
                    "connection: b",
                ],
            ),
            (
                &["Upgrade: other", "Sec-WebSocket-Version: 8", "Sec-WebSocket-Key: mine"],
                &[
                    HOST,
                    ACCEPT,
                    "Upgrade: other",
                    "Sec-WebSocket-Version: 8",
                    "Sec-WebSocket-Key: mine",
                    CONNECTION,
                ],
            ),
            (
                &["Upgrade:", "Sec-WebSocket-Key:"],
                &[HOST, ACCEPT, VERSION, CONNECTION],
            ),
        ];
        for (custom, wanted) in cases {
            assert_eq!(sent(custom), wanted, "{custom:?}");
        }
    }

    #[test]
    fn application_headers_win_over_options() {
        let custom = lines(&[
            "Cookie: mine",
            "Authorization: mine",
            "User-Agent: mine",
            "Referer: mine",
        ]);
        let spec = RequestSpec {
            authorization: Some(b"option"),
            user_agent: b"option",
            referer: Some(b"option"),
            cookie: Some(b"option"),
            ..spec(&custom)
        };
        let head = String::from_utf8(write(&spec).unwrap().head).unwrap();
        assert!(!head.contains("option"), "{head}");
        assert_eq!(head.matches("mine").count(), 4);
    }

    #[test]
    fn an_empty_user_agent_is_not_sent() {
        let spec = RequestSpec {
            user_agent: b"",
            ..spec(&[])
        };
        assert!(
            !String::from_utf8(write(&spec).unwrap().head)
                .unwrap()
                .contains("User-Agent")
        );
    }

    #[test]
    fn the_key_and_the_offers_are_those_sent() {
        let custom = lines(&[
            "Sec-WebSocket-Key:  mine ",
            "Sec-WebSocket-Protocol: chat, superchat",
            "sec-websocket-protocol: third",
            "Sec-WebSocket-Extensions: foo; a=1, bar",
            "Sec-WebSocket-Extensions: broken broken",
        ]);
        let sent = write(&spec(&custom)).unwrap();
        assert_eq!(sent.key, b"mine");
        assert_eq!(sent.protocols, lines(&["chat", "superchat", "third"]));
        let names: Vec<&str> = sent.extensions.iter().map(|offer| &offer.name[..]).collect();
        assert_eq!(names, ["foo", "bar"]);

        let plain = write(&spec(&[])).unwrap();
        assert_eq!(plain.key, b"dGhlIHNhbXBsZSBub25jZQ==");
        assert!(plain.protocols.is_empty() && plain.extensions.is_empty());
        let removed = lines(&["Sec-WebSocket-Key:"]);
        assert_eq!(write(&spec(&removed)).unwrap().key, b"");
    }

    #[test]
    fn our_offer_of_extensions_gives_way_to_the_applications() {
        let names = |custom: &[&str]| -> (Vec<String>, bool) {
            let custom = lines(custom);
            let spec = RequestSpec {
                extensions: Some("ours; a"),
                ..spec(&custom)
            };
            let sent = write(&spec).unwrap();
            let head = String::from_utf8(sent.head).unwrap();
            (
                sent.extensions.into_iter().map(|offer| offer.name).collect(),
                head.contains("Sec-WebSocket-Extensions: ours; a\r\n"),
            )
        };
        assert_eq!(names(&[]), (vec!["ours".to_owned()], true));
        let theirs = ["Sec-WebSocket-Extensions: theirs"];
        assert_eq!(names(&theirs), (vec!["theirs".to_owned()], false));
        assert_eq!(names(&["Sec-WebSocket-Extensions:"]), (vec![], false));
    }

    #[test]
    fn line_breaks_are_refused_everywhere() {
        let bad: &[u8] = b"a\r\nX: y";
        let bad_lines = lines(&["A: b\nC: d"]);
        let cases = [
            (
                "method",
                RequestSpec {
                    method: bad,
                    ..spec(&[])
                },
            ),
            (
                "target",
                RequestSpec {
                    target: b"/\n",
                    ..spec(&[])
                },
            ),
            (
                "host",
                RequestSpec {
                    host: b"h\r",
                    ..spec(&[])
                },
            ),
            (
                "Authorization",
                RequestSpec {
                    authorization: Some(bad),
                    ..spec(&[])
                },
            ),
            (
                "User-Agent",
                RequestSpec {
                    user_agent: bad,
                    ..spec(&[])
                },
            ),
            (
                "Referer",
                RequestSpec {
                    referer: Some(bad),
                    ..spec(&[])
                },
            ),
            (
                "Cookie",
                RequestSpec {
                    cookie: Some(bad),
                    ..spec(&[])
                },
            ),
            ("\"A\"", spec(&bad_lines)),
        ];
        for (wanted, spec) in cases {
            let error = write(&spec).unwrap_err();
            assert!(
                matches!(&error, RequestError::Invalid(text) if text.contains(wanted)),
                "{error}"
            );
        }
    }

    #[test]
    fn the_engines_cookies_come_first_and_stay_beside_the_applications_own() {
        for (cookies, option, custom, expected) in [
            ("a=1", None, None, vec!["Cookie: a=1"]),
            ("a=1; b=2", Some("c=3"), None, vec!["Cookie: a=1; b=2; c=3"]),
            ("", Some("c=3"), None, vec!["Cookie: c=3"]),
            ("", None, None, vec![]),
            (
                "a=1",
                Some("c=3"),
                Some("Cookie: d=4"),
                vec!["Cookie: a=1", "Cookie: d=4"],
            ),
            ("a=1", Some("c=3"), Some("cookie:"), vec!["Cookie: a=1"]),
            ("", Some("c=3"), Some("cookie:"), vec![]),
        ] {
            let custom = lines(custom.as_slice());
            let spec = RequestSpec {
                cookies: cookies.as_bytes(),
                cookie: option.map(str::as_bytes),
                ..spec(&custom)
            };
            let head = String::from_utf8(write(&spec).unwrap().head).unwrap();
            let sent: Vec<&str> = head.lines().filter(|line| line.starts_with("Cookie")).collect();
            assert_eq!(sent, expected);
        }
    }

    #[test]
    fn host_of_the_application() {
        for (line, host) in [
            ("Host: other.example", Some("other.example")),
            ("host:other.example:81", Some("other.example")),
            ("Host: [::1]:81", Some("::1")),
            ("Host:", None),
            ("Host;", None),
            ("X: y", None),
        ] {
            let lines = lines(&[line]);
            assert_eq!(custom_host(&lines), host.map(str::as_bytes), "{line}");
        }
    }

    #[test]
    fn a_head_over_a_mebibyte_is_too_large() {
        let custom = vec![[b"X: ", &vec![b'y'; MAX_HEAD][..]].concat()];
        assert!(matches!(write(&spec(&custom)), Err(RequestError::TooLarge(_))));
    }
}
