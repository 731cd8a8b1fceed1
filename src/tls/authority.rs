//! The fields of a certificate that decide whether its key may have signed another one. Of a trusted certificate only these
//! are kept.

use super::x509::{Certificate, KeySize, NameConstraints, PublicKey, Time};

/// An issuer of certificates, as its own certificate describes it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Authority {
    /// Why it may not issue certificates for TLS servers, if so.
    pub(super) flaw: Option<Flaw>,
    /// `basicConstraints` says CA:TRUE. Without that only a trusted certificate can be an issuer.
    pub(super) is_declared: bool,
    pub(super) is_self_issued: bool,
    /// Its `keyUsage`, if any, allows to sign revocation lists.
    pub(super) signs_crls: bool,
    /// Upper bound on the intermediate certificates between it and the server's (`pathLenConstraint`).
    pub(super) path_length: Option<usize>,
    pub(super) not_before: Option<Time>,
    pub(super) not_after: Option<Time>,
    key: Box<[u8]>,
    pub(super) key_id: Option<Box<[u8]>>,
    /// The canonical form of the issuer's name.
    pub(super) issuer: Box<[u8]>,
    pub(super) serial: Box<[u8]>,
    constraints: Option<Box<[u8]>>,
}

/// Why a certificate may not be used in its place of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    /// An extension can't be read.
    Malformed,
    /// A critical extension is unknown.
    UnhandledCritical,
    /// A kind of certificate with validation rules that are not implemented (RFC 3820, RFC 3779).
    OwnRules,
    /// It is not a CA certificate.
    NoAuthority,
    /// It is not for TLS servers.
    Purpose(&'static str),
}

impl Authority {
    pub(super) fn of(certificate: &Certificate<'_>) -> Authority {
        let extensions = certificate.extensions.as_ref();
        let basic = extensions.and_then(|read| read.basic_constraints);
        Authority {
            flaw: flaw(certificate),
            is_declared: basic.is_some_and(|basic| basic.is_authority),
            is_self_issued: certificate.is_self_issued(),
            signs_crls: extensions
                .and_then(|read| read.key_usage)
                .is_none_or(|usage| usage.signs_crls()),
            path_length: basic.and_then(|basic| basic.path_length),
            not_before: certificate.not_before,
            not_after: certificate.not_after,
            key: certificate.key.der.into(),
            key_id: extensions.and_then(|read| read.subject_key_id).map(Into::into),
            issuer: certificate.issuer.canonical().into(),
            serial: certificate.serial.into(),
            constraints: extensions.and_then(|read| read.name_constraints).map(Into::into),
        }
    }

    /// Whether this can be the issuer of `certificate`, whose issuer name is this one's subject: key type and
    /// `authorityKeyIdentifier` fit.
    pub(super) fn may_have_signed(&self, certificate: &Certificate<'_>) -> bool {
        if !self.key().is_some_and(|key| key.may_have_made(certificate.signature)) {
            return false;
        }
        let extensions = certificate.extensions.as_ref();
        let id = extensions.and_then(|read| read.authority_key_id.as_ref());
        id.is_none_or(|id| id.may_mean(self.key_id.as_deref(), &self.issuer, &self.serial))
    }

    pub(super) fn key(&self) -> Option<PublicKey<'_>> {
        PublicKey::read(&self.key)
    }

    pub(super) fn key_size(&self) -> KeySize {
        self.key().map_or(KeySize::Usable, |key| key.size())
    }

    pub(super) fn name_constraints(&self) -> Option<NameConstraints<'_>> {
        NameConstraints::read(self.constraints.as_deref()?)
    }
}

/// Why a certificate may not issue those of TLS servers. Without `basicConstraints` OpenSSL still accepts a trusted certificate
/// as an issuer if it is self-signed and of version 1, or if `keyUsage` or the Netscape type allow it.
fn flaw(certificate: &Certificate<'_>) -> Option<Flaw> {
    const NETSCAPE_SSL_AUTHORITY: u8 = 0x04;
    let Some(extensions) = &certificate.extensions else {
        return Some(Flaw::Malformed);
    };
    let signs = extensions.key_usage.map(|usage| usage.signs_certificates());
    let is_authority = match extensions.basic_constraints {
        Some(basic) => basic.is_authority,
        None if certificate.version == 1 && certificate.is_self_signed() => true,
        None if signs.is_some() => true,
        None => extensions
            .netscape_type
            .is_some_and(|kind| kind & NETSCAPE_SSL_AUTHORITY != 0),
    };
    general_flaw(certificate).or((!is_authority || signs == Some(false)).then_some(Flaw::NoAuthority))
}

/// Why a certificate may not be that of a TLS server.
pub(super) fn server_flaw(certificate: &Certificate<'_>) -> Option<Flaw> {
    const NETSCAPE_SSL_SERVER: u8 = 0x40;
    let Some(extensions) = &certificate.extensions else {
        return Some(Flaw::Malformed);
    };
    let netscape = extensions
        .netscape_type
        .is_none_or(|kind| kind & NETSCAPE_SSL_SERVER != 0);
    let usage = extensions.key_usage.is_none_or(|usage| usage.serves_tls());
    general_flaw(certificate).or(match (usage, netscape) {
        (false, _) => Some(Flaw::Purpose("its key usage does not allow TLS servers")),
        (_, false) => Some(Flaw::Purpose("its Netscape type does not allow TLS servers")),
        (true, true) => None,
    })
}

fn general_flaw(certificate: &Certificate<'_>) -> Option<Flaw> {
    let extensions = certificate.extensions.as_ref()?;
    if extensions.unhandled_critical {
        Some(Flaw::UnhandledCritical)
    } else if extensions.has_rules_of_its_own {
        Some(Flaw::OwnRules)
    } else if extensions.extended_usage_allows_server == Some(false) {
        Some(Flaw::Purpose("its extended key usage does not allow TLS servers"))
    } else {
        None
    }
}
