//! The extensions (RFC 5280, section 4.2) that decide what a certificate may be used for.

use der::Tag;

use super::constraints::NameConstraints;
use super::der::{Values, bits};
use super::general_name::GeneralName;
use super::name::Name;

/// The extensions of one certificate; `None` for an absent one.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::tls) struct Extensions<'a> {
    pub(in crate::tls) basic_constraints: Option<BasicConstraints>,
    pub(in crate::tls) key_usage: Option<KeyUsage>,
    /// Whether `extendedKeyUsage` allows TLS servers.
    pub(in crate::tls) extended_usage_allows_server: Option<bool>,
    pub(in crate::tls) netscape_type: Option<u8>,
    pub(in crate::tls) subject_key_id: Option<&'a [u8]>,
    pub(in crate::tls) authority_key_id: Option<AuthorityKeyId<'a>>,
    pub(in crate::tls) alt_names: Option<Vec<GeneralName<'a>>>,
    /// The value of `nameConstraints`, which [`NameConstraints::read`] can read.
    pub(in crate::tls) name_constraints: Option<&'a [u8]>,
    /// There is a critical extension that is not supported.
    pub(in crate::tls) unhandled_critical: bool,
    /// It is a proxy certificate (RFC 3820), or one for address blocks (RFC 3779), with validation rules of its own.
    pub(in crate::tls) has_rules_of_its_own: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tls) struct BasicConstraints {
    pub(in crate::tls) is_authority: bool,
    pub(in crate::tls) path_length: Option<usize>,
}

/// The bits of `keyUsage`, the first in the most significant place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tls) struct KeyUsage(u8);

impl KeyUsage {
    pub(in crate::tls) fn signs(self) -> bool {
        self.0 & 0x80 != 0
    }

    /// digitalSignature, keyEncipherment or keyAgreement: what TLS needs of a server's key.
    pub(in crate::tls) fn serves_tls(self) -> bool {
        self.0 & 0xa8 != 0
    }

    pub(in crate::tls) fn signs_certificates(self) -> bool {
        self.0 & 0x04 != 0
    }

    pub(in crate::tls) fn signs_crls(self) -> bool {
        self.0 & 0x02 != 0
    }
}

/// Which key of the issuer has signed.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::tls) struct AuthorityKeyId<'a> {
    pub(in crate::tls) key_id: Option<&'a [u8]>,
    issuer: Option<Name<'a>>,
    serial: Option<&'a [u8]>,
}

impl AuthorityKeyId<'_> {
    /// Whether it may mean the key of the certificate with this `subjectKeyIdentifier`, canonical issuer name and serial number.
    pub(in crate::tls) fn may_mean(&self, key_id: Option<&[u8]>, issuer: &[u8], serial: &[u8]) -> bool {
        let is_other_key = matches!((self.key_id, key_id), (Some(wanted), Some(own)) if wanted != own);
        let is_other_serial = self.serial.is_some_and(|wanted| wanted != serial);
        let is_other_issuer = self.issuer.as_ref().is_some_and(|wanted| wanted.canonical() != issuer);
        !is_other_key && !is_other_serial && !is_other_issuer
    }
}

impl<'a> Extensions<'a> {
    /// Reads the list of extensions; `None` if one that is known is malformed or comes twice.
    pub(super) fn read(list: &'a [u8]) -> Option<Extensions<'a>> {
        let mut read = Extensions::default();
        let mut known = Vec::new();
        for_each_extension(Values::new(list)?, |id, is_critical, value| {
            match read.set(id, value)? {
                true if known.contains(&id) => return None,
                true => known.push(id),
                false => read.unhandled_critical |= is_critical,
            }
            Some(())
        })?;
        Some(read)
    }

    /// Reads the value of one extension: whether it is known.
    fn set(&mut self, id: &[u8], value: &'a [u8]) -> Option<bool> {
        match id {
            [0x55, 0x1d, 14] => self.subject_key_id = Some(only(value, Tag::OctetString)?),
            [0x55, 0x1d, 15] => self.key_usage = Some(key_usage(value)?),
            [0x55, 0x1d, 17] => {
                let names = GeneralName::read_all(only(value, Tag::Sequence)?)?;
                self.alt_names = Some(names);
            }
            [0x55, 0x1d, 19] => self.basic_constraints = Some(basic_constraints(value)?),
            [0x55, 0x1d, 30] => {
                NameConstraints::read(value)?;
                self.name_constraints = Some(value);
            }
            [0x55, 0x1d, 35] => self.authority_key_id = Some(authority_key_id(value)?),
            [0x55, 0x1d, 37] => self.extended_usage_allows_server = Some(allows_server(value)?),
            NETSCAPE_CERT_TYPE => {
                let bits = bits(only(value, Tag::BitString)?)?;
                self.netscape_type = Some(bits.first().copied().unwrap_or_default());
            }
            PROXY_CERT_INFO | IP_ADDRESS_BLOCKS | AUTONOMOUS_SYSTEM_IDS => self.has_rules_of_its_own = true,
            // Where a revocation list is to be found is not looked at, and no policy is required: these restrict nothing.
            [0x55, 0x1d, 31 | 32 | 33 | 36 | 54] | OCSP_NO_CHECK => {}
            _ => return Some(false),
        }
        Some(true)
    }
}

const NETSCAPE_CERT_TYPE: &[u8] = &[0x60, 0x86, 0x48, 1, 0x86, 0xf8, 0x42, 1, 1];
const PROXY_CERT_INFO: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 1, 14];
const IP_ADDRESS_BLOCKS: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 1, 7];
const AUTONOMOUS_SYSTEM_IDS: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 1, 8];
const OCSP_NO_CHECK: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 0x30, 1, 5];

const SERVER_AUTH: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 1];
/// Server Gated Cryptography, Microsoft's and Netscape's: older names of serverAuth.
const MICROSOFT_SGC: &[u8] = &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 10, 3, 3];
const NETSCAPE_SGC: &[u8] = &[0x60, 0x86, 0x48, 1, 0x86, 0xf8, 0x42, 4, 1];

/// Calls `read` with identifier, criticality and value of each extension. `None` ends it.
pub(super) fn for_each_extension<'a>(
    mut list: Values<'a>,
    mut read: impl FnMut(&'a [u8], bool, &'a [u8]) -> Option<()>,
) -> Option<()> {
    while !list.is_finished() {
        let mut fields = Values::new(list.next_tagged(Tag::Sequence)?)?;
        let id = fields.next_tagged(Tag::ObjectIdentifier)?;
        let is_critical = match fields.next_if(Tag::Boolean)? {
            None | Some([0]) => false,
            Some([_]) => true,
            Some(_) => return None,
        };
        let value = fields.next_tagged(Tag::OctetString)?;
        fields.is_finished().then_some(())?;
        read(id, is_critical, value)?;
    }
    Some(())
}

fn only(value: &[u8], tag: Tag) -> Option<&[u8]> {
    let mut values = Values::new(value)?;
    let contents = values.next_tagged(tag)?;
    values.is_finished().then_some(contents)
}

fn basic_constraints(value: &[u8]) -> Option<BasicConstraints> {
    let mut fields = Values::of_sequence(value)?;
    let is_authority = match fields.next_if(Tag::Boolean)? {
        None | Some([0]) => false,
        Some([_]) => true,
        Some(_) => return None,
    };
    let path_length = fields.next_if(Tag::Integer)?.map(small_number);
    let path_length = match path_length {
        Some(None) => return None,
        Some(length) => length,
        None => None,
    };
    fields.is_finished().then_some(BasicConstraints {
        is_authority,
        path_length,
    })
}

/// A number that is not negative; `usize::MAX` for one that is too large.
fn small_number(bytes: &[u8]) -> Option<usize> {
    let (first, _) = bytes.split_first()?;
    (first & 0x80 == 0).then(|| {
        let digits = bytes.iter().skip_while(|byte| **byte == 0);
        digits.fold(0, |number: usize, byte| {
            number.saturating_mul(256).saturating_add((*byte).into())
        })
    })
}

/// At least one bit must be set (RFC 5280, section 4.2.1.3).
fn key_usage(value: &[u8]) -> Option<KeyUsage> {
    let bits = bits(only(value, Tag::BitString)?)?;
    bits.iter().any(|byte| *byte != 0).then(|| KeyUsage(bits[0]))
}

fn allows_server(value: &[u8]) -> Option<bool> {
    let is_server = |purpose: &&[u8]| matches!(*purpose, SERVER_AUTH | MICROSOFT_SGC | NETSCAPE_SGC);
    Some(purposes(value)?.iter().any(is_server))
}

/// The object identifiers of an `extendedKeyUsage`.
pub(in crate::tls) fn purposes(value: &[u8]) -> Option<Vec<&[u8]>> {
    let mut list = Values::of_sequence(value)?;
    let mut purposes = Vec::new();
    while !list.is_finished() {
        purposes.push(list.next_tagged(Tag::ObjectIdentifier)?);
    }
    Some(purposes)
}

pub(super) fn authority_key_id(value: &[u8]) -> Option<AuthorityKeyId<'_>> {
    let mut fields = Values::of_sequence(value)?;
    let key_id = fields.next_if_context(0)?;
    let issuers = GeneralName::read_all(fields.next_if_context(1)?.unwrap_or_default())?;
    let serial = fields.next_if_context(2)?;
    let issuer = issuers.into_iter().find_map(|name| match name {
        GeneralName::Directory(name) => Some(name),
        _ => None,
    });
    fields
        .is_finished()
        .then_some(AuthorityKeyId { key_id, issuer, serial })
}
