//! macOS and its relatives.

use std::io;
use std::os::fd::OwnedFd;

use rustix::io::{FdFlags, fcntl_setfd, ioctl_fionbio};
use rustix::net::{self, AddressFamily, SendFlags, SocketType};

pub(in crate::net) use super::bsd::*;

/// [`prepare`] has seen to it that there is no `SIGPIPE`.
pub(in crate::net) const SEND_FLAGS: SendFlags = SendFlags::DONTWAIT;

/// A new stream socket, non-blocking and close-on-exec. Another thread that forks before the latter is set lets its child inherit
/// the socket.
pub(in crate::net) fn stream_socket(family: AddressFamily) -> io::Result<OwnedFd> {
    let fd = net::socket(family, SocketType::STREAM, None)?;
    fcntl_setfd(&fd, FdFlags::CLOEXEC)?;
    ioctl_fionbio(&fd, true)?;
    prepare(&fd)?;
    Ok(fd)
}

/// Prepares a stream socket of the application's: a broken connection is an error of send(2) and not a `SIGPIPE`.
pub(in crate::net) fn prepare(fd: &OwnedFd) -> io::Result<()> {
    Ok(net::sockopt::set_socket_nosigpipe(fd, true)?)
}
