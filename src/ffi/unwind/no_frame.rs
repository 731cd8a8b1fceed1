//! Where nobody has written the frame: what callbacks throw ends the process.

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::guarded::{Guarded, Panic};
use crate::types::codes::CURLcode;

/// Calls the function with the same arguments. A panic ends here.
///
/// # Safety
///
/// As for the function.
pub(crate) unsafe fn stop_panics<G: Guarded>(
    first: *mut c_void,
    b: *mut c_void,
    c: *mut c_void,
    d: *mut c_void,
    e: *mut c_void,
    f: *mut c_void,
) -> CURLcode {
    // SAFETY: guaranteed by the caller.
    catch_unwind(AssertUnwindSafe(|| unsafe { G::run(first, b, c, d, e, f) }))
        // SAFETY: as above.
        .unwrap_or_else(|payload| unsafe { G::panicked(first, Panic(payload)) })
}

pub(super) fn catches_up_to(_address: usize) -> Option<usize> {
    None
}
