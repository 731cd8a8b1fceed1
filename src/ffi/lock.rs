//! The lock of a handle.

use std::hint::spin_loop;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use super::process::{self, Zeros};
use super::sleep::{sleep, wake};
use super::thread::Thread;

/// Threads that wait for the lock get it in the order in which they asked, and one that calls again and again can't keep them
/// out.
///
/// It is in memory that a child of `fork()` finds filled with zeros, which is a free lock: the thread that had it is not in
/// the child.
#[derive(Debug)]
// Two handles in two threads never meet, in no cache line either.
#[repr(align(64))]
pub(crate) struct Lock {
    /// the thread that has the lock, 0 if none has; with [`WANTED`] if others may wait
    owner: AtomicUsize,
    /// the next ticket for a thread that waits
    next: AtomicU32,
    /// the first ticket that the lock was not granted to
    granted: AtomicU32,
}

/// Beside the owner: threads may be waiting, so that the lock is granted to the next of them when it is given back. Alone: it is
/// being granted, or was, and nobody else takes it. No control block has an odd address.
const WANTED: usize = 1;

/// How often a thread looks before it sleeps: most calls take less time than going to sleep.
const SPINS: u32 = 100;

// SAFETY: numbers in atomics, and all zeros is a lock that nobody has.
unsafe impl Zeros for Lock {}

impl Lock {
    /// Takes the lock if no thread has it.
    #[inline(always)]
    pub(crate) fn try_acquire(&self) -> bool {
        self.owner
            .compare_exchange(0, Thread::current().0, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
    }

    /// Takes the lock. `false` if this thread has it already.
    pub(crate) fn acquire(&self) -> bool {
        if self.try_acquire() {
            return true;
        }
        // Only this thread writes its own number here.
        if self.owner.load(Ordering::Relaxed) & !WANTED == Thread::current().0 {
            return false;
        }
        let ticket = self.next.fetch_add(1, Ordering::SeqCst);
        if self.owner.fetch_or(WANTED, Ordering::SeqCst) == 0 {
            self.grant();
        }
        self.await_grant(ticket);
        self.owner.store(Thread::current().0 | WANTED, Ordering::Relaxed);
        true
    }

    /// Gives the lock back. `false` if this thread does not have it.
    #[inline(always)]
    pub(crate) fn release(&self) -> bool {
        let mine = Thread::current().0;
        match self
            .owner
            .compare_exchange(mine, 0, Ordering::Release, Ordering::Relaxed)
        {
            Ok(_) => true,
            Err(owner) => self.hand_over(owner),
        }
    }

    /// Gives the lock that `owner` has to the thread that waits for it, if `owner` is this thread.
    #[cold]
    fn hand_over(&self, owner: usize) -> bool {
        if owner != Thread::current().0 | WANTED {
            return false;
        }
        self.owner.store(WANTED, Ordering::Release);
        self.grant();
        true
    }

    /// Grants the lock, which no thread has, to the next ticket, or frees it if there is none. For the thread that has put
    /// [`WANTED`] in the owner's place.
    ///
    /// A thread that waits takes a ticket and then looks whether the lock is free. Here it is freed first, and then tickets are
    /// looked for. All of it is in one order for all threads: either that thread sees that it is free, or its ticket is seen.
    fn grant(&self) {
        loop {
            let ticket = self.granted.load(Ordering::SeqCst);
            if ticket != self.next.load(Ordering::SeqCst) {
                self.granted.store(ticket.wrapping_add(1), Ordering::SeqCst);
                return wake(&self.granted, bit(ticket));
            }
            self.owner.swap(0, Ordering::SeqCst);
            if self.granted.load(Ordering::SeqCst) == self.next.load(Ordering::SeqCst)
                || self.owner.fetch_or(WANTED, Ordering::SeqCst) != 0
            {
                return;
            }
        }
    }

    fn await_grant(&self, ticket: u32) {
        let is_granted = |granted: u32| granted.wrapping_sub(ticket) as i32 > 0;
        for _ in 0..SPINS {
            if is_granted(self.granted.load(Ordering::Acquire)) {
                return;
            }
            spin_loop();
        }
        loop {
            let granted = self.granted.load(Ordering::SeqCst);
            if is_granted(granted) {
                return;
            }
            sleep(&self.granted, granted, bit(ticket));
        }
    }
}

/// A thread that waits for its ticket sleeps on one bit, so that not all are woken.
fn bit(ticket: u32) -> NonZeroU32 {
    NonZeroU32::new(1 << (ticket % u32::BITS)).unwrap_or(NonZeroU32::MAX)
}

/// Makes locks. Their memory is never given back: waiting for one is safe, whatever becomes of the handle.
#[derive(Debug, Default)]
pub(crate) struct Locks {
    unused: &'static [Lock],
}

impl Locks {
    /// A new one.
    pub(crate) fn next(&mut self) -> &'static Lock {
        if self.unused.is_empty() {
            self.unused = process::zeros();
        }
        let (first, rest) = self.unused.split_first().expect("a page has room for many");
        self.unused = rest;
        first
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::UnsafeCell;
    use std::sync::Mutex;
    use std::thread;

    /// A lock whose memory Miri sees to be in use until the end.
    fn lock() -> &'static Lock {
        static LOCKS: Mutex<Locks> = Mutex::new(Locks { unused: &[] });
        LOCKS.lock().unwrap().next()
    }

    struct Guarded {
        lock: &'static Lock,
        count: UnsafeCell<u64>,
    }

    // SAFETY: the count is only used by the thread that has the lock.
    unsafe impl Sync for Guarded {}

    #[test]
    fn miri_one_thread_at_a_time_has_the_lock() {
        let guarded = Guarded {
            lock: lock(),
            count: UnsafeCell::new(0),
        };
        let rounds = if cfg!(miri) { 20 } else { 20_000 };
        thread::scope(|scope| {
            for _ in 0..4 {
                let guarded = &guarded;
                scope.spawn(move || {
                    for _ in 0..rounds {
                        assert!(guarded.lock.acquire());
                        // SAFETY: this thread has the lock.
                        unsafe { *guarded.count.get() += 1 };
                        assert!(guarded.lock.release());
                    }
                });
            }
        });
        assert_eq!(guarded.count.into_inner(), 4 * rounds);
    }

    #[test]
    fn miri_a_thread_that_has_it_does_not_wait_for_itself() {
        let lock = lock();
        assert!(!lock.release());
        assert!(lock.acquire());
        assert!(!lock.acquire());
        thread::scope(|scope| {
            scope.spawn(|| assert!(!lock.release()));
        });
        assert!(lock.release() && !lock.release());
        assert!(lock.acquire());
    }

    #[test]
    fn miri_threads_that_wait_get_it_in_their_order_and_before_who_asks_again() {
        let lock = lock();
        let order = Mutex::new(Vec::new());
        let enter = |name| {
            assert!(lock.acquire());
            order.lock().unwrap().push(name);
            assert!(lock.release());
        };
        let waiting = |count| {
            let sleeps = || lock.owner.load(Ordering::Relaxed) & WANTED != 0;
            while lock.next.load(Ordering::Relaxed) != count || !sleeps() {
                thread::yield_now();
            }
        };
        assert!(lock.acquire());
        thread::scope(|scope| {
            scope.spawn(|| enter("first"));
            waiting(1);
            scope.spawn(|| enter("second"));
            waiting(2);
            assert!(lock.release());
            enter("again");
        });
        assert_eq!(order.into_inner().unwrap(), ["first", "second", "again"]);
    }

    #[test]
    #[cfg(not(miri))]
    fn a_child_finds_it_free() {
        let lock = lock();
        thread::scope(|scope| {
            scope.spawn(|| lock.acquire()).join().unwrap();
        });
        // SAFETY: the child only uses the lock and leaves.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let free = lock.acquire() && lock.release();
            // SAFETY: ends the child at once, without running the parent's destructors.
            unsafe { libc::_exit(if free { 7 } else { 1 }) };
        }
        let mut status = 0;
        // SAFETY: waits for the child made above.
        assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
        assert_eq!(libc::WEXITSTATUS(status), 7);
    }

    #[test]
    fn locks_differ() {
        let mut locks = Locks::default();
        let first: *const Lock = locks.next();
        assert!((0..1000).all(|_| !std::ptr::eq(first, locks.next())));
    }
}
