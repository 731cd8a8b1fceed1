//! Options and environment as the proxies on the way to a server.

use std::ffi::{CString, OsString};
use std::os::unix::ffi::OsStringExt;

use super::options::{Options, ProxyKind, TlsOptions};
use crate::error::{Error, Result};
use crate::ffi::environment;
use crate::http::auth::Credentials;
use crate::net::address::Address;
use crate::net::proxy;
use crate::open::plan::{ConnectRequest, Endpoint, Hop, HopTls, Proxy, ProxyHeader, SocksLogin, Tunnel};
use crate::secret::Secret;
use crate::text::quoted;
use crate::tls;
use crate::types::codes::CURLcode::*;
use crate::url::{ProxyUrl, Url};

/// The port of a SOCKS proxy, and of a proxy without a scheme of its own.
const DEFAULT_PORT: u16 = 1080;
const DEFAULT_PORT_HTTPS: u16 = 443;

/// The host name that stands for a socket in a URL like `socks5h://localhost/path` (CURLOPT_PROXY(3)).
const SOCKET_HOST: &str = "localhost";

/// The proxies on the way to `url`, in their order. `headers` are those of the request, and `context` makes the TLS context
/// for an HTTPS proxy.
///
/// # Errors
///
/// `CURLE_COULDNT_RESOLVE_PROXY` for what is no URL of a proxy and for two SOCKS proxies, `CURLE_COULDNT_CONNECT` for an unknown
/// scheme, as libcurl has them.
pub(super) fn route(
    options: &Options,
    url: &Url,
    headers: impl FnOnce() -> Vec<Vec<u8>>,
    context: impl FnOnce(&TlsOptions) -> Result<tls::Context>,
) -> Result<Vec<Proxy>> {
    // A Unix socket is connected to without a proxy.
    if options.connection.unix_socket.is_some() || is_exempted(options, url) {
        return Ok(Vec::new());
    }
    let (pre_url, proxy_url) = (text(&options.proxy.pre_url), text(&options.proxy.url));
    let proxy_url = match (pre_url, proxy_url) {
        (None, None) => from_environment(url).map(OsStringExt::into_vec),
        (_, proxy_url) => proxy_url.map(<[u8]>::to_vec),
    };
    let mut proxies = Vec::with_capacity(2);
    if let Some(pre_url) = pre_url.filter(|url| !url.is_empty()) {
        let named = Named::parse(pre_url, ProxyKind::Socks4, options.proxy.port)?;
        if !named.kind.is_socks() {
            return Err(unusable(pre_url, "a proxy in front of a proxy speaks SOCKS"));
        }
        let login = named.own_login();
        proxies.push(named.socks(login, options));
    }
    if let Some(proxy_url) = proxy_url.filter(|url| !url.is_empty()) {
        let named = Named::parse(&proxy_url, options.proxy.kind, options.proxy.port)?;
        let login = named.own_login().or_else(|| options_login(options));
        match named.kind.is_socks() {
            true if !proxies.is_empty() => {
                return Err(unusable(&proxy_url, "behind a SOCKS proxy there can't be another one"));
            }
            true => proxies.push(named.socks(login, options)),
            false => proxies.push(named.http(login, options, headers, context)?),
        }
    }
    Ok(proxies)
}

/// The PROXY protocol header that the server wants.
pub(super) fn header(options: &Options) -> Option<ProxyHeader> {
    options.proxy.haproxy.then(|| ProxyHeader {
        client: options
            .proxy
            .haproxy_client_ip
            .as_ref()
            .map(|client| client.to_string_lossy().into_owned()),
    })
}

fn is_exempted(options: &Options, url: &Url) -> bool {
    let list = match &options.proxy.exempted {
        Some(list) => Some(list.as_bytes().to_vec()),
        None => proxy::exempted_hosts(),
    };
    proxy::exempts(&list.unwrap_or_default(), &url.host)
}

fn from_environment(url: &Url) -> Option<OsString> {
    environment::variable(proxy::variable(url.scheme)?)
}

/// A proxy as a URL and the options beside it name it.
struct Named {
    url: ProxyUrl,
    kind: ProxyKind,
    endpoint: Endpoint,
}

impl Named {
    /// `kind` and `port` count where the URL does not say it.
    fn parse(text: &[u8], kind: ProxyKind, port: u16) -> Result<Named> {
        let url = ProxyUrl::parse(text).map_err(|error| unusable(text, &error.to_string()))?;
        let kind = match &url.scheme {
            Some(scheme) => kind_of(scheme, kind).ok_or_else(|| {
                Error::new(
                    CURLE_COULDNT_CONNECT,
                    format!(
                        "Unsupported proxy scheme \"{scheme}\" (http, https, socks4, socks4a, socks5 and socks5h are)"
                    ),
                )
            })?,
            None => kind,
        };
        let port = match (url.port, port, kind) {
            (Some(port), ..) => port,
            (None, 1.., _) => port,
            (None, 0, ProxyKind::Https) => DEFAULT_PORT_HTTPS,
            (None, 0, _) => DEFAULT_PORT,
        };
        let endpoint = endpoint(&url, port, kind);
        Ok(Named { url, kind, endpoint })
    }

    /// The credentials in the URL.
    fn own_login(&self) -> Option<SocksLogin> {
        let ProxyUrl { user, password, .. } = &self.url;
        let is_there = user.is_some() || password.is_some();
        is_there.then(|| SocksLogin {
            user: user.clone().unwrap_or_default(),
            password: password.clone().unwrap_or_default(),
        })
    }

    fn socks(self, login: Option<SocksLogin>, options: &Options) -> Proxy {
        let tunnel = match self.kind {
            ProxyKind::Socks4 | ProxyKind::Socks4a => Tunnel::Socks4 {
                user: login.map(|login| login.user).unwrap_or_default(),
                proxy_resolves: self.kind == ProxyKind::Socks4a,
            },
            _ => Tunnel::Socks5 {
                login: login.filter(|_| options.proxy.socks5_password),
                proxy_resolves: self.kind == ProxyKind::Socks5h,
            },
        };
        let endpoint = self.endpoint;
        Proxy {
            hop: Hop { endpoint, tls: None },
            tunnel,
        }
    }

    fn http(
        self,
        login: Option<SocksLogin>,
        options: &Options,
        headers: impl FnOnce() -> Vec<Vec<u8>>,
        context: impl FnOnce(&TlsOptions) -> Result<tls::Context>,
    ) -> Result<Proxy> {
        let tls = match self.kind {
            ProxyKind::Https => Some(HopTls {
                context: context(&options.proxy_tls)?,
                name: self.url.host.strip_suffix('.').unwrap_or(&self.url.host).to_owned(),
                list_certificates: false,
            }),
            _ => None,
        };
        let user_agent = options.request.user_agent.as_ref();
        let headers = match options.proxy.separate_headers {
            true => options.proxy.headers.lines(),
            false => headers(),
        };
        let credentials = login.map_or_else(Credentials::default, |login| Credentials {
            user: login.user,
            password: login.password,
            bearer: Secret::default(),
        });
        Ok(Proxy {
            hop: Hop {
                endpoint: self.endpoint,
                tls,
            },
            tunnel: Tunnel::Http(Box::new(ConnectRequest {
                is_1_0: self.kind == ProxyKind::Http10,
                allowed_schemes: options.proxy.auth as u32,
                credentials,
                user_agent: user_agent.map(|agent| agent.as_bytes().to_vec()).unwrap_or_default(),
                headers,
                is_suppressed: options.proxy.suppress_connect_headers,
            })),
        })
    }
}

/// What a scheme names. HTTP/1.0 has none, and stays when it was asked for.
fn kind_of(scheme: &str, kind: ProxyKind) -> Option<ProxyKind> {
    Some(match scheme {
        "http" if kind == ProxyKind::Http10 => ProxyKind::Http10,
        "http" => ProxyKind::Http,
        "https" => ProxyKind::Https,
        "socks4" | "socks" => ProxyKind::Socks4,
        "socks4a" => ProxyKind::Socks4a,
        "socks5" => ProxyKind::Socks5,
        "socks5h" => ProxyKind::Socks5h,
        _ => return None,
    })
}

fn endpoint(url: &ProxyUrl, port: u16, kind: ProxyKind) -> Endpoint {
    if kind.is_socks() && url.host.eq_ignore_ascii_case(SOCKET_HOST) && url.path.len() > 1 {
        return Endpoint::Local(Address::Unix(url.path.clone()));
    }
    let host = match &url.zone {
        Some(zone) => format!("{}%{zone}", url.host),
        None => url.host.clone(),
    };
    Endpoint::Host(host, port)
}

/// `CURLOPT_PROXYUSERNAME` and `CURLOPT_PROXYPASSWORD`, which count for a proxy whose URL has no credentials.
fn options_login(options: &Options) -> Option<SocksLogin> {
    let (user, password) = (text(&options.proxy.username), options.proxy.password.clone());
    let is_there = user.is_some() || password.is_some();
    is_there.then(|| SocksLogin {
        user: user.unwrap_or_default().to_vec(),
        password: password.unwrap_or_default(),
    })
}

fn text(string: &Option<CString>) -> Option<&[u8]> {
    string.as_ref().map(|string| string.as_bytes())
}

/// What names a proxy does not, or names one that can't be used. The text may hold a password.
fn unusable(proxy: &[u8], why: &str) -> Error {
    let after_login = proxy.rsplit(|&byte| byte == b'@').next().unwrap_or_default();
    Error::new(
        CURLE_COULDNT_RESOLVE_PROXY,
        format!("Unsupported proxy {}: {why}", quoted(after_login, 80)),
    )
}
