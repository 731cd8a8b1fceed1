//! Single parts of a URL set by the application (`curl_url_set`).

use memchr::{memchr, memchr2};

use super::encoding::{IN_PATH, RESERVED, Space, encode, normalize, uppercase_escapes};
use super::error::{Result, UrlError, rejected};
use super::flags::Flags;
use super::get::check_size;
use super::host::{self, Host};
use super::parse::{MAX_INPUT, may_lack_scheme, parse, port, split_scheme};
use super::parts::Parts;
use super::relative::spliced;
use super::scheme;
use crate::types::codes::CURLUcode::*;
use crate::types::url::CURLUPart::{self, *};
use crate::types::url::*;

impl Parts {
    /// Sets a part, or the whole URL. On an error nothing changes.
    pub(crate) fn set(&mut self, what: CURLUPart, text: &[u8], flags: Flags) -> Result<()> {
        if text.len() > MAX_INPUT {
            return Err(rejected(
                CURLUE_MALFORMED_INPUT,
                format_args!("a part is longer than {MAX_INPUT} bytes"),
            ));
        }
        match what {
            CURLUPART_URL => self.set_url(text, flags)?,
            CURLUPART_SCHEME => {
                check_scheme(text, flags)?;
                self.scheme = Some(text.to_vec());
                self.is_scheme_guessed = false;
            }
            CURLUPART_PORT => self.port = Some(port(text)?),
            CURLUPART_HOST => {
                let host = read_host(text, flags)?;
                self.host = Some(host.name);
                self.zone = host.zone;
            }
            CURLUPART_USER => self.user = stored(text, flags),
            CURLUPART_PASSWORD => self.password = stored(text, flags),
            CURLUPART_OPTIONS => self.options = stored(text, flags),
            CURLUPART_ZONEID => self.zone = stored(text, flags),
            CURLUPART_PATH => self.path = Some(path(text, flags)),
            CURLUPART_QUERY => self.set_query(text, flags)?,
            CURLUPART_FRAGMENT => {
                self.fragment = stored(text, flags);
                self.has_fragment = true;
            }
        }
        Ok(())
    }

    /// Removes a part, or all of them.
    pub(crate) fn clear(&mut self, what: CURLUPart) {
        match what {
            CURLUPART_URL => *self = Parts::default(),
            CURLUPART_SCHEME => {
                self.scheme = None;
                self.is_scheme_guessed = false;
            }
            CURLUPART_USER => self.user = None,
            CURLUPART_PASSWORD => self.password = None,
            CURLUPART_OPTIONS => self.options = None,
            CURLUPART_HOST => self.host = None,
            CURLUPART_ZONEID => self.zone = None,
            CURLUPART_PORT => self.port = None,
            CURLUPART_PATH => self.path = None,
            CURLUPART_QUERY => {
                self.query = None;
                self.has_query = false;
            }
            CURLUPART_FRAGMENT => {
                self.fragment = None;
                self.has_fragment = false;
            }
        }
    }

    /// An absolute URL replaces what is there. Any other is a reference relative to the URL that is there (RFC 3986 section
    /// 5.2), if that is complete.
    fn set_url(&mut self, text: &[u8], flags: Flags) -> Result<()> {
        if text.is_empty() {
            return self.set_empty_reference(flags);
        }
        if split_scheme(text, may_lack_scheme(flags)).is_none()
            && let Ok(base) = self.get(
                CURLUPART_URL,
                flags.without(CURLU_NO_GUESS_SCHEME).with(CURLU_GET_EMPTY),
            )
        {
            let absolute = spliced(&base, &encoded_reference(text));
            check_size(absolute.len())?;
            *self = parse(&absolute, flags.without(CURLU_PATH_AS_IS))?;
            return Ok(());
        }
        *self = parse(text, flags)?;
        Ok(())
    }

    /// The empty reference is the URL that is there, without its fragment.
    fn set_empty_reference(&mut self, flags: Flags) -> Result<()> {
        match self.get(CURLUPART_URL, flags) {
            Ok(_) => {
                self.clear(CURLUPART_FRAGMENT);
                Ok(())
            }
            Err(_) => Err(rejected(CURLUE_MALFORMED_INPUT, "it is empty")),
        }
    }

    fn set_query(&mut self, text: &[u8], flags: Flags) -> Result<()> {
        if flags.has(CURLU_APPENDQUERY) {
            self.append_query(text, flags)?;
        } else {
            self.query = match flags.has(CURLU_URLENCODE) {
                true => (!text.is_empty()).then(|| encode(text, RESERVED, Space::Plus)),
                false => stored(text, flags),
            };
        }
        self.has_query = true;
        Ok(())
    }

    /// Appends `name=value` behind an ampersand.
    fn append_query(&mut self, text: &[u8], flags: Flags) -> Result<()> {
        let addition = match flags.has(CURLU_URLENCODE) {
            true => encoded_pair(text),
            false => with_uppercase_escapes(text),
        };
        let mut query = self.query.clone().unwrap_or_default();
        if !matches!(query.last(), None | Some(b'&')) {
            query.push(b'&');
        }
        query.extend_from_slice(&addition);
        check_size(query.len())?;
        self.query = Some(query);
        Ok(())
    }
}

/// A reference with spaces, control bytes and bytes over 0x7f encoded, but for its host, which has no encoding.
fn encoded_reference(text: &[u8]) -> Vec<u8> {
    let host_end = match text {
        [b'/', b'/', network @ ..] => 2 + memchr2(b'/', b'?', network).unwrap_or(network.len()),
        _ => 0,
    };
    let (host, rest) = text.split_at(host_end);
    let (path, query) = rest.split_at(memchr(b'?', rest).unwrap_or(rest.len()));
    [host, &normalize(path, Space::Percent), &normalize(query, Space::Plus)].concat()
}

fn check_scheme(name: &[u8], flags: Flags) -> Result<()> {
    let bad = || UrlError::new(CURLUE_BAD_SCHEME, "no URL scheme");
    if name.is_empty() || name.len() > scheme::MAX_LENGTH {
        return Err(bad());
    }
    if flags.has(CURLU_NON_SUPPORT_SCHEME) {
        return scheme::is_well_formed(name).then_some(()).ok_or_else(bad);
    }
    match scheme::find(name) {
        Some(known) if known.is_supported => Ok(()),
        _ => Err(UrlError::new(CURLUE_UNSUPPORTED_SCHEME, "unsupported URL scheme")),
    }
}

/// The host is stored as it is given, but for the zone of an IPv6 address, which is a part of its own.
fn read_host(text: &[u8], flags: Flags) -> Result<Host> {
    let bad = || UrlError::new(CURLUE_BAD_HOSTNAME, "no host name");
    if text.is_empty() && !flags.has(CURLU_NO_AUTHORITY) {
        return Err(bad());
    }
    if flags.has(CURLU_URLENCODE) {
        let name = encode(text, RESERVED, Space::Percent);
        host::check_name(&name).map_err(|_| bad())?;
        return Ok(Host { name, zone: None });
    }
    if text.starts_with(b"[") {
        let host = host::ipv6(text).map_err(|_| bad())?;
        return Ok(match host.zone {
            Some(_) => host,
            None => Host {
                name: text.to_vec(),
                zone: None,
            },
        });
    }
    if !text.is_empty() {
        host::decode_name(text).map_err(|_| bad())?;
    }
    let name = with_uppercase_escapes(text);
    Ok(Host { name, zone: None })
}

fn path(text: &[u8], flags: Flags) -> Vec<u8> {
    let mut path = match flags.has(CURLU_URLENCODE) {
        true => encode(text, IN_PATH, Space::Percent),
        false => with_uppercase_escapes(text),
    };
    if !path.starts_with(b"/") {
        path.insert(0, b'/');
    }
    path
}

/// What is stored of a part. An empty one that is to be encoded is removed, as in libcurl.
fn stored(text: &[u8], flags: Flags) -> Option<Vec<u8>> {
    match flags.has(CURLU_URLENCODE) {
        true => (!text.is_empty()).then(|| encode(text, RESERVED, Space::Percent)),
        false => Some(with_uppercase_escapes(text)),
    }
}

/// `name=value` with both encoded, and the equals sign left.
fn encoded_pair(text: &[u8]) -> Vec<u8> {
    match memchr(b'=', text) {
        Some(equals) => {
            let (name, value) = (&text[..equals], &text[equals + 1..]);
            [
                &encode(name, RESERVED, Space::Plus)[..],
                b"=",
                &encode(value, RESERVED, Space::Plus),
            ]
            .concat()
        }
        None => encode(text, RESERVED, Space::Plus),
    }
}

fn with_uppercase_escapes(text: &[u8]) -> Vec<u8> {
    let mut text = text.to_vec();
    uppercase_escapes(&mut text);
    text
}
