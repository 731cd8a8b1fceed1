//! TLS over a stream: the handshake.

use super::error::{Result, TransportError};
use super::outer::Outer;
use super::reading::Reading;
use super::{Fill, Stream, outer};
use crate::io::pool::BUFFER_SIZE;
use crate::tls::Session;

impl Stream {
    /// Starts TLS over the stream, inside of the TLS that is there; [`Stream::handshake`] drives it. What has come and is not
    /// consumed belongs to the handshake.
    pub(crate) fn start_tls(&mut self, session: Session) -> Result<()> {
        if self.tls.is_some() {
            self.encrypt()?;
        }
        if let Some(tls) = self.tls.take() {
            debug_assert!(self.outer.is_none());
            let records = std::mem::take(&mut self.records);
            let may_hold_data = std::mem::take(&mut self.drain_tls);
            self.outer = Some(Box::new(Outer::new(tls, records, may_hold_data)));
        }
        self.records = std::mem::take(&mut self.incoming);
        self.tls = Some(Box::new(session));
        Ok(())
    }

    /// Goes on with the TLS handshake: `true` when it is complete, `false` when it waits for the socket.
    pub(crate) fn handshake(&mut self) -> Result<bool> {
        loop {
            let Some(tls) = &mut self.tls else {
                return Ok(true);
            };
            let sink = outer::sink(&mut self.outer, &mut self.outgoing);
            let step = tls.handshake(self.records.bytes_mut(), sink);
            self.records.consume(step.discard);
            let flushed = self
                .wrap()
                .and_then(|()| self.flush())
                .map_err(TransportError::in_handshake);
            if step.state? {
                flushed?;
                self.drain_tls = true;
                return Ok(true);
            }
            flushed?;
            match self
                .receive_records(Reading::up_to(BUFFER_SIZE), true)
                .map_err(TransportError::in_handshake)?
            {
                Fill::Data => {}
                Fill::Blocked => return Ok(false),
                Fill::End => return Err(self.unexpected_end()),
            }
        }
    }
}
