//! The URL of a proxy: `CURLOPT_PROXY`, `CURLOPT_PRE_PROXY` and the variables of the environment.

use memchr::memchr3;
use percent_encoding::percent_decode;

use super::error::{Result, malformed};
use super::parse::{UrlFlags, check_bytes, decoded_secret, parse_authority, skip_slashes, split_scheme};

/// A proxy's URL taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProxyUrl {
    /// In lower case, if the URL has one.
    pub scheme: Option<String>,
    /// The user name, percent-decoded.
    pub user: Option<Vec<u8>>,
    /// The password, percent-decoded.
    pub password: Option<Vec<u8>>,
    /// A name as written, or an IP address in its normal form without brackets and zone.
    pub host: String,
    /// The zone of an IPv6 literal.
    pub zone: Option<String>,
    /// The port, if the URL names one.
    pub port: Option<u16>,
    /// The path, percent-decoded: `/` or what follows.
    pub path: Vec<u8>,
}

impl ProxyUrl {
    /// Reads `input`, which may be without a scheme.
    pub(crate) fn parse(input: &[u8]) -> Result<ProxyUrl> {
        check_bytes(input)?;
        let scheme = split_scheme(input);
        let rest = match scheme {
            Some(name) => skip_slashes(&input[name.len() + 1..])?,
            None => input,
        };
        let (authority, rest) = rest.split_at(memchr3(b'/', b'?', b'#', rest).unwrap_or(rest.len()));
        let authority = parse_authority(authority, scheme.is_some(), UrlFlags::default())?;
        let path = rest.split(|byte| b"?#".contains(byte)).next().unwrap_or_default();
        let path: Vec<u8> = percent_decode(path).collect();
        if path.contains(&0) {
            return Err(malformed("%00 in the path"));
        }
        let secret = |text: Option<&[u8]>, what| text.map(|text| decoded_secret(text, what)).transpose();
        Ok(ProxyUrl {
            scheme: scheme.map(|name| String::from_utf8_lossy(name).to_ascii_lowercase()),
            user: secret(authority.user, "user name")?,
            password: secret(authority.password, "password")?,
            host: authority.host.name,
            zone: authority.host.zone,
            port: authority.port,
            path,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_parts_are_found() {
        let url = ProxyUrl::parse(b"SOCKS5h://m%65:s%3Acret@[fe80::1%25eth0]:1081/a%20b?x#y").unwrap();
        assert_eq!(
            url,
            ProxyUrl {
                scheme: Some("socks5h".to_owned()),
                user: Some(b"me".to_vec()),
                password: Some(b"s:cret".to_vec()),
                host: "fe80::1".to_owned(),
                zone: Some("eth0".to_owned()),
                port: Some(1081),
                path: b"/a b".to_vec(),
            }
        );
    }

    #[test]
    fn the_scheme_and_most_parts_may_be_missing() {
        for (input, host, port) in [
            ("proxy.test", "proxy.test", None),
            ("proxy.test:3128", "proxy.test", Some(3128)),
            ("127.1:1", "127.0.0.1", Some(1)),
            ("proxy.test/", "proxy.test", None),
        ] {
            let url = ProxyUrl::parse(input.as_bytes()).unwrap();
            assert_eq!((url.scheme, &url.host[..], url.port), (None, host, port), "{input}");
            assert_eq!((url.user, url.password), (None, None), "{input}");
        }
    }

    #[test]
    fn what_is_no_url_is_refused() {
        for input in [
            "",
            "http://",
            "http://[::1",
            "a b",
            "host:port",
            "http://host:65536",
            "http://a%00b@host",
        ] {
            assert!(ProxyUrl::parse(input.as_bytes()).is_err(), "{input}");
        }
    }
}
