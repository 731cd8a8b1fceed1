//! No panic crosses the border to C.

use crate::ffi::unwind::catch;

/// Runs an entry point's `body` that needs no handle; if it panics, the C caller gets `fallback`.
#[inline]
pub(crate) fn guard<T>(fallback: T, body: impl FnOnce() -> T) -> T {
    catch(body).unwrap_or(fallback)
}
