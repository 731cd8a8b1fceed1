//! What a transfer is to do, fixed when it starts.

use std::borrow::Cow;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::net::dial::DialSettings;
use crate::net::dns::answer::Family;
use crate::net::socket::Address;
use crate::tls;
use crate::transfer::websocket::Settings;
use crate::types::codes::CURLcode;
use crate::url::Url;

/// Everything a transfer needs to know, with no pointer to the application.
pub struct Config {
    /// where to connect to
    pub route: Route,
    /// what only matters until the WebSocket is open, and is let go then
    pub opening: Option<Box<Opening>>,
    /// for wss
    pub(crate) tls: Option<tls::Context>,
    /// when it has succeeded
    pub goal: Goal,
    /// how the WebSocket behaves
    pub websocket: Settings,
    /// the read callback feeds it
    pub upload: bool,
    /// bytes the read callback is asked for at most
    pub upload_size: usize,
    /// bytes read at once at most
    pub receive_limit: usize,
    /// for the whole transfer; with CONNECT_ONLY up to the open connection
    pub timeout: Option<Duration>,
    /// up to the open connection
    pub connect_timeout: Duration,
    /// fewer bytes a second than this, for so long, end it
    pub low_speed: Option<(u64, Duration)>,
    /// notes are kept for the debug callback
    pub verbose: bool,
}

/// How to get to an open WebSocket.
pub struct Opening {
    /// where the WebSocket is
    pub url: Url,
    /// the server's port
    pub port: u16,
    /// which addresses are wanted
    pub family: Family,
    /// how long a resolved name may be kept, `None` for ever
    pub dns_ttl: Option<Duration>,
    /// `CURLOPT_DNS_SHUFFLE_ADDRESSES`
    pub shuffle_addresses: bool,
    /// `CURLOPT_ADDRESS_SCOPE` of IPv6 addresses, 0 for none
    pub address_scope: u32,
    /// how to connect
    pub dial: DialSettings,
    /// what the request says
    pub request: Request,
}

/// Where to connect to.
pub enum Route {
    /// this host and port, the URL's or what `CURLOPT_CONNECT_TO` says
    Host(String, u16),
    /// this socket (`CURLOPT_UNIX_SOCKET_PATH`)
    Local(Address),
}

/// The application's part of the request.
pub struct Request {
    /// `GET` if the application says nothing
    pub method: Cow<'static, [u8]>,
    /// `CURLOPT_REQUEST_TARGET`, in place of the URL's path and query
    pub target: Option<Vec<u8>>,
    /// the `Authorization` value
    pub authorization: Option<Vec<u8>>,
    /// `CURLOPT_USERAGENT`, empty for none
    pub user_agent: Vec<u8>,
    /// `CURLOPT_REFERER`
    pub referer: Option<Vec<u8>>,
    /// `CURLOPT_COOKIE`
    pub cookie: Option<Vec<u8>>,
    /// `CURLOPT_HTTPHEADER`
    pub headers: Vec<Vec<u8>>,
}

/// `CURLOPT_CONNECT_ONLY`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// a connection, TLS included
    Connect,
    /// an open WebSocket, left to the application
    Upgrade,
    /// frames for the callbacks until the peer ends it
    Frames,
}

impl Config {
    /// How to get to an open WebSocket, as long as it isn't open.
    pub fn opening(&self) -> Result<&Opening> {
        self.opening
            .as_deref()
            .ok_or_else(|| Error::new(CURLcode::CURLE_FAILED_INIT, "the opening handshake is over already"))
    }

    /// The server for error messages: `example.com port 443`.
    pub fn peer_name(&self) -> String {
        match &self.route {
            Route::Host(host, port) => format!("{host} port {port}"),
            Route::Local(address) => address.to_string(),
        }
    }
}
