//! getaddrinfo(3). It blocks, for minutes if name servers do not answer.

use std::ffi::{CStr, CString};
use std::io;
use std::net::SocketAddr;
use std::ptr;

use crate::net::dns::answer::{Failure, Family};
use crate::net::{reason, sockaddr};

/// The results that say that there is no such host, or none with an address. FreeBSD has one for both.
const NO_SUCH_HOST: &[libc::c_int] = &[
    libc::EAI_NONAME,
    #[cfg(not(target_os = "freebsd"))]
    libc::EAI_NODATA,
];

/// The addresses of `host`, with port 0, in the system's order.
pub(super) fn addresses(host: &str, family: Family) -> Result<Vec<SocketAddr>, Failure> {
    let host = CString::new(host).map_err(|_| Failure {
        reason: "the name contains a NUL byte".to_owned(),
        answered: true,
    })?;
    let hints = libc::addrinfo {
        ai_flags: 0,
        ai_family: match family {
            Family::Any => libc::AF_UNSPEC,
            Family::V4 => libc::AF_INET,
            Family::V6 => libc::AF_INET6,
        },
        ai_socktype: libc::SOCK_STREAM,
        ai_protocol: libc::IPPROTO_TCP,
        ai_addrlen: 0,
        ai_addr: ptr::null_mut(),
        ai_canonname: ptr::null_mut(),
        ai_next: ptr::null_mut(),
    };
    let mut list = ptr::null_mut();
    // SAFETY: the host is a C string, a service isn't asked for, and the pointers to `hints` and `list` are valid.
    let code = unsafe { libc::getaddrinfo(host.as_ptr(), ptr::null(), &hints, &mut list) };
    if code != 0 {
        return Err(failure(code));
    }
    let list = List(list);
    Ok(list.entries().filter_map(address).collect())
}

struct List(*mut libc::addrinfo);

impl List {
    fn entries(&self) -> impl Iterator<Item = &libc::addrinfo> {
        // SAFETY: getaddrinfo() made the list, which ends in NULL and lives as long as `self`.
        let first = unsafe { self.0.as_ref() };
        // SAFETY: as above.
        std::iter::successors(first, |entry| unsafe { entry.ai_next.as_ref() })
    }
}

impl Drop for List {
    fn drop(&mut self) {
        // SAFETY: the list comes from getaddrinfo() and nobody else frees it.
        unsafe { libc::freeaddrinfo(self.0) }
    }
}

fn address(entry: &libc::addrinfo) -> Option<SocketAddr> {
    // SAFETY: getaddrinfo() tells the address with its length.
    unsafe { sockaddr::read(entry.ai_addr, entry.ai_addrlen as usize) }
}

fn failure(code: libc::c_int) -> Failure {
    let reason = match code {
        libc::EAI_SYSTEM => reason(&io::Error::last_os_error()),
        // SAFETY: gai_strerror() returns a C string that is never freed, for every number.
        _ => unsafe { CStr::from_ptr(libc::gai_strerror(code)) }
            .to_string_lossy()
            .into_owned(),
    };
    Failure {
        reason,
        answered: NO_SUCH_HOST.contains(&code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_hosts_file_are_found() {
        let found = addresses("localhost", Family::V4).unwrap();
        assert!(found.contains(&"127.0.0.1:0".parse().unwrap()), "{found:?}");
    }

    #[test]
    fn literals_keep_their_scope() {
        let found = addresses("fe80::1%1", Family::V6).unwrap();
        assert_eq!(found, ["[fe80::1%1]:0".parse().unwrap()]);
    }

    #[test]
    fn a_failure_has_a_text() {
        let failure = addresses("127.0.0.1", Family::V6).unwrap_err();
        assert!(failure.reason.contains("family"), "{failure:?}");
        assert!(addresses("a\0b", Family::Any).unwrap_err().answered);
    }
}
