//! The header of HAProxy's PROXY protocol, version 1: it tells the server who connects, in front of everything else.

use std::net::{Ipv4Addr, SocketAddr};

use crate::error::Result;
use crate::open::plan::{Plan, ProxyHeader};
use crate::transport::Stream;

/// Sends the header, if one is wanted. What the socket does not take at once goes out with what is sent next.
pub(in crate::open) fn announce(stream: &mut Stream, plan: &Plan) -> Result<()> {
    let Some(wanted) = &plan.proxy_header else {
        return Ok(());
    };
    let (local, remote) = (stream.socket().local_address(), stream.socket().peer_address());
    let header = header(wanted, local, remote);
    stream.output(header.len()).extend_from_slice(&header);
    stream.flush()?;
    Ok(())
}

/// The header for a connection between these two ends, which have no network addresses when it is a Unix socket.
fn header(wanted: &ProxyHeader, local: Option<SocketAddr>, remote: Option<SocketAddr>) -> Vec<u8> {
    let (Some(local), Some(remote)) = (local, remote) else {
        return b"PROXY UNKNOWN\r\n".to_vec();
    };
    let (source, destination, is_v4) = match &wanted.client {
        // As in libcurl the client's address stands in both places, whatever it is.
        Some(client) => (client.clone(), client.clone(), client.parse::<Ipv4Addr>().is_ok()),
        None => (local.ip().to_string(), remote.ip().to_string(), remote.is_ipv4()),
    };
    let family = if is_v4 { "TCP4" } else { "TCP6" };
    let (from, to) = (local.port(), remote.port());
    format!("PROXY {family} {source} {destination} {from} {to}\r\n").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_those_of_the_connection_or_the_clients() {
        let v4 = (
            Some("10.0.0.1:1000".parse().unwrap()),
            Some("10.0.0.2:80".parse().unwrap()),
        );
        let v6 = (Some("[::1]:1000".parse().unwrap()), Some("[::2]:80".parse().unwrap()));
        for ((local, remote), client, expected) in [
            (v4, None, "PROXY TCP4 10.0.0.1 10.0.0.2 1000 80\r\n"),
            (v6, None, "PROXY TCP6 ::1 ::2 1000 80\r\n"),
            (v4, Some("192.0.2.7"), "PROXY TCP4 192.0.2.7 192.0.2.7 1000 80\r\n"),
            (
                v4,
                Some("2001:db8::7"),
                "PROXY TCP6 2001:db8::7 2001:db8::7 1000 80\r\n",
            ),
            ((None, None), None, "PROXY UNKNOWN\r\n"),
            ((None, None), Some("192.0.2.7"), "PROXY UNKNOWN\r\n"),
        ] {
            let wanted = ProxyHeader {
                client: client.map(str::to_owned),
            };
            assert_eq!(header(&wanted, local, remote), expected.as_bytes());
        }
    }
}
