//! Verification of the server's certificate; chain and name have a switch each, as in libcurl.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{self, WebPkiSupportedAlgorithms};
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, PeerMisbehaved, SignatureScheme};

use super::authority::Authority;
use super::cert_error::{self, CertError, Whose};
use super::host::names_host;
use super::path::Verification;
use super::pin::{self, Pin};
use super::revocation::Crls;
use super::roots::Roots;
use super::server_name;
use super::settings::Settings;
use super::signature::{self, SignatureError};
use super::x509::{Certificate, KeySize, Time};

/// The verifier of one [`Context`](super::Context), shared by its sessions: rustls resumes a session only under the
/// very verifier that saw its certificate.
#[derive(Debug)]
pub(super) struct Verifier {
    roots: Roots,
    verify_peer: bool,
    verify_host: bool,
    partial_chain: bool,
    checks: Checks,
    algorithms: WebPkiSupportedAlgorithms,
    /// What the server may sign the handshake with.
    schemes: Vec<SignatureScheme>,
    /// Why certificates were refused, until the session takes it. The error of rustls could carry it
    /// (`CertificateError::Other`), but then the server would get the alert certificate_unknown, whatever the reason.
    refusals: Mutex<Vec<Refusal>>,
    lacks_trust: AtomicBool,
}

/// What is checked beyond the path and the name.
#[derive(Debug, Default)]
pub(super) struct Checks {
    pub(super) crls: Option<Crls>,
    pub(super) issuer: Option<Issuer>,
    pub(super) pin: Option<Pin>,
}

/// `CURLOPT_ISSUERCERT`.
#[derive(Debug)]
pub(super) struct Issuer {
    /// As messages name it.
    pub(super) source: String,
    /// The canonical form of its name.
    pub(super) subject: Box<[u8]>,
    pub(super) authority: Authority,
}

/// A certificate that was refused, with what the server sent.
#[derive(Debug)]
pub(super) struct Refusal {
    name: ServerName<'static>,
    pub(super) error: CertError,
    pub(super) chain: Vec<CertificateDer<'static>>,
}

impl Verifier {
    pub(super) fn new(
        settings: &Settings,
        roots: Roots,
        checks: Checks,
        algorithms: WebPkiSupportedAlgorithms,
        schemes: Vec<SignatureScheme>,
    ) -> Verifier {
        Verifier {
            roots,
            verify_peer: settings.verify_peer,
            verify_host: settings.verify_host,
            // As in libcurl: OpenSSL can't do both.
            partial_chain: settings.partial_chain && checks.crls.is_none(),
            checks,
            algorithms,
            schemes,
            refusals: Mutex::default(),
            lacks_trust: AtomicBool::new(false),
        }
    }

    /// Why the certificate of a session for `name` was refused, if it was. When several threads have sessions for one name,
    /// each gets one of the reasons.
    pub(super) fn take_refusal(&self, name: &ServerName<'_>) -> Option<Refusal> {
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        let index = refusals.iter().position(|refused| refused.name == *name)?;
        Some(refusals.swap_remove(index))
    }

    /// Whether a certificate was refused since the last call that another trust store might accept.
    pub(super) fn take_lack_of_trust(&self) -> bool {
        self.lacks_trust.swap(false, Ordering::Relaxed)
    }

    pub(super) fn roots(&self) -> &Roots {
        &self.roots
    }

    /// OpenSSL's `X509_V_ERR_*` number for a chain that is not verified: that of an empty trust store.
    pub(super) fn verify_result(&self, chain: &[CertificateDer<'_>]) -> i64 {
        let Some((server, sent)) = chain.split_first().filter(|_| !self.verify_peer) else {
            return 0;
        };
        match Certificate::read(server) {
            Some(certificate) => cert_error::unknown_issuer(&certificate, &readable(sent)).number(),
            None => cert_error::UNSPECIFIED,
        }
    }

    /// Verifies what the settings ask for.
    pub(super) fn verify(
        &self,
        server: &CertificateDer<'_>,
        sent: &[CertificateDer<'_>],
        host: &str,
        now: Time,
    ) -> Result<(), CertError> {
        let Some(certificate) = Certificate::read(server) else {
            let is_checked = self.verify_peer || self.verify_host;
            return match is_checked || self.checks.issuer.is_some() || self.checks.pin.is_some() {
                true => Err(cert_error::unreadable()),
                false => Ok(()),
            };
        };
        if self.verify_peer {
            let verification = Verification {
                roots: &self.roots,
                partial_chain: self.partial_chain,
                crls: self.checks.crls.as_ref(),
                algorithms: &self.algorithms,
                now,
            };
            verification.verify(&certificate, &readable(sent))?;
        }
        if self.verify_host && !names_host(&certificate, host) {
            return Err(cert_error::wrong_name(&certificate, host));
        }
        self.check_issuer(&certificate)?;
        match &self.checks.pin {
            Some(pin) if !pin.accepts(certificate.key.der) => {
                Err(cert_error::wrong_key(&pin::shown(certificate.key.der)))
            }
            _ => Ok(()),
        }
    }

    /// Whether the certificate was issued with the key of `CURLOPT_ISSUERCERT`. libcurl compares names and key identifiers
    /// alone, which anybody can write.
    fn check_issuer(&self, certificate: &Certificate<'_>) -> Result<(), CertError> {
        let Some(issuer) = &self.checks.issuer else {
            return Ok(());
        };
        let authority = &issuer.authority;
        let is_named = *issuer.subject == *certificate.issuer.canonical() && authority.may_have_signed(certificate);
        let signature = certificate.signature;
        let has_signed = match (signature.algorithm, authority.key()) {
            (Some(algorithm), Some(key)) if is_named => {
                signature::verify(&self.algorithms, key, algorithm, signature.signed, signature.value)
            }
            _ => Err(SignatureError::Wrong),
        };
        match has_signed {
            Ok(()) => Ok(()),
            Err(SignatureError::Wrong) => Err(cert_error::wrong_issuer(certificate, &issuer.source)),
            Err(SignatureError::Unsupported) => Err(cert_error::unsupported_signature(
                signature.algorithm.unwrap_or_default(),
                Whose::Server,
            )),
        }
    }

    fn check_scheme(&self, scheme: SignatureScheme) -> Result<(), rustls::Error> {
        match self.schemes.contains(&scheme) {
            true => Ok(()),
            false => Err(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme.into()),
        }
    }

    /// Whether the handshake's signature is accepted without being verified: ring can't verify it with a key of this size,
    /// and while certificates are not verified an attacker can use a key of its own, so the signature proves nothing. With a
    /// pinned key, or an issuer that was compared, it does.
    fn takes_any_signature(&self, certificate: &Certificate<'_>) -> bool {
        let is_bound = self.verify_peer || self.checks.pin.is_some() || self.checks.issuer.is_some();
        !is_bound && certificate.key.size() != KeySize::Usable
    }
}

/// Unreadable certificates are ignored.
fn readable<'a>(sent: &'a [CertificateDer<'_>]) -> Vec<Certificate<'a>> {
    sent.iter().filter_map(|der| Certificate::read(der)).collect()
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let host = server_name::host(server_name);
        let now = Time::since_1970(now.as_secs());
        let verified = self.verify(end_entity, intermediates, &host, now);
        verified.map(|()| ServerCertVerified::assertion()).map_err(|error| {
            if error.is_about_trust() {
                self.lacks_trust.store(true, Ordering::Relaxed);
            }
            let alert = error.as_rustls();
            let chain = [end_entity].into_iter().chain(intermediates);
            let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
            refusals.push(Refusal {
                name: server_name.to_owned(),
                error,
                chain: chain.map(|der| der.clone().into_owned()).collect(),
            });
            alert.into()
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.check_scheme(signed.scheme)?;
        let certificate = Certificate::read(cert).ok_or(CertificateError::BadEncoding)?;
        if self.takes_any_signature(&certificate) {
            return Ok(HandshakeSignatureValid::assertion());
        }
        let usage = certificate.extensions.as_ref().and_then(|read| read.key_usage);
        let is_ecdsa = matches!(
            signed.scheme,
            SignatureScheme::ECDSA_NISTP256_SHA256
                | SignatureScheme::ECDSA_NISTP384_SHA384
                | SignatureScheme::ECDSA_NISTP521_SHA512
        );
        if self.verify_peer && is_ecdsa && usage.is_some_and(|usage| !usage.signs()) {
            return Err(CertificateError::InvalidPurpose.into());
        }
        let candidates = self
            .algorithms
            .mapping
            .iter()
            .find(|(scheme, _)| *scheme == signed.scheme);
        let (_, candidates) = candidates.ok_or(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme)?;
        let candidates = candidates.iter().copied();
        match signature::verify_with(candidates, certificate.key, message, signed.signature()) {
            Ok(()) => Ok(HandshakeSignatureValid::assertion()),
            Err(SignatureError::Wrong | SignatureError::Unsupported) => Err(CertificateError::BadSignature.into()),
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.check_scheme(signed.scheme)?;
        let certificate = Certificate::read(cert).ok_or(CertificateError::BadEncoding)?;
        if self.takes_any_signature(&certificate) {
            return Ok(HandshakeSignatureValid::assertion());
        }
        let key = SubjectPublicKeyInfoDer::from(certificate.key.der);
        crypto::verify_tls13_signature_with_raw_key(message, &key, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.schemes.clone()
    }
}
