//! What tests and fuzz targets open a stream with.

use super::plan::{Endpoint, Hop, NameSettings, Plan, Request, Reuse, Target};
use super::{Context, Remembered, WantedCallbacks};
use crate::net::dial::DialSettings;
use crate::net::dns::answer::Family;
use crate::net::dns::resolver::Resolver;
use crate::net::wait::waker::Waker;
use crate::url::{Url, UrlFlags};

/// All callbacks; no cookie engine and no HSTS.
pub(crate) const EVERYTHING: WantedCallbacks = WantedCallbacks {
    resolve: true,
    open_socket: true,
    configure_socket: true,
    permission: true,
    header: true,
    remembered: Remembered {
        cookies: false,
        hsts: false,
    },
};

/// A plan for `ws://host.test/chat` at an address that needs no lookup.
pub(crate) fn plan() -> Plan {
    Plan {
        url: Url::parse(b"ws://host.test/chat", None, UrlFlags::default()).unwrap(),
        port: 80,
        proxies: Vec::new(),
        proxy_header: None,
        server: Hop {
            endpoint: Endpoint::Host("127.0.0.1".to_owned(), 80),
            tls: None,
        },
        names: NameSettings {
            family: Family::Any,
            ttl: None,
            shuffle: false,
            scope: 0,
        },
        dial: DialSettings::default(),
        reuse: Reuse {
            allowed: true,
            max_age: None,
        },
        receive_limit: 16384,
        target: Target::Upgrade { peek: false },
        request: Request {
            method: b"GET".into(),
            target: None,
            authorization: None,
            user_agent: Vec::new(),
            referer: None,
            cookie: None,
            te: false,
            accept_encoding: None,
            headers: Vec::new(),
            compress: false,
        },
    }
}

pub(crate) fn context() -> Context {
    let waker = Waker::default();
    waker.open().unwrap();
    Context {
        resolver: Resolver::new(1),
        waker,
        wanted: EVERYTHING,
    }
}
