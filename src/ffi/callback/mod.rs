//! The application's functions, to be called with safe arguments.
//!
//! No cell of a handle may be borrowed during a call: the application may use the handle inside.

pub(crate) mod easy;
pub(crate) mod multi;
pub(crate) mod share;

use std::ffi::c_void;
use std::fmt;
use std::marker::PhantomData;
use std::mem::transmute_copy;

use super::pointer::Pointer;

/// A kind of callback.
pub(crate) trait Signature: Copy {
    /// Its nullable function pointer, as in `<curl/curl.h>`.
    type Function: Copy;
}

/// A function of the application's; it may be NULL.
#[derive(Clone, Copy)]
pub(crate) struct Function<S> {
    address: *mut c_void,
    signature: PhantomData<S>,
}

impl<S: Signature> Function<S> {
    /// No function.
    pub(crate) const NULL: Function<S> = Function {
        address: std::ptr::null_mut(),
        signature: PhantomData,
    };

    /// Takes what an option is set to.
    ///
    /// # Safety
    ///
    /// `function` is NULL or a function of the type `S::Function`, which may be called as its man page says, with any data
    /// that is set for it.
    pub(crate) unsafe fn from_raw(function: *mut c_void) -> Function<S> {
        Function {
            address: function,
            signature: PhantomData,
        }
    }

    /// Whether there is none.
    pub(crate) fn is_null(self) -> bool {
        self.address.is_null()
    }

    fn get(self) -> S::Function {
        const { assert!(size_of::<S::Function>() == size_of::<*mut c_void>()) };
        // SAFETY: `S::Function` is an `Option` of a function pointer, for which NULL is `None`, and `from_raw` guarantees
        // that any other address is of such a function.
        unsafe { transmute_copy(&self.address) }
    }
}

impl<S> fmt::Debug for Function<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}

/// A line for a callback: behind its bytes is a NUL that is not counted, since programs print lines with `%s`.
pub(crate) struct Line(Vec<u8>);

impl Line {
    /// The line of these bytes.
    pub(crate) fn new(mut bytes: Vec<u8>) -> Line {
        bytes.push(0);
        Line(bytes)
    }

    /// How many bytes it has.
    pub(crate) fn len(&self) -> usize {
        self.0.len() - 1
    }

    /// Its bytes and the NUL.
    fn with_nul(&self) -> &[u8] {
        &self.0
    }

    /// Its bytes.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        let Line(mut bytes) = self;
        bytes.pop();
        bytes
    }
}

/// A function and the data it is given. Each of the two may be set without the other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Callback<S> {
    /// `CURLOPT_…FUNCTION`
    pub function: Function<S>,
    /// `CURLOPT_…DATA`
    pub data: Pointer,
}

impl<S: Signature> Callback<S> {
    /// Neither function nor data.
    pub(crate) const NONE: Callback<S> = Callback {
        function: Function::NULL,
        data: Pointer::NULL,
    };

    /// Whether there is a function.
    pub(crate) fn is_set(self) -> bool {
        !self.function.is_null()
    }
}
