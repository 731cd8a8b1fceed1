//! International domain names (UTS 46): `bücher.example` and its form for the DNS, `xn--bcher-kva.example`.

use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};

/// What an encoded label begins with.
const PREFIX: &[u8] = b"xn--";

/// The form for the DNS, in lower case. `None` if the name can't be in the DNS.
pub(super) fn to_ascii(name: &[u8]) -> Option<String> {
    let ascii = Uts46::new()
        .to_ascii(name, AsciiDenyList::URL, Hyphens::Allow, DnsLength::VerifyAllowRootDot)
        .ok()?;
    (!ascii.is_empty()).then(|| ascii.into_owned())
}

/// The form for people: the name itself where no label of it begins with `xn--`. `None` if such a label stands for nothing.
pub(super) fn to_unicode(name: &[u8]) -> Option<Vec<u8>> {
    let is_encoded = |label: &[u8]| {
        label
            .get(..PREFIX.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(PREFIX))
    };
    if !name.split(|&byte| byte == b'.').any(is_encoded) {
        return Some(name.to_vec());
    }
    let (unicode, result) = Uts46::new().to_unicode(name, AsciiDenyList::EMPTY, Hyphens::Allow);
    result.ok().map(|()| unicode.into_owned().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_to_the_dns_and_back() {
        let cases = [
            ("b\u{fc}cher.example", "xn--bcher-kva.example"),
            ("fa\u{df}.example", "xn--fa-hia.example"),
            ("\u{4f8b}\u{3048}.\u{30c6}\u{30b9}\u{30c8}", "xn--r8jz45g.xn--zckzah"),
        ];
        for (unicode, ascii) in cases {
            assert_eq!(to_ascii(unicode.as_bytes()).as_deref(), Some(ascii));
            assert_eq!(to_unicode(ascii.as_bytes()).as_deref(), Some(unicode.as_bytes()));
        }
        assert_eq!(
            to_ascii("B\u{dc}CHER.example".as_bytes()).as_deref(),
            Some("xn--bcher-kva.example")
        );
    }

    #[test]
    fn what_is_no_name_is_refused() {
        let long = "\u{fc}".repeat(64);
        // A byte that is no UTF-8, a label too long, a sign that stands for a slash, an empty label, a soft hyphen alone.
        let cases: [&[u8]; 5] = [
            b"b\xfccher",
            long.as_bytes(),
            "a\u{ff0f}b".as_bytes(),
            "\u{fc}..b".as_bytes(),
            "\u{ad}".as_bytes(),
        ];
        for name in cases {
            assert_eq!(to_ascii(name), None, "{}", String::from_utf8_lossy(name));
        }
        assert_eq!(to_unicode(b"a.xn--0"), None);
        assert_eq!(to_unicode(b"Plain.Example").as_deref(), Some(&b"Plain.Example"[..]));
    }
}
