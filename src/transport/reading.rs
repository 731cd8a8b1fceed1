//! How to read from the socket, and where to.

use super::error::{Cause, Result, TransportError};
use crate::io::Buffer;
use crate::io::pool::BUFFER_SIZE;

/// How to read.
#[derive(Clone, Copy)]
pub(super) struct Reading {
    /// bytes at most
    pub(super) limit: usize,
    /// leave the bytes in the kernel
    pub(super) peeking: bool,
    /// the last read brought little: little memory is enough for the next one
    pub(super) small: bool,
}

impl Reading {
    /// At most `limit` bytes, out of the kernel.
    pub(super) fn up_to(limit: usize) -> Reading {
        Reading {
            limit,
            peeking: false,
            small: false,
        }
    }

    /// The memory that `buffer` has is enough.
    #[inline(always)]
    pub(super) fn has_room(&self, buffer: &Buffer) -> bool {
        self.small && buffer.has_room()
    }

    /// Where to append to: there is room for one byte at least.
    pub(super) fn room<'a>(&self, buffer: &'a mut Buffer) -> Result<&'a mut Vec<u8>> {
        let data = match self.small {
            true => buffer.small_room(),
            false => buffer.room(),
        };
        if data.len() == data.capacity() {
            if data.len() >= MAX_UNREAD {
                return Err(TransportError::new(Cause::TooLarge));
            }
            data.reserve_exact(BUFFER_SIZE);
        }
        Ok(data)
    }
}

/// Upper bound of the bytes of an unfinished TLS message in the receive buffer.
pub(super) const MAX_UNREAD: usize = 3 * BUFFER_SIZE;
