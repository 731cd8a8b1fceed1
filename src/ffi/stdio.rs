//! The C library's standard streams, which `CURLOPT_WRITEDATA`, `_READDATA` and `_STDERR` start out with.

use std::ffi::c_void;

mod c {
    unsafe extern "C" {
        pub(super) static stdin: *mut libc::FILE;
        pub(super) static stdout: *mut libc::FILE;
        pub(super) static stderr: *mut libc::FILE;
    }
}

/// `stdin`.
pub fn stdin() -> *mut c_void {
    // SAFETY: the C library sets it before any code of ours runs; a program that assigns to it while another thread
    // uses it has a data race of its own.
    unless_interpreted(|| unsafe { c::stdin }).cast()
}

/// `stdout`.
pub fn stdout() -> *mut c_void {
    // SAFETY: as in `stdin`.
    unless_interpreted(|| unsafe { c::stdout }).cast()
}

/// `stderr`.
pub fn stderr() -> *mut libc::FILE {
    // SAFETY: as in `stdin`.
    unless_interpreted(|| unsafe { c::stderr })
}

/// Miri has no C library to take the streams from.
fn unless_interpreted(stream: impl FnOnce() -> *mut libc::FILE) -> *mut libc::FILE {
    if cfg!(miri) { std::ptr::null_mut() } else { stream() }
}
