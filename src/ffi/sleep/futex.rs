//! With futex(2).

use std::num::NonZeroU32;
use std::sync::atomic::AtomicU32;

use rustix::thread::futex;

/// Sleeps while `word` is `value`, until woken on one of the bits, or for no reason.
pub(in crate::ffi) fn sleep(word: &AtomicU32, value: u32, bits: NonZeroU32) {
    // An error says that the value is another one, or that a signal came: the caller looks again.
    let _error = futex::wait_bitset(word, futex::Flags::PRIVATE, value, None, bits);
}

/// Wakes those that sleep on one of the bits. The word has been changed before.
#[cold]
pub(in crate::ffi) fn wake(word: &AtomicU32, bits: NonZeroU32) {
    // An error is not possible: the word is there.
    let _woken = futex::wake_bitset(word, futex::Flags::PRIVATE, i32::MAX as u32, bits);
}
