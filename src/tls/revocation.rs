//! `CURLOPT_CRLFILE`: whether certificates are revoked, by OpenSSL's rules for `X509_V_FLAG_CRL_CHECK_ALL`
//! (openssl-verification-options(1)): there must be a list for each certificate of the path, the root's own included.

use std::path::Path;

use rustls::crypto::WebPkiSupportedAlgorithms;

use super::authority::Authority;
use super::cert_error::{self, CertError, CrlFlaw, Whose};
use super::error::TlsError;
use super::signature;
use super::x509::{Certificate, Crl, Status, Time, blocks};

/// Upper bound on lists whose signatures are verified for one certificate.
const MAX_SIGNATURES: usize = 4;

/// The revocation lists of a file, in DER form.
#[derive(Debug)]
pub(super) struct Crls(Vec<Vec<u8>>);

/// A certificate as far as its issuer's list is about it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject<'a> {
    /// The canonical form of the issuer's name.
    pub(super) issuer: &'a [u8],
    pub(super) serial: &'a [u8],
    pub(super) is_authority: bool,
    pub(super) whose: Whose,
}

impl Crls {
    /// Reads PEM text. Text without any list, or with one that can't be read, is an error.
    pub(super) fn read(text: &[u8], file: &Path) -> Result<Crls, TlsError> {
        let bad = |why| TlsError::crl(file, why);
        let mut lists = Vec::new();
        for block in blocks(text).filter(|block| block.label == b"X509 CRL") {
            let list = block.der().filter(|der| Crl::read(der).is_some());
            lists.push(list.ok_or_else(|| bad("a revocation list in it is malformed"))?);
        }
        match lists.is_empty() {
            true => Err(bad("no revocation list in PEM form in it")),
            false => Ok(Crls(lists)),
        }
    }

    /// Checks that `issuer` has not revoked the certificate.
    pub(super) fn check(
        &self,
        subject: Subject<'_>,
        issuer: &Authority,
        algorithms: &WebPkiSupportedAlgorithms,
        now: Time,
    ) -> Result<(), CertError> {
        let whose = subject.whose;
        let list = self.find(subject, issuer, algorithms, now)?;
        let flaw = if !issuer.signs_crls {
            Some(CrlFlaw::NotAllowed)
        } else if list.scope.unhandled_critical {
            Some(CrlFlaw::UnhandledCritical)
        } else {
            date_flaw(&list, now)
        };
        if let Some(flaw) = flaw {
            return Err(cert_error::bad_crl(flaw, whose));
        }
        match list.status(subject.serial) {
            Status::Good => Ok(()),
            Status::Revoked => Err(cert_error::revoked(whose, subject.serial)),
            Status::Unreadable => Err(cert_error::bad_crl(CrlFlaw::Unreadable, whose)),
        }
    }

    /// The list that counts for a certificate: signed by its issuer, valid rather than not, and the newest of those.
    fn find(
        &self,
        subject: Subject<'_>,
        issuer: &Authority,
        algorithms: &WebPkiSupportedAlgorithms,
        now: Time,
    ) -> Result<Crl<'_>, CertError> {
        let mut candidates: Vec<_> = self
            .0
            .iter()
            .filter_map(|der| Crl::read(der))
            .filter(|list| is_about(list, subject, issuer))
            .collect();
        if candidates.is_empty() {
            return Err(cert_error::no_crl(subject.whose));
        }
        candidates.sort_by_key(|list| (date_flaw(list, now).is_none(), list.this_update));
        let newest = candidates.into_iter().rev().take(MAX_SIGNATURES);
        let mut signed = newest.filter(|list| is_signed(list, issuer, algorithms));
        signed
            .next()
            .ok_or_else(|| cert_error::bad_crl(CrlFlaw::Signature, subject.whose))
    }
}

impl<'a> Subject<'a> {
    pub(super) fn of(certificate: &'a Certificate<'_>, whose: Whose) -> Subject<'a> {
        let extensions = certificate.extensions.as_ref();
        Subject {
            issuer: certificate.issuer.canonical(),
            serial: certificate.serial,
            is_authority: extensions
                .and_then(|read| read.basic_constraints)
                .is_some_and(|basic| basic.is_authority),
            whose,
        }
    }

    /// A trusted certificate.
    pub(super) fn of_root(root: &'a Authority) -> Subject<'a> {
        Subject {
            issuer: &root.issuer,
            serial: &root.serial,
            is_authority: true,
            whose: Whose::Issuer,
        }
    }
}

fn is_about(list: &Crl<'_>, subject: Subject<'_>, issuer: &Authority) -> bool {
    let scope = &list.scope;
    let is_other_key = match (scope.key_id, &issuer.key_id) {
        (Some(wanted), Some(own)) => *wanted != **own,
        _ => false,
    };
    let is_in_scope = match subject.is_authority {
        true => !scope.only_users,
        false => !scope.only_authorities,
    };
    list.issuer.canonical() == subject.issuer && !is_other_key && !scope.is_partial && is_in_scope
}

fn is_signed(list: &Crl<'_>, issuer: &Authority, algorithms: &WebPkiSupportedAlgorithms) -> bool {
    let made = list.signature;
    let (Some(algorithm), Some(key)) = (made.algorithm, issuer.key()) else {
        return false;
    };
    signature::verify(algorithms, key, algorithm, made.signed, made.value).is_ok()
}

fn date_flaw(list: &Crl<'_>, now: Time) -> Option<CrlFlaw> {
    match (list.this_update, list.next_update) {
        (None, _) | (_, Some(None)) => Some(CrlFlaw::Unreadable),
        (Some(this), _) if now < this => Some(CrlFlaw::NotYetValid),
        (_, Some(Some(next))) if now >= next => Some(CrlFlaw::Expired),
        _ => None,
    }
}
