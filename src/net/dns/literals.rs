//! Host names that need no lookup: IP addresses and localhost.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

use crate::net::devices;

/// The address that `host` is, with port 0: a dotted quad, or IPv6 without brackets, with an optional zone that is a number or
/// the name of an interface (RFC 4007 section 11).
pub(in crate::net) fn ip(host: &str) -> Option<SocketAddr> {
    if let Ok(ip) = host.parse::<Ipv4Addr>() {
        return Some((ip, 0).into());
    }
    let (ip, scope) = match host.split_once('%') {
        Some((ip, zone)) => (ip, scope_id(zone)?),
        None => (host, 0),
    };
    Some(SocketAddrV6::new(ip.parse().ok()?, 0, 0, scope).into())
}

/// Whether `host` is the loopback interface by RFC 6761 section 6.3, so that no name server may be asked.
pub(super) fn is_localhost(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    let last_label = host.rsplit('.').next().unwrap_or(host);
    last_label.eq_ignore_ascii_case("localhost")
}

/// Both loopback addresses with port 0; the IPv6 one first, if the machine has IPv6.
pub(super) fn loopback(has_ipv6: bool) -> Vec<SocketAddr> {
    let v6 = has_ipv6.then(|| SocketAddr::from((Ipv6Addr::LOCALHOST, 0)));
    v6.into_iter().chain([(Ipv4Addr::LOCALHOST, 0).into()]).collect()
}

fn scope_id(zone: &str) -> Option<u32> {
    match zone.parse() {
        Ok(number) => Some(number),
        Err(_) => devices::index(zone),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_parsed() {
        let cases: &[(&str, Option<&str>)] = &[
            ("127.0.0.1", Some("127.0.0.1:0")),
            ("::1", Some("[::1]:0")),
            ("::ffff:1.2.3.4", Some("[::ffff:1.2.3.4]:0")),
            ("fe80::1%7", Some("[fe80::1%7]:0")),
            ("fe80::1%no-such-if", None),
            ("[::1]", None),
            ("127.0.0.256", None),
            ("127.0.0.1%1", None),
            ("example.com", None),
            ("", None),
        ];
        for (host, expected) in cases {
            assert_eq!(ip(host), expected.map(|text| text.parse().unwrap()), "{host}");
        }
        let index = devices::index("lo").unwrap();
        assert_eq!(ip("fe80::1%lo"), ip(&format!("fe80::1%{index}")));
        assert!(ip("fe80::1%lo").is_some());
    }

    #[test]
    fn localhost_and_all_below_it_are_loopback() {
        for host in ["localhost", "LocalHost.", "a.localhost", "a.b.LOCALHOST."] {
            assert!(is_localhost(host), "{host}");
        }
        for host in ["", ".", "localhost.example", "mylocalhost", "localhost.."] {
            assert!(!is_localhost(host), "{host}");
        }
    }

    #[test]
    fn the_ipv6_loopback_comes_first_where_there_is_ipv6() {
        assert_eq!(
            loopback(true),
            ["[::1]:0".parse().unwrap(), "127.0.0.1:0".parse().unwrap()]
        );
        assert_eq!(loopback(false), ["127.0.0.1:0".parse().unwrap()]);
    }
}
