//! The body of a response that nobody wants, read past so that its connection can be used for another request
//! (RFC 9112 sections 6.3 and 9.3).

use super::chunks::{Chunks, is_chunked};
use super::response::ResponseHead;
use super::text::list_members;

/// A longer body is not worth reading: another connection is cheaper.
const MAX_BODY: u64 = 1024 * 1024;

/// What is to be read before the next response.
#[derive(Debug)]
pub(crate) struct UnreadBody {
    rest: Rest,
    /// bytes that may still be read
    readable: u64,
}

#[derive(Debug)]
enum Rest {
    Length(u64),
    Chunks(Chunks),
}

impl UnreadBody {
    /// Before the first byte behind `head`, the response to a request with `method`. `None` when its connection can't be used
    /// for another request: the server closes it, or it isn't certain where the body ends, or that is too far away.
    pub(crate) fn new(head: &ResponseHead, method: &[u8]) -> Option<UnreadBody> {
        if !is_kept_alive(head) {
            return None;
        }
        let no_body = method == b"HEAD" || matches!(head.status, 100..200 | 204 | 304);
        let rest = match no_body {
            true => Rest::Length(0),
            false => rest(head)?,
        };
        let is_short = !matches!(rest, Rest::Length(length) if length > MAX_BODY);
        is_short.then_some(UnreadBody {
            rest,
            readable: MAX_BODY,
        })
    }

    /// The next byte belongs to another response.
    pub(crate) fn is_over(&self) -> bool {
        match &self.rest {
            Rest::Length(length) => *length == 0,
            Rest::Chunks(chunks) => chunks.is_over(),
        }
    }

    /// Takes bytes from the front of `input`, and returns how many. `None`: the connection can't be used any more.
    pub(crate) fn feed(&mut self, input: &[u8]) -> Option<usize> {
        let mut used = 0;
        while !self.is_over() && used < input.len() {
            let there = &input[used..];
            used += match &mut self.rest {
                Rest::Length(length) => {
                    let count = usize::try_from(*length).unwrap_or(usize::MAX).min(there.len());
                    *length -= count as u64;
                    count
                }
                Rest::Chunks(chunks) => {
                    let (framing, data) = chunks.feed(there);
                    chunks.take(data);
                    if chunks.is_broken() {
                        return None;
                    }
                    framing + data
                }
            };
        }
        self.readable = self.readable.checked_sub(used as u64)?;
        Some(used)
    }
}

/// RFC 9112 section 9.3.
fn is_kept_alive(head: &ResponseHead) -> bool {
    let has = |token: &[u8]| {
        let mut tokens = head.get("Connection").flat_map(list_members);
        tokens.any(|own| own.eq_ignore_ascii_case(token))
    };
    match head.version {
        (1, 0) => has(b"keep-alive") && !has(b"close"),
        _ => !has(b"close"),
    }
}

/// `None` where the length is not said, or said in two ways that another reader may understand differently.
fn rest(head: &ResponseHead) -> Option<Rest> {
    let mut lengths = head.get("Content-Length");
    match (head.get("Transfer-Encoding").count(), lengths.next()) {
        (0, Some(length)) if lengths.all(|other| other == length) => {
            let is_number = length.iter().all(u8::is_ascii_digit);
            let length = str::from_utf8(length).ok().filter(|_| is_number);
            Some(Rest::Length(length?.parse().ok()?))
        }
        (1, None) if is_chunked(head) => Some(Rest::Chunks(Chunks::default())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::response::head;
    use super::*;

    const CHUNKED: &str = "Transfer-Encoding: chunked";

    fn unread(status_line: &str, headers: &[&str]) -> Option<UnreadBody> {
        UnreadBody::new(&head(status_line, headers), b"GET")
    }

    /// How many bytes of `input`, which comes in pieces of `size`, belong to the body. `None` when it is incomplete or broken.
    fn length(headers: &[&str], input: &str, size: usize) -> Option<usize> {
        let mut body = unread("HTTP/1.1 401 No", headers)?;
        let mut used = 0;
        for piece in input.as_bytes().chunks(size) {
            let count = body.feed(piece)?;
            used += count;
            if count < piece.len() {
                break;
            }
        }
        body.is_over().then_some(used)
    }

    #[test]
    fn rfc_9112_section_6_3_the_body_ends_where_its_head_says() {
        let cases: [(&[&str], &str, Option<usize>); 11] = [
            (&["Content-Length: 3"], "abcHTTP", Some(3)),
            (&["Content-Length: 0"], "HTTP", Some(0)),
            (&["Content-Length: 3", "Content-Length: 3"], "abcHTTP", Some(3)),
            (&["Content-Length: 4"], "abc", None),
            (&[CHUNKED], "3\r\nabc\r\n0\r\n\r\nHTTP", Some(13)),
            (&[CHUNKED], "3;x=y\r\nabc\r\n00\r\nA: b\r\nC: d\r\n\r\nHTTP", Some(30)),
            (&[CHUNKED], "1\na\n0\n\nHTTP", Some(7)),
            (&[CHUNKED], "3\r\nabc\r\n0\r\n", None),
            (&[CHUNKED], "0\r\nA: b\r\n", None),
            (&[CHUNKED], "x\r\n", None),
            (
                &["Transfer-Encoding: gzip, chunked"],
                "1\r\na\r\n0\r\n\r\nHTTP",
                Some(11),
            ),
        ];
        for (headers, input, wanted) in cases {
            for size in [1, 2, 3, 100] {
                assert_eq!(length(headers, input, size), wanted, "{headers:?} {input:?} by {size}");
            }
        }
    }

    #[test]
    fn rfc_9112_section_9_3_some_connections_are_not_used_again() {
        const LENGTH: &str = "Content-Length: 1";
        let cases: [(&str, &[&str], bool); 13] = [
            ("HTTP/1.1 401 No", &[LENGTH], true),
            ("HTTP/1.1 401 No", &[LENGTH, "Connection: keep-alive"], true),
            ("HTTP/1.1 401 No", &[LENGTH, "Connection: x, Close"], false),
            ("HTTP/1.0 401 No", &[LENGTH], false),
            ("HTTP/1.0 401 No", &[LENGTH, "Connection: Keep-Alive"], true),
            ("HTTP/1.1 401 No", &[], false),
            ("HTTP/1.1 401 No", &[LENGTH, "Content-Length: 2"], false),
            ("HTTP/1.1 401 No", &[LENGTH, CHUNKED], false),
            ("HTTP/1.1 401 No", &["Transfer-Encoding: gzip"], false),
            ("HTTP/1.1 401 No", &["Content-Length: +1"], false),
            ("HTTP/1.1 401 No", &["Content-Length: "], false),
            ("HTTP/1.1 401 No", &["Content-Length: 1048577"], false),
            ("HTTP/1.1 304 No", &["Content-Length: 1048577"], true),
        ];
        for (status_line, headers, wanted) in cases {
            let unread = unread(status_line, headers);
            assert_eq!(unread.is_some(), wanted, "{status_line} {headers:?}");
        }
        assert!(
            UnreadBody::new(&head("HTTP/1.1 401 No", &["Content-Length: 9"]), b"HEAD")
                .is_some_and(|body| body.is_over())
        );
    }

    #[test]
    fn reading_is_bounded() {
        let mut body = unread("HTTP/1.1 401 No", &[CHUNKED]).unwrap();
        assert_eq!(body.feed(b"fffffff\r\n"), Some(9));
        let piece = vec![b'x'; 1 << 16];
        let taken = (0..).take_while(|_| body.feed(&piece).is_some()).count();
        assert!(taken < 17, "{taken} pieces");
    }
}
