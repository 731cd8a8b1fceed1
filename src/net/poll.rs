//! Waiting for descriptors, and waking from another thread who waits.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::EventfdFlags;
use rustix::io::Errno;

/// What somebody waits for on one descriptor. Neither reading nor writing: only for its hang-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interest {
    /// The descriptor.
    pub fd: RawFd,
    /// Wait until there is something to read.
    pub read: bool,
    /// Wait until there is room to write.
    pub write: bool,
}

/// What is the case on one descriptor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ready {
    /// There is something to read, the end of the stream included.
    pub readable: bool,
    /// There is room to write.
    pub writable: bool,
    /// The connection is over or failed, or the descriptor isn't open; reported without being asked for.
    pub hangup: bool,
}

impl Ready {
    /// Whether anything happened.
    pub fn any(self) -> bool {
        self.readable || self.writable || self.hangup
    }
}

/// What a [`wait`] has found.
#[derive(Debug)]
pub struct Found(Vec<libc::pollfd>);

impl Found {
    /// What is the case on the descriptor of the interest at `index`.
    pub fn ready(&self, index: usize) -> Ready {
        self.0.get(index).map_or(Ready::default(), |fd| seen(fd.revents))
    }

    /// Whether there is news on any of them.
    pub fn any(&self) -> bool {
        self.0.iter().any(|fd| fd.revents != 0)
    }
}

/// Waits until something happens on one of the descriptors, or until `deadline` (`None`: for ever; one that has passed:
/// looks only). Signals don't end the wait, and it never ends before the deadline.
pub fn wait(interests: &[Interest], deadline: Option<Instant>) -> io::Result<Found> {
    let mut fds: Vec<libc::pollfd> = interests.iter().map(poll_fd).collect();
    loop {
        // SAFETY: `fds` is valid for reads and writes of `fds.len()` entries. The descriptors needn't be open: poll(2)
        // reports those that aren't. That is why it isn't rustix's poll, which takes borrowed ones: these are numbers
        // that the application may close.
        let result = unsafe { libc::poll(fds.as_mut_ptr(), fds.len() as libc::nfds_t, milliseconds(deadline)) };
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

/// Waits once on descriptors of the application's, with all that poll(2) can tell about them. A signal ends the wait.
pub fn wait_raw(fds: &mut [libc::pollfd], deadline: Instant) -> io::Result<()> {
    for fd in fds.iter_mut() {
        fd.revents = 0;
    }
    // SAFETY: valid for reads and writes of as many entries as it is told. The descriptors needn't be open.
    let result = unsafe {
        libc::poll(
            fds.as_mut_ptr(),
            fds.len() as libc::nfds_t,
            milliseconds(Some(deadline)),
        )
    };
    match result {
        0.. => Ok(()),
        _ => match io::Error::last_os_error() {
            error if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            error => Err(error),
        },
    }
}

/// Wakes a [`wait`] from any thread: its descriptor is readable from [`wake`](Self::wake) until
/// [`drain`](Self::drain). Clones are the same waker. There is a descriptor from [`open`](Self::open) on: most wakers never
/// need one.
#[derive(Debug, Clone, Default)]
pub struct Waker {
    shared: Arc<Shared>,
    name: Option<u64>,
}

#[derive(Debug, Default)]
struct Shared {
    fd: OnceLock<OwnedFd>,
    /// woken and not drained: many wake-ups cost one system call
    woken: AtomicBool,
    /// who woke, of those that have names
    names: Mutex<Vec<u64>>,
}

impl Waker {
    /// To be called before anybody waits for it or wakes it. Fails when there are no descriptors left.
    pub fn open(&self) -> io::Result<()> {
        if self.shared.fd.get().is_none() {
            let fd = rustix::event::eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
            // Another thread may have been faster: then this one isn't needed.
            let _ = self.shared.fd.set(fd);
        }
        Ok(())
    }

    /// The same waker, which tells [`drain_names`](Self::drain_names) that it was this one.
    pub fn named(&self, name: u64) -> Waker {
        Waker {
            shared: Arc::clone(&self.shared),
            name: Some(name),
        }
    }

    /// Makes the descriptor readable. From any thread, any number of times.
    pub fn wake(&self) {
        if let Some(name) = self.name {
            self.names().push(name);
        }
        if let Some(fd) = self.shared.fd.get()
            && !self.shared.woken.swap(true, Ordering::AcqRel)
        {
            // The only error is a counter that is full: readable already.
            let _ = rustix::io::retry_on_intr(|| rustix::io::write(fd, &1u64.to_ne_bytes()));
        }
    }

    /// Takes all wake-ups back and tells whether there were any.
    pub fn drain(&self) -> bool {
        let Some(fd) = self.shared.fd.get() else {
            return false;
        };
        let mut counter = [0; 8];
        let read = rustix::io::retry_on_intr(|| rustix::io::read(fd, &mut counter));
        // In this order: who wakes from now on writes again, and who did before is seen by the caller, who looks next.
        self.shared.woken.swap(false, Ordering::AcqRel);
        read != Err(Errno::AGAIN)
    }

    /// Takes all wake-ups back and returns the names they came with.
    pub fn drain_names(&self) -> Vec<u64> {
        self.drain();
        std::mem::take(&mut *self.names())
    }

    /// The descriptor to wait for, readable when woken. It belongs to the waker; -1, which is never readable, as long as
    /// there is none.
    pub fn raw(&self) -> RawFd {
        self.shared.fd.get().map_or(-1, AsRawFd::as_raw_fd)
    }

    /// No code that could panic runs under the lock.
    fn names(&self) -> MutexGuard<'_, Vec<u64>> {
        self.shared.names.lock().unwrap_or_else(PoisonError::into_inner)
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

/// The time left, rounded up: rounding down would poll without waiting throughout the last millisecond.
fn milliseconds(deadline: Option<Instant>) -> libc::c_int {
    let Some(deadline) = deadline else { return -1 };
    let left = deadline.saturating_duration_since(Instant::now());
    let left = left.saturating_add(Duration::from_nanos(999_999)).as_millis();
    left.try_into().unwrap_or(libc::c_int::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn opened() -> Waker {
        let waker = Waker::default();
        waker.open().unwrap();
        waker
    }

    fn reading(fd: RawFd) -> Interest {
        Interest {
            fd,
            read: true,
            write: false,
        }
    }

    #[test]
    fn waiting_ends_at_the_deadline_and_not_before() {
        let waker = opened();
        let start = Instant::now();
        let deadline = start + Duration::from_micros(20_300);
        let found = wait(&[reading(waker.raw())], Some(deadline)).unwrap();
        assert!(Instant::now() >= deadline);
        assert_eq!((found.any(), found.ready(0)), (false, Ready::default()));
        assert!(!wait(&[], Some(start)).unwrap().any());
    }

    #[test]
    fn the_time_left_is_rounded_up() {
        assert_eq!(milliseconds(None), -1);
        assert_eq!(milliseconds(Some(Instant::now() - Duration::from_secs(1))), 0);
        assert_eq!(milliseconds(Some(Instant::now() + Duration::from_micros(900))), 1);
        let centuries = Duration::from_secs(1 << 34);
        assert_eq!(milliseconds(Some(Instant::now() + centuries)), libc::c_int::MAX);
    }

    #[test]
    fn each_interest_gets_its_own_answer() {
        let (reader, mut writer) = std::io::pipe().unwrap();
        let waker = opened();
        let closed = std::fs::File::open("/dev/null").unwrap().as_raw_fd() + 1000;
        writer.write_all(b"x").unwrap();
        let interests = [reading(waker.raw()), reading(reader.as_raw_fd()), reading(closed)];
        let found = wait(&interests, None).unwrap();
        let seen = [0, 1, 2].map(|index| (found.ready(index).readable, found.ready(index).hangup));
        assert_eq!(seen, [(false, false), (true, false), (false, true)]);
    }

    #[test]
    fn a_waker_wakes_across_threads_until_drained() {
        let waker = opened();
        let other = waker.clone();
        let thread = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(10));
            other.wake();
            other.wake();
        });
        let long = Instant::now() + Duration::from_secs(10);
        assert!(wait(&[reading(waker.raw())], Some(long)).unwrap().ready(0).readable);
        thread.join().unwrap();
        assert!(waker.drain());
        assert!(!waker.drain());
        assert!(!wait(&[reading(waker.raw())], Some(Instant::now())).unwrap().any());
    }

    #[test]
    fn a_waker_without_a_descriptor_brings_no_news() {
        let waker = Waker::default();
        waker.wake();
        let now = Some(Instant::now());
        assert!(!wait(&[reading(waker.raw())], now).unwrap().any());
        assert!(!waker.drain());
        waker.open().unwrap();
        waker.open().unwrap();
        waker.wake();
        assert!(waker.drain());
    }

    #[test]
    fn named_wakers_tell_who_woke() {
        let waker = opened();
        let (first, second) = (waker.named(1), waker.named(2));
        std::thread::scope(|scope| {
            scope.spawn(|| (0..1000).for_each(|_| first.wake()));
            scope.spawn(|| (0..1000).for_each(|_| second.wake()));
        });
        waker.wake();
        let mut names = waker.drain_names();
        names.sort_unstable();
        assert_eq!(names.len(), 2000);
        assert_eq!((names[999], names[1000]), (1, 2));
        assert!(!waker.drain());
        second.wake();
        assert_eq!(waker.drain_names(), [2]);
    }

    #[test]
    fn no_wake_up_is_lost_between_two_threads() {
        let waker = opened();
        let sent = std::sync::atomic::AtomicU32::new(0);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..20_000 {
                    sent.fetch_add(1, Ordering::Relaxed);
                    waker.wake();
                }
            });
            while sent.load(Ordering::Relaxed) < 20_000 {
                let limit = Instant::now() + Duration::from_secs(10);
                assert!(wait(&[reading(waker.raw())], Some(limit)).unwrap().any());
                waker.drain();
            }
        });
    }
}
