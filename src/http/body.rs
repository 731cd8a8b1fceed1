//! The start of a response's body, to be shown to a person.

use super::chunks::{Chunks, is_chunked};
use super::response::ResponseHead;
use super::text::{list_members, trim_blanks};
use crate::text::printable;

/// How many bytes of a body are worth reading.
const MAX_BODY: usize = 256;
/// How many bytes may be read to get them: chunks have framing of their own.
const MAX_READ: usize = 4096;
/// How many characters of it are shown.
const SHOWN: usize = 120;

/// As much of a body as is worth showing: the first bytes of a text, decoded if it comes in chunks.
///
/// Fewer bytes may come than are wanted: the response to a HEAD request has no body, although its headers may describe one,
/// and a body without a length ends with the stream.
#[derive(Debug)]
pub(crate) struct BodyStart {
    text: Vec<u8>,
    /// bytes of text that are still wanted
    wanted: usize,
    /// bytes that may still be read
    readable: usize,
    chunks: Option<Chunks>,
}

impl BodyStart {
    /// Before the first byte of the body of `head`. Bodies that are no text, or compressed, are not wanted.
    pub(crate) fn new(head: &ResponseHead) -> BodyStart {
        let chunked = is_chunked(head);
        BodyStart {
            text: Vec::new(),
            wanted: match matches!(head.status, 100..200 | 204 | 304) || !is_text(head) {
                true => 0,
                false if chunked => MAX_BODY,
                false => content_length(head).unwrap_or(MAX_BODY).min(MAX_BODY),
            },
            readable: MAX_READ,
            chunks: chunked.then(Chunks::default),
        }
    }

    /// Whether there is more to read.
    pub(crate) fn wants_more(&self) -> bool {
        self.wanted > 0 && self.readable > 0
    }

    /// Takes bytes from the front of `input`, and returns how many.
    pub(crate) fn feed(&mut self, input: &[u8]) -> usize {
        let input = &input[..input.len().min(self.readable)];
        let mut used = 0;
        while self.wanted > 0 && used < input.len() {
            let rest = &input[used..];
            let (framing, data) = match &mut self.chunks {
                None => (0, rest.len()),
                Some(chunks) => chunks.feed(rest),
            };
            let data = data.min(self.wanted);
            self.text.extend_from_slice(&rest[framing..framing + data]);
            self.wanted -= data;
            used += framing + data;
            if let Some(chunks) = &mut self.chunks {
                chunks.take(data);
                if chunks.is_behind_data() {
                    self.wanted = 0;
                }
            }
        }
        self.readable -= used;
        used
    }

    /// What came, on one line; empty for nothing.
    pub(crate) fn shown(&self) -> String {
        printable(&self.text, SHOWN)
    }
}

fn content_length(head: &ResponseHead) -> Option<usize> {
    str::from_utf8(head.get("Content-Length").next()?).ok()?.parse().ok()
}

/// Whether a person could read the body: a text type, not compressed.
fn is_text(head: &ResponseHead) -> bool {
    let other_than = |header, plain: &[u8]| {
        let mut codings = head.get(header).flat_map(list_members);
        codings.any(|coding| !coding.eq_ignore_ascii_case(plain))
    };
    let compressed = other_than("Content-Encoding", b"identity") || other_than("Transfer-Encoding", b"chunked");
    let Some(content_type) = head.get("Content-Type").next() else {
        return false;
    };
    let media_type = content_type.split(|&byte| byte == b';').next().unwrap_or_default();
    let media_type = trim_blanks(media_type).to_ascii_lowercase();
    let is_text = media_type.starts_with(b"text/")
        || [&b"application/json"[..], b"application/xml"].contains(&&media_type[..])
        || media_type.ends_with(b"+json")
        || media_type.ends_with(b"+xml");
    is_text && !compressed
}

#[cfg(test)]
mod tests {
    use super::super::response::head;
    use super::*;

    const TEXT: &str = "Content-Type: text/plain";
    const CHUNKED: &str = "Transfer-Encoding: chunked";

    /// What is shown of `body`, which comes in pieces of `size` bytes, and how many of its bytes are used.
    fn shown(headers: &[&str], body: &[u8], size: usize) -> (String, usize) {
        let mut start = BodyStart::new(&head("HTTP/1.1 403 Forbidden", headers));
        let mut used = 0;
        for piece in body.chunks(size) {
            if !start.wants_more() {
                break;
            }
            used += start.feed(piece);
        }
        (start.shown(), used)
    }

    #[test]
    fn text_is_shown() {
        let long = "x".repeat(200);
        let cases: [(&[&str], &str, &str); 11] = [
            (&[], "ignored", ""),
            (&[TEXT], "", ""),
            (
                &["Content-Type: text/plain; charset=utf-8"],
                "No such\r\n room\n",
                "No such room",
            ),
            (&["Content-Type: Application/JSON"], "{\"error\": 1}", "{\"error\": 1}"),
            (&["Content-Type: application/problem+json"], "{}", "{}"),
            (&["Content-Type: application/octet-stream"], "abc", ""),
            (&[TEXT, "Content-Encoding: gzip"], "abc", ""),
            (&[TEXT, "Transfer-Encoding: gzip, chunked"], "3\r\nabc\r\n", ""),
            (&[TEXT], "\u{1b}]0;evil\u{7}", "?]0;evil?"),
            (&[TEXT, "Content-Length: 3"], "abcdef", "abc"),
            (&[TEXT], &long, &format!("{}...", &long[..120])),
        ];
        for (headers, body, wanted) in cases {
            assert_eq!(shown(headers, body.as_bytes(), 7).0, wanted, "{headers:?}");
        }
    }

    #[test]
    fn chunks_are_joined() {
        let cases: [(&str, &str); 9] = [
            ("3\r\nabc\r\n0\r\n\r\n", "abc"),
            ("3\r\nabc\r\n4\r\n def\r\n0\r\n\r\n", "abc def"),
            ("3;name=\"value\"\r\nabc\r\n1\r\nd", "abcd"),
            ("3 \r\nabc\r\n1\n!\n0\n\n", "abc!"),
            ("00000003\r\nabc\r\n000\r\n\r\nX: trailer", "abc"),
            ("3\r\nab", "ab"),
            ("ffffffffffffffff\r\nabc", "abc"),
            ("zz\r\nabc", ""),
            ("3\r\nabcd\r\n", "abc"),
        ];
        for (body, wanted) in cases {
            for size in [1, 2, 3, 100] {
                assert_eq!(
                    shown(&[TEXT, CHUNKED], body.as_bytes(), size).0,
                    wanted,
                    "{body:?} by {size}"
                );
            }
        }
    }

    #[test]
    fn a_size_that_overflows_ends_the_body() {
        assert_eq!(shown(&[TEXT, CHUNKED], b"10000000000000000\r\nabc", 100).0, "");
    }

    #[test]
    fn reading_is_bounded() {
        let flood = vec![b'x'; 10_000];
        assert_eq!(shown(&[TEXT], &flood, 100).1, MAX_BODY);
        let extension = [b"1;", &flood[..]].concat();
        assert_eq!(shown(&[TEXT, CHUNKED], &extension, 100), (String::new(), MAX_READ));
    }

    #[test]
    fn only_text_bodies_are_waited_for() {
        let cases: [(&str, &[&str], usize); 9] = [
            ("HTTP/1.1 403 No", &[], 0),
            ("HTTP/1.1 403 No", &["Content-Length: 10"], 0),
            ("HTTP/1.1 403 No", &["Content-Length: 10", TEXT], 10),
            ("HTTP/1.1 403 No", &["Content-Length: 0", TEXT], 0),
            ("HTTP/1.1 403 No", &["Content-Length: 99999", TEXT], 256),
            (
                "HTTP/1.1 403 No",
                &["Content-Length: 99999999999999999999999", TEXT],
                256,
            ),
            ("HTTP/1.1 403 No", &[TEXT], 256),
            ("HTTP/1.1 403 No", &[CHUNKED, "Content-Length: 1", TEXT], 256),
            ("HTTP/1.1 204 No", &[TEXT], 0),
        ];
        for (status_line, headers, wanted) in cases {
            let start = BodyStart::new(&head(status_line, headers));
            assert_eq!(start.wanted, wanted, "{headers:?}");
            assert_eq!(start.wants_more(), wanted > 0);
        }
    }
}
