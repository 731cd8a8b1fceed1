//! Tests of the request of the opening handshake.

use super::*;

fn spec<'a>(custom: &'a [Vec<u8>]) -> RequestSpec<'a> {
    RequestSpec {
        method: b"GET",
        target: b"/chat?x",
        host: b"server.example.com",
        authorization: None,
        user_agent: b"",
        te: false,
        accept_encoding: None,
        referer: None,
        cookies: b"",
        cookie: None,
        custom,
        key: b"dGhlIHNhbXBsZSBub25jZQ==",
        extensions: None,
    }
}

fn lines(list: &[&str]) -> Vec<Vec<u8>> {
    list.iter().map(|line| line.as_bytes().to_vec()).collect()
}

/// The headers sent with these custom lines, without those that every case has alike.
fn sent(custom: &[&str]) -> Vec<String> {
    let custom = lines(custom);
    let sent = write(&spec(&custom)).unwrap();
    let text = String::from_utf8(sent.head).unwrap();
    let head = text.strip_suffix("\r\n\r\n").unwrap();
    head.split("\r\n").skip(1).map(str::to_owned).collect()
}

#[test]
fn all_headers_in_libcurls_order() {
    let custom = lines(&["X-One: 1", "Connection: keep-alive", "X-Two:2"]);
    let spec = RequestSpec {
        authorization: Some(b"Basic dTpw"),
        user_agent: b"agent/1",
        te: true,
        accept_encoding: Some(b"br"),
        referer: Some(b"http://from/"),
        cookie: Some(b"a=b"),
        ..spec(&custom)
    };
    let wanted = "GET /chat?x HTTP/1.1\r\n\
        Host: server.example.com\r\n\
        Authorization: Basic dTpw\r\n\
        User-Agent: agent/1\r\n\
        Accept: */*\r\n\
        TE: gzip\r\n\
        Accept-Encoding: br\r\n\
        Referer: http://from/\r\n\
        Upgrade: websocket\r\n\
        Sec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        Cookie: a=b\r\n\
        X-One: 1\r\n\
        X-Two:2\r\n\
        Connection: keep-alive, TE, Upgrade\r\n\r\n";
    assert_eq!(String::from_utf8(write(&spec).unwrap().head).unwrap(), wanted);
}

#[test]
fn custom_headers_replace_remove_and_empty_ours() {
    const HOST: &str = "Host: server.example.com";
    const ACCEPT: &str = "Accept: */*";
    const UPGRADE: &str = "Upgrade: websocket";
    const VERSION: &str = "Sec-WebSocket-Version: 13";
    const KEY: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
    const CONNECTION: &str = "Connection: Upgrade";
    let cases: [(&[&str], &[&str]); 18] = [
        (&[], &[HOST, ACCEPT, UPGRADE, VERSION, KEY, CONNECTION]),
        (
            &["aCCept: text/plain"],
            &[HOST, UPGRADE, VERSION, KEY, "aCCept: text/plain", CONNECTION],
        ),
        (&["Accept:"], &[HOST, UPGRADE, VERSION, KEY, CONNECTION]),
        (&["Accept: \t"], &[HOST, UPGRADE, VERSION, KEY, CONNECTION]),
        (&["Accept;"], &[HOST, UPGRADE, VERSION, KEY, "Accept:", CONNECTION]),
        (
            &["X-Empty;"],
            &[HOST, ACCEPT, UPGRADE, VERSION, KEY, "X-Empty:", CONNECTION],
        ),
        (&["X-Empty:"], &[HOST, ACCEPT, UPGRADE, VERSION, KEY, CONNECTION]),
        (
            &["no colon", "", ":", ": x", ";", "a;b;"],
            &[HOST, ACCEPT, UPGRADE, VERSION, KEY, CONNECTION],
        ),
        (
            &["A;b: c"],
            &[HOST, ACCEPT, UPGRADE, VERSION, KEY, "A;b: c", CONNECTION],
        ),
        (
            &["Host: other"],
            &["Host: other", ACCEPT, UPGRADE, VERSION, KEY, CONNECTION],
        ),
        (
            &["host:other:1", "Host: x"],
            &["Host:other:1", ACCEPT, UPGRADE, VERSION, KEY, CONNECTION],
        ),
        (&["Host:"], &[ACCEPT, UPGRADE, VERSION, KEY, CONNECTION]),
        (&["Host;"], &["Host:", ACCEPT, UPGRADE, VERSION, KEY, CONNECTION]),
        (&["Connection:"], &[HOST, ACCEPT, UPGRADE, VERSION, KEY, CONNECTION]),
        (&["Connection;"], &[HOST, ACCEPT, UPGRADE, VERSION, KEY, CONNECTION]),
        (
            &["Connection: a", "X: y", "connection: b"],
            &[
                HOST,
                ACCEPT,
                UPGRADE,
                VERSION,
                KEY,
                "X: y",
                "Connection: a, Upgrade",
                "connection: b",
            ],
        ),
        (
            &["Upgrade: other", "Sec-WebSocket-Version: 8", "Sec-WebSocket-Key: mine"],
            &[
                HOST,
                ACCEPT,
                "Upgrade: other",
                "Sec-WebSocket-Version: 8",
                "Sec-WebSocket-Key: mine",
                CONNECTION,
            ],
        ),
        (
            &["Upgrade:", "Sec-WebSocket-Key:"],
            &[HOST, ACCEPT, VERSION, CONNECTION],
        ),
    ];
    for (custom, wanted) in cases {
        assert_eq!(sent(custom), wanted, "{custom:?}");
    }
}

#[test]
fn application_headers_win_over_options() {
    let custom = lines(&[
        "Cookie: mine",
        "Authorization: mine",
        "User-Agent: mine",
        "Referer: mine",
    ]);
    let spec = RequestSpec {
        authorization: Some(b"option"),
        user_agent: b"option",
        referer: Some(b"option"),
        cookie: Some(b"option"),
        ..spec(&custom)
    };
    let head = String::from_utf8(write(&spec).unwrap().head).unwrap();
    assert!(!head.contains("option"), "{head}");
    assert_eq!(head.matches("mine").count(), 4);
}

#[test]
fn an_empty_user_agent_is_not_sent() {
    let spec = RequestSpec {
        user_agent: b"",
        ..spec(&[])
    };
    assert!(
        !String::from_utf8(write(&spec).unwrap().head)
            .unwrap()
            .contains("User-Agent")
    );
}

#[test]
fn the_key_and_the_offers_are_those_sent() {
    let custom = lines(&[
        "Sec-WebSocket-Key:  mine ",
        "Sec-WebSocket-Protocol: chat, superchat",
        "sec-websocket-protocol: third",
        "Sec-WebSocket-Extensions: foo; a=1, bar",
        "Sec-WebSocket-Extensions: broken broken",
    ]);
    let sent = write(&spec(&custom)).unwrap();
    assert_eq!(sent.key, b"mine");
    assert_eq!(sent.protocols, lines(&["chat", "superchat", "third"]));
    let names: Vec<&str> = sent.extensions.iter().map(|offer| &offer.name[..]).collect();
    assert_eq!(names, ["foo", "bar"]);

    let plain = write(&spec(&[])).unwrap();
    assert_eq!(plain.key, b"dGhlIHNhbXBsZSBub25jZQ==");
    assert!(plain.protocols.is_empty() && plain.extensions.is_empty());
    let removed = lines(&["Sec-WebSocket-Key:"]);
    assert_eq!(write(&spec(&removed)).unwrap().key, b"");
    let replaced = lines(&["Sec-WebSocket-Key:", "sec-websocket-key: mine"]);
    assert_eq!(write(&spec(&replaced)).unwrap().key, b"mine");
}

#[test]
fn our_offer_of_extensions_gives_way_to_the_applications() {
    let names = |custom: &[&str]| -> (Vec<String>, bool) {
        let custom = lines(custom);
        let spec = RequestSpec {
            extensions: Some("ours; a"),
            ..spec(&custom)
        };
        let sent = write(&spec).unwrap();
        let head = String::from_utf8(sent.head).unwrap();
        (
            sent.extensions.into_iter().map(|offer| offer.name).collect(),
            head.contains("Sec-WebSocket-Extensions: ours; a\r\n"),
        )
    };
    assert_eq!(names(&[]), (vec!["ours".to_owned()], true));
    let theirs = ["Sec-WebSocket-Extensions: theirs"];
    assert_eq!(names(&theirs), (vec!["theirs".to_owned()], false));
    assert_eq!(names(&["Sec-WebSocket-Extensions:"]), (vec![], false));
}

#[test]
fn line_breaks_are_refused_everywhere() {
    let bad: &[u8] = b"a\r\nX: y";
    let bad_lines = lines(&["A: b\nC: d"]);
    let cases = [
        (
            "method",
            RequestSpec {
                method: bad,
                ..spec(&[])
            },
        ),
        (
            "target",
            RequestSpec {
                target: b"/\n",
                ..spec(&[])
            },
        ),
        (
            "host",
            RequestSpec {
                host: b"h\r",
                ..spec(&[])
            },
        ),
        (
            "Authorization",
            RequestSpec {
                authorization: Some(bad),
                ..spec(&[])
            },
        ),
        (
            "User-Agent",
            RequestSpec {
                user_agent: bad,
                ..spec(&[])
            },
        ),
        (
            "Referer",
            RequestSpec {
                referer: Some(bad),
                ..spec(&[])
            },
        ),
        (
            "Cookie",
            RequestSpec {
                cookie: Some(bad),
                ..spec(&[])
            },
        ),
        ("\"A\"", spec(&bad_lines)),
    ];
    for (wanted, spec) in cases {
        let error = write(&spec).unwrap_err();
        assert!(
            matches!(&error, RequestError::Invalid(text) if text.contains(wanted)),
            "{error}"
        );
    }
}

#[test]
fn the_engines_cookies_come_first_and_stay_beside_the_applications_own() {
    for (cookies, option, custom, expected) in [
        ("a=1", None, None, vec!["Cookie: a=1"]),
        ("a=1; b=2", Some("c=3"), None, vec!["Cookie: a=1; b=2; c=3"]),
        ("", Some("c=3"), None, vec!["Cookie: c=3"]),
        ("", None, None, vec![]),
        (
            "a=1",
            Some("c=3"),
            Some("Cookie: d=4"),
            vec!["Cookie: a=1", "Cookie: d=4"],
        ),
        ("a=1", Some("c=3"), Some("cookie:"), vec!["Cookie: a=1"]),
        ("", Some("c=3"), Some("cookie:"), vec![]),
    ] {
        let custom = lines(custom.as_slice());
        let spec = RequestSpec {
            cookies: cookies.as_bytes(),
            cookie: option.map(str::as_bytes),
            ..spec(&custom)
        };
        let head = String::from_utf8(write(&spec).unwrap().head).unwrap();
        let sent: Vec<&str> = head.lines().filter(|line| line.starts_with("Cookie")).collect();
        assert_eq!(sent, expected);
    }
}

#[test]
fn host_of_the_application() {
    for (line, host) in [
        ("Host: other.example", Some("other.example")),
        ("host:other.example:81", Some("other.example")),
        ("Host: [::1]:81", Some("::1")),
        ("Host:", None),
        ("Host;", None),
        ("X: y", None),
    ] {
        let lines = lines(&[line]);
        assert_eq!(custom_host(&lines), host.map(str::as_bytes), "{line}");
    }
}

#[test]
fn a_head_over_a_mebibyte_is_too_large() {
    let custom = vec![[b"X: ", &vec![b'y'; MAX_HEAD][..]].concat()];
    assert!(matches!(write(&spec(&custom)), Err(RequestError::TooLarge(_))));
}
