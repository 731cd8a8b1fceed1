//! Who is compared.

use std::path::{Path, PathBuf};

use crate::case::{Case, Work};

/// A library, in one of the ways in which it can be used.
#[derive(Debug, Clone)]
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    kind: Kind,
    api: Option<&'static str>,
    program: PathBuf,
    /// first argument of the program that all Rust contenders share
    argument: Option<&'static str>,
}

/// What decides in which cases a contender takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// either libcurl in CONNECT_ONLY mode
    Curl,
    /// either libcurl in callback mode
    Callbacks,
    /// either libcurl, only with many connections
    Events,
    Other,
    /// no WebSocket: what the machine can do
    RawSockets,
    RawTls,
}

/// Those that can run here, and those that cannot with the reason.
pub(crate) struct Contenders {
    pub(crate) present: Vec<Contender>,
    pub(crate) missing: Vec<String>,
}

/// The limits, by name.
pub(crate) const RAW: &str = "raw sockets";
pub(crate) const RAW_TLS: &str = "raw rustls";
/// With the cryptography that wscurl has, which is smaller than the one that rustls has by default.
pub(crate) const RAW_RING: &str = "raw rustls, ring";

pub(crate) fn all(clients: &Path, wanted: &[String]) -> Contenders {
    let c = |name, program: &str, kind, api| Contender {
        name,
        kind,
        api,
        program: clients.join(program),
        argument: None,
    };
    let rust = |name, argument, kind, api| Contender {
        name,
        kind,
        api,
        program: sibling("bench-clients"),
        argument: Some(argument),
    };
    let all = [
        c("wscurl", "wscurl", Kind::Curl, Some("connect-only")),
        c("wscurl, callbacks", "wscurl", Kind::Callbacks, Some("callbacks")),
        c("wscurl, socket events", "wscurl", Kind::Events, Some("socket")),
        c("wscurl, perform", "wscurl", Kind::Events, Some("perform")),
        c("libcurl", "libcurl", Kind::Curl, Some("connect-only")),
        c("libcurl, callbacks", "libcurl", Kind::Callbacks, Some("callbacks")),
        c("libcurl, socket events", "libcurl", Kind::Events, Some("socket")),
        c("libcurl, perform", "libcurl", Kind::Events, Some("perform")),
        rust("tungstenite", "tungstenite", Kind::Other, None),
        rust("fastwebsockets", "fastwebsockets", Kind::Other, None),
        rust("tokio-websockets", "tokio-websockets", Kind::Other, None),
        rust("yawc", "yawc", Kind::Other, None),
        c("libwebsockets", "libwebsockets", Kind::Other, None),
        c(RAW, "raw", Kind::RawSockets, None),
        rust(RAW_TLS, "raw-rustls", Kind::RawTls, None),
        rust(RAW_RING, "raw-rustls", Kind::RawTls, Some("ring")),
    ];
    let is_wanted =
        |name: &str| wanted.is_empty() || is_compared_with(name) || wanted.iter().any(|wanted| wanted == library(name));
    let (present, absent): (Vec<_>, Vec<_>) = all
        .into_iter()
        .filter(|contender| is_wanted(contender.name))
        .partition(|contender| contender.program.exists());
    let missing = absent
        .iter()
        .map(|contender| format!("{} is not installed", contender.name));
    Contenders {
        missing: missing.collect(),
        present,
    }
}

impl Contender {
    /// The program, and its arguments that no case changes.
    pub(crate) fn command(&self) -> (&Path, Vec<String>) {
        let api = self.api.map(|api| format!("api={api}"));
        (
            &self.program,
            self.argument.map(str::to_owned).into_iter().chain(api).collect(),
        )
    }

    pub(crate) fn takes_part(&self, case: &Case) -> bool {
        let is_hop = matches!(case.work, Work::Hop | Work::Idle);
        let compresses = ["wscurl", "wscurl, callbacks", "yawc", "libwebsockets"].contains(&self.name);
        let may = match self.kind {
            Kind::Curl | Kind::Other => true,
            Kind::Callbacks => !is_hop && case.work != Work::Connect,
            Kind::Events => is_hop,
            Kind::RawSockets => !case.secure,
            Kind::RawTls => case.secure,
        };
        let cannot = match self.name {
            // It is given a connection that is open.
            "fastwebsockets" => case.work == Work::Connect,
            // It walks over all connections for each event: opening so many takes longer than all the rest.
            "libwebsockets" => case.connections > 1000,
            _ => false,
        };
        may && !cannot && (!case.compress || compresses)
    }

    /// Whether each event costs it a walk over all connections: it gets fewer of them where there are many.
    pub(crate) fn walks_over_connections(&self) -> bool {
        self.name == "libcurl, perform"
    }
}

/// Which library it is, however it is used.
pub(crate) fn library(name: &str) -> &str {
    name.split(',').next().unwrap_or(name)
}

/// Those that every comparison needs.
pub(crate) fn is_compared_with(name: &str) -> bool {
    ["wscurl", "libcurl", RAW, RAW_TLS].contains(&library(name))
}

/// A program that Cargo has put beside this one.
pub(crate) fn sibling(name: &str) -> PathBuf {
    let here = std::env::current_exe().unwrap_or_default();
    here.with_file_name(name)
}
