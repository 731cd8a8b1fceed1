//! From the socket to whoever wants bytes: read or peeked at, decrypted, and released in the kernel.

use std::io::{self, ErrorKind};
use std::mem::MaybeUninit;

use super::error::{Cause, Result, TransportError};
use super::{Fill, Stream, outer};
use crate::io::pool::{self, BUFFER_SIZE};
use crate::io::{Buffer, SMALL};
use crate::net::socket::Socket;
use crate::tls::{Plain, Progress};

impl Stream {
    /// What has come and is not consumed.
    #[inline]
    pub(crate) fn available(&self) -> &[u8] {
        self.incoming.bytes()
    }

    /// Drops `count` bytes from the front of [`Stream::available`].
    #[inline]
    pub(crate) fn consume(&mut self, count: usize) {
        self.incoming.consume(count);
    }

    /// The same for fewer bytes than there are.
    #[inline]
    pub(crate) fn skip(&mut self, count: usize) {
        self.incoming.skip(count);
    }

    /// Moves the available bytes to `buffer`, which is empty, so that an application can look at them with no borrow held. They must
    /// come back with [`Stream::restore`] before anything else is read.
    #[inline]
    pub(crate) fn lend(&mut self, buffer: &mut Buffer) {
        std::mem::swap(&mut self.incoming, buffer);
    }

    /// Takes lent bytes back.
    #[inline]
    pub(crate) fn restore(&mut self, buffer: &mut Buffer) {
        std::mem::swap(&mut self.incoming, buffer);
    }

    /// A payload of this length follows, and probably more of the kind. A long one is read by itself, straight into the
    /// application's memory, which saves the copy from the receive buffer.
    #[inline]
    pub(crate) fn expect_payload(&mut self, length: u64) {
        self.long_payload = self.peeking && length >= LONG_PAYLOAD;
    }

    /// Asks the socket for more, once.
    pub(crate) fn fill(&mut self) -> Result<Fill> {
        if self.tls.is_some() {
            return Ok(self.fill_decrypted(true, &mut [])?.0);
        }
        if let Some(end) = &self.end {
            return end.clone().map(|()| Fill::End);
        }
        let before = self.incoming.bytes().len();
        let limit = if self.long_payload { HEADER } else { self.receive_limit };
        let reading = Reading {
            limit,
            peeking: self.peeking,
            small: self.small_reads,
        };
        match receive(&self.socket, &mut self.incoming, reading, &mut self.in_kernel) {
            Ok(Fill::Data) => {
                if !self.incoming.has_room() && reading.small && !reading.peeking {
                    return Ok(self.fill_behind_small(reading, before));
                }
                let count = self.incoming.bytes().len() - before;
                self.received += count as u64;
                self.small_reads = count < SMALL;
                self.drained = !self.peeking && count < limit && self.incoming.has_room();
                Ok(Fill::Data)
            }
            Ok(Fill::Blocked) => Ok(Fill::Blocked),
            end => self.note_end(end),
        }
    }

    /// A small read was not enough. Reads the rest, so that a callback gets as much of the frame as has come. An end of the stream
    /// behind it is told by the next call.
    #[cold]
    fn fill_behind_small(&mut self, reading: Reading, before: usize) -> Fill {
        let large = Reading {
            small: false,
            ..reading
        };
        let filled = receive(&self.socket, &mut self.incoming, large, &mut self.in_kernel);
        if !matches!(filled, Ok(Fill::Data | Fill::Blocked)) {
            let _ = self.note_end(filled);
        }
        self.received += (self.incoming.bytes().len() - before) as u64;
        self.small_reads = false;
        self.drained = false;
        Fill::Data
    }

    /// Whether the last read brought all that the kernel had; told once. An application that is told when the descriptor is
    /// readable needs no further read then.
    #[inline]
    pub(crate) fn take_drained(&mut self) -> bool {
        std::mem::take(&mut self.drained)
    }

    /// Adds what can be had without asking the socket: decrypts a record that is already here.
    pub(crate) fn fill_from_memory(&mut self) -> Result<Fill> {
        match self.tls {
            Some(_) => Ok(self.fill_decrypted(false, &mut [])?.0),
            None => Ok(Fill::Blocked),
        }
    }

    /// Receives straight into `buffer`, past our own memory, where nothing is available: what the socket has, or with TLS
    /// one record. `more` bytes came before this in the same call: then a record must be here already.
    pub(crate) fn fill_directly(&mut self, buffer: &mut [u8], more: bool) -> Result<(Fill, usize)> {
        debug_assert!(self.available().is_empty());
        if self.tls.is_some() {
            return self.fill_decrypted(!more, buffer);
        }
        if let Some(end) = &self.end {
            return end.clone().map(|()| (Fill::End, 0));
        }
        if self.in_kernel > HEADER {
            self.release(0)?;
        }
        let mut seen = [0; HEADER];
        // More than that are left when the socket would not give them now.
        let Some(seen) = seen.get_mut(..self.in_kernel) else {
            return Ok((Fill::Blocked, 0));
        };
        let received = match seen {
            [] => self.socket.recv(buffer),
            _ => self.socket.recv_behind(seen, buffer),
        };
        match received {
            Ok(0) => Ok((self.note_end(Ok(Fill::End))?, 0)),
            Ok(count) => {
                self.in_kernel = self.in_kernel.saturating_sub(count);
                let count = count.saturating_sub(seen.len());
                self.received += count as u64;
                let fill = if count > 0 { Fill::Data } else { Fill::Blocked };
                Ok((fill, count))
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok((Fill::Blocked, 0)),
            Err(error) => Ok((self.note_end(Err(TransportError::receive(&error)))?, 0)),
        }
    }

    /// Receives bytes as they are, without waiting: `None` when there are none yet, 0 at the end of the stream.
    pub(crate) fn receive_raw(&mut self, buffer: &mut [u8]) -> Result<Option<usize>> {
        if buffer.is_empty() {
            return Ok(Some(0));
        }
        if self.unsent() > 0 {
            // What fails here shows in the next send; receiving goes on.
            let _ = self.flush();
        }
        if self.available().is_empty() && self.tls.is_none() {
            let (fill, count) = self.fill_directly(buffer, false)?;
            return Ok((fill != Fill::Blocked).then_some(count));
        }
        while self.available().is_empty() {
            match self.fill()? {
                Fill::Data => {}
                Fill::Blocked => return Ok(None),
                Fill::End => return Ok(Some(0)),
            }
        }
        let count = self.available().len().min(buffer.len());
        buffer[..count].copy_from_slice(&self.available()[..count]);
        self.consume(count);
        if self.available().is_empty() {
            self.fill_from_memory()?;
        }
        self.settle(!self.available().is_empty())?;
        Ok(Some(count))
    }

    /// To be called before an application gets control back: takes out of the kernel what needn't be there, and
    /// leaves one byte when `undelivered` bytes are still here, so that the descriptor stays readable.
    #[inline]
    pub(crate) fn settle(&mut self, undelivered: bool) -> Result<()> {
        self.release(usize::from(undelivered))
    }

    /// Decrypts a record, into `direct` as far as that has room: how much that was.
    fn fill_decrypted(&mut self, ask_socket: bool, direct: &mut [u8]) -> Result<(Fill, usize)> {
        if let Some(end) = &self.end {
            return end.clone().map(|()| (Fill::End, 0));
        }
        loop {
            if !self.records.bytes().is_empty() || std::mem::take(&mut self.drain_tls) {
                match self.decrypt(direct) {
                    Ok((Progress::Data, count)) => return Ok((Fill::Data, count)),
                    Ok((Progress::NeedMore, _)) => {}
                    Ok((Progress::Closed, _)) => return Ok((self.note_end(Ok(Fill::End))?, 0)),
                    Err(error) => return Ok((self.note_end(Err(error))?, 0)),
                }
            }
            if !ask_socket && self.outer.is_none() {
                return Ok((Fill::Blocked, 0));
            }
            let reading = Reading {
                limit: self.receive_limit,
                peeking: self.peeking,
                small: false,
            };
            match self.receive_records(reading, ask_socket) {
                Ok(Fill::Data) => {}
                Ok(Fill::Blocked) => return Ok((Fill::Blocked, 0)),
                Ok(Fill::End) => {
                    let error = self.unexpected_end();
                    return Ok((self.note_end(Err(error))?, 0));
                }
                Err(error) => return Ok((self.note_end(Err(error))?, 0)),
            }
        }
    }

    /// One read of TLS records, from the socket or out of the TLS with a proxy, which may have some in memory.
    pub(super) fn receive_records(&mut self, reading: Reading, ask_socket: bool) -> Result<Fill> {
        match &mut self.outer {
            None => receive(&self.socket, &mut self.records, reading, &mut self.in_kernel),
            Some(outer) => {
                let (socket, outgoing, in_kernel) = (&self.socket, &mut self.outgoing, &mut self.in_kernel);
                let filled = outer.receive(&mut self.records, outgoing, |records| match ask_socket {
                    true => receive(socket, records, reading, in_kernel),
                    false => Ok(Fill::Blocked),
                });
                if self.records.bytes().len() >= MAX_UNREAD {
                    return Err(TransportError::new(Cause::TooLarge));
                }
                filled
            }
        }
    }

    /// The error of a stream that ends without close_notify.
    pub(super) fn unexpected_end(&self) -> TransportError {
        match &self.tls {
            Some(tls) => tls.unexpected_eof().into(),
            None => TransportError::new(Cause::UnexpectedEof),
        }
    }

    fn decrypt(&mut self, direct: &mut [u8]) -> Result<(Progress, usize)> {
        let Some(tls) = &mut self.tls else {
            return Ok((Progress::NeedMore, 0));
        };
        let rest = self.incoming.room();
        let before = rest.len();
        let mut plain = Plain::through(direct, rest);
        let sink = outer::sink(&mut self.outer, &mut self.outgoing);
        let step = tls.decrypt(self.records.bytes_mut(), &mut plain, sink);
        let count = plain.used();
        self.received += (rest.len() - before + count) as u64;
        self.records.consume(step.discard);
        self.incoming.drop_if_empty();
        self.wrap()?;
        self.outgoing.drop_if_empty();
        Ok((step.state?, count))
    }

    /// The end of the stream, orderly or not, is told again each time.
    fn note_end(&mut self, filled: Result<Fill>) -> Result<Fill> {
        let filled = match (filled, self.reset_while_sending()) {
            (Ok(Fill::End), Some(reset)) => Err(reset),
            (filled, _) => filled,
        };
        match &filled {
            Ok(Fill::End) => self.end = Some(Ok(())),
            Err(error) => self.end = Some(Err(error.clone())),
            Ok(Fill::Data | Fill::Blocked) => {}
        }
        filled
    }

    /// The kernel tells of a reset once: when a send was told, the socket ends like one that the peer has closed. A peer that has
    /// closed before makes the send fail with EPIPE. With TLS close_notify tells the two apart.
    fn reset_while_sending(&self) -> Option<TransportError> {
        let errno = self.write_error.as_ref()?.os_errno()?;
        let error = io::Error::from_raw_os_error(errno);
        let reset = self.tls.is_none() && error.kind() == ErrorKind::ConnectionReset;
        reset.then(|| TransportError::receive(&error))
    }

    /// A failure ends the stream: what is here and what is in the kernel would not fit together any more.
    #[inline]
    fn release(&mut self, keep: usize) -> Result<()> {
        if self.in_kernel <= keep {
            return Ok(());
        }
        match discard(&self.socket, &mut self.in_kernel, keep) {
            Ok(()) => Ok(()),
            Err(error) => self.note_end(Err(error)).map(drop),
        }
    }
}

/// From this many bytes on, another system call costs less than a copy.
const LONG_PAYLOAD: u64 = 32 * 1024;

/// The longest header of a frame from a server.
const HEADER: usize = 10;

/// Upper bound of the bytes of an unfinished TLS message in the receive buffer.
const MAX_UNREAD: usize = 3 * BUFFER_SIZE;

/// How to read.
#[derive(Clone, Copy)]
pub(super) struct Reading {
    /// bytes at most
    pub(super) limit: usize,
    /// leave the bytes in the kernel
    pub(super) peeking: bool,
    /// a short message is expected: little memory is enough
    pub(super) small: bool,
}

/// One read from the socket to the end of `buffer`. When `peeking`, the bytes stay in the kernel as well, and
/// `in_kernel` counts how many of the buffer's last ones do.
#[inline(always)]
fn receive(socket: &Socket, buffer: &mut Buffer, reading: Reading, in_kernel: &mut usize) -> Result<Fill> {
    if *in_kernel > buffer.bytes().len() && !discard_all(socket, in_kernel)? {
        return Ok(Fill::Blocked);
    }
    let data = match reading.small {
        true => buffer.small_room(),
        false => buffer.room(),
    };
    let old = std::mem::take(in_kernel);
    data.truncate(data.len() - old);
    let filled = match append(socket, data, reading, old) {
        Ok(Some(count)) if count > old => {
            *in_kernel = if reading.peeking { count } else { 0 };
            Ok(Fill::Data)
        }
        Ok(Some(count)) if old > 0 && count > 0 => {
            *in_kernel = count;
            return receive_behind(socket, buffer, reading, in_kernel);
        }
        Ok(Some(_)) => Ok(Fill::End),
        Ok(None) => Ok(Fill::Blocked),
        Err(error) => Err(error),
    };
    buffer.drop_if_empty();
    filled
}

/// Only what was seen before is there: takes it out to see what is behind, more, nothing or the end.
#[cold]
fn receive_behind(socket: &Socket, buffer: &mut Buffer, reading: Reading, in_kernel: &mut usize) -> Result<Fill> {
    match discard_all(socket, in_kernel)? {
        true => receive(socket, buffer, reading, in_kernel),
        false => Ok(Fill::Blocked),
    }
}

/// Takes all that was peeked at out of the kernel. `false`: it does not give it now.
#[cold]
fn discard_all(socket: &Socket, in_kernel: &mut usize) -> Result<bool> {
    discard(socket, in_kernel, 0)?;
    Ok(*in_kernel == 0)
}

/// Reads to the end of `data`, at least one byte more than the `old` that are in the kernel.
#[inline(always)]
fn append(socket: &Socket, data: &mut Vec<u8>, reading: Reading, old: usize) -> Result<Option<usize>> {
    if data.len() >= MAX_UNREAD {
        return Err(TransportError::new(Cause::TooLarge));
    }
    if data.len() == data.capacity() {
        data.reserve(BUFFER_SIZE);
    }
    let received = socket.append(data, reading.limit.max(old + 1), reading.peeking);
    received.map_err(|error| TransportError::receive(&error))
}

/// Takes bytes that were peeked at out of the kernel, so that `keep` are left of the `in_kernel` there. Fewer go when the socket has
/// none for the moment.
fn discard(socket: &Socket, in_kernel: &mut usize, keep: usize) -> Result<()> {
    let count = *in_kernel - keep;
    let mut small = [const { MaybeUninit::uninit() }; SMALL];
    match small.get_mut(..count) {
        Some(scratch) => discard_into(scratch, socket, in_kernel, keep),
        None => {
            let mut large = pool::take();
            large.reserve(count);
            let discarded = discard_into(large.spare_capacity_mut(), socket, in_kernel, keep);
            pool::give(&mut large);
            discarded
        }
    }
}

#[inline(always)]
fn discard_into(scratch: &mut [MaybeUninit<u8>], socket: &Socket, in_kernel: &mut usize, keep: usize) -> Result<()> {
    while *in_kernel > keep {
        match socket.discard(&mut scratch[..*in_kernel - keep]) {
            Ok(count) => *in_kernel -= count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => return Err(TransportError::receive(&error)),
        }
    }
    Ok(())
}
