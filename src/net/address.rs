//! Where a stream socket can be connected to.

use std::fmt;
use std::io;
use std::net::SocketAddr;

use rustix::net::{AddressFamily, SocketAddrAny, SocketAddrUnix};

use crate::net::{sockaddr, system};

/// An IP address with its port, or a Unix domain socket.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Address {
    /// TCP over IPv4 or IPv6.
    Inet(SocketAddr),
    /// A Unix domain socket: its path, at most 107 bytes.
    Unix(Vec<u8>),
    /// A Unix domain socket in Linux's abstract namespace: its name without the leading NUL, at most 107 bytes.
    Abstract(Vec<u8>),
}

impl Address {
    /// The IP address and port, if it is one.
    pub(crate) fn inet(&self) -> Option<SocketAddr> {
        match self {
            Address::Inet(address) => Some(*address),
            _ => None,
        }
    }

    /// The path of a Unix domain socket.
    pub(crate) fn path(&self) -> Option<&[u8]> {
        match self {
            Address::Unix(path) => Some(path),
            _ => None,
        }
    }

    /// The address family as `socket()` takes it.
    pub(crate) fn family(&self) -> AddressFamily {
        match self {
            Address::Inet(SocketAddr::V4(_)) => AddressFamily::INET,
            Address::Inet(SocketAddr::V6(_)) => AddressFamily::INET6,
            Address::Unix(_) | Address::Abstract(_) => AddressFamily::UNIX,
        }
    }

    /// The bytes of the `sockaddr` that C sees.
    pub(crate) fn to_sockaddr(&self) -> io::Result<Vec<u8>> {
        let system = self.to_system()?;
        // SAFETY: the address is at least as long as it says, and all of it is initialised.
        let bytes = unsafe { std::slice::from_raw_parts(system.as_ptr().cast::<u8>(), system.addr_len() as usize) };
        Ok(bytes.to_vec())
    }

    /// Reads a `sockaddr`, if it is an IP address.
    pub(crate) fn from_sockaddr(bytes: &[u8]) -> Option<Address> {
        // SAFETY: as long as it says.
        unsafe { sockaddr::read(bytes.as_ptr().cast(), bytes.len()) }.map(Address::Inet)
    }

    /// As rustix has it.
    pub(super) fn to_system(&self) -> io::Result<SocketAddrAny> {
        Ok(match self {
            Address::Inet(address) => SocketAddrAny::from(*address),
            Address::Unix(path) => SocketAddrUnix::new(path.as_slice())?.into(),
            Address::Abstract(name) => system::abstract_address(name)?.into(),
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Inet(SocketAddr::V4(address)) => write!(f, "{} port {}", address.ip(), address.port()),
            Address::Inet(SocketAddr::V6(address)) => write!(f, "[{}] port {}", address.ip(), address.port()),
            Address::Unix(path) => f.write_str(&String::from_utf8_lossy(path)),
            Address::Abstract(name) => write!(f, "@{}", String::from_utf8_lossy(name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_shown_with_their_port() {
        let cases = [
            (Address::Inet("127.0.0.1:8080".parse().unwrap()), "127.0.0.1 port 8080"),
            (Address::Inet("[::1]:80".parse().unwrap()), "[::1] port 80"),
            (Address::Unix(b"/run/x.sock".to_vec()), "/run/x.sock"),
            (Address::Abstract(b"x".to_vec()), "@x"),
        ];
        for (address, expected) in cases {
            assert_eq!(address.to_string(), expected);
        }
    }
}
