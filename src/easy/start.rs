//! Options as the plan of a transfer.

use std::borrow::Cow;
use std::ffi::CString;
use std::time::{Duration, Instant};

use super::handle::Easy;
use super::options::{ConnectOnly, ConnectionOptions, IpResolve, Options, TlsOptions, UnixPath};
use super::proxy;
use super::rounds::Rounds;
use super::settings::{milliseconds, websocket_settings};
use super::tls_settings::tls_settings;
use crate::error::{Error, Result};
use crate::io::fallible;
use crate::io::pool::BUFFER_SIZE;
use crate::net::address::Address;
use crate::net::connect_to;
use crate::net::dial::DialSettings;
use crate::net::dns::answer::Family;
use crate::net::interface::Interface;
use crate::net::socket::Keepalive;
use crate::open::plan::{Endpoint, Hop, HopTls, NameSettings, Plan, Proxy, Request, Reuse, Target};
use crate::tls;
use crate::transfer::{Config, Mode, Transfer};
use crate::types::share::curl_lock_data;
use crate::url::Url;

/// The time to connect when `CURLOPT_CONNECTTIMEOUT_MS` says nothing.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(300);

/// A transfer copies its options at most this often while it opens the connection.
const COPIES: usize = 12;

impl Easy {
    /// Starts a new transfer from the options as they are.
    pub(crate) fn begin(&self, now: Instant) -> Result<()> {
        self.clear();
        self.load_cookies()?;
        self.load_hsts()?;
        fallible::check(self.options().borrow().size_with_lists().saturating_mul(COPIES))?;
        let (mut rounds, config) = self.with_known_hosts(|is_known| {
            let options = self.options().borrow();
            options.check_guards()?;
            Ok::<_, Error>((Rounds::new(&options, is_known)?, config(&options)))
        })?;
        let plan = self.plan(&mut rounds)?;
        self.info().borrow_mut().describe(&plan);
        self.info().borrow_mut().describe_rounds(&rounds);
        self.set_transfer(Transfer::new(plan, config, now));
        self.trace_hsts(&rounds);
        self.trace_authentication(&rounds);
        self.set_rounds(Box::new(rounds));
        Ok(())
    }

    /// What the options ask for in this round, checked as far as possible without the network.
    pub(super) fn plan(&self, rounds: &mut Rounds) -> Result<Plan> {
        let _names = self.hold(curl_lock_data::CURL_LOCK_DATA_DNS);
        let _sessions = self.hold(curl_lock_data::CURL_LOCK_DATA_SSL_SESSION);
        let options = self.options().borrow();
        let resolve = options.connection.resolve.lines();
        if !resolve.is_empty() {
            self.context().resolver.add_static(&resolve, Instant::now())?;
        }
        let url = rounds.url();
        let headers = || rounds.headers(&options.request);
        let proxies = proxy::route(&options, url, headers, |tls| self.tls_context(&options, tls, true))?;
        let tls = match url.scheme.is_secure() {
            false => None,
            true => Some(HopTls {
                context: self.tls_context(&options, &options.tls, !url.scheme.is_websocket())?,
                name: url.tls_name().to_owned(),
                list_certificates: options.cert_info,
            }),
        };
        plan(rounds, proxies, tls, &options)
    }

    /// For TLS with the server or with a proxy. ALPN is for those that HTTP is spoken with, and none is offered for wss:
    /// servers that insist on a list of their own refuse `http/1.1`.
    fn tls_context(&self, options: &Options, tls: &TlsOptions, is_http: bool) -> Result<tls::Context> {
        let max_age = options.ca_cache_seconds.map(Duration::from_secs);
        let settings = tls_settings(tls, options.session_cache, is_http && options.alpn);
        Ok(self.contexts().get(&settings, max_age, Instant::now())?)
    }
}

fn plan(rounds: &mut Rounds, proxies: Vec<Proxy>, tls: Option<HopTls>, options: &Options) -> Result<Plan> {
    let connection = &options.connection;
    let url = rounds.url().clone();
    let port = rounds.port(&options.request);
    Ok(Plan {
        proxies,
        proxy_header: proxy::header(options),
        server: Hop {
            endpoint: endpoint(&url, port, connection)?,
            tls,
        },
        names: NameSettings {
            family: match connection.ip_resolve {
                IpResolve::Any => Family::Any,
                IpResolve::V4 => Family::V4,
                IpResolve::V6 => Family::V6,
            },
            ttl: connection.dns_cache_timeout.map(Duration::from_secs),
            shuffle: connection.dns_shuffle,
            scope: connection.address_scope,
        },
        dial: dial_settings(connection)?,
        reuse: Reuse {
            allowed: !connection.forbid_reuse,
            max_age: milliseconds(connection.max_lifetime_ms),
        },
        receive_limit: options.buffer_size.unwrap_or(BUFFER_SIZE),
        target: match options.connect_only {
            ConnectOnly::No => Target::Upgrade { peek: false },
            ConnectOnly::Transport => Target::Connection,
            ConnectOnly::WebSocket => Target::Upgrade { peek: true },
        },
        request: request(options, rounds)?,
        url,
        port,
    })
}

fn config(options: &Options) -> Config {
    let connection = &options.connection;
    let mode = match options.connect_only {
        ConnectOnly::No => Mode::Callbacks,
        ConnectOnly::Transport | ConnectOnly::WebSocket => Mode::ConnectOnly,
    };
    Config {
        mode,
        head_only: options.request.no_body && mode == Mode::Callbacks,
        websocket: websocket_settings(options),
        upload: options.upload && mode == Mode::Callbacks,
        upload_size: options.upload_buffer_size,
        timeout: milliseconds(connection.timeout_ms),
        connect_timeout: milliseconds(connection.connect_timeout_ms).unwrap_or(CONNECT_TIMEOUT),
        low_speed: low_speed(options),
        max_chunk: options.buffer_size.unwrap_or(BUFFER_SIZE),
        max_size: (connection.max_file_size > 0).then_some(connection.max_file_size),
        max_receive_speed: connection.max_receive_speed,
        max_send_speed: connection.max_send_speed,
        verbose: options.verbose,
    }
}

fn endpoint(url: &Url, port: u16, connection: &ConnectionOptions) -> Result<Endpoint> {
    match &connection.unix_socket {
        Some(UnixPath::File(path)) => return Ok(Endpoint::Local(Address::Unix(path.as_bytes().to_vec()))),
        Some(UnixPath::Abstract(name)) => return Ok(Endpoint::Local(Address::Abstract(name.as_bytes().to_vec()))),
        None => {}
    }
    let (host, port) = match connect_to::redirect(&connection.connect_to.lines(), &url.host, port)? {
        Some(elsewhere) => elsewhere,
        None => (url.host.clone(), port),
    };
    let scoped = match &url.zone {
        Some(zone) if host == url.host => format!("{host}%{zone}"),
        _ => host,
    };
    Ok(Endpoint::Host(scoped, port))
}

fn dial_settings(connection: &ConnectionOptions) -> Result<DialSettings> {
    let interface = connection.interface.as_ref();
    Ok(DialSettings {
        nodelay: connection.tcp_nodelay,
        keepalive: connection.tcp_keepalive.then(|| Keepalive {
            idle: Duration::from_secs(connection.tcp_keepidle.into()),
            interval: Duration::from_secs(connection.tcp_keepintvl.into()),
            count: connection.tcp_keepcnt,
        }),
        interface: interface.map(|text| Interface::parse(text.as_bytes())).transpose()?,
        local_port: connection.local_port,
        local_port_range: connection.local_port_range,
        happy_eyeballs: Duration::from_millis(connection.happy_eyeballs_ms),
    })
}

fn request(all: &Options, rounds: &mut Rounds) -> Result<Request> {
    let options = &all.request;
    let bytes = |text: &Option<CString>| text.as_ref().map(|text| text.as_bytes().to_vec());
    let method: Cow<'static, [u8]> = match (rounds.custom_method(options), options.no_body) {
        (Some(custom), _) => custom.into(),
        (None, true) => b"HEAD".into(),
        (None, false) => b"GET".into(),
    };
    let target = bytes(&options.request_target);
    let signed = target.as_ref().unwrap_or(&rounds.url().target).clone();
    let authorization = rounds.authorize(&method, &signed)?;
    let websocket = websocket_settings(all);
    Ok(Request {
        method,
        target,
        authorization,
        user_agent: bytes(&options.user_agent).unwrap_or_default(),
        referer: rounds.referer(options),
        cookie: bytes(&options.cookie).filter(|_| rounds.is_trusted(options)),
        te: options.transfer_encoding,
        accept_encoding: bytes(&options.accept_encoding),
        headers: rounds.headers(options),
        compress: websocket.compress && !websocket.raw,
    })
}

fn low_speed(options: &Options) -> Option<(u64, Duration)> {
    let (limit, seconds) = (options.connection.low_speed_limit, options.connection.low_speed_time);
    (limit > 0 && seconds > 0).then(|| (limit, Duration::from_secs(seconds)))
}
