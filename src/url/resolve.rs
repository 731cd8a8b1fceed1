//! Relative references (RFC 3986 section 5.2).

use memchr::{memchr, memchr2, memmem, memrchr};

use super::encoding::{Space, normalize};
use super::error::Result;
use super::flags::Flags;
use super::parts::Parts;
use crate::types::url::CURLUPart::CURLUPART_URL;
use crate::types::url::{CURLU_ALLOW_SPACE, CURLU_GET_EMPTY, CURLU_NON_SUPPORT_SCHEME, CURLU_URLENCODE};

/// The URL that `reference`, such as the value of a `Location` header, means at the URL `base`. Spaces in it are encoded. It can
/// be of any scheme.
#[cfg_attr(not(any(test, feature = "fuzzing")), expect(dead_code, reason = "for redirects"))]
pub(crate) fn resolve(base: &[u8], reference: &[u8]) -> Result<Vec<u8>> {
    let any_scheme = Flags::one(CURLU_NON_SUPPORT_SCHEME);
    let mut url = Parts::default();
    url.set(CURLUPART_URL, base, any_scheme)?;
    url.set(
        CURLUPART_URL,
        reference,
        any_scheme.with(CURLU_URLENCODE).with(CURLU_ALLOW_SPACE),
    )?;
    url.get(CURLUPART_URL, Flags::one(CURLU_GET_EMPTY))
}

/// `reference` put behind what it keeps of the absolute URL `base`. Dot segments stay.
pub(super) fn spliced(base: &[u8], reference: &[u8]) -> Vec<u8> {
    let authority = memmem::find(base, b"://").map_or(0, |at| at + b"://".len());
    let path = authority + memchr(b'/', &base[authority..]).unwrap_or(base.len() - authority);
    let fragment = path + memchr(b'#', &base[path..]).unwrap_or(base.len() - path);
    let query = path + memchr(b'?', &base[path..fragment]).unwrap_or(fragment - path);
    let kept = match reference {
        [b'/', b'/', network @ ..] => return [&base[..authority], &encoded_behind_host(network)].concat(),
        [b'/', ..] => path,
        [b'#', ..] => fragment,
        [b'?', ..] => query,
        _ => memrchr(b'/', &base[path..query]).map_or(path, |slash| path + slash + 1),
    };
    [&base[..kept], &encoded(reference)].concat()
}

/// `host/path?query`: a host has no encoding.
fn encoded_behind_host(text: &[u8]) -> Vec<u8> {
    let (host, rest) = text.split_at(memchr2(b'/', b'?', text).unwrap_or(text.len()));
    [host, &encoded(rest)].concat()
}

/// `path?query#fragment` with spaces, control bytes and bytes over 0x7f encoded.
fn encoded(text: &[u8]) -> Vec<u8> {
    let (path, query) = text.split_at(memchr(b'?', text).unwrap_or(text.len()));
    [normalize(path, Space::Percent), normalize(query, Space::Plus)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_3986_section_5_4_references() {
        let base = "http://a/b/c/d;p?q";
        let cases = [
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g/"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y", "http://a/b/c/g?y"),
            ("#s", "http://a/b/c/d;p?q#s"),
            ("g#s", "http://a/b/c/g#s"),
            ("g?y#s", "http://a/b/c/g?y#s"),
            (";x", "http://a/b/c/;x"),
            ("g;x?y#s", "http://a/b/c/g;x?y#s"),
            ("", "http://a/b/c/d;p?q"),
            (".", "http://a/b/c/"),
            ("./", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../..", "http://a/"),
            ("../../g", "http://a/g"),
            ("../../../g", "http://a/g"),
            ("/../g", "http://a/g"),
            ("g.", "http://a/b/c/g."),
            ("..g", "http://a/b/c/..g"),
            ("./g/.", "http://a/b/c/g/"),
            ("g/../h", "http://a/b/c/h"),
            ("g?y/../x", "http://a/b/c/g?y/../x"),
            ("g#s/../x", "http://a/b/c/g#s/../x"),
        ];
        for (reference, wanted) in cases {
            let resolved = resolve(base.as_bytes(), reference.as_bytes()).unwrap();
            assert_eq!(String::from_utf8(resolved).unwrap(), wanted, "{reference}");
        }
    }

    #[test]
    fn a_location_header_may_hold_spaces() {
        let cases = [
            ("wss://h/a?b#c", "x y?z w#\u{e4}", "wss://h/x%20y?z+w#%C3%A4"),
            ("ws://u:p@h:1/a", "//other/x y", "ws://other/x%20y"),
            ("ws://u:p@h:1/a", "/b", "ws://u:p@h:1/b"),
            ("ws://h/?", "#f", "ws://h/?#f"),
            ("ws://h", "https://other:8/%c3", "https://other:8/%C3"),
        ];
        for (base, reference, wanted) in cases {
            let resolved = resolve(base.as_bytes(), reference.as_bytes()).unwrap();
            assert_eq!(String::from_utf8(resolved).unwrap(), wanted, "{base} {reference}");
        }
        assert!(resolve(b"ws://h/", b"ws://h:x/").is_err());
        assert!(resolve(b"ws://h/", b"/a\r\nb").is_ok());
        assert!(resolve(b"ws://h/", b"ws://h/a\r\nb").is_err());
    }
}
