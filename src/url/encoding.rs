//! Percent-encoding (RFC 3986 section 2.1), as the parts of a URL need it.

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_decode, percent_encode};

/// All but the unreserved characters of RFC 3986 section 2.3.
pub(crate) const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What is encoded in a path that an application sets.
pub(super) const IN_PATH: &AsciiSet = &RESERVED
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'{')
    .remove(b'}')
    .remove(b'[')
    .remove(b']')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@')
    .remove(b'/');

/// What must not be in any part: spaces, control bytes, and bytes over 0x7f.
const FORBIDDEN: &AsciiSet = &CONTROLS.add(b' ');

/// How a space is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    Percent,
    /// As in the query of a form.
    Plus,
}

/// `text` with the bytes of `set`, and those over 0x7f, encoded.
pub(super) fn encode(text: &[u8], set: &'static AsciiSet, space: Space) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut words = text.split(|&byte| byte == b' ' && space == Space::Plus);
    let first = words.next().unwrap_or_default();
    append(&mut out, first, set);
    for word in words {
        out.push(b'+');
        append(&mut out, word, set);
    }
    out
}

/// `text` with what must not be in any part encoded. What is encoded already stays so, with its digits in upper case.
pub(super) fn normalize(text: &[u8], space: Space) -> Vec<u8> {
    let mut out = encode(text, FORBIDDEN, space);
    uppercase_escapes(&mut out);
    out
}

/// Writes the digits of `%xx` in upper case.
pub(super) fn uppercase_escapes(text: &mut [u8]) {
    let mut at = 0;
    while let Some(percent) = memchr::memchr(b'%', &text[at..]) {
        at += percent + 1;
        if let Some(digits) = text.get_mut(at..at + 2)
            && digits.iter().all(u8::is_ascii_hexdigit)
        {
            digits.make_ascii_uppercase();
        }
    }
}

/// `text` decoded. A percent sign without two digits stays.
pub(super) fn decode(text: &[u8]) -> Vec<u8> {
    percent_decode(text).collect()
}

/// `text` decoded; `None` if that has control bytes.
pub(super) fn decode_printable(text: &[u8]) -> Option<Vec<u8>> {
    let decoded = decode(text);
    decoded.iter().all(|&byte| byte >= b' ').then_some(decoded)
}

fn append(out: &mut Vec<u8>, text: &[u8], set: &'static AsciiSet) {
    for piece in percent_encode(text, set) {
        out.extend_from_slice(piece.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_must_be_is_encoded_again() {
        let cases: [(&str, Space, &str); 6] = [
            ("a b%20c", Space::Percent, "a%20b%20c"),
            ("a b", Space::Plus, "a+b"),
            (" ", Space::Plus, "+"),
            ("%c3%A4\u{e4}\x01", Space::Percent, "%C3%A4%C3%A4%01"),
            ("%zz%2", Space::Percent, "%zz%2"),
            ("", Space::Plus, ""),
        ];
        for (text, space, wanted) in cases {
            assert_eq!(normalize(text.as_bytes(), space), wanted.as_bytes(), "{text}");
        }
    }

    #[test]
    fn what_an_application_sets_is_encoded_whole() {
        assert_eq!(encode(b"a/b c%20=", RESERVED, Space::Percent), b"a%2Fb%20c%2520%3D");
        assert_eq!(encode(b"a/b c%20=", IN_PATH, Space::Percent), b"a/b%20c%2520=");
        assert_eq!(encode(b"a b", RESERVED, Space::Plus), b"a+b");
    }

    #[test]
    fn control_bytes_are_not_decoded() {
        assert_eq!(decode_printable(b"a%20b%7f"), Some(b"a b\x7f".to_vec()));
        assert_eq!(decode_printable(b"a%0ab"), None);
        assert_eq!(decode_printable(b"a%00"), None);
    }
}
