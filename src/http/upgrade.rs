//! A 101 response checked against the request (RFC 6455 sections 4.1 and 4.2.2).

use super::error::ResponseError;
use super::request::SentRequest;
use super::response::ResponseHead;
use super::text::list_members;
use crate::text::quoted;
use crate::ws::handshake::{self, Extension};

/// How much of a header value an error message shows, in characters.
const VALUE_SHOWN: usize = 120;

/// What the server agreed to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Accepted {
    /// The subprotocol it chose of those offered.
    pub protocol: Option<Vec<u8>>,
    /// The extensions it accepted, all of them offered. Their parameters have valid syntax, no more is checked here.
    pub extensions: Vec<Extension>,
}

/// Checks a 101 response against the request.
///
/// # Errors
/// [`ResponseError::NoUpgrade`] with the wrong header, what was wanted and what came. The connection must not be used.
pub(crate) fn verify(head: &ResponseHead, sent: &SentRequest) -> Result<Accepted, ResponseError> {
    if head.version != (1, 1) {
        return Err(ResponseError::NoUpgrade(format!(
            "Upgrade response in HTTP/{}.{}, wanted HTTP/1.1: {}",
            head.version.0,
            head.version.1,
            quoted(head.status_line(), VALUE_SHOWN)
        )));
    }
    check_token(head, "Upgrade", "websocket")?;
    check_token(head, "Connection", "Upgrade")?;
    check_accept(head, &sent.key)?;
    Ok(Accepted {
        protocol: accepted_protocol(head, sent)?,
        extensions: accepted_extensions(head, sent)?,
    })
}

fn check_token(head: &ResponseHead, name: &str, wanted: &str) -> Result<(), ResponseError> {
    let has_token = head
        .get(name)
        .any(|value| list_members(value).any(|token| token.eq_ignore_ascii_case(wanted.as_bytes())));
    if has_token {
        return Ok(());
    }
    Err(mismatch(head, name, &format!("\"{wanted}\"")))
}

fn check_accept(head: &ResponseHead, key: &[u8]) -> Result<(), ResponseError> {
    const NAME: &str = "Sec-WebSocket-Accept";
    let expected = handshake::expected_accept(key);
    let mut values = head.get(NAME);
    if values.next() == Some(&expected[..]) && values.next().is_none() {
        return Ok(());
    }
    Err(mismatch(head, NAME, &quoted(&expected, VALUE_SHOWN)))
}

/// RFC 6455 section 4.1, step 6: none, or exactly one of those offered.
fn accepted_protocol(head: &ResponseHead, sent: &SentRequest) -> Result<Option<Vec<u8>>, ResponseError> {
    const NAME: &str = "Sec-WebSocket-Protocol";
    let mut values = head.get(NAME);
    let Some(chosen) = values.next() else {
        return Ok(None);
    };
    if values.next().is_none() && sent.protocols.iter().any(|offer| offer == chosen) {
        return Ok(Some(chosen.to_vec()));
    }
    Err(mismatch(head, NAME, &one_of(sent.protocols.iter().map(Vec::as_slice))))
}

/// RFC 6455 section 4.1, step 5: only what was offered, no extension more often than it was.
fn accepted_extensions(head: &ResponseHead, sent: &SentRequest) -> Result<Vec<Extension>, ResponseError> {
    const NAME: &str = "Sec-WebSocket-Extensions";
    let mut offers: Vec<&str> = sent.extensions.iter().map(|offer| &offer.name[..]).collect();
    let mut accepted = Vec::new();
    for value in head.get(NAME) {
        let Some(list) = handshake::parse_extensions(value) else {
            return Err(mismatch(head, NAME, "a list of extensions"));
        };
        for extension in list {
            let Some(offer) = offers.iter().position(|offer| *offer == extension.name) else {
                let offers = sent.extensions.iter().map(|offer| offer.name.as_bytes());
                return Err(mismatch(head, NAME, &one_of(offers)));
            };
            offers.swap_remove(offer);
            accepted.push(extension);
        }
    }
    Ok(accepted)
}

fn one_of<'a>(offers: impl Iterator<Item = &'a [u8]>) -> String {
    let offers: Vec<&[u8]> = offers.collect();
    match offers.is_empty() {
        true => "none, as none was offered".to_owned(),
        false => format!(
            "one of those offered, {}",
            quoted(&offers.join(&b", "[..]), VALUE_SHOWN)
        ),
    }
}

fn mismatch(head: &ResponseHead, name: &str, wanted: &str) -> ResponseError {
    let values: Vec<&[u8]> = head.get(name).collect();
    let got = match values.len() {
        0 => "got no such header".to_owned(),
        1 => format!("got {}", quoted(values[0], VALUE_SHOWN)),
        count => format!("got {count} of them, {}", quoted(&values.join(&b", "[..]), VALUE_SHOWN)),
    };
    ResponseError::NoUpgrade(format!("{name} in the upgrade response: wanted {wanted}, {got}"))
}

#[cfg(test)]
mod tests {
    use super::super::response::head;
    use super::*;

    /// A value, or a part of the error message.
    type Wanted<T> = Result<T, &'static str>;

    const KEY: &[u8] = b"dGhlIHNhbXBsZSBub25jZQ==";
    const ACCEPT: &str = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

    fn sent(protocols: &[&str], offers: &str) -> SentRequest {
        SentRequest {
            head: Vec::new(),
            key: KEY.to_vec(),
            protocols: protocols.iter().map(|name| name.as_bytes().to_vec()).collect(),
            extensions: handshake::parse_extensions(offers.as_bytes()).unwrap(),
        }
    }

    /// The result for a 101 with these headers besides the three that every one has.
    fn verified(extra: &[&str], sent: &SentRequest) -> Result<Accepted, ResponseError> {
        let headers = [&["Upgrade: websocket", "Connection: Upgrade", ACCEPT], extra].concat();
        verify(&head("HTTP/1.1 101 Switching Protocols", &headers), sent)
    }

    #[test]
    fn rfc_6455_section_1_3_response() {
        let accepted = verified(&["Sec-WebSocket-Protocol: chat"], &sent(&["chat", "superchat"], "")).unwrap();
        assert_eq!(accepted.protocol.as_deref(), Some(&b"chat"[..]));
        assert!(accepted.extensions.is_empty());
    }

    #[test]
    fn tokens_may_stand_in_lists_and_in_any_case() {
        let cases: [&[&str]; 3] = [
            &["UPGRADE: WebSocket", "connection: upgrade", ACCEPT],
            &["Upgrade: foo, websocket", "Connection: keep-alive,UPGRADE", ACCEPT],
            &[
                "Upgrade: foo",
                "Upgrade: websocket",
                "Connection: a",
                "Connection: upgrade",
                ACCEPT,
            ],
        ];
        for headers in cases {
            let head = head("HTTP/1.1 101 Go", headers);
            assert_eq!(
                verify(&head, &sent(&["chat"], "foo")).unwrap(),
                Accepted::default(),
                "{headers:?}"
            );
        }
    }

    #[test]
    fn a_wrong_handshake_names_the_header_and_both_values() {
        const UPGRADE: &str = "Upgrade: websocket";
        const CONNECTION: &str = "Connection: Upgrade";
        let cases: [(&str, &[&str], &[&str]); 12] = [
            (
                "HTTP/1.0 101 Go",
                &[UPGRADE, CONNECTION, ACCEPT],
                &["HTTP/1.0", "wanted HTTP/1.1"],
            ),
            (
                "HTTP/1.1 101 Go",
                &[CONNECTION, ACCEPT],
                &["Upgrade in", "wanted \"websocket\"", "no such"],
            ),
            (
                "HTTP/1.1 101 Go",
                &["Upgrade: h2c", CONNECTION, ACCEPT],
                &["Upgrade in", "\"websocket\"", "\"h2c\""],
            ),
            (
                "HTTP/1.1 101 Go",
                &["Upgrade: websockets", CONNECTION, ACCEPT],
                &["\"websockets\""],
            ),
            (
                "HTTP/1.1 101 Go",
                &[UPGRADE, ACCEPT],
                &["Connection in", "wanted \"Upgrade\"", "no such"],
            ),
            (
                "HTTP/1.1 101 Go",
                &[UPGRADE, "Connection: close", ACCEPT],
                &["Connection in", "got \"close\""],
            ),
            (
                "HTTP/1.1 101 Go",
                &[UPGRADE, CONNECTION],
                &["Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="],
            ),
            (
                "HTTP/1.1 101 Go",
                &[UPGRADE, CONNECTION, "Sec-WebSocket-Accept: wrong"],
                &[
                    "Sec-WebSocket-Accept",
                    "wanted \"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\"",
                    "got \"wrong\"",
                ],
            ),
            (
                "HTTP/1.1 101 Go",
                &[
                    UPGRADE,
                    CONNECTION,
                    "Sec-WebSocket-Accept: S3PPLMBITXAQ9KYGZZHZRBK+XOO=",
                ],
                &["got \"S3PPLM"],
            ),
            (
                "HTTP/1.1 101 Go",
                &[UPGRADE, CONNECTION, ACCEPT, ACCEPT],
                &["got 2 of them"],
            ),
            (
                "HTTP/1.1 101 Go",
                &[UPGRADE, CONNECTION, ACCEPT, "Sec-WebSocket-Accept: x"],
                &["got 2 of them"],
            ),
            (
                "HTTP/1.1 101 Go",
                &["Upgrade: \u{1b}[31m", CONNECTION, ACCEPT],
                &["got \"?[31m\""],
            ),
        ];
        for (status_line, headers, wanted) in cases {
            let error = verify(&head(status_line, headers), &sent(&[], "")).unwrap_err();
            let text = error.to_string();
            assert_eq!(error, ResponseError::NoUpgrade(text.clone()));
            for part in wanted {
                assert!(text.contains(part), "{part}: {text}");
            }
        }
    }

    #[test]
    fn a_subprotocol_must_be_one_that_was_offered() {
        type Case<'a> = (&'a [&'a str], &'a [&'a str], Wanted<Option<&'a str>>);
        let cases: [Case<'_>; 8] = [
            (&["a", "b"], &[], Ok(None)),
            (&["a", "b"], &["Sec-WebSocket-Protocol: b"], Ok(Some("b"))),
            (
                &["a"],
                &["Sec-WebSocket-Protocol: A"],
                Err("one of those offered, \"a\", got \"A\""),
            ),
            (&["a", "b"], &["Sec-WebSocket-Protocol: c"], Err("\"a, b\", got \"c\"")),
            (&["a", "b"], &["Sec-WebSocket-Protocol: a, b"], Err("got \"a, b\"")),
            (
                &["a"],
                &["Sec-WebSocket-Protocol: a", "Sec-WebSocket-Protocol: a"],
                Err("got 2 of them"),
            ),
            (&["a"], &["Sec-WebSocket-Protocol:"], Err("got \"\"")),
            (
                &[],
                &["Sec-WebSocket-Protocol: a"],
                Err("wanted none, as none was offered, got \"a\""),
            ),
        ];
        for (offers, extra, wanted) in cases {
            match (verified(extra, &sent(offers, "")), wanted) {
                (Ok(accepted), Ok(protocol)) => assert_eq!(accepted.protocol.as_deref(), protocol.map(str::as_bytes)),
                (Err(error), Err(wanted)) => assert!(error.to_string().contains(wanted), "{error}"),
                (got, wanted) => panic!("{got:?} for {wanted:?}"),
            }
        }
    }

    #[test]
    fn extensions_must_have_been_offered() {
        let cases: [(&str, &[&str], Wanted<usize>); 10] = [
            ("a, b", &[], Ok(0)),
            ("a, b", &["Sec-WebSocket-Extensions: b; x=1"], Ok(1)),
            (
                "a, b",
                &["Sec-WebSocket-Extensions: a", "Sec-WebSocket-Extensions: b"],
                Ok(2),
            ),
            ("a; x, a", &["Sec-WebSocket-Extensions: a"], Ok(1)),
            ("a", &["Sec-WebSocket-Extensions: "], Ok(0)),
            (
                "a",
                &["Sec-WebSocket-Extensions: a, a"],
                Err("one of those offered, \"a\", got \"a, a\""),
            ),
            ("a", &["Sec-WebSocket-Extensions: c"], Err("\"a\", got \"c\"")),
            ("a", &["Sec-WebSocket-Extensions: A"], Err("got \"A\"")),
            (
                "a",
                &["Sec-WebSocket-Extensions: a;"],
                Err("wanted a list of extensions, got \"a;\""),
            ),
            ("", &["Sec-WebSocket-Extensions: a"], Err("none was offered")),
        ];
        for (offers, extra, wanted) in cases {
            match (verified(extra, &sent(&[], offers)), wanted) {
                (Ok(accepted), Ok(count)) => assert_eq!(accepted.extensions.len(), count),
                (Err(error), Err(wanted)) => assert!(error.to_string().contains(wanted), "{error}"),
                (got, wanted) => panic!("{got:?} for {wanted:?}"),
            }
        }
    }
}
