//! A certificate revocation list (RFC 5280, section 5.1).

use der::Tag;
use der::asn1::AnyRef;

use super::certificate::Signature;
use super::der::{Values, whole_bits};
use super::extensions::{authority_key_id, for_each_extension};
use super::name::Name;
use super::time::Time;

/// The fields of one list, borrowed from its DER form.
#[derive(Debug, Clone)]
pub(in crate::tls) struct Crl<'a> {
    pub(in crate::tls) issuer: Name<'a>,
    /// `None` when unreadable.
    pub(in crate::tls) this_update: Option<Time>,
    /// The list is to be replaced by then; `None` for no such date.
    pub(in crate::tls) next_update: Option<Option<Time>>,
    pub(in crate::tls) signature: Signature<'a>,
    pub(in crate::tls) scope: Scope<'a>,
    entries: &'a [u8],
}

/// What a list is about.
#[derive(Debug, Clone, Default)]
pub(in crate::tls) struct Scope<'a> {
    /// The key that signed it.
    pub(in crate::tls) key_id: Option<&'a [u8]>,
    pub(in crate::tls) only_users: bool,
    pub(in crate::tls) only_authorities: bool,
    /// It is one part of a list, for some reasons or distribution points only, or of other issuers, or only what has changed.
    pub(in crate::tls) is_partial: bool,
    /// There is a critical extension that is not supported.
    pub(in crate::tls) unhandled_critical: bool,
}

/// What a list says of one certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tls) enum Status {
    Good,
    Revoked,
    /// The list, or the entry of the certificate, can't be read.
    Unreadable,
}

impl<'a> Crl<'a> {
    /// Reads a DER list; `None` when it is not one.
    pub(in crate::tls) fn read(der: &'a [u8]) -> Option<Crl<'a>> {
        let mut fields = Values::of_sequence(der)?;
        let signed = fields.next_raw()?;
        let outer_algorithm = fields.next_tagged(Tag::Sequence)?;
        let value = whole_bits(fields.next_tagged(Tag::BitString)?)?;
        fields.is_finished().then_some(())?;

        let mut fields = Values::of_sequence(signed)?;
        // Version 2 is the only one that is written down.
        matches!(fields.next_if(Tag::Integer)?, None | Some([1])).then_some(())?;
        let algorithm = fields.next_tagged(Tag::Sequence)?;
        let issuer = Name::read(fields.next_tagged(Tag::Sequence)?)?;
        let this_update = Time::read(fields.next()?);
        let next_update = next_time(&mut fields)?;
        let entries = fields.next_if(Tag::Sequence)?.unwrap_or_default();
        let scope = match fields.next_if_context(0)? {
            Some(explicit) => Scope::read(explicit)?,
            None => Scope::default(),
        };
        fields.is_finished().then_some(())?;

        Some(Crl {
            issuer,
            this_update,
            next_update,
            signature: Signature {
                signed,
                algorithm: (algorithm == outer_algorithm).then_some(algorithm),
                value,
            },
            scope,
            entries,
        })
    }

    /// What the list says of the certificate with this serial number.
    pub(in crate::tls) fn status(&self, serial: &[u8]) -> Status {
        self.find(serial).unwrap_or(Status::Unreadable)
    }

    fn find(&self, serial: &[u8]) -> Option<Status> {
        let mut entries = Values::new(self.entries)?;
        while !entries.is_finished() {
            let mut fields = Values::new(entries.next_tagged(Tag::Sequence)?)?;
            if fields.next_tagged(Tag::Integer)? != serial {
                continue;
            }
            let _date = fields.next()?;
            return match fields.next_if(Tag::Sequence)? {
                Some(extensions) if is_removal(extensions)? => Some(Status::Good),
                _ => Some(Status::Revoked),
            };
        }
        Some(Status::Good)
    }
}

impl<'a> Scope<'a> {
    fn read(explicit: &'a [u8]) -> Option<Scope<'a>> {
        let mut scope = Scope::default();
        for_each_extension(Values::of_sequence(explicit)?, |id, is_critical, value| {
            match id {
                [0x55, 0x1d, 35] => scope.key_id = authority_key_id(value)?.key_id,
                DELTA_CRL_INDICATOR => scope.is_partial = true,
                ISSUING_DISTRIBUTION_POINT => scope.read_distribution_point(value)?,
                // issuerAltName, cRLNumber, freshestCRL
                [0x55, 0x1d, 18 | 20 | 46] => {}
                _ => scope.unhandled_critical |= is_critical,
            }
            Some(())
        })?;
        Some(scope)
    }

    /// Reads `IssuingDistributionPoint` (RFC 5280, section 5.2.5).
    fn read_distribution_point(&mut self, value: &[u8]) -> Option<()> {
        let mut fields = Values::of_sequence(value)?;
        let is_set = |flag: Option<&[u8]>| flag.is_some_and(|bytes| bytes.iter().any(|byte| *byte != 0));
        self.is_partial |= fields.next_if_context(0)?.is_some();
        self.only_users = is_set(fields.next_if_context(1)?);
        self.only_authorities = is_set(fields.next_if_context(2)?);
        self.is_partial |= fields.next_if_context(3)?.is_some();
        self.is_partial |= is_set(fields.next_if_context(4)?);
        // A list of attribute certificates is about none of ours.
        self.is_partial |= is_set(fields.next_if_context(5)?);
        fields.is_finished().then_some(())
    }
}

const DELTA_CRL_INDICATOR: &[u8] = &[0x55, 0x1d, 27];
const ISSUING_DISTRIBUTION_POINT: &[u8] = &[0x55, 0x1d, 28];

/// Whether an entry only says that the certificate is not on the list any more.
fn is_removal(extensions: &[u8]) -> Option<bool> {
    const REASON_CODE: &[u8] = &[0x55, 0x1d, 21];
    const REMOVE_FROM_CRL: &[u8] = &[10, 1, 8];
    let mut is_removal = false;
    for_each_extension(Values::new(extensions)?, |id, _, value| {
        is_removal |= id == REASON_CODE && value == REMOVE_FROM_CRL;
        Some(())
    })?;
    Some(is_removal)
}

/// The next value if it is a time, which may be unreadable; otherwise it stays.
fn next_time(fields: &mut Values<'_>) -> Option<Option<Option<Time>>> {
    for tag in [Tag::UtcTime, Tag::GeneralizedTime] {
        if let Some(contents) = fields.next_if(tag)? {
            return Some(Some(Time::read(AnyRef::new(tag, contents).ok()?)));
        }
    }
    Some(None)
}
