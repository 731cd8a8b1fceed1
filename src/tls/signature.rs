//! Signatures of certificates and handshakes: the algorithms of rustls's provider, and ECDSA with SHA-512 on P-256 and P-384,
//! which ring lacks and private CAs use.

use p256::ecdsa::signature::hazmat::PrehashVerifier;
use p256::elliptic_curve::point::AffineCoordinates;
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id};

use super::crypto::digest;
use super::x509::PublicKey;

/// Why a signature does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SignatureError {
    /// It does not verify.
    Wrong,
    /// The algorithm, or the algorithm with such a key, is not supported.
    Unsupported,
}

/// Verifies the signature `value` of a certificate.
pub(super) fn verify(
    algorithms: &WebPkiSupportedAlgorithms,
    key: PublicKey<'_>,
    algorithm: &[u8],
    signed: &[u8],
    value: &[u8],
) -> Result<(), SignatureError> {
    let known = algorithms.all.iter().copied().chain(ECDSA_SHA512);
    verify_with(
        known.filter(|known| &*known.signature_alg_id() == algorithm),
        key,
        signed,
        value,
    )
}

/// Verifies with the one of `algorithms` that is for this kind of key.
pub(super) fn verify_with(
    algorithms: impl IntoIterator<Item = &'static dyn SignatureVerificationAlgorithm>,
    key: PublicKey<'_>,
    signed: &[u8],
    value: &[u8],
) -> Result<(), SignatureError> {
    let suits = |known: &&dyn SignatureVerificationAlgorithm| &*known.public_key_alg_id() == key.algorithm;
    let algorithm = algorithms.into_iter().find(suits).ok_or(SignatureError::Unsupported)?;
    algorithm
        .verify_signature(key.key, signed, value)
        .map_err(|_| SignatureError::Wrong)
}

/// ECDSA with SHA-512 on the curves that are usually combined with a shorter hash.
const ECDSA_SHA512: [&dyn SignatureVerificationAlgorithm; 2] = [&P256Sha512, &P384Sha512];

#[derive(Debug)]
struct P256Sha512;

#[derive(Debug)]
struct P384Sha512;

impl SignatureVerificationAlgorithm for P256Sha512 {
    fn verify_signature(&self, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        let (x, y) = coordinates(key).ok_or(InvalidSignature)?;
        let point = p256::AffinePoint::from_coordinates(&x, &y)
            .into_option()
            .ok_or(InvalidSignature)?;
        let key = p256::ecdsa::VerifyingKey::from_affine(point).map_err(|_| InvalidSignature)?;
        let signature = p256::ecdsa::Signature::from_der(signature).map_err(|_| InvalidSignature)?;
        key.verify_prehash(sha512(message).as_ref(), &signature)
            .map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_P256
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_SHA512
    }
}

impl SignatureVerificationAlgorithm for P384Sha512 {
    fn verify_signature(&self, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        let (x, y) = coordinates(key).ok_or(InvalidSignature)?;
        let point = p384::AffinePoint::from_coordinates(&x, &y)
            .into_option()
            .ok_or(InvalidSignature)?;
        let key = p384::ecdsa::VerifyingKey::from_affine(point).map_err(|_| InvalidSignature)?;
        let signature = p384::ecdsa::Signature::from_der(signature).map_err(|_| InvalidSignature)?;
        key.verify_prehash(sha512(message).as_ref(), &signature)
            .map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_P384
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_SHA512
    }
}

/// The coordinates of a point in uncompressed form (SEC 1, section 2.3.3). The compressed form is not supported, as in ring.
fn coordinates<F: for<'a> TryFrom<&'a [u8]>>(point: &[u8]) -> Option<(F, F)> {
    let coordinates = point.strip_prefix(&[4])?;
    let (x, y) = coordinates.split_at(coordinates.len() / 2);
    Some((F::try_from(x).ok()?, F::try_from(y).ok()?))
}

fn sha512(message: &[u8]) -> digest::Digest {
    digest::digest(&digest::SHA512, message)
}
