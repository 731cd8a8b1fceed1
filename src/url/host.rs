//! The host of a URL: names, IPv4 in all the forms libcurl knows, IPv6 literals with a zone.

use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};

use percent_encoding::percent_decode;

use super::error::{Result, malformed};
use crate::text::quoted;

/// The host as it is resolved and shown: no brackets, no zone, no percent-encoding.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Host {
    pub name: String,
    pub zone: Option<String>,
}

/// Longest host name, the limit that libcurl has.
const MAX_NAME: usize = 0xffff;

/// Longest zone identifier: an interface name of Linux.
const MAX_ZONE: usize = 15;

/// Reads the host part of an authority, an IPv6 literal with its brackets.
pub(super) fn parse(raw: &[u8]) -> Result<Host> {
    let decoded: Cow<'_, [u8]> = percent_decode(raw).into();
    if let Some(byte) = decoded.iter().find(|byte| byte.is_ascii_control()) {
        return Err(malformed(format!("control byte 0x{byte:02x} in the host name")));
    }
    let text = match str::from_utf8(&decoded) {
        Ok(text) if text.is_ascii() => text,
        _ => {
            return Err(malformed(format!(
                "the host name {} is not ASCII; give it in its xn-- form",
                quoted(&decoded, 80)
            )));
        }
    };
    if let Some(literal) = text.strip_prefix('[') {
        return ipv6(literal.strip_suffix(']').unwrap_or(literal));
    }
    let name = match text.parse::<Ipv4Addr>().is_ok() {
        true => text.to_owned(),
        false => match ipv4(text) {
            Some(address) => address.to_string(),
            None => checked_name(text)?,
        },
    };
    Ok(Host { name, zone: None })
}

/// The inside of the brackets: an address and, after a percent sign that may itself be percent-encoded, a zone
/// (RFC 6874, and the shorter form that people type).
fn ipv6(literal: &str) -> Result<Host> {
    let bad = || malformed(format!("bad IPv6 address {}", quoted(literal.as_bytes(), 80)));
    let (address, zone) = match literal.split_once('%') {
        Some((address, zone)) => (address, Some(zone)),
        None => (literal, None),
    };
    let zone = match zone {
        Some(zone) => {
            let zone = zone.strip_prefix("25").filter(|rest| !rest.is_empty()).unwrap_or(zone);
            if zone.is_empty() || zone.len() > MAX_ZONE || zone.contains(']') {
                return Err(bad());
            }
            Some(zone.to_owned())
        }
        None => None,
    };
    let address: Ipv6Addr = address.parse().map_err(|_| bad())?;
    Ok(Host {
        name: address.to_string(),
        zone,
    })
}

/// An IPv4 address of one to four parts, each decimal, octal (`0`) or hexadecimal (`0x`), the last part filling the
/// remaining bytes; a dot may follow. `None` when the text is no such thing and thus a name.
fn ipv4(text: &str) -> Option<Ipv4Addr> {
    let mut parts = text.strip_suffix('.').unwrap_or(text).split('.');
    let mut bits = 0u32;
    let mut shift = 32;
    let mut part = number(parts.next()?)?;
    for next in parts {
        if part > 0xff || shift <= 8 {
            return None;
        }
        shift -= 8;
        bits |= part << shift;
        part = number(next)?;
    }
    let fits = shift == 32 || part >> shift == 0;
    fits.then(|| Ipv4Addr::from(bits | part))
}

fn number(part: &str) -> Option<u32> {
    let (digits, radix) = match part.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&part[2..], 16),
        [b'0', ..] => (part, 8),
        _ => (part, 10),
    };
    // The standard parser would take a sign.
    if digits.starts_with('+') {
        return None;
    }
    u32::from_str_radix(digits, radix).ok()
}

fn checked_name(name: &str) -> Result<String> {
    const REFUSED: &[u8] = b" /:#?!@{}[]\\$'\"^`*<>=;,+&()%|";
    if let Some(byte) = name.bytes().find(|byte| REFUSED.contains(byte)) {
        return Err(malformed(format!(
            "the character '{}' cannot be in a host name",
            char::from(byte)
        )));
    }
    if name.ends_with("..") || name == "." {
        return Err(malformed("the host name has no letter before its last dot"));
    }
    if name.len() > MAX_NAME {
        return Err(malformed(format!("the host name is longer than {MAX_NAME} bytes")));
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numeric_ipv4_becomes_four_decimal_parts() {
        let cases = [
            ("127.0.0.1", "127.0.0.1"),
            ("127.1", "127.0.0.1"),
            ("127.0.1", "127.0.0.1"),
            ("127.0.0.1.", "127.0.0.1"),
            ("2130706433", "127.0.0.1"),
            ("0x7f.1", "127.0.0.1"),
            ("0X7F000001", "127.0.0.1"),
            ("0177.0.0.01", "127.0.0.1"),
            ("16843009", "1.1.1.1"),
            ("0", "0.0.0.0"),
            ("1.", "0.0.0.1"),
            ("4294967295", "255.255.255.255"),
            ("1.16777215", "1.255.255.255"),
            ("1.2.65535", "1.2.255.255"),
            ("%31%2e2.3.4", "1.2.3.4"),
        ];
        for (input, wanted) in cases {
            assert_eq!(parse(input.as_bytes()).unwrap().name, wanted, "{input}");
        }
    }

    #[test]
    fn what_only_looks_like_ipv4_stays_a_name() {
        let cases = [
            "256.1.1.1",
            "1.2.3.4.5",
            "4294967296",
            "1.16777216",
            "1.2.65536",
            "08.1",
            "0x",
            "0x.1",
            "1..2",
            "1.2.3.4x",
            "1.2.3.x",
        ];
        for input in cases {
            assert_eq!(parse(input.as_bytes()).unwrap().name, input);
        }
    }

    #[test]
    fn ipv6_literals_are_normalised_and_lose_their_zone() {
        let cases = [
            ("[::1]", "::1", None),
            ("[0:0:0:0:0:0:0:1]", "::1", None),
            ("[FE80::1%25eth0]", "fe80::1", Some("eth0")),
            ("[fe80::1%eth0]", "fe80::1", Some("eth0")),
            ("[fe80::1%251]", "fe80::1", Some("1")),
            ("[::ffff:1.2.3.4]", "::ffff:1.2.3.4", None),
        ];
        for (input, name, zone) in cases {
            let host = parse(input.as_bytes()).unwrap();
            assert_eq!((&host.name[..], host.zone.as_deref()), (name, zone), "{input}");
        }
    }

    #[test]
    fn bad_hosts_are_refused_in_words() {
        let cases: [(&[u8], &str); 15] = [
            (b"[]", "bad IPv6 address"),
            (b"[1]", "bad IPv6 address"),
            (b"[::1::2]", "bad IPv6 address"),
            (b"[12345::]", "bad IPv6 address"),
            (b"[::1%25]", "bad IPv6 address"),
            (b"[::1%2512345678901234567]", "bad IPv6 address"),
            (b"a b", "' ' cannot be in a host name"),
            (b"a%20b", "' ' cannot be in a host name"),
            (b"a%2fb", "'/' cannot be in a host name"),
            (b"a%zz", "'%' cannot be in a host name"),
            (b"a%00b", "control byte 0x00"),
            (b"a..", "last dot"),
            (b".", "last dot"),
            ("b\u{fc}cher.example".as_bytes(), "xn-- form"),
            (b"b%fccher.example", "xn-- form"),
        ];
        for (input, wanted) in cases {
            let error = parse(input).unwrap_err();
            assert!(
                error.to_string().contains(wanted),
                "{}: {error}",
                String::from_utf8_lossy(input)
            );
        }
    }

    #[test]
    fn names_keep_their_case_and_one_trailing_dot() {
        for input in ["Example.COM", "example.com.", "a_b-c~d.e", "..a"] {
            assert_eq!(parse(input.as_bytes()).unwrap().name, input);
        }
        assert_eq!(parse(b"%65xample").unwrap().name, "example");
    }
}
