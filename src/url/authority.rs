//! `HOST:PORT`, the end of a URL's authority (RFC 3986 section 3.2) and of several of libcurl's options.

use memchr::memchr;

/// The length of the host that `text` begins with: up to the first colon, or an IPv6 address with its brackets. `None` when
/// the closing bracket is missing.
pub(super) fn host_length(text: &[u8]) -> Option<usize> {
    match text.first() {
        Some(b'[') => Some(memchr(b']', text)? + 1),
        _ => Some(memchr(b':', text).unwrap_or(text.len())),
    }
}

/// Splits `HOST` or `[HOST]` from what follows: nothing, or a colon and more. An IPv6 address loses its brackets. `None`
/// when the closing bracket is missing.
pub(crate) fn split_host(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (host, rest) = text.split_at(host_length(text)?);
    let inner = host.strip_prefix(b"[").and_then(|host| host.strip_suffix(b"]"));
    Some((inner.unwrap_or(host), rest))
}

/// A port number in decimal digits, 0 to 65535.
pub(crate) fn parse_port(digits: &[u8]) -> Option<u16> {
    if !digits.iter().all(u8::is_ascii_digit) {
        // The standard parser would take a sign.
        return None;
    }
    str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_split_at_the_colon_outside_of_brackets() {
        let cases: &[(&str, Option<(&str, &str)>)] = &[
            ("host:80:rest", Some(("host", ":80:rest"))),
            ("[::1]:80", Some(("::1", ":80"))),
            (":80", Some(("", ":80"))),
            ("host", Some(("host", ""))),
            ("[::1", None),
            ("[::1]80", Some(("::1", "80"))),
            ("", Some(("", ""))),
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
