//! Cookies: what is kept goes into requests and files, and a file can be read again.

use super::script::Script;
use crate::http::cookies::{Jar, Origin, PublicSuffixes};

const NOW: i64 = 1_700_000_000;
const SUFFIXES: &[u8] = b"example\nco.uk\n*.ck\n!www.ck\n";

/// Lines are `Set-Cookie` values of two servers, lines of a file, and commands.
pub fn cookies(data: &[u8]) {
    let mut script = Script::new(data);
    let choice = script.byte();
    let suffixes = (choice & 1 != 0).then(|| PublicSuffixes::new(SUFFIXES.to_vec()).unwrap());
    let origins = [
        Origin::new(b"www.h.example", b"/chat/room", choice & 2 != 0),
        Origin::new(b"127.0.0.1", b"/", false),
    ];
    let mut jar = Jar::default();
    for line in script.rest().split(|&byte| byte == b'\n') {
        let _ = match line.split_first() {
            Some((b'0', value)) => jar.receive(value, &origins[0], suffixes.as_ref(), NOW),
            Some((b'1', value)) => jar.receive(value, &origins[1], suffixes.as_ref(), NOW),
            Some((b'2', line)) => jar.load(line, suffixes.as_ref(), choice & 4 != 0, NOW),
            _ => jar.set(line, NOW),
        };
    }
    for origin in &origins {
        let sent = jar.sent_to(origin, NOW).unwrap().text;
        assert!(sent.len() < 8190 && !sent.iter().any(u8::is_ascii_control));
    }
    let lines = jar.lines(NOW).unwrap();
    let mut again = Jar::default();
    for line in &lines {
        assert_eq!(line.iter().filter(|&&byte| byte == b'\t').count(), 6);
        assert!(!line.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)));
        // A domain may look like a comment.
        if !line.starts_with(b"#") {
            assert!(again.load(line, None, false, NOW).is_ok());
        }
    }
    assert!(jar.file(NOW).unwrap().ends_with(b"\n"));
}
