//! The C library's standard streams, which `CURLOPT_WRITEDATA`, `_READDATA` and `_STDERR` start out with.

use std::ffi::c_void;

unsafe extern "C" {
    static stdin: *mut libc::FILE;
    static stdout: *mut libc::FILE;
    static stderr: *mut libc::FILE;
}

pub(super) fn input() -> *mut c_void {
    // SAFETY: the C library sets it before any code of ours runs; reading a pointer that somebody reassigns
    // at the same moment is the application's fault, as it is with every user of stdin.
    unless_interpreted(|| unsafe { stdin }).cast()
}

pub(super) fn output() -> *mut c_void {
    // SAFETY: as in `input`.
    unless_interpreted(|| unsafe { stdout }).cast()
}

pub(super) fn errors() -> *mut libc::FILE {
    // SAFETY: as in `input`.
    unless_interpreted(|| unsafe { stderr })
}

/// Miri has no C library to take the streams from.
fn unless_interpreted(stream: impl FnOnce() -> *mut libc::FILE) -> *mut libc::FILE {
    if cfg!(miri) { std::ptr::null_mut() } else { stream() }
}
