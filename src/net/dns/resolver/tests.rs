use super::*;
use crate::net::wait::poll::{Interest, wait};
use std::sync::mpsc;
use std::thread;

const MINUTE: Option<Duration> = Some(Duration::from_secs(60));

fn query(host: &str, family: Family) -> Query {
    Query {
        host: host.to_owned(),
        port: 80,
        family,
    }
}

fn lookup(resolver: &Resolver, query: &Query) -> Resolution {
    resolver.lookup(query, MINUTE, Instant::now(), &Waker::default())
}

/// Without a thread.
fn immediate(resolver: &Resolver, host: &str, family: Family) -> Result<Vec<String>, ResolveError> {
    match lookup(resolver, &query(host, family)) {
        Resolution::Ready(result) => result.map(|found| found.iter().map(SocketAddr::to_string).collect()),
        Resolution::Pending(_) => panic!("{host} is looked up"),
    }
}

fn woken(waker: &Waker, timeout: Duration) -> bool {
    let interest = Interest::reading(waker.raw());
    wait(&[interest], Some(Instant::now() + timeout)).unwrap().any()
}

/// Looks up with a thread, and waits.
fn ask(resolver: &Resolver, query: &Query) -> Result<Vec<SocketAddr>, ResolveError> {
    let waker = Waker::default();
    match resolver.lookup(query, MINUTE, Instant::now(), &waker) {
        Resolution::Ready(result) => result,
        Resolution::Pending(lookup) => {
            assert!(woken(&waker, Duration::from_secs(60)));
            lookup.answer(Instant::now()).unwrap()
        }
    }
}

fn add(resolver: &Resolver, lines: &[&str]) -> Result<(), OverrideError> {
    let lines: Vec<Vec<u8>> = lines.iter().map(|line| line.as_bytes().to_vec()).collect();
    resolver.add_static(&lines, Instant::now())
}

/// A name of the hosts file that isn't localhost: the first there is, or one that stands in for it.
fn name_in_hosts_file() -> String {
    let hosts = std::fs::read_to_string("/etc/hosts").unwrap_or_default();
    let lines = hosts.lines().filter(|line| line.starts_with("127."));
    let mut names = lines.flat_map(|line| line.split_whitespace().skip(1));
    let found = names.find(|name| !literals::is_localhost(name));
    found.unwrap_or("127.1").to_owned()
}

#[test]
fn literals_and_localhost_need_no_thread() {
    let resolver = Resolver::new(1);
    let cases: &[(&str, Family, &[&str])] = &[
        ("127.0.0.1", Family::Any, &["127.0.0.1:80"]),
        ("::1", Family::Any, &["[::1]:80"]),
        ("127.0.0.1", Family::V6, &["127.0.0.1:80"]),
        ("::1", Family::V4, &["[::1]:80"]),
        ("fe80::1%5", Family::V6, &["[fe80::1%5]:80"]),
        ("localhost", Family::V4, &["127.0.0.1:80"]),
        ("a.LOCALHOST.", Family::V4, &["127.0.0.1:80"]),
    ];
    for (host, family, expected) in cases {
        assert_eq!(immediate(&resolver, host, *family).unwrap(), *expected, "{host}");
    }
}

#[test]
fn impossible_names_fail_with_a_reason() {
    let resolver = Resolver::new(1);
    let cases = [
        ("a.Onion.", Family::Any, ".onion names are not resolved, RFC 7686"),
        ("", Family::Any, "the name is empty"),
    ];
    for (host, family, expected) in cases {
        let error = immediate(&resolver, host, family).unwrap_err();
        assert_eq!((&*error.host, &*error.reason), (host, expected));
    }
}

#[test]
fn the_hosts_file_is_read_on_a_thread_and_the_answer_cached() {
    let resolver = Resolver::new(2);
    let query = query(&name_in_hosts_file(), Family::V4);
    let found = ask(&resolver, &query).unwrap();
    assert!(
        found.iter().any(|it| it.ip().is_loopback()) && found.iter().all(|it| it.port() == 80),
        "{found:?}"
    );
    let other_port = Query {
        port: 81,
        host: query.host.to_uppercase(),
        ..query.clone()
    };
    match lookup(&resolver, &other_port) {
        Resolution::Ready(again) => assert_eq!(again.unwrap()[0].port(), 81),
        Resolution::Pending(_) => panic!("not cached"),
    }
    let (now, waker) = (Instant::now(), Waker::default());
    for (ttl, later) in [(Some(Duration::ZERO), 0), (MINUTE, 61)] {
        let later = now + Duration::from_secs(later);
        assert!(matches!(
            resolver.lookup(&query, ttl, later, &waker),
            Resolution::Pending(_)
        ));
    }
}

#[test]
fn a_failure_of_the_system_has_its_text() {
    let resolver = Resolver::new(1);
    // A label of 64 bytes can't be in the DNS (RFC 1035 section 2.3.4), so that no server is asked.
    let name = format!("{}.test", "x".repeat(64));
    let error = ask(&resolver, &query(&name, Family::Any)).unwrap_err();
    assert!(error.host == name && error.reason.len() > 2, "{error:?}");
    let error = ask(&resolver, &query("a\0b", Family::Any)).unwrap_err();
    assert!(error.reason.contains("NUL"), "{error:?}");
}

#[test]
fn static_entries_come_first() {
    let resolver = Resolver::new(1);
    add(
        &resolver,
        &["A.test:80:10.0.0.1,[::2]", "127.0.0.1:80:10.0.0.2", "*:80:10.0.0.3"],
    )
    .unwrap();
    let cases: &[(&str, Family, &[&str])] = &[
        ("a.TEST", Family::Any, &["10.0.0.1:80", "[::2]:80"]),
        ("a.test", Family::V4, &["10.0.0.1:80"]),
        ("a.test", Family::V6, &["[::2]:80"]),
        ("127.0.0.1", Family::Any, &["10.0.0.2:80"]),
        ("b.test", Family::Any, &["10.0.0.3:80"]),
    ];
    for (host, family, expected) in cases {
        assert_eq!(immediate(&resolver, host, *family).unwrap(), *expected, "{host}");
    }
    assert!(
        immediate(&resolver, "b.test", Family::V6)
            .unwrap_err()
            .reason
            .contains("IPv6")
    );
    add(&resolver, &["-127.0.0.1:80", "-a.test:80"]).unwrap();
    assert_eq!(immediate(&resolver, "a.test", Family::Any).unwrap(), ["10.0.0.3:80"]);
    add(&resolver, &["-*:80"]).unwrap();
    assert_eq!(
        immediate(&resolver, "127.0.0.1", Family::Any).unwrap(),
        ["127.0.0.1:80"]
    );
}

#[test]
fn one_bad_static_entry_changes_nothing() {
    let resolver = Resolver::new(1);
    let error = add(&resolver, &["127.0.0.1:80:10.0.0.1", "nonsense"]).unwrap_err();
    assert!(error.to_string().contains("'nonsense'"), "{error}");
    assert_eq!(
        immediate(&resolver, "127.0.0.1", Family::Any).unwrap(),
        ["127.0.0.1:80"]
    );
}

#[test]
fn queued_names_are_looked_up_one_after_the_other() {
    let resolver = Resolver::new(1);
    let names = ["127.1", "127.2", "127.3", "127.4"];
    let wakers = names.map(|_| Waker::default());
    let lookups: Vec<Resolution> = names
        .iter()
        .zip(&wakers)
        .map(|(name, waker)| resolver.lookup(&query(name, Family::V4), MINUTE, Instant::now(), waker))
        .collect();
    for (lookup, waker) in lookups.into_iter().zip(&wakers) {
        let Resolution::Pending(lookup) = lookup else { panic!() };
        assert!(woken(waker, Duration::from_secs(60)));
        assert!(lookup.answer(Instant::now()).unwrap().unwrap()[0].ip().is_loopback());
    }
}

#[test]
fn the_threads_block_all_signals() {
    let own_mask = || {
        let status = std::fs::read_to_string("/proc/thread-self/status").unwrap();
        blocked_signals(&status).unwrap()
    };
    let before = own_mask();
    let resolver = Resolver::new(1);
    ask(&resolver, &query("127.1", Family::V4)).unwrap();
    let masks: Vec<u64> = std::fs::read_dir("/proc/self/task")
        .unwrap()
        .filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("status")).ok())
        .filter(|status| status.starts_with("Name:\twscurl-resolver"))
        .filter_map(|status| blocked_signals(&status))
        .collect();
    assert!(!masks.is_empty());
    for signal in [
        libc::SIGINT,
        libc::SIGPIPE,
        libc::SIGALRM,
        libc::SIGTERM,
        libc::SIGCHLD,
        libc::SIGUSR1,
    ] {
        assert!(
            masks.iter().all(|mask| mask & (1 << (signal - 1)) != 0),
            "{signal}: {masks:x?}"
        );
    }
    assert_eq!(own_mask(), before);
}

/// The signal mask in a `/proc/PID/status` file, see proc(5).
fn blocked_signals(status: &str) -> Option<u64> {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigBlk:"))?;
    u64::from_str_radix(mask.trim(), 16).ok()
}

#[test]
fn resolvers_may_be_used_from_several_threads() {
    let resolver = Resolver::new(2);
    let (sender, receiver) = mpsc::channel();
    for number in 1..=8 {
        let (resolver, sender) = (resolver.clone(), sender.clone());
        thread::spawn(move || {
            let name = format!("127.{}", number % 3 + 1);
            let found = ask(&resolver, &query(&name, Family::V4));
            sender.send(found.is_ok()).unwrap();
        });
    }
    drop(sender);
    assert_eq!(receiver.iter().filter(|found| *found).count(), 8);
}

#[test]
fn a_child_of_fork_goes_on_without_the_parents_threads() {
    let resolver = Resolver::new(1);
    ask(&resolver, &query("127.1", Family::V4)).unwrap();
    // SAFETY: the child only resolves names that need no more of the C library than memory and a thread, and ends.
    let child = unsafe { libc::fork() };
    if child == 0 {
        // SAFETY: no handler is set: a child that hangs is killed.
        unsafe { libc::alarm(20) };
        let inherited = ask(&resolver, &query("127.2", Family::V4)).is_ok();
        drop(resolver);
        let own = ask(&Resolver::new(1), &query("127.2", Family::V4)).is_ok();
        // SAFETY: ends the child without running anything that the parent registered.
        unsafe { libc::_exit(if inherited && own { 7 } else { 1 }) };
    }
    let mut status = 0;
    // SAFETY: the pointer is valid.
    let ended = unsafe { libc::waitpid(child, &mut status, 0) };
    assert_eq!(ended, child);
    assert!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 7, "{status}");
}
