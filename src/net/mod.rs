//! What lies between a host name and a connected, non-blocking socket.
//!
//! | module | what it does |
//! |---|---|
//! | [`dns`] | host names to addresses: `CURLOPT_RESOLVE`, literals, localhost, a cache and the resolver threads |
//! | [`connect_to`] | `CURLOPT_CONNECT_TO`: another host and port than the URL's |
//! | [`dial`] | several addresses to one connection (RFC 8305) |
//! | [`interface`] | `CURLOPT_INTERFACE` and `CURLOPT_LOCALPORT`: the local end of a connection |
//! | [`proxy`] | the proxy that the environment names, and the hosts without one |
//! | [`socket`] | the socket itself |
//! | `descriptor` | its descriptor, which the application may close |
//! | [`wait`] | waiting for descriptors, and waking a thread that waits |
//!
//! Nothing here calls the application, and only [`wait`] and the resolver's threads ever block.

pub mod connect_to;
mod descriptor;
pub mod dial;
pub mod dns;
pub mod interface;
pub mod proxy;
pub mod socket;
pub mod wait;

mod devices;
mod sockaddr;

use std::io;

/// The system's words for an error, without the number that [`io::Error`] adds: `Connection refused`.
pub fn reason(error: &io::Error) -> String {
    let mut text = error.to_string();
    if let Some(number) = text.rfind(" (os error ") {
        text.truncate(number);
    }
    text
}

/// Splits `HOST:rest` or `[HOST]:rest` at the colon; an IPv6 address loses its brackets.
/// `None` where the colon or a bracket is missing.
fn split_host(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (host, rest) = match text.strip_prefix(b"[") {
        Some(inner) => {
            let end = memchr::memchr(b']', inner)?;
            (&inner[..end], &inner[end + 1..])
        }
        None => text.split_at(memchr::memchr(b':', text)?),
    };
    Some((host, rest.strip_prefix(b":")?))
}

/// A port number in decimal, 0 to 65535.
fn parse_port(digits: &[u8]) -> Option<u16> {
    let digits = std::str::from_utf8(digits).ok()?;
    digits
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_has_no_error_number() {
        assert_eq!(
            reason(&io::Error::from_raw_os_error(libc::ECONNREFUSED)),
            "Connection refused"
        );
        assert_eq!(reason(&io::Error::other("told so")), "told so");
    }

    #[test]
    fn hosts_are_split_at_the_colon_outside_of_brackets() {
        let cases: &[(&str, Option<(&str, &str)>)] = &[
            ("host:80:rest", Some(("host", "80:rest"))),
            ("[::1]:80", Some(("::1", "80"))),
            (":80", Some(("", "80"))),
            ("host", None),
            ("[::1", None),
            ("[::1]80", None),
            ("", None),
        ];
        for (text, expected) in cases {
            let expected = expected.map(|(host, rest)| (host.as_bytes(), rest.as_bytes()));
            assert_eq!(split_host(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn ports_are_plain_decimal_numbers() {
        let cases: &[(&str, Option<u16>)] = &[
            ("0", Some(0)),
            ("65535", Some(65535)),
            ("65536", None),
            ("+80", None),
            ("", None),
            ("8 0", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_port(text.as_bytes()), *expected, "{text}");
        }
    }
}
