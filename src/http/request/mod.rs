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
        bytes: Vec::with_capacity(room(spec)),
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

/// At least as many bytes as the head will have, so that it is not copied, with credentials in it, from one block to a larger
/// one.
fn room(spec: &RequestSpec<'_>) -> usize {
    let of = |part: Option<&[u8]>| part.map_or(0, <[u8]>::len);
    let parts = [spec.authorization, spec.accept_encoding, spec.referer, spec.cookie];
    let parts = parts.into_iter().map(of).sum::<usize>() + spec.cookies.len() + spec.user_agent.len();
    let custom = spec.custom.iter().map(|line| line.len() + 2).sum::<usize>();
    512 + spec.method.len() + spec.target.len() + spec.host.len() + parts + custom
}

/// The host that a `Host` among the lines of `CURLOPT_HTTPHEADER` names, without brackets and port.
pub(crate) fn custom_host(lines: &[Vec<u8>]) -> Option<&[u8]> {
    let mut custom = lines.iter().filter_map(|line| Custom::parse(line));
    let value = custom.find(|custom| custom.is("Host") && !custom.removes())?.value();
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
        match line_for(self.custom, "Host") {
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

/// The application's line for the header `name`: the first that is sent, else one that removes ours.
fn line_for<'a>(custom: &'a [Custom<'a>], name: &str) -> Option<&'a Custom<'a>> {
    let mut lines = custom.iter().filter(|custom| custom.is(name));
    let sent = lines.clone().find(|line| !line.removes());
    sent.or_else(|| lines.next())
}

fn sent_key(spec: &RequestSpec<'_>, custom: &[Custom<'_>]) -> Vec<u8> {
    line_for(custom, KEY).map_or(spec.key, Custom::value).to_vec()
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
mod tests;
