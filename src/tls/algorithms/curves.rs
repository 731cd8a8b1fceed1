//! Groups for the key exchange.

use rustls::NamedGroup;
use rustls::crypto::SupportedKxGroup;

use super::list::{is_one_of, items, nothing_left, unknown};
use crate::tls::crypto::ALL_KX_GROUPS;
use crate::tls::error::TlsError;

const OPTION: &str = "CURLOPT_SSL_EC_CURVES";

/// The groups that rustls may have, under their names in OpenSSL.
const KNOWN: [(&str, NamedGroup); 12] = [
    ("X25519", NamedGroup::X25519),
    ("P-256", NamedGroup::secp256r1),
    ("prime256v1", NamedGroup::secp256r1),
    ("secp256r1", NamedGroup::secp256r1),
    ("P-384", NamedGroup::secp384r1),
    ("secp384r1", NamedGroup::secp384r1),
    ("P-521", NamedGroup::secp521r1),
    ("secp521r1", NamedGroup::secp521r1),
    ("X25519MLKEM768", NamedGroup::X25519MLKEM768),
    ("SecP256r1MLKEM768", NamedGroup::secp256r1MLKEM768),
    ("MLKEM768", NamedGroup::MLKEM768),
    ("X448", NamedGroup::X448),
];

/// Others that OpenSSL has.
const OTHERS: [&str; 11] = [
    "ffdhe2048",
    "ffdhe3072",
    "ffdhe4096",
    "ffdhe6144",
    "ffdhe8192",
    "brainpoolP256r1",
    "brainpoolP384r1",
    "brainpoolP512r1",
    "secp256k1",
    "SecP384r1MLKEM1024",
    "MLKEM1024",
];

pub(super) fn choose(list: &[u8]) -> Result<Vec<&'static dyn SupportedKxGroup>, TlsError> {
    let mut chosen: Vec<&dyn SupportedKxGroup> = Vec::new();
    for name in items(list, b":") {
        let known = KNOWN.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        if known.is_none() && !is_one_of(name, &OTHERS) {
            return Err(unknown(OPTION, name));
        }
        let group = ALL_KX_GROUPS
            .iter()
            .find(|group| known.is_some_and(|(_, known)| group.name() == *known));
        match group {
            Some(group) if chosen.iter().all(|one| one.name() != group.name()) => chosen.push(*group),
            _ => {}
        }
    }
    match chosen.is_empty() {
        true => Err(nothing_left(
            OPTION,
            list,
            ALL_KX_GROUPS.iter().map(|group| format!("{:?}", group.name())),
        )),
        false => Ok(chosen),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_openssl_choose_groups_in_their_order() {
        for (list, expected) in [
            ("X25519", vec![NamedGroup::X25519]),
            (
                "P-384:prime256v1:P-256",
                vec![NamedGroup::secp384r1, NamedGroup::secp256r1],
            ),
            ("X448:ffdhe2048:x25519", vec![NamedGroup::X25519]),
        ] {
            let names: Vec<_> = choose(list.as_bytes())
                .unwrap()
                .iter()
                .map(|group| group.name())
                .collect();
            assert_eq!(names, expected, "{list}");
        }
        for (list, part) in [("P-257", "unknown name"), ("X448", "nothing in"), ("", "nothing in")] {
            let error = choose(list.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
