//! Verification of the server's certificate; chain and name have a switch each, as in libcurl.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{self, CryptoProvider, WebPkiSupportedAlgorithms};
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, PeerMisbehaved, SignatureScheme};

use super::cert_error::{self, CertError};
use super::host::names_host;
use super::path::Verification;
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
    algorithms: WebPkiSupportedAlgorithms,
    /// Why certificates were refused, until the session takes it. The error of rustls could carry it
    /// (`CertificateError::Other`), but then the server would get the alert certificate_unknown, whatever the reason.
    refusals: Mutex<Vec<(ServerName<'static>, CertError)>>,
    lacks_trust: AtomicBool,
}

impl Verifier {
    pub(super) fn new(settings: &Settings, roots: Roots, provider: &CryptoProvider) -> Verifier {
        Verifier {
            roots,
            verify_peer: settings.verify_peer,
            verify_host: settings.verify_host,
            algorithms: provider.signature_verification_algorithms,
            refusals: Mutex::default(),
            lacks_trust: AtomicBool::new(false),
        }
    }

    /// Why the certificate of a session for `name` was refused, if it was. When several threads have sessions for one name,
    /// each gets one of the reasons.
    pub(super) fn take_refusal(&self, name: &ServerName<'_>) -> Option<CertError> {
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        let index = refusals.iter().position(|(refused, _)| refused == name)?;
        Some(refusals.swap_remove(index).1)
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
            return match self.verify_peer || self.verify_host {
                true => Err(cert_error::unreadable()),
                false => Ok(()),
            };
        };
        if self.verify_peer {
            let verification = Verification {
                roots: &self.roots,
                algorithms: &self.algorithms,
                now,
            };
            verification.verify(&certificate, &readable(sent))?;
        }
        match !self.verify_host || names_host(&certificate, host) {
            true => Ok(()),
            false => Err(cert_error::wrong_name(&certificate, host)),
        }
    }

    /// Whether the handshake's signature is accepted without being verified: ring can't verify it with a key of this size,
    /// and while certificates are not verified an attacker can use a key of its own, so the signature proves nothing.
    /// (A pinned key would need it.)
    fn takes_any_signature(&self, certificate: &Certificate<'_>) -> bool {
        !self.verify_peer && certificate.key.size() != KeySize::Usable
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
            let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
            refusals.push((server_name.to_owned(), error));
            alert.into()
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let certificate = Certificate::read(cert).ok_or(CertificateError::BadEncoding)?;
        if self.takes_any_signature(&certificate) {
            return Ok(HandshakeSignatureValid::assertion());
        }
        let usage = certificate.extensions.as_ref().and_then(|read| read.key_usage);
        let is_ecdsa = matches!(
            signed.scheme,
            SignatureScheme::ECDSA_NISTP256_SHA256 | SignatureScheme::ECDSA_NISTP384_SHA384
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
        let certificate = Certificate::read(cert).ok_or(CertificateError::BadEncoding)?;
        if self.takes_any_signature(&certificate) {
            return Ok(HandshakeSignatureValid::assertion());
        }
        let key = SubjectPublicKeyInfoDer::from(certificate.key.der);
        crypto::verify_tls13_signature_with_raw_key(message, &key, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
