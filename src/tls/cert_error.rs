//! Why a certificate is refused: words for a person, OpenSSL's number for `CURLINFO_SSL_VERIFYRESULT`, and the alert for
//! the server.

use std::net::IpAddr;

use rustls::CertificateError;

use super::authority::Flaw;
use super::x509::{Certificate, GeneralName, KeySize, Time, Violation, address, printable};

/// `X509_V_ERR_UNSPECIFIED`.
pub(super) const UNSPECIFIED: i64 = 1;

const NO_CRL: i64 = 3;
const SIGNATURE_FAILURE: i64 = 7;
const CRL_SIGNATURE_FAILURE: i64 = 8;
const NOT_YET_VALID: i64 = 9;
const EXPIRED: i64 = 10;
const CRL_NOT_YET_VALID: i64 = 11;
const CRL_EXPIRED: i64 = 12;
const NOT_BEFORE_UNREADABLE: i64 = 13;
const NOT_AFTER_UNREADABLE: i64 = 14;
const SELF_SIGNED: i64 = 18;
const SELF_SIGNED_IN_CHAIN: i64 = 19;
const NO_LOCAL_ISSUER: i64 = 20;
const CHAIN_TOO_LONG: i64 = 22;
const REVOKED: i64 = 23;
const PATH_LENGTH_EXCEEDED: i64 = 25;
const INVALID_PURPOSE: i64 = 26;
const REJECTED: i64 = 28;
const UNHANDLED_CRITICAL_EXTENSION: i64 = 34;
const ISSUER_MAY_NOT_SIGN_CRLS: i64 = 35;
const UNHANDLED_CRITICAL_CRL_EXTENSION: i64 = 36;
const PROXY_CERTIFICATE: i64 = 40;
const INVALID_EXTENSION: i64 = 41;
const HOSTNAME_MISMATCH: i64 = 62;
const IP_ADDRESS_MISMATCH: i64 = 64;
const SERVER_KEY_TOO_SMALL: i64 = 66;
const AUTHORITY_KEY_TOO_SMALL: i64 = 67;
const WEAK_SIGNATURE: i64 = 68;
const UNSUPPORTED_SIGNATURE_ALGORITHM: i64 = 76;
const INVALID_AUTHORITY: i64 = 79;

/// Upper bound on the names of a certificate that a message lists.
const NAMES_SHOWN: usize = 8;

/// One refusal.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CertError {
    check: Check,
    number: i64,
    reason: String,
    alert: CertificateError,
}

/// Which check the certificate did not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Check {
    /// Its path, its dates, its name.
    Verification,
    /// `CURLOPT_ISSUERCERT`.
    Issuer,
    /// `CURLOPT_PINNEDPUBLICKEY`.
    PinnedKey,
}

/// Which certificate of the chain is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// The server's own.
    Server,
    /// One above it.
    Issuer,
}

impl CertError {
    fn new(number: i64, alert: CertificateError, reason: impl Into<String>) -> CertError {
        CertError {
            check: Check::Verification,
            number,
            reason: reason.into(),
            alert,
        }
    }

    /// The `X509_V_ERR_*` that OpenSSL has for this.
    pub(super) fn number(&self) -> i64 {
        self.number
    }

    pub(crate) fn check(&self) -> Check {
        self.check
    }

    /// What is wrong, in words.
    pub(crate) fn reason(&self) -> &str {
        &self.reason
    }

    /// The error from which rustls makes the right alert.
    pub(super) fn as_rustls(&self) -> CertificateError {
        self.alert.clone()
    }

    /// With another trust store the certificate might have been accepted.
    pub(super) fn is_about_trust(&self) -> bool {
        matches!(
            self.number,
            SIGNATURE_FAILURE | SELF_SIGNED | SELF_SIGNED_IN_CHAIN | NO_LOCAL_ISSUER | REJECTED
        )
    }
}

/// The certificate is no X.509 certificate.
pub(super) fn unreadable() -> CertError {
    let reason = "the certificate is malformed";
    CertError::new(UNSPECIFIED, CertificateError::BadEncoding, reason)
}

/// Checks the validity period.
pub(super) fn check_dates(
    not_before: Option<Time>,
    not_after: Option<Time>,
    now: Time,
    whose: Whose,
) -> Result<(), CertError> {
    let which = whose.text();
    let unreadable = |number, end| {
        let reason = format!("{which} has an unreadable {end}");
        CertError::new(number, CertificateError::BadEncoding, reason)
    };
    let not_before = not_before.ok_or_else(|| unreadable(NOT_BEFORE_UNREADABLE, "first date"))?;
    let not_after = not_after.ok_or_else(|| unreadable(NOT_AFTER_UNREADABLE, "last date"))?;
    if now < not_before {
        let reason = format!("{which} is not yet valid (not before {not_before}); is the clock right?");
        return Err(CertError::new(NOT_YET_VALID, CertificateError::NotValidYet, reason));
    }
    if now >= not_after {
        let reason = format!("{which} has expired (not after {not_after})");
        return Err(CertError::new(EXPIRED, CertificateError::Expired, reason));
    }
    Ok(())
}

/// The certificate is for other hosts.
pub(super) fn wrong_name(certificate: &Certificate<'_>, host: &str) -> CertError {
    let is_address = host.parse::<IpAddr>().is_ok();
    let number = if is_address {
        IP_ADDRESS_MISMATCH
    } else {
        HOSTNAME_MISMATCH
    };
    let as_text = |name: &GeneralName<'_>| matches!(name, GeneralName::Dns(name) if *name == host.as_bytes());
    let reason = if is_address && certificate.alt_names().iter().any(as_text) {
        format!("name does not match: the certificate has {host} as a DNS name, not as an IP address")
    } else {
        format!(
            "name does not match: the certificate is valid for {}; wanted {host}",
            names(certificate)
        )
    };
    CertError::new(number, CertificateError::NotValidForName, reason)
}

/// No trusted root signed this chain.
pub(super) fn unknown_issuer(certificate: &Certificate<'_>, intermediates: &[Certificate<'_>]) -> CertError {
    let error = |number, reason: String| CertError::new(number, CertificateError::UnknownIssuer, reason);
    if certificate.is_self_issued() {
        let reason = "self-signed certificate, and it is not among the trusted ones";
        return error(SELF_SIGNED, reason.into());
    }
    let top = top_of_chain(certificate, intermediates);
    match top.is_self_issued() {
        true => error(
            SELF_SIGNED_IN_CHAIN,
            format!(
                "self-signed certificate in certificate chain: {} is not among the trusted roots",
                top.subject
            ),
        ),
        false => error(
            NO_LOCAL_ISSUER,
            format!(
                "unable to get local issuer certificate: the issuer, {}, is not among the trusted roots",
                top.issuer
            ),
        ),
    }
}

/// The trust store says that a certificate of the chain is not trusted (`openssl x509 -addreject`).
pub(super) fn distrusted() -> CertError {
    let reason = "the trust store marks a certificate of the chain as not trusted for TLS servers";
    CertError::new(REJECTED, CertificateError::UnknownIssuer, reason)
}

/// `CURLOPT_ISSUERCERT` names another issuer. OpenSSL has no number for that.
pub(super) fn wrong_issuer(certificate: &Certificate<'_>, wanted: &str) -> CertError {
    let reason = format!(
        "Certificate issuer check failed: the certificate was issued by {}, not with the key of {wanted}",
        certificate.issuer
    );
    CertError {
        check: Check::Issuer,
        ..CertError::new(0, CertificateError::UnknownIssuer, reason)
    }
}

/// The server has another key than those of `CURLOPT_PINNEDPUBLICKEY`.
pub(super) fn wrong_key(server: &str) -> CertError {
    let reason = format!("public key does not match pinned public key: the server's is {server}");
    CertError {
        check: Check::PinnedKey,
        ..CertError::new(0, CertificateError::ApplicationVerificationFailure, reason)
    }
}

/// `CURLOPT_CRLFILE` has no list of an issuer in the path.
pub(super) fn no_crl(whose: Whose) -> CertError {
    let reason = format!(
        "unable to get certificate CRL: there is no revocation list of the issuer of {}",
        whose.text()
    );
    CertError::new(NO_CRL, CertificateError::UnknownRevocationStatus, reason)
}

/// A revocation list can't be used.
pub(super) fn bad_crl(flaw: CrlFlaw, whose: Whose) -> CertError {
    let unknown = CertificateError::UnknownRevocationStatus;
    let (number, what) = match flaw {
        CrlFlaw::Signature => (CRL_SIGNATURE_FAILURE, "is not signed with the issuer's key"),
        CrlFlaw::NotYetValid => (CRL_NOT_YET_VALID, "is not yet valid; is the clock right?"),
        CrlFlaw::Expired => (CRL_EXPIRED, "has expired"),
        CrlFlaw::Unreadable => (UNSPECIFIED, "is malformed"),
        CrlFlaw::NotAllowed => (
            ISSUER_MAY_NOT_SIGN_CRLS,
            "is from an issuer whose key usage does not allow to sign such lists",
        ),
        CrlFlaw::UnhandledCritical => (
            UNHANDLED_CRITICAL_CRL_EXTENSION,
            "has a critical extension that is not known here",
        ),
    };
    let reason = format!("the revocation list (CRL) of the issuer of {} {what}", whose.text());
    CertError::new(number, unknown, reason)
}

/// Why a revocation list can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CrlFlaw {
    Signature,
    NotYetValid,
    Expired,
    Unreadable,
    NotAllowed,
    UnhandledCritical,
}

/// The issuer has revoked the certificate.
pub(super) fn revoked(whose: Whose, serial: &[u8]) -> CertError {
    let serial: String = serial.iter().map(|byte| format!("{byte:02x}")).collect();
    let reason = format!("certificate revoked: {} (serial number {serial})", whose.text());
    CertError::new(REVOKED, CertificateError::Revoked, reason)
}

/// Building a path takes more work than the limits allow.
pub(super) fn too_much_work() -> CertError {
    let reason = "certificate chain too long, or with too many possible paths";
    CertError::new(CHAIN_TOO_LONG, CertificateError::UnknownIssuer, reason)
}

/// A certificate is not signed with the key of its issuer.
pub(super) fn wrong_signature(whose: Whose) -> CertError {
    let reason = format!(
        "certificate signature failure: {} is not signed with the key of its alleged issuer",
        whose.text()
    );
    CertError::new(SIGNATURE_FAILURE, CertificateError::BadSignature, reason)
}

/// A certificate is signed with an algorithm that is not supported, or too weak.
pub(super) fn unsupported_signature(algorithm: &[u8], whose: Whose) -> CertError {
    let (number, what) = match algorithm {
        [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 2..=4, ..] => {
            (WEAK_SIGNATURE, "MD5 or MD2, which are too weak")
        }
        [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5, ..] | [6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1, ..] => {
            (WEAK_SIGNATURE, "SHA-1, which is too weak")
        }
        _ => (
            UNSUPPORTED_SIGNATURE_ALGORITHM,
            "an algorithm, or a kind of key, that is not supported",
        ),
    };
    let reason = format!("{} is signed with {what}", whose.text());
    CertError::new(number, CertificateError::BadSignature, reason)
}

/// Checks the size of the key.
pub(super) fn check_key(size: KeySize, whose: Whose) -> Result<(), CertError> {
    let which = whose.text();
    let too_small = match whose {
        Whose::Server => SERVER_KEY_TOO_SMALL,
        Whose::Issuer => AUTHORITY_KEY_TOO_SMALL,
    };
    let (number, reason) = match size {
        KeySize::Usable => return Ok(()),
        KeySize::ShortRsa(bits) => (
            too_small,
            format!("{which} has an RSA key of {bits} bits, which is too weak: at least 2048 are needed"),
        ),
        KeySize::LongRsa(bits) => (
            UNSPECIFIED,
            format!("{which} has an RSA key of {bits} bits: at most 8192 are supported"),
        ),
    };
    Err(CertError::new(number, CertificateError::InvalidPurpose, reason))
}

/// There are more intermediate certificates below an issuer than its `pathLenConstraint` allows.
pub(super) fn path_length_exceeded() -> CertError {
    let reason = "path length constraint exceeded: an issuer in the chain allows fewer certificates below it";
    CertError::new(PATH_LENGTH_EXCEEDED, CertificateError::UnknownIssuer, reason)
}

/// A name violates the name constraints of an issuer.
pub(super) fn constraint_violation(violation: Violation) -> CertError {
    let reason = match violation {
        Violation::NotPermitted | Violation::Excluded => {
            "an issuer in the chain may not sign certificates for these names (name constraints)"
        }
        Violation::Range | Violation::Unsupported => {
            "an issuer in the chain has name constraints of a kind not supported"
        }
        Violation::NameSyntax => "a name in the chain, or a name constraint, is malformed",
    };
    CertError::new(violation as i64, CertificateError::UnknownIssuer, reason)
}

/// A certificate may not be used in its place of the chain.
pub(super) fn unsuitable(flaw: Flaw, whose: Whose) -> CertError {
    let which = whose.text();
    let (number, alert, reason) = match flaw {
        Flaw::Malformed => (
            INVALID_EXTENSION,
            CertificateError::BadEncoding,
            format!("{which} has a malformed extension"),
        ),
        Flaw::UnhandledCritical => (
            UNHANDLED_CRITICAL_EXTENSION,
            CertificateError::UnhandledCriticalExtension,
            format!("unhandled critical extension: {which} has one that is not known here"),
        ),
        Flaw::OwnRules => (
            PROXY_CERTIFICATE,
            CertificateError::InvalidPurpose,
            format!("{which} is a proxy certificate, or one for address blocks"),
        ),
        Flaw::NoAuthority => (
            INVALID_AUTHORITY,
            CertificateError::UnknownIssuer,
            "invalid CA certificate: an issuer in the chain may not sign certificates".into(),
        ),
        Flaw::Purpose(why) => (
            INVALID_PURPOSE,
            CertificateError::InvalidPurpose,
            format!("unsuitable certificate purpose of {which}: {why}"),
        ),
    };
    CertError::new(number, alert, reason)
}

impl Whose {
    fn text(self) -> &'static str {
        match self {
            Whose::Server => "the certificate",
            Whose::Issuer => "the certificate of an issuer in the chain",
        }
    }
}

/// The highest certificate of the chain that the server sent.
fn top_of_chain<'s, 'a>(certificate: &'s Certificate<'a>, intermediates: &'s [Certificate<'a>]) -> &'s Certificate<'a> {
    let mut top = certificate;
    for _ in intermediates {
        match intermediates.iter().find(|candidate| candidate.subject == top.issuer) {
            Some(issuer) if !top.is_self_issued() => top = issuer,
            _ => break,
        }
    }
    top
}

fn names(certificate: &Certificate<'_>) -> String {
    let shown = certificate.alt_names().iter().filter_map(|name| match name {
        GeneralName::Dns(name) => Some(printable(&String::from_utf8_lossy(name))),
        GeneralName::Ip(bytes) => Some(address(bytes)?.to_string()),
        _ => None,
    });
    let mut names: Vec<String> = shown.collect();
    if names.is_empty() {
        names.extend(certificate.subject.common_name().map(|name| printable(&name)));
    }
    let more = names.len().saturating_sub(NAMES_SHOWN);
    names.truncate(NAMES_SHOWN);
    match (names.is_empty(), more) {
        (true, _) => "no name at all".into(),
        (false, 0) => names.join(", "),
        (false, more) => format!("{} and {more} more", names.join(", ")),
    }
}
