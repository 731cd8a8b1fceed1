//! Waiting for descriptors: a few of them with poll(2), thousands with epoll(7) or kqueue(2), and waking a thread that waits.

pub(crate) mod poll;
pub(crate) mod set;
pub(crate) mod waker;
mod wakeup;

use std::time::Duration;

/// The unit of the system calls. Rounded up: rounded down, a wait would become a busy loop in its last millisecond.
pub(crate) fn milliseconds(left: Duration) -> u128 {
    u128::from(left.as_secs()) * 1000 + u128::from(left.subsec_nanos().div_ceil(1_000_000))
}
