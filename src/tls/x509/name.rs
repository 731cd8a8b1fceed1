//! Distinguished names: as text, compared (RFC 5280, section 7.1), and in the form that `openssl rehash` hashes.

use std::fmt;

use der::asn1::AnyRef;
use der::{Tag, Tagged};

use super::der::{Values, append, oid_text, tag_byte};
use super::text::printable;

const OBJECT_IDENTIFIER: u8 = 0x06;
const UTF8_STRING: u8 = 0x0c;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;

const COMMON_NAME: &[u8] = &[0x55, 0x04, 3];
const EMAIL_ADDRESS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1];
const DOMAIN_COMPONENT: &[u8] = &[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25];

/// A distinguished name; prints as `C=SE; O=Example; CN=a.example`. Names that differ in case, in white space or in the
/// kind of string alone are equal.
#[derive(Debug, Clone)]
pub(in crate::tls) struct Name<'a> {
    contents: &'a [u8],
    canonical: Vec<u8>,
}

impl<'a> Name<'a> {
    /// Reads the contents of an `RDNSequence`.
    pub(super) fn read(contents: &'a [u8]) -> Option<Name<'a>> {
        let canonical = canonical(contents)?;
        Some(Name { contents, canonical })
    }

    /// OpenSSL's canonical form. A name is below another in the directory if the other's form is a prefix.
    pub(in crate::tls) fn canonical(&self) -> &[u8] {
        &self.canonical
    }

    pub(in crate::tls) fn is_empty(&self) -> bool {
        self.contents.is_empty()
    }

    /// The most specific (last) common name. A name that contains NUL or is no text is none.
    pub(in crate::tls) fn common_name(&self) -> Option<String> {
        self.common_names().last().flatten()
    }

    /// All common names, `None` for those that contain NUL or are no text.
    pub(in crate::tls) fn common_names(&self) -> impl Iterator<Item = Option<String>> {
        let values = self.attributes().filter(|(id, _)| *id == COMMON_NAME);
        values.map(|(_, value)| text(value).filter(|text| !text.contains('\0')))
    }

    /// The e-mail addresses in it, `None` for those of a wrong type.
    pub(super) fn email_addresses(&self) -> impl Iterator<Item = Option<&'a [u8]>> {
        let values = self.attributes().filter(|(id, _)| *id == EMAIL_ADDRESS);
        values.map(|(_, value)| (value.tag() == Tag::Ia5String).then_some(value.value()))
    }

    /// Pairs of label and text, in order.
    pub(in crate::tls) fn texts(&self) -> impl Iterator<Item = (String, String)> {
        self.attributes().map(|(id, value)| {
            let text = text(value).unwrap_or_else(|| String::from_utf8_lossy(value.value()).into_owned());
            (label(id).map_or_else(|| oid_text(id), str::to_owned), text)
        })
    }

    /// Pairs of object identifier and value. [`Name::read`] has checked that all are well-formed.
    fn attributes(&self) -> impl Iterator<Item = (&'a [u8], AnyRef<'a>)> + use<'a> {
        let sets = Values::new(self.contents).into_iter().flatten();
        let attributes = sets.flat_map(|set| Values::new(set.value()).into_iter().flatten());
        attributes.filter_map(attribute)
    }
}

impl PartialEq for Name<'_> {
    fn eq(&self, other: &Name<'_>) -> bool {
        self.canonical == other.canonical
    }
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (label, text)) in self.texts().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{label}={}", printable(&text))?;
        }
        Ok(())
    }
}

fn attribute(value: AnyRef<'_>) -> Option<(&[u8], AnyRef<'_>)> {
    let mut parts = Values::new(value.value()).filter(|_| value.tag() == Tag::Sequence)?;
    let id = parts.next_tagged(Tag::ObjectIdentifier)?;
    let value = parts.next()?;
    parts.is_finished().then_some((id, value))
}

/// The encoding with each text as UTF-8 in lower case and with single spaces, without the outer header.
fn canonical(contents: &[u8]) -> Option<Vec<u8>> {
    let mut canonical = Vec::new();
    let mut sets = Values::new(contents)?;
    while !sets.is_finished() {
        let mut attributes = Values::new(sets.next_tagged(Tag::Set)?)?;
        let mut members = Vec::new();
        while !attributes.is_finished() {
            let (id, value) = attribute(attributes.next()?)?;
            let mut pair = Vec::new();
            append(OBJECT_IDENTIFIER, id, &mut pair);
            match is_text(value.tag()) {
                true => append(UTF8_STRING, &folded(&text(value)?), &mut pair),
                false => append(tag_byte(value.tag())?, value.value(), &mut pair),
            }
            let mut member = Vec::new();
            append(SEQUENCE, &pair, &mut member);
            members.push(member);
        }
        members.sort();
        append(SET, &members.concat(), &mut canonical);
    }
    Some(canonical)
}

fn is_text(tag: Tag) -> bool {
    matches!(
        tag,
        Tag::Utf8String
            | Tag::BmpString
            | Tag::PrintableString
            | Tag::TeletexString
            | Tag::Ia5String
            | Tag::VisibleString
    )
}

fn folded(text: &str) -> Vec<u8> {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    let words = text.as_bytes().split(is_space).filter(|word| !word.is_empty());
    words.map(<[u8]>::to_ascii_lowercase).collect::<Vec<_>>().join(&b' ')
}

fn text(value: AnyRef<'_>) -> Option<String> {
    let bytes = value.value();
    match value.tag() {
        Tag::BmpString => {
            let units = bytes
                .chunks(2)
                .map(|unit| Some(u16::from_be_bytes(unit.try_into().ok()?)));
            units.map(|unit| char::from_u32(unit?.into())).collect()
        }
        Tag::Utf8String => String::from_utf8(bytes.to_vec()).ok(),
        // The others have one byte for each character; OpenSSL treats them as Latin-1.
        _ => Some(bytes.iter().copied().map(char::from).collect()),
    }
}

fn label(id: &[u8]) -> Option<&'static str> {
    Some(match id {
        [0x55, 0x04, 3] => "CN",
        [0x55, 0x04, 4] => "SN",
        [0x55, 0x04, 5] => "serialNumber",
        [0x55, 0x04, 6] => "C",
        [0x55, 0x04, 7] => "L",
        [0x55, 0x04, 8] => "ST",
        [0x55, 0x04, 10] => "O",
        [0x55, 0x04, 11] => "OU",
        [0x55, 0x04, 12] => "title",
        [0x55, 0x04, 42] => "GN",
        [0x55, 0x04, 97] => "organizationIdentifier",
        EMAIL_ADDRESS => "emailAddress",
        DOMAIN_COMPONENT => "DC",
        _ => return None,
    })
}
