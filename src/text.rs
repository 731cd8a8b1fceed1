//! Bytes from the network as text for an error message.

/// Foreign bytes in quotes for an error message, at most `max_chars` characters of them.
pub(crate) fn quoted(bytes: &[u8], max_chars: usize) -> String {
    format!("\"{}\"", printable(bytes, max_chars))
}

/// Foreign bytes as harmless text on one line: white space runs become one space, what does not print becomes `?`,
/// and after `max_chars` characters comes `...`.
pub(crate) fn printable(bytes: &[u8], max_chars: usize) -> String {
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
}
