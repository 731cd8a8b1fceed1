//! Small helpers for header text.

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

/// Whether `text` would end a header line early: with CR, LF or NUL, which must never get into a request head.
pub(super) fn breaks_line(text: &[u8]) -> bool {
    text.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_split_at_commas() {
        let members: Vec<&[u8]> = list_members(b" a, ,b\t,, c d ").collect();
        assert_eq!(members, [&b"a"[..], b"b", b"c d"]);
        assert_eq!(list_members(b" , ").count(), 0);
    }
}
