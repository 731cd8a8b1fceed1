//! The byte stream to the server: a socket, TLS where asked for, and the few bytes that wait in between. Behind an HTTPS proxy
//! TLS with the server is inside of TLS with the proxy.

#![forbid(unsafe_code)]

mod error;
mod fill;
mod handshake;
mod outer;
mod reading;
mod receiving;
mod sending;

use crate::io::Buffer;
use crate::io::pool::{BUFFER_SIZE, LONG_SIZE};
use crate::net::socket::Socket;
use crate::tls::Session;
use error::Result;
pub(crate) use error::{Cause, TransportError};
pub(crate) use fill::Fill;
use outer::Outer;
use reading::Reading;

/// A connected stream. Nothing here blocks and nothing grows: reading keeps at most one receive buffer, writing at
/// most one send buffer, and both go back to the pool when they are empty. What the socket does not take of a long piece is not
/// kept.
pub(crate) struct Stream {
    socket: Socket,
    tls: Option<Box<Session>>,
    /// TLS with an HTTPS proxy, in which `tls` is
    outer: Option<Box<Outer>>,
    /// received and, with TLS, decrypted
    incoming: Buffer,
    /// received TLS records
    records: Buffer,
    /// the TLS session may hold data that came with the end of its handshake
    drain_tls: bool,
    /// to be encrypted; unused without TLS
    staged: Buffer,
    /// for the socket; with TLS encrypted
    outgoing: Buffer,
    /// upper bound of a long piece: less after the socket did not take all of one
    long_piece: usize,
    /// why nothing can be sent any more
    write_error: Option<TransportError>,
    /// bytes at the end of the receive buffer that are in the kernel, too
    in_kernel: usize,
    /// how to read next
    reading: Reading,
    end: Option<Result<()>>,
    receive_limit: usize,
    /// the last read brought less than there was room for: the kernel has no more
    drained: bool,
    received: u64,
    sent: u64,
}

impl Stream {
    /// A stream over a connected socket that reads at most `receive_limit` bytes at once.
    pub(crate) fn new(socket: Socket, receive_limit: usize) -> Stream {
        Stream {
            socket,
            tls: None,
            outer: None,
            incoming: Buffer::default(),
            records: Buffer::default(),
            drain_tls: false,
            staged: Buffer::default(),
            outgoing: Buffer::default(),
            long_piece: LONG_SIZE,
            write_error: None,
            in_kernel: 0,
            reading: Reading::up_to(receive_limit.min(BUFFER_SIZE)),
            end: None,
            receive_limit: receive_limit.min(BUFFER_SIZE),
            drained: false,
            received: 0,
            sent: 0,
        }
    }

    /// The socket below.
    pub(crate) fn socket(&self) -> &Socket {
        &self.socket
    }

    /// The TLS session, if any.
    pub(crate) fn tls(&self) -> Option<&Session> {
        self.tls.as_deref()
    }

    /// Takes the socket out; what was not sent or delivered is lost.
    pub(crate) fn into_socket(mut self) -> Socket {
        self.incoming.clear();
        self.records.clear();
        self.outer = None;
        self.staged.clear();
        self.outgoing.clear();
        self.socket
    }

    /// Bytes received from the peer so far, after decryption.
    pub(crate) fn received(&self) -> u64 {
        self.received
    }

    /// Bytes handed to the kernel so far, after encryption.
    pub(crate) fn sent(&self) -> u64 {
        self.sent
    }

    /// The `errno` of the system call that has broken the stream, if one did.
    pub(crate) fn os_errno(&self) -> Option<i32> {
        let received = self.end.as_ref().and_then(|end| end.as_ref().err());
        received
            .or(self.write_error.as_ref())
            .and_then(TransportError::os_errno)
    }

    /// From now on a descriptor stays readable while bytes received are undelivered: reads peek, and [`Stream::settle`]
    /// releases what was delivered. For applications that wait on the descriptor themselves.
    pub(crate) fn start_peeking(&mut self) {
        self.reading.peeking = true;
    }
}
