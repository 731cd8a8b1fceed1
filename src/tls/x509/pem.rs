//! PEM text (RFC 7468), and the certificates in it, with the labels that OpenSSL accepts.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use der::Tag;

use super::certificate::Certificate;
use super::der::Values;
use crate::secret::Secret;

/// The trust settings of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tls) enum Trust {
    /// Trusted for TLS servers.
    Given,
    /// Not trusted for TLS servers.
    Denied,
}

/// One block of PEM text.
#[derive(Debug)]
pub(in crate::tls) struct Block<'a> {
    pub(in crate::tls) label: &'a [u8],
    /// There is a header, which only the old form of encryption has (RFC 1421, section 4.6).
    pub(in crate::tls) has_headers: bool,
    /// `None` without an end.
    base64: Option<Vec<u8>>,
}

impl Block<'_> {
    /// What is inside; `None` if that can't be read.
    pub(in crate::tls) fn der(self) -> Option<Vec<u8>> {
        STANDARD.decode(self.base64?).ok()
    }

    /// The same for a key: nothing of it stays in memory.
    pub(in crate::tls) fn into_secret(self) -> Option<Secret> {
        let base64 = Secret::from(self.base64?);
        STANDARD.decode(&*base64).ok().map(Secret::from)
    }
}

/// Enough for most certificates and keys: memory that grows leaves copies of a key behind.
const ROOM: usize = 4 * 1024;

/// The certificates of a PEM text and their trust settings; `None` for one that can't be read.
pub(in crate::tls) fn certificates(text: &[u8]) -> impl Iterator<Item = Option<(Vec<u8>, Trust)>> {
    blocks(text).filter_map(|block| match block.label {
        b"CERTIFICATE" | b"X509 CERTIFICATE" => Some(block.der().map(|der| (der, Trust::Given))),
        b"TRUSTED CERTIFICATE" => Some(block.der().and_then(with_trust)),
        _ => None,
    })
}

/// The blocks of a PEM text, whatever they hold. What is between them is ignored.
pub(in crate::tls) fn blocks(text: &[u8]) -> impl Iterator<Item = Block<'_>> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
    std::iter::from_fn(move || next_block(&mut lines))
}

/// A block without an end is dropped where the next begins.
fn next_block<'a>(lines: &mut impl Iterator<Item = &'a [u8]>) -> Option<Block<'a>> {
    let mut label = lines.find_map(first_line)?;
    let mut base64 = Vec::with_capacity(ROOM);
    let mut has_headers = false;
    for line in lines {
        if last_line(line) == Some(label) {
            return Some(Block {
                label,
                has_headers,
                base64: Some(base64),
            });
        }
        if let Some(next) = first_line(line) {
            (label, has_headers) = (next, false);
            base64.clear();
        } else if base64.is_empty() && line.contains(&b':') {
            has_headers = true;
        } else {
            base64.extend(line.iter().filter(|byte| !byte.is_ascii_whitespace()));
        }
    }
    Some(Block {
        label,
        has_headers,
        base64: None,
    })
}

fn first_line(line: &[u8]) -> Option<&[u8]> {
    line.strip_prefix(b"-----BEGIN ")?.strip_suffix(b"-----")
}

fn last_line(line: &[u8]) -> Option<&[u8]> {
    line.strip_prefix(b"-----END ")?.strip_suffix(b"-----")
}

/// Whether this is no text but a PFX, version 3 (RFC 7292): a file for certificates and keys.
pub(in crate::tls) fn is_pkcs_12(bytes: &[u8]) -> bool {
    let version = Values::of_sequence(bytes).and_then(|mut fields| fields.next_tagged(Tag::Integer));
    version == Some(&[3])
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
