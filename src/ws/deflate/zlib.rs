//! Where RFC 7692 and zlib differ, and zlib's state.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a sender leaves out at the end of each message: an empty block without its first byte (section 7.2.1).
pub(super) const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

/// The window size for zlib, which has none of 256 bytes. To inflate, a window larger than the peer's does no harm. To
/// deflate, zlib refers back at most its window less 262 bytes: 250 with 512, and section 7.1.2.2 allows 256.
pub(super) fn window_bits(agreed: u8) -> u8 {
    agreed.clamp(9, 15)
}

/// A compressor or an inflater, hundreds of kilobytes; `None` without the memory for it. flate2 tells that by a panic and in
/// no other way.
pub(super) fn new_state<T>(new: impl FnOnce() -> T) -> Option<Box<T>> {
    // Nothing is left half done: `new` makes a value of its own.
    catch_unwind(AssertUnwindSafe(new)).ok().map(Box::new)
}
