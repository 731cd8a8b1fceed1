//! The machine against a peer that is the other end of a socket pair, with simulated time.

mod remember;
mod rounds;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::ToRemember;
use super::info::OpeningInfo;
use super::peer::{Peer, connection};
use super::plan::{Endpoint, Hop, HopTls, Plan, Target};
use super::testing::{context, plan};
use super::{Answer, Context, Opening, Output, Question, Step, Upgraded, Uses, WantedCallbacks};
use crate::error::Error;
use crate::net::address::Address;
use crate::net::dial::Configured;
use crate::net::socket::Socket;
use crate::net::wait::poll::Interest;
use crate::tls;
use crate::trace::Trace;
use crate::types::codes::CURLcode;

const MILLISECOND: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

/// The driver.
struct Driver {
    opening: Opening,
    context: Context,
    info: OpeningInfo,
    trace: Trace,
    closed: Vec<Socket>,
    to_remember: VecDeque<ToRemember>,
    paused: bool,
    start: Instant,
    now: Instant,
}

impl Driver {
    fn new(plan: Plan) -> Driver {
        let now = Instant::now();
        Driver {
            opening: Opening::new(plan),
            context: context(),
            info: OpeningInfo::default(),
            trace: Trace::default(),
            closed: Vec::new(),
            to_remember: VecDeque::new(),
            paused: false,
            start: now,
            now,
        }
    }

    /// Steps until there is something to do.
    fn step(&mut self) -> Step {
        loop {
            let output = Output {
                info: &mut self.info,
                trace: &mut self.trace,
                sockets: &mut self.closed,
                to_remember: &mut self.to_remember,
            };
            match self.opening.step(&self.context, output, self.paused, self.now) {
                Step::Continue => self.now += MILLISECOND,
                step => return step,
            }
        }
    }

    fn asks(&mut self) -> Question {
        match self.step() {
            Step::Ask(question) => question,
            step => panic!("{}", name(&step)),
        }
    }

    fn waits(&mut self) {
        let step = self.step();
        assert!(matches!(step, Step::Wait), "{}", name(&step));
    }

    fn shows(&mut self) -> String {
        match self.step() {
            Step::Header(line) => String::from_utf8(line).unwrap(),
            step => panic!("{}", name(&step)),
        }
    }

    fn fails(&mut self) -> Error {
        match self.step() {
            Step::Failed(error) => error,
            step => panic!("{}", name(&step)),
        }
    }

    /// There is no other round behind the response.
    fn accepts_refusal(&mut self) {
        assert!(matches!(self.asks(), Question::NextRound));
        self.opening.answer(Answer::NoRound, self.now);
    }

    /// Another round follows.
    fn goes_on(&mut self, plan: Plan) {
        assert!(matches!(self.asks(), Question::NextRound));
        let connected = self.info.connection().map(|connection| connection.connected);
        self.opening.next_round(plan, connected, self.now);
    }

    fn upgrades(&mut self) -> Upgraded {
        match self.step() {
            Step::Upgraded(upgraded) => *upgraded,
            step => panic!("{}", name(&step)),
        }
    }

    /// Up to the connection.
    fn connects(&mut self) -> Peer {
        assert!(matches!(self.asks(), Question::ResolveStarts));
        let Question::OpenSocket(address) = self.asks() else {
            panic!("no socket");
        };
        let (socket, peer) = connection();
        self.opening
            .answer(Answer::SocketOpened(Ok(Some((socket, address)))), self.now);
        assert!(matches!(self.asks(), Question::ConfigureSocket(_)));
        self.opening
            .answer(Answer::SocketConfigured(Configured::AlreadyConnected), self.now);
        peer
    }

    /// Up to the request, which it returns.
    fn requests(&mut self) -> (Peer, Vec<u8>) {
        let mut peer = self.connects();
        assert!(matches!(self.asks(), Question::Permission));
        self.opening.answer(Answer::Permission(true), self.now);
        self.waits();
        let request = peer.received();
        (peer, request)
    }

    fn interests(&self) -> Vec<Interest> {
        let mut interests = Vec::new();
        self.opening.interests(&self.context.waker, self.paused, &mut interests);
        interests
    }

    fn timed_out(&self) -> String {
        let error = self.opening.timed_out(2 * SECOND);
        assert_eq!(error.code(), CURLcode::CURLE_OPERATION_TIMEDOUT);
        error.message().to_owned()
    }
}

fn name(step: &Step) -> String {
    match step {
        Step::Continue => "Continue".to_owned(),
        Step::Wait => "Wait".to_owned(),
        Step::Ask(question) => format!("Ask {question:?}"),
        Step::Header(line) => format!("Header {:?}", String::from_utf8_lossy(line)),
        Step::Connected(_) => "Connected".to_owned(),
        Step::Upgraded(_) => "Upgraded".to_owned(),
        Step::Failed(error) => format!("Failed: {error}"),
    }
}

#[test]
fn every_phase_up_to_the_upgraded_stream() {
    let mut driver = Driver::new(plan());
    assert_eq!(driver.opening.destination(), "127.0.0.1 port 80");
    let (mut peer, request) = driver.requests();
    assert!(request.starts_with(b"GET /chat HTTP/1.1\r\nHost: host.test\r\n"));
    let [interest] = driver.interests()[..] else {
        panic!("{:?}", driver.interests());
    };
    assert!(interest.read && !interest.write);

    peer.accept(&request);
    peer.send(b"\x81\x02hi");
    let mut lines = Vec::new();
    let upgraded = loop {
        match driver.step() {
            Step::Header(line) => lines.push(line),
            Step::Upgraded(upgraded) => break *upgraded,
            step => panic!("{}", name(&step)),
        }
    };
    assert_eq!(lines[0], b"HTTP/1.1 101 Switching Protocols\r\n");
    assert_eq!(lines.len(), 4);
    assert_eq!(upgraded.last_line.unwrap(), b"\r\n");
    assert_eq!(upgraded.stream.available(), b"\x81\x02hi");
    assert!(upgraded.deflate.is_none());

    let info = &driver.info;
    assert_eq!(
        (info.response.status, info.requests, info.connections.len()),
        (101, 1, 1)
    );
    assert_eq!(info.request_size, request.len() as u64);
    let times = [
        info.name_lookup,
        info.connection().map(|connection| connection.connected),
        info.pre_transfer,
        info.post_transfer,
        info.start_transfer,
    ];
    assert!(times[0] > Some(driver.start) && times.is_sorted(), "{times:?}");
    assert!(driver.closed.is_empty());
}

#[test]
fn nothing_is_asked_that_is_not_wanted() {
    let mut driver = Driver::new(Plan {
        server: Hop {
            endpoint: Endpoint::Local(Address::Unix(b"/nonexistent/wscurl".to_vec())),
            tls: None,
        },
        ..plan()
    });
    driver.context.wanted = WantedCallbacks::default();
    let error = driver.fails();
    assert_eq!(error.code(), CURLcode::CURLE_COULDNT_CONNECT);
    assert!(
        error
            .message()
            .starts_with("Failed to connect to /nonexistent/wscurl after "),
        "{error}"
    );
    assert_eq!(driver.info.os_errno, libc::ENOENT);
    assert_eq!(driver.closed.len(), 1);
}

#[test]
fn a_name_is_waited_for_with_the_waker() {
    // A label of 64 bytes can't be in the DNS (RFC 1035 section 2.3.4): it is looked up, and no server is asked.
    let host = format!("{}.test", "x".repeat(64));
    let mut driver = Driver::new(Plan {
        server: Hop {
            endpoint: Endpoint::Host(host.clone(), 80),
            tls: None,
        },
        ..plan()
    });
    assert_eq!(driver.opening.uses(), Uses::Names);
    assert!(matches!(driver.asks(), Question::ResolveStarts));
    let error = loop {
        match driver.step() {
            Step::Wait => {
                let [interest] = driver.interests()[..] else {
                    panic!("{:?}", driver.interests());
                };
                assert_eq!(interest.fd, driver.context.waker.raw());
                assert_eq!(
                    driver.timed_out(),
                    format!("Resolving timed out after 2000 milliseconds: no address for {host} port 80")
                );
                std::thread::sleep(MILLISECOND);
            }
            Step::Failed(error) => break error,
            step => panic!("{}", name(&step)),
        }
    };
    assert_eq!(error.code(), CURLcode::CURLE_COULDNT_RESOLVE_HOST);
    assert!(
        error
            .message()
            .starts_with(&format!("Could not resolve host: {host} (")),
        "{error}"
    );
    assert!(driver.interests().is_empty());
}

#[test]
fn no_permission_closes_the_connection() {
    let mut driver = Driver::new(plan());
    let _peer = driver.connects();
    assert!(matches!(driver.asks(), Question::Permission));
    assert!(driver.interests().is_empty());
    driver.opening.answer(Answer::Permission(false), driver.now);
    assert_eq!(driver.fails().code(), CURLcode::CURLE_ABORTED_BY_CALLBACK);
    assert_eq!(driver.closed.len(), 1);
    assert_eq!(driver.info.requests, 0);
}

#[test]
fn a_connection_may_be_all_that_is_wanted() {
    let mut driver = Driver::new(Plan {
        target: Target::Connection,
        ..plan()
    });
    let mut peer = driver.connects();
    assert!(matches!(driver.asks(), Question::Permission));
    driver.opening.answer(Answer::Permission(true), driver.now);
    let Step::Connected(stream) = driver.step() else {
        panic!("not connected");
    };
    peer.send(b"hello");
    drop(stream);
    assert_eq!(driver.info.requests, 0);
}

#[test]
fn an_application_that_opens_no_socket_ends_the_opening() {
    let mut driver = Driver::new(plan());
    assert!(matches!(driver.asks(), Question::ResolveStarts));
    assert!(matches!(driver.asks(), Question::OpenSocket(_)));
    driver.opening.answer(Answer::SocketOpened(Ok(None)), driver.now);
    assert_eq!(driver.fails().code(), CURLcode::CURLE_COULDNT_CONNECT);
}

#[test]
fn a_refusal_waits_for_its_body_only_so_long() {
    let mut driver = Driver::new(plan());
    let (mut peer, _) = driver.requests();
    peer.send(b"HTTP/1.1 403 No\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\nbut ");
    for start in ["HTTP/1.1 403", "Content-Type", "Content-Length", "\r\n"] {
        assert!(driver.shows().starts_with(start));
    }
    driver.accepts_refusal();
    driver.waits();
    let deadline = driver.opening.deadline().unwrap();
    assert_eq!(
        driver.timed_out(),
        "Operation timed out after 2000 milliseconds with 68 bytes received"
    );
    driver.now = deadline - MILLISECOND;
    driver.waits();
    peer.send(b"why");
    driver.waits();
    driver.now = deadline;
    let error = driver.fails();
    assert_eq!(error.code(), CURLcode::CURLE_HTTP_RETURNED_ERROR);
    assert_eq!(
        error.message(),
        "Refused WebSocket upgrade: 403 (HTTP/1.1 403 No): but why"
    );
    assert_eq!(driver.closed.len(), 1);
}

#[test]
fn a_whole_body_is_not_waited_for_any_longer() {
    let mut driver = Driver::new(plan());
    driver.context.wanted.header = false;
    let (mut peer, _) = driver.requests();
    peer.send(b"HTTP/1.1 403 No\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbut \r\n");
    driver.accepts_refusal();
    driver.waits();
    peer.send(b"3\r\nwhy\r\n0\r\n\r\n");
    assert!(driver.fails().message().ends_with("(HTTP/1.1 403 No): but why"));
}

#[test]
fn interim_responses_belong_to_the_same_request() {
    let mut driver = Driver::new(plan());
    driver.context.wanted.header = false;
    let (mut peer, request) = driver.requests();
    peer.send(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n");
    driver.waits();
    assert_eq!(driver.info.response.status, 103);
    peer.accept(&request);
    assert!(driver.upgrades().last_line.is_none());
    assert_eq!(
        (driver.info.response.status, driver.info.headers.last_request()),
        (101, Some(0))
    );
}

#[test]
fn headers_of_an_unfinished_head_are_found() {
    let mut driver = Driver::new(plan());
    driver.context.wanted.header = false;
    let (mut peer, _) = driver.requests();
    peer.send(b"HTTP/1.1 403 No\r\nX-One: 1\r\nX-Two: 2\r\nX-Thr");
    driver.waits();
    driver.opening.note(&mut driver.info);
    driver.opening.note(&mut driver.info);
    let headers = &driver.info.headers;
    let found = headers.select(0, super::headers::Origins::of_response(403));
    let names: Vec<_> = found.map(|index| headers.get(index).unwrap().name).collect();
    assert_eq!(names, [c"X-One", c"X-Two"]);
}

#[test]
fn a_pause_waits_for_nothing() {
    let mut driver = Driver::new(plan());
    let (mut peer, request) = driver.requests();
    peer.accept(&request);
    driver.shows();
    driver.paused = true;
    driver.waits();
    assert!(driver.interests().iter().all(|interest| !interest.read));
    driver.paused = false;
    assert_eq!(driver.shows(), "Upgrade: websocket\r\n");
}

#[test]
fn a_paused_refusal_shows_what_is_there_afterwards() {
    let mut driver = Driver::new(plan());
    driver.context.wanted.header = false;
    let (mut peer, _) = driver.requests();
    peer.send(b"HTTP/1.1 403 No\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\nbut ");
    driver.accepts_refusal();
    driver.waits();
    driver.paused = true;
    driver.waits();
    assert_eq!(driver.opening.deadline(), None);
    driver.paused = false;
    assert!(driver.fails().message().ends_with(": but"));
}

#[test]
fn a_server_that_closes_has_sent_nothing_of_use() {
    for (sent, words) in [(&b""[..], "Empty reply"), (b"HTTP/1.1 101 Swi", "inside its answer")] {
        let mut driver = Driver::new(plan());
        let (mut peer, _) = driver.requests();
        peer.send(sent);
        drop(peer);
        let error = driver.fails();
        assert_eq!(error.code(), CURLcode::CURLE_GOT_NOTHING);
        assert!(error.message().contains(words), "{error}");
        assert_eq!(driver.closed.len(), 1);
    }
}

#[test]
fn time_runs_out_in_the_phase_it_is_in() {
    let mut driver = Driver::new(plan());
    assert!(matches!(driver.asks(), Question::ResolveStarts));
    assert!(matches!(driver.asks(), Question::OpenSocket(_)));
    assert_eq!(
        driver.timed_out(),
        "Connection timed out after 2000 milliseconds: no connection to 127.0.0.1 port 80"
    );
    let mut driver = Driver::new(plan());
    let _peer = driver.requests();
    assert_eq!(
        driver.timed_out(),
        "Operation timed out after 2000 milliseconds: 127.0.0.1 port 80 has not answered the opening handshake"
    );
}

#[test]
fn tls_comes_before_the_permission() {
    let context = tls::Context::new(&tls::Settings {
        verify_peer: false,
        ..tls::Settings::default()
    });
    let mut driver = Driver::new(Plan {
        server: Hop {
            tls: Some(HopTls {
                list_certificates: false,
                context: context.unwrap(),
                name: "host.test".to_owned(),
            }),
            ..plan().server
        },
        ..plan()
    });
    let mut peer = driver.connects();
    assert_eq!(driver.opening.uses(), Uses::Sessions);
    driver.waits();
    assert!(peer.received().starts_with(b"\x16\x03"));
    assert_eq!(
        driver.timed_out(),
        "Connection timed out after 2000 milliseconds: TLS handshake with 127.0.0.1 port 80 not complete"
    );
    peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    assert_eq!(driver.fails().code(), CURLcode::CURLE_SSL_CONNECT_ERROR);
    assert_eq!(driver.closed.len(), 1);
    let connection = driver.info.connection().unwrap();
    assert_eq!(connection.secured, None);
}

#[test]
fn giving_up_returns_the_sockets_of_every_phase() {
    let mut driver = Driver::new(plan());
    driver.asks();
    assert_eq!(driver.opening.into_sockets().len(), 0);

    let mut driver = Driver::new(plan());
    driver.asks();
    let Question::OpenSocket(address) = driver.asks() else {
        panic!("no socket");
    };
    let (socket, _peer) = connection();
    driver
        .opening
        .answer(Answer::SocketOpened(Ok(Some((socket, address)))), driver.now);
    assert_eq!(driver.opening.into_sockets().len(), 1);

    let mut driver = Driver::new(plan());
    let _peer = driver.connects();
    driver.asks();
    assert_eq!(driver.opening.into_sockets().len(), 1);

    let mut driver = Driver::new(plan());
    let _peer = driver.requests();
    assert_eq!(driver.opening.into_sockets().len(), 1);
}

#[test]
fn after_the_end_there_is_only_an_error() {
    let mut driver = Driver::new(plan());
    let (peer, _) = driver.requests();
    drop(peer);
    driver.fails();
    assert_eq!(driver.fails().code(), CURLcode::CURLE_FAILED_INIT);
    assert!(driver.opening.into_sockets().is_empty());
}
