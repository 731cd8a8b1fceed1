//! Asks a proxy for a connection to the next hop.

use std::net::{IpAddr, SocketAddr};

use super::http::Answer;
use super::login::LoginState;
use super::socks::{Socks, SocksError, Target};
use super::socks5::Socks5;
use super::{Stage, Tunnelling, socks_failed, socks4};
use crate::error::Error;
use crate::http::connect::{self, ConnectSpec};
use crate::net::dns::answer::{Family, ResolveError};
use crate::net::dns::resolver::{Query, Resolution};
use crate::open::failure;
use crate::open::phase::{Question, Step, Work};
use crate::open::plan::{ConnectRequest, Endpoint, Plan, Proxy, Tunnel};
use crate::types::codes::CURLproxycode::CURLPX_RESOLVE_HOST;
use crate::types::structs::curl_infotype;

impl Tunnelling {
    /// One step towards the request, which is in the stream's output in the end.
    pub(super) fn ask(&mut self, proxy: &Proxy, work: &mut Work<'_>) -> Result<Step, Error> {
        match &self.stage {
            Stage::Announced(query) => match work.look_up(query) {
                Resolution::Ready(found) => self.resolved(found, proxy, work),
                Resolution::Pending(lookup) => {
                    self.stage = Stage::Resolving(Box::new(lookup));
                    Ok(Step::Continue)
                }
            },
            Stage::Resolving(lookup) => match lookup.answer(work.now) {
                None => Ok(Step::Wait),
                Some(found) => self.resolved(found, proxy, work),
            },
            _ => self.start(proxy, work),
        }
    }

    fn start(&mut self, proxy: &Proxy, work: &mut Work<'_>) -> Result<Step, Error> {
        let plan = work.plan;
        let (host, port) = next_hop(plan, self.hop)?;
        let (proxy_resolves, family) = match &proxy.tunnel {
            Tunnel::Http(request) => return self.connect(request, host, port, work),
            Tunnel::Socks4 { proxy_resolves, .. } => (*proxy_resolves, Family::V4),
            Tunnel::Socks5 { proxy_resolves, .. } => (*proxy_resolves, plan.names.family),
        };
        if let Ok(address) = host.parse() {
            return self.ask_socks(Target::Address(address), port, proxy, work);
        }
        if proxy_resolves {
            return self.ask_socks(Target::Name(host), port, proxy, work);
        }
        self.stage = Stage::Announced(Query {
            host: host.to_owned(),
            port,
            family,
        });
        Ok(match work.context.wanted.resolve {
            true => Step::Ask(Question::ResolveStarts),
            false => Step::Continue,
        })
    }

    fn resolved(
        &mut self,
        found: Result<Vec<SocketAddr>, ResolveError>,
        proxy: &Proxy,
        work: &mut Work<'_>,
    ) -> Result<Step, Error> {
        let found = found.map_err(|error| failure::resolve(&error, false))?;
        // libcurl takes an IPv6 address when there is one.
        let best = found.iter().find(|address| address.is_ipv6()).or(found.first());
        match best {
            Some(address) => self.ask_socks(Target::Address(address.ip()), address.port(), proxy, work),
            None => {
                let error = SocksError::new(CURLPX_RESOLVE_HOST, "the host has no address");
                Err(socks_failed(&error, self.hop, work))
            }
        }
    }

    fn ask_socks(&mut self, target: Target<'_>, port: u16, proxy: &Proxy, work: &mut Work<'_>) -> Result<Step, Error> {
        let started = start_socks(&proxy.tunnel, target, port, self.stream.output(0));
        match started {
            Ok(machine) => self.stage = Stage::Socks(machine),
            Err(error) => return Err(socks_failed(&error, self.hop, work)),
        }
        work.output.trace.text(|| match target {
            Target::Address(address) => format!("SOCKS connect to {address} port {port}"),
            Target::Name(name) => format!("SOCKS connect to {name} port {port} (resolved by the proxy)"),
        });
        Ok(Step::Continue)
    }

    fn connect(&mut self, request: &ConnectRequest, host: &str, port: u16, work: &mut Work<'_>) -> Result<Step, Error> {
        let head = connect_head(request, &authority(host, port), work.login)?;
        work.output.info.note_proxy_login(work.login);
        work.output.trace.data(curl_infotype::CURLINFO_HEADER_OUT, &head);
        self.stream.output(head.len()).extend_from_slice(&head);
        self.stage = Stage::Http(Box::new(Answer::new()));
        Ok(Step::Continue)
    }
}

fn start_socks(tunnel: &Tunnel, target: Target<'_>, port: u16, output: &mut Vec<u8>) -> Result<Socks, SocksError> {
    match tunnel {
        Tunnel::Socks5 { login, .. } => Ok(Socks::V5(Socks5::start(target, port, login.as_ref(), output)?)),
        Tunnel::Socks4 { user, .. } => {
            output.extend_from_slice(&socks4::request(target, port, user)?);
            Ok(Socks::V4)
        }
        Tunnel::Http(_) => Err(SocksError::new(CURLPX_RESOLVE_HOST, "it is no SOCKS proxy")),
    }
}

fn connect_head(request: &ConnectRequest, authority: &str, login: &mut LoginState) -> Result<Vec<u8>, Error> {
    let authorization = login.authorization(&request.login)?;
    Ok(connect::write(&ConnectSpec {
        authority,
        is_1_0: request.is_1_0,
        authorization: authorization.as_deref(),
        user_agent: &request.user_agent,
        custom: &request.headers,
    })?)
}

/// Host and port of the hop behind a proxy. A socket of this machine is never behind one.
fn next_hop(plan: &Plan, proxy: usize) -> Result<(&str, u16), Error> {
    match &plan.hop(proxy + 1).endpoint {
        Endpoint::Host(host, port) => Ok((host, *port)),
        Endpoint::Local(_) => Err(failure::interrupted()),
    }
}

/// `host:port`, an IPv6 address in brackets and without its zone, which means something on this machine only.
fn authority(host: &str, port: u16) -> String {
    let (address, _) = host.split_once('%').unwrap_or((host, ""));
    match address.parse::<IpAddr>() {
        Ok(IpAddr::V6(address)) => format!("[{address}]:{port}"),
        _ => format!("{host}:{port}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_has_brackets_around_ipv6_addresses() {
        for (host, expected) in [
            ("host.test", "host.test:80"),
            ("127.0.0.1", "127.0.0.1:80"),
            ("::1", "[::1]:80"),
            ("fe80::1%eth0", "[fe80::1]:80"),
        ] {
            assert_eq!(authority(host, 80), expected);
        }
    }
}
