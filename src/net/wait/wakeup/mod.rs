//! A descriptor that is readable from a signal on until it is cleared.

#[cfg(target_os = "linux")]
mod eventfd;
#[cfg(any(test, not(target_os = "linux")))]
mod pipe;

#[cfg(target_os = "linux")]
pub(super) use eventfd::Wakeup;
#[cfg(not(target_os = "linux"))]
pub(super) use pipe::Wakeup;
