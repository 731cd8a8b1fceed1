//! What proxies answer, in pieces against the same in one.

use std::net::IpAddr;

use super::script::{Script, pieces};
use crate::http::auth::{Authenticator, Credentials};
use crate::open::plan::SocksLogin;
use crate::open::tunnel::http::{Answer, Event};
use crate::open::tunnel::socks::Target;
use crate::open::tunnel::socks4;
use crate::open::tunnel::socks5::Socks5;
use crate::secret::Secret;

/// The answer of a proxy, in any pieces, comes to the same, uses the same bytes, and is answered with the same.
pub fn tunnel(data: &[u8]) {
    let mut script = Script::new(data);
    let kind = script.byte();
    let cuts = script.cuts();
    let stream = script.rest();
    for cuts in [&[1][..], cuts] {
        match kind % 3 {
            0 => assert_eq!(connect(stream, cuts), connect(stream, &[]), "pieces: {cuts:?}"),
            1 => assert_eq!(by_socks4(stream, cuts), by_socks4(stream, &[]), "pieces: {cuts:?}"),
            _ => assert_eq!(by_socks5(stream, cuts), by_socks5(stream, &[]), "pieces: {cuts:?}"),
        }
    }
}

/// How an exchange ends.
#[derive(Debug, PartialEq)]
enum End {
    Open,
    Refused,
    Again,
    /// Which error it is may depend on the pieces.
    Failed,
    Unfinished,
}

/// Feeds the pieces to `step`, which tells how many bytes were used, whether it wants more, and the end. The bytes used count only
/// where the tunnel is open: what follows is the server's.
fn run(stream: &[u8], cuts: &[u8], mut step: impl FnMut(&[u8]) -> (usize, bool, Option<End>)) -> (End, usize) {
    let (mut used, mut there) = (0, 0);
    for piece in pieces(stream, cuts) {
        there += piece.len();
        loop {
            let (consumed, wants_more, end) = step(&stream[used..there]);
            used += consumed;
            assert!(used <= there);
            match end {
                Some(End::Open) => return (End::Open, used),
                Some(end) => return (end, 0),
                None if wants_more => break,
                None => {}
            }
        }
    }
    (End::Unfinished, 0)
}

fn connect(stream: &[u8], cuts: &[u8]) -> (End, usize, usize) {
    let credentials = Credentials {
        user: b"me".to_vec(),
        password: Secret::from(&b"secret"[..]),
        bearer: Secret::default(),
    };
    let Ok(mut authenticator) = Authenticator::new(!16, credentials) else {
        unreachable!("Basic and Digest are built in")
    };
    let mut answer = Answer::new();
    let mut lines = 0;
    let (end, used) = run(stream, cuts, |input| match answer.receive(input, &mut authenticator) {
        Err(_) => (0, false, Some(End::Failed)),
        Ok((consumed, Event::NeedMore)) => {
            assert_eq!(consumed, input.len(), "all bytes are used before more are asked for");
            (consumed, true, None)
        }
        Ok((consumed, Event::Line(_))) => {
            lines += 1;
            (consumed, false, None)
        }
        Ok((consumed, Event::Established)) => (consumed, false, Some(End::Open)),
        Ok((consumed, Event::Repeat | Event::Reconnect)) => (consumed, false, Some(End::Again)),
        Ok((consumed, Event::Refused)) => (consumed, false, Some(End::Refused)),
    });
    (end, used, lines)
}

fn by_socks4(stream: &[u8], cuts: &[u8]) -> (End, usize) {
    run(stream, cuts, |input| match socks4::receive(input) {
        Err(_) => (0, false, Some(End::Failed)),
        Ok(received) => (
            received.consumed,
            received.consumed == 0,
            received.done.then_some(End::Open),
        ),
    })
}

fn by_socks5(stream: &[u8], cuts: &[u8]) -> (End, usize, Vec<u8>) {
    let login = SocksLogin {
        user: b"me".to_vec(),
        password: Secret::from(&b"secret"[..]),
    };
    let mut sent = Vec::new();
    let target = Target::Address(IpAddr::from([127, 0, 0, 1]));
    let Ok(mut machine) = Socks5::start(target, 80, Some(&login), &mut sent) else {
        unreachable!("nothing of it is too long")
    };
    let (end, used) = run(stream, cuts, |input| match machine.receive(input, &mut sent) {
        Err(_) => (0, false, Some(End::Failed)),
        Ok(received) => (
            received.consumed,
            received.consumed == 0,
            received.done.then_some(End::Open),
        ),
    });
    (end, used, sent)
}
