//! Which thread this is, told by one instruction, and what a handle remembers of each thread that has a call on it.

use std::cell::{Cell, RefCell};

use super::process::Process;

/// A thread, by a number that no other thread of the process has while it lives: the address of its control block, or one
/// beside it, which glibc and musl keep in the thread register; elsewhere that of a thread-local variable. It is there from the
/// first to the last instruction of a thread, also in destructors of thread-local objects and in `atexit` handlers. It is even,
/// and 0 is no thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Thread(pub(super) usize);

impl Thread {
    /// This thread.
    #[inline(always)]
    pub(crate) fn current() -> Thread {
        Thread(control_block())
    }
}

#[cfg(all(target_arch = "x86_64", target_os = "linux", not(miri)))]
#[inline(always)]
fn control_block() -> usize {
    let address: usize;
    // SAFETY: reads the first word of the control block, which is its own address and never changes (ELF Handling For
    // Thread-Local Storage).
    unsafe {
        std::arch::asm!("mov {}, qword ptr fs:[0]", out(reg) address, options(nostack, preserves_flags, pure, nomem));
    }
    address
}

#[cfg(all(target_arch = "aarch64", target_os = "linux", not(miri)))]
#[inline(always)]
fn control_block() -> usize {
    let address: usize;
    // SAFETY: reads the thread register.
    unsafe { std::arch::asm!("mrs {}, tpidr_el0", out(reg) address, options(nostack, preserves_flags, pure, nomem)) };
    address
}

#[cfg(all(target_arch = "riscv64", target_os = "linux", not(miri)))]
#[inline(always)]
fn control_block() -> usize {
    let address: usize;
    // SAFETY: reads the thread register.
    unsafe { std::arch::asm!("mv {}, tp", out(reg) address, options(nostack, preserves_flags, pure, nomem)) };
    address
}

#[cfg(not(all(
    any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64"),
    target_os = "linux",
    not(miri)
)))]
fn control_block() -> usize {
    thread_local!(static BLOCK: usize = const { 0 });
    BLOCK.with(|block| std::ptr::from_ref(block).addr())
}

/// What is remembered of one thread.
pub(crate) trait Memory: Copy + Default {
    /// Whether the thread has a call that has not returned. If not, nothing needs to be remembered.
    fn is_inside(&self) -> bool;
}

/// What is remembered of the thread that has the handle's lock now, and of others whose call has let it in: they wait, or
/// the application is in a callback.
pub(crate) struct Threads<M> {
    thread: Cell<Thread>,
    now: Cell<M>,
    has_others: Cell<bool>,
    others: RefCell<Vec<(Thread, M)>>,
    /// the process whose threads the others are
    process: Cell<Process>,
}

impl<M: Memory> Threads<M> {
    /// What is remembered of this thread.
    #[inline(always)]
    pub(crate) fn now(&self) -> M {
        let thread = Thread::current();
        if self.thread.get() != thread {
            self.change_to(thread);
        }
        self.now.get()
    }

    /// Changes what is remembered of this thread, for a caller that has asked [`now`](Self::now) since it got the lock.
    #[inline(always)]
    pub(crate) fn change(&self, change: impl FnOnce(&mut M)) {
        let mut now = self.now.get();
        change(&mut now);
        self.now.set(now);
    }

    /// The same for one that may not have.
    #[inline(always)]
    pub(crate) fn update(&self, change: impl FnOnce(&mut M)) {
        self.now();
        self.change(change);
    }

    /// Whether there is another thread of which that is true.
    #[inline]
    pub(crate) fn any_other(&self, is: impl Fn(&M) -> bool) -> bool {
        self.now();
        self.has_others.get() && self.any_of_others(is)
    }

    fn any_of_others(&self, is: impl Fn(&M) -> bool) -> bool {
        self.forget_parents();
        self.others.borrow().iter().any(|(_, other)| is(other))
    }

    #[cold]
    fn change_to(&self, thread: Thread) {
        self.forget_parents();
        let before = (self.thread.replace(thread), self.now.take());
        let mut others = self.others.borrow_mut();
        let known = others.iter().position(|(other, _)| *other == thread);
        self.now
            .set(known.map(|index| others.swap_remove(index).1).unwrap_or_default());
        if before.1.is_inside() {
            others.push(before);
        }
        self.has_others.set(!others.is_empty());
    }

    /// A child of `fork()` has one thread of its parent's, the one that called it.
    fn forget_parents(&self) {
        let process = Process::current();
        if self.process.replace(process) != process {
            self.others
                .borrow_mut()
                .retain(|(other, _)| *other == Thread::current());
            if self.thread.get() != Thread::current() {
                self.now.take();
            }
            self.has_others.set(!self.others.borrow().is_empty());
        }
    }
}

impl<M: Memory> Default for Threads<M> {
    fn default() -> Threads<M> {
        Threads {
            thread: Cell::new(Thread::current()),
            now: Cell::default(),
            has_others: Cell::new(false),
            others: RefCell::default(),
            process: Cell::new(Process::current()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;
    use std::thread;

    impl Memory for u32 {
        fn is_inside(&self) -> bool {
            *self > 0
        }
    }

    #[test]
    fn miri_threads_differ() {
        let this = Thread::current();
        assert_eq!(this, Thread::current());
        thread::scope(|scope| {
            scope.spawn(|| assert_ne!(this, Thread::current()));
        });
    }

    #[test]
    fn miri_each_thread_finds_what_was_remembered_of_it() {
        let threads = Mutex::new(Threads::<u32>::default());
        threads.lock().unwrap().update(|calls| *calls = 1);
        thread::scope(|scope| {
            scope.spawn(|| {
                let threads = threads.lock().unwrap();
                assert_eq!(threads.now(), 0);
                assert!(threads.any_other(|calls| *calls == 1) && !threads.any_other(|calls| *calls == 2));
                threads.update(|calls| *calls = 2);
            });
        });
        let threads = threads.lock().unwrap();
        assert_eq!(threads.now(), 1);
        assert!(threads.any_other(|calls| *calls == 2));
    }

    #[test]
    fn miri_a_thread_without_a_call_is_forgotten() {
        let threads = Mutex::new(Threads::<u32>::default());
        thread::scope(|scope| {
            scope.spawn(|| threads.lock().unwrap().update(|calls| *calls = 0));
        });
        let threads = threads.lock().unwrap();
        assert_eq!(threads.now(), 0);
        assert!(!threads.any_other(|_| true));
    }
}
