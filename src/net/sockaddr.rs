//! `sockaddr`s of the C library.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

/// The IP address and port of a `sockaddr`; `None` for other families and for one that is too short.
///
/// # Safety
///
/// `address` is NULL or readable for `length` bytes.
pub(super) unsafe fn read(address: *const libc::sockaddr, length: usize) -> Option<SocketAddr> {
    if address.is_null() || length < size_of::<libc::sockaddr>() {
        return None;
    }
    // SAFETY: the caller guarantees the length, which is that of a `sockaddr` at least.
    let family = unsafe { (&raw const (*address).sa_family).read_unaligned() };
    match i32::from(family) {
        libc::AF_INET if length >= size_of::<libc::sockaddr_in>() => {
            // SAFETY: as long as that, and any bytes are a valid `sockaddr_in`.
            let address = unsafe { address.cast::<libc::sockaddr_in>().read_unaligned() };
            let ip = Ipv4Addr::from(u32::from_be(address.sin_addr.s_addr));
            Some(SocketAddrV4::new(ip, u16::from_be(address.sin_port)).into())
        }
        libc::AF_INET6 if length >= size_of::<libc::sockaddr_in6>() => {
            // SAFETY: as long as that, and any bytes are a valid `sockaddr_in6`.
            let address = unsafe { address.cast::<libc::sockaddr_in6>().read_unaligned() };
            let (ip, port) = (address.sin6_addr.s6_addr.into(), u16::from_be(address.sin6_port));
            Some(SocketAddrV6::new(ip, port, address.sin6_flowinfo, address.sin6_scope_id).into())
        }
        _ => None,
    }
}

/// As long as the family of the address says: for lists of the C library that tell no length.
///
/// # Safety
///
/// `address` is NULL or a complete address of its family.
pub(super) unsafe fn read_complete(address: *const libc::sockaddr) -> Option<SocketAddr> {
    // SAFETY: NULL or complete, which the caller guarantees; the family is in the first bytes of all of them.
    let family = unsafe { address.as_ref() }?.sa_family;
    let length = match i32::from(family) {
        libc::AF_INET => size_of::<libc::sockaddr_in>(),
        libc::AF_INET6 => size_of::<libc::sockaddr_in6>(),
        _ => return None,
    };
    // SAFETY: a complete address of this family.
    unsafe { read(address, length) }
}
