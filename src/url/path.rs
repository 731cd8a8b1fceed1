//! What follows the host in a URL: path, query and fragment.

use std::borrow::Cow;

use memchr::{memchr, memrchr};
use percent_encoding::{CONTROLS, percent_encode};

/// What follows the authority; query and fragment with their first character.
pub(super) struct Rest<'a> {
    pub path: Cow<'a, [u8]>,
    pub query: &'a [u8],
    pub fragment: &'a [u8],
}

impl Rest<'_> {
    /// Splits what begins with `/`, `?` or `#`, or is empty. Dot segments are removed unless `as_is`.
    pub(super) fn split(text: &[u8], as_is: bool) -> Rest<'_> {
        let (text, fragment) = text.split_at(memchr(b'#', text).unwrap_or(text.len()));
        let (path, query) = text.split_at(memchr(b'?', text).unwrap_or(text.len()));
        let path = match path {
            [] => b"/".into(),
            path if as_is || !path[1..].split(is_slash).any(|segment| dots(segment).is_some()) => path.into(),
            path => without_dot_segments(path).into(),
        };
        Rest { path, query, fragment }
    }

    /// The path with bytes over 0x7f percent-encoded and escapes in upper case; the query as it came.
    pub(super) fn target(&self) -> Vec<u8> {
        let mut target = Vec::with_capacity(self.path.len() + self.query.len());
        for piece in percent_encode(&self.path, CONTROLS) {
            target.extend_from_slice(piece.as_bytes());
        }
        uppercase_escapes(&mut target);
        target.extend_from_slice(self.query);
        target
    }
}

/// RFC 3986 section 5.2.4 for a path that begins with a slash.
fn without_dot_segments(path: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::with_capacity(path.len());
    let mut open_end = false;
    for segment in path[1..].split(is_slash) {
        let dots = dots(segment);
        open_end = dots.is_some();
        match dots {
            None => {
                out.push(b'/');
                out.extend_from_slice(segment);
            }
            Some(1) => {}
            Some(_) => out.truncate(memrchr(b'/', &out).unwrap_or(0)),
        }
    }
    if open_end {
        out.push(b'/');
    }
    out
}

fn is_slash(byte: &u8) -> bool {
    *byte == b'/'
}

/// One or two for a segment of that many dots, which may be percent-encoded.
fn dots(segment: &[u8]) -> Option<usize> {
    let mut rest = segment;
    let mut count = 0;
    while !rest.is_empty() {
        rest = match rest {
            [b'.', rest @ ..] | [b'%', b'2', b'e' | b'E', rest @ ..] => rest,
            _ => return None,
        };
        count += 1;
    }
    matches!(count, 1 | 2).then_some(count)
}

fn uppercase_escapes(text: &mut [u8]) {
    let mut at = 0;
    while let Some(percent) = memchr(b'%', &text[at..]) {
        at += percent + 1;
        if let Some(digits) = text.get_mut(at..at + 2)
            && digits.iter().all(u8::is_ascii_hexdigit)
        {
            digits.make_ascii_uppercase();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_3986_section_5_2_4_dot_segments() {
        let cases = [
            ("/", "/"),
            ("/a/b/c/./../../g", "/a/g"),
            ("/./a", "/a"),
            ("/a/.", "/a/"),
            ("/a/..", "/"),
            ("/a/b/..", "/a/"),
            ("/..", "/"),
            ("/../../a", "/a"),
            ("//..", "/"),
            ("/a//../b", "/a/b"),
            ("/a/..//b", "//b"),
            ("/.a/..b/c./d../...", "/.a/..b/c./d../..."),
            ("/a/%2e%2E/.%2e/%2e/b", "/b"),
            ("/a/%2e%2e%2e", "/a/%2e%2e%2e"),
        ];
        for (input, wanted) in cases {
            let path = Rest::split(input.as_bytes(), false).path;
            assert_eq!(String::from_utf8(path.into_owned()).unwrap(), wanted, "{input}");
        }
    }

    #[test]
    fn dots_in_query_and_fragment_are_no_segments() {
        let rest = Rest::split(b"/a?b/../c#d/../e?f", false);
        assert_eq!(
            (&rest.path[..], rest.query, rest.fragment),
            (&b"/a"[..], &b"?b/../c"[..], &b"#d/../e?f"[..])
        );
    }

    #[test]
    fn the_target_is_encoded_in_its_path_only() {
        let cases: [(&[u8], &[u8]); 5] = [
            (b"", b"/"),
            (b"?\xe4", b"/?\xe4"),
            (b"/\xe4\xff", b"/%E4%FF"),
            (b"/%e4%E4%eg%e", b"/%E4%E4%eg%e"),
            (b"/a?%e4", b"/a?%e4"),
        ];
        for (input, wanted) in cases {
            assert_eq!(Rest::split(input, false).target(), wanted);
        }
    }
}
