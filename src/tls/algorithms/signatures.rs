//! What a server may sign the handshake with.

use rustls::SignatureScheme::{self, *};

use super::list::{is_one_of, items, nothing_left, unknown};
use crate::tls::error::TlsError;

const OPTION: &str = "CURLOPT_SSL_SIGNATURE_ALGORITHMS";

/// The names of RFC 8446 and, where OpenSSL has one, the pair of key and hash.
const KNOWN: [(&str, &str, SignatureScheme); 12] = [
    ("rsa_pkcs1_sha256", "RSA+SHA256", RSA_PKCS1_SHA256),
    ("rsa_pkcs1_sha384", "RSA+SHA384", RSA_PKCS1_SHA384),
    ("rsa_pkcs1_sha512", "RSA+SHA512", RSA_PKCS1_SHA512),
    ("rsa_pss_rsae_sha256", "RSA-PSS+SHA256", RSA_PSS_SHA256),
    ("rsa_pss_rsae_sha384", "RSA-PSS+SHA384", RSA_PSS_SHA384),
    ("rsa_pss_rsae_sha512", "RSA-PSS+SHA512", RSA_PSS_SHA512),
    ("ecdsa_secp256r1_sha256", "ECDSA+SHA256", ECDSA_NISTP256_SHA256),
    ("ecdsa_secp384r1_sha384", "ECDSA+SHA384", ECDSA_NISTP384_SHA384),
    ("ecdsa_secp521r1_sha512", "ECDSA+SHA512", ECDSA_NISTP521_SHA512),
    ("ed25519", "", ED25519),
    ("ed448", "", ED448),
    ("rsa_pkcs1_sha1", "RSA+SHA1", RSA_PKCS1_SHA1),
];

/// The same under another name, and others that OpenSSL has.
const ALIASES: [(&str, &str); 3] = [
    ("PSS+SHA256", "RSA-PSS+SHA256"),
    ("PSS+SHA384", "RSA-PSS+SHA384"),
    ("PSS+SHA512", "RSA-PSS+SHA512"),
];
const OTHERS: [&str; 14] = [
    "rsa_pss_pss_sha256",
    "rsa_pss_pss_sha384",
    "rsa_pss_pss_sha512",
    "ecdsa_sha1",
    "ecdsa_sha224",
    "rsa_pkcs1_sha224",
    "RSA+SHA224",
    "ECDSA+SHA1",
    "ECDSA+SHA224",
    "DSA+SHA1",
    "DSA+SHA224",
    "DSA+SHA256",
    "DSA+SHA384",
    "DSA+SHA512",
];

pub(super) fn choose(list: &[u8], supported: &[SignatureScheme]) -> Result<Vec<SignatureScheme>, TlsError> {
    let mut chosen = Vec::new();
    for name in items(list, b":") {
        let alias = ALIASES.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(name));
        let name = alias.map_or(name, |(_, name)| name);
        let known = KNOWN.iter().find(|(long, pair, _)| is_one_of(name, &[long, pair]));
        match known {
            Some((.., scheme)) if supported.contains(scheme) && !chosen.contains(scheme) => chosen.push(*scheme),
            Some(_) => {}
            None if is_one_of(name, &OTHERS) => {}
            None => return Err(unknown(OPTION, name)),
        }
    }
    match chosen.is_empty() {
        true => Err(nothing_left(
            OPTION,
            list,
            KNOWN
                .iter()
                .filter(|(.., scheme)| supported.contains(scheme))
                .map(|(name, ..)| (*name).to_owned()),
        )),
        false => Ok(chosen),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUPPORTED: [SignatureScheme; 3] = [RSA_PKCS1_SHA256, RSA_PSS_SHA256, ED25519];

    #[test]
    fn names_of_both_kinds_choose_in_their_order() {
        for (list, expected) in [
            ("ed25519:RSA+SHA256", vec![ED25519, RSA_PKCS1_SHA256]),
            ("PSS+SHA256:rsa_pss_rsae_sha256:ed448:DSA+SHA1", vec![RSA_PSS_SHA256]),
        ] {
            assert_eq!(choose(list.as_bytes(), &SUPPORTED).unwrap(), expected, "{list}");
        }
        for (list, part) in [
            ("RSA+SHA255", "unknown name"),
            ("ed448", "nothing in"),
            ("", "nothing in"),
        ] {
            let error = choose(list.as_bytes(), &SUPPORTED).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
