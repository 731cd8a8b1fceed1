//! poll(2) with a deadline.

use std::io;
use std::os::fd::RawFd;
use std::time::Instant;

use smallvec::SmallVec;

use crate::net::wait::milliseconds;

/// What to wait for on one descriptor. A hang-up is always reported, even with neither of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Interest {
    /// The descriptor.
    pub fd: RawFd,
    /// Wait until there is something to read.
    pub read: bool,
    /// Wait until it can be written to.
    pub write: bool,
}

impl Interest {
    /// An interest in reading.
    pub(crate) fn reading(fd: RawFd) -> Interest {
        Interest {
            fd,
            read: true,
            write: false,
        }
    }
}

/// The state of one descriptor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Ready {
    /// There is something to read, or EOF.
    pub readable: bool,
    /// It can be written to.
    pub writable: bool,
    /// The connection has ended or failed, or the descriptor is not open.
    pub hangup: bool,
}

/// So many descriptors take no memory of the heap: more are waited for only while a connection is opened.
const FEW: usize = 4;

/// The result of a [`wait`].
#[derive(Debug)]
pub(crate) struct Found(SmallVec<[libc::pollfd; FEW]>);

impl Found {
    /// The state of the descriptor of the interest at `index`.
    pub(crate) fn ready(&self, index: usize) -> Ready {
        self.0.get(index).map_or(Ready::default(), |fd| seen(fd.revents))
    }

    /// Whether any of them is ready.
    #[cfg(test)]
    pub(crate) fn any(&self) -> bool {
        self.0.iter().any(|fd| fd.revents != 0)
    }
}

/// Waits until one of the descriptors is ready, or until `deadline` (`None`: for ever; one that has passed: without
/// blocking). Signals do not end the wait, and it does not end before the deadline.
pub(crate) fn wait(interests: &[Interest], deadline: Option<Instant>) -> io::Result<Found> {
    let mut fds: SmallVec<[libc::pollfd; FEW]> = interests.iter().map(poll_fd).collect();
    loop {
        // SAFETY: `fds` is valid for reads and writes of `fds.len()` entries. The descriptors need not be open: poll(2)
        // reports those that are not. (rustix's poll takes open ones only, and the application may close these.)
        let result = unsafe { libc::poll(fds.as_mut_ptr(), fds.len() as libc::nfds_t, timeout(deadline)) };
        match result {
            0 if deadline.is_some_and(|deadline| Instant::now() < deadline) => {}
            0.. => return Ok(Found(fds)),
            _ => {
                let error = io::Error::last_os_error();
                if error.kind() != io::ErrorKind::Interrupted {
                    return Err(error);
                }
            }
        }
    }
}

/// poll(2) with a deadline, for descriptors of the application. A signal ends the wait.
pub(crate) fn wait_raw(fds: &mut [libc::pollfd], deadline: Instant) -> io::Result<()> {
    for fd in fds.iter_mut() {
        fd.revents = 0;
    }
    // SAFETY: valid for reads and writes of `fds.len()` entries. The descriptors need not be open.
    let result = unsafe { libc::poll(fds.as_mut_ptr(), fds.len() as libc::nfds_t, timeout(Some(deadline))) };
    match result {
        0.. => Ok(()),
        _ => match io::Error::last_os_error() {
            error if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            error => Err(error),
        },
    }
}

/// Fails if the number belongs to no open descriptor.
pub(crate) fn check_open(fd: RawFd) -> io::Result<()> {
    // SAFETY: only asks for a flag.
    match unsafe { libc::fcntl(fd, libc::F_GETFD) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

fn poll_fd(interest: &Interest) -> libc::pollfd {
    let read = if interest.read { libc::POLLIN } else { 0 };
    let write = if interest.write { libc::POLLOUT } else { 0 };
    libc::pollfd {
        fd: interest.fd,
        events: read | write,
        revents: 0,
    }
}

fn seen(revents: libc::c_short) -> Ready {
    Ready {
        readable: revents & libc::POLLIN != 0,
        writable: revents & libc::POLLOUT != 0,
        hangup: revents & (libc::POLLHUP | libc::POLLERR | libc::POLLNVAL) != 0,
    }
}

/// The time left; -1 without a deadline.
fn timeout(deadline: Option<Instant>) -> libc::c_int {
    let Some(deadline) = deadline else { return -1 };
    let left = milliseconds(deadline.saturating_duration_since(Instant::now()));
    left.try_into().unwrap_or(libc::c_int::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::wait::waker::Waker;
    use std::io::Write;
    use std::os::fd::AsRawFd;
    use std::time::Duration;

    fn opened() -> Waker {
        let waker = Waker::default();
        waker.open().unwrap();
        waker
    }

    #[test]
    fn waiting_ends_at_the_deadline_and_not_before() {
        let waker = opened();
        let start = Instant::now();
        let deadline = start + Duration::from_micros(20_300);
        let found = wait(&[Interest::reading(waker.raw())], Some(deadline)).unwrap();
        assert!(Instant::now() >= deadline);
        assert_eq!((found.any(), found.ready(0)), (false, Ready::default()));
        assert!(!wait(&[], Some(start)).unwrap().any());
    }

    #[test]
    fn the_time_left_is_rounded_up() {
        assert_eq!(timeout(None), -1);
        assert_eq!(timeout(Some(Instant::now() - Duration::from_secs(1))), 0);
        assert_eq!(timeout(Some(Instant::now() + Duration::from_micros(900))), 1);
        let centuries = Duration::from_secs(1 << 34);
        assert_eq!(timeout(Some(Instant::now() + centuries)), libc::c_int::MAX);
    }

    #[test]
    fn each_interest_gets_its_own_answer() {
        let (reader, mut writer) = io::pipe().unwrap();
        let waker = opened();
        let closed = std::fs::File::open("/dev/null").unwrap().as_raw_fd() + 1000;
        writer.write_all(b"x").unwrap();
        let mut interests = vec![
            Interest::reading(waker.raw()),
            Interest::reading(reader.as_raw_fd()),
            Interest::reading(closed),
        ];
        for _ in 0..2 {
            let found = wait(&interests, None).unwrap();
            let seen = [0, 1, 2].map(|index| (found.ready(index).readable, found.ready(index).hangup));
            assert_eq!(seen, [(false, false), (true, false), (false, true)]);
            interests.extend([Interest::reading(waker.raw()); FEW]);
        }
    }
}
