//! What FreeBSD and Apple's systems have in common.

use std::ffi::{CStr, c_char};
use std::ptr::null;

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

/// Whether the process is known to have ended. One that nobody has waited for yet is not.
pub(in crate::ffi) fn has_ended(pid: Pid) -> bool {
    test_kill_process(pid) == Err(Errno::SRCH)
}

/// The value of an environment variable, NULL without one and in a program that runs with more rights than its caller
/// (issetugid(2)).
pub(in crate::ffi) fn environment(name: &CStr) -> *const c_char {
    // SAFETY: the name ends in NUL.
    unsafe {
        match libc::issetugid() {
            0 => libc::getenv(name.as_ptr()),
            _ => null(),
        }
    }
}

unsafe extern "C" {
    #[link_name = "__stdinp"]
    pub(in crate::ffi) static stdin: *mut libc::FILE;
    #[link_name = "__stdoutp"]
    pub(in crate::ffi) static stdout: *mut libc::FILE;
    #[link_name = "__stderrp"]
    pub(in crate::ffi) static stderr: *mut libc::FILE;
}
