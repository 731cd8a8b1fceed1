//! Verification of the server's certificate as libcurl's users know it: chain and name each on its own switch.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{self, CryptoProvider, WebPkiSupportedAlgorithms};
use rustls::pki_types::{
    CertificateDer, ServerName, SignatureVerificationAlgorithm, SubjectPublicKeyInfoDer, UnixTime,
};
use rustls::{CertificateError, DigitallySignedStruct, PeerMisbehaved, SignatureScheme};
use webpki::{EndEntityCert, KeyUsage, RawPublicKeyEntity};

use super::certificate::Certificate;
use super::rejection::{self, Rejection};
use super::roots::Roots;
use super::settings::Settings;

/// The verifier of one [`Context`](super::Context), shared by its sessions: rustls resumes a session only under the
/// very verifier that saw its certificate.
#[derive(Debug)]
pub(crate) struct Verifier {
    roots: Roots,
    verify_peer: bool,
    verify_host: bool,
    algorithms: WebPkiSupportedAlgorithms,
    /// Why certificates were refused, by the thread that asked. rustls verifies inside the call that hands it the
    /// server's bytes, so the session finds its own refusal here when that call fails. A rustls error could carry it
    /// too, but then the server would get an alert that says nothing.
    rejections: Mutex<HashMap<usize, Rejection>>,
}

impl Verifier {
    pub(crate) fn new(settings: &Settings, roots: Roots, provider: &CryptoProvider) -> Verifier {
        Verifier {
            roots,
            verify_peer: settings.verify_peer,
            verify_host: settings.verify_host,
            algorithms: provider.signature_verification_algorithms,
            rejections: Mutex::default(),
        }
    }

    /// The refusal that made the call of this thread into rustls fail, if that is why it failed.
    pub(crate) fn take_rejection(&self) -> Option<Rejection> {
        let mut rejections = self.rejections.lock().unwrap_or_else(PoisonError::into_inner);
        rejections.remove(&this_thread())
    }

    /// What OpenSSL would say of a chain nobody asked to be verified: its `X509_V_ERR_*` number, with no roots loaded.
    pub(crate) fn verify_result(&self, chain: &[CertificateDer<'_>]) -> i64 {
        match chain.split_first() {
            Some((end_entity, intermediates)) if !self.verify_peer => Certificate::parse(end_entity)
                .map_or(rejection::UNSPECIFIED, |certificate| {
                    rejection::unknown_issuer(&certificate, intermediates).number()
                }),
            _ => 0,
        }
    }

    fn judge(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        host: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), Rejection> {
        let Some(certificate) = Certificate::parse(end_entity) else {
            return match self.verify_peer || self.verify_host {
                true => Err(rejection::unreadable()),
                false => Ok(()),
            };
        };
        let names_constrained = match (self.verify_peer, self.roots.contains(end_entity)) {
            (true, true) => check_dates(&certificate, now).map(|()| false)?,
            (true, false) => self.check_chain(end_entity, &certificate, intermediates, now)?,
            (false, _) => false,
        };
        match certificate.alt_names().next() {
            _ if !self.verify_host => Ok(()),
            Some(_) => check_alt_names(end_entity, &certificate, intermediates, host),
            // Name constraints bind alternative names only, so under them the common name counts for nothing.
            None if !names_constrained && common_name_matches(&certificate, host) => Ok(()),
            None => Err(rejection::wrong_name(&certificate, host)),
        }
    }

    /// Says whether a certificate of the chain constrains names.
    fn check_chain(
        &self,
        end_entity: &CertificateDer<'_>,
        certificate: &Certificate<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<bool, Rejection> {
        let reject = |error| rejection::from_webpki(error, certificate, intermediates);
        let end_entity = EndEntityCert::try_from(end_entity).map_err(reject)?;
        let (algorithms, roots) = (self.algorithms.all, self.roots.authorities());
        let usage = KeyUsage::server_auth();
        let path = end_entity
            .verify_for_usage(algorithms, roots, intermediates, now, usage, None, None)
            .map_err(reject)?;
        let constrains = |der| Certificate::parse(der).is_none_or(|certificate| certificate.has_name_constraints());
        Ok(path.anchor().name_constraints.is_some() || intermediates.iter().any(|der| constrains(der)))
    }
}

/// A number that no other living thread has. (`thread::current` would leave an allocation behind in a C program's main thread.)
fn this_thread() -> usize {
    thread_local!(static PLACE: u8 = const { 0 });
    PLACE.with(|place| std::ptr::from_ref(place).addr())
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
        self.judge(end_entity, intermediates, server_name, now)
            .map_err(|rejection| {
                let error = rejection.as_rustls();
                let mut rejections = self.rejections.lock().unwrap_or_else(PoisonError::into_inner);
                rejections.insert(this_thread(), rejection);
                error.into()
            })
            .map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        match key_of_old_certificate(cert) {
            Some(key) => verify_tls12_with_key(&self.algorithms, message, &key, dss),
            None => crypto::verify_tls12_signature(message, cert, dss, &self.algorithms),
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        match key_of_old_certificate(cert) {
            Some(key) => crypto::verify_tls13_signature_with_raw_key(message, &key, dss, &self.algorithms),
            None => crypto::verify_tls13_signature(message, cert, dss, &self.algorithms),
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

fn check_dates(certificate: &Certificate<'_>, now: UnixTime) -> Result<(), Rejection> {
    let now = Duration::from_secs(now.as_secs());
    match (certificate.not_before, certificate.not_after) {
        (_, Some(not_after)) if now > not_after.unix_duration() => Err(rejection::expired(certificate, not_after)),
        (Some(not_before), _) if now < not_before.unix_duration() => {
            Err(rejection::not_yet_valid(certificate, not_before))
        }
        (_, Some(_)) => Ok(()),
        (_, None) => Err(rejection::unreadable()),
    }
}

fn check_alt_names(
    end_entity: &CertificateDer<'_>,
    certificate: &Certificate<'_>,
    intermediates: &[CertificateDer<'_>],
    host: &ServerName<'_>,
) -> Result<(), Rejection> {
    EndEntityCert::try_from(end_entity)
        .map_err(|error| rejection::from_webpki(error, certificate, intermediates))?
        .verify_is_valid_for_subject_name(host)
        .map_err(|_| rejection::wrong_name(certificate, host))
}

/// A certificate without any alternative name may name the host in its subject: RFC 9525 gave that up, libcurl did not,
/// and servers in private networks live by it. A wildcard stands for one whole leftmost label above two others.
fn common_name_matches(certificate: &Certificate<'_>, host: &ServerName<'_>) -> bool {
    let Some(name) = certificate.subject.common_name() else {
        return false;
    };
    let host = host.to_str();
    let name = name.strip_suffix('.').unwrap_or(&name);
    if name.eq_ignore_ascii_case(&host) {
        return true;
    }
    let is_address = host.parse::<std::net::IpAddr>().is_ok();
    match (name.strip_prefix("*."), host.split_once('.')) {
        (Some(domain), Some((_, rest))) => !is_address && domain.contains('.') && domain.eq_ignore_ascii_case(rest),
        _ => false,
    }
}

/// webpki reads X.509 version 3 alone. Without verification, or when trusted as it is, an older certificate serves as
/// a holder of its key, which must still prove itself in the handshake.
fn key_of_old_certificate(certificate: &CertificateDer<'_>) -> Option<SubjectPublicKeyInfoDer<'static>> {
    let certificate = Certificate::parse(certificate).filter(|certificate| certificate.version < 3)?;
    Some(SubjectPublicKeyInfoDer::from(certificate.public_key.to_vec()))
}

fn verify_tls12_with_key(
    algorithms: &WebPkiSupportedAlgorithms,
    message: &[u8],
    key: &SubjectPublicKeyInfoDer<'_>,
    signed: &DigitallySignedStruct,
) -> Result<HandshakeSignatureValid, rustls::Error> {
    let key = RawPublicKeyEntity::try_from(key).map_err(|_| CertificateError::BadEncoding)?;
    let candidates = algorithms.mapping.iter().find(|(scheme, _)| *scheme == signed.scheme);
    let (_, candidates) = candidates.ok_or(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme)?;
    let proves = |algorithm: &&dyn SignatureVerificationAlgorithm| {
        key.verify_signature(*algorithm, message, signed.signature()).is_ok()
    };
    match candidates.iter().any(proves) {
        true => Ok(HandshakeSignatureValid::assertion()),
        false => Err(CertificateError::BadSignature.into()),
    }
}
