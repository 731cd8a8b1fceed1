//! `GeneralName` (RFC 5280, section 4.2.1.6): alternative names, and the bases of name constraints.

use std::net::IpAddr;

use der::asn1::AnyRef;
use der::{Tag, Tagged};

use super::der::{Values, context_number};
use super::name::Name;

/// id-on-SmtpUTF8Mailbox (RFC 8398): an `otherName` that is an e-mail address.
const SMTP_UTF8_MAILBOX: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 8, 9];

/// One name as it stands: a DNS name is not necessarily a valid one.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::tls) enum GeneralName<'a> {
    Email(&'a [u8]),
    Dns(&'a [u8]),
    Directory(Name<'a>),
    Uri(&'a [u8]),
    /// An address; in a constraint an address and a mask.
    Ip(&'a [u8]),
    /// A kind that can't be compared here, with the object identifier of an `otherName`.
    Opaque {
        kind: u32,
        id: &'a [u8],
    },
}

/// Which constraints apply to a name: the tag number, and the object identifier of an `otherName`.
pub(super) type Kind<'a> = (u32, &'a [u8]);

const EMAIL: u32 = 1;

impl<'a> GeneralName<'a> {
    fn read(value: AnyRef<'a>) -> Option<GeneralName<'a>> {
        let contents = value.value();
        let kind = context_number(value.tag())?;
        let is_constructed = matches!(value.tag(), Tag::ContextSpecific { constructed: true, .. });
        (is_constructed == matches!(kind, 0 | 3 | 4 | 5)).then_some(())?;
        Some(match kind {
            0 => {
                let id = Values::new(contents)?.next_tagged(Tag::ObjectIdentifier)?;
                let kind = if id == SMTP_UTF8_MAILBOX { EMAIL } else { kind };
                GeneralName::Opaque { kind, id }
            }
            EMAIL => GeneralName::Email(contents),
            2 => GeneralName::Dns(contents),
            4 => {
                let mut explicit = Values::new(contents)?;
                let name = Name::read(explicit.next_tagged(Tag::Sequence)?)?;
                explicit.is_finished().then_some(())?;
                GeneralName::Directory(name)
            }
            6 => GeneralName::Uri(contents),
            7 => GeneralName::Ip(contents),
            3 | 5 | 8 => GeneralName::Opaque { kind, id: &[] },
            _ => return None,
        })
    }

    /// Reads the next of several values.
    pub(super) fn read_next(values: &mut Values<'a>) -> Option<GeneralName<'a>> {
        GeneralName::read(values.next()?)
    }

    /// Reads a list of names.
    pub(super) fn read_all(contents: &'a [u8]) -> Option<Vec<GeneralName<'a>>> {
        let mut values = Values::new(contents)?;
        let mut names = Vec::new();
        while !values.is_finished() {
            names.push(GeneralName::read_next(&mut values)?);
        }
        Some(names)
    }

    pub(super) fn kind(&self) -> Kind<'a> {
        match *self {
            GeneralName::Email(_) => (EMAIL, &[]),
            GeneralName::Dns(_) => (2, &[]),
            GeneralName::Directory(_) => (4, &[]),
            GeneralName::Uri(_) => (6, &[]),
            GeneralName::Ip(_) => (7, &[]),
            GeneralName::Opaque { kind: EMAIL, .. } => (EMAIL, &[]),
            GeneralName::Opaque { kind, id } => (kind, id),
        }
    }
}

/// The address that an `iPAddress` of 4 or 16 bytes is.
pub(in crate::tls) fn address(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => Some(<[u8; 4]>::try_from(bytes).ok()?.into()),
        16 => Some(<[u8; 16]>::try_from(bytes).ok()?.into()),
        _ => None,
    }
}
