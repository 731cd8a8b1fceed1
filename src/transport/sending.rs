//! To the socket: bytes that wait in the output buffer, encrypted where TLS is on.

use std::io;

use super::error::{Result, TransportError};
use super::{Stream, outer};
use crate::io::pool::{BUFFER_SIZE, LONG_SIZE};
use crate::net::socket::Moved;
use crate::tls::MAX_RECORD;

impl Stream {
    /// The vector to append bytes to that are to be sent; about `count` of them.
    #[inline(always)]
    pub(crate) fn output(&mut self, count: usize) -> &mut Vec<u8> {
        match self.tls {
            Some(_) => self.staged.room_for(count),
            None => self.outgoing.room_for(count),
        }
    }

    /// What was appended and is not encrypted or sent.
    pub(crate) fn pending_output(&self) -> &[u8] {
        match self.tls {
            Some(_) => self.staged.bytes(),
            None => self.outgoing.bytes(),
        }
    }

    /// Gives the output buffer's memory back if nothing was appended.
    #[inline]
    pub(crate) fn drop_if_empty(&mut self) {
        self.staged.drop_if_empty();
        self.outgoing.drop_if_empty();
    }

    /// How many bytes may be appended before the next [`Stream::encrypt`] or [`Stream::flush`]: with TLS they fill one record,
    /// which is still in the processor's fastest cache when it is encrypted.
    #[inline]
    pub(crate) fn room(&self) -> usize {
        if self.tls.is_none() && self.outgoing.is_empty() {
            return OUTPUT_SIZE;
        }
        let room = OUTPUT_SIZE.saturating_sub(self.unsent());
        match self.tls {
            Some(_) => room.min(MAX_RECORD.saturating_sub(self.staged.bytes().len())),
            None => room,
        }
    }

    /// How many bytes of `length` may be appended in place of `room`, which is [`Stream::room`], if the caller takes those back
    /// that the socket does not take: [`Stream::take_back`]. The last bytes are always left for a piece that is not long.
    pub(crate) fn long_room(&mut self, length: usize, room: usize) -> usize {
        let long = length.saturating_sub(room).min(self.long_piece);
        match long > room && self.tls.is_none() && self.outgoing.is_empty() && self.outgoing.lengthen() {
            true => long,
            false => room,
        }
    }

    /// The socket has taken all of a piece that was as long as could be: the next one may be twice as long. No more than the
    /// socket has just taken is encoded in vain if it does not take the next one.
    pub(crate) fn grow_long_piece(&mut self) {
        self.long_piece = (2 * self.long_piece).clamp(2 * BUFFER_SIZE, LONG_SIZE);
    }

    /// The bytes that wait for the socket are what is left of a long piece.
    pub(crate) fn has_long_piece(&self) -> bool {
        self.outgoing.is_long()
    }

    /// Removes the last `count` bytes that were appended, which neither TLS nor the socket has.
    pub(crate) fn take_back(&mut self, count: usize) {
        self.outgoing.take_back(count);
    }

    /// How many bytes wait for the socket.
    pub(crate) fn unsent(&self) -> usize {
        self.staged.bytes().len() + self.outgoing.bytes().len()
    }

    /// Bytes wait for the socket.
    #[inline]
    pub(crate) fn has_output(&self) -> bool {
        !self.outgoing.is_clear() || !self.staged.is_clear()
    }

    /// Why nothing can be sent any more.
    pub(crate) fn write_error(&self) -> Option<&TransportError> {
        self.write_error.as_ref()
    }

    /// Hands pending bytes to the kernel: `true` when none are left. After an error nothing can be sent any more.
    pub(crate) fn flush(&mut self) -> Result<bool> {
        let flushed = self.flush_all();
        match &self.write_error {
            Some(error) => Err(error.clone()),
            None => Ok(flushed),
        }
    }

    /// The same. `false` also where it has failed: [`Stream::write_error`].
    #[inline(always)]
    pub(crate) fn flush_all(&mut self) -> bool {
        if self.encrypt().is_err() {
            return false;
        }
        if self.outgoing.is_empty() {
            return true;
        }
        let pending = self.outgoing.bytes();
        let count = pending.len();
        let moved = self.socket.send(pending);
        if !moved.is(count) {
            return self.flush_rest(moved);
        }
        self.sent += count as u64;
        self.outgoing.clear();
        true
    }

    /// Encrypts what was appended.
    #[inline]
    pub(crate) fn encrypt(&mut self) -> Result<()> {
        match self.tls.is_some() || self.write_error.is_some() {
            true => self.encrypt_staged(),
            false => Ok(()),
        }
    }

    fn encrypt_staged(&mut self) -> Result<()> {
        if let Some(error) = &self.write_error {
            return Err(error.clone());
        }
        if let Some(tls) = &mut self.tls
            && !self.staged.is_empty()
        {
            let sink = outer::sink(&mut self.outer, &mut self.outgoing);
            let encrypted = tls.encrypt(self.staged.bytes(), sink);
            self.staged.clear();
            encrypted.map_err(|error| self.broken(error.into()))?;
            return self.wrap();
        }
        Ok(())
    }

    /// Encrypts once more what is for a server behind an HTTPS proxy.
    pub(super) fn wrap(&mut self) -> Result<()> {
        match &mut self.outer {
            None => Ok(()),
            Some(outer) => outer.wrap(&mut self.outgoing).map_err(|error| self.broken(error)),
        }
    }

    /// Sends bytes as they are, without waiting, and returns how many were taken: with TLS whole records, of which the last may
    /// wait for the socket. Bytes that are not reported were not taken, and what was taken before an error is: the next call
    /// tells the error. No buffer gets a copy of the bytes that is not encrypted.
    pub(crate) fn send_raw(&mut self, data: &[u8]) -> Result<usize> {
        let (mut taken, mut flushed) = (0, 0);
        let error = loop {
            match self.flush() {
                Ok(true) => flushed = taken,
                Ok(false) => return Ok(taken),
                Err(error) => break error,
            }
            match self.take_raw(&data[taken..]) {
                Ok(0) => return Ok(taken),
                Ok(count) => taken += count,
                Err(error) => break error,
            }
        };
        match flushed {
            0 => Err(error),
            _ => Ok(flushed),
        }
    }

    /// Sends from the front of `data`, or with TLS encrypts a record, where nothing waits for the socket: how many bytes.
    fn take_raw(&mut self, data: &[u8]) -> Result<usize> {
        if data.is_empty() {
            return Ok(0);
        }
        if let Some(tls) = &mut self.tls {
            let record = &data[..data.len().min(MAX_RECORD)];
            let sink = outer::sink(&mut self.outer, &mut self.outgoing);
            let encrypted = tls.encrypt(record, sink);
            encrypted.map_err(|error| self.broken(error.into()))?;
            self.wrap()?;
            return Ok(record.len());
        }
        let moved = Moved::uninterrupted(|| self.socket.send(data));
        match self.socket.result(moved) {
            Ok(count) => {
                self.sent += count as u64;
                Ok(count)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
            Err(error) => Err(self.broken(TransportError::send(&error))),
        }
    }

    /// Best-effort close_notify, then ends the sending half; what the peer sends is still received.
    pub(crate) fn shutdown(&mut self) {
        self.close_notify();
        let _ = self.socket.shutdown_write();
    }

    /// Sends pending bytes and TLS's close_notify, best effort.
    pub(crate) fn close_notify(&mut self) {
        // The peer may be gone.
        let _ = self.flush();
        if let Some(tls) = &mut self.tls {
            tls.close_notify(outer::sink(&mut self.outer, &mut self.outgoing));
            // Best effort, as all here.
            let _ = self.wrap();
            if let Some(outer) = &mut self.outer {
                outer.close_notify(&mut self.outgoing);
            }
            let _ = self.flush();
        }
    }

    /// The socket has not taken all: `moved` is what it did.
    #[cold]
    fn flush_rest(&mut self, mut moved: Moved) -> bool {
        loop {
            match self.socket.result(moved) {
                Ok(count) => {
                    self.sent += count as u64;
                    self.outgoing.consume(count);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.long_piece = 0;
                    return false;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.broken(TransportError::send(&error));
                    return false;
                }
            }
            if self.outgoing.is_empty() {
                return true;
            }
            moved = self.socket.send(self.outgoing.bytes());
        }
    }

    /// Nothing can be sent any more.
    #[cold]
    fn broken(&mut self, error: TransportError) -> TransportError {
        self.staged.clear();
        self.outgoing.clear();
        self.write_error = Some(error.clone());
        error
    }
}

/// Upper bound of the bytes that wait for the socket: one buffer of payload and a frame header.
const OUTPUT_SIZE: usize = BUFFER_SIZE + 64;
