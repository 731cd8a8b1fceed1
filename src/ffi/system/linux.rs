//! Linux, with glibc or musl.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr::null_mut;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, pidfd_open};

/// A stream socket that is closed by `execve()`, as a `socktype`.
pub(in crate::ffi) const STREAM_CLOEXEC: c_int = libc::SOCK_STREAM | libc::SOCK_CLOEXEC;

/// Asks the kernel to fill the memory with zeros in children, however they are made (`MADV_WIPEONFORK`, madvise(2), since
/// Linux 4.14).
///
/// # Safety
///
/// Whole pages of private anonymous memory that may be filled with zeros.
pub(in crate::ffi) unsafe fn wipe_on_fork(memory: *mut c_void, length: usize) {
    // SAFETY: guaranteed by the caller. The caller copes with a kernel that refuses.
    unsafe { libc::madvise(memory, length, libc::MADV_WIPEONFORK) };
}

/// Whether the process is known to have ended, and be it that nobody has waited for it yet.
pub(in crate::ffi) fn has_ended(pid: Pid) -> bool {
    match pidfd_open(pid, PidfdFlags::empty()) {
        Ok(process) => {
            let mut fds = [PollFd::new(&process, PollFlags::IN)];
            poll(&mut fds, Some(&Timespec::default())) == Ok(1)
        }
        Err(errno) => errno == Errno::SRCH,
    }
}

/// The value of an environment variable, NULL without one and in a program that runs with more rights than its caller.
pub(in crate::ffi) fn environment(name: &CStr) -> *const c_char {
    // SAFETY: the name ends in NUL.
    unsafe {
        match cfg!(miri) {
            true => libc::getenv(name.as_ptr()).cast_const(),
            false => secure_getenv(name.as_ptr()),
        }
    }
}

/// The lowest address of this thread's stack, and the first above it.
pub(in crate::ffi) fn stack() -> Option<(usize, usize)> {
    if cfg!(miri) {
        return None;
    }
    let mut attributes = MaybeUninit::<libc::pthread_attr_t>::uninit();
    let (mut low, mut size): (*mut c_void, usize) = (null_mut(), 0);
    // SAFETY: pthread_getattr_np(3) fills the attributes, which are read and freed then.
    unsafe {
        if libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr()) != 0 {
            return None;
        }
        let status = libc::pthread_attr_getstack(attributes.as_ptr(), &raw mut low, &raw mut size);
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
        (status == 0).then_some((low.addr(), low.addr() + size))
    }
}

unsafe extern "C" {
    fn secure_getenv(name: *const c_char) -> *const c_char;

    pub(in crate::ffi) static stdin: *mut libc::FILE;
    pub(in crate::ffi) static stdout: *mut libc::FILE;
    pub(in crate::ffi) static stderr: *mut libc::FILE;
}
