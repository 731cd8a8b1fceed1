//! The server's end of a connection.

use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::fd::{IntoRawFd, RawFd};
use std::os::unix::net::UnixStream;

use super::super::script::Script;
use crate::ws::handshake::expected_accept;

/// The key of every opening handshake, so that the server can answer before it is asked.
pub(super) const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// A server that never blocks.
pub(super) struct Server {
    stream: UnixStream,
    /// what was sent behind the answer to the opening handshake
    pub(super) frames: Vec<u8>,
    /// the answer was the right one, and without compression
    pub(super) plain: bool,
    answered: bool,
}

impl Server {
    /// A server, and the descriptor of the client's end.
    pub(super) fn open() -> (Server, RawFd) {
        let (client, stream) = UnixStream::pair().unwrap();
        stream.set_nonblocking(true).unwrap();
        let server = Server {
            stream,
            frames: Vec::new(),
            plain: false,
            answered: false,
        };
        (server, client.into_raw_fd())
    }

    /// Answers the opening handshake, once: mostly as it should.
    pub(super) fn answer(&mut self, script: &mut Script<'_>) {
        if self.answered {
            return;
        }
        self.answered = true;
        let accept = String::from_utf8(expected_accept(KEY.as_bytes()).to_vec()).unwrap();
        let mut head = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n"
        );
        let choice = script.byte();
        match choice {
            0xf0.. => head.push_str("Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n"),
            0xc0.. => head.push_str("Sec-WebSocket-Extensions: permessage-deflate\r\n"),
            _ => {}
        }
        head.push_str("\r\n");
        let mut head = head.into_bytes();
        match choice {
            // One byte is another one.
            0xa0..0xb0 => {
                let at = usize::from(script.byte()) % head.len();
                head[at] = script.byte();
            }
            // Something else, which may be another good answer.
            0xb0..0xb8 => {
                let length = script.byte();
                head = script.bytes(length.into()).to_vec();
            }
            0xb8..0xc0 => head.truncate(usize::from(script.byte()) % head.len()),
            _ => self.plain = choice < 0xa0,
        }
        let _ = self.stream.write(&head);
    }

    /// Sends bytes that should be frames.
    pub(super) fn send(&mut self, bytes: &[u8]) {
        if let Ok(count) = self.stream.write(bytes) {
            self.frames.extend_from_slice(&bytes[..count]);
        }
    }

    /// Takes what the client has sent.
    pub(super) fn receive(&mut self) {
        let mut buffer = [0; 16 * 1024];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => return,
                Ok(_) => {}
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::ConnectionReset) => return,
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// Nothing more is sent.
    pub(super) fn close(&mut self) {
        // The client may have closed its end.
        let _ = self.stream.shutdown(Shutdown::Write);
    }
}
