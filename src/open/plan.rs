//! What to open and how: worked out once from URL and options, and only read from then on.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use crate::http::auth::Credentials;
use crate::net::address::Address;
use crate::net::dial::DialSettings;
use crate::net::dns::answer::Family;
use crate::secret::Secret;
use crate::tls;
use crate::url::Url;

/// Everything that opening a stream needs to know, with no pointer to the application.
pub(crate) struct Plan {
    /// where the WebSocket is
    pub(crate) url: Url,
    /// the server's port
    pub(crate) port: u16,
    /// the proxies on the way, in their order
    pub(crate) proxies: Vec<Proxy>,
    /// the end of the way
    pub(crate) server: Hop,
    /// the PROXY protocol header in front of all that the server gets (`CURLOPT_HAPROXYPROTOCOL`)
    pub(crate) proxy_header: Option<ProxyHeader>,
    /// how names become addresses
    pub(crate) names: NameSettings,
    /// how to connect
    pub(crate) dial: DialSettings,
    /// whether this round may use the connection of the round before
    pub(crate) reuse: Reuse,
    /// bytes read at once at most
    pub(crate) receive_limit: usize,
    /// what is wanted in the end
    pub(crate) target: Target,
    /// what the request says
    pub(crate) request: Request,
}

impl Plan {
    /// The hop that is connected to.
    pub(super) fn first_hop(&self) -> &Hop {
        self.hop(0)
    }

    /// The hop behind `number` others. The server is behind all proxies.
    pub(crate) fn hop(&self, number: usize) -> &Hop {
        self.proxies.get(number).map_or(&self.server, |proxy| &proxy.hop)
    }

    /// Whether both go the same way to the same server.
    pub(super) fn has_route_of(&self, other: &Plan) -> bool {
        let same_server = self.url.scheme == other.url.scheme
            && self.url.host.eq_ignore_ascii_case(&other.url.host)
            && self.port == other.port;
        same_server && self.hops().map(Hop::place).eq(other.hops().map(Hop::place))
    }

    /// The hops in their order.
    pub(super) fn hops(&self) -> impl Iterator<Item = &Hop> {
        self.proxies.iter().map(|proxy| &proxy.hop).chain([&self.server])
    }

    /// A hop as messages name it.
    pub(crate) fn describe(&self, number: usize) -> String {
        let endpoint = &self.hop(number).endpoint;
        match number < self.proxies.len() {
            true => format!("proxy {endpoint}"),
            false => endpoint.to_string(),
        }
    }
}

/// What an opening comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// a connection, TLS included
    Connection,
    /// an upgraded stream. With `peek` its descriptor stays readable while bytes received are undelivered, for
    /// applications that wait for it themselves.
    Upgrade { peek: bool },
}

/// One connection on the way.
pub(crate) struct Hop {
    /// where it is
    pub(crate) endpoint: Endpoint,
    /// how it is secured, if it is
    pub(crate) tls: Option<HopTls>,
}

impl Hop {
    /// What tells it from others. A callback may have changed the settings of TLS between two rounds.
    fn place(&self) -> (&Endpoint, Option<(&str, &tls::Context)>) {
        (
            &self.endpoint,
            self.tls.as_ref().map(|tls| (&tls.name[..], &tls.context)),
        )
    }
}

/// A proxy, and how it is asked to connect to the next hop.
pub(crate) struct Proxy {
    /// where it is
    pub(crate) hop: Hop,
    /// what it understands
    pub(crate) tunnel: Tunnel,
}

/// How a proxy is asked for a connection.
pub(crate) enum Tunnel {
    /// CONNECT of HTTP
    Http(Box<ConnectRequest>),
    /// SOCKS 4, or 4a where the proxy resolves names
    Socks4 { user: Vec<u8>, proxy_resolves: bool },
    /// SOCKS 5
    Socks5 {
        login: Option<SocksLogin>,
        proxy_resolves: bool,
    },
}

/// The application's part of CONNECT.
pub(crate) struct ConnectRequest {
    /// HTTP/1.0 is spoken
    pub(crate) is_1_0: bool,
    /// `CURLOPT_PROXYAUTH`
    pub(crate) allowed_schemes: u32,
    /// who asks
    pub(crate) credentials: Credentials,
    /// `CURLOPT_USERAGENT`, empty for none
    pub(crate) user_agent: Vec<u8>,
    /// `CURLOPT_PROXYHEADER`, or `CURLOPT_HTTPHEADER` with `CURLHEADER_UNIFIED`
    pub(crate) headers: Vec<Vec<u8>>,
    /// `CURLOPT_SUPPRESS_CONNECT_HEADERS`: the header callback does not get the answer
    pub(crate) is_suppressed: bool,
}

/// Credentials for a SOCKS proxy.
pub(crate) struct SocksLogin {
    pub(crate) user: Vec<u8>,
    pub(crate) password: Secret,
}

/// What the PROXY protocol header says.
pub(crate) struct ProxyHeader {
    /// `CURLOPT_HAPROXY_CLIENT_IP`, in place of the addresses of the connection
    pub(crate) client: Option<String>,
}

/// Whether a connection may be used for another round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reuse {
    /// not with `CURLOPT_FORBID_REUSE`
    pub(crate) allowed: bool,
    /// `CURLOPT_MAXLIFETIME_CONN`
    pub(crate) max_age: Option<Duration>,
}

/// TLS with a hop.
pub(crate) struct HopTls {
    /// settings, roots and sessions
    pub(crate) context: tls::Context,
    /// whom its certificate must name: a DNS name or an IP address
    pub(crate) name: String,
    /// `CURLOPT_CERTINFO`: the certificates that it sends are listed
    pub(crate) list_certificates: bool,
}

/// Where to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// a host and its port
    Host(String, u16),
    /// a socket of this machine (`CURLOPT_UNIX_SOCKET_PATH`)
    Local(Address),
}

/// How names become addresses.
pub(crate) struct NameSettings {
    /// which addresses are wanted
    pub(crate) family: Family,
    /// how long a resolved name may be kept, `None` for ever
    pub(crate) ttl: Option<Duration>,
    /// `CURLOPT_DNS_SHUFFLE_ADDRESSES`
    pub(crate) shuffle: bool,
    /// `CURLOPT_ADDRESS_SCOPE` of IPv6 addresses, 0 for none
    pub(crate) scope: u32,
}

/// The application's part of the request.
pub(crate) struct Request {
    /// `GET` if the application says nothing
    pub(crate) method: Cow<'static, [u8]>,
    /// `CURLOPT_REQUEST_TARGET`, in place of the URL's path and query
    pub(crate) target: Option<Vec<u8>>,
    /// the `Authorization` value
    pub(crate) authorization: Option<Secret>,
    /// `CURLOPT_USERAGENT`, empty for none
    pub(crate) user_agent: Vec<u8>,
    /// `CURLOPT_REFERER`
    pub(crate) referer: Option<Vec<u8>>,
    /// `CURLOPT_COOKIE`
    pub(crate) cookie: Option<Vec<u8>>,
    /// `CURLOPT_TRANSFER_ENCODING`
    pub(crate) te: bool,
    /// the `Accept-Encoding` value
    pub(crate) accept_encoding: Option<Vec<u8>>,
    /// `CURLOPT_HTTPHEADER`
    pub(crate) headers: Vec<Vec<u8>>,
    /// compression is offered
    pub(crate) compress: bool,
}

/// As messages name it: `example.com port 443`, or the path of a socket.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Endpoint::Host(host, port) => write!(f, "{host} port {port}"),
            Endpoint::Local(address) => address.fmt(f),
        }
    }
}
