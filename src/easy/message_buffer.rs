//! The message that `curl_ws_recv_message` gathers, and keeps for the application until its next call.

use std::ffi::c_int;

use crate::error::Result;
use crate::io::fallible;
use crate::types::structs::curl_ws_frame;
use crate::types::websocket::*;

/// Space for the first bytes of a message. A control frame fits.
const FIRST_SPACE: usize = 4096;

/// The maximum of memory that is kept for the next message.
const MAX_KEPT: usize = 64 * 1024;

/// What has been received of a message.
#[derive(Debug, Default)]
pub(super) struct MessageBuffer {
    /// the message, and space after it
    data: Vec<u8>,
    length: usize,
    /// bytes of the frame that are missing
    missing: usize,
    /// whole frames of the message
    frames: u64,
    /// a control frame that came between fragments
    control: Vec<u8>,
    /// what the application has a pointer to
    delivered: Option<Gathered>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gathered {
    Message,
    Control,
}

/// A message that the handle keeps until its next WebSocket call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Received {
    /// its bytes; never NULL
    pub data: *const u8,
    /// the number of bytes
    pub length: usize,
    /// `CURLWS_TEXT`, `_BINARY`, `_CLOSE` or `_PING`
    pub kind: c_int,
}

impl MessageBuffer {
    /// The application's pointer is not valid any more.
    pub(super) fn release(&mut self) {
        match self.delivered.take() {
            Some(Gathered::Message) => {
                self.length = 0;
                self.frames = 0;
                if self.data.len() > MAX_KEPT {
                    self.data = Vec::new();
                }
            }
            Some(Gathered::Control) => self.control.clear(),
            None => {}
        }
    }

    /// Makes space for more bytes. Memory grows with what was received, not with the length in a frame header. An error changes
    /// nothing.
    pub(super) fn grow(&mut self) -> Result<()> {
        if self.data.len() - self.length >= FIRST_SPACE {
            return Ok(());
        }
        let wanted = if self.missing > 0 { self.missing } else { self.length };
        let size = self.length + wanted.min(self.length).max(FIRST_SPACE);
        let more = size - self.data.len();
        fallible::reserve(&mut self.data, more)?;
        self.data.resize(size, 0);
        Ok(())
    }

    /// Where the next chunk is to be received.
    pub(super) fn space(&mut self) -> &mut [u8] {
        &mut self.data[self.length..]
    }

    /// The length of the message so far.
    pub(super) fn len(&self) -> usize {
        self.length
    }

    /// The number of whole frames of the message so far.
    pub(super) fn frames(&self) -> u64 {
        self.frames
    }

    /// Adds a chunk that was received into [`space`](Self::space). Returns the message that is complete with it.
    pub(super) fn take(&mut self, chunk: curl_ws_frame) -> Option<Received> {
        let kind = chunk.flags & !CURLWS_CONT;
        let fin = chunk.flags & CURLWS_CONT == 0 && chunk.bytesleft == 0;
        if kind & (CURLWS_TEXT | CURLWS_BINARY) != 0 {
            self.length += chunk.len;
            self.frames += u64::from(chunk.bytesleft == 0);
            self.missing = chunk.bytesleft.try_into().unwrap_or(usize::MAX);
            self.delivered = fin.then_some(Gathered::Message);
            return fin.then_some(Received {
                data: self.data.as_ptr(),
                length: self.length,
                kind,
            });
        }
        let bytes = &self.data[self.length..self.length + chunk.len];
        self.control.extend_from_slice(bytes);
        if !fin {
            return None;
        }
        if kind == CURLWS_PONG {
            self.control.clear();
            return None;
        }
        self.delivered = Some(Gathered::Control);
        Some(Received {
            data: self.control.as_ptr(),
            length: self.control.len(),
            kind,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(flags: c_int, len: usize, bytesleft: i64) -> curl_ws_frame {
        curl_ws_frame {
            age: 0,
            flags,
            offset: 0,
            bytesleft,
            len,
        }
    }

    /// Puts bytes where a chunk would be received, and counts them.
    fn put(buffer: &mut MessageBuffer, flags: c_int, bytes: &[u8], bytesleft: i64) -> Option<(Vec<u8>, c_int)> {
        buffer.release();
        buffer.grow().unwrap();
        let at = buffer.length;
        buffer.data[at..at + bytes.len()].copy_from_slice(bytes);
        let received = buffer.take(chunk(flags, bytes.len(), bytesleft))?;
        let source = match buffer.delivered {
            Some(Gathered::Control) => &buffer.control,
            _ => &buffer.data,
        };
        Some((source[..received.length].to_vec(), received.kind))
    }

    #[test]
    fn fragments_join_around_control_frames() {
        let mut buffer = MessageBuffer::default();
        assert_eq!(put(&mut buffer, CURLWS_TEXT | CURLWS_CONT, b"one ", 0), None);
        assert_eq!(put(&mut buffer, CURLWS_PONG, b"pong", 0), None);
        assert_eq!(put(&mut buffer, CURLWS_TEXT, b"tw", 1), None);
        assert_eq!(put(&mut buffer, CURLWS_PING, b"p", 1), None);
        assert_eq!(
            put(&mut buffer, CURLWS_PING, b"q", 0),
            Some((b"pq".to_vec(), CURLWS_PING))
        );
        assert_eq!(
            put(&mut buffer, CURLWS_TEXT, b"o", 0),
            Some((b"one two".to_vec(), CURLWS_TEXT))
        );
        assert_eq!(
            put(&mut buffer, CURLWS_BINARY, b"", 0),
            Some((Vec::new(), CURLWS_BINARY))
        );
    }

    #[test]
    fn memory_of_a_large_message_is_freed() {
        let mut buffer = MessageBuffer::default();
        let large = vec![7; 3 * MAX_KEPT];
        for piece in large.chunks(FIRST_SPACE) {
            put(&mut buffer, CURLWS_BINARY | CURLWS_CONT, piece, 0);
        }
        assert!(put(&mut buffer, CURLWS_BINARY, b"", 0).is_some_and(|(data, _)| data == large));
        buffer.release();
        assert_eq!(buffer.data.capacity(), 0);
    }
}
