//! Certificates, revocation lists and keys in DER and PEM.

use std::path::Path;

use super::algorithms::Algorithms;
use super::certinfo;
use super::details::CertificateText;
use super::files::Files;
use super::identity;
use super::pin::Pin;
use super::revocation::Crls;
use super::settings::{ClientCertificate, Settings, Source};
use super::x509::{Certificate, Crl, NameConstraints, PublicKey, certificates};
use crate::secret::Secret;

/// Any bytes are read as certificates or refused.
pub fn certificate(data: &[u8]) {
    read(data);
    for (der, _trust) in certificates(data).flatten() {
        read(&der);
    }
}

/// The same for what options name: a client certificate with its key, revocation lists, a pinned key. Without a password no
/// key is decrypted, which takes long on purpose.
pub fn key(data: &[u8]) {
    let Ok(Algorithms { provider, .. }) = Algorithms::of(&Settings::default()) else {
        return;
    };
    for encoding in [b"PEM", b"DER"] {
        let client = ClientCertificate {
            certificate: Source::Memory("certificate", Secret::from(Vec::new())),
            certificate_type: Some(encoding.to_vec()),
            key: None,
            key_type: None,
            password: None,
        };
        let files = Files {
            certificate: Some(Secret::from(data.to_vec())),
            ..Files::default()
        };
        let _ = identity::load(&client, &files, &provider);
    }
    let _ = Pin::read(b"key.pem", Some(data));
    let _ = Crls::read(data, Path::new("crl.pem"));
    if let Some(list) = Crl::read(data) {
        for serial in [&[][..], &[1], data] {
            let _ = list.status(serial);
        }
    }
}

fn read(der: &[u8]) {
    if let Some(constraints) = NameConstraints::read(der) {
        constraints.len();
    }
    let Some(certificate) = Certificate::read(der) else {
        return;
    };
    let _ = CertificateText::of(&certificate);
    assert!(!certinfo::lines(der).is_empty());
    let _ = (certificate.is_self_issued(), certificate.is_self_signed());
    assert_eq!(PublicKey::read(certificate.key.der), Some(certificate.key));
    certificate.key.size();
    certificate.key.may_have_made(certificate.signature);
    for name in [&certificate.subject, &certificate.issuer] {
        let _ = (name.is_empty(), name.common_name(), name.common_names().count());
    }
    let names = certificate.constrained_names().unwrap_or_default();
    if let Some(extensions) = &certificate.extensions
        && let Some(constraints) = extensions.name_constraints
        && let Some(constraints) = NameConstraints::read(constraints)
    {
        for name in names.iter().chain(certificate.alt_names()) {
            let _ = constraints.check(name);
        }
    }
}
