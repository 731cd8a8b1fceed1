//! Waking a thread that waits in poll(2) or for a set of descriptors.

use std::io;
use std::os::fd::RawFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::ffi::process::ProcessLocal;
use crate::net::wait::wakeup::Wakeup;

/// Wakes a wait from any thread: its descriptor is readable from [`wake`](Self::wake) until [`drain`](Self::drain). Clones
/// are the same waker. [`open`](Self::open) makes the descriptor: most wakers never need one. A child of `fork()` opens one
/// of its own, since reading or writing that of the parent would change what the parent waits for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Waker {
    shared: Arc<ProcessLocal<Opened>>,
    name: Option<u64>,
}

#[derive(Debug)]
struct Opened {
    wakeup: Wakeup,
    /// woken and not drained, so that many wake-ups cost one system call
    woken: AtomicBool,
    /// the names of those that woke, if they have one
    names: Mutex<Vec<u64>>,
}

impl Waker {
    /// To be called before it is waited for or woken. Fails when there are no descriptors left.
    pub(crate) fn open(&self) -> io::Result<()> {
        let opened = self.shared.get_or_try_init(|| {
            Ok::<_, io::Error>(Opened {
                wakeup: Wakeup::new()?,
                woken: AtomicBool::default(),
                names: Mutex::default(),
            })
        });
        opened.map(|_| ())
    }

    /// The same waker with a name for [`drain_names`](Self::drain_names).
    pub(crate) fn named(&self, name: u64) -> Waker {
        Waker {
            shared: Arc::clone(&self.shared),
            name: Some(name),
        }
    }

    /// Makes the descriptor readable. From any thread, any number of times.
    pub(crate) fn wake(&self) {
        let Some(opened) = self.shared.get() else {
            return;
        };
        if let Some(name) = self.name {
            opened.names().push(name);
        }
        if !opened.woken.swap(true, Ordering::AcqRel) {
            opened.wakeup.signal();
        }
    }

    /// Resets it. Whether it was woken.
    pub(crate) fn drain(&self) -> bool {
        self.shared.get().is_some_and(Opened::drain)
    }

    /// Resets it and returns the names of those that woke.
    pub(crate) fn drain_names(&self) -> Vec<u64> {
        let Some(opened) = self.shared.get() else {
            return Vec::new();
        };
        opened.drain();
        std::mem::take(&mut *opened.names())
    }

    /// The descriptor to wait for, readable when woken. It belongs to the waker. Before [`open`](Self::open) it is -1, which
    /// is never readable.
    pub(crate) fn raw(&self) -> RawFd {
        self.shared.get().map_or(-1, |opened| opened.wakeup.raw())
    }
}

impl Opened {
    fn drain(&self) -> bool {
        let was_signalled = self.wakeup.clear();
        // In this order: a wake-up after this writes again, and one before it is noticed by the caller, who checks next.
        self.woken.swap(false, Ordering::AcqRel);
        was_signalled
    }

    /// No code that could panic runs under the lock.
    fn names(&self) -> MutexGuard<'_, Vec<u64>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::wait::poll::{Interest, wait};
    use std::time::{Duration, Instant};

    fn opened() -> Waker {
        let waker = Waker::default();
        waker.open().unwrap();
        waker
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
        assert!(
            wait(&[Interest::reading(waker.raw())], Some(long))
                .unwrap()
                .ready(0)
                .readable
        );
        thread.join().unwrap();
        assert!(waker.drain());
        assert!(!waker.drain());
        assert!(
            !wait(&[Interest::reading(waker.raw())], Some(Instant::now()))
                .unwrap()
                .any()
        );
    }

    #[test]
    fn a_waker_without_a_descriptor_is_never_readable() {
        let waker = Waker::default();
        waker.wake();
        let now = Some(Instant::now());
        assert!(!wait(&[Interest::reading(waker.raw())], now).unwrap().any());
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
                assert!(wait(&[Interest::reading(waker.raw())], Some(limit)).unwrap().any());
                waker.drain();
            }
        });
    }
}
