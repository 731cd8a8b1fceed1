//! Linux.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::{self, RecvFlags, SocketAddrAny, SocketAddrUnix, ipproto};

pub(in crate::net) use super::flags::*;

/// Why the last system call of this thread has failed.
#[inline(always)]
pub(in crate::net) fn errno() -> Errno {
    // SAFETY: a variable of the thread's.
    Errno::from_raw_os_error(unsafe { *libc::__errno_location() })
}

/// TCP discards without copying, tcp(7).
pub(in crate::net) const DISCARD_TCP: RecvFlags = RecvFlags::TRUNC;

/// Whether a stream socket speaks TCP.
pub(in crate::net) fn is_tcp(fd: &OwnedFd) -> io::Result<bool> {
    Ok(net::sockopt::socket_protocol(fd)? == Some(ipproto::TCP))
}

/// Begins to connect, or tells how it went.
pub(in crate::net) fn connect(fd: impl AsFd, address: &SocketAddrAny) -> rustix::io::Result<()> {
    net::connect(fd, address)
}

/// The address of a Unix domain socket in the abstract namespace.
pub(in crate::net) fn abstract_address(name: &[u8]) -> io::Result<SocketAddrUnix> {
    Ok(SocketAddrUnix::new_abstract_name(name)?)
}

/// Binds the socket to a network interface (`SO_BINDTODEVICE`, socket(7)).
pub(in crate::net) fn bind_to_interface(fd: BorrowedFd<'_>, name: &str) -> io::Result<()> {
    set_option(fd, libc::SOL_SOCKET, libc::SO_BINDTODEVICE, name.as_bytes())
}

/// Lets the kernel choose the port when connecting: then connections to different servers can share one
/// (`IP_BIND_ADDRESS_NO_PORT`, ip(7)). Kernels without it choose the port when binding.
pub(in crate::net) fn choose_port_late(fd: BorrowedFd<'_>) {
    let _ = set_option(fd, libc::IPPROTO_IP, libc::IP_BIND_ADDRESS_NO_PORT, &1i32.to_ne_bytes());
}

/// setsockopt(2), for options that rustix doesn't have.
fn set_option(fd: BorrowedFd<'_>, level: i32, option: i32, value: &[u8]) -> io::Result<()> {
    let length = value.len() as libc::socklen_t;
    // SAFETY: an open descriptor, and a value of the length that is told.
    match unsafe { libc::setsockopt(fd.as_raw_fd(), level, option, value.as_ptr().cast(), length) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
