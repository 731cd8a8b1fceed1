//! The flags of `curl_url_get` and `curl_url_set`.

use std::ffi::{c_int, c_uint};

/// `CURLU_` bits. Those without a meaning are ignored, as in libcurl.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Flags(c_uint);

impl Flags {
    /// The bits as the application passes them.
    pub(crate) fn from_bits(bits: c_uint) -> Flags {
        Flags(bits)
    }

    /// One flag.
    pub(crate) fn one(flag: c_int) -> Flags {
        Flags(flag as c_uint)
    }

    /// Whether one of the bits of `flags` is set.
    pub(super) fn has(self, flags: c_int) -> bool {
        self.0 & flags as c_uint != 0
    }

    /// With `flag` as well.
    pub(crate) fn with(self, flag: c_int) -> Flags {
        Flags(self.0 | flag as c_uint)
    }

    /// Without `flag`.
    pub(super) fn without(self, flag: c_int) -> Flags {
        Flags(self.0 & !(flag as c_uint))
    }
}
