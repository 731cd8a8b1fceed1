//! Host names to addresses, without blocking: getaddrinfo() runs on threads of its own.
//!
//! Sources in their order: the application's entries (`CURLOPT_RESOLVE`), IP literals and localhost, the cache, the system.
//! Lookups of one name at the same time share one call of getaddrinfo().

use std::borrow::Cow;
use std::cell::RefCell;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use rustix::net::AddressFamily;

use crate::ffi::process::ProcessLocal;
use crate::net::dns::answer::{Answer, Failure, Family, Name, ResolveError};
use crate::net::dns::cache::Cache;
use crate::net::dns::literals;
use crate::net::dns::overrides::{Line, OverrideError, Overrides};
use crate::net::dns::workers::{Pool, Request};
use crate::net::wait::waker::Waker;
use crate::net::{reason, system};

/// What to look up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Query {
    /// A name, or an IP address without brackets, which may have a zone (`fe80::1%eth0`).
    pub host: String,
    /// The port of the addresses. The application's entries are for one port.
    pub port: u16,
    /// Which addresses are wanted.
    pub family: Family,
}

/// The first result of a lookup.
#[derive(Debug)]
pub(crate) enum Resolution {
    /// The addresses, or why there are none.
    Ready(Result<Vec<SocketAddr>, ResolveError>),
    /// A thread asks the system. The waker is woken when there is an answer.
    Pending(Lookup),
}

/// A name resolver with its cache and threads. Clones are the same resolver and may be used in any thread. Threads start when
/// there are names to look up, and end when they are idle, or with the resolver. A child of fork() can use it, unless another
/// thread was using it at the moment of the fork(); lookups that were in progress start again.
#[derive(Debug, Clone)]
pub(crate) struct Resolver(Arc<Shared>);

impl Resolver {
    /// A resolver that looks up at most `max_threads` (at least 1) names at the same time; more are queued.
    pub(crate) fn new(max_threads: usize) -> Resolver {
        Resolver(Arc::new(Shared {
            max_threads: AtomicUsize::new(max_threads.max(1)),
            has_ipv6: OnceLock::new(),
            tables: Mutex::default(),
            pool: ProcessLocal::new(),
        }))
    }

    /// Changes the number of names that are looked up at the same time (`CURLMOPT_RESOLVE_THREADS_MAX`).
    pub(crate) fn set_max_threads(&self, max_threads: usize) {
        self.0.max_threads.store(max_threads.max(1), Ordering::Relaxed);
    }

    /// Removes the system's answers. The application's entries stay.
    pub(crate) fn clear_cache(&self) {
        lock(&self.0.tables).cache = Cache::default();
    }

    /// Looks `query` up. A cached answer is used if it is younger than `ttl` (`None`: always; zero: never).
    pub(crate) fn lookup(&self, query: &Query, ttl: Option<Duration>, now: Instant, waker: &Waker) -> Resolution {
        let host = lower_case(&query.host);
        if let Some(answer) = self.immediate(query, &host, ttl, now) {
            return Resolution::Ready(conclude(query, answer));
        }
        let name = self.name(host.into_owned(), query.family);
        let cached = lock(&self.0.tables).cache.get(&name, ttl, now).cloned();
        match cached {
            Some(answer) => Resolution::Ready(conclude(query, answer)),
            None => self.ask(query, name, waker),
        }
    }

    /// Reads lines of `CURLOPT_RESOLVE`: `HOST:PORT:ADDRESS[,ADDRESS]...` gives a host its addresses,
    /// `+HOST:PORT:ADDRESS[,ADDRESS]...` for as long as a cached answer is valid, `-HOST:PORT` removes them and the cached
    /// answer. `*` is any host. They apply to all users of this resolver. One bad line, and nothing is changed.
    pub(crate) fn add_static(&self, entries: &[Vec<u8>], now: Instant) -> Result<(), OverrideError> {
        let lines = entries.iter().filter_map(|entry| Line::parse(entry).transpose());
        let lines: Vec<Line> = lines.collect::<Result<_, OverrideError>>()?;
        let mut tables = lock(&self.0.tables);
        for line in lines {
            if let Line::Remove(key) = &line {
                tables.cache.forget(&key.host);
            }
            tables.hosts.apply(line, now);
        }
        Ok(())
    }

    /// The answer, if no lookup is needed; `host` is in lower case.
    fn immediate(&self, query: &Query, host: &str, ttl: Option<Duration>, now: Instant) -> Option<Answer> {
        if let Some(addresses) = lock(&self.0.tables).hosts.get(host, query.port, ttl, now) {
            return Some(Ok(addresses.to_vec()));
        }
        if let Some(address) = literals::ip(&query.host) {
            return Some(Ok(vec![address]));
        }
        if literals::is_localhost(&query.host) {
            return Some(Ok(literals::loopback(self.has_ipv6())));
        }
        if is_onion(host) {
            return Some(refusal(".onion names are not resolved, RFC 7686"));
        }
        if host.is_empty() {
            return Some(refusal("the name is empty"));
        }
        if query.family == Family::V6 && !self.has_ipv6() {
            return Some(refusal("this machine has no IPv6"));
        }
        None
    }

    /// Asks the system.
    fn ask(&self, query: &Query, name: Name, waker: &Waker) -> Resolution {
        match self.request(query, name, waker) {
            Ok(request) => Resolution::Pending(Lookup {
                resolver: self.clone(),
                query: query.clone(),
                waker: waker.clone(),
                request: RefCell::new(request),
            }),
            Err(error) => Resolution::Ready(Err(error)),
        }
    }

    /// Queues `name` for the threads of this process.
    fn request(&self, query: &Query, name: Name, waker: &Waker) -> Result<Request, ResolveError> {
        let pool = self.0.pool.get_or_init(Pool::new);
        let max_threads = self.0.max_threads.load(Ordering::Relaxed);
        pool.ask(name, waker.clone(), max_threads)
            .map_err(|error| could_not_resolve(query, format!("cannot ask for it: {}", reason(&error))))
    }

    fn name(&self, host: String, family: Family) -> Name {
        Name {
            host,
            family: match family {
                Family::Any if !self.has_ipv6() => Family::V4,
                family => family,
            },
        }
    }

    /// Whether the machine can open IPv6 sockets.
    fn has_ipv6(&self) -> bool {
        *self
            .0
            .has_ipv6
            .get_or_init(|| system::stream_socket(AddressFamily::INET6).is_ok())
    }
}

/// A lookup in progress. Dropping it cancels it; a thread that has begun finishes it.
#[derive(Debug)]
pub(crate) struct Lookup {
    resolver: Resolver,
    query: Query,
    waker: Waker,
    request: RefCell<Request>,
}

impl Lookup {
    /// The answer, once there is one.
    pub(crate) fn answer(&self, now: Instant) -> Option<Result<Vec<SocketAddr>, ResolveError>> {
        let mut request = self.request.borrow_mut();
        if request.is_foreign() {
            let name = request.name().clone();
            match self.resolver.request(&self.query, name, &self.waker) {
                Ok(again) => *request = again,
                Err(error) => return Some(Err(error)),
            }
        }
        let answer = request.answer()?;
        let mut tables = lock(&self.resolver.0.tables);
        tables.cache.put(request.name(), answer, now);
        Some(conclude(&self.query, answer.clone()))
    }
}

/// What all clones of a resolver share. The threads do not use it: it is freed with the last clone, and none of its locks
/// can be held by a thread that a child of fork() does not have.
#[derive(Debug)]
struct Shared {
    max_threads: AtomicUsize,
    has_ipv6: OnceLock<bool>,
    tables: Mutex<Tables>,
    /// made for the first name that the system is asked for
    pool: ProcessLocal<Arc<Pool>>,
}

#[derive(Debug, Default)]
struct Tables {
    hosts: Overrides,
    cache: Cache,
}

impl Drop for Shared {
    fn drop(&mut self) {
        if let Some(pool) = self.pool.get() {
            pool.close();
        }
    }
}

/// No code that could panic runs while these locks are held.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn conclude(query: &Query, answer: Answer) -> Result<Vec<SocketAddr>, ResolveError> {
    match answer {
        Ok(addresses) => finish(query, addresses),
        Err(failure) => Err(could_not_resolve(query, failure.reason)),
    }
}

/// The addresses of the wanted family, with the port. A host that is an address is taken as it is, as in libcurl.
fn finish(query: &Query, addresses: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, ResolveError> {
    let family = match literals::ip(&query.host) {
        Some(_) => Family::Any,
        None => query.family,
    };
    let (kind, wanted): (_, fn(&SocketAddr) -> bool) = match family {
        Family::Any => ("", |_| true),
        Family::V4 => ("IPv4 ", SocketAddr::is_ipv4),
        Family::V6 => ("IPv6 ", SocketAddr::is_ipv6),
    };
    let mut found: Vec<SocketAddr> = addresses.into_iter().filter(wanted).collect();
    if found.is_empty() {
        return Err(could_not_resolve(query, format!("it has no {kind}address")));
    }
    found.iter_mut().for_each(|address| address.set_port(query.port));
    Ok(found)
}

fn could_not_resolve(query: &Query, reason: String) -> ResolveError {
    let host = query.host.clone();
    ResolveError { host, reason }
}

fn refusal(reason: &str) -> Answer {
    Err(Failure {
        reason: reason.to_owned(),
        answered: true,
    })
}

fn lower_case(host: &str) -> Cow<'_, str> {
    match host.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => host.to_ascii_lowercase().into(),
        false => host.into(),
    }
}

fn is_onion(host: &str) -> bool {
    host.strip_suffix('.').unwrap_or(host).ends_with(".onion")
}

#[cfg(test)]
mod tests;
