//! Small helpers for header text: list members, and text from the network made fit for an error message.

/// The members of a comma-separated header value, trimmed, empty ones left out (RFC 9110 section 5.6.1).
///
/// Knows nothing of quoted strings: for lists of tokens only.
pub(super) fn list_members(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value
        .split(|&byte| byte == b',')
        .map(trim_blanks)
        .filter(|member| !member.is_empty())
}

/// `text` without leading and trailing spaces and tabs.
pub(super) fn trim_blanks(text: &[u8]) -> &[u8] {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = text.iter().position(|byte| !is_blank(byte)).unwrap_or(text.len());
    let end = text
        .iter()
        .rposition(|byte| !is_blank(byte))
        .map_or(start, |last| last + 1);
    &text[start..end]
}

/// Foreign bytes in quotes for an error message, at most `max_chars` characters of them.
pub(super) fn quoted(bytes: &[u8], max_chars: usize) -> String {
    format!("\"{}\"", printable(bytes, max_chars))
}

/// Foreign bytes as harmless text on one line: white space runs become one space, what does not print becomes `?`,
/// and after `max_chars` characters comes `...`.
pub(super) fn printable(bytes: &[u8], max_chars: usize) -> String {
    // A character of UTF-8 has at most four bytes, and one cut in half only shows up behind the limit.
    let enough = bytes.len().min(max_chars.saturating_mul(4).saturating_add(4));
    let lossy = String::from_utf8_lossy(&bytes[..enough]);
    let mut out = String::new();
    let mut kept = 0;
    for c in lossy.trim().chars() {
        let c = if c.is_whitespace() { ' ' } else { c };
        if c == ' ' && out.ends_with(' ') {
            continue;
        }
        if kept == max_chars {
            out.push_str("...");
            return out;
        }
        out.push(if prints(c) { c } else { '?' });
        kept += 1;
    }
    if enough < bytes.len() {
        out.push_str("...");
    }
    out
}

/// Whether `text` would end a header line early: with CR, LF or NUL, which must never get into a request head.
pub(super) fn breaks_line(text: &[u8]) -> bool {
    text.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0))
}

/// Whether a character shows as itself. Control, format and direction characters do not.
fn prints(c: char) -> bool {
    matches!(c, '"' | '\'' | '\\') || c.escape_debug().len() == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printable_is_harmless_and_short() {
        let cases: [(&[u8], usize, &str); 9] = [
            (b"", 5, ""),
            (b"hello", 5, "hello"),
            (b"hello!", 5, "hello..."),
            (b" a \r\n\t b ", 5, "a b"),
            (b"\x1b[31mred\0", 20, "?[31mred?"),
            ("\u{202e}abc\u{200b}".as_bytes(), 20, "?abc?"),
            ("it's \"\u{e4}\"".as_bytes(), 20, "it's \"\u{e4}\""),
            (b"\xff\xfe", 20, "\u{fffd}\u{fffd}"),
            ("\u{1f600}\u{1f600}\u{1f600}".as_bytes(), 2, "\u{1f600}\u{1f600}..."),
        ];
        for (input, max, wanted) in cases {
            assert_eq!(printable(input, max), wanted);
        }
        assert!(printable(&vec![b'x'; 1 << 20], 10).len() < 20);
        assert!(printable(&vec![b' '; 1 << 20], 10).len() < 20);
    }

    #[test]
    fn lists_are_split_at_commas() {
        let members: Vec<&[u8]> = list_members(b" a, ,b\t,, c d ").collect();
        assert_eq!(members, [&b"a"[..], b"b", b"c d"]);
        assert_eq!(list_members(b" , ").count(), 0);
    }
}
