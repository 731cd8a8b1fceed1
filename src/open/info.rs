//! What is learned while a connection is opened, for `curl_easy_getinfo`.

use std::cell::OnceCell;
use std::ffi::{CStr, CString};
use std::net::SocketAddr;
use std::time::Instant;

use super::headers::HeaderStore;
use crate::ffi::certificates::CertificateList;
use crate::http::auth::Authenticator;
use crate::net::socket::Socket;

/// What was learned. Points in time are `None` while not reached.
#[derive(Debug, Default)]
pub(crate) struct OpeningInfo {
    /// the name is resolved
    pub(crate) name_lookup: Option<Instant>,
    /// the connections that were made, the one in use last
    pub(crate) connections: Vec<ConnectionInfo>,
    /// of the last system call that failed while connecting, or on the connection
    pub(crate) os_errno: i32,
    /// the request is about to be sent
    pub(crate) pre_transfer: Option<Instant>,
    /// the request is sent
    pub(crate) post_transfer: Option<Instant>,
    /// the first byte of the response came
    pub(crate) start_transfer: Option<Instant>,
    /// how many requests were sent
    pub(crate) requests: u32,
    /// their bytes
    pub(crate) request_size: u64,
    /// bytes of the lines of all response heads, as the header callback gets them
    pub(crate) header_size: u64,
    /// the status of the last answer to CONNECT, 0 before the first
    pub(crate) connect_code: u16,
    /// why a SOCKS proxy has failed, a `CURLproxycode`
    pub(crate) proxy_error: i64,
    /// authentication schemes that a proxy has offered, as `CURLAUTH_` bits
    pub(crate) proxy_auth_offered: u32,
    /// the one that was used
    pub(crate) proxy_auth_used: u32,
    /// the headers of all response heads
    pub(crate) headers: HeaderStore,
    /// the last response head
    pub(crate) response: ResponseInfo,
    /// the extensions that the server accepted, as its header has them
    pub(crate) extensions: Option<CString>,
    /// the subprotocol it chose
    pub(crate) protocol: Option<CString>,
}

/// What an opening comes by on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Milestone {
    /// the name is resolved
    NameLookup,
    /// TCP is connected
    Connected,
    /// TLS is established
    Secured,
    /// the request is about to be sent
    PreTransfer,
    /// the request is sent
    PostTransfer,
    /// the first byte of the response came
    StartTransfer,
}

impl Milestone {
    pub(crate) const ALL: [Milestone; 6] = [
        Milestone::NameLookup,
        Milestone::Connected,
        Milestone::Secured,
        Milestone::PreTransfer,
        Milestone::PostTransfer,
        Milestone::StartTransfer,
    ];
}

/// One connection.
#[derive(Debug)]
pub(crate) struct ConnectionInfo {
    /// its other end, if that has a network address
    pub(crate) primary: Option<SocketAddr>,
    /// our end, known once it was asked for or the connection is over
    pub(crate) local: Option<SocketAddr>,
    /// TCP is connected
    pub(crate) connected: Instant,
    /// TLS with the server is established
    pub(crate) secured: Option<Instant>,
    /// how many requests for an upgrade were sent on it
    pub(super) requests: u32,
    /// an OpenSSL verify result of the server's certificate, 0 for a good one
    pub(crate) verify_result: i64,
    /// `CURLOPT_CERTINFO`: the server's certificates
    pub(crate) certificates: Option<Box<CertificateList>>,
    /// the same of a proxy's certificate
    pub(crate) proxy_verify_result: i64,
    primary_ip: OnceCell<CString>,
    local_ip: OnceCell<CString>,
}

/// A response head.
#[derive(Debug, Default)]
pub(crate) struct ResponseInfo {
    /// its status, 0 before the first response
    pub(crate) status: u16,
    /// its HTTP version
    pub(crate) version: Option<(u8, u8)>,
    /// Content-Type
    pub(crate) content_type: Option<CString>,
    /// Location
    pub(crate) location: Option<CString>,
    /// seconds of Retry-After, 0 without one
    pub(crate) retry_after: i64,
}

impl OpeningInfo {
    /// The connection in use, or the last one.
    pub(crate) fn connection(&self) -> Option<&ConnectionInfo> {
        self.connections.last()
    }

    /// When a milestone of this round was reached.
    pub(crate) fn reached(&self, milestone: Milestone) -> Option<Instant> {
        match milestone {
            Milestone::NameLookup => self.name_lookup,
            Milestone::Connected => Some(self.connection()?.connected),
            Milestone::Secured => self.connection()?.secured,
            Milestone::PreTransfer => self.pre_transfer,
            Milestone::PostTransfer => self.post_transfer,
            Milestone::StartTransfer => self.start_transfer,
        }
    }

    /// Another round begins.
    pub(crate) fn begin_round(&mut self) {
        self.name_lookup = None;
        self.pre_transfer = None;
        self.post_transfer = None;
        self.start_transfer = None;
    }

    /// A connection is made; `primary` is its other end, or `path` that of a Unix domain socket.
    pub(crate) fn connected(&mut self, primary: Option<SocketAddr>, path: Option<&[u8]>, now: Instant) {
        self.connections.reserve_exact(1);
        self.connections.push(ConnectionInfo {
            primary,
            local: None,
            connected: now,
            secured: None,
            requests: 0,
            verify_result: 0,
            certificates: None,
            proxy_verify_result: 0,
            primary_ip: path
                .and_then(|path| CString::new(path).ok())
                .map_or_else(OnceCell::new, OnceCell::from),
            local_ip: OnceCell::new(),
        });
    }

    /// Takes note of how far logging in to a proxy has come.
    pub(super) fn note_proxy_auth(&mut self, authenticator: &Authenticator) {
        self.proxy_auth_offered = authenticator.offered();
        self.proxy_auth_used = authenticator.used();
    }

    /// The connection in use, to be added to.
    pub(super) fn connection_mut(&mut self) -> Option<&mut ConnectionInfo> {
        self.connections.last_mut()
    }

    /// Asks the socket of the connection in use for our end. It can't be asked any more once it is closed.
    pub(crate) fn note_local(&mut self, socket: &Socket) {
        if let Some(connection) = self.connections.last_mut()
            && connection.primary.is_some()
            && connection.local.is_none()
        {
            connection.local = socket.local_address();
        }
    }
}

impl ConnectionInfo {
    /// The IP address of the other end as text, or the path of a Unix domain socket, as in libcurl; empty for none. The text
    /// stays where it is.
    pub(crate) fn primary_ip(&self) -> &CStr {
        text(&self.primary_ip, self.primary)
    }

    /// Our own IP address as text, empty for none. The text stays where it is.
    pub(crate) fn local_ip(&self) -> &CStr {
        text(&self.local_ip, self.local)
    }
}

fn text(cell: &OnceCell<CString>, address: Option<SocketAddr>) -> &CStr {
    match address {
        // There is no NUL in an IP address.
        Some(address) => cell.get_or_init(|| CString::new(address.ip().to_string()).unwrap_or_default()),
        None => cell.get().map_or(c"", |text| text),
    }
}
