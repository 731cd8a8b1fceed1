//! What is asked and told of cookies and HSTS.

use super::super::testing::plan;
use super::super::{Answer, Question, Remembered};
use super::Driver;
use crate::http::cookies::{Origin, Sent};

/// A driver that remembers.
fn driver(cookies: bool, hsts: bool) -> Driver {
    let mut driver = Driver::new(plan());
    driver.context.wanted.header = false;
    driver.context.wanted.permission = false;
    driver.context.wanted.remembered = Remembered { cookies, hsts };
    driver
}

/// Answers the question for cookies.
fn sends_cookies(driver: &mut Driver, text: &[u8]) {
    let Question::Cookies(origin) = driver.asks() else {
        panic!("no question for cookies");
    };
    assert_eq!(*origin, Origin::new(b"host.test", b"/chat", false));
    let cookies = Sent {
        text: text.to_vec(),
        is_full: false,
    };
    driver.opening.answer(Answer::Cookies(cookies), driver.now);
    driver.waits();
}

#[test]
fn each_round_asks_for_its_cookies_and_tells_of_new_ones() {
    let mut driver = driver(true, true);
    let mut peer = driver.connects();
    sends_cookies(&mut driver, b"a=1");
    let request = String::from_utf8(peer.received()).unwrap();
    assert!(request.contains("\r\nCookie: a=1\r\n"), "{request}");
    peer.send(b"HTTP/1.1 103 Hint\r\nSet-Cookie: b=2\r\n\r\n");
    peer.send(b"HTTP/1.1 401 No\r\nset-cookie: c=3\r\nSet-Cookie: d=4\r\nStrict-Transport-Security: max-age=1\r\n");
    peer.send(b"Content-Length: 0\r\n\r\n");
    driver.goes_on(plan());
    let told: Vec<_> = driver.to_remember.drain(..).collect();
    let cookies: Vec<_> = told.iter().map(|what| what.cookies.clone()).collect();
    assert_eq!(cookies, [vec![b"b=2".to_vec()], vec![b"c=3".to_vec(), b"d=4".to_vec()]]);
    // only what comes over TLS counts
    assert!(told.iter().all(|what| what.hsts.is_none()));
    sends_cookies(&mut driver, b"");
    assert!(!String::from_utf8(peer.received()).unwrap().contains("Cookie"));
}

#[test]
fn without_the_engine_nothing_is_asked_or_told() {
    let mut driver = driver(false, false);
    let mut peer = driver.connects();
    driver.waits();
    peer.send(b"HTTP/1.1 403 No\r\nSet-Cookie: a=1\r\nContent-Length: 0\r\n\r\n");
    driver.accepts_refusal();
    assert!(driver.to_remember.is_empty());
}
