//! WebSockets with the crate `curl`: callback mode, and many at a time in one multi handle. Usage: `rust-curl URL`, of an
//! echo server.

use std::time::Duration;

use curl::easy::{Easy, Easy2, Handler, WriteError};
use curl::multi::Multi;
use curl::Version;

/// Collects what it is given: the frames' payloads, of which the last is the CLOSE frame's.
#[derive(Default)]
struct Collector(Vec<u8>);

impl Handler for Collector {
    fn write(&mut self, data: &[u8]) -> Result<usize, WriteError> {
        self.0.extend_from_slice(data);
        Ok(data.len())
    }
}

fn the_library_is_wscurl(_: &str) {
    let version = Version::get();
    let protocols: Vec<_> = version.protocols().collect();
    assert_eq!(protocols, ["ws", "wss"]);
}

fn callback_mode(url: &str) {
    let mut easy = Easy::new();
    let mut received = Vec::new();
    easy.url(&format!("{url}/greeting")).unwrap();
    let mut transfer = easy.transfer();
    transfer
        .write_function(|data| {
            received.extend_from_slice(data);
            Ok(data.len())
        })
        .unwrap();
    transfer.perform().unwrap();
    drop(transfer);
    assert!(received.starts_with(b"hello"));
    assert_eq!(easy.response_code().unwrap(), 101);
}

fn an_error_has_its_text(_: &str) {
    let mut easy = Easy::new();
    easy.url("ws://127.0.0.1:1/").unwrap();
    let error = easy.perform().unwrap_err();
    assert!(error.is_couldnt_connect());
    assert!(error.extra_description().unwrap().contains("refused"));
}

fn twenty_in_one_multi_handle(url: &str) {
    let multi = Multi::new();
    let handles: Vec<_> = (0..20)
        .map(|_| {
            let mut easy = Easy2::new(Collector::default());
            easy.url(&format!("{url}/greeting")).unwrap();
            multi.add2(easy).unwrap()
        })
        .collect();
    while multi.perform().unwrap() > 0 {
        multi.wait(&mut [], Duration::from_secs(5)).unwrap();
    }
    for handle in handles {
        assert!(multi.remove2(handle).unwrap().get_ref().0.starts_with(b"hello"));
    }
}

fn main() {
    let url = std::env::args().nth(1).expect("usage: rust-curl URL");
    let tests: [fn(&str); 4] = [the_library_is_wscurl, callback_mode, an_error_has_its_text, twenty_in_one_multi_handle];
    tests.iter().for_each(|test| test(&url));
    println!("{} passed, 0 failed", tests.len());
}
