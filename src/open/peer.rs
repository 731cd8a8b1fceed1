//! The server of the tests: the other end of a socket pair.

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;

use crate::net::socket::Socket;
use crate::ws::handshake::expected_accept;

/// A connected socket for the machine, and its other end.
pub(crate) fn connection() -> (Socket, Peer) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    theirs.set_nonblocking(true).unwrap();
    (Socket::adopt(ours.into()).unwrap(), Peer(theirs))
}

/// The server.
pub(crate) struct Peer(UnixStream);

impl Peer {
    /// What has come.
    pub(crate) fn received(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        match self.0.read_to_end(&mut bytes) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            other => panic!("{other:?} after {bytes:?}"),
        }
        bytes
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).unwrap();
    }

    /// The answer that accepts the request.
    pub(crate) fn accept(&mut self, request: &[u8]) {
        let request = str::from_utf8(request).unwrap();
        let key = request
            .lines()
            .find_map(|line| line.strip_prefix("Sec-WebSocket-Key: "));
        let accept = expected_accept(key.unwrap().as_bytes());
        self.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n");
        self.send(&[b"Sec-WebSocket-Accept: ", &accept[..], b"\r\n\r\n"].concat());
    }
}
