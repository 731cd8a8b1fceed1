use super::jar::Stored;
use super::*;

const NOW: i64 = 1_700_000_000;

const LIST: &str = "// a comment\n\ncom\nuk\nco.uk\n*.ck\n!www.ck\ncn\n\u{516c}\u{53f8}.cn\ngithub.io \n";

fn list() -> PublicSuffixes {
    PublicSuffixes::new(LIST.into()).unwrap()
}

fn origin(url: &str) -> Origin {
    let (scheme, rest) = url.split_once("://").unwrap();
    let slash = rest.find('/').unwrap();
    let (host, path) = rest.as_bytes().split_at(slash);
    Origin::new(host, path, scheme == "wss")
}

/// Takes a header that `url` has sent.
fn receive(jar: &mut Jar, url: &str, header: &str) -> Result<Stored, CookieError> {
    jar.receive(header.as_bytes(), &origin(url), Some(&list()), NOW)
}

fn sent(jar: &mut Jar, url: &str) -> String {
    String::from_utf8(jar.sent_to(&origin(url), NOW).unwrap().text).unwrap()
}

fn lines(jar: &mut Jar) -> Vec<String> {
    let lines = jar.lines(NOW).unwrap();
    lines.into_iter().map(|line| String::from_utf8(line).unwrap()).collect()
}

/// What becomes of one header from `wss://www.example.com/chat/room?x`: its line in a file.
fn stored(header: &str) -> Option<String> {
    let mut jar = Jar::default();
    receive(&mut jar, "wss://www.example.com/chat/room", header).ok()?;
    lines(&mut jar).pop().or(Some(String::new()))
}

fn line(domain: &str, path: &str, rest: &str) -> Option<String> {
    let all = if domain.starts_with('.') { "TRUE" } else { "FALSE" };
    Some(format!("{domain}\t{all}\t{path}\t{rest}"))
}

// ---- RFC 6265 section 5.2: the header

#[test]
fn names_and_values() {
    for (header, rest) in [
        ("a=b", "FALSE\t0\ta\tb"),
        (" \ta = b ; ", "FALSE\t0\ta\tb"),
        ("a=", "FALSE\t0\ta\t"),
        ("a=b=c", "FALSE\t0\ta\tb=c"),
        ("a=\"b c\",d", "FALSE\t0\ta\t\"b c\",d"),
        ("a=\u{e4}", "FALSE\t0\ta\t\u{e4}"),
        ("a=b;;", "FALSE\t0\ta\tb"),
        ("a=b\r\nSecure", "FALSE\t0\ta\tb"),
    ] {
        assert_eq!(stored(header), line("www.example.com", "/chat", rest), "{header}");
    }
    for header in [
        "",
        ";",
        ";a=b",
        "a",
        "=b",
        " =b",
        "=b; c=d",
        "a\x01=b",
        "a=\x07b",
        "a=b\tc",
        "a=b; Path=/\x7f",
        "a=b; \x02",
    ] {
        assert_eq!(stored(header), None, "{header:?}");
    }
}

#[test]
fn lengths() {
    let pair = |name: usize, value: usize| format!("{}={}", "n".repeat(name), "v".repeat(value));
    assert!(stored(&pair(1, 4095)).is_some() && stored(&pair(4000, 96)).is_some());
    assert!(stored(&pair(1, 4096)).is_none());
    let padded = |length: usize| format!("a=b; x={}", "y".repeat(length - 7));
    assert!(stored(&padded(MAX_LINE - 3)).is_some());
    assert!(stored(&padded(MAX_LINE - 2)).is_none());
}

#[test]
fn paths() {
    for (attribute, path) in [
        ("", "/chat"),
        ("; Path", "/chat"),
        ("; Path=", "/chat"),
        ("; path = /x ", "/x"),
        ("; Path=/x/", "/x"),
        ("; Path=/", "/"),
        ("; Path=x", "/"),
        ("; Path=\"/x/\"", "/x"),
        ("; Path=\"/x", "/x"),
        ("; Path=\"", "/"),
        ("; Path=/x; Path=/y", "/y"),
    ] {
        let header = format!("a=b{attribute}");
        assert_eq!(
            stored(&header),
            line("www.example.com", path, "FALSE\t0\ta\tb"),
            "{header}"
        );
    }
    let mut jar = Jar::default();
    receive(&mut jar, "wss://h.example/", "a=b").unwrap();
    assert_eq!(lines(&mut jar), ["h.example\tFALSE\t/\tFALSE\t0\ta\tb"]);
}

#[test]
fn domains() {
    for (attribute, domain) in [
        ("; Domain", Some("www.example.com")),
        ("; Domain=", Some("www.example.com")),
        ("; Domain=example.com", Some(".example.com")),
        ("; domain = .EXAMPLE.com", Some(".EXAMPLE.com")),
        ("; Domain=www.example.com", Some(".www.example.com")),
        ("; Domain=a.www.example.com", None),
        ("; Domain=xample.com", None),
        ("; Domain=other.com", None),
        ("; Domain=com", None),
        ("; Domain=.", None),
        ("; Domain=..example.com", None),
    ] {
        let header = format!("a=b{attribute}");
        let expected = domain.and_then(|domain| line(domain, "/chat", "FALSE\t0\ta\tb"));
        assert_eq!(stored(&header), expected, "{header}");
    }
}

#[test]
fn flags() {
    for (attributes, expected) in [
        ("; Secure", "www.example.com\tFALSE\t/chat\tTRUE\t0\ta\tb"),
        ("; HttpOnly", "#HttpOnly_www.example.com\tFALSE\t/chat\tFALSE\t0\ta\tb"),
        (
            "; httponly ;SECURE",
            "#HttpOnly_www.example.com\tFALSE\t/chat\tTRUE\t0\ta\tb",
        ),
        (
            "; SameSite=Strict; Partitioned; x",
            "www.example.com\tFALSE\t/chat\tFALSE\t0\ta\tb",
        ),
    ] {
        assert_eq!(stored(&format!("a=b{attributes}")).as_deref(), Some(expected));
    }
}

#[test]
fn expiry() {
    let latest = (NOW + 400 * 86_400 + 30) / 60 * 60;
    for (attributes, expires) in [
        ("; Max-Age=60", Some(NOW + 60)),
        ("; Max-Age=\"60\"", Some(NOW + 60)),
        ("; Max-Age=0", None),
        ("; Max-Age=-1", None),
        ("; Max-Age=x", None),
        ("; Max-Age=", Some(0)),
        ("; Max-Age=99999999999999999999", Some(latest)),
        ("; Expires=Wed, 15 Nov 2023 00:00:00 GMT", Some(1_700_006_400)),
        ("; Expires=Wed, 15-Nov-2023 00:00:00 GMT; Max-Age=60", Some(NOW + 60)),
        ("; Max-Age=60; Expires=Wed, 15-Nov-2023 00:00:00 GMT", Some(NOW + 60)),
        ("; Expires=Thu, 01 Jan 1970 00:00:00 GMT", None),
        ("; Expires=Fri, 31 Dec 9999 23:59:59 GMT", Some(latest)),
        ("; Expires=never", Some(0)),
        ("; Expires=", Some(0)),
    ] {
        let expected = match expires {
            Some(expires) => format!("www.example.com\tFALSE\t/chat\tFALSE\t{expires}\ta\tb"),
            None => String::new(),
        };
        assert_eq!(stored(&format!("a=b{attributes}")), Some(expected), "{attributes}");
    }
}

#[test]
fn name_prefixes() {
    for (header, is_taken) in [
        ("__Secure-a=b; Secure", true),
        ("__Secure-a=b", false),
        ("__secure-a=b", true),
        ("__Host-a=b; Secure; Path=/", true),
        ("__Host-a=b; Path=/", false),
        ("__Host-a=b; Secure", false),
        ("__Host-a=b; Secure; Path=/; Domain=www.example.com", false),
    ] {
        assert_eq!(stored(header).is_some(), is_taken, "{header}");
    }
}

// ---- RFC 6265 section 5.3: whose they are

#[test]
fn secure_needs_a_secure_connection_or_this_machine() {
    for (url, is_taken) in [
        ("wss://h.example/", true),
        ("ws://h.example/", false),
        ("ws://localhost/", true),
        ("ws://127.0.0.1/", true),
        ("ws://::1/", true),
        ("ws://127.0.0.2/", false),
    ] {
        let mut jar = Jar::default();
        let taken = receive(&mut jar, url, "a=b; Secure").is_ok();
        assert_eq!(taken, is_taken, "{url}");
        assert_eq!(sent(&mut jar, url), if is_taken { "a=b" } else { "" }, "{url}");
    }
    let mut jar = Jar::default();
    receive(&mut jar, "wss://h.example/", "a=b; Secure").unwrap();
    assert_eq!(sent(&mut jar, "ws://h.example/"), "");
}

#[test]
fn public_suffixes() {
    for (url, domain, expected) in [
        ("wss://a.example.co.uk/", "example.co.uk", Some(".example.co.uk")),
        ("wss://a.example.co.uk/", "co.uk", None),
        ("wss://a.example.co.uk/", "uk", None),
        ("wss://me.github.io/", "github.io", None),
        ("wss://me.github.io/", "me.github.io", Some(".me.github.io")),
        // a host that is a suffix itself keeps its cookies to itself
        ("wss://github.io/", "github.io", Some("github.io")),
        ("wss://a.b.ck/", "b.ck", None),
        ("wss://a.b.c.ck/", "b.c.ck", Some(".b.c.ck")),
        ("wss://a.www.ck/", "www.ck", Some(".www.ck")),
        ("wss://a.xn--55qx5d.cn/", "xn--55qx5d.cn", None),
        ("wss://a.b.xn--55qx5d.cn/", "b.xn--55qx5d.cn", Some(".b.xn--55qx5d.cn")),
        ("wss://a.unknown/", "unknown", None),
        ("wss://a.localhost/", "localhost", None),
        ("wss://intranet/", "intranet", Some("intranet")),
        ("wss://10.0.0.1/", "10.0.0.1", Some("10.0.0.1")),
        ("wss://10.0.0.1/", "0.0.1", None),
    ] {
        let mut jar = Jar::default();
        let header = format!("a=b; Domain={domain}");
        let taken = receive(&mut jar, url, &header);
        let line = lines(&mut jar).pop();
        let kept = line.as_ref().map(|line| line.split('\t').next().unwrap());
        assert_eq!((taken.is_ok(), kept), (expected.is_some(), expected), "{url} {domain}");
    }
}

#[test]
fn without_the_list_a_domain_needs_a_dot() {
    for (url, domain, is_taken) in [
        ("wss://a.example.com/", "example.com", true),
        ("wss://a.example.com/", "com", false),
        ("wss://a.example.com/", "com.", false),
        ("wss://example.co.uk/", "co.uk", true),
        ("wss://localhost/", "localhost", true),
        ("wss://intranet/", "intranet", false),
    ] {
        let header = format!("a=b; Domain={domain}");
        let taken = Jar::default().receive(header.as_bytes(), &origin(url), None, NOW);
        assert_eq!(taken.is_ok(), is_taken, "{url} {domain}");
    }
}

#[test]
fn a_cookie_replaces_the_one_of_its_name_domain_and_path() {
    let mut jar = Jar::default();
    let url = "wss://h.example/";
    assert!(!receive(&mut jar, url, "a=1").unwrap().replaced);
    receive(&mut jar, url, "A=2").unwrap();
    receive(&mut jar, url, "a=3; Path=/x").unwrap();
    receive(&mut jar, url, "a=4; Domain=h.example").unwrap();
    assert!(receive(&mut jar, url, "a=5").unwrap().replaced);
    // the newer first, and one that replaced another is as old as that one was
    assert_eq!(sent(&mut jar, url), "a=4; A=2; a=5");
    receive(&mut jar, url, "a=gone; Max-Age=0").unwrap();
    assert_eq!(sent(&mut jar, url), "a=4; A=2");
}

/// rfc6265bis section 5.7, step 15
#[test]
fn an_insecure_cookie_does_not_overlay_a_secure_one() {
    let mut jar = Jar::default();
    receive(&mut jar, "wss://h.example/", "a=1; Secure; Path=/login/x").unwrap();
    for (url, header, is_taken) in [
        ("ws://h.example/", "a=2; Path=/login", false),
        ("ws://h.example/", "a=2; Path=/login/en", false),
        ("ws://sub.h.example/", "a=2; Path=/login/x", false),
        ("ws://h.example/", "a=2; Path=/other", true),
        ("ws://h.example/", "A=2; Path=/login", true),
        ("wss://h.example/", "a=3; Path=/login/x", true),
    ] {
        assert_eq!(receive(&mut jar, url, header).is_ok(), is_taken, "{url} {header}");
    }
}

// ---- RFC 6265 section 5.4: which are sent

#[test]
fn hosts_and_paths() {
    let mut jar = Jar::default();
    receive(&mut jar, "wss://www.example.com/a/b", "host=1").unwrap();
    receive(
        &mut jar,
        "wss://www.example.com/a/b",
        "all=1; Domain=example.com; Path=/",
    )
    .unwrap();
    for (url, expected) in [
        ("ws://www.example.com/a", "host=1; all=1"),
        ("ws://WWW.example.com/a/", "host=1; all=1"),
        ("ws://www.example.com/a/c/d", "host=1; all=1"),
        ("ws://www.example.com/ab", "all=1"),
        ("ws://www.example.com/A", "all=1"),
        ("ws://example.com/a", "all=1"),
        ("ws://a.www.example.com/a", "all=1"),
        ("ws://example.com.evil.com/a", ""),
        ("ws://evilexample.com/a", ""),
        ("ws://com/a", ""),
    ] {
        assert_eq!(sent(&mut jar, url), expected, "{url}");
    }
}

#[test]
fn order() {
    let mut jar = Jar::default();
    let url = "wss://www.example.com/a/b/c";
    for header in [
        "x=old; Path=/",
        "y=new; Path=/",
        "xx=name; Path=/",
        "d=domain; Path=/; Domain=example.com",
        "p=path; Path=/a/b",
        "q=path; Path=/a",
    ] {
        receive(&mut jar, url, header).unwrap();
    }
    assert_eq!(sent(&mut jar, url), "p=path; q=path; xx=name; y=new; x=old; d=domain");
}

#[test]
fn no_more_than_150_and_8190_bytes() {
    let mut jar = Jar::default();
    let url = "wss://h.example/";
    for number in 0..200 {
        receive(&mut jar, url, &format!("n{number:03}=v")).unwrap();
    }
    let all = sent(&mut jar, url);
    assert_eq!(all.split("; ").count(), 150);
    assert!(all.starts_with("n149=v; n148=v"));

    let mut jar = Jar::default();
    for name in ["a", "b", "c"] {
        receive(&mut jar, url, &format!("{name}={}", "v".repeat(4000))).unwrap();
    }
    let sent = jar.sent_to(&origin(url), NOW).unwrap();
    assert_eq!((sent.text.len(), sent.is_full), (2 * 4002 + 2, true));
}

#[test]
fn an_expired_cookie_is_gone() {
    let mut jar = Jar::default();
    let url = "wss://h.example/";
    receive(&mut jar, url, "a=b; Max-Age=10").unwrap();
    let at = |jar: &mut Jar, now| jar.sent_to(&origin(url), now).unwrap().text;
    assert_eq!(at(&mut jar, NOW + 10), b"a=b");
    assert_eq!(at(&mut jar, NOW + 11), b"");
    assert_eq!(at(&mut jar, NOW), b"");
}

#[test]
fn servers_cannot_fill_the_memory() {
    let mut jar = Jar::default();
    for number in 0..10_003 {
        receive(&mut jar, &format!("wss://h{number}.example/"), "a=b").unwrap();
    }
    assert_eq!(lines(&mut jar).len(), 10_000);
    assert_eq!(sent(&mut jar, "wss://h2.example/"), "");
    assert_eq!(sent(&mut jar, "wss://h3.example/"), "a=b");
}

// ---- files

fn load(jar: &mut Jar, line: &str) -> Result<Stored, CookieError> {
    jar.load(line.as_bytes(), Some(&list()), false, NOW)
}

#[test]
fn lines_of_the_netscape_format() {
    for (line, expected) in [
        (
            "h.example\tFALSE\t/\tFALSE\t0\ta\tb\n",
            Some("h.example\tFALSE\t/\tFALSE\t0\ta\tb"),
        ),
        (
            ".h.example\tTRUE\t/x/\tTRUE\t1800000000\ta\tb\r\n",
            Some(".h.example\tTRUE\t/x\tTRUE\t1800000000\ta\tb"),
        ),
        (
            "#HttpOnly_h.example\tFALSE\t/\tFALSE\t0\ta\tb",
            Some("#HttpOnly_h.example\tFALSE\t/\tFALSE\t0\ta\tb"),
        ),
        // an empty value without its tab, no path
        (
            "h.example\tFALSE\t/\tFALSE\t0\ta",
            Some("h.example\tFALSE\t/\tFALSE\t0\ta\t"),
        ),
        (
            "h.example\tFALSE\tTRUE\t0\ta\tb",
            Some("h.example\tFALSE\t/\tTRUE\t0\ta\tb"),
        ),
        (
            "h.example\tFALSE\t\tTRUE\t0\ta\tb",
            Some("h.example\tFALSE\t/\tTRUE\t0\ta\tb"),
        ),
        ("h.example\tFALSE\t/\tFALSE\t0\t__Host-a\tb", None),
        (
            "h.example\tFALSE\t/\tTRUE\t0\t__Host-a\tb",
            Some("h.example\tFALSE\t/\tTRUE\t0\t__Host-a\tb"),
        ),
        ("# Netscape HTTP Cookie File", None),
        ("", None),
        ("h.example\tFALSE\t/\tFALSE\t0", None),
        ("h.example\tFALSE\t/\tFALSE\tnever\ta\tb", None),
        ("h.example\tFALSE\t/\tFALSE\t99999999999999999999\ta\tb", None),
        ("h.example\tFALSE\t/\tFALSE\t0\ta\tb\tc", None),
        ("h.example\tFALSE\t/\tFALSE\t0\ta\tb\x01", None),
        ("co.uk\tTRUE\t/\tFALSE\t0\ta\tb", None),
        (
            "localhost\tFALSE\t/\tFALSE\t0\ta\tb",
            Some("localhost\tFALSE\t/\tFALSE\t0\ta\tb"),
        ),
        // a header, as `curl --dump-header` writes it
        (
            "Set-Cookie: a=b; Domain=.h.example; Path=/x; Max-Age=10",
            Some(".h.example\tTRUE\t/x\tFALSE\t1700000010\ta\tb"),
        ),
        ("set-cookie:a=b; Domain=com", None),
        ("Set-Cookie2: a=b; Domain=h.example", None),
        ("Server: x", None),
    ] {
        let mut jar = Jar::default();
        assert_eq!(load(&mut jar, line).is_ok(), expected.is_some(), "{line:?}");
        assert_eq!(lines(&mut jar).first().map(String::as_str), expected, "{line:?}");
    }
}

#[test]
fn a_cookie_that_has_no_domain_is_for_nobody() {
    let mut jar = Jar::default();
    load(&mut jar, "Set-Cookie: a=b").unwrap();
    load(&mut jar, "Set-Cookie: a=c").unwrap();
    for url in ["wss://h.example/", "ws://127.0.0.1/", "ws:///"] {
        assert_eq!(sent(&mut jar, url), "");
    }
    assert!(lines(&mut jar).is_empty());
}

#[test]
fn files_do_not_replace_what_came_later() {
    let mut jar = Jar::default();
    let saved = "h.example\tFALSE\t/\tFALSE\t0\ta\told";
    load(&mut jar, saved).unwrap();
    jar.run();
    receive(&mut jar, "ws://h.example/", "a=new").unwrap();
    assert!(load(&mut jar, saved).is_err());
    assert_eq!(sent(&mut jar, "ws://h.example/"), "a=new");
    jar.set(saved.as_bytes(), NOW).unwrap();
    assert_eq!(sent(&mut jar, "ws://h.example/"), "a=old");
}

#[test]
fn a_file_has_the_newest_first_and_is_read_again() {
    let mut jar = Jar::default();
    let url = "wss://h.example/";
    for header in [
        "a=1",
        "b=2; HttpOnly; Secure; Max-Age=60; Path=/x",
        "c=3; Domain=h.example",
    ] {
        receive(&mut jar, url, header).unwrap();
    }
    let file = String::from_utf8(jar.file(NOW).unwrap()).unwrap();
    let names: Vec<&str> = file
        .lines()
        .skip(4)
        .map(|line| line.split('\t').nth(5).unwrap())
        .collect();
    assert_eq!(names, ["c", "b", "a"]);
    let mut copy = Jar::default();
    for line in file.lines().rev() {
        let _ = load(&mut copy, line);
    }
    assert_eq!(copy.file(NOW).unwrap(), jar.file(NOW).unwrap());
}

#[test]
fn sessions_and_all() {
    let mut jar = Jar::default();
    let session = "h.example\tFALSE\t/\tFALSE\t0\ta\tb";
    let kept = "h.example\tFALSE\t/\tFALSE\t1800000000\tc\td";
    assert!(jar.load(session.as_bytes(), None, true, NOW).is_err());
    jar.load(kept.as_bytes(), None, true, NOW).unwrap();
    jar.set(session.as_bytes(), NOW).unwrap();
    assert_eq!(lines(&mut jar), [kept, session]);
    jar.clear_session();
    assert_eq!(lines(&mut jar), [kept]);
    jar.clear();
    assert!(lines(&mut jar).is_empty());
}
