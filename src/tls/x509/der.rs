//! A reader for DER (X.690), over that of the `der` crate.

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Class, Decode, Reader, SliceReader, Tag, Tagged};

/// The values inside a constructed value, in order. Everything returns `None` for malformed input.
#[derive(Debug, Clone)]
pub(super) struct Values<'a>(SliceReader<'a>);

impl<'a> Values<'a> {
    pub(super) fn new(contents: &'a [u8]) -> Option<Values<'a>> {
        SliceReader::new(contents).ok().map(Values)
    }

    /// The values of the one `SEQUENCE` that `contents` is.
    pub(super) fn of_sequence(contents: &'a [u8]) -> Option<Values<'a>> {
        let mut outer = Values::new(contents)?;
        let inner = outer.next_tagged(Tag::Sequence)?;
        outer.is_finished().then_some(())?;
        Values::new(inner)
    }

    /// The contents of the next value, which must have this tag.
    pub(super) fn next_tagged(&mut self, tag: Tag) -> Option<&'a [u8]> {
        self.next().filter(|value| value.tag() == tag).map(AnyRef::value)
    }

    /// The next value with its header.
    pub(super) fn next_raw(&mut self) -> Option<&'a [u8]> {
        self.0.tlv_bytes().ok()
    }

    /// The contents of the next value if it has this tag; otherwise it stays.
    pub(super) fn next_if(&mut self, tag: Tag) -> Option<Option<&'a [u8]>> {
        if self.is_finished() {
            return Some(None);
        }
        match Tag::peek(&self.0).ok()? == tag {
            true => self.next().map(|value| Some(value.value())),
            false => Some(None),
        }
    }

    /// The same for a context-specific tag, primitive or constructed.
    pub(super) fn next_if_context(&mut self, number: u32) -> Option<Option<&'a [u8]>> {
        if self.is_finished() {
            return Some(None);
        }
        match context_number(Tag::peek(&self.0).ok()?) == Some(number) {
            true => self.next().map(|value| Some(value.value())),
            false => Some(None),
        }
    }

    pub(super) fn is_finished(&self) -> bool {
        self.0.is_finished()
    }
}

impl<'a> Iterator for Values<'a> {
    type Item = AnyRef<'a>;

    fn next(&mut self) -> Option<AnyRef<'a>> {
        AnyRef::decode(&mut self.0).ok()
    }
}

pub(super) fn context_number(tag: Tag) -> Option<u32> {
    match tag {
        Tag::ContextSpecific { number, .. } => Some(number.value()),
        _ => None,
    }
}

/// A BIT STRING as its bytes, most significant bit first; unused bits are 0 whatever was sent.
pub(super) fn bits(contents: &[u8]) -> Option<Vec<u8>> {
    let (&unused, bits) = contents.split_first()?;
    let mut bits = bits.to_vec();
    match bits.last_mut() {
        Some(last) if unused < 8 => *last &= 0xff << unused,
        None if unused == 0 => {}
        _ => return None,
    }
    Some(bits)
}

/// A BIT STRING of whole bytes.
pub(super) fn whole_bits(contents: &[u8]) -> Option<&[u8]> {
    contents
        .split_first()
        .filter(|(unused, _)| **unused == 0)
        .map(|(_, bits)| bits)
}

/// `1.2.840.113549.1.9.1`, or the bytes of an object identifier too long to be read.
pub(in crate::tls) fn oid_text(contents: &[u8]) -> String {
    match ObjectIdentifier::from_bytes(contents) {
        Ok(id) => id.to_string(),
        Err(_) => contents.escape_ascii().to_string(),
    }
}

/// The one byte that stands for a tag with a small number.
pub(super) fn tag_byte(tag: Tag) -> Option<u8> {
    let class = match tag.class() {
        Class::Universal => 0x00,
        Class::Application => 0x40,
        Class::ContextSpecific => 0x80,
        Class::Private => 0xc0,
    };
    let form = if tag.is_constructed() { 0x20 } else { 0x00 };
    let number = u8::try_from(tag.number().value()).ok().filter(|number| *number < 31)?;
    Some(class | form | number)
}

/// Appends a value with its header.
pub(super) fn append(tag: u8, contents: &[u8], out: &mut Vec<u8>) {
    out.push(tag);
    match contents.len() {
        short @ 0..=0x7f => out.push(short as u8),
        long => {
            let length = long.to_be_bytes();
            let length = &length[length.iter().take_while(|byte| **byte == 0).count()..];
            out.push(0x80 | length.len() as u8);
            out.extend_from_slice(length);
        }
    }
    out.extend_from_slice(contents);
}
