//! With one condition variable for all words: every wake-up wakes all that sleep. A child of `fork()` has one of its own,
//! because a thread of its parent's may have had the mutex.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::ffi::process::ProcessLocal;

#[derive(Default)]
struct Sleepers {
    mutex: Mutex<()>,
    condvar: Condvar,
}

static SLEEPERS: ProcessLocal<Sleepers> = ProcessLocal::new();

impl Sleepers {
    fn lock(&self) -> MutexGuard<'_, ()> {
        self.mutex.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sleeps while `word` is `value`, until woken, or for no reason.
pub(in crate::ffi) fn sleep(word: &AtomicU32, value: u32, _bits: NonZeroU32) {
    let sleepers = SLEEPERS.get_or_init(Sleepers::default);
    let guard = sleepers.lock();
    // Who changes the word takes the mutex after that: either the change is seen here, or the wake-up comes during the wait.
    if word.load(Ordering::SeqCst) == value {
        drop(sleepers.condvar.wait(guard));
    }
}

/// Wakes all that sleep. The word has been changed before.
pub(in crate::ffi) fn wake(_word: &AtomicU32, _bits: NonZeroU32) {
    let sleepers = SLEEPERS.get_or_init(Sleepers::default);
    drop(sleepers.lock());
    sleepers.condvar.notify_all();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn miri_no_wake_up_is_lost_between_two_threads() {
        const ROUNDS: u32 = if cfg!(miri) { 20 } else { 20_000 };
        let word = AtomicU32::new(0);
        let bits = NonZeroU32::MIN;
        let take_part = |mine: u32| {
            for round in (0..ROUNDS).filter(|round| round % 2 == mine) {
                loop {
                    let value = word.load(Ordering::SeqCst);
                    if value == round {
                        break;
                    }
                    sleep(&word, value, bits);
                }
                word.store(round + 1, Ordering::SeqCst);
                wake(&word, bits);
            }
        };
        std::thread::scope(|scope| {
            scope.spawn(|| take_part(0));
            scope.spawn(|| take_part(1));
        });
        assert_eq!(word.into_inner(), ROUNDS);
    }
}
