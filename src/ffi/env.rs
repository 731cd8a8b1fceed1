//! Environment variables of a process that may have more rights than its user.

use std::ffi::OsString;

/// The value of an environment variable, as secure_getenv(3): nothing in a set-user-ID program, or in one that has other
/// rights which its caller has not (`AT_SECURE` in getauxval(3)), because the environment is the caller's choice.
pub(crate) fn secure_var_os(name: &str) -> Option<OsString> {
    // SAFETY: getauxval reads a list that the kernel left for the process; a key that isn't in it gives 0.
    let is_privileged = unsafe { libc::getauxval(libc::AT_SECURE) } != 0;
    match is_privileged {
        true => None,
        false => std::env::var_os(name),
    }
}
