//! Environment variables. A program that runs with more rights than its caller (setuid, setgid, capabilities) must not
//! let the caller decide whom it trusts or where it connects to: it has no variables here.

use std::ffi::{CStr, OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use super::system;

/// What the variable is set to; `None` also for an empty one, as in libcurl.
pub(crate) fn variable(name: &CStr) -> Option<OsString> {
    let value = system::environment(name);
    if value.is_null() {
        return None;
    }
    // SAFETY: a string of the environment. No program may change its environment while another thread reads it
    // (getenv(3)), and it is copied at once.
    let value = unsafe { CStr::from_ptr(value) };
    (!value.is_empty()).then(|| OsStr::from_bytes(value.to_bytes()).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_found_by_name() {
        assert_eq!(variable(c"PATH"), std::env::var_os("PATH"));
        assert_eq!(variable(c"WSCURL_SURELY_NOT_SET"), None);
    }
}
