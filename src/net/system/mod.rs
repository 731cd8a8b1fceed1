//! What systems do with sockets in different ways: the same functions for each, in a file of its own.

#[cfg(target_vendor = "apple")]
mod apple;
#[cfg(any(target_vendor = "apple", target_os = "freebsd"))]
mod bsd;
#[cfg(not(target_vendor = "apple"))]
mod flags;
#[cfg(target_os = "freebsd")]
mod freebsd;
#[cfg(target_os = "linux")]
mod linux;

#[cfg(target_vendor = "apple")]
pub(super) use apple::*;
#[cfg(target_os = "freebsd")]
pub(super) use freebsd::*;
#[cfg(target_os = "linux")]
pub(super) use linux::*;
