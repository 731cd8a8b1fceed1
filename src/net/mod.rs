//! What lies between a host name and a connected, non-blocking socket.
//!
//! | module | what it does |
//! |---|---|
//! | [`dns`] | host names to addresses: `CURLOPT_RESOLVE`, literals, localhost, a cache and the resolver threads |
//! | [`connect_to`] | `CURLOPT_CONNECT_TO`: another host and port than the URL's |
//! | [`dial`] | several addresses to one connection (RFC 8305) |
//! | [`interface`] | `CURLOPT_INTERFACE` and `CURLOPT_LOCALPORT`: the local end of a connection |
//! | [`proxy`] | the proxy that the environment names, and the hosts without one |
//! | [`address`] | where a socket can be connected to |
//! | [`socket`] | the socket itself |
//! | `syscall` | recv(2) and send(2) |
//! | `descriptor` | its descriptor, which the application may close |
//! | `system` | what systems do with sockets in different ways |
//! | [`wait`] | waiting for descriptors, and waking a thread that waits |
//!
//! Nothing here calls the application, and only [`wait`] and the resolver's threads ever block.

pub(crate) mod address;
pub(crate) mod connect_to;
mod descriptor;
pub(crate) mod dial;
pub(crate) mod dns;
pub(crate) mod interface;
pub(crate) mod proxy;
pub(crate) mod socket;
mod syscall;
pub(crate) mod wait;

mod devices;
mod sockaddr;
mod system;

use std::io;

/// The system's words for an error, without the number that [`io::Error`] adds: `Connection refused`.
pub(crate) fn reason(error: &io::Error) -> String {
    let mut text = error.to_string();
    if let Some(number) = text.rfind(" (os error ") {
        text.truncate(number);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_has_no_error_number() {
        assert_eq!(
            reason(&io::Error::from_raw_os_error(libc::ECONNREFUSED)),
            "Connection refused"
        );
        assert_eq!(reason(&io::Error::other("told so")), "told so");
    }
}
