//! The body of a response: its start to be shown to a person, or all of it to be passed over.

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
                if chunks.is_over() {
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

/// Where in a chunked body the next byte is (RFC 9112 section 7.1).
#[derive(Debug, Default)]
enum Chunks {
    /// in the line before a chunk, with the size so far
    #[default]
    Start,
    Size(u64),
    /// behind the size, up to the end of its line
    Extension(u64),
    /// in a chunk of which this many bytes are to come
    Data(u64),
    /// behind a chunk, up to the end of the line
    End,
    /// behind the last chunk, in front of the trailers
    Over,
    /// what came is not chunked
    Broken,
}

impl Chunks {
    /// How many bytes at the front of `input` are framing, and how many behind them are data.
    fn feed(&mut self, input: &[u8]) -> (usize, usize) {
        for (index, &byte) in input.iter().enumerate() {
            if let Chunks::Data(left) = self {
                let there = input.len() - index;
                return (index, usize::try_from(*left).unwrap_or(usize::MAX).min(there));
            }
            if self.is_over() {
                return (index, 0);
            }
            self.step(byte);
        }
        (input.len(), 0)
    }

    fn step(&mut self, byte: u8) {
        let digit = char::from(byte).to_digit(16).map(u64::from);
        *self = match (&*self, byte, digit) {
            (Chunks::Start, _, Some(digit)) => Chunks::Size(digit),
            (Chunks::Size(size), _, Some(digit)) if *size <= u64::MAX >> 4 => Chunks::Size(*size << 4 | digit),
            (Chunks::Size(0) | Chunks::Extension(0), b'\n', _) => Chunks::Over,
            (Chunks::Size(size) | Chunks::Extension(size), b'\n', _) => Chunks::Data(*size),
            (Chunks::Size(size), b'\r' | b';' | b' ' | b'\t', _) => Chunks::Extension(*size),
            (Chunks::Extension(size), ..) => Chunks::Extension(*size),
            (Chunks::End, b'\r', _) => Chunks::End,
            (Chunks::End, b'\n', _) => Chunks::Start,
            _ => Chunks::Broken,
        };
    }

    /// `count` bytes of data were taken.
    fn take(&mut self, count: usize) {
        if let Chunks::Data(left) = self {
            *left -= count as u64;
            if *left == 0 {
                *self = Chunks::End;
            }
        }
    }

    fn is_over(&self) -> bool {
        matches!(self, Chunks::Over | Chunks::Broken)
    }
}

/// The most bytes that are read for nothing before another request on the same connection: a new connection costs less.
const MAX_SKIPPED: u64 = 64 * 1024;

/// A body that is passed over, so that the next response can be read behind it.
#[derive(Debug)]
pub(crate) struct BodySkip {
    rest: Rest,
    /// bytes that may still be read
    readable: u64,
}

#[derive(Debug)]
enum Rest {
    Length(u64),
    Chunks(Chunks),
    /// the trailers, line by line: whether the line has anything in it
    Trailers {
        is_empty: bool,
    },
}

impl BodySkip {
    /// Before the first byte of the body of `head`; `None` when nothing but the end of the stream tells where it ends, or
    /// when it is too long.
    pub(crate) fn new(head: &ResponseHead) -> Option<BodySkip> {
        let rest = match is_chunked(head) {
            true => Rest::Chunks(Chunks::default()),
            false => Rest::Length(content_length(head)? as u64),
        };
        match rest {
            Rest::Length(length) if length > MAX_SKIPPED => None,
            rest => Some(BodySkip {
                rest,
                readable: MAX_SKIPPED,
            }),
        }
    }

    /// Takes bytes from the front of `input`, and returns how many; `None` when the body is broken or too long.
    pub(crate) fn feed(&mut self, input: &[u8]) -> Option<usize> {
        let mut used = 0;
        while !self.is_over() && used < input.len() {
            let rest = &input[used..];
            let count = match &mut self.rest {
                Rest::Length(left) => {
                    let count = usize::try_from(*left).map_or(rest.len(), |left| left.min(rest.len()));
                    *left -= count as u64;
                    count
                }
                Rest::Chunks(chunks) => {
                    let (framing, data) = chunks.feed(rest);
                    chunks.take(data);
                    match chunks {
                        Chunks::Broken => return None,
                        Chunks::Over => self.rest = Rest::Trailers { is_empty: true },
                        _ => {}
                    }
                    framing + data
                }
                Rest::Trailers { is_empty } => {
                    *is_empty &= b"\r\n".contains(&rest[0]);
                    if rest[0] == b'\n' {
                        self.rest = match is_empty {
                            true => Rest::Length(0),
                            false => Rest::Trailers { is_empty: true },
                        };
                    }
                    1
                }
            };
            used += count;
            self.readable = self.readable.checked_sub(count as u64)?;
        }
        Some(used)
    }

    /// The next byte is not of the body.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.rest, Rest::Length(0))
    }
}

fn is_chunked(head: &ResponseHead) -> bool {
    head.get("Transfer-Encoding")
        .flat_map(list_members)
        .any(|coding| coding.eq_ignore_ascii_case(b"chunked"))
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

    #[test]
    fn a_body_is_skipped_up_to_its_end() {
        for (header, body) in [
            ("Content-Length: 0", &b""[..]),
            ("Content-Length: 5", b"hello"),
            (CHUNKED, b"0\r\n\r\n"),
            (
                CHUNKED,
                b"5;x=y\r\nhello\r\n1\r\n!\r\n0\r\nTrailer: x\r\nOther: y\r\n\r\n",
            ),
            (CHUNKED, b"1\nx\n0\n\n"),
        ] {
            for size in [1, 2, 1000] {
                let mut skip = BodySkip::new(&head("HTTP/1.1 407 No", &[header])).unwrap();
                let all = [body, b"HTTP/1.1 200"].concat();
                let mut used = 0;
                for piece in all.chunks(size) {
                    used += skip.feed(piece).unwrap();
                }
                assert!(skip.is_over(), "{header} {body:?}");
                assert_eq!(used, body.len(), "{header} {body:?}");
            }
        }
    }

    #[test]
    fn a_body_without_an_end_or_a_bound_is_not_skipped() {
        for headers in [
            &[][..],
            &["Content-Length: x"],
            &["Content-Length: -1"],
            &["Content-Length: 65537"],
        ] {
            assert!(
                BodySkip::new(&head("HTTP/1.1 407 No", headers)).is_none(),
                "{headers:?}"
            );
        }
        for body in [b"x\r\n".to_vec(), [b"20000\r\n", &[b'x'; 70_000][..]].concat()] {
            let mut skip = BodySkip::new(&head("HTTP/1.1 407 No", &[CHUNKED])).unwrap();
            assert_eq!(skip.feed(&body), None);
        }
    }

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
