//! What the frame that stops panics calls, and what comes back.

use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr::null_mut;

use crate::types::codes::CURLcode;

/// A function with six arguments in registers, numbers among them as addresses.
pub(crate) type Body =
    unsafe extern "C-unwind" fn(*mut c_void, *mut c_void, *mut c_void, *mut c_void, *mut c_void, *mut c_void) -> Ended;

/// How a [`Body`] has ended. It is returned in two registers.
#[repr(C)]
pub(crate) struct Ended {
    pub(super) code: MaybeUninit<CURLcode>,
    /// of a panic, else NULL
    pub(super) exception: *mut c_void,
}

impl Ended {
    /// What it has returned, or else the panic's exception.
    #[inline(always)]
    pub(super) fn code(self) -> Result<CURLcode, *mut c_void> {
        match self.exception.is_null() {
            // SAFETY: without an exception it was made by `with`.
            true => Ok(unsafe { self.code.assume_init() }),
            false => Err(self.exception),
        }
    }

    /// It returns `code`.
    #[inline(always)]
    pub(crate) fn with(code: CURLcode) -> Ended {
        Ended {
            code: MaybeUninit::new(code),
            exception: null_mut(),
        }
    }
}
