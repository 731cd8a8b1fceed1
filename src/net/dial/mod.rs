//! Several addresses to one connection: happy eyeballs (RFC 8305) as a state machine that never waits.
//!
//! The caller takes the next action from [`Dialer::step`] until it is [`Step::Wait`], and then waits for
//! [`Dialer::interest`] and [`Dialer::deadline`]. Opening, configuring and closing sockets, for which the application may have
//! callbacks, are actions of the caller.

mod error;

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::os::fd::RawFd;
use std::time::{Duration, Instant};

use crate::net::address::Address;
use crate::net::interface::{self, BindError, Interface};
use crate::net::reason;
use crate::net::socket::{Keepalive, Socket};
use crate::net::wait::poll::Interest;

pub(crate) use error::{DialCause, DialError};

/// How to connect. Of these, only `happy_eyeballs` matters for Unix sockets.
#[derive(Debug, Clone)]
pub(crate) struct DialSettings {
    /// `CURLOPT_TCP_NODELAY`.
    pub nodelay: bool,
    /// `CURLOPT_TCP_KEEPALIVE` and its times.
    pub keepalive: Option<Keepalive>,
    /// `CURLOPT_INTERFACE`; a host name in it must be resolved already.
    pub interface: Option<Interface>,
    /// `CURLOPT_LOCALPORT`; 0 is any.
    pub local_port: u16,
    /// `CURLOPT_LOCALPORTRANGE`: the number of ports to try, at least one.
    pub local_port_range: u16,
    /// `CURLOPT_HAPPY_EYEBALLS_TIMEOUT_MS`: the time between the attempts at two addresses.
    pub happy_eyeballs: Duration,
}

impl Default for DialSettings {
    /// libcurl's defaults.
    fn default() -> DialSettings {
        DialSettings {
            nodelay: true,
            keepalive: None,
            interface: None,
            local_port: 0,
            local_port_range: 1,
            happy_eyeballs: Duration::from_millis(200),
        }
    }
}

/// The caller's next action.
#[derive(Debug)]
pub(crate) enum Step {
    /// Open a socket for this address, or ask the application for one, and report with [`Dialer::opened`] or
    /// [`Dialer::open_failed`]. Returned again until that is done.
    Open(Address),
    /// Let the application set options, and report with [`Dialer::configured`]. Returned again until that is done.
    Configure(RawFd),
    /// Close a socket that is not needed any more.
    Close(Socket),
    /// Show a line for `CURLOPT_VERBOSE`, here without its end. Only with [`Dialer::set_verbose`].
    Trace(String),
    /// Wait for [`Dialer::interest`] and [`Dialer::deadline`].
    Wait,
    /// Done.
    Connected {
        /// The connection.
        socket: Socket,
        /// The peer's address.
        address: Address,
    },
    /// No address could be connected to.
    Failed(DialError),
}

/// The result of `CURLOPT_SOCKOPTFUNCTION`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Configured {
    /// Connect it.
    Ok,
    /// It is connected (`CURL_SOCKOPT_ALREADY_CONNECTED`).
    AlreadyConnected,
    /// Fail (`CURL_SOCKOPT_ERROR`).
    Abort,
}

/// The state machine. After [`Step::Connected`] or [`Step::Failed`] it returns nothing but [`Step::Wait`].
#[derive(Debug)]
pub(crate) struct Dialer {
    settings: DialSettings,
    untried: VecDeque<Address>,
    /// Attempts in progress, the oldest first.
    attempts: Vec<Attempt>,
    question: Option<Question>,
    won: Option<Attempt>,
    over: bool,
    /// What comes before anything else: only [`Step::Trace`] and [`Step::Close`].
    queue: VecDeque<Step>,
    /// Addresses that failed, and why.
    failures: Vec<(Address, String)>,
    /// What the failures add up to.
    cause: DialCause,
    os_errno: i32,
    begun: Option<Instant>,
    last_start: Option<Instant>,
    /// An attempt has failed, so that the next one does not wait.
    start_next_now: bool,
    verbose: bool,
}

/// An action that the caller has not reported yet.
#[derive(Debug)]
enum Question {
    Open { address: Address, started: Instant },
    Configure(Attempt),
}

#[derive(Debug)]
struct Attempt {
    socket: Socket,
    address: Address,
    started: Instant,
    /// Only Unix sockets: the listener's queue was full, and this is the time to try again.
    retry: Option<Instant>,
    /// The local address, for [`Step::Trace`]: the system does not know it after a failure.
    local: Option<SocketAddr>,
}

/// The limit on attempts at the same time, the same as libcurl's.
const MAX_ATTEMPTS: usize = 6;

/// With [`MAX_ATTEMPTS`] in progress and addresses left, the oldest attempt ends after this time. It is enough for a lost SYN
/// and its retransmissions.
const ATTEMPT_TIME: Duration = Duration::from_secs(5);

/// The interval for trying a Unix socket whose listener's queue is full: the system does not report when there is room.
const RETRY: Duration = Duration::from_millis(20);

impl Dialer {
    /// Prepares to connect to one of `addresses`, best first. Address families alternate, beginning with that of the first
    /// address (RFC 8305 section 4).
    pub(crate) fn new(addresses: Vec<Address>, settings: DialSettings) -> Dialer {
        Dialer {
            settings,
            untried: interlace(addresses),
            attempts: Vec::new(),
            question: None,
            won: None,
            over: false,
            queue: VecDeque::new(),
            failures: Vec::new(),
            cause: DialCause::Refused,
            os_errno: 0,
            begun: None,
            last_start: None,
            start_next_now: true,
            verbose: false,
        }
    }

    /// Whether to return [`Step::Trace`].
    pub(crate) fn set_verbose(&mut self, verbose: bool) {
        self.verbose = verbose;
    }

    /// The next action. Checks the sockets without waiting.
    pub(crate) fn step(&mut self, now: Instant) -> Step {
        let begun = *self.begun.get_or_insert(now);
        if self.is_free() {
            self.check_attempts(now);
        }
        if self.is_free() {
            self.start_next(now);
        }
        if let Some(step) = self.queue.pop_front() {
            return step;
        }
        match &self.question {
            Some(Question::Open { address, .. }) => return Step::Open(address.clone()),
            Some(Question::Configure(attempt)) => return Step::Configure(attempt.socket.raw()),
            None => {}
        }
        if let Some(Attempt { socket, address, .. }) = self.won.take() {
            return Step::Connected { socket, address };
        }
        if !self.over && self.attempts.is_empty() && self.untried.is_empty() {
            self.over = true;
            return Step::Failed(self.error(now.saturating_duration_since(begun)));
        }
        Step::Wait
    }

    /// Reports [`Step::Open`]. `None`: the application refused, so that the address is skipped.
    pub(crate) fn opened(&mut self, socket: Option<Socket>) {
        match (self.question.take(), socket) {
            (Some(Question::Open { address, started }), Some(socket)) => self.prepare(Attempt {
                socket,
                address,
                started,
                retry: None,
                local: None,
            }),
            (Some(Question::Open { address, .. }), None) => {
                self.skip_address(address, "the application opened no socket".to_owned());
            }
            (question, socket) => {
                self.question = question;
                self.queue.extend(socket.map(Step::Close));
            }
        }
    }

    /// Reports [`Step::Open`] when the socket could not be opened or adopted.
    pub(crate) fn open_failed(&mut self, error: &io::Error) {
        match self.question.take() {
            Some(Question::Open { address, .. }) => {
                self.os_errno = error.raw_os_error().unwrap_or(0);
                self.skip_address(address, format!("no socket: {}", reason(error)));
            }
            question => self.question = question,
        }
    }

    /// To be called before [`opened`](Self::opened) if the application's `CURLOPT_OPENSOCKETFUNCTION` changed the address.
    pub(crate) fn readdress(&mut self, elsewhere: Address) {
        if let Some(Question::Open { address, .. }) = &mut self.question {
            *address = elsewhere;
        }
    }

    /// Reports [`Step::Configure`].
    pub(crate) fn configured(&mut self, outcome: Configured) {
        match (self.question.take(), outcome) {
            (Some(Question::Configure(attempt)), Configured::Ok) => self.launch(attempt),
            (Some(Question::Configure(mut attempt)), Configured::AlreadyConnected) => {
                if let Some(peer) = attempt.socket.peer_address() {
                    attempt.address = Address::Inet(peer);
                }
                self.connected(attempt);
            }
            (Some(Question::Configure(attempt)), Configured::Abort) => {
                self.cause = DialCause::Aborted;
                self.untried.clear();
                self.give_up(attempt, "the application's socket callback gave up".to_owned());
                self.close_attempts();
            }
            (question, _) => self.question = question,
        }
    }

    /// The descriptors to wait for.
    pub(crate) fn interest(&self) -> impl Iterator<Item = Interest> + '_ {
        let waiting = self.attempts.iter().filter(|attempt| attempt.retry.is_none());
        waiting.map(Attempt::interest)
    }

    /// When to call [`step`](Self::step) even if no descriptor is ready.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let retries = self.attempts.iter().filter_map(|attempt| attempt.retry);
        retries.chain(self.next_start()).min()
    }

    /// The `errno` of the latest failure, or 0: `CURLINFO_OS_ERRNO`.
    pub(crate) fn os_errno(&self) -> i32 {
        self.os_errno
    }

    /// Ends all attempts. Returns the open sockets, for the caller to close.
    pub(crate) fn take_sockets(&mut self) -> Vec<Socket> {
        self.over = true;
        self.untried.clear();
        self.close_attempts();
        let asked = match self.question.take() {
            Some(Question::Configure(attempt)) => Some(attempt.socket),
            _ => None,
        };
        let won = self.won.take().map(|attempt| attempt.socket);
        let queued = self.queue.drain(..).filter_map(|step| match step {
            Step::Close(socket) => Some(socket),
            _ => None,
        });
        queued.chain(asked).chain(won).collect()
    }

    /// Whether nothing else comes first.
    fn is_free(&self) -> bool {
        !self.over && self.queue.is_empty() && self.question.is_none()
    }

    /// Checks the attempts in progress.
    fn check_attempts(&mut self, now: Instant) {
        for attempt in std::mem::take(&mut self.attempts) {
            match attempt.retry {
                _ if self.over => self.queue.push_back(Step::Close(attempt.socket)),
                Some(time) if time > now => self.attempts.push(attempt),
                _ => self.connect(attempt, now),
            }
        }
    }

    /// Starts with the next address if that is due.
    fn start_next(&mut self, now: Instant) {
        let full = self.attempts.len() >= MAX_ATTEMPTS;
        let due = (self.start_next_now && !full) || self.next_start().is_some_and(|time| time <= now);
        if !due {
            return;
        }
        let Some(address) = self.untried.pop_front() else {
            return;
        };
        if full {
            let oldest = self.attempts.remove(0);
            let time = now.saturating_duration_since(oldest.started).as_millis();
            self.give_up(oldest, format!("no answer in {time} ms"));
        }
        self.start_next_now = false;
        self.last_start = Some(now);
        let address = match address {
            Address::Inet(address) => Address::Inet(interface::complete_scope(address)),
            address => address,
        };
        self.question = Some(Question::Open { address, started: now });
    }

    /// When the next address is due if no attempt fails before.
    fn next_start(&self) -> Option<Instant> {
        self.untried.front()?;
        let next = self.last_start?.checked_add(self.settings.happy_eyeballs)?;
        match self.attempts.first() {
            Some(oldest) if self.attempts.len() >= MAX_ATTEMPTS => Some(next.max(oldest.started + ATTEMPT_TIME)),
            _ => Some(next),
        }
    }

    /// Sets our options; `CURLOPT_SOCKOPTFUNCTION` comes after that.
    fn prepare(&mut self, attempt: Attempt) {
        self.trace(|| match &attempt.address {
            Address::Inet(address) => format!("  Trying {address}..."),
            unix => format!("  Trying {unix}..."),
        });
        if attempt.address.inet().is_some() {
            if self.settings.nodelay {
                self.check_set("TCP_NODELAY", attempt.socket.set_nodelay(true));
            }
            if let Some(keepalive) = self.settings.keepalive {
                self.check_set("TCP keep-alive", attempt.socket.set_keepalive(keepalive));
            }
        }
        self.question = Some(Question::Configure(attempt));
    }

    /// A failure is only shown, as in libcurl: a connection without the option is better than none.
    fn check_set(&mut self, option: &str, result: io::Result<()>) {
        if let Err(error) = result {
            self.trace(|| format!("Could not set {option}: {}", reason(&error)));
        }
    }

    /// Binds the local end and connects.
    fn launch(&mut self, attempt: Attempt) {
        let settings = &self.settings;
        let ports = (settings.local_port, settings.local_port_range);
        let bound = match &attempt.address {
            Address::Inet(remote) => interface::bind(&attempt.socket, remote, settings.interface.as_ref(), ports),
            _ => Ok(()),
        };
        match bound {
            Ok(()) => {
                let now = attempt.started;
                self.connect(attempt, now);
            }
            Err(BindError::OtherFamily(reason)) => self.give_up(attempt, reason),
            Err(BindError::Failed { message, errno }) => {
                self.cause = DialCause::LocalEnd;
                self.os_errno = errno;
                self.give_up(attempt, message);
            }
        }
    }

    /// Begins to connect, or checks the result: the system call is the same.
    fn connect(&mut self, attempt: Attempt, now: Instant) {
        let is_unix = attempt.address.inet().is_none();
        match attempt.socket.connect(&attempt.address) {
            Ok(()) => self.connected(attempt),
            Err(error) if error.kind() == ErrorKind::WouldBlock && error.raw_os_error().is_none() => {
                let ask = || attempt.socket.local_address();
                let local = self.verbose.then(ask).flatten();
                let retry = None;
                self.attempts.push(Attempt {
                    retry,
                    local,
                    ..attempt
                });
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock && is_unix => {
                let retry = Some(now + RETRY);
                self.attempts.push(Attempt { retry, ..attempt });
            }
            Err(error) => self.attempt_failed(attempt, &error),
        }
    }

    fn connected(&mut self, attempt: Attempt) {
        self.over = true;
        self.untried.clear();
        self.close_attempts();
        self.won = Some(attempt);
    }

    /// The attempt failed.
    fn attempt_failed(&mut self, attempt: Attempt, error: &io::Error) {
        let reason = reason(error);
        self.trace(|| {
            let from = match attempt.local {
                Some(local) => format!(" from {}", Address::Inet(local)),
                None => String::new(),
            };
            format!("connect to {}{from} failed: {reason}", attempt.address)
        });
        self.os_errno = error.raw_os_error().unwrap_or(0);
        self.give_up(attempt, reason);
    }

    fn give_up(&mut self, attempt: Attempt, reason: String) {
        self.skip_address(attempt.address, reason);
        self.queue.push_back(Step::Close(attempt.socket));
    }

    fn skip_address(&mut self, address: Address, reason: String) {
        self.failures.push((address, reason));
        self.start_next_now = true;
    }

    fn close_attempts(&mut self) {
        let sockets = self.attempts.drain(..).map(|attempt| attempt.socket);
        self.queue.extend(sockets.map(Step::Close));
    }

    fn trace(&mut self, line: impl FnOnce() -> String) {
        if self.verbose {
            self.queue.push_back(Step::Trace(line()));
        }
    }

    fn error(&mut self, elapsed: Duration) -> DialError {
        let cause = match self.cause {
            DialCause::Refused if self.os_errno == libc::ETIMEDOUT => DialCause::TimedOut,
            cause => cause,
        };
        DialError {
            cause,
            elapsed,
            failures: std::mem::take(&mut self.failures),
        }
    }
}

impl Attempt {
    fn interest(&self) -> Interest {
        Interest {
            fd: self.socket.raw(),
            read: false,
            write: true,
        }
    }
}

/// Alternates between the families, beginning with that of the first address.
fn interlace(addresses: Vec<Address>) -> VecDeque<Address> {
    if addresses.len() < 2 {
        return addresses.into();
    }
    let is_v4 = |address: &Address| address.inet().is_some_and(|address| address.is_ipv4());
    let first_is_v4 = addresses.first().is_some_and(is_v4);
    let (first, other): (Vec<_>, Vec<_>) = addresses.into_iter().partition(|address| is_v4(address) == first_is_v4);
    let (mut first, mut other) = (first.into_iter(), other.into_iter());
    let mut mixed = VecDeque::new();
    loop {
        let before = mixed.len();
        mixed.extend(first.next());
        mixed.extend(other.next());
        if mixed.len() == before {
            return mixed;
        }
    }
}

#[cfg(test)]
mod tests;
