//! TLS over a stream: the handshake.

use super::receiving::{Reading, receive};
use super::{Fill, Stream};
use crate::error::{Error, Result};
use crate::io::pool::BUFFER_SIZE;
use crate::tls::Session;
use crate::types::codes::CURLcode;

impl Stream {
    /// Starts TLS over the stream; [`Stream::handshake`] drives it.
    pub(crate) fn start_tls(&mut self, session: Session) {
        self.tls = Some(Box::new(session));
    }

    /// Goes on with the TLS handshake: `true` when it is complete, `false` when it waits for the socket.
    pub(crate) fn handshake(&mut self) -> Result<bool> {
        loop {
            let Some(tls) = &mut self.tls else {
                return Ok(true);
            };
            let step = tls.handshake(self.records.bytes_mut(), self.outgoing.room());
            self.records.consume(step.discard);
            let flushed = self.flush().map_err(in_handshake);
            if step.state? {
                flushed?;
                self.drain_tls = true;
                return Ok(true);
            }
            flushed?;
            let reading = Reading {
                limit: BUFFER_SIZE,
                peeking: false,
                small: false,
            };
            let received = receive(&self.socket, &mut self.records, reading, &mut self.in_kernel);
            match received.map_err(in_handshake)? {
                Fill::Data => {}
                Fill::Blocked => return Ok(false),
                Fill::End => return Err(self.unexpected_end()),
            }
        }
    }
}

/// A connection that breaks during the TLS handshake is a failed handshake.
fn in_handshake(error: Error) -> Error {
    Error::new(
        CURLcode::CURLE_SSL_CONNECT_ERROR,
        format!("TLS handshake: {}", error.message()),
    )
}
