//! What the frame that stops panics calls.

use std::any::Any;
use std::ffi::c_void;
use std::fmt;

use crate::types::codes::CURLcode;

/// A function that [`stop_panics`](super::stop_panics) calls: with up to six arguments, numbers among them as addresses,
/// which stay in the processor's registers.
pub(crate) trait Guarded {
    /// The function.
    ///
    /// # Safety
    ///
    /// It can be called with these arguments.
    unsafe extern "C-unwind" fn run(
        first: *mut c_void,
        b: *mut c_void,
        c: *mut c_void,
        d: *mut c_void,
        e: *mut c_void,
        f: *mut c_void,
    ) -> CURLcode;

    /// What is returned after it has panicked.
    ///
    /// # Safety
    ///
    /// `first` is the argument that it was called with.
    unsafe fn panicked(first: *mut c_void, panic: Panic) -> CURLcode;
}

/// A panic that was caught.
#[derive(Debug)]
pub(crate) struct Panic(pub(super) Box<dyn Any + Send>);

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Panic(payload) = self;
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        write!(f, "internal error: {}", text.unwrap_or("panic"))
    }
}
