//! The callbacks of an easy handle.

use std::array::from_fn;
use std::ffi::{CStr, c_char, c_int};
use std::mem::offset_of;
use std::os::fd::{FromRawFd, IntoRawFd, OwnedFd, RawFd};
use std::ptr::null_mut;

use super::{Callback, Line, Signature};
use crate::ffi::stdio::File;
use crate::ffi::system;
use crate::types::callbacks::*;
use crate::types::codes::CURLSTScode;
use crate::types::hsts::{curl_hstsentry, curl_index};
use crate::types::raw::RawStsCode;
use crate::types::structs::{CURL, curl_infotype, curl_sockaddr, curlsocktype};

/// `CURLOPT_WRITEFUNCTION`, `CURLOPT_HEADERFUNCTION`
#[derive(Debug, Clone, Copy)]
pub(crate) enum Write {}
/// `CURLOPT_READFUNCTION`
#[derive(Debug, Clone, Copy)]
pub(crate) enum Read {}
/// `CURLOPT_DEBUGFUNCTION`
#[derive(Debug, Clone, Copy)]
pub(crate) enum Debug {}
/// `CURLOPT_XFERINFOFUNCTION`
#[derive(Debug, Clone, Copy)]
pub(crate) enum XferInfo {}
/// `CURLOPT_PROGRESSFUNCTION`
#[derive(Debug, Clone, Copy)]
pub(crate) enum Progress {}
/// `CURLOPT_SOCKOPTFUNCTION`
#[derive(Debug, Clone, Copy)]
pub(crate) enum SockOpt {}
/// `CURLOPT_OPENSOCKETFUNCTION`
#[derive(Debug, Clone, Copy)]
pub(crate) enum OpenSocket {}
/// `CURLOPT_CLOSESOCKETFUNCTION`
#[derive(Debug, Clone, Copy)]
pub(crate) enum CloseSocket {}
/// `CURLOPT_PREREQFUNCTION`
#[derive(Debug, Clone, Copy)]
pub(crate) enum PreReq {}
/// `CURLOPT_WS_OPENFUNCTION`
#[derive(Debug, Clone, Copy)]
pub(crate) enum WsOpen {}
/// `CURLOPT_RESOLVER_START_FUNCTION`
#[derive(Debug, Clone, Copy)]
pub(crate) enum ResolverStart {}

/// `CURLOPT_HSTSREADFUNCTION`
#[derive(Debug, Clone, Copy)]
pub(crate) enum HstsRead {}
/// `CURLOPT_HSTSWRITEFUNCTION`
#[derive(Debug, Clone, Copy)]
pub(crate) enum HstsWrite {}

impl Signature for Write {
    type Function = curl_write_callback;
}
impl Signature for Read {
    type Function = curl_read_callback;
}
impl Signature for Debug {
    type Function = curl_debug_callback;
}
impl Signature for XferInfo {
    type Function = curl_xferinfo_callback;
}
impl Signature for Progress {
    type Function = curl_progress_callback;
}
impl Signature for SockOpt {
    type Function = curl_sockopt_callback;
}
impl Signature for OpenSocket {
    type Function = curl_opensocket_callback;
}
impl Signature for CloseSocket {
    type Function = curl_closesocket_callback;
}
impl Signature for PreReq {
    type Function = curl_prereq_callback;
}
impl Signature for WsOpen {
    type Function = curl_ws_open_callback;
}
impl Signature for ResolverStart {
    type Function = curl_resolver_start_callback;
}
impl Signature for HstsRead {
    type Function = curl_hstsread_callback;
}
impl Signature for HstsWrite {
    type Function = curl_hstswrite_callback;
}

impl Callback<Write> {
    /// The number of bytes that the function says it took. Without a function the data is a `FILE`, NULL for `stdout`.
    pub(crate) fn call(self, bytes: &[u8]) -> usize {
        self.call_or_write(bytes, bytes.len())
    }

    /// The same with a line, as `CURLOPT_HEADERFUNCTION`.
    pub(crate) fn call_with_line(self, line: &Line) -> usize {
        self.call_or_write(line.with_nul(), line.len())
    }

    /// With the first `length` of the bytes.
    fn call_or_write(self, bytes: &[u8], length: usize) -> usize {
        match self.function.get() {
            // SAFETY: CURLOPT_WRITEFUNCTION(3): the bytes are lent for the call, and only the C type lacks the const.
            Some(function) => unsafe { function(as_char(bytes), 1, length, self.data.as_ptr()) },
            None => File::new(self.data).unwrap_or(File::stdout()).write(&bytes[..length]),
        }
    }
}

impl Callback<Read> {
    /// What the function returns: a number of bytes, or more than there is room for. Without a function the data is a
    /// `FILE`, NULL for `stdin`.
    pub(crate) fn call(self, buffer: &mut [u8]) -> usize {
        match self.function.get() {
            // SAFETY: CURLOPT_READFUNCTION(3): memory for as many bytes as it is told.
            Some(function) => unsafe { function(buffer.as_mut_ptr().cast(), 1, buffer.len(), self.data.as_ptr()) },
            None => File::new(self.data).unwrap_or(File::stdin()).read(buffer),
        }
    }
}

impl Callback<XferInfo> {
    /// With the bytes that were downloaded and uploaded; the totals are not known. 0 to go on; `None` without a function.
    pub(crate) fn call(self, downloaded: u64, uploaded: u64) -> Option<c_int> {
        let function = self.function.get()?;
        // SAFETY: CURLOPT_XFERINFOFUNCTION(3).
        Some(unsafe { function(self.data.as_ptr(), 0, downloaded as i64, 0, uploaded as i64) })
    }
}

impl Callback<Progress> {
    /// As for [`XferInfo`], in floating point.
    pub(crate) fn call(self, downloaded: u64, uploaded: u64) -> Option<c_int> {
        let function = self.function.get()?;
        // SAFETY: CURLOPT_PROGRESSFUNCTION(3).
        Some(unsafe { function(self.data.as_ptr(), 0.0, downloaded as f64, 0.0, uploaded as f64) })
    }
}

impl Callback<Debug> {
    /// The result of the function means nothing.
    pub(crate) fn call(self, curl: *mut CURL, kind: curl_infotype, line: &Line) {
        if let Some(function) = self.function.get() {
            let bytes = as_char(line.with_nul());
            // SAFETY: CURLOPT_DEBUGFUNCTION(3): the bytes are lent for the call.
            unsafe { function(curl, kind, bytes, line.len(), self.data.as_ptr()) };
        }
    }
}

impl Callback<ResolverStart> {
    /// 0 to go on; `None` without a function. There is no resolver state to show.
    pub(crate) fn call(self) -> Option<c_int> {
        let function = self.function.get()?;
        // SAFETY: CURLOPT_RESOLVER_START_FUNCTION(3): the state may be NULL.
        Some(unsafe { function(null_mut(), null_mut(), self.data.as_ptr()) })
    }
}

/// The longest name that the function can answer with.
const HSTS_NAME_ROOM: usize = 2048;

/// What the function that reads HSTS hosts has answered.
pub(crate) enum HstsReadAnswer {
    /// a host; an empty date is no end
    Host {
        name: Vec<u8>,
        subdomains: bool,
        expires: Vec<u8>,
    },
    /// there are no more
    Done,
    /// the transfer is to fail
    Fail,
    /// a host that can't be one
    Invalid,
}

impl Callback<HstsRead> {
    /// Asks for the next host. `None` without a function.
    pub(crate) fn call(self, curl: *mut CURL) -> Option<HstsReadAnswer> {
        let function = self.function.get()?;
        let mut name = [0; HSTS_NAME_ROOM + 1];
        let mut entry = curl_hstsentry {
            name: name.as_mut_ptr(),
            namelen: HSTS_NAME_ROOM,
            includeSubDomains: 0,
            expire: from_fn(|_| 0),
        };
        // SAFETY: CURLOPT_HSTSREADFUNCTION(3): `name` has room for `namelen` bytes and a NUL.
        let answer = unsafe { function(curl, &raw mut entry, self.data.as_ptr()) };
        if answer == CURLSTScode::CURLSTS_FAIL as RawStsCode {
            return Some(HstsReadAnswer::Fail);
        }
        if answer != CURLSTScode::CURLSTS_OK as RawStsCode {
            return Some(HstsReadAnswer::Done);
        }
        Some(match (until_nul(&name), until_nul(&entry.expire)) {
            (Some(name), Some(expires)) if !name.is_empty() => HstsReadAnswer::Host {
                name,
                subdomains: entry.includeSubDomains & 1 != 0,
                expires,
            },
            _ => HstsReadAnswer::Invalid,
        })
    }
}

/// The bytes of a C string; `None` if it has no end.
fn until_nul(text: &[c_char]) -> Option<Vec<u8>> {
    let end = text.iter().position(|&byte| byte == 0)?;
    Some(text[..end].iter().map(|&byte| byte as u8).collect())
}

/// A host as the function that writes them gets it.
pub(crate) struct HstsHost<'a> {
    pub name: &'a CStr,
    pub subdomains: bool,
    /// at most 17 bytes
    pub expires: &'a [u8],
}

impl Callback<HstsWrite> {
    /// Shows a host, which has a place among all. A `CURLSTScode`; `None` without a function.
    pub(crate) fn call(self, curl: *mut CURL, host: HstsHost<'_>, mut place: curl_index) -> Option<RawStsCode> {
        let function = self.function.get()?;
        let mut shown = curl_hstsentry {
            name: host.name.as_ptr().cast_mut(),
            namelen: host.name.count_bytes(),
            includeSubDomains: host.subdomains.into(),
            expire: from_fn(|_| 0),
        };
        // A date is shorter, and the last byte stays NUL.
        let room = shown.expire.len() - 1;
        for (to, from) in shown.expire[..room].iter_mut().zip(host.expires) {
            *to = *from as c_char;
        }
        // SAFETY: CURLOPT_HSTSWRITEFUNCTION(3): both structs are lent for the call; only the C type lacks the const of the
        // name.
        Some(unsafe { function(curl, &raw mut shown, &raw mut place, self.data.as_ptr()) })
    }
}

/// A `curl_sockaddr` that is as long as the longest address, `sockaddr_storage`.
#[repr(C, align(8))]
struct SocketAddress {
    family: c_int,
    socktype: c_int,
    protocol: c_int,
    length: u32,
    address: [u8; size_of::<libc::sockaddr_storage>()],
}

const _: () = assert!(
    offset_of!(SocketAddress, socktype) == offset_of!(curl_sockaddr, socktype)
        && offset_of!(SocketAddress, protocol) == offset_of!(curl_sockaddr, protocol)
        && offset_of!(SocketAddress, length) == offset_of!(curl_sockaddr, addrlen)
        && offset_of!(SocketAddress, address) == offset_of!(curl_sockaddr, addr)
);

impl Callback<OpenSocket> {
    /// Asks for a stream socket for a `sockaddr`, close-on-exec. The answer is `None` when the function refuses, else the
    /// socket and the `sockaddr`, which the function may have changed. Without a function nothing is asked.
    pub(crate) fn call(self, family: c_int, protocol: c_int, sockaddr: &[u8]) -> Option<(OwnedFd, Vec<u8>)> {
        let function = self.function.get()?;
        let mut asked = SocketAddress {
            family,
            socktype: system::STREAM_CLOEXEC,
            protocol,
            length: sockaddr.len() as u32,
            address: from_fn(|_| 0),
        };
        asked.address[..sockaddr.len()].copy_from_slice(sockaddr);
        // SAFETY: CURLOPT_OPENSOCKETFUNCTION(3): the address is lent for the call. It has the layout of a `curl_sockaddr`
        // whose `addr` has room for any address.
        let fd = unsafe {
            function(
                self.data.as_ptr(),
                curlsocktype::CURLSOCKTYPE_IPCXN,
                (&raw mut asked).cast(),
            )
        };
        if fd < 0 {
            return None;
        }
        let length = asked.address.len().min(asked.length as usize);
        // SAFETY: the application gives the descriptor away by returning it.
        Some((unsafe { OwnedFd::from_raw_fd(fd) }, asked.address[..length].to_vec()))
    }
}

impl Callback<SockOpt> {
    /// A `CURL_SOCKOPT_` value; `None` without a function.
    pub(crate) fn call(self, fd: RawFd) -> Option<c_int> {
        let function = self.function.get()?;
        // SAFETY: CURLOPT_SOCKOPTFUNCTION(3).
        Some(unsafe { function(self.data.as_ptr(), fd, curlsocktype::CURLSOCKTYPE_IPCXN) })
    }
}

impl Callback<CloseSocket> {
    /// Gives the descriptor to the application to close. Without a function it is closed here.
    pub(crate) fn call(self, fd: OwnedFd) {
        if let Some(function) = self.function.get() {
            // SAFETY: CURLOPT_CLOSESOCKETFUNCTION(3).
            unsafe { function(self.data.as_ptr(), fd.into_raw_fd()) };
        }
    }
}

impl Callback<PreReq> {
    /// A `CURL_PREREQFUNC_` value, for the two ends of the connection; `None` without a function.
    pub(crate) fn call(self, primary: (&CStr, u16), local: (&CStr, u16)) -> Option<c_int> {
        let function = self.function.get()?;
        // SAFETY: CURLOPT_PREREQFUNCTION(3): the strings are lent for the call, and only the C type lacks the const.
        Some(unsafe {
            function(
                self.data.as_ptr(),
                primary.0.as_ptr().cast_mut(),
                local.0.as_ptr().cast_mut(),
                primary.1.into(),
                local.1.into(),
            )
        })
    }
}

impl Callback<WsOpen> {
    /// 0 to go on; `None` without a function.
    pub(crate) fn call(self, curl: *mut CURL) -> Option<c_int> {
        let function = self.function.get()?;
        // SAFETY: CURLOPT_WS_OPENFUNCTION(3).
        Some(unsafe { function(curl, self.data.as_ptr()) })
    }
}

fn as_char(bytes: &[u8]) -> *mut c_char {
    bytes.as_ptr().cast_mut().cast()
}
