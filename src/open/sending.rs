//! A request on its way to a proxy or to the server.

use crate::secret::Secret;
use crate::transport::{Stream, TransportError};

/// The bytes of a request. They may hold credentials, so they go to the socket from here and not through the stream's buffers,
/// which are used again and not overwritten. Once they are sent they are let go of.
#[derive(Default)]
pub(super) struct Sending {
    bytes: Secret,
    sent: usize,
}

impl Sending {
    pub(super) fn new(bytes: Vec<u8>) -> Sending {
        Sending {
            bytes: Secret::from(bytes),
            sent: 0,
        }
    }

    /// Sends on: `true` when all is with the kernel.
    pub(super) fn flush(&mut self, stream: &mut Stream) -> Result<bool, TransportError> {
        self.sent += stream.send_raw(&self.bytes[self.sent..])?;
        let is_over = self.sent == self.bytes.len() && !stream.has_output();
        if is_over {
            *self = Sending::default();
        }
        Ok(is_over)
    }
}
