use super::*;
use crate::net::wait::poll::wait;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;

use rustix::net::{AddressFamily, SocketType};

/// Plays the caller, with simulated time: it passes when nothing happens on the sockets. Keeps a log.
struct Caller {
    dialer: Dialer,
    start: Instant,
    now: Instant,
    log: Vec<String>,
    closed: usize,
    refuse: bool,
    configured: Configured,
}

impl Caller {
    fn new(addresses: &[SocketAddr], settings: DialSettings) -> Caller {
        let addresses = addresses.iter().copied().map(Address::Inet).collect();
        Caller::of(Dialer::new(addresses, settings))
    }

    fn of(mut dialer: Dialer) -> Caller {
        dialer.set_verbose(true);
        let now = Instant::now();
        Caller {
            dialer,
            start: now,
            now,
            log: Vec::new(),
            closed: 0,
            refuse: false,
            configured: Configured::Ok,
        }
    }

    /// Until the end, or until the simulated time is over.
    fn run(&mut self, limit: Duration) -> Step {
        let until = self.start + limit;
        loop {
            match self.dialer.step(self.now) {
                Step::Open(address) => {
                    let time = (self.now - self.start).as_millis();
                    self.log.push(format!("{time} open {address}"));
                    let socket = Socket::open(&address).unwrap();
                    self.dialer.opened((!self.refuse).then_some(socket));
                }
                Step::Configure(fd) => {
                    assert!(fd >= 0);
                    self.dialer.configured(self.configured);
                }
                Step::Close(_) => self.closed += 1,
                Step::Trace(line) => self.log.push(line),
                Step::Wait if self.now >= until => return Step::Wait,
                Step::Wait => self.wait(until),
                last => {
                    assert!(matches!(self.dialer.step(self.now), Step::Wait));
                    return last;
                }
            }
        }
    }

    fn wait(&mut self, until: Instant) {
        let interests: Vec<Interest> = self.dialer.interest().collect();
        let patience = Instant::now() + Duration::from_millis(30);
        if !wait(&interests, Some(patience)).unwrap().any() {
            self.now = self.dialer.deadline().map_or(until, |deadline| deadline.min(until));
        }
    }

    fn connected(&mut self) -> (Socket, Address) {
        match self.run(Duration::from_secs(60)) {
            Step::Connected { socket, address } => (socket, address),
            other => panic!("{other:?} after {:?}", self.log),
        }
    }

    fn failed(&mut self) -> DialError {
        match self.run(Duration::from_secs(60)) {
            Step::Failed(error) => error,
            other => panic!("{other:?} after {:?}", self.log),
        }
    }

    fn opens(&self) -> Vec<&str> {
        let opens = self.log.iter().filter(|line| line.contains(" open "));
        opens.map(String::as_str).collect()
    }
}

/// A listener whose queue is full: it drops every further SYN, like an address that nobody answers from.
struct BlackHole {
    address: SocketAddr,
    _listener: OwnedFd,
    _queue: Vec<Socket>,
}

impl BlackHole {
    fn new(ip: &str) -> BlackHole {
        let any = SocketAddr::new(ip.parse().unwrap(), 0);
        let family = if any.is_ipv4() {
            AddressFamily::INET
        } else {
            AddressFamily::INET6
        };
        let listener = rustix::net::socket(family, SocketType::STREAM, None).unwrap();
        rustix::net::bind(&listener, &any).unwrap();
        rustix::net::listen(&listener, 0).unwrap();
        let address: SocketAddr = rustix::net::getsockname(&listener).unwrap().try_into().unwrap();
        let mut queue = Vec::new();
        loop {
            let socket = Socket::open(&Address::Inet(address)).unwrap();
            let _ = socket.connect(&Address::Inet(address));
            let interest = Interest {
                fd: socket.raw(),
                read: false,
                write: true,
            };
            let patience = Instant::now() + Duration::from_millis(100);
            let connected = wait(&[interest], Some(patience)).unwrap().any();
            queue.push(socket);
            if !connected {
                break;
            }
            assert!(queue.len() < 10, "the listener's queue has no end");
        }
        BlackHole {
            address,
            _listener: listener,
            _queue: queue,
        }
    }
}

fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Nobody listens there.
fn refused(ip: &str) -> SocketAddr {
    let free = TcpListener::bind((ip, 0)).unwrap();
    free.local_addr().unwrap()
}

#[test]
fn one_address_is_connected_to() {
    let (_listener, address) = listener();
    let mut caller = Caller::new(&[address], DialSettings::default());
    let (socket, found) = caller.connected();
    assert_eq!(found, Address::Inet(address));
    assert_eq!(socket.peer_address(), Some(address));
    assert!(rustix::net::sockopt::tcp_nodelay(&socket).unwrap());
    assert!(!rustix::net::sockopt::socket_keepalive(&socket).unwrap());
    assert_eq!(
        caller.log,
        [
            format!("0 open 127.0.0.1 port {}", address.port()),
            format!("  Trying {address}..."),
        ]
    );
    assert_eq!(caller.closed, 0);
}

#[test]
fn options_are_set_as_asked_for() {
    let (_listener, address) = listener();
    let settings = DialSettings {
        nodelay: false,
        keepalive: Some(Keepalive::default()),
        interface: Some(Interface::parse(b"127.0.0.9").unwrap()),
        ..DialSettings::default()
    };
    let (socket, _) = Caller::new(&[address], settings).connected();
    assert!(!rustix::net::sockopt::tcp_nodelay(&socket).unwrap());
    assert!(rustix::net::sockopt::socket_keepalive(&socket).unwrap());
    assert_eq!(socket.local_address().unwrap().ip().to_string(), "127.0.0.9");
}

#[test]
fn a_refused_port_is_told_with_its_reason() {
    let address = refused("127.0.0.1");
    let mut caller = Caller::new(&[address], DialSettings::default());
    let error = caller.failed();
    assert_eq!(error.cause, DialCause::Refused);
    assert_eq!(error.elapsed, Duration::ZERO);
    assert_eq!(error.reasons("host.test"), "127.0.0.1: Connection refused");
    assert_eq!(error.reasons("127.0.0.1"), "Connection refused");
    assert_eq!(caller.dialer.os_errno(), libc::ECONNREFUSED);
    assert_eq!(caller.closed, 1);
    let trace = format!("connect to 127.0.0.1 port {} from 127.0.0.1 port ", address.port());
    let last = caller.log.last().unwrap();
    assert!(
        last.starts_with(&trace) && last.ends_with(" failed: Connection refused"),
        "{last}"
    );
}

#[test]
fn the_next_address_is_tried_at_once_after_a_failure() {
    let (_listener, address) = listener();
    let bad = refused("127.0.0.1");
    let mut caller = Caller::new(&[bad, refused("127.0.0.2"), address], DialSettings::default());
    assert_eq!(caller.connected().1, Address::Inet(address));
    assert_eq!(caller.now, caller.start);
    assert_eq!(caller.closed, 2);
}

#[test]
fn the_other_family_starts_after_the_delay_and_wins() {
    let hole = BlackHole::new("::1");
    let (_listener, address) = listener();
    let mut caller = Caller::new(&[hole.address, address], DialSettings::default());
    assert_eq!(caller.connected().1, Address::Inet(address));
    let (first, second) = (Address::Inet(hole.address), Address::Inet(address));
    assert_eq!(
        caller.opens(),
        [format!("0 open {first}"), format!("200 open {second}")]
    );
    assert_eq!(caller.closed, 1);
}

#[test]
fn without_delay_both_families_start_at_once() {
    let holes = [BlackHole::new("::1"), BlackHole::new("127.0.0.1")];
    let settings = DialSettings {
        happy_eyeballs: Duration::ZERO,
        ..DialSettings::default()
    };
    let mut caller = Caller::new(&holes.each_ref().map(|hole| hole.address), settings);
    assert!(matches!(caller.run(Duration::ZERO), Step::Wait));
    assert_eq!(caller.dialer.interest().count(), 2);
    assert_eq!(caller.dialer.deadline(), None);
    assert_eq!(caller.dialer.take_sockets().len(), 2);
    assert_eq!(caller.dialer.take_sockets().len(), 0);
    assert!(matches!(caller.dialer.step(caller.now), Step::Wait));
}

#[test]
fn attempts_under_way_are_bounded_and_the_oldest_gives_way() {
    let hole = BlackHole::new("127.0.0.1");
    let mut caller = Caller::new(&[hole.address; MAX_ATTEMPTS + 1], DialSettings::default());
    assert!(matches!(caller.run(Duration::from_millis(4999)), Step::Wait));
    assert_eq!(caller.opens().len(), MAX_ATTEMPTS);
    assert_eq!(caller.closed, 0);
    assert!(matches!(caller.run(Duration::from_millis(5001)), Step::Wait));
    assert_eq!(caller.opens().len(), MAX_ATTEMPTS + 1);
    assert!(caller.opens()[MAX_ATTEMPTS].starts_with("5000 open "));
    assert_eq!(caller.closed, 1);
    assert_eq!(caller.dialer.interest().count(), MAX_ATTEMPTS);
}

#[test]
fn families_alternate() {
    let cases: &[(&[&str], &[&str])] = &[
        (&[], &[]),
        (
            &["1.1.1.1:1", "1.1.1.2:1", "[::1]:1"],
            &["1.1.1.1:1", "[::1]:1", "1.1.1.2:1"],
        ),
        (
            &["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1"],
            &["[::1]:1", "1.1.1.1:1", "[::2]:1", "[::3]:1"],
        ),
    ];
    let inet = |list: &[&str]| -> Vec<Address> { list.iter().map(|it| Address::Inet(it.parse().unwrap())).collect() };
    for (given, expected) in cases {
        assert_eq!(interlace(inet(given)), inet(expected));
    }
}

#[test]
fn every_address_has_its_reason_as_far_as_there_is_room() {
    let addresses = [refused("::1"), refused("127.0.0.1")];
    let error = Caller::new(&addresses, DialSettings::default()).failed();
    assert_eq!(
        error.reasons("host.test"),
        "::1: Connection refused, 127.0.0.1: Connection refused"
    );

    let many: Vec<SocketAddr> = (1..=20).map(|last| refused(&format!("127.0.0.{last}"))).collect();
    let error = Caller::new(&many, DialSettings::default()).failed();
    assert!(error.reasons("host.test").ends_with(" and 14 more"), "{error:?}");

    let error = Caller::new(&[], DialSettings::default()).failed();
    assert_eq!(error.reasons("host.test"), "there is no address");
}

#[test]
fn an_application_that_opens_no_socket_ends_in_a_failure() {
    let mut caller = Caller::new(&[refused("::1"), refused("127.0.0.1")], DialSettings::default());
    caller.refuse = true;
    let error = caller.failed();
    assert_eq!(error.cause, DialCause::Refused);
    assert!(
        error.reasons("host.test").contains("the application opened no socket"),
        "{error:?}"
    );
    assert_eq!((caller.opens().len(), caller.closed), (2, 0));
}

#[test]
fn a_socket_that_cannot_be_opened_is_a_reason() {
    let mut dialer = Dialer::new(vec![Address::Inet(refused("127.0.0.1"))], DialSettings::default());
    let now = Instant::now();
    assert!(matches!(dialer.step(now), Step::Open(_)));
    assert!(matches!(dialer.step(now), Step::Open(_)));
    dialer.open_failed(&io::Error::from_raw_os_error(libc::EMFILE));
    match dialer.step(now) {
        Step::Failed(error) => assert!(
            error.reasons("host.test").contains("no socket: Too many open files"),
            "{error:?}"
        ),
        other => panic!("{other:?}"),
    }
    assert_eq!(dialer.os_errno(), libc::EMFILE);
}

#[test]
fn an_application_may_choose_another_address() {
    let (_listener, address) = listener();
    let given = vec![Address::Inet(refused("127.0.0.1"))];
    let mut dialer = Dialer::new(given, DialSettings::default());
    assert!(matches!(dialer.step(Instant::now()), Step::Open(_)));
    dialer.readdress(Address::Inet(address));
    dialer.opened(Some(Socket::open(&Address::Inet(address)).unwrap()));
    assert_eq!(Caller::of(dialer).connected().1, Address::Inet(address));
}

#[test]
fn an_application_may_bring_a_connection_or_give_up() {
    let nobody = refused("127.0.0.1");
    let mut caller = Caller::new(&[nobody], DialSettings::default());
    caller.configured = Configured::AlreadyConnected;
    assert_eq!(caller.connected().1, Address::Inet(nobody));

    let mut caller = Caller::new(&[nobody, nobody], DialSettings::default());
    caller.configured = Configured::Abort;
    let error = caller.failed();
    assert_eq!(error.cause, DialCause::Aborted);
    assert_eq!((caller.opens().len(), caller.closed), (1, 1));
}

#[test]
fn answers_without_a_question_change_nothing() {
    let (_listener, address) = listener();
    let address = Address::Inet(address);
    let mut dialer = Dialer::new(vec![address.clone()], DialSettings::default());
    dialer.configured(Configured::Abort);
    dialer.open_failed(&io::Error::from_raw_os_error(libc::EMFILE));
    dialer.opened(Some(Socket::open(&address).unwrap()));
    let mut caller = Caller::of(dialer);
    assert_eq!(caller.connected().1, address);
    assert_eq!(caller.closed, 1);
}

#[test]
fn a_local_end_that_cannot_be_is_an_interface_failure() {
    let (_listener, address) = listener();
    let settings = DialSettings {
        interface: Some(Interface::parse(b"if!nowhere0").unwrap()),
        ..DialSettings::default()
    };
    let mut caller = Caller::new(&[address], settings);
    let error = caller.failed();
    assert_eq!(error.cause, DialCause::LocalEnd);
    assert!(
        error
            .reasons("host.test")
            .contains("Could not bind to interface 'nowhere0'"),
        "{error:?}"
    );
    assert_eq!(caller.dialer.os_errno(), libc::ENODEV);
    assert_eq!(caller.closed, 1);
}

#[test]
fn a_local_address_passes_over_the_other_family() {
    let (_listener, address) = listener();
    let settings = DialSettings {
        interface: Some(Interface::parse(b"127.0.0.1").unwrap()),
        ..DialSettings::default()
    };
    let mut caller = Caller::new(&[refused("::1"), address], settings);
    assert_eq!(caller.connected().1, Address::Inet(address));
}

#[test]
fn a_unix_socket_with_a_full_queue_is_tried_again() {
    use std::os::linux::net::SocketAddrExt;
    let name = format!("wscurl-dial-{}", std::process::id());
    let system = std::os::unix::net::SocketAddr::from_abstract_name(&name).unwrap();
    let listener = rustix::net::socket(AddressFamily::UNIX, SocketType::STREAM, None).unwrap();
    let local = rustix::net::SocketAddrUnix::new_abstract_name(name.as_bytes()).unwrap();
    rustix::net::bind(&listener, &local).unwrap();
    rustix::net::listen(&listener, 0).unwrap();
    let _in_queue = std::os::unix::net::UnixStream::connect_addr(&system).unwrap();

    let address = Address::Abstract(name.into_bytes());
    let dialer = Dialer::new(vec![address.clone()], DialSettings::default());
    let mut caller = Caller::of(dialer);
    assert!(matches!(caller.run(Duration::from_millis(100)), Step::Wait));
    assert_eq!(
        caller.dialer.deadline(),
        Some(caller.start + Duration::from_millis(120))
    );
    assert_eq!(caller.dialer.interest().count(), 0);
    rustix::net::accept(&listener).unwrap();
    assert_eq!(caller.connected().1, address);
    assert_eq!(caller.opens().len(), 1);
}

#[test]
fn a_unix_socket_that_is_not_there_is_named() {
    let path = Address::Unix(b"/nonexistent/wscurl.sock".to_vec());
    let dialer = Dialer::new(vec![path], DialSettings::default());
    let error = Caller::of(dialer).failed();
    assert_eq!(error.reasons("/nonexistent/wscurl.sock"), "No such file or directory");
    assert_eq!(
        error.reasons("a.test"),
        "/nonexistent/wscurl.sock: No such file or directory"
    );
}
