//! How a proxy is asked for a connection to the next hop.

use std::net::IpAddr;

use super::socks::{Received, SocksError, Target};
use super::socks4;
use super::socks5::Socks5;
use crate::error::Error;
use crate::http::auth::Authenticator;
use crate::http::connect::{self, ConnectSpec};
use crate::open::plan::{ConnectRequest, SocksLogin};
use crate::random;

/// A SOCKS proxy that has been asked.
pub(super) enum Socks {
    /// version 4: its reply is to come
    V4,
    V5(Socks5),
}

impl Socks {
    /// Asks by version 4; the request is appended to `output`.
    pub(super) fn ask_v4(
        target: Target<'_>,
        port: u16,
        user: &[u8],
        output: &mut Vec<u8>,
    ) -> Result<Socks, SocksError> {
        output.extend_from_slice(&socks4::request(target, port, user)?);
        Ok(Socks::V4)
    }

    /// Asks by version 5; its first message is appended to `output`.
    pub(super) fn ask_v5(
        target: Target<'_>,
        port: u16,
        login: Option<&SocksLogin>,
        output: &mut Vec<u8>,
    ) -> Result<Socks, SocksError> {
        Ok(Socks::V5(Socks5::start(target, port, login, output)?))
    }

    /// Takes one message from the front of `input`, and appends to `output` what is to be sent next.
    pub(super) fn receive(&mut self, input: &[u8], output: &mut Vec<u8>) -> Result<Received, SocksError> {
        match self {
            Socks::V4 => socks4::receive(input),
            Socks::V5(machine) => machine.receive(input, output),
        }
    }
}

/// The request head of CONNECT.
pub(super) fn connect_head(
    request: &ConnectRequest,
    host: &str,
    port: u16,
    authenticator: &mut Authenticator,
) -> Result<Vec<u8>, Error> {
    let authority = authority(host, port);
    let authorization = authenticator.authorize(b"CONNECT", authority.as_bytes(), random::bytes()?);
    Ok(connect::write(&ConnectSpec {
        authority: &authority,
        is_1_0: request.is_1_0,
        authorization: authorization.as_deref(),
        user_agent: &request.user_agent,
        custom: &request.headers,
    })?)
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
