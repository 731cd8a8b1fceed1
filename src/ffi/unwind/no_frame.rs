//! Where nobody has written the frame: what callbacks throw ends the process.

use std::any::Any;
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::body::{Body, Ended};

/// Calls `body` with the other arguments. A panic ends here: it is returned.
pub(super) unsafe fn stop_panics(
    a: *mut c_void,
    b: *mut c_void,
    c: *mut c_void,
    d: *mut c_void,
    e: *mut c_void,
    f: *mut c_void,
    body: Body,
) -> Ended {
    // SAFETY: guaranteed by the caller.
    catch_unwind(AssertUnwindSafe(|| unsafe { body(a, b, c, d, e, f) })).unwrap_or_else(|payload| Ended {
        code: MaybeUninit::uninit(),
        exception: Box::into_raw(Box::new(payload)).cast(),
    })
}

/// The payload of a panic that `stop_panics` has stopped.
pub(super) fn take_panic(exception: *mut c_void) -> Box<dyn Any + Send> {
    // SAFETY: made by `stop_panics`, and taken once.
    *unsafe { Box::from_raw(exception.cast::<Box<dyn Any + Send>>()) }
}

pub(super) fn catches_up_to(_address: usize) -> Option<usize> {
    None
}
