//! Parts of a URL as the application asks for them, and the URL put together again (`curl_url_get`).

use super::encoding::{RESERVED, Space, decode_printable, encode, normalize};
use super::error::{Result, UrlError, rejected};
use super::flags::Flags;
use super::parse::{DEFAULT_SCHEME, MAX_INPUT};
use super::parts::Parts;
use super::scheme::{self, KnownScheme};
use super::{host, idn};
use crate::types::codes::CURLUcode::*;
use crate::types::url::CURLUPart::{self, *};
use crate::types::url::*;

impl Parts {
    /// A part, or the whole URL.
    ///
    /// # Errors
    ///
    /// A code of its own for each part that is not there.
    pub(crate) fn get(&self, what: CURLUPart, flags: Flags) -> Result<Vec<u8>> {
        let (part, missing) = match what {
            CURLUPART_URL => return self.url(flags),
            CURLUPART_PORT => return self.shown_port(flags).map(String::into_bytes),
            CURLUPART_SCHEME if self.is_scheme_guessed && flags.has(CURLU_NO_GUESS_SCHEME) => (None, CURLUE_NO_SCHEME),
            CURLUPART_SCHEME => (self.scheme.as_deref(), CURLUE_NO_SCHEME),
            CURLUPART_USER => (self.user.as_deref(), CURLUE_NO_USER),
            CURLUPART_PASSWORD => (self.password.as_deref(), CURLUE_NO_PASSWORD),
            CURLUPART_OPTIONS => (self.options.as_deref(), CURLUE_NO_OPTIONS),
            CURLUPART_HOST => (self.host.as_deref(), CURLUE_NO_HOST),
            CURLUPART_ZONEID => (self.zone.as_deref(), CURLUE_NO_ZONEID),
            CURLUPART_PATH => (Some(self.path()), CURLUE_UNKNOWN_PART),
            CURLUPART_QUERY => (self.query_part(flags), CURLUE_NO_QUERY),
            CURLUPART_FRAGMENT => (self.shown_fragment(flags), CURLUE_NO_FRAGMENT),
        };
        let part = part.ok_or_else(|| UrlError::new(missing, "no such part in the URL"))?;
        formatted(what, part, flags)
    }

    fn url(&self, flags: Flags) -> Result<Vec<u8>> {
        let mut url = Vec::with_capacity(self.size() + 64);
        if self.is_file() {
            url.extend_from_slice(b"file://");
        } else {
            self.write_until_path(&mut url, flags)?;
        }
        url.extend_from_slice(self.path());
        if let Some(query) = self.shown_query(flags) {
            url.push(b'?');
            url.extend_from_slice(query);
        }
        if let Some(fragment) = self.shown_fragment(flags) {
            url.push(b'#');
            url.extend_from_slice(fragment);
        }
        Ok(url)
    }

    fn write_until_path(&self, url: &mut Vec<u8>, flags: Flags) -> Result<()> {
        let host = self
            .host
            .as_deref()
            .ok_or_else(|| rejected(CURLUE_NO_HOST, "no host in it"))?;
        let scheme = match self.scheme.as_deref() {
            Some(scheme) => scheme,
            None if flags.has(CURLU_DEFAULT_SCHEME) => DEFAULT_SCHEME,
            None => return Err(rejected(CURLUE_NO_SCHEME, "no scheme in it")),
        };
        let known = scheme::find(scheme);
        if !self.is_scheme_guessed || !flags.has(CURLU_NO_GUESS_SCHEME) {
            url.extend_from_slice(scheme);
            url.extend_from_slice(b"://");
        }
        self.write_login(url, known.is_none_or(|known| known.has_login_options));
        url.extend_from_slice(&self.shown_host(host, flags)?);
        if let Some(port) = self.port_with_flags(known, flags) {
            url.push(b':');
            url.extend_from_slice(port.to_string().as_bytes());
        }
        Ok(())
    }

    fn write_login(&self, url: &mut Vec<u8>, has_options: bool) {
        let options = self.options.as_deref().filter(|_| has_options);
        let parts = [
            (&b""[..], self.user.as_deref()),
            (b":", self.password.as_deref()),
            (b";", options),
        ];
        for (separator, part) in parts {
            if let Some(part) = part {
                url.extend_from_slice(separator);
                url.extend_from_slice(part);
            }
        }
        if parts.iter().any(|(_, part)| part.is_some()) {
            url.push(b'@');
        }
    }

    fn shown_host(&self, host: &[u8], flags: Flags) -> Result<Vec<u8>> {
        match &self.zone {
            Some(zone) if host.starts_with(b"[") => Ok(host::with_zone(host, zone)),
            _ if host.starts_with(b"[") => Ok(host.to_vec()),
            _ if flags.has(CURLU_URLENCODE) => Ok(encode(host, RESERVED, Space::Percent)),
            _ => in_script(host, flags),
        }
    }

    fn shown_port(&self, flags: Flags) -> Result<String> {
        let known = self.scheme.as_deref().and_then(scheme::find);
        match self.port_with_flags(known, flags) {
            Some(port) => Ok(port.to_string()),
            None => Err(UrlError::new(CURLUE_NO_PORT, "no port in the URL")),
        }
    }

    fn port_with_flags(&self, known: Option<&KnownScheme>, flags: Flags) -> Option<u16> {
        let default = known.map(|known| known.default_port);
        match self.port {
            Some(port) if Some(port) == default && flags.has(CURLU_NO_DEFAULT_PORT) => None,
            Some(port) => Some(port),
            None => default.filter(|_| flags.has(CURLU_DEFAULT_PORT)),
        }
    }

    /// An empty query counts only with `CURLU_GET_EMPTY`.
    fn query_part(&self, flags: Flags) -> Option<&[u8]> {
        let query = self.query.as_deref();
        query.filter(|query| !query.is_empty() || flags.has(CURLU_GET_EMPTY))
    }

    /// What follows the question mark in the URL, if there is one.
    fn shown_query(&self, flags: Flags) -> Option<&[u8]> {
        let empty = (self.has_query && flags.has(CURLU_GET_EMPTY)).then_some(&b""[..]);
        self.query_part(flags).or(empty)
    }

    /// A fragment that a URL came with and that is empty counts only with `CURLU_GET_EMPTY`.
    fn shown_fragment(&self, flags: Flags) -> Option<&[u8]> {
        match self.fragment.as_deref() {
            None => (self.has_fragment && flags.has(CURLU_GET_EMPTY)).then_some(b""),
            fragment => fragment,
        }
    }

    fn is_file(&self) -> bool {
        self.scheme
            .as_deref()
            .is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"file"))
    }
}

fn formatted(what: CURLUPart, part: &[u8], flags: Flags) -> Result<Vec<u8>> {
    let mut part = part.to_vec();
    if flags.has(CURLU_URLDECODE) && what != CURLUPART_SCHEME {
        if what == CURLUPART_QUERY {
            part.iter_mut()
                .filter(|byte| **byte == b'+')
                .for_each(|byte| *byte = b' ');
        }
        part = decode_printable(&part)
            .ok_or_else(|| UrlError::new(CURLUE_URLDECODE, "an encoded control byte in the part"))?;
    }
    if flags.has(CURLU_URLENCODE) {
        let space = if what == CURLUPART_QUERY {
            Space::Plus
        } else {
            Space::Percent
        };
        part = normalize(&part, space);
        check_size(part.len())?;
    } else if what == CURLUPART_HOST {
        part = in_script(&part, flags)?;
    }
    Ok(part)
}

/// A host name in the script that the flags ask for.
fn in_script(name: &[u8], flags: Flags) -> Result<Vec<u8>> {
    let converted = match name.is_ascii() {
        false if flags.has(CURLU_PUNYCODE) => idn::to_ascii(name).map(String::into_bytes),
        true if flags.has(CURLU_PUNY2IDN) && !flags.has(CURLU_PUNYCODE) => idn::to_unicode(name),
        _ => Some(name.to_vec()),
    };
    converted.ok_or_else(|| rejected(CURLUE_BAD_HOSTNAME, "the host name can't be converted"))
}

/// Refuses a result that is longer than a part may be.
pub(super) fn check_size(size: usize) -> Result<()> {
    match size < MAX_INPUT {
        true => Ok(()),
        false => Err(too_large()),
    }
}

fn too_large() -> UrlError {
    rejected(CURLUE_TOO_LARGE, format_args!("it is longer than {MAX_INPUT} bytes"))
}
