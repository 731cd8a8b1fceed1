//! HSTS: hosts of a file and of headers, and a file of them that can be read again.

use super::script::Script;
use crate::http::hsts::HstsHosts;

const NOW: i64 = 1_700_000_000;

/// Lines are headers of a server and lines of a file.
pub fn hsts(data: &[u8]) {
    let mut hosts = HstsHosts::default();
    for line in Script::new(data).rest().split(|&byte| byte == b'\n') {
        match line.split_first() {
            Some((b'0', value)) => {
                let _ = hosts.receive(b"www.h.example", value, NOW);
            }
            Some((b'1', host)) => {
                hosts.apply_to(host, NOW);
            }
            _ => hosts.load(line, NOW),
        }
    }
    let file = hosts.file(NOW).unwrap();
    let mut again = HstsHosts::default();
    for line in file.split(|&byte| byte == b'\n') {
        again.load(line, NOW);
    }
    for entry in hosts.entries(NOW) {
        // A name may look like a comment.
        assert!(entry.host.starts_with(b"#") || again.apply_to(&entry.host, NOW));
    }
}
