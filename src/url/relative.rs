//! Relative references (RFC 3986 section 5.2).

use memchr::{memchr, memchr2, memchr3, memmem, memrchr};

use super::scheme;

/// The URL that `reference` means in a document at `base`, an absolute URL with an authority. Dot segments stay in it.
pub(crate) fn resolve(base: &[u8], reference: &[u8]) -> Vec<u8> {
    match scheme_length(reference) {
        Some(_) => reference.to_vec(),
        None => spliced(base, reference),
    }
}

/// The same for a reference that is known to be relative, whatever it looks like.
pub(super) fn spliced(base: &[u8], reference: &[u8]) -> Vec<u8> {
    let scheme = scheme_length(base).map_or(0, |length| length + 1);
    let authority = scheme + if base[scheme..].starts_with(b"//") { 2 } else { 0 };
    let path = authority + memchr3(b'/', b'?', b'#', &base[authority..]).unwrap_or(base.len() - authority);
    let fragment = path + memchr(b'#', &base[path..]).unwrap_or(base.len() - path);
    let query = path + memchr2(b'?', b'#', &base[path..]).unwrap_or(base.len() - path);
    let kept = match reference {
        [b'/', b'/', ..] => scheme,
        [b'/', ..] => path,
        [b'?', ..] => query,
        [b'#', ..] | [] => fragment,
        _ => match memrchr(b'/', &base[path..query]) {
            Some(slash) => path + slash + 1,
            None => return [&base[..path], b"/", reference].concat(),
        },
    };
    [&base[..kept], reference].concat()
}

/// An absolute URL without user, password and fragment.
pub(crate) fn without_login(url: &[u8]) -> Vec<u8> {
    let authority = memmem::find(url, b"://").map_or(0, |at| at + 3);
    let end = authority + memchr3(b'/', b'?', b'#', &url[authority..]).unwrap_or(url.len() - authority);
    let host = authority + memrchr(b'@', &url[authority..end]).map_or(0, |at| at + 1);
    let fragment = end + memchr(b'#', &url[end..]).unwrap_or(url.len() - end);
    [&url[..authority], &url[host..fragment]].concat()
}

/// The length of the scheme that `text` begins with, without its colon (RFC 3986 section 3.1).
pub(crate) fn scheme_length(text: &[u8]) -> Option<usize> {
    let length = text.iter().position(|byte| !scheme::is_scheme_byte(byte))?;
    (scheme::is_well_formed(&text[..length]) && text[length] == b':').then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_3986_section_5_4_examples() {
        let base = "http://a/b/c/d;p?q#f";
        let cases = [
            ("g:h", "g:h"),
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/./g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y", "http://a/b/c/g?y"),
            ("#s", "http://a/b/c/d;p?q#s"),
            ("g#s", "http://a/b/c/g#s"),
            (";x", "http://a/b/c/;x"),
            ("", "http://a/b/c/d;p?q"),
            ("../g", "http://a/b/c/../g"),
            ("g?y/./x", "http://a/b/c/g?y/./x"),
            ("/a:b", "http://a/a:b"),
            ("1:b", "http://a/b/c/1:b"),
        ];
        for (reference, wanted) in cases {
            let url = resolve(base.as_bytes(), reference.as_bytes());
            assert_eq!(String::from_utf8(url).unwrap(), wanted, "{reference}");
        }
    }

    #[test]
    fn login_and_fragment_are_left_out() {
        for (url, wanted) in [
            ("ws://u:p@h:1/a@b?c#d", "ws://h:1/a@b?c"),
            ("ws://h", "ws://h"),
            ("ws://u@h#x@y", "ws://h"),
        ] {
            assert_eq!(without_login(url.as_bytes()), wanted.as_bytes());
        }
    }

    #[test]
    fn the_base_may_lack_parts() {
        for (base, reference, wanted) in [
            ("ws://a", "g", "ws://a/g"),
            ("ws://a?q", "g", "ws://a/g"),
            ("ws://a?q/r", "?y", "ws://a?y"),
            ("ws://a#f", "/g", "ws://a/g"),
            ("ws://u:p@a:1/b", "//c/d", "ws://c/d"),
            ("ws://u:p@a:1/b", "c", "ws://u:p@a:1/c"),
        ] {
            assert_eq!(
                resolve(base.as_bytes(), reference.as_bytes()),
                wanted.as_bytes(),
                "{base}"
            );
        }
    }
}
