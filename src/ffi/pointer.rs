//! Pointers that the application sets as options.

use std::ffi::{c_char, c_void};
use std::ptr::null_mut;

use crate::ffi::c_string;
use crate::types::limits::CURL_ERROR_SIZE;

/// The value of an option that is a pointer: the data of a callback, a `FILE`, an error buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pointer(*mut c_void);

impl Pointer {
    /// No pointer.
    pub(crate) const NULL: Pointer = Pointer(null_mut());

    /// Takes what an option is set to.
    ///
    /// # Safety
    ///
    /// `pointer` is NULL or what the option's man page asks for, it stays valid as long as that page says, and it is used
    /// for nothing but this option.
    pub(crate) unsafe fn from_raw(pointer: *mut c_void) -> Pointer {
        Pointer(pointer)
    }

    /// A pointer that a test never looks behind.
    #[cfg(test)]
    pub(crate) fn dangling(address: usize) -> Pointer {
        Pointer(std::ptr::without_provenance_mut(address))
    }

    /// What was set.
    pub(crate) fn as_ptr(self) -> *mut c_void {
        self.0
    }

    /// Whether it is NULL.
    pub(crate) fn is_null(self) -> bool {
        self.0.is_null()
    }
}

/// `CURLOPT_ERRORBUFFER`
#[derive(Debug, Clone, Copy)]
pub(crate) struct ErrorBuffer(*mut c_char);

impl ErrorBuffer {
    /// Not set.
    pub(crate) const NONE: ErrorBuffer = ErrorBuffer(null_mut());

    /// Writes `text`, cut where it is too long. Without a buffer it does nothing.
    pub(crate) fn write(self, text: &str) {
        if self.0.is_null() {
            return;
        }
        let text = c_string(text.as_bytes());
        let length = text.as_bytes().len().min(CURL_ERROR_SIZE as usize - 1);
        // SAFETY: `Pointer::from_raw` guarantees what CURLOPT_ERRORBUFFER(3) asks for: CURL_ERROR_SIZE writable bytes.
        unsafe {
            std::ptr::copy_nonoverlapping(text.as_ptr(), self.0, length);
            *self.0.add(length) = 0;
        }
    }
}

impl From<Pointer> for ErrorBuffer {
    fn from(pointer: Pointer) -> ErrorBuffer {
        ErrorBuffer(pointer.as_ptr().cast())
    }
}
