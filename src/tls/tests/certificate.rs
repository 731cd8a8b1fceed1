//! What is read out of certificates.

use rcgen::{BasicConstraints, CustomExtension, DnType, DnValue, IsCa};

use super::forge::{self, Forged, Key, common_name, rdns};
use super::*;
use crate::tls::details::CertificateText;
use crate::tls::x509::{Certificate, KeySize};

fn read(identity: &Identity) -> Certificate<'_> {
    Certificate::read(&identity.chain[0]).unwrap()
}

#[test]
fn names_and_dates_are_read() {
    let mut params = leaf_params(&["a.example", "*.b.example", "10.0.0.1", "::1"]);
    let name = &mut params.distinguished_name;
    name.push(DnType::CountryName, "SE");
    name.push(DnType::OrganizationName, "Example & S\u{f6}ner");
    name.push(DnType::CustomDnType(vec![1, 2, 3]), "odd");
    name.push(
        DnType::OrganizationalUnitName,
        DnValue::BmpString("\u{3b1}".try_into().unwrap()),
    );
    name.push(DnType::CommonName, "a\u{1b}[1m");
    params.not_after = date_time_ymd(2030, 1, 2);
    let identity = self_signed(&params);
    let certificate = read(&identity);
    assert_eq!(certificate.version, 3);
    assert!(certificate.is_self_issued() && certificate.is_self_signed());
    let text = CertificateText::of(&certificate);
    assert_eq!(
        text.subject,
        "C=SE; O=Example & S\u{f6}ner; 1.2.3=odd; OU=\u{3b1}; CN=a?[1m"
    );
    assert_eq!(text.start_date, "2020-01-01 00:00:00 GMT");
    assert_eq!(text.expire_date, "2030-01-02 00:00:00 GMT");
    assert_eq!(
        text.alt_names,
        [
            "DNS:a.example",
            "DNS:*.b.example",
            "IP Address:10.0.0.1",
            "IP Address:::1"
        ]
    );
}

#[test]
fn version_1_is_read_too() {
    let identity = version_1();
    let certificate = read(&identity);
    assert_eq!(certificate.version, 1);
    assert_eq!(certificate.subject.common_name().unwrap(), "old.example");
}

#[test]
fn names_are_equal_whatever_their_case_space_and_kind_of_string() {
    let organization: &[u8] = &[0x55, 4, 10];
    let name = |tag, value: &[u8]| {
        let key = Key::p256(1);
        let der = Forged::new(rdns(&[(organization, tag, value)]), &key).self_signed(&key);
        let certificate = Certificate::read(&der).unwrap();
        certificate.subject.canonical().to_vec()
    };
    let plain = name(0x0c, b"An Example");
    for (tag, value) in [
        (0x13, &b"an example"[..]),
        (0x16, b" AN  EXAMPLE "),
        (0x1e, b"\0A\0n\0 \0E\0x\0a\0m\0p\0l\0e"),
    ] {
        assert_eq!(name(tag, value), plain, "{tag}");
    }
    assert_ne!(name(0x0c, b"AnExample"), plain);
    assert_ne!(name(0x12, b"An Example"), plain, "OpenSSL leaves NumericString alone");
}

#[test]
fn a_common_name_with_nul_is_none() {
    let key = Key::p256(1);
    for (names, expected) in [
        (vec!["a.example", "b.example"], Some("b.example")),
        (vec!["a.example\0.b.example"], None),
        (vec![], None),
    ] {
        let attributes: Vec<_> = names
            .iter()
            .map(|name| (&[0x55, 4, 3][..], 0x0c, name.as_bytes()))
            .collect();
        let der = Forged::new(rdns(&attributes), &key).self_signed(&key);
        let certificate = Certificate::read(&der).unwrap();
        assert_eq!(certificate.subject.common_name().as_deref(), expected);
    }
}

#[test]
fn key_sizes_are_told() {
    let key = Key::p256(1);
    for (bits, expected) in [
        (1024, KeySize::ShortRsa(1024)),
        (2040, KeySize::ShortRsa(2040)),
        (2048, KeySize::Usable),
        (8192, KeySize::Usable),
        (16_384, KeySize::LongRsa(16_384)),
    ] {
        let mut forged = Forged::new(common_name("x"), &key);
        forged.public_key = forge::rsa_public(bits);
        let der = forged.signed_by(&common_name("y"), &key);
        assert_eq!(Certificate::read(&der).unwrap().key.size(), expected);
    }
    let der = Forged::new(common_name("x"), &key).self_signed(&key);
    assert_eq!(Certificate::read(&der).unwrap().key.size(), KeySize::Usable);
}

#[test]
fn broken_certificates_are_survived() {
    let mut params = leaf_params(&["a.example", "10.0.0.1"]);
    params.distinguished_name.push(DnType::CommonName, "a.example");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(1));
    params.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign];
    params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    let constraints = forge::name_constraints(&[forge::dns("a.example")], &[forge::directory(&common_name("x"))]);
    let value = constraints[constraints.len() - 0x20..].to_vec();
    params.custom_extensions = vec![CustomExtension::from_oid_content(&[2, 5, 29, 30], value)];
    let whole = self_signed(&params).chain[0].to_vec();
    for length in 0..whole.len() {
        assert!(Certificate::read(&whole[..length]).is_none());
    }
    let context = Context::new(&trusting(&[&whole.clone().into()])).unwrap();
    for at in 0..whole.len() {
        for change in [0x01, 0x80, 0xff] {
            let mut bytes = whole.clone();
            bytes[at] ^= change;
            if let Some(certificate) = Certificate::read(&bytes) {
                let _ = CertificateText::of(&certificate);
            }
            let now = crate::tls::x509::Time::since_1970(1_800_000_000);
            let verdict = context.verifier().verify(&bytes.into(), &[], "a.example", now);
            assert!(verdict.is_err(), "{at} {change}");
        }
    }
}
