//! Dot segments in the path of a URL (RFC 3986 section 5.2.4).

use std::borrow::Cow;

use memchr::memrchr;

/// A path that begins with a slash, without the segments `.` and `..`, which may be percent-encoded.
pub(super) fn without_dot_segments(path: &[u8]) -> Cow<'_, [u8]> {
    let segments = || path[1..].split(|&byte| byte == b'/');
    if !segments().any(|segment| dots(segment).is_some()) {
        return path.into();
    }
    let mut out: Vec<u8> = Vec::with_capacity(path.len());
    let mut open_end = false;
    for segment in segments() {
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
    out.into()
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
            let path = without_dot_segments(input.as_bytes());
            assert_eq!(path, wanted.as_bytes(), "{input}");
        }
    }
}
