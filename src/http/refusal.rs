//! A response that is no upgrade, as an error message with the start of its body.

use memchr::memchr;

use super::response::ResponseHead;
use super::text::{list_members, trim_blanks};
use crate::error::Error;
use crate::text::printable;
use crate::types::codes::CURLcode;

/// How much of the body is read, in bytes.
const BODY_START: usize = 256;
/// How much of the status line and of the body the message shows, in characters.
const SHOWN: usize = 120;

/// The error for a response that is no 101. `body_start` is what has been read of its body, see [`body_hint`]; it becomes
/// part of the message if it is text.
pub(crate) fn refusal(head: &ResponseHead, body_start: &[u8]) -> Error {
    let mut message = format!(
        "Refused WebSocket upgrade: {} ({})",
        head.status,
        printable(head.status_line(), SHOWN)
    );
    let text = readable_body(head, body_start);
    if !text.is_empty() {
        message.push_str(": ");
        message.push_str(&text);
    }
    Error::new(CURLcode::CURLE_HTTP_RETURNED_ERROR, message)
}

/// How many bytes of the body to wait for, 0 to 256. Fewer may come: the response to a HEAD request has no body whatever
/// its headers say, and a body without a length ends with the stream.
pub(crate) fn body_hint(head: &ResponseHead) -> usize {
    if matches!(head.status, 100..200 | 204 | 304) || !has_text_body(head) {
        return 0;
    }
    if is_chunked(head) {
        return BODY_START;
    }
    match head.get("Content-Length").next() {
        Some(length) => str::from_utf8(length)
            .ok()
            .and_then(|length| length.parse().ok())
            .map_or(BODY_START, |length: usize| length.min(BODY_START)),
        None => BODY_START,
    }
}

fn readable_body(head: &ResponseHead, body: &[u8]) -> String {
    if !has_text_body(head) {
        return String::new();
    }
    let text = if is_chunked(head) { first_chunk(body) } else { body };
    printable(text, SHOWN)
}

/// What is there of the first chunk (RFC 9112 section 7.1). It is enough for a message: servers send short texts in one.
fn first_chunk(body: &[u8]) -> &[u8] {
    let Some(line_end) = memchr(b'\n', body) else {
        return b"";
    };
    let digits = body.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let size = str::from_utf8(&body[..digits]).map(|digits| usize::from_str_radix(digits, 16));
    let Ok(Ok(size)) = size else {
        return b"";
    };
    let rest = &body[line_end + 1..];
    &rest[..rest.len().min(size)]
}

fn is_chunked(head: &ResponseHead) -> bool {
    head.get("Transfer-Encoding")
        .flat_map(list_members)
        .any(|coding| coding.eq_ignore_ascii_case(b"chunked"))
}

/// Whether a person could read the body: a text type, not compressed.
fn has_text_body(head: &ResponseHead) -> bool {
    let other_than = |header, plain: &'static [u8]| {
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
    fn a_refusal_shows_status_and_text() {
        let long = "x".repeat(200);
        let cases: [(&[&str], &str, &str); 12] = [
            (&[], "ignored", ""),
            (&["Content-Type: text/plain"], "", ""),
            (
                &["Content-Type: text/plain; charset=utf-8"],
                "No such\r\n room\n",
                ": No such room",
            ),
            (
                &["Content-Type: Application/JSON"],
                "{\"error\": 1}",
                ": {\"error\": 1}",
            ),
            (&["Content-Type: application/problem+json"], "{}", ": {}"),
            (&["Content-Type: application/octet-stream"], "abc", ""),
            (&["Content-Type: text/plain", "Content-Encoding: gzip"], "abc", ""),
            (
                &["Content-Type: text/plain", "Transfer-Encoding: gzip, chunked"],
                "3\r\nabc\r\n",
                "",
            ),
            (&["Content-Type: text/plain"], "\u{1b}]0;evil\u{7}", ": ?]0;evil?"),
            (
                &["Content-Type: text/plain", "Transfer-Encoding: chunked"],
                "3\r\nabc\r\n0\r\n\r\n",
                ": abc",
            ),
            (
                &["Content-Type: text/plain", "Transfer-Encoding: chunked"],
                "zz\r\nabc",
                "",
            ),
            (&["Content-Type: text/plain"], &long, &format!(": {}...", &long[..120])),
        ];
        for (headers, body, wanted) in cases {
            let error = refusal(&head("HTTP/1.1 403 Forbidden", headers), body.as_bytes());
            assert_eq!(error.code(), CURLcode::CURLE_HTTP_RETURNED_ERROR);
            assert_eq!(
                error.message(),
                format!("Refused WebSocket upgrade: 403 (HTTP/1.1 403 Forbidden){wanted}")
            );
        }
    }

    #[test]
    fn only_text_bodies_are_waited_for() {
        let cases: [(&str, &[&str], usize); 9] = [
            ("HTTP/1.1 403 No", &[], 0),
            ("HTTP/1.1 403 No", &["Content-Length: 10"], 0),
            (
                "HTTP/1.1 403 No",
                &["Content-Length: 10", "Content-Type: text/plain"],
                10,
            ),
            ("HTTP/1.1 403 No", &["Content-Length: 0", "Content-Type: text/plain"], 0),
            (
                "HTTP/1.1 403 No",
                &["Content-Length: 99999", "Content-Type: text/html"],
                256,
            ),
            (
                "HTTP/1.1 403 No",
                &["Content-Length: 99999999999999999999999", "Content-Type: text/html"],
                256,
            ),
            ("HTTP/1.1 403 No", &["Content-Type: text/html"], 256),
            (
                "HTTP/1.1 403 No",
                &[
                    "Transfer-Encoding: chunked",
                    "Content-Length: 1",
                    "Content-Type: text/html",
                ],
                256,
            ),
            ("HTTP/1.1 204 No", &["Content-Type: text/html"], 0),
        ];
        for (status_line, headers, wanted) in cases {
            assert_eq!(body_hint(&head(status_line, headers)), wanted, "{headers:?}");
        }
    }
}
