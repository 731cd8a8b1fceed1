//! The network interfaces of this machine.

use std::ffi::{CStr, CString};
use std::net::SocketAddr;
use std::ptr::null_mut;

use super::sockaddr;

/// One address of a network interface, with port 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DeviceAddress {
    pub(super) device: String,
    pub(super) address: SocketAddr,
    pub(super) is_up: bool,
    pub(super) is_loopback: bool,
}

/// The number of a network interface, see if_nametoindex(3).
pub(super) fn index(name: &str) -> Option<u32> {
    let name = CString::new(name).ok()?;
    // SAFETY: a C string.
    match unsafe { libc::if_nametoindex(name.as_ptr()) } {
        0 => None,
        index => Some(index),
    }
}

/// All IP addresses of all network interfaces, see getifaddrs(3). None when the system has no memory.
pub(super) fn addresses() -> Vec<DeviceAddress> {
    let mut list = null_mut();
    // SAFETY: a valid pointer for the list.
    if unsafe { libc::getifaddrs(&mut list) } != 0 {
        return Vec::new();
    }
    // SAFETY: NULL or the first entry of a list that is freed below.
    let first = unsafe { list.as_ref() };
    // SAFETY: the list ends in NULL.
    let entries = std::iter::successors(first, |entry| unsafe { entry.ifa_next.as_ref() });
    let addresses = entries.filter_map(device_address).collect();
    // SAFETY: from getifaddrs(), and nothing points into it any more.
    unsafe { libc::freeifaddrs(list) };
    addresses
}

fn device_address(entry: &libc::ifaddrs) -> Option<DeviceAddress> {
    // SAFETY: NULL or an address of getifaddrs(), complete for its family.
    let address = unsafe { sockaddr::read_complete(entry.ifa_addr) }?;
    // SAFETY: the name of an entry is a C string.
    let device = unsafe { CStr::from_ptr(entry.ifa_name) };
    let has = |flag: i32| entry.ifa_flags & flag as u32 != 0;
    Some(DeviceAddress {
        device: device.to_string_lossy().into_owned(),
        address,
        is_up: has(libc::IFF_UP),
        is_loopback: has(libc::IFF_LOOPBACK),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loopback_interface_is_there() {
        assert!(index("lo").is_some());
        assert_eq!(index("no-such-if"), None);
        assert_eq!(index("l\0o"), None);
        let wanted = DeviceAddress {
            device: "lo".to_owned(),
            address: "127.0.0.1:0".parse().unwrap(),
            is_up: true,
            is_loopback: true,
        };
        assert!(addresses().contains(&wanted));
    }
}
