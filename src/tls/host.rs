//! Whether a certificate names a host, by libcurl's rules for OpenSSL: if there is any DNS or IP alternative name, one of them
//! must match; otherwise the common name must. RFC 9525 no longer uses the common name, but libcurl does, and servers in
//! private networks depend on it.

use std::net::IpAddr;

use super::x509::{Certificate, GeneralName, address};

/// `host` is a DNS name without a final dot, or an address.
pub(super) fn names_host(certificate: &Certificate<'_>, host: &str) -> bool {
    let wanted = host.parse::<IpAddr>().ok();
    let mut has_hosts = false;
    for name in certificate.alt_names() {
        let matches = match (name, wanted) {
            (GeneralName::Dns(name), None) => matches_pattern(name, host),
            (GeneralName::Ip(bytes), Some(wanted)) => address(bytes) == Some(wanted),
            (GeneralName::Dns(_) | GeneralName::Ip(_), _) => false,
            _ => continue,
        };
        if matches {
            return true;
        }
        has_hosts = true;
    }
    !has_hosts && named_by_common_name(certificate, host)
}

/// Whether the common name matches this host.
fn named_by_common_name(certificate: &Certificate<'_>, host: &str) -> bool {
    let name = certificate.subject.common_name();
    name.is_some_and(|name| matches_pattern(name.as_bytes(), host))
}

/// A wildcard stands for one whole leftmost label above at least two others, and never for a part of an address.
fn matches_pattern(pattern: &[u8], host: &str) -> bool {
    let pattern = pattern.strip_suffix(b".").unwrap_or(pattern);
    let labels = pattern.strip_prefix(b"*.").filter(|domain| domain.contains(&b'.'));
    let is_address = host.parse::<IpAddr>().is_ok();
    match (labels, host.split_once('.')) {
        (Some(domain), Some((_, rest))) => !is_address && domain.eq_ignore_ascii_case(rest.as_bytes()),
        (Some(_), None) => false,
        (None, _) => pattern.eq_ignore_ascii_case(host.as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_libcurl() {
        let cases = [
            ("a.example", "a.example", true),
            ("A.Example", "a.eXAMPLE", true),
            ("a.example.", "a.example", true),
            ("a.example", "b.example", false),
            ("*.example.org", "x.example.org", true),
            ("*.example.org.", "x.example.org", true),
            ("*.example.org", "x.y.example.org", false),
            ("*.example.org", "example.org", false),
            ("*.example.org", ".example.org", true),
            ("*.example", "a.example", false),
            ("*.example", "*.example", true),
            ("*.", "a", false),
            ("*", "a", false),
            ("x*.example.org", "xy.example.org", false),
            ("*.1.2.3", "10.1.2.3", false),
            ("10.1.2.3", "10.1.2.3", true),
            ("a\0.example", "a", false),
            ("", "a", false),
        ];
        for (pattern, host, expected) in cases {
            assert_eq!(matches_pattern(pattern.as_bytes(), host), expected, "{pattern} {host}");
        }
    }
}
