//! To the socket: what is encoded, encrypted where TLS is, and how much of it the kernel took.

use std::io;

use super::{Encoding, Pushed, Stream};
use crate::error::{Error, Result};
use crate::io::pool::BUFFER_SIZE;
use crate::net::reason;
use crate::tls::MAX_RECORD;
use crate::types::codes::CURLcode;
use crate::ws::MAX_HEAD;

impl Stream {
    /// Appends bytes to what waits for the socket.
    pub fn append(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        match self.tls {
            Some(_) => write(self.staged.room()),
            None => write(self.outgoing.room()),
        }
    }

    /// Bytes that wait for the socket.
    pub fn unsent(&self) -> usize {
        self.staged.bytes().len() + self.outgoing.bytes().len()
    }

    /// Bytes given to [`Stream::push`] that were taken and not reported as sent: the next call must begin with them.
    pub fn unreported(&self) -> usize {
        self.unreported
    }

    /// Hands to the kernel what waits: `true` when nothing is left. After an error nothing can be sent any more.
    pub fn flush(&mut self) -> Result<bool> {
        let flushed = self.encrypt().and_then(|()| self.write());
        self.note_failure(flushed)
    }

    /// Encrypts what is staged.
    fn seal(&mut self) -> Result<()> {
        let sealed = self.encrypt();
        self.note_failure(sealed)
    }

    fn note_failure<T>(&mut self, outcome: Result<T>) -> Result<T> {
        if let Err(error) = &outcome {
            self.staged.clear();
            self.outgoing.clear();
            self.write_error = Some(error.clone());
        }
        outcome
    }

    /// How much is encoded before it is encrypted: with its head a full record, which is still in the fastest cache then.
    fn stride(&self) -> usize {
        match self.tls {
            Some(_) => MAX_RECORD - MAX_HEAD,
            None => usize::MAX,
        }
    }

    fn encrypt(&mut self) -> Result<()> {
        if let Some(error) = &self.write_error {
            return Err(error.clone());
        }
        if let Some(tls) = &mut self.tls
            && !self.staged.bytes().is_empty()
        {
            tls.encrypt(self.staged.bytes(), self.outgoing.room())?;
            self.staged.clear();
        }
        Ok(())
    }

    fn write(&mut self) -> Result<bool> {
        while !self.outgoing.bytes().is_empty() {
            match self.socket.send(self.outgoing.bytes()) {
                Ok(count) => {
                    self.sent += count as u64;
                    self.outgoing.consume(count);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(send_error(&error)),
            }
        }
        self.outgoing.drop_if_empty();
        Ok(true)
    }

    /// Sends bytes as they are, without waiting and behind everything else. What is not reported as sent was not taken:
    /// the next call may bring other bytes. With TLS a record is taken as a whole; its end may wait for the socket.
    pub fn send_raw(&mut self, data: &[u8]) -> Result<Pushed> {
        let mut sent = 0;
        while self.flush()? && sent < data.len() {
            let rest = &data[sent..];
            let taken = match self.tls {
                Some(_) => self.send_record(&rest[..rest.len().min(MAX_RECORD)])?,
                None => self.write_now(rest)?,
            };
            if taken == 0 {
                break;
            }
            sent += taken;
        }
        let blocked = sent < data.len();
        Ok(Pushed { sent, blocked })
    }

    /// Encrypts `data` as one record, for which nothing may be waiting.
    fn send_record(&mut self, data: &[u8]) -> Result<usize> {
        self.append(|out| out.extend_from_slice(data));
        self.seal()?;
        Ok(data.len())
    }

    /// Encodes and sends `data`, whose first [`Stream::unreported`] bytes were encoded by an earlier call. What is
    /// reported as sent is with the kernel; of what is not, at most one buffer is kept, encoded, for the next call.
    pub fn push(
        &mut self,
        data: &[u8],
        encoding: Encoding,
        mut encode: impl FnMut(&[u8], &mut Vec<u8>) -> Result<()>,
    ) -> Result<Pushed> {
        let mut sent = 0;
        loop {
            let fresh = data.get(sent + self.unreported..).unwrap_or_default();
            let room = (BUFFER_SIZE + MAX_HEAD).saturating_sub(self.unsent());
            let piece = &fresh[..fresh.len().min(room)];
            for part in piece.chunks(self.stride()) {
                let mut encoded = Ok(());
                self.append(|out| encoded = encode(part, out));
                encoded?;
                self.unreported += part.len();
                self.seal()?;
            }
            if !self.flush()? {
                let stuck = match (&self.tls, encoding) {
                    (None, Encoding::ByteForByte) => self.unreported.min(self.unsent()),
                    _ => self.unreported,
                };
                sent += self.unreported - stuck;
                self.unreported = stuck;
                return Ok(Pushed { sent, blocked: true });
            }
            sent += self.unreported;
            self.unreported = 0;
            if sent >= data.len() {
                return Ok(Pushed { sent, blocked: false });
            }
        }
    }

    /// Sends `bytes`, which are encoded for the socket, while nothing else waits for it: how many the kernel took.
    pub fn send_now(&mut self, bytes: &[u8]) -> Result<usize> {
        debug_assert!(self.tls.is_none() && self.can_send_now());
        self.write_now(bytes)
    }

    fn write_now(&mut self, bytes: &[u8]) -> Result<usize> {
        match self.socket.send(bytes) {
            Ok(count) => {
                self.sent += count as u64;
                Ok(count)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
            Err(error) => {
                let error = send_error(&error);
                self.write_error = Some(error.clone());
                Err(error)
            }
        }
    }

    /// Nothing waits for the socket and nothing has failed.
    pub fn can_send_now(&self) -> bool {
        self.unsent() == 0 && self.unreported == 0 && self.write_error.is_none()
    }

    /// What `encoded` holds waits for the socket, the last of `count` bytes that [`Stream::push`] is to report as sent.
    pub fn adopt(&mut self, encoded: &[u8], count: usize) {
        self.append(|out| out.extend_from_slice(encoded));
        self.unreported += count;
    }

    /// Says goodbye, best effort, and ends our half of the connection; what the peer sends is still received.
    pub fn shutdown(&mut self) {
        self.say_goodbye();
        let _ = self.socket.shutdown_write();
    }

    /// Says goodbye, best effort: sends what waits, and TLS's close_notify. The end itself comes with the descriptor's.
    pub fn say_goodbye(&mut self) {
        // The peer may be gone: then there is nobody left to tell.
        let _ = self.flush();
        if let Some(tls) = &mut self.tls {
            tls.close_notify(self.outgoing.room());
        }
        let _ = self.flush();
    }
}

fn send_error(error: &io::Error) -> Error {
    Error::new(CURLcode::CURLE_SEND_ERROR, format!("Send failure: {}", reason(error)))
}
