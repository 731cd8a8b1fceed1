//! No panic crosses the border to C.

use crate::ffi::unwind::{catch, print_other_panics_only};

/// Runs an entry point's `body` that needs no handle; if it panics, the C caller gets `fallback`. There is no handle before the
/// first of these calls.
#[inline]
pub(crate) fn guard<T>(fallback: T, body: impl FnOnce() -> T) -> T {
    print_other_panics_only();
    catch(body).unwrap_or(fallback)
}
