//! A URL taken apart as libcurl does it (RFC 3986 with the tolerance of browsers).

use memchr::memchr;

use super::authority::{self, host_length};
use super::encoding::{Space, normalize};
use super::error::{Result, UrlError, rejected};
use super::flags::Flags;
use super::host;
use super::parts::Parts;
use super::path::without_dot_segments;
use super::scheme;
use crate::text::quoted;
use crate::types::codes::CURLUcode::*;
use crate::types::url::*;

/// Longest URL, and longest part of one: the limit that libcurl has.
pub(super) const MAX_INPUT: usize = 8_000_000;

/// The scheme of a URL without one, with `CURLU_DEFAULT_SCHEME`.
pub(super) const DEFAULT_SCHEME: &[u8] = b"https";

/// Takes an absolute URL apart.
pub(super) fn parse(input: &[u8], flags: Flags) -> Result<Parts> {
    check_bytes(input, flags)?;
    let mut parts = Parts::default();
    let rest = match split_scheme(input, may_lack_scheme(flags)) {
        Some(name) if name.eq_ignore_ascii_case(b"file") => {
            parts.scheme = Some(b"file".to_vec());
            local_path(input)?
        }
        Some(name) => {
            parts.scheme = Some(name.to_ascii_lowercase());
            parts.take_authority(skip_slashes(name, &input[name.len() + 1..], flags)?, flags)?
        }
        None if flags.has(CURLU_DEFAULT_SCHEME) => {
            parts.scheme = Some(DEFAULT_SCHEME.to_vec());
            parts.take_authority(input, flags)?
        }
        None if flags.has(CURLU_GUESS_SCHEME) => parts.take_authority(input, flags)?,
        None => return Err(rejected(CURLUE_BAD_SCHEME, "no scheme in it")),
    };
    parts.take_rest(rest, flags);
    Ok(parts)
}

/// Whether a URL may begin with the host.
pub(super) fn may_lack_scheme(flags: Flags) -> bool {
    flags.has(CURLU_GUESS_SCHEME | CURLU_DEFAULT_SCHEME)
}

/// The scheme, if the text begins with one: a word of at most 40 characters and a colon. In a text that may begin with a
/// host, `localhost:80`, a slash must follow.
pub(super) fn split_scheme(input: &[u8], may_be_host: bool) -> Option<&[u8]> {
    let colon = input.iter().position(|byte| !scheme::is_scheme_byte(byte))?;
    let end: &[u8] = if may_be_host { b":/" } else { b":" };
    let is_scheme =
        scheme::is_well_formed(&input[..colon]) && colon <= scheme::MAX_LENGTH && input[colon..].starts_with(end);
    is_scheme.then(|| &input[..colon])
}

/// Refuses what cannot be in any URL: spaces, control bytes, 8 MB and more.
fn check_bytes(input: &[u8], flags: Flags) -> Result<()> {
    let reject = |why: std::fmt::Arguments| Err(rejected(CURLUE_MALFORMED_INPUT, why));
    if input.len() > MAX_INPUT {
        return reject(format_args!("it is longer than {MAX_INPUT} bytes"));
    }
    let allows_space = flags.has(CURLU_ALLOW_SPACE);
    let junk = |byte: &u8| byte.is_ascii_control() || *byte == b' ' && !allows_space;
    match input.iter().position(junk) {
        Some(at) if input[at] == b' ' => reject(format_args!("space at offset {at}; write it as %20")),
        Some(at) => reject(format_args!("control byte 0x{:02x} at offset {at}", input[at])),
        None => Ok(()),
    }
}

/// The path of a `file:` URL (RFC 8089), and what follows it. The host can only be this one.
fn local_path(input: &[u8]) -> Result<&[u8]> {
    const LOCAL_HOSTS: [&[u8]; 2] = [b"localhost", b"127.0.0.1"];
    let bad = |why| rejected(CURLUE_BAD_FILE_URL, why);
    let after_scheme = &input[b"file:".len()..];
    if after_scheme.len() < 2 || after_scheme[0] != b'/' {
        return Err(bad("a file URL begins with file:/ and a path"));
    }
    let path = match after_scheme.strip_prefix(b"//") {
        None => after_scheme,
        Some(rest) => {
            let host = &rest[..memchr(b'/', rest).ok_or_else(|| bad("a file URL without a path"))?];
            if !host.is_empty() && !LOCAL_HOSTS.iter().any(|local| local.eq_ignore_ascii_case(host)) {
                return Err(bad("a file URL names no other host than localhost or 127.0.0.1"));
            }
            &rest[host.len()..]
        }
    };
    if begins_with_drive(&path[1..]) {
        return Err(bad("drive letters are for Windows"));
    }
    Ok(path)
}

/// `c:/`, `c|/`
fn begins_with_drive(path: &[u8]) -> bool {
    matches!(path, [letter, b':' | b'|', rest @ ..] if letter.is_ascii_alphabetic()
        && matches!(rest, [] | [b'/' | b'\\', ..]))
}

/// What follows the slashes between scheme and host, of which browsers take one to three.
fn skip_slashes<'a>(name: &[u8], text: &'a [u8], flags: Flags) -> Result<&'a [u8]> {
    if scheme::find(name).is_none() && !flags.has(CURLU_NON_SUPPORT_SCHEME) {
        return Err(unsupported(name, false));
    }
    let slashes = text.iter().take_while(|&&byte| byte == b'/').count();
    match slashes {
        0 => Err(rejected(CURLUE_BAD_SLASHES, "no slash after the scheme")),
        // Without a host there may be more slashes, which are the path's.
        _ if flags.has(CURLU_NO_AUTHORITY) => Ok(&text[slashes.min(2)..]),
        1..=3 => Ok(&text[slashes..]),
        _ => Err(rejected(CURLUE_BAD_SLASHES, "more than three slashes after the scheme")),
    }
}

/// The scheme is not one that can be used here.
pub(super) fn unsupported(name: &[u8], is_guessed: bool) -> UrlError {
    let name = quoted(&name.to_ascii_lowercase(), 40);
    let why = match is_guessed {
        false => "only ws and wss are",
        true => "guessed, as the URL names none; write ws:// or wss://",
    };
    UrlError::new(
        CURLUE_UNSUPPORTED_SCHEME,
        format!("Protocol {name} not supported ({why})"),
    )
}

/// What libcurl takes for the scheme when there is none.
fn guessed_scheme(host: &[u8]) -> &'static [u8] {
    const BY_FIRST_LABEL: [&[u8]; 6] = [b"ftp", b"dict", b"ldap", b"imap", b"smtp", b"pop3"];
    let label = memchr(b'.', host).map_or(&b""[..], |dot| &host[..dot]);
    BY_FIRST_LABEL
        .into_iter()
        .find(|scheme| scheme.eq_ignore_ascii_case(label))
        .unwrap_or(b"http")
}

impl Parts {
    /// Takes `user:password@host:port` from the beginning of the text; returns what follows.
    fn take_authority<'a>(&mut self, text: &'a [u8], flags: Flags) -> Result<&'a [u8]> {
        let (authority, rest) = text.split_at(memchr::memchr3(b'/', b'?', b'#', text).unwrap_or(text.len()));
        if authority.is_empty() && flags.has(CURLU_NO_AUTHORITY) {
            self.host = Some(Vec::new());
            return Ok(rest);
        }
        let host_and_port = match memchr(b'@', authority) {
            Some(_) if flags.has(CURLU_DISALLOW_USER) => {
                return Err(rejected(
                    CURLUE_USER_NOT_ALLOWED,
                    "it holds a user name, which the application does not allow",
                ));
            }
            Some(at) => {
                self.take_login(&authority[..at]);
                &authority[at + 1..]
            }
            None => authority,
        };
        let host_end = host_length(host_and_port)
            .ok_or_else(|| rejected(CURLUE_BAD_IPV6, "IPv6 address without closing bracket"))?;
        let (host, port) = host_and_port.split_at(host_end);
        if host.is_empty() {
            return Err(rejected(CURLUE_NO_HOST, "no host in it"));
        }
        self.port = parse_port(port, self.scheme.is_some())?;
        let host = host::parse(host)?;
        if self.scheme.is_none() {
            self.scheme = Some(guessed_scheme(&host.name).to_vec());
            self.is_scheme_guessed = true;
        }
        self.host = Some(host.name);
        self.zone = host.zone;
        Ok(rest)
    }

    /// Takes `user:password`, with the schemes of mail also `user;options:password` and `user:password;options`.
    fn take_login(&mut self, login: &[u8]) {
        let scheme = self.scheme.as_deref().and_then(scheme::find);
        let has_options = scheme.is_some_and(|scheme| scheme.has_login_options);
        let separators: &[u8] = if has_options { b":;" } else { b":" };
        // What follows the first separator of a kind, up to the first of the other.
        let after = |separator: u8| {
            let rest = &login[memchr(separator, login)? + 1..];
            let other = separators
                .iter()
                .filter(|&&other| other != separator)
                .find_map(|&other| memchr(other, login));
            let begin = login.len() - rest.len();
            let end = other.filter(|&other| other >= begin).unwrap_or(login.len());
            Some(login[begin..end].to_vec())
        };
        let user_end = login.iter().position(|byte| separators.contains(byte));
        self.user = Some(login[..user_end.unwrap_or(login.len())].to_vec());
        self.password = after(b':');
        if has_options {
            self.options = after(b';').filter(|options| !options.is_empty());
        }
    }

    /// Takes path, query and fragment.
    fn take_rest(&mut self, text: &[u8], flags: Flags) {
        let encoded = |text: &[u8], space| match flags.has(CURLU_URLENCODE) {
            true => normalize(text, space),
            false => text.to_vec(),
        };
        let (text, fragment) = text.split_at(memchr(b'#', text).unwrap_or(text.len()));
        let (path, query) = text.split_at(memchr(b'?', text).unwrap_or(text.len()));
        if let [b'#', fragment @ ..] = fragment {
            self.has_fragment = true;
            self.fragment = (!fragment.is_empty()).then(|| encoded(fragment, Space::Percent));
        }
        if let [b'?', query @ ..] = query {
            self.has_query = true;
            self.query = Some(encoded(query, Space::Plus));
        }
        if !path.is_empty() {
            let path = encoded(path, Space::Percent);
            self.path = Some(match flags.has(CURLU_PATH_AS_IS) {
                true => path,
                false => without_dot_segments(&path).into_owned(),
            });
        }
    }
}

/// Reads the empty text or `:digits`. A bare colon is no port, as in browsers, but only after a scheme: what looks like
/// a scheme must not become a host.
fn parse_port(text: &[u8], has_scheme: bool) -> Result<Option<u16>> {
    match text {
        [] => Ok(None),
        [b':'] if has_scheme => Ok(None),
        [b':', digits @ ..] if backslash_after_digits(digits) => Err(rejected(
            CURLUE_BACKSLASH,
            "a backslash follows the host; write a slash",
        )),
        [b':', digits @ ..] => port(digits).map(Some),
        _ => Err(bad_port()),
    }
}

fn backslash_after_digits(text: &[u8]) -> bool {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    text.get(digits) == Some(&b'\\') && (digits == 0 || port(&text[..digits]).is_ok())
}

/// A port number as an application sets it.
pub(super) fn port(digits: &[u8]) -> Result<u16> {
    authority::parse_port(digits).ok_or_else(bad_port)
}

fn bad_port() -> UrlError {
    rejected(
        CURLUE_BAD_PORT_NUMBER,
        "the port is not a decimal number from 0 to 65535",
    )
}
