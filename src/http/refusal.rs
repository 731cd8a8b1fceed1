//! The error message for a response that is no upgrade.

use super::auth::Challenge;
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

/// The authentication schemes in the challenges of a 401 or 407, which are in `header`.
pub(crate) fn schemes(head: &ResponseHead, header: &str) -> Vec<String> {
    let mut schemes = Vec::new();
    for challenge in head.get(header).flat_map(Challenge::parse_list) {
        let scheme = String::from_utf8_lossy(challenge.scheme()).into_owned();
        if !schemes.contains(&scheme) {
            schemes.push(scheme);
        }
    }
    schemes
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
            (&["WWW-Authenticate: \u{1b}[31m, Basic"], "by Basic ("),
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
