//! Certificates in DER and PEM.

use super::details::CertificateText;
use super::x509::{Certificate, NameConstraints, PublicKey, certificates};

/// Any bytes are read as certificates or refused.
pub fn certificate(data: &[u8]) {
    read(data);
    for (der, _trust) in certificates(data).flatten() {
        read(&der);
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
    let _ = (certificate.is_self_issued(), certificate.is_self_signed());
    assert_eq!(PublicKey::from_der(certificate.key.der), Some(certificate.key));
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
