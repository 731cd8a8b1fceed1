//! Certificates in PEM text (RFC 7468), with the labels that OpenSSL accepts.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use der::Tag;

use super::certificate::Certificate;
use super::der::Values;

/// The trust settings of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tls) enum Trust {
    /// Trusted for TLS servers.
    Given,
    /// Not trusted for TLS servers.
    Denied,
}

/// The certificates of a PEM text and their trust settings; `None` for one that can't be read.
pub(in crate::tls) fn certificates(text: &[u8]) -> impl Iterator<Item = Option<(Vec<u8>, Trust)>> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
    std::iter::from_fn(move || {
        loop {
            let (label, der) = next_block(&mut lines)?;
            match label {
                b"CERTIFICATE" | b"X509 CERTIFICATE" => return Some(der.map(|der| (der, Trust::Given))),
                b"TRUSTED CERTIFICATE" => return Some(der.and_then(with_trust)),
                _ => {}
            }
        }
    })
}

/// The label and contents of the next block. A block without an end is dropped where the next begins.
fn next_block<'a>(lines: &mut impl Iterator<Item = &'a [u8]>) -> Option<(&'a [u8], Option<Vec<u8>>)> {
    let mut label = lines.find_map(first_line)?;
    let mut base64 = Vec::new();
    for line in lines {
        if last_line(line) == Some(label) {
            return Some((label, STANDARD.decode(base64).ok()));
        }
        if let Some(next) = first_line(line) {
            label = next;
            base64.clear();
        } else {
            base64.extend(line.iter().filter(|byte| !byte.is_ascii_whitespace()));
        }
    }
    Some((label, None))
}

fn first_line(line: &[u8]) -> Option<&[u8]> {
    line.strip_prefix(b"-----BEGIN ")?.strip_suffix(b"-----")
}

fn last_line(line: &[u8]) -> Option<&[u8]> {
    line.strip_prefix(b"-----END ")?.strip_suffix(b"-----")
}

/// OpenSSL's form of a certificate followed by trust settings (`openssl x509 -addtrust`, `-addreject`).
fn with_trust(mut der: Vec<u8>) -> Option<(Vec<u8>, Trust)> {
    let (certificate, behind) = Certificate::split(&der)?;
    let trust = match behind {
        [] => Trust::Given,
        behind => auxiliary_trust(behind)?,
    };
    let length = certificate.len();
    der.truncate(length);
    Some((der, trust))
}

/// Reads `X509_CERT_AUX`: the purposes that the certificate is trusted for (all, if there is no list), and those that it is not
/// trusted for (openssl-x509(1)).
fn auxiliary_trust(der: &[u8]) -> Option<Trust> {
    let mut fields = Values::of_sequence(der)?;
    let is_trusted = match fields.next_if(Tag::Sequence)? {
        Some(purposes) => names_server(purposes)?,
        None => true,
    };
    let is_rejected = match fields.next_if_context(0)? {
        Some(purposes) => names_server(purposes)?,
        None => false,
    };
    Some(match is_trusted && !is_rejected {
        true => Trust::Given,
        false => Trust::Denied,
    })
}

/// Whether serverAuth or any purpose is in a list.
fn names_server(list: &[u8]) -> Option<bool> {
    const SERVER_AUTH: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 1];
    const ANY: &[u8] = &[0x55, 0x1d, 37, 0];
    let mut purposes = Values::new(list)?;
    let mut found = false;
    while !purposes.is_finished() {
        found |= matches!(purposes.next_tagged(Tag::ObjectIdentifier)?, SERVER_AUTH | ANY);
    }
    Some(found)
}
