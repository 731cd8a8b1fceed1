//! Sleeping until a number changes.

#[cfg(any(test, not(target_os = "linux")))]
mod condvar;
#[cfg(target_os = "linux")]
mod futex;

#[cfg(not(target_os = "linux"))]
pub(super) use condvar::{sleep, wake};
#[cfg(target_os = "linux")]
pub(super) use futex::{sleep, wake};
