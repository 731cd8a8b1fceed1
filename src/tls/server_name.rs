//! The host in the form that rustls accepts.
//!
//! rustls accepts DNS names and addresses, and sends a DNS name as SNI. libcurl accepts every host that can be resolved, such as
//! `a~b.example` or `host.123`. rustls gets such a host encoded: hexadecimal digits below a name in `.invalid` (RFC 2606),
//! without SNI. The verifier decodes it.

use std::borrow::Cow;

use rustls::pki_types::ServerName;

use super::error::TlsError;

/// The suffix of encoded hosts.
const ENCODED: &str = ".encoded.wscurl.invalid";

/// Bytes of a host in one label, which has at most 63 digits.
const LABEL: usize = 31;

/// The name for rustls, and whether it can be sent as SNI.
pub(super) fn server_name(host: &str) -> Result<(ServerName<'static>, bool), TlsError> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    // The zone of fe80::1%eth0 means something on this machine only.
    let bare = bare.split('%').next().unwrap_or_default();
    // Some servers compare SNI byte by byte, and expect lower case.
    let bare = bare.strip_suffix('.').unwrap_or(bare).to_ascii_lowercase();
    if bare.is_empty() || bare.ends_with(ENCODED) {
        return Err(TlsError::Host(host.to_owned()));
    }
    if let Ok(name) = ServerName::try_from(bare.clone()) {
        return Ok((name, true));
    }
    let labels: Vec<String> = bare.as_bytes().chunks(LABEL).map(hexadecimal).collect();
    let encoded = ServerName::try_from(labels.join(".") + ENCODED);
    encoded
        .map(|name| (name, false))
        .map_err(|_| TlsError::Host(host.to_owned()))
}

/// The host in `name`, decoded.
pub(super) fn host<'a>(name: &'a ServerName<'_>) -> Cow<'a, str> {
    let text = name.to_str();
    let encoded = text.strip_suffix(ENCODED).and_then(|digits| {
        let digits: Vec<u8> = digits.bytes().filter(|byte| *byte != b'.').collect();
        let bytes = digits
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
        String::from_utf8(bytes.collect::<Option<_>>()?).ok()
    });
    encoded.map_or(text, Cow::Owned)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_come_back_as_they_are_verified() {
        let cases = [
            ("a.example", "a.example", true),
            ("A.Example.", "a.example", true),
            ("x_y.test", "x_y.test", true),
            ("192.0.2.1", "192.0.2.1", true),
            ("[::1]", "::1", true),
            ("fe80::1%eth0", "fe80::1", true),
            ("host.123", "host.123", false),
            ("bad-.example", "bad-.example", false),
            ("A~b.example", "a~b.example", false),
            ("a..b", "a..b", false),
            ("\u{fc}.example", "\u{fc}.example", false),
        ];
        for (given, verified, is_sent) in cases {
            let (name, sent) = server_name(given).unwrap();
            assert_eq!((&*host(&name), sent), (verified, is_sent), "{given}");
        }
        let long = format!("{}.example", "~".repeat(90));
        assert_eq!(host(&server_name(&long).unwrap().0), long);
    }

    #[test]
    fn hosts_that_are_none_are_refused() {
        let encoded = server_name("a~b").unwrap().0;
        for host in ["", ".", "[", &"~".repeat(200), &encoded.to_str()] {
            assert_eq!(server_name(host), Err(TlsError::Host(host.to_owned())), "{host}");
        }
    }
}
