//! Small helpers for the text of headers.

use std::net::IpAddr;

/// The members of a comma-separated header value, trimmed, empty ones left out (RFC 9110 section 5.6.1).
///
/// Knows nothing of quoted strings: for lists of tokens only.
pub(crate) fn list_members(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value
        .split(|&byte| byte == b',')
        .map(trim_blanks)
        .filter(|member| !member.is_empty())
}

/// `text` without spaces and tabs at both ends.
pub(super) fn trim_blanks(text: &[u8]) -> &[u8] {
    trim_start(trim_end(text))
}

/// `text` without spaces and tabs at its start.
pub(super) fn trim_start(text: &[u8]) -> &[u8] {
    let blanks = text.iter().take_while(|&&byte| is_blank(byte)).count();
    &text[blanks..]
}

/// `text` without spaces and tabs at its end.
pub(super) fn trim_end(text: &[u8]) -> &[u8] {
    let blanks = text.iter().rev().take_while(|&&byte| is_blank(byte)).count();
    &text[..text.len() - blanks]
}

/// OWS of RFC 9110 section 5.6.3.
pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Whether `text` would end a header line early: with CR, LF or NUL, which must never get into a request head.
pub(super) fn breaks_line(text: &[u8]) -> bool {
    text.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0))
}

/// Whether `host` is an IP address.
pub(super) fn is_ip(host: &[u8]) -> bool {
    str::from_utf8(host).is_ok_and(|host| host.parse::<IpAddr>().is_ok())
}

/// The number that `text` begins with, as large as fits. `None` without a digit.
pub(super) fn leading_number(text: &[u8]) -> Option<i64> {
    let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let digits = &text[..count];
    let number = digits.iter().fold(0i64, |number, digit| {
        number.saturating_mul(10).saturating_add(i64::from(digit - b'0'))
    });
    (count > 0).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_ends_where_its_digits_do() {
        assert_eq!(leading_number(b"042 s"), Some(42));
        assert_eq!(leading_number(b"99999999999999999999999"), Some(i64::MAX));
        assert_eq!(leading_number(b"-1"), None);
        assert_eq!(leading_number(b""), None);
    }

    #[test]
    fn lists_are_split_at_commas() {
        let members: Vec<&[u8]> = list_members(b" a, ,b\t,, c d ").collect();
        assert_eq!(members, [&b"a"[..], b"b", b"c d"]);
        assert_eq!(list_members(b" , ").count(), 0);
    }
}
