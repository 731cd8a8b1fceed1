//! Another round behind a response that is no upgrade: on which connection, and when.

use std::time::Duration;

use super::super::plan::{Endpoint, Plan};
use super::super::testing::plan;
use super::super::{Answer, Question};
use super::{Driver, MILLISECOND};
use crate::types::codes::CURLcode;

const UNAUTHORIZED: &[u8] = b"HTTP/1.1 401 No\r\nContent-Length: 4\r\n\r\n";

/// A plan for `target`.
fn plan_for(target: &[u8]) -> Plan {
    let mut plan = plan();
    plan.request.target = Some(target.to_vec());
    plan
}

#[test]
fn another_round_uses_the_connection_once_the_body_is_read() {
    let mut driver = Driver::new(plan());
    driver.context.wanted.header = false;
    let (mut peer, _) = driver.requests();
    peer.send(UNAUTHORIZED);
    driver.goes_on(plan_for(b"/second"));
    driver.waits();
    assert!(driver.opening.deadline().is_some() && peer.received().is_empty());
    peer.send(b"body");
    assert!(matches!(driver.asks(), Question::Permission));
    driver.opening.answer(Answer::Permission(true), driver.now);
    driver.waits();
    let request = peer.received();
    assert!(request.starts_with(b"GET /second HTTP/1.1\r\n"));
    peer.accept(&request);
    driver.upgrades();
    let info = &driver.info;
    assert_eq!((info.requests, info.connections.len()), (2, 1));
    assert_eq!(info.headers.last_request(), Some(1));
    assert!(driver.closed.is_empty());
}

#[test]
fn another_round_gets_a_new_connection_where_the_old_one_is_of_no_use() {
    let forbidden = || {
        let mut plan = plan_for(b"/second");
        plan.reuse.allowed = false;
        plan
    };
    let too_old = || {
        let mut plan = plan_for(b"/second");
        plan.reuse.max_age = Some(Duration::ZERO);
        plan
    };
    let elsewhere = || {
        let mut plan = plan_for(b"/second");
        plan.server.endpoint = Endpoint::Host("127.0.0.1".to_owned(), 81);
        plan
    };
    let same = || plan_for(b"/second");
    let cases: [(&[u8], &dyn Fn() -> Plan); 6] = [
        (b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", &forbidden),
        (b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", &too_old),
        (b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", &elsewhere),
        (
            b"HTTP/1.1 401 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            &same,
        ),
        (b"HTTP/1.1 401 No\r\n\r\n", &same),
        (
            b"HTTP/1.1 401 No\r\nContent-Length: 1\r\n\r\n?HTTP/1.1 101 Smuggled\r\n",
            &same,
        ),
    ];
    for (response, next) in cases {
        let mut driver = Driver::new(plan());
        driver.context.wanted.header = false;
        let (mut peer, _) = driver.requests();
        driver.now += MILLISECOND;
        peer.send(response);
        driver.goes_on(next());
        let (mut peer, request) = driver.requests();
        assert!(request.starts_with(b"GET /second HTTP/1.1\r\n"));
        peer.accept(&request);
        driver.upgrades();
        assert_eq!((driver.info.connections.len(), driver.closed.len()), (2, 1));
    }
}

#[test]
fn a_body_that_does_not_come_is_given_up_with_its_connection() {
    let mut driver = Driver::new(plan());
    driver.context.wanted.header = false;
    let (mut peer, _) = driver.requests();
    peer.send(UNAUTHORIZED);
    driver.goes_on(plan());
    driver.waits();
    driver.now = driver.opening.deadline().unwrap();
    let (_peer, request) = driver.requests();
    assert!(!request.is_empty());
    assert_eq!(driver.closed.len(), 1);
}

#[test]
fn a_connection_that_the_server_has_closed_meanwhile_is_replaced() {
    let mut driver = Driver::new(plan());
    driver.context.wanted.header = false;
    let (mut peer, _) = driver.requests();
    peer.send(UNAUTHORIZED);
    peer.send(b"body");
    driver.goes_on(plan());
    assert!(matches!(driver.asks(), Question::Permission));
    driver.opening.answer(Answer::Permission(true), driver.now);
    drop(peer);
    let (mut peer, request) = driver.requests();
    peer.accept(&request);
    driver.upgrades();
    assert_eq!((driver.info.requests, driver.info.connections.len()), (2, 2));
    // The new one is not tried twice.
    let mut driver = Driver::new(plan());
    let (peer, _) = driver.requests();
    drop(peer);
    assert_eq!(driver.fails().code(), CURLcode::CURLE_GOT_NOTHING);
}
