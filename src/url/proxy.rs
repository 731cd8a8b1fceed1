//! The URL of a proxy: `CURLOPT_PROXY`, `CURLOPT_PRE_PROXY` and the variables of the environment.

use super::encoding::decode;
use super::error::{Result, rejected};
use super::flags::Flags;
use super::parse::parse;
use super::transfer::{decoded_secret, dns_name, zone_name};
use crate::secret::Secret;
use crate::types::codes::CURLUcode::CURLUE_MALFORMED_INPUT;
use crate::types::url::{CURLU_GUESS_SCHEME, CURLU_NON_SUPPORT_SCHEME, CURLU_PATH_AS_IS};

/// A proxy's URL taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProxyUrl {
    /// In lower case, if the URL has one.
    pub scheme: Option<String>,
    /// The user name, percent-decoded.
    pub user: Option<Vec<u8>>,
    /// The password, percent-decoded.
    pub password: Option<Secret>,
    /// A name in its form for the DNS, or an IP address without brackets and zone.
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
        let flags = Flags::one(CURLU_GUESS_SCHEME)
            .with(CURLU_NON_SUPPORT_SCHEME)
            .with(CURLU_PATH_AS_IS);
        let parts = parse(input, flags)?;
        let path = decode(parts.path());
        if path.contains(&0) {
            return Err(rejected(CURLUE_MALFORMED_INPUT, "%00 in the path"));
        }
        let scheme = parts.scheme.as_deref().filter(|_| !parts.is_scheme_guessed);
        Ok(ProxyUrl {
            scheme: scheme.map(|name| String::from_utf8_lossy(name).into_owned()),
            user: decoded_secret(parts.user.as_deref(), "user name")?,
            password: decoded_secret(parts.password.as_deref(), "password")?.map(Secret::from),
            host: dns_name(parts.host.as_deref().unwrap_or_default())?,
            zone: parts.zone.as_deref().map(zone_name).transpose()?,
            port: parts.port,
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
                password: Some(Secret::from(&b"s:cret"[..])),
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
