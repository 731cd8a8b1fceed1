//! `CURLOPT_NOPROXY` and `no_proxy`: hosts that are connected to without a proxy (CURLOPT_NOPROXY(3)).

use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// Whether `list` has `host`, an address without brackets or a name.
///
/// The list is `*` alone, or patterns with commas between them. A name is matched by itself and by each domain above it; an
/// address by itself and by networks in CIDR notation.
pub(crate) fn exempts(list: &[u8], host: &str) -> bool {
    if host.is_empty() {
        return false;
    }
    list == b"*" || patterns(list).any(|pattern| matches(pattern, host))
}

/// What stands between commas, blanks around it left out. As in libcurl, what follows a blank inside a pattern is not read.
fn patterns(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut ended = false;
    list.split(|&byte| byte == b',').map_while(move |part| {
        if ended {
            return None;
        }
        let mut words = part.split(|byte| b" \t".contains(byte)).filter(|word| !word.is_empty());
        let pattern = words.next().unwrap_or_default();
        ended = words.next().is_some();
        Some(pattern)
    })
}

fn matches(pattern: &[u8], host: &str) -> bool {
    if pattern.is_empty() {
        return false;
    }
    if let Ok(address) = host.parse() {
        return in_network(pattern, |network: Ipv4Addr, bits| in_v4(address, network, bits));
    }
    if let Ok(address) = host.parse() {
        return in_network(pattern, |network: Ipv6Addr, bits| in_v6(address, network, bits));
    }
    in_domain(pattern, host.as_bytes())
}

/// `example.com`, with a dot in front or behind or without, has `example.com` and `www.example.com` in it.
fn in_domain(pattern: &[u8], host: &[u8]) -> bool {
    let host = host.strip_suffix(b".").unwrap_or(host);
    let domain = pattern.strip_suffix(b".").unwrap_or(pattern);
    let domain = domain.strip_prefix(b".").unwrap_or(domain);
    let Some(start) = host.len().checked_sub(domain.len()) else {
        return false;
    };
    host[start..].eq_ignore_ascii_case(domain) && (start == 0 || host[start - 1] == b'.')
}

/// `address` or `network/bits`.
fn in_network<A: FromStr>(pattern: &[u8], is_in: impl Fn(A, u32) -> bool) -> bool {
    let Ok(pattern) = str::from_utf8(pattern) else {
        return false;
    };
    let (network, bits) = pattern.split_once('/').unwrap_or((pattern, "0"));
    let is_number = bits.bytes().all(|digit| digit.is_ascii_digit());
    match (network.parse(), bits.parse()) {
        (Ok(network), Ok(bits)) if is_number => is_in(network, bits),
        _ => false,
    }
}

/// No bits, or 0 of them, stand for all, as in libcurl.
fn in_v4(address: Ipv4Addr, network: Ipv4Addr, bits: u32) -> bool {
    let mask = match bits {
        0 | 32 => u32::MAX,
        1..32 => u32::MAX << (32 - bits),
        _ => return false,
    };
    address.to_bits() & mask == network.to_bits() & mask
}

fn in_v6(address: Ipv6Addr, network: Ipv6Addr, bits: u32) -> bool {
    let mask = match bits {
        0 | 128 => u128::MAX,
        1..128 => u128::MAX << (128 - bits),
        _ => return false,
    };
    address.to_bits() & mask == network.to_bits() & mask
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_themselves_and_what_is_below() {
        for (list, host, expected) in [
            ("*", "example.com", true),
            ("*", "127.0.0.1", true),
            (" *", "example.com", false),
            ("*,b", "example.com", false),
            ("", "example.com", false),
            ("example.com", "example.com", true),
            ("EXAMPLE.com", "example.COM", true),
            ("example.com", "www.example.com", true),
            (".example.com", "www.example.com", true),
            (".example.com", "example.com", true),
            ("example.com.", "example.com", true),
            ("example.com", "example.com.", true),
            ("example.com", "nonexample.com", false),
            ("www.example.com", "example.com", false),
            ("*.example.com", "www.example.com", false),
            ("example.com:80", "example.com", false),
            ("com", "example.com", true),
            (".", "example.com", false),
            ("..", "example.com", false),
            ("a,example.com,b", "example.com", true),
            ("a , \texample.com", "example.com", true),
            (",,example.com", "example.com", true),
            ("a example.com", "example.com", false),
            ("a b,example.com", "example.com", false),
            ("a,b", "", false),
        ] {
            assert_eq!(exempts(list.as_bytes(), host), expected, "{list:?} {host}");
        }
    }

    #[test]
    fn addresses_match_themselves_and_networks() {
        for (list, host, expected) in [
            ("127.0.0.1", "127.0.0.1", true),
            ("0.0.1", "127.0.0.1", false),
            ("127.0.0.1", "1127.0.0.1", false),
            ("192.168.0.0/16", "192.168.3.4", true),
            ("192.168.0.0/16", "192.169.3.4", false),
            ("192.168.1.1/31", "192.168.1.0", true),
            ("192.168.1.1/32", "192.168.1.0", false),
            ("192.168.1.1/0", "192.168.1.0", false),
            ("192.168.1.1/0", "192.168.1.1", true),
            ("192.168.1.1/33", "192.168.1.1", false),
            ("192.168.1.1/", "192.168.1.1", false),
            ("192.168.1.1/+8", "192.168.1.1", false),
            ("192.168.1.1/8x", "192.168.1.1", false),
            ("::1", "::1", true),
            ("[::1]", "::1", false),
            ("fe80::/10", "fe80::1:2", true),
            ("fe80::/10", "fec0::1", false),
            ("fe80::1/128", "fe80::1", true),
            ("fe80::1/129", "fe80::1", false),
            ("::/0", "::1", false),
            ("10.0.0.0/8", "::1", false),
            ("localhost", "127.0.0.1", false),
        ] {
            assert_eq!(exempts(list.as_bytes(), host), expected, "{list:?} {host}");
        }
    }
}
