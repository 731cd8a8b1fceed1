//! URL handles: whole URLs, parts, references. ctests/test_url.py compares many more with libcurl.

use super::flags::Flags;
use super::parts::Parts;
use crate::types::codes::CURLUcode::{self, *};
use crate::types::url::CURLUPart::{self, *};
use crate::types::url::*;

fn set(parts: &mut Parts, what: CURLUPart, text: &str, flags: i32) -> Result<(), CURLUcode> {
    parts
        .set(what, text.as_bytes(), Flags::one(flags))
        .map_err(|error| error.code())
}

fn get(parts: &Parts, what: CURLUPart, flags: i32) -> Result<String, CURLUcode> {
    let part = parts.get(what, Flags::one(flags)).map_err(|error| error.code())?;
    Ok(String::from_utf8(part).unwrap())
}

fn url(text: &str) -> Parts {
    let mut parts = Parts::default();
    set(&mut parts, CURLUPART_URL, text, 0).unwrap();
    parts
}

#[test]
fn urls_are_read_as_libcurl_reads_them() {
    let cases = [
        ("http://example.com", 0, Ok("http://example.com/")),
        (
            "HTTP://User:Pass@Example.COM:080/a/../b?q#f",
            0,
            Ok("http://User:Pass@Example.COM:80/b?q#f"),
        ),
        ("example.com", 0, Err(CURLUE_BAD_SCHEME)),
        ("example.com", CURLU_DEFAULT_SCHEME, Ok("https://example.com/")),
        ("example.com:80", CURLU_GUESS_SCHEME, Ok("http://example.com:80/")),
        ("ftp.example.com/x", CURLU_GUESS_SCHEME, Ok("ftp://ftp.example.com/x")),
        ("IMAP.example.com", CURLU_GUESS_SCHEME, Ok("imap://IMAP.example.com/")),
        ("localhost:x", CURLU_GUESS_SCHEME, Err(CURLUE_BAD_PORT_NUMBER)),
        ("mailto:me@example.com", 0, Err(CURLUE_UNSUPPORTED_SCHEME)),
        (
            "mailto:me@example.com",
            CURLU_NON_SUPPORT_SCHEME,
            Err(CURLUE_BAD_SLASHES),
        ),
        ("custom://host/path", CURLU_NON_SUPPORT_SCHEME, Ok("custom://host/path")),
        ("custom://host/path", 0, Err(CURLUE_UNSUPPORTED_SCHEME)),
        ("http:/host", 0, Ok("http://host/")),
        ("http:///host", 0, Ok("http://host/")),
        ("http:////host", 0, Err(CURLUE_BAD_SLASHES)),
        ("http:host", 0, Err(CURLUE_BAD_SLASHES)),
        ("http://", 0, Err(CURLUE_NO_HOST)),
        ("http://", CURLU_NO_AUTHORITY, Ok("http:///")),
        (
            "custom:////path",
            CURLU_NO_AUTHORITY | CURLU_NON_SUPPORT_SCHEME,
            Ok("custom:////path"),
        ),
        ("http://u@host", CURLU_DISALLOW_USER, Err(CURLUE_USER_NOT_ALLOWED)),
        ("http://h/a b", 0, Err(CURLUE_MALFORMED_INPUT)),
        ("http://h/a b", CURLU_ALLOW_SPACE, Ok("http://h/a b")),
        (
            "http://h/a b?c d",
            CURLU_ALLOW_SPACE | CURLU_URLENCODE,
            Ok("http://h/a%20b?c+d"),
        ),
        ("http://h/%c3%a4?%7e", CURLU_URLENCODE, Ok("http://h/%C3%A4?%7E")),
        ("http://h/./a/../b", CURLU_PATH_AS_IS, Ok("http://h/./a/../b")),
        ("http://h:65536", 0, Err(CURLUE_BAD_PORT_NUMBER)),
        ("http://h:", 0, Ok("http://h/")),
        ("http://h:8\\", 0, Err(CURLUE_BACKSLASH)),
        ("http://0x7f.1", 0, Ok("http://127.0.0.1/")),
        ("http://1.2.3.4.5", 0, Ok("http://1.2.3.4.5/")),
        ("http://[::1]:1", 0, Ok("http://[::1]:1/")),
        ("http://[fe80::1%25eth0]", 0, Ok("http://[fe80::1%25eth0]/")),
        ("http://[::1", 0, Err(CURLUE_BAD_IPV6)),
        ("http://a%20b", 0, Err(CURLUE_BAD_HOSTNAME)),
        ("http://a..", 0, Err(CURLUE_BAD_HOSTNAME)),
        ("imap://u;o:p@h", 0, Ok("imap://u:p;o@h/")),
        ("http://u;o:p@h", 0, Ok("http://u;o:p@h/")),
        ("file:///a/../b", 0, Ok("file:///b")),
        ("file://localhost/x", 0, Ok("file:///x")),
        ("file://other/x", 0, Err(CURLUE_BAD_FILE_URL)),
        ("file:x", 0, Err(CURLUE_BAD_FILE_URL)),
        ("file:///c:/x", 0, Err(CURLUE_BAD_FILE_URL)),
    ];
    for (text, flags, wanted) in cases {
        let mut parts = Parts::default();
        let read = set(&mut parts, CURLUPART_URL, text, flags);
        let whole = read.and_then(|()| get(&parts, CURLUPART_URL, CURLU_GET_EMPTY));
        assert_eq!(
            whole.as_deref(),
            wanted.as_ref().map(|wanted: &&str| *wanted),
            "{text} {flags:#x}"
        );
    }
}

#[test]
fn a_part_that_is_refused_changes_nothing() {
    let mut parts = url("http://u:p@[fe80::1%25eth0]:1/a?b#c");
    let before = parts.clone();
    let cases = [
        (CURLUPART_SCHEME, "nonsense", CURLUE_UNSUPPORTED_SCHEME),
        (CURLUPART_SCHEME, "", CURLUE_BAD_SCHEME),
        (CURLUPART_HOST, "a b", CURLUE_BAD_HOSTNAME),
        (CURLUPART_HOST, "[::1%25]", CURLUE_BAD_HOSTNAME),
        (CURLUPART_HOST, "", CURLUE_BAD_HOSTNAME),
        (CURLUPART_PORT, "1x", CURLUE_BAD_PORT_NUMBER),
        (CURLUPART_URL, "http://h:x", CURLUE_BAD_PORT_NUMBER),
        (CURLUPART_URL, "//a b", CURLUE_MALFORMED_INPUT),
    ];
    for (part, text, code) in cases {
        assert_eq!(set(&mut parts, part, text, 0), Err(code), "{text}");
        assert_eq!(parts, before, "{text}");
    }
}

#[test]
fn a_reference_is_resolved_against_the_url_that_is_there() {
    let cases = [
        ("d?e f", "http://u@h:1/a/d?e+f"),
        ("../x#\u{e4}", "http://u@h:1/x#%C3%A4"),
        ("//other/x y", "http://other/x%20y"),
        ("#", "http://u@h:1/a/b?c#"),
        ("", "http://u@h:1/a/b?c"),
        ("ws://h", "ws://h/"),
    ];
    for (reference, wanted) in cases {
        let mut parts = url("http://u@h:1/a/b?c#d");
        set(&mut parts, CURLUPART_URL, reference, CURLU_ALLOW_SPACE).unwrap();
        assert_eq!(
            get(&parts, CURLUPART_URL, CURLU_GET_EMPTY).as_deref(),
            Ok(wanted),
            "{reference}"
        );
    }
}

#[test]
fn ports_of_schemes_are_known() {
    let parts = url("wss://h");
    assert_eq!(get(&parts, CURLUPART_PORT, 0), Err(CURLUE_NO_PORT));
    assert_eq!(get(&parts, CURLUPART_PORT, CURLU_DEFAULT_PORT).as_deref(), Ok("443"));
    assert_eq!(
        get(&parts, CURLUPART_URL, CURLU_DEFAULT_PORT).as_deref(),
        Ok("wss://h:443/")
    );
    let parts = url("http://h:80");
    assert_eq!(get(&parts, CURLUPART_PORT, CURLU_NO_DEFAULT_PORT), Err(CURLUE_NO_PORT));
    assert_eq!(
        get(&parts, CURLUPART_URL, CURLU_NO_DEFAULT_PORT).as_deref(),
        Ok("http://h/")
    );
}

#[test]
fn a_guessed_scheme_can_be_left_out() {
    let mut parts = Parts::default();
    set(&mut parts, CURLUPART_URL, "h/x", CURLU_GUESS_SCHEME).unwrap();
    assert_eq!(get(&parts, CURLUPART_URL, 0).as_deref(), Ok("http://h/x"));
    assert_eq!(get(&parts, CURLUPART_URL, CURLU_NO_GUESS_SCHEME).as_deref(), Ok("h/x"));
    assert_eq!(
        get(&parts, CURLUPART_SCHEME, CURLU_NO_GUESS_SCHEME),
        Err(CURLUE_NO_SCHEME)
    );
}

#[test]
fn queries_grow_pair_by_pair() {
    let mut parts = url("http://h");
    let flags = CURLU_APPENDQUERY | CURLU_URLENCODE;
    set(&mut parts, CURLUPART_QUERY, "a b=c=d", flags).unwrap();
    set(&mut parts, CURLUPART_QUERY, "", flags).unwrap();
    set(&mut parts, CURLUPART_QUERY, "e&f", flags).unwrap();
    assert_eq!(get(&parts, CURLUPART_QUERY, 0).as_deref(), Ok("a+b=c%3Dd&e%26f"));
    assert_eq!(
        get(&parts, CURLUPART_QUERY, CURLU_URLDECODE).as_deref(),
        Ok("a b=c=d&e&f")
    );
}
