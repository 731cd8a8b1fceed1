//! Why a certificate is refused: words for a person, OpenSSL's number for `CURLINFO_SSL_VERIFYRESULT`, and the alert
//! for the server.

use std::time::Duration;

use der::DateTime;
use rustls::CertificateError;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};

use super::certificate::{Certificate, date_text};

/// `X509_V_ERR_UNSPECIFIED`.
pub(crate) const UNSPECIFIED: i64 = 1;

const SIGNATURE_FAILURE: i64 = 7;
const NOT_YET_VALID: i64 = 9;
const EXPIRED: i64 = 10;
const SELF_SIGNED: i64 = 18;
const SELF_SIGNED_IN_CHAIN: i64 = 19;
const NO_LOCAL_ISSUER: i64 = 20;
const CHAIN_TOO_LONG: i64 = 22;
const REVOKED: i64 = 23;
const PATH_LENGTH_EXCEEDED: i64 = 25;
const INVALID_PURPOSE: i64 = 26;
const REJECTED: i64 = 28;
const UNHANDLED_CRITICAL_EXTENSION: i64 = 34;
const INVALID_EXTENSION: i64 = 41;
const PERMITTED_VIOLATION: i64 = 47;
const HOSTNAME_MISMATCH: i64 = 62;
const IP_ADDRESS_MISMATCH: i64 = 64;
const UNSUPPORTED_SIGNATURE_ALGORITHM: i64 = 76;
const INVALID_CA: i64 = 79;

/// At most so many of a certificate's names are listed in a message.
const NAMES_SHOWN: usize = 8;

/// No longer chain is followed to name the issuer that is missing.
const MAX_CHAIN: usize = 10;

/// One refusal.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rejection {
    number: i64,
    reason: String,
    alert: CertificateError,
}

impl Rejection {
    fn new(number: i64, alert: CertificateError, reason: impl Into<String>) -> Rejection {
        Rejection {
            number,
            reason: reason.into(),
            alert,
        }
    }

    /// The `X509_V_ERR_*` that OpenSSL has for this.
    pub(crate) fn number(&self) -> i64 {
        self.number
    }

    /// What is wrong, in words.
    pub(crate) fn reason(&self) -> &str {
        &self.reason
    }

    /// The error from which rustls makes the right alert.
    pub(crate) fn as_rustls(&self) -> CertificateError {
        self.alert.clone()
    }
}

/// The certificate is no X.509 certificate.
pub(crate) fn unreadable() -> Rejection {
    let reason = "the certificate is malformed";
    Rejection::new(UNSPECIFIED, CertificateError::BadEncoding, reason)
}

/// The server's own certificate is too old.
pub(crate) fn expired(certificate: &Certificate<'_>, not_after: DateTime) -> Rejection {
    let which = whose(certificate.not_after == Some(not_after));
    let reason = format!("{which} has expired (not after {})", date_text(not_after));
    Rejection::new(EXPIRED, CertificateError::Expired, reason)
}

/// The certificate is for later, or the clock is wrong.
pub(crate) fn not_yet_valid(certificate: &Certificate<'_>, not_before: DateTime) -> Rejection {
    let which = whose(certificate.not_before == Some(not_before));
    let reason = format!(
        "{which} is not yet valid (not before {}); is the clock right?",
        date_text(not_before)
    );
    Rejection::new(NOT_YET_VALID, CertificateError::NotValidYet, reason)
}

/// The certificate is for other hosts.
pub(crate) fn wrong_name(certificate: &Certificate<'_>, host: &ServerName<'_>) -> Rejection {
    let number = match host {
        ServerName::IpAddress(_) => IP_ADDRESS_MISMATCH,
        _ => HOSTNAME_MISMATCH,
    };
    let reason = format!(
        "name does not match: the certificate is valid for {}; wanted {}",
        names(certificate),
        host.to_str()
    );
    Rejection::new(number, CertificateError::NotValidForName, reason)
}

/// No trusted root signed this chain.
pub(crate) fn unknown_issuer(certificate: &Certificate<'_>, intermediates: &[CertificateDer<'_>]) -> Rejection {
    if certificate.is_self_issued() {
        let reason = "self-signed certificate, and it is not among the trusted ones";
        return Rejection::new(SELF_SIGNED, CertificateError::UnknownIssuer, reason);
    }
    let top = top_of_chain(certificate, intermediates);
    let (number, reason) = if top.is_self_issued() {
        (
            SELF_SIGNED_IN_CHAIN,
            format!(
                "self-signed certificate in certificate chain: {} is not among the trusted roots",
                top.subject
            ),
        )
    } else {
        (
            NO_LOCAL_ISSUER,
            format!(
                "unable to get local issuer certificate: the issuer, {}, is not among the trusted roots",
                top.issuer
            ),
        )
    };
    Rejection::new(number, CertificateError::UnknownIssuer, reason)
}

/// What webpki found wrong with `certificate` and its chain. Of a self-signed certificate nothing else matters: it is
/// one of the trusted certificates or it is not, and in the first case webpki is never asked.
pub(crate) fn from_webpki(
    error: webpki::Error,
    certificate: &Certificate<'_>,
    intermediates: &[CertificateDer<'_>],
) -> Rejection {
    use webpki::Error as E;

    if certificate.is_self_issued() {
        return unknown_issuer(certificate, intermediates);
    }
    let (number, alert, reason) = match &error {
        E::UnknownIssuer => return unknown_issuer(certificate, intermediates),
        E::CertExpired { not_after, .. } => match date(*not_after) {
            Some(not_after) => return expired(certificate, not_after),
            None => (EXPIRED, CertificateError::Expired, "the certificate has expired"),
        },
        E::CertNotValidYet { not_before, .. } => match date(*not_before) {
            Some(not_before) => return not_yet_valid(certificate, not_before),
            None => (
                NOT_YET_VALID,
                CertificateError::NotValidYet,
                "the certificate is not yet valid",
            ),
        },
        E::InvalidCertValidity => (
            EXPIRED,
            CertificateError::Expired,
            "the certificate's dates contradict each other: it ends before it begins",
        ),
        E::InvalidSignatureForPublicKey => (
            SIGNATURE_FAILURE,
            CertificateError::BadSignature,
            "certificate signature failure: a certificate is not signed with the key of its alleged issuer",
        ),
        E::CertRevoked => (
            REVOKED,
            CertificateError::Revoked,
            "the certificate has been revoked by its issuer",
        ),
        E::CertDistrusted => (
            REJECTED,
            CertificateError::Revoked,
            "the certificate's key is known to be compromised",
        ),
        E::CaUsedAsEndEntity => (
            INVALID_PURPOSE,
            CertificateError::InvalidPurpose,
            "the server presents the certificate of a certificate authority (basicConstraints CA:TRUE) as its own",
        ),
        E::EndEntityUsedAsCa => (
            INVALID_CA,
            CertificateError::UnknownIssuer,
            "invalid CA certificate: an issuer in the chain is not a certificate authority",
        ),
        E::PathLenConstraintViolated => (
            PATH_LENGTH_EXCEEDED,
            CertificateError::UnknownIssuer,
            "path length constraint exceeded: an issuer in the chain may not have so many others below it",
        ),
        E::NameConstraintViolation => (
            PERMITTED_VIOLATION,
            CertificateError::UnknownIssuer,
            "an issuer in the chain may not sign certificates for these names (name constraints)",
        ),
        E::RequiredEkuNotFoundContext(_) | E::EmptyEkuExtension => (
            INVALID_PURPOSE,
            CertificateError::InvalidPurpose,
            "unsuitable certificate purpose: its extended key usage does not allow TLS servers",
        ),
        E::UnsupportedCriticalExtension => (
            UNHANDLED_CRITICAL_EXTENSION,
            CertificateError::UnhandledCriticalExtension,
            "unhandled critical extension in a certificate",
        ),
        E::UnsupportedCertVersion => (
            UNSPECIFIED,
            CertificateError::BadEncoding,
            "a certificate is of X.509 version 1 or 2; a chain is verified only if all are of version 3",
        ),
        E::MaximumPathDepthExceeded
        | E::MaximumPathBuildCallsExceeded
        | E::MaximumSignatureChecksExceeded
        | E::MaximumNameConstraintComparisonsExceeded => (
            CHAIN_TOO_LONG,
            CertificateError::UnknownIssuer,
            "certificate chain too long or too tangled",
        ),
        E::UnsupportedSignatureAlgorithmContext(_)
        | E::UnsupportedSignatureAlgorithmForPublicKeyContext(_)
        | E::SignatureAlgorithmMismatch => (
            UNSUPPORTED_SIGNATURE_ALGORITHM,
            CertificateError::BadSignature,
            "a certificate is signed with an algorithm that is not supported or considered too weak",
        ),
        E::MalformedExtensions
        | E::ExtensionValueInvalid
        | E::MalformedDnsIdentifier
        | E::MalformedNameConstraint
        | E::InvalidNetworkMaskConstraint => (
            INVALID_EXTENSION,
            CertificateError::BadEncoding,
            "a certificate has a malformed extension",
        ),
        E::BadDer | E::BadDerTime | E::TrailingData(_) => return unreadable(),
        other => {
            let reason = format!("certificate refused: {other:?}");
            return Rejection::new(UNSPECIFIED, CertificateError::BadEncoding, reason);
        }
    };
    Rejection::new(number, alert, reason)
}

/// The highest certificate of the chain that the server sent.
fn top_of_chain<'a>(certificate: &Certificate<'a>, intermediates: &'a [CertificateDer<'_>]) -> Certificate<'a> {
    let mut top = *certificate;
    for _ in intermediates.iter().take(MAX_CHAIN) {
        let mut sent = intermediates.iter().filter_map(|der| Certificate::parse(der));
        match sent.find(|candidate| candidate.subject == top.issuer) {
            Some(issuer) if !top.is_self_issued() => top = issuer,
            _ => break,
        }
    }
    top
}

fn names(certificate: &Certificate<'_>) -> String {
    let mut names: Vec<String> = certificate.alt_names().map(|name| name.to_string()).collect();
    if names.is_empty() {
        names.extend(certificate.subject.common_name());
    }
    let more = names.len().saturating_sub(NAMES_SHOWN);
    names.truncate(NAMES_SHOWN);
    match (names.is_empty(), more) {
        (true, _) => "no name at all".into(),
        (false, 0) => names.join(", "),
        (false, more) => format!("{} and {more} more", names.join(", ")),
    }
}

fn whose(is_the_servers: bool) -> &'static str {
    match is_the_servers {
        true => "the certificate",
        false => "the certificate of an issuer in the chain",
    }
}

fn date(time: UnixTime) -> Option<DateTime> {
    DateTime::from_unix_duration(Duration::from_secs(time.as_secs())).ok()
}
