//! Labels of internationalised names back to Unicode (RFC 3492 section 6.2).

/// Longest label of a DNS name.
const MAX_LABEL: usize = 63;

/// `name` with its `xn--` labels in Unicode. A label that is none stays as it is.
pub(super) fn to_unicode(name: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(name.len());
    for (index, label) in name.split(|&byte| byte == b'.').enumerate() {
        if index > 0 {
            out.push(b'.');
        }
        match label.strip_prefix(b"xn--").and_then(decode) {
            Some(text) => out.extend_from_slice(text.as_bytes()),
            None => out.extend_from_slice(label),
        }
    }
    out
}

fn decode(label: &[u8]) -> Option<String> {
    let label = str::from_utf8(label).ok()?;
    match label.len() <= MAX_LABEL && label.is_ascii() {
        true => idna::punycode::decode_to_string(label),
        false => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 3492 section 7.1 and names of the list.
    #[test]
    fn labels_become_unicode() {
        for (name, expected) in [
            ("example.com", "example.com"),
            ("xn--bcher-kva.example", "b\u{fc}cher.example"),
            (
                "xn--ihqwcrb4cv8a8dqg056pqjye",
                "\u{4ed6}\u{4eec}\u{4e3a}\u{4ec0}\u{4e48}\u{4e0d}\u{8bf4}\u{4e2d}\u{6587}",
            ),
            ("xn--55qx5d.cn", "\u{516c}\u{53f8}.cn"),
            ("xn--p1ai", "\u{440}\u{444}"),
            // not Punycode
            ("xn--\u{e4}", "xn--\u{e4}"),
            ("xn--99999999999", "xn--99999999999"),
            ("xn--a_", "xn--a_"),
            ("", ""),
        ] {
            assert_eq!(String::from_utf8(to_unicode(name.as_bytes())).unwrap(), expected);
        }
    }
}
