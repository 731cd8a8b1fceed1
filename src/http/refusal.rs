//! The error message for a response that is no upgrade.

use super::body::BodyStart;
use super::response::ResponseHead;
use crate::text::{printable, quoted};

/// How many characters of the status line and of a header value are shown.
const SHOWN: usize = 120;

/// The message: status line, what the server wants in place of this request, and the start of the body.
pub(crate) fn describe(head: &ResponseHead, body: &BodyStart) -> String {
    let mut text = format!(
        "Refused WebSocket upgrade: {} ({})",
        head.status,
        printable(head.status_line(), SHOWN)
    );
    if let Some(hint) = hint(head) {
        text.push_str("; ");
        text.push_str(&hint);
    }
    let body = body.shown();
    if !body.is_empty() {
        text.push_str(": ");
        text.push_str(&body);
    }
    text
}

fn hint(head: &ResponseHead) -> Option<String> {
    match head.status {
        300..=399 => {
            let location = head.get("Location").next()?;
            Some(format!(
                "redirected to {}, which is not followed",
                quoted(location, SHOWN)
            ))
        }
        401 => {
            let schemes = schemes(head, "WWW-Authenticate");
            (!schemes.is_empty()).then(|| {
                let schemes = printable(schemes.join(", ").as_bytes(), SHOWN);
                format!("the server offers authentication by {schemes} (WWW-Authenticate)")
            })
        }
        // RFC 6455 section 4.4
        _ => {
            let versions: Vec<&[u8]> = head.get("Sec-WebSocket-Version").collect();
            (!versions.is_empty()).then(|| {
                let versions = printable(&versions.join(&b", "[..]), SHOWN);
                format!("the server wants Sec-WebSocket-Version {versions}")
            })
        }
    }
}

/// The authentication schemes in the challenges of a 401 or 407 (RFC 9110 section 11.6.1), which are in `header`. Commas separate challenges and also their
/// parameters: a scheme is a word that stands alone or before a blank.
pub(crate) fn schemes(head: &ResponseHead, header: &str) -> Vec<String> {
    let mut schemes = Vec::new();
    for part in head.get(header).flat_map(unquoted_parts) {
        let word = part.split(|byte| byte.is_ascii_whitespace()).next().unwrap_or_default();
        let word = String::from_utf8_lossy(word).into_owned();
        if !word.is_empty() && !word.contains('=') && !schemes.contains(&word) {
            schemes.push(word);
        }
    }
    schemes
}

/// What lies between the commas outside of quoted strings, without blanks in front.
fn unquoted_parts(value: &[u8]) -> Vec<&[u8]> {
    let mut quoted = false;
    let mut escaped = false;
    value
        .split(|&byte| {
            quoted ^= byte == b'"' && !escaped;
            escaped = quoted && !escaped && byte == b'\\';
            byte == b',' && !quoted
        })
        .map(<[u8]>::trim_ascii_start)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::response::head;
    use super::*;

    fn described(status_line: &str, headers: &[&str], body: &str) -> String {
        let head = head(status_line, headers);
        let mut start = BodyStart::new(&head);
        start.feed(body.as_bytes());
        describe(&head, &start)
    }

    #[test]
    fn status_and_text() {
        assert_eq!(
            described("HTTP/1.1 403 Forbidden", &["Content-Type: text/plain"], "No ticket"),
            "Refused WebSocket upgrade: 403 (HTTP/1.1 403 Forbidden): No ticket"
        );
        assert_eq!(
            described("HTTP/1.1 404 Not\u{7} Found", &[], ""),
            "Refused WebSocket upgrade: 404 (HTTP/1.1 404 Not? Found)"
        );
    }

    #[test]
    fn a_redirect_names_its_location() {
        let text = described(
            "HTTP/1.1 301 Moved Permanently",
            &["Location: https://example.test/chat"],
            "",
        );
        assert_eq!(
            text,
            "Refused WebSocket upgrade: 301 (HTTP/1.1 301 Moved Permanently); \
             redirected to \"https://example.test/chat\", which is not followed"
        );
        assert!(described("HTTP/1.1 302 Found", &[], "").ends_with("(HTTP/1.1 302 Found)"));
    }

    #[test]
    fn a_401_names_the_schemes() {
        let cases: [(&[&str], &str); 6] = [
            (&["WWW-Authenticate: Basic realm=\"a, Digest b\""], "by Basic ("),
            (
                &["WWW-Authenticate: Digest realm=\"a\\\", x\", nonce=b, Basic realm=c"],
                "by Digest, Basic (",
            ),
            (
                &["WWW-Authenticate: Negotiate", "WWW-Authenticate: NTLM"],
                "by Negotiate, NTLM (",
            ),
            (&["WWW-Authenticate: Negotiate abc==, Bearer"], "by Negotiate, Bearer ("),
            (&["WWW-Authenticate: Basic realm=a, Basic realm=b"], "by Basic ("),
            (&["WWW-Authenticate: \u{1b}[31m"], "by ?[31m ("),
        ];
        for (headers, wanted) in cases {
            let text = described("HTTP/1.1 401 Unauthorized", headers, "");
            assert!(text.contains(wanted), "{headers:?}: {text}");
        }
        assert!(described("HTTP/1.1 401 No", &[], "").ends_with("(HTTP/1.1 401 No)"));
    }

    #[test]
    fn a_426_names_the_version() {
        let text = described(
            "HTTP/1.1 426 Upgrade Required",
            &["Sec-WebSocket-Version: 8", "Sec-WebSocket-Version: 7"],
            "",
        );
        assert!(
            text.ends_with("; the server wants Sec-WebSocket-Version 8, 7"),
            "{text}"
        );
        let text = described("HTTP/1.1 400 Bad Request", &["Sec-WebSocket-Version: 14"], "");
        assert!(text.ends_with("Sec-WebSocket-Version 14"), "{text}");
    }
}
