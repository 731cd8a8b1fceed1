//! Whether a function that called the application is still to be returned to: `longjmp()` may have left it.

use std::hint::black_box;

use super::system;
use super::unwind;

/// A place on the stack of a thread. Stacks grow downwards on every system that Rust has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark(usize);

impl Default for Mark {
    fn default() -> Mark {
        Mark::NONE
    }
}

impl Mark {
    /// None.
    pub(crate) const NONE: Mark = Mark(usize::MAX);

    /// In the caller's frame, or close below it.
    #[inline(always)]
    pub(crate) fn here() -> Mark {
        let local = 0u8;
        Mark((&raw const *black_box(&local)).addr())
    }

    /// Whether the stack looks as if that function has been left. To be sure takes [`is_left`](Self::is_left).
    #[inline(always)]
    pub(crate) fn seems_left(self) -> bool {
        Mark::here().0 > self.0
    }

    /// Whether that function has surely been left, by something that did not unwind the stack. `false` in doubt: on other
    /// stacks, like those of coroutines, and behind frames that can't be walked through. For use in a call that
    /// [`unwind::catch`] guards.
    #[cold]
    pub(crate) fn is_left(self) -> bool {
        let here = Mark::here();
        match system::stack() {
            Some((low, high)) if (low..high).contains(&self.0) && (low..high).contains(&here.0) => {}
            _ => return false,
        }
        // What is below the caller's frame is gone. Above it there are frames of ours if that function is among them.
        here.0 > self.0 || unwind::catches_up_to(self.0) == Some(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[inline(never)]
    fn deeper<T>(body: impl FnOnce() -> T) -> T {
        let room = black_box([0u8; 4096]);
        let result = body();
        black_box(room);
        result
    }

    #[test]
    #[cfg(not(miri))]
    fn a_function_is_left_when_the_stack_is_shorter() {
        let mark = deeper(Mark::here);
        assert!(mark.seems_left() && mark.is_left());
        let mark = Mark::here();
        deeper(|| assert!(!mark.seems_left() && !mark.is_left()));
        assert!(!Mark::NONE.seems_left() && !Mark::NONE.is_left());
    }

    #[test]
    #[cfg(not(miri))]
    fn a_function_of_another_thread_is_not_left() {
        let mark = std::thread::spawn(|| deeper(Mark::here)).join().unwrap();
        assert!(!mark.is_left());
    }

    #[test]
    #[cfg(not(miri))]
    fn below_a_deeper_call_only_what_is_guarded_is_there() {
        let mark = deeper(Mark::here);
        let is_left = || unwind::catch(|| mark.is_left()).unwrap();
        deeper(|| deeper(|| assert!(is_left())));
        let nested = || unwind::catch(is_left).unwrap();
        deeper(|| deeper(|| assert!(!nested())));
    }
}
