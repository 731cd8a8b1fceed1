//! Certificates of any shape, valid or not, built byte by byte.

use p256::ecdsa::signature::hazmat::PrehashSigner;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::Identity;

/// A DER value.
pub(super) fn tlv(tag: u8, contents: &[u8]) -> Vec<u8> {
    let mut value = vec![tag];
    match contents.len() {
        short @ 0..0x80 => value.push(short as u8),
        medium @ 0x80..0x100 => value.extend([0x81, medium as u8]),
        long => value.extend([0x82, (long >> 8) as u8, long as u8]),
    }
    value.extend_from_slice(contents);
    value
}

pub(super) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

/// A distinguished name of one common name.
pub(super) fn common_name(name: &str) -> Vec<u8> {
    rdns(&[(&[0x55, 4, 3], 0x0c, name.as_bytes())])
}

/// A distinguished name of attributes with their kind of string.
pub(super) fn rdns(attributes: &[(&[u8], u8, &[u8])]) -> Vec<u8> {
    let sets = attributes.iter().map(|(id, tag, value)| {
        let pair = sequence(&[&tlv(6, id), &tlv(*tag, value)]);
        tlv(0x31, &pair)
    });
    tlv(0x30, &sets.collect::<Vec<_>>().concat())
}

pub(super) fn utc_time(text: &str) -> Vec<u8> {
    tlv(0x17, text.as_bytes())
}

pub(super) fn general_time(text: &str) -> Vec<u8> {
    tlv(0x18, text.as_bytes())
}

pub(super) fn extension(id: &[u8], is_critical: bool, value: &[u8]) -> Vec<u8> {
    let critical = if is_critical { tlv(1, &[0xff]) } else { Vec::new() };
    sequence(&[&tlv(6, id), &critical, &tlv(4, value)])
}

pub(super) fn basic_constraints(is_authority: bool, path_length: Option<u8>) -> Vec<u8> {
    let authority = if is_authority { tlv(1, &[0xff]) } else { Vec::new() };
    let length = path_length.map(|length| tlv(2, &[length])).unwrap_or_default();
    extension(&[0x55, 0x1d, 19], true, &sequence(&[&authority, &length]))
}

/// `keyUsage` with the bits of its first byte.
pub(super) fn key_usage(bits: u8) -> Vec<u8> {
    extension(&[0x55, 0x1d, 15], true, &tlv(3, &[0, bits]))
}

pub(super) const KEY_CERT_SIGN: u8 = 0x04;
pub(super) const DIGITAL_SIGNATURE: u8 = 0x80;

/// `extendedKeyUsage` with purposes of PKIX, by their last number: 1 is serverAuth, 2 clientAuth.
pub(super) fn extended_key_usage(purposes: &[u8]) -> Vec<u8> {
    let ids = purposes.iter().map(|purpose| match purpose {
        0 => tlv(6, &[0x55, 0x1d, 37, 0]),
        purpose => tlv(6, &[0x2b, 6, 1, 5, 5, 7, 3, *purpose]),
    });
    let ids: Vec<u8> = ids.flatten().collect();
    extension(&[0x55, 0x1d, 37], false, &tlv(0x30, &ids))
}

/// `GeneralName`s.
pub(super) fn dns(name: &str) -> Vec<u8> {
    tlv(0x82, name.as_bytes())
}

pub(super) fn ip(bytes: &[u8]) -> Vec<u8> {
    tlv(0x87, bytes)
}

pub(super) fn email(address: &str) -> Vec<u8> {
    tlv(0x81, address.as_bytes())
}

pub(super) fn uri(text: &str) -> Vec<u8> {
    tlv(0x86, text.as_bytes())
}

pub(super) fn directory(name: &[u8]) -> Vec<u8> {
    tlv(0xa4, name)
}

pub(super) fn alt_names(names: &[Vec<u8>]) -> Vec<u8> {
    extension(&[0x55, 0x1d, 17], false, &tlv(0x30, &names.concat()))
}

pub(super) fn name_constraints(permitted: &[Vec<u8>], excluded: &[Vec<u8>]) -> Vec<u8> {
    let list = |tag, bases: &[Vec<u8>]| match bases {
        [] => Vec::new(),
        bases => tlv(
            tag,
            &bases.iter().flat_map(|base| sequence(&[base])).collect::<Vec<_>>(),
        ),
    };
    let value = sequence(&[&list(0xa0, permitted), &list(0xa1, excluded)]);
    extension(&[0x55, 0x1d, 30], true, &value)
}

pub(super) fn subject_key_id(id: &[u8]) -> Vec<u8> {
    extension(&[0x55, 0x1d, 14], false, &tlv(4, id))
}

/// `authorityKeyIdentifier` with any of its fields.
pub(super) fn authority_key_id(id: Option<&[u8]>, issuer_and_serial: Option<(&[u8], u8)>) -> Vec<u8> {
    let id = id.map(|id| tlv(0x80, id)).unwrap_or_default();
    let rest = issuer_and_serial.map(|(issuer, serial)| {
        let issuer = tlv(0xa1, &directory(issuer));
        [issuer, tlv(0x82, &[serial])].concat()
    });
    extension(&[0x55, 0x1d, 35], false, &sequence(&[&id, &rest.unwrap_or_default()]))
}

/// A key that signs certificates.
#[derive(Clone)]
pub(super) enum Key {
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
}

/// What is hashed before ECDSA.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Key {
    /// A key that only this number gives.
    pub(super) fn p256(number: u8) -> Key {
        Key::P256(p256::ecdsa::SigningKey::from_slice(&[number.max(1); 32]).unwrap())
    }

    pub(super) fn p384(number: u8) -> Key {
        Key::P384(p384::ecdsa::SigningKey::from_slice(&[number.max(1); 48]).unwrap())
    }

    /// The SubjectPublicKeyInfo.
    pub(super) fn public(&self) -> Vec<u8> {
        let (curve, point): (&[u8], _) = match self {
            Key::P256(key) => (P256, key.verifying_key().to_sec1_point(false).as_bytes().to_vec()),
            Key::P384(key) => (P384, key.verifying_key().to_sec1_point(false).as_bytes().to_vec()),
        };
        let algorithm = sequence(&[&tlv(6, EC_PUBLIC_KEY), &tlv(6, curve)]);
        sequence(&[&algorithm, &tlv(3, &[&[0][..], &point].concat())])
    }

    pub(super) fn private(&self) -> PrivateKeyDer<'static> {
        let (curve, secret): (&[u8], _) = match self {
            Key::P256(key) => (P256, key.to_bytes().to_vec()),
            Key::P384(key) => (P384, key.to_bytes().to_vec()),
        };
        let public = self.public();
        let point_start = public.len() - if secret.len() == 32 { 65 } else { 97 };
        let point = tlv(0xa1, &tlv(3, &[&[0][..], &public[point_start..]].concat()));
        let key = sequence(&[&tlv(2, &[1]), &tlv(4, &secret), &point]);
        let algorithm = sequence(&[&tlv(6, EC_PUBLIC_KEY), &tlv(6, curve)]);
        let pkcs8 = sequence(&[&tlv(2, &[0]), &algorithm, &tlv(4, &key)]);
        PrivateKeyDer::Pkcs8(pkcs8.into())
    }

    fn sign(&self, hash: Hash, message: &[u8]) -> Vec<u8> {
        use crate::tls::crypto::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384, SHA512, digest};
        let algorithm = match hash {
            Hash::Sha1 => &SHA1_FOR_LEGACY_USE_ONLY,
            Hash::Sha256 => &SHA256,
            Hash::Sha384 => &SHA384,
            Hash::Sha512 => &SHA512,
        };
        let digest = digest(algorithm, message);
        match self {
            Key::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign_prehash(digest.as_ref()).unwrap();
                signature.to_der().as_bytes().to_vec()
            }
            Key::P384(key) => {
                // The crate asks for at least half the length of the curve.
                let mut padded = digest.as_ref().to_vec();
                padded.resize(padded.len().max(24), 0);
                let signature: p384::ecdsa::Signature = key.sign_prehash(&padded).unwrap();
                signature.to_der().as_bytes().to_vec()
            }
        }
    }
}

const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
const P384: &[u8] = &[0x2b, 0x81, 4, 0, 34];

/// An RSA SubjectPublicKeyInfo with a modulus of so many bits. Nobody has the private key.
pub(super) fn rsa_public(bits: usize) -> Vec<u8> {
    let modulus = [&[0][..], &vec![0xc3; bits / 8]].concat();
    let key = sequence(&[&tlv(2, &modulus), &tlv(2, &[1, 0, 1])]);
    let algorithm = sequence(&[&tlv(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1]), &[5, 0]]);
    sequence(&[&algorithm, &tlv(3, &[&[0][..], &key].concat())])
}

/// The fields of a certificate to be.
#[derive(Clone)]
pub(super) struct Forged {
    pub(super) version: u8,
    pub(super) serial: u8,
    pub(super) subject: Vec<u8>,
    pub(super) not_before: Vec<u8>,
    pub(super) not_after: Vec<u8>,
    pub(super) public_key: Vec<u8>,
    pub(super) extensions: Vec<Vec<u8>>,
    /// What the issuer hashes.
    pub(super) hash: Hash,
    /// Another hash is told than was used.
    pub(super) told_hash: Option<Hash>,
    pub(super) spoils_signature: bool,
}

impl Forged {
    /// Version 3, valid until the end of 2999, without extensions.
    pub(super) fn new(subject: Vec<u8>, key: &Key) -> Forged {
        Forged {
            version: 3,
            serial: 1,
            subject,
            not_before: utc_time("200101000000Z"),
            not_after: general_time("29991231235959Z"),
            public_key: key.public(),
            extensions: Vec::new(),
            hash: Hash::Sha256,
            told_hash: None,
            spoils_signature: false,
        }
    }

    pub(super) fn with(mut self, extension: Vec<u8>) -> Forged {
        self.extensions.push(extension);
        self
    }

    pub(super) fn signed_by(&self, issuer: &[u8], key: &Key) -> CertificateDer<'static> {
        let algorithm = |hash| {
            let id: &[u8] = match hash {
                Hash::Sha1 => &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1],
                Hash::Sha256 => &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2],
                Hash::Sha384 => &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3],
                Hash::Sha512 => &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 4],
            };
            sequence(&[&tlv(6, id)])
        };
        let version = match self.version {
            1 => Vec::new(),
            version => tlv(0xa0, &tlv(2, &[version - 1])),
        };
        let extensions = match &self.extensions[..] {
            [] => Vec::new(),
            extensions => tlv(0xa3, &tlv(0x30, &extensions.concat())),
        };
        let signed = sequence(&[
            &version,
            &tlv(2, &[self.serial]),
            &algorithm(self.hash),
            issuer,
            &sequence(&[&self.not_before, &self.not_after]),
            &self.subject,
            &self.public_key,
            &extensions,
        ]);
        let mut signature = key.sign(self.hash, &signed);
        if self.spoils_signature {
            *signature.last_mut().unwrap() ^= 1;
        }
        let outer = algorithm(self.told_hash.unwrap_or(self.hash));
        let signature = tlv(3, &[&[0][..], &signature].concat());
        sequence(&[&signed, &outer, &signature]).into()
    }

    pub(super) fn self_signed(&self, key: &Key) -> CertificateDer<'static> {
        self.signed_by(&self.subject, key)
    }
}

/// What a server presents with one of these keys.
pub(super) fn presents(chain: &[CertificateDer<'static>], key: &Key) -> Identity {
    Identity {
        chain: chain.to_vec(),
        key: key.private(),
    }
}
