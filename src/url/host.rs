//! The host of a URL: names, IPv4 in all the forms libcurl knows, IPv6 literals with a zone.

use std::net::{Ipv4Addr, Ipv6Addr};

use percent_encoding::percent_encode;

use super::encoding::{RESERVED, decode, decode_printable};
use super::error::{Result, rejected};
use crate::text::quoted;
use crate::types::codes::CURLUcode::{CURLUE_BAD_HOSTNAME, CURLUE_BAD_IPV6, CURLUE_NO_HOST};

/// The host of a URL, decoded.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Host {
    /// A name, an IPv4 address of four decimal parts, or an IPv6 address in brackets.
    pub name: Vec<u8>,
    /// The zone of an IPv6 address.
    pub zone: Option<Vec<u8>>,
}

/// Longest zone identifier: an interface name of Linux.
const MAX_ZONE: usize = 15;

/// Reads the host part of an authority. Numeric IPv4 addresses get their normal form.
pub(super) fn parse(raw: &[u8]) -> Result<Host> {
    if raw.starts_with(b"[") {
        return ipv6(raw);
    }
    let name = decode_name(raw)?;
    let name = match str::from_utf8(&name).ok().and_then(ipv4) {
        Some(address) => address.to_string().into_bytes(),
        None => name,
    };
    Ok(Host { name, zone: None })
}

/// The decoded form of what an application sets as the host. A name is taken as it is.
pub(super) fn decode_name(raw: &[u8]) -> Result<Vec<u8>> {
    let name = decode(raw);
    if let Some(byte) = name.iter().find(|byte| byte.is_ascii_control()) {
        return Err(rejected(
            CURLUE_BAD_HOSTNAME,
            format_args!("control byte 0x{byte:02x} in the host name"),
        ));
    }
    check_name(&name)?;
    Ok(name)
}

/// Refuses what cannot be a host name.
pub(super) fn check_name(name: &[u8]) -> Result<()> {
    const REFUSED: &[u8] = b" \r\n\t/:#?!@{}[]\\$'\"^`*<>=;,+&()%|";
    if name.is_empty() {
        return Err(rejected(CURLUE_NO_HOST, "no host in it"));
    }
    if let Some(&byte) = name.iter().find(|byte| REFUSED.contains(byte)) {
        return Err(rejected(
            CURLUE_BAD_HOSTNAME,
            format_args!("the character '{}' cannot be in a host name", char::from(byte)),
        ));
    }
    if name.ends_with(b"..") || name == b"." {
        return Err(rejected(
            CURLUE_BAD_HOSTNAME,
            "the host name has no letter before its last dot",
        ));
    }
    Ok(())
}

/// `[ADDRESS]` or `[ADDRESS%25ZONE]` (RFC 6874), also with a bare percent sign, which is what people type. The zone is
/// percent-encoded.
pub(super) fn ipv6(raw: &[u8]) -> Result<Host> {
    let bad = || rejected(CURLUE_BAD_IPV6, format_args!("bad IPv6 address {}", quoted(raw, 80)));
    let literal = raw
        .strip_prefix(b"[")
        .and_then(|rest| rest.strip_suffix(b"]"))
        .ok_or_else(bad)?;
    let (address, zone) = match memchr::memchr(b'%', literal) {
        Some(percent) => (&literal[..percent], Some(&literal[percent + 1..])),
        None => (literal, None),
    };
    let zone = match zone {
        Some(zone) => {
            let zone = zone.strip_prefix(b"25").unwrap_or(zone);
            let zone = decode_printable(zone).ok_or_else(bad)?;
            if zone.is_empty() || zone.len() > MAX_ZONE || zone.contains(&b']') {
                return Err(bad());
            }
            Some(zone)
        }
        None => None,
    };
    let text = str::from_utf8(address).map_err(|_| bad())?;
    let address: Ipv6Addr = text.parse().map_err(|_| bad())?;
    let name = format!("[{}]", normal_form(address, text)).into_bytes();
    Ok(Host { name, zone })
}

/// As libcurl writes an address: with the last four bytes in decimal where the others are 0, and as it was `written` if that is
/// shorter.
fn normal_form(address: Ipv6Addr, written: &str) -> String {
    let text = match address.segments() {
        [0, 0, 0, 0, 0, 0, high, _] if high != 0 => format!("::{}", Ipv4Addr::from(address.to_bits() as u32)),
        _ => address.to_string(),
    };
    match text.len() <= written.len() {
        true => text,
        false => written.to_owned(),
    }
}

/// `[ADDRESS%25ZONE]` for what [`ipv6`] returns.
pub(super) fn with_zone(name: &[u8], zone: &[u8]) -> Vec<u8> {
    let address = name.strip_suffix(b"]").unwrap_or(name);
    let zone: String = percent_encode(zone, RESERVED).collect();
    [address, b"%25", zone.as_bytes(), b"]"].concat()
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
            assert_eq!(name(input), wanted, "{input}");
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
            assert_eq!(name(input), input);
        }
    }

    #[test]
    fn ipv6_literals_are_normalised_and_lose_their_zone() {
        let cases = [
            ("[::1]", "[::1]", None),
            ("[0:0:0:0:0:0:0:1]", "[::1]", None),
            ("[FE80::1%25eth0]", "[fe80::1]", Some("eth0")),
            ("[fe80::1%eth0]", "[fe80::1]", Some("eth0")),
            ("[fe80::1%251]", "[fe80::1]", Some("1")),
            ("[fe80::1%2525x]", "[fe80::1]", Some("25x")),
            ("[fe80::1%25%61%2541]", "[fe80::1]", Some("a%41")),
            ("[fe80::1%255eTh0::1%5eTh]", "[fe80::1]", Some("5eTh0::1^Th")),
            ("[::ffff:1.2.3.4]", "[::ffff:1.2.3.4]", None),
            ("[::1.2.3.4]", "[::1.2.3.4]", None),
            ("[0:0::0102:0304]", "[::1.2.3.4]", None),
            ("[::F:2]", "[::F:2]", None),
        ];
        for (input, name, zone) in cases {
            let host = parse(input.as_bytes()).unwrap();
            assert_eq!(host.name, name.as_bytes(), "{input}");
            assert_eq!(host.zone.as_deref(), zone.map(str::as_bytes), "{input}");
            if let Some(zone) = &host.zone {
                assert_eq!(parse(&with_zone(&host.name, zone)), Ok(host), "{input}");
            }
        }
    }

    #[test]
    fn bad_hosts_are_refused_in_words() {
        let cases: [(&[u8], &str); 17] = [
            (b"[]", "bad IPv6 address"),
            (b"[1]", "bad IPv6 address"),
            (b"[::1::2]", "bad IPv6 address"),
            (b"[12345::]", "bad IPv6 address"),
            (b"[::1%]", "bad IPv6 address"),
            (b"[::1%25]", "bad IPv6 address"),
            (b"[::1%25%0a]", "bad IPv6 address"),
            (b"[::1%2512345678901234567]", "bad IPv6 address"),
            (b"[::1%255%5d]", "bad IPv6 address"),
            (b"a b", "' ' cannot be in a host name"),
            (b"a%20b", "' ' cannot be in a host name"),
            (b"a%2fb", "'/' cannot be in a host name"),
            (b"a%zz", "'%' cannot be in a host name"),
            (b"%5b::1]", "'[' cannot be in a host name"),
            (b"a%00b", "control byte 0x00"),
            (b"a..", "last dot"),
            (b".", "last dot"),
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
        for input in ["Example.COM", "example.com.", "a_b-c~d.e", "..a", "b\u{fc}cher.example"] {
            assert_eq!(name(input), input);
        }
        assert_eq!(name("%65xample"), "example");
    }

    fn name(input: &str) -> String {
        String::from_utf8(parse(input.as_bytes()).unwrap().name).unwrap()
    }
}
