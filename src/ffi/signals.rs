//! The signal mask of a thread.

use std::mem::MaybeUninit;

/// Runs `body` with all signals blocked in this thread. Threads that `body` starts keep them blocked.
pub(crate) fn with_all_blocked<T>(body: impl FnOnce() -> T) -> T {
    let mut all = MaybeUninit::uninit();
    let mut before = MaybeUninit::uninit();
    // SAFETY: valid pointers to sets, and `all` is filled before it is used. See pthread_sigmask(3): with these arguments
    // it doesn't fail.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
    }
    let _restore = Restore(before);
    body()
}

/// Sets the mask back, also when `body` panics.
struct Restore(MaybeUninit<libc::sigset_t>);

impl Drop for Restore {
    fn drop(&mut self) {
        // SAFETY: pthread_sigmask() has filled the set above.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, self.0.as_ptr(), std::ptr::null_mut()) };
    }
}
