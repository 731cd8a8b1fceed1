//! One certificate (RFC 5280, section 4.1).

use der::Tag;

use super::der::{Values, whole_bits};
use super::extensions::{Extensions, for_each_extension};
use super::general_name::GeneralName;
use super::name::Name;
use super::time::Time;

/// The fields of one certificate, borrowed from its DER form.
#[derive(Debug, Clone)]
pub(in crate::tls) struct Certificate<'a> {
    pub(in crate::tls) der: &'a [u8],
    /// 1, 2 or 3.
    pub(in crate::tls) version: u8,
    pub(in crate::tls) serial: &'a [u8],
    /// Who signed it.
    pub(in crate::tls) issuer: Name<'a>,
    /// Who owns the key.
    pub(in crate::tls) subject: Name<'a>,
    /// First second of its life; `None` when unreadable.
    pub(in crate::tls) not_before: Option<Time>,
    /// Last second of its life; `None` when unreadable.
    pub(in crate::tls) not_after: Option<Time>,
    pub(in crate::tls) key: PublicKey<'a>,
    /// `None` when an extension is malformed: the certificate is refused, but without verification its key can be used.
    pub(in crate::tls) extensions: Option<Extensions<'a>>,
    /// All extensions as they are encoded.
    extension_list: &'a [u8],
    pub(in crate::tls) signature: Signature<'a>,
}

/// The issuer's signature.
#[derive(Debug, Clone, Copy)]
pub(in crate::tls) struct Signature<'a> {
    /// The `TBSCertificate` that is signed.
    pub(in crate::tls) signed: &'a [u8],
    /// The contents of the `AlgorithmIdentifier`; `None` when the one inside the signed part differs.
    pub(in crate::tls) algorithm: Option<&'a [u8]>,
    pub(in crate::tls) value: &'a [u8],
}

/// A `SubjectPublicKeyInfo`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tls) struct PublicKey<'a> {
    /// With its header.
    pub(in crate::tls) der: &'a [u8],
    /// The contents of the `AlgorithmIdentifier`.
    pub(in crate::tls) algorithm: &'a [u8],
    /// The contents of the `subjectPublicKey`.
    pub(in crate::tls) key: &'a [u8],
}

/// Whether a key is of a size that is accepted, and that ring can verify signatures with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tls) enum KeySize {
    Usable,
    /// An RSA key of fewer bits than OpenSSL's security level 2 asks for.
    ShortRsa(usize),
    /// An RSA key of more bits than ring can do.
    LongRsa(usize),
}

impl<'a> Certificate<'a> {
    /// Reads a DER certificate; `None` when it is not one.
    pub(in crate::tls) fn read(der: &'a [u8]) -> Option<Certificate<'a>> {
        let mut values = Values::new(der)?;
        let mut fields = Values::new(values.next_tagged(Tag::Sequence)?)?;
        values.is_finished().then_some(())?;

        let signed = fields.next_raw()?;
        let outer_algorithm = fields.next_tagged(Tag::Sequence)?;
        let value = whole_bits(fields.next_tagged(Tag::BitString)?)?;
        fields.is_finished().then_some(())?;

        let mut fields = Values::of_sequence(signed)?;
        let version = match fields.next_if_context(0)? {
            None => 1,
            Some([2, 1, number @ 0..=2]) => number + 1,
            Some(_) => return None,
        };
        let serial = fields.next_tagged(Tag::Integer)?;
        let algorithm = fields.next_tagged(Tag::Sequence)?;
        let issuer = Name::read(fields.next_tagged(Tag::Sequence)?)?;
        let mut validity = Values::new(fields.next_tagged(Tag::Sequence)?)?;
        let (not_before, not_after) = (validity.next()?, validity.next()?);
        let subject = Name::read(fields.next_tagged(Tag::Sequence)?)?;
        let key = PublicKey::read(fields.next_raw()?)?;
        let _issuer_unique_id = fields.next_if_context(1)?;
        let _subject_unique_id = fields.next_if_context(2)?;
        let extension_list = match fields.next_if_context(3)? {
            Some(explicit) => {
                let mut explicit = Values::new(explicit)?;
                let list = explicit.next_tagged(Tag::Sequence)?;
                explicit.is_finished().then_some(())?;
                list
            }
            None => &[],
        };
        fields.is_finished().then_some(())?;

        Some(Certificate {
            der,
            version,
            serial,
            issuer,
            subject,
            not_before: Time::read(not_before),
            not_after: Time::read(not_after),
            key,
            extensions: Extensions::read(extension_list),
            extension_list,
            signature: Signature {
                signed,
                algorithm: (algorithm == outer_algorithm).then_some(algorithm),
                value,
            },
        })
    }

    /// Splits off the certificate from the bytes behind it.
    pub(super) fn split(der: &[u8]) -> Option<(&[u8], &[u8])> {
        let length = Values::new(der)?.next_raw()?.len();
        Some(der.split_at(length))
    }

    /// Whether subject and issuer have the same name.
    pub(in crate::tls) fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }

    /// Whether it is self-signed, by names, key identifiers and algorithms. The signature is not verified, as in OpenSSL:
    /// a self-signed certificate is trusted only if the trust store holds it.
    pub(in crate::tls) fn is_self_signed(&self) -> bool {
        let extensions = self.extensions.as_ref();
        let own_id = extensions.and_then(|read| read.subject_key_id);
        let id = extensions.and_then(|read| read.authority_key_id.as_ref());
        let is_own_key = id.is_none_or(|id| id.may_mean(own_id, self.issuer.canonical(), self.serial));
        self.is_self_issued() && is_own_key && self.key.may_have_made(self.signature)
    }

    /// The names of the subjectAltName extension.
    pub(in crate::tls) fn alt_names(&self) -> &[GeneralName<'a>] {
        let names = self.extensions.as_ref().and_then(|read| read.alt_names.as_deref());
        names.unwrap_or_default()
    }

    /// All names that name constraints apply to; `None` if one has a wrong type.
    pub(in crate::tls) fn constrained_names(&self) -> Option<Vec<GeneralName<'_>>> {
        let mut names = self.alt_names().to_vec();
        if !self.subject.is_empty() {
            names.push(GeneralName::Directory(self.subject.clone()));
        }
        for address in self.subject.email_addresses() {
            names.push(GeneralName::Email(address?));
        }
        Some(names)
    }
}

impl<'a> PublicKey<'a> {
    /// Reads one with its header.
    pub(in crate::tls) fn read(der: &'a [u8]) -> Option<PublicKey<'a>> {
        let mut fields = Values::of_sequence(der)?;
        let algorithm = fields.next_tagged(Tag::Sequence)?;
        let key = whole_bits(fields.next_tagged(Tag::BitString)?)?;
        fields.is_finished().then_some(PublicKey { der, algorithm, key })
    }

    /// Only RSA keys have sizes to check; the supported elliptic curves are strong enough.
    pub(in crate::tls) fn size(&self) -> KeySize {
        match self.rsa_bits() {
            Some(bits @ 0..2048) => KeySize::ShortRsa(bits),
            Some(bits @ 8193..) => KeySize::LongRsa(bits),
            _ => KeySize::Usable,
        }
    }

    /// Whether the algorithm of a signature is for this kind of key.
    pub(in crate::tls) fn may_have_made(&self, signature: Signature<'_>) -> bool {
        let made_by = signature.algorithm.and_then(algorithm_id).unwrap_or_default();
        match algorithm_id(self.algorithm) {
            Some(RSA_ENCRYPTION) => made_by.starts_with(PKCS_1),
            Some(EC_PUBLIC_KEY) => made_by.starts_with(ECDSA),
            own => own == Some(made_by),
        }
    }

    pub(in crate::tls) fn algorithm_id(&self) -> Option<&'a [u8]> {
        algorithm_id(self.algorithm)
    }

    /// Modulus and exponent of an RSA key.
    pub(in crate::tls) fn rsa_numbers(&self) -> Option<(&'a [u8], &'a [u8])> {
        let is_rsa = self.algorithm_id() == Some(RSA_ENCRYPTION);
        let mut numbers = Values::of_sequence(self.key).filter(|_| is_rsa)?;
        Some((numbers.next_tagged(Tag::Integer)?, numbers.next_tagged(Tag::Integer)?))
    }

    /// The length of an RSA key's modulus.
    pub(in crate::tls) fn rsa_bits(&self) -> Option<usize> {
        let (modulus, _) = self.rsa_numbers()?;
        let zeros = modulus.iter().take_while(|byte| **byte == 0).count();
        let first = modulus.get(zeros).map_or(0, |byte| byte.leading_zeros() as usize);
        Some((modulus.len() - zeros) * 8 - first)
    }
}

const PKCS_1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1];
const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
/// `ansi-X9-62 signatures(4)`, all of which are ECDSA.
const ECDSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4];

impl<'a> Signature<'a> {
    pub(in crate::tls) fn algorithm_id(&self) -> Option<&'a [u8]> {
        algorithm_id(self.algorithm?)
    }
}

/// Identifiers and values of all extensions; the list ends where it can't be read.
pub(in crate::tls) fn extensions<'a>(certificate: &Certificate<'a>) -> Vec<(&'a [u8], &'a [u8])> {
    let mut found = Vec::new();
    if let Some(list) = Values::new(certificate.extension_list) {
        // What was found before a malformed one stays.
        let _ = for_each_extension(list, |id, _, value| {
            found.push((id, value));
            Some(())
        });
    }
    found
}

fn algorithm_id(algorithm: &[u8]) -> Option<&[u8]> {
    Values::new(algorithm)?.next_tagged(Tag::ObjectIdentifier)
}
