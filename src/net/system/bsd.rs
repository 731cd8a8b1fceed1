//! What FreeBSD and Apple's systems have in common.

use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::{self, RecvFlags, SocketAddrAny, SocketAddrUnix};

/// Why the last system call of this thread has failed.
#[inline(always)]
pub(in crate::net) fn errno() -> Errno {
    // SAFETY: a variable of the thread's.
    Errno::from_raw_os_error(unsafe { *libc::__error() })
}

/// TCP discards no bytes without copying them.
pub(in crate::net) const DISCARD_TCP: RecvFlags = RecvFlags::empty();

/// Whether a stream socket speaks TCP. Those of the Internet families that do not can't be told apart; none is in use.
pub(in crate::net) fn is_tcp(fd: &OwnedFd) -> io::Result<bool> {
    let family = net::getsockname(fd)?.address_family();
    Ok([net::AddressFamily::INET, net::AddressFamily::INET6].contains(&family))
}

/// Begins to connect, or tells how it went. Only the socket's pending error says why an attempt has failed: another connect(2)
/// doesn't.
pub(in crate::net) fn connect(fd: impl AsFd, address: &SocketAddrAny) -> rustix::io::Result<()> {
    net::sockopt::socket_error(&fd)??;
    net::connect(&fd, address)
}

/// There is no abstract namespace.
pub(in crate::net) fn abstract_address(_name: &[u8]) -> io::Result<SocketAddrUnix> {
    Err(io::Error::new(
        ErrorKind::Unsupported,
        "abstract Unix domain sockets exist on Linux only",
    ))
}

/// There is no such thing: the address of the interface has to do.
pub(in crate::net) fn bind_to_interface(_fd: BorrowedFd<'_>, _name: &str) -> io::Result<()> {
    Err(ErrorKind::Unsupported.into())
}

/// The kernel always chooses the port when binding.
pub(in crate::net) fn choose_port_late(_fd: BorrowedFd<'_>) {}
