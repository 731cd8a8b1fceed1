//! Which process this is, told without a system call: a child of `fork()` must not touch what its parent made.

mod wiped;

use std::convert::Infallible;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering};

use rustix::process::{Pid, getppid};

use super::system;
pub(crate) use wiped::{Zeros, zeros};

/// A process, told apart from its parents and its children. Children made by `_Fork()` or a bare `clone()` count too where
/// the kernel wipes memory: handlers of `pthread_atfork()` do not run there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Process {
    /// how many ancestors it has that used the library, and its process id: ids alone may come again
    number: u64,
}

/// The number of this process, in memory that a child finds filled with zeros: at first [`NONE`].
static NUMBER: AtomicPtr<AtomicU64> = AtomicPtr::new((&raw const NONE).cast_mut());

/// Stands for the memory until there is some.
static NONE: AtomicU64 = AtomicU64::new(0);

/// The first half of the last number that was given, here or in an ancestor.
static GENERATION: AtomicU32 = AtomicU32::new(0);

impl Process {
    /// This process.
    #[inline]
    pub(crate) fn current() -> Process {
        match known() {
            0 => Process::identify(),
            number => Process { number },
        }
    }

    /// Whether it is this process.
    #[inline]
    pub(crate) fn is_current(self) -> bool {
        self.number == known()
    }

    /// The process id.
    pub(crate) fn id(self) -> u32 {
        self.number as u32
    }

    /// Whether it is known to have ended, as the parent has after daemon(3).
    pub(crate) fn has_ended(self) -> bool {
        // Without a parent that can be seen this is another process id namespace, where the number means something else.
        if getppid().is_none() {
            return false;
        }
        let Some(pid) = i32::try_from(self.id()).ok().and_then(Pid::from_raw) else {
            return false;
        };
        system::has_ended(pid)
    }

    /// The first call in this process.
    #[cold]
    fn identify() -> Process {
        let id = u64::from(std::process::id());
        let generation = GENERATION.fetch_add(1, Ordering::Relaxed) + 1;
        let number = u64::from(generation) << 32 | id;
        match place().compare_exchange(0, number, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => Process { number },
            // another thread was faster
            Err(number) => Process { number },
        }
    }
}

/// The number of this process, 0 if it has none yet.
#[inline]
fn known() -> u64 {
    // SAFETY: memory that is never freed.
    unsafe { &*NUMBER.load(Ordering::Acquire) }.load(Ordering::Relaxed)
}

/// Where the number is, made if there is no such place yet.
fn place() -> &'static AtomicU64 {
    let none = (&raw const NONE).cast_mut();
    let place = NUMBER.load(Ordering::Acquire);
    if place != none {
        // SAFETY: memory that is never freed.
        return unsafe { &*place };
    }
    let new: &AtomicU64 = &zeros()[0];
    match NUMBER.compare_exchange(none, ptr::from_ref(new).cast_mut(), Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => new,
        // SAFETY: what another thread has made at the same time, never freed. Ours stays unused.
        Err(first) => unsafe { &*first },
    }
}

/// A value that each process makes for itself. What a child inherits of its parent's stays in memory until the end,
/// and is not looked at: another thread of the parent's may have been changing it.
#[derive(Debug)]
pub(crate) struct ProcessLocal<T>(OnceLock<Box<Own<T>>>);

#[derive(Debug)]
struct Own<T> {
    process: Process,
    value: T,
    /// the same in a child
    next: ProcessLocal<T>,
}

impl<T> ProcessLocal<T> {
    /// No value in any process.
    pub(crate) const fn new() -> ProcessLocal<T> {
        ProcessLocal(OnceLock::new())
    }

    /// This process's, if it was made.
    pub(crate) fn get(&self) -> Option<&T> {
        let current = Process::current();
        let mut next = self;
        while let Some(own) = next.0.get() {
            if own.process == current {
                return Some(&own.value);
            }
            next = &own.next;
        }
        None
    }

    /// This process's, made if it wasn't yet.
    pub(crate) fn get_or_init(&self, make: impl FnOnce() -> T) -> &T {
        let Ok(value) = self.get_or_try_init(|| Ok::<_, Infallible>(make()));
        value
    }

    /// The same with what can fail. Of two threads that make it at the same time, one wins.
    pub(crate) fn get_or_try_init<E>(&self, make: impl FnOnce() -> Result<T, E>) -> Result<&T, E> {
        if let Some(value) = self.get() {
            return Ok(value);
        }
        let process = Process::current();
        let mut made = Some(Box::new(Own {
            process,
            value: make()?,
            next: ProcessLocal::new(),
        }));
        let mut place = self;
        loop {
            let own = place
                .0
                .get_or_init(|| made.take().expect("the loop ends where it is taken"));
            if own.process == process {
                return Ok(&own.value);
            }
            place = &own.next;
        }
    }
}

impl<T> Default for ProcessLocal<T> {
    fn default() -> ProcessLocal<T> {
        ProcessLocal::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs `body` in a child made by `fork` and returns whether it said yes.
    #[cfg(not(miri))]
    fn in_child(fork: impl FnOnce() -> libc::pid_t, body: impl FnOnce() -> bool) -> bool {
        let child = fork();
        if child == 0 {
            let status = if body() { 7 } else { 1 };
            // SAFETY: ends the child at once, without running the parent's destructors.
            unsafe { libc::_exit(status) };
        }
        let mut status = 0;
        // SAFETY: waits for the child made above.
        assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
        libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 7
    }

    /// As fork() does it, without the handlers of `pthread_atfork()`.
    #[cfg(not(miri))]
    fn bare_clone() -> libc::pid_t {
        // SAFETY: without a stack of its own the child goes on with a copy of this one.
        unsafe { libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0) as libc::pid_t }
    }

    #[test]
    #[cfg(not(miri))]
    fn a_child_is_another_process_however_it_was_made() {
        let ours = Process::current();
        assert!(ours.is_current() && !ours.has_ended());
        assert_eq!(ours.id(), std::process::id());
        let differs = || !ours.is_current() && Process::current().is_current() && !ours.has_ended();
        // SAFETY: the child only compares numbers and leaves.
        assert!(in_child(|| unsafe { libc::fork() }, differs));
        assert!(in_child(bare_clone, differs));
        assert!(ours.is_current());
    }

    #[test]
    #[cfg(not(miri))]
    fn a_parent_that_has_ended_is_known_to_have() {
        let mut pipe = [0; 2];
        // SAFETY: an array of two descriptors, as pipe(2) wants.
        assert_eq!(unsafe { libc::pipe(pipe.as_mut_ptr()) }, 0);
        assert!(in_child(bare_clone, || {
            let middle = Process::current();
            if bare_clone() > 0 {
                return true;
            }
            while !middle.has_ended() {
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
            // SAFETY: one byte into a pipe of the test's.
            unsafe { libc::write(pipe[1], c"x".as_ptr().cast(), 1) == 1 }
        }));
        let mut byte = 0u8;
        // SAFETY: room for the byte, and the pipe's reading end.
        assert_eq!(unsafe { libc::read(pipe[0], (&raw mut byte).cast(), 1) }, 1);
    }

    #[test]
    fn miri_a_value_is_made_once() {
        let local = ProcessLocal::new();
        assert_eq!(local.get(), None);
        assert_eq!(local.get_or_try_init(|| Err::<i32, _>("no")), Err("no"));
        assert_eq!(local.get_or_init(|| 1), &1);
        assert_eq!(local.get_or_init(|| 2), &1);
        assert_eq!(local.get(), Some(&1));
    }

    #[test]
    #[cfg(not(miri))]
    fn a_child_makes_its_own_value() {
        let local = ProcessLocal::new();
        let make = |value: i32| *local.get_or_init(|| value);
        // SAFETY: the child only makes values and leaves.
        let fork = || unsafe { libc::fork() };
        assert_eq!(make(1), 1);
        assert!(in_child(fork, || {
            let inherited = local.get().copied();
            let own = make(2);
            inherited.is_none() && own == 2 && in_child(fork, || make(3) == 3) && make(4) == 2
        }));
        assert_eq!(make(5), 1);
    }
}
