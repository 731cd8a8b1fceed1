//! Sets of descriptors that are waited for.

#[cfg(target_os = "linux")]
mod epoll;
#[cfg(not(target_os = "linux"))]
mod kqueue;

#[cfg(target_os = "linux")]
pub(crate) use epoll::Epoll as DescriptorSet;
#[cfg(not(target_os = "linux"))]
pub(crate) use kqueue::Kqueue as DescriptorSet;
