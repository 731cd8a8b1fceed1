//! What Linux and FreeBSD have in common: flags of socket(2) and send(2) that Apple's systems lack.

use std::io;
use std::os::fd::OwnedFd;

use rustix::net::{self, AddressFamily, SendFlags, SocketFlags, SocketType};

/// A broken connection is an error of send(2) and not a `SIGPIPE`.
pub(in crate::net) const SEND_FLAGS: SendFlags = SendFlags::NOSIGNAL.union(SendFlags::DONTWAIT);

/// A new stream socket, non-blocking and close-on-exec.
pub(in crate::net) fn stream_socket(family: AddressFamily) -> io::Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    Ok(net::socket_with(family, SocketType::STREAM, flags, None)?)
}

/// Prepares a stream socket of the application's: there is nothing to do.
pub(in crate::net) fn prepare(_fd: &OwnedFd) -> io::Result<()> {
    Ok(())
}
