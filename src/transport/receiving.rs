//! From the socket to whoever wants bytes: read or peeked at, decrypted, and released in the kernel.

use std::io::{self, ErrorKind};
use std::mem::{self, MaybeUninit};

use super::error::{Cause, Result, TransportError};
use super::reading::{MAX_UNREAD, Reading};
use super::{Fill, Stream, outer};
use crate::io::pool;
use crate::io::{Buffer, SMALL};
use crate::net::socket::{Moved, Socket};
use crate::tls::{Plain, Progress};

impl Stream {
    /// What has come and is not consumed.
    #[inline(always)]
    pub(crate) fn available(&self) -> &[u8] {
        self.incoming.bytes()
    }

    /// There are bytes that have come and are not consumed.
    #[inline(always)]
    pub(crate) fn has_available(&self) -> bool {
        !self.incoming.is_empty()
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

    /// Moves the available bytes to `buffer`, which is empty, so that an application can look at them with no borrow held.
    /// They must come back with [`Stream::restore`] before anything else is read.
    #[inline]
    pub(crate) fn lend(&mut self, buffer: &mut Buffer) {
        mem::swap(&mut self.incoming, buffer);
    }

    /// Takes lent bytes back.
    #[inline]
    pub(crate) fn restore(&mut self, buffer: &mut Buffer) {
        mem::swap(&mut self.incoming, buffer);
    }

    /// A payload of this length follows, and probably more of the kind. A long one is read by itself, straight into the
    /// application's memory, which saves the copy from the receive buffer.
    #[inline]
    pub(crate) fn expect_payload(&mut self, length: u64) {
        self.reading.limit = match self.reading.peeking && length >= LONG_PAYLOAD {
            true => HEADER,
            false => self.receive_limit,
        };
    }

    /// Asks the socket for more, once.
    #[inline(always)]
    pub(crate) fn fill(&mut self) -> Fill {
        if self.tls.is_some() || self.end.is_some() || self.in_kernel > 0 || !self.reading.has_room(&self.incoming) {
            return self.fill_in_any_state();
        }
        let (limit, peeking) = (self.reading.limit, self.reading.peeking);
        let moved = self.socket.append(self.incoming.small_room(), limit, peeking);
        match moved.count() {
            Some(count) => {
                if self.reading.peeking {
                    self.in_kernel = count;
                }
                self.note_data(count);
                Fill::Data
            }
            None if moved.is_blocked() => {
                self.incoming.drop_unused();
                Fill::Blocked
            }
            None => self.fill_failed(moved),
        }
    }

    #[inline(never)]
    fn fill_in_any_state(&mut self) -> Fill {
        if self.tls.is_some() {
            return self.fill_decrypted(true, &mut []).0;
        }
        if self.end.is_some() {
            return Fill::End;
        }
        match receive(&self.socket, &mut self.incoming, &self.reading, &mut self.in_kernel) {
            Ok(Received::Data(count)) => {
                self.note_data(count);
                Fill::Data
            }
            Ok(Received::Blocked) => Fill::Blocked,
            Ok(Received::End) => self.note_end(Ok(())),
            Err(error) => self.note_end(Err(error)),
        }
    }

    #[cold]
    fn fill_failed(&mut self, moved: Moved) -> Fill {
        if moved.is_interrupted() {
            return self.fill_in_any_state();
        }
        self.incoming.drop_unused();
        let end = received(&self.socket, moved).map(drop);
        self.note_end(end)
    }

    /// How the stream has ended, after [`Fill::End`]: an orderly end is no error.
    pub(crate) fn end(&self) -> Result<()> {
        self.end.clone().unwrap_or(Ok(()))
    }

    /// The last read has brought `count` bytes.
    #[inline(always)]
    fn note_data(&mut self, count: usize) {
        self.received += count as u64;
        match self.reading.peeking {
            true => self.reading.small = count < SMALL,
            false => self.note_taken(count),
        }
    }

    /// The last read has taken `count` bytes out of the kernel.
    fn note_taken(&mut self, count: usize) {
        let was_small = mem::replace(&mut self.reading.small, count < SMALL);
        let has_room = self.incoming.has_room();
        self.drained = count < self.reading.limit && has_room;
        if was_small && !has_room {
            self.fill_behind_small();
        }
    }

    /// A small read was not enough. Reads the rest, so that a callback gets as much of the frame as has come. An end of the
    /// stream behind it is told by the next call.
    #[cold]
    fn fill_behind_small(&mut self) {
        self.reading.small = false;
        self.fill_in_any_state();
        self.reading.small = false;
    }

    /// Whether the last read brought all that the kernel had; told once. An application that is told when the descriptor is
    /// readable needs no further read then.
    #[inline]
    pub(crate) fn take_drained(&mut self) -> bool {
        mem::take(&mut self.drained)
    }

    /// Adds what can be had without asking the socket: decrypts a record that is already here.
    pub(crate) fn fill_from_memory(&mut self) -> Fill {
        match self.tls {
            Some(_) => self.fill_decrypted(false, &mut []).0,
            None => Fill::Blocked,
        }
    }

    /// Receives straight into `buffer`, past our own memory, where nothing is available: what the socket has, or with TLS
    /// one record. `more` bytes came before this in the same call: then a record must be here already.
    pub(crate) fn fill_directly(&mut self, buffer: &mut [u8], more: bool) -> (Fill, usize) {
        debug_assert!(!self.has_available());
        if self.tls.is_some() {
            return self.fill_decrypted(!more, buffer);
        }
        if self.in_kernel > HEADER {
            self.release(0);
        }
        if self.end.is_some() {
            return (Fill::End, 0);
        }
        let mut seen = [0; HEADER];
        // More than that are left when the socket would not give them now.
        let Some(seen) = seen.get_mut(..self.in_kernel) else {
            return (Fill::Blocked, 0);
        };
        let received = match seen {
            [] => self.socket.recv(buffer),
            _ => self.socket.recv_behind(seen, buffer),
        };
        match received {
            Ok(0) => (self.note_end(Ok(())), 0),
            Ok(count) => {
                self.in_kernel = self.in_kernel.saturating_sub(count);
                let count = count.saturating_sub(seen.len());
                self.received += count as u64;
                let fill = if count > 0 { Fill::Data } else { Fill::Blocked };
                (fill, count)
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => (Fill::Blocked, 0),
            Err(error) => (self.note_end(Err(TransportError::receive(&error))), 0),
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
        if !self.has_available() && self.tls.is_none() {
            return match self.fill_directly(buffer, false) {
                (Fill::Data, count) => Ok(Some(count)),
                (Fill::Blocked, _) => Ok(None),
                (Fill::End, _) => self.end().map(|()| Some(0)),
            };
        }
        while !self.has_available() {
            match self.fill() {
                Fill::Data => {}
                Fill::Blocked => return Ok(None),
                Fill::End => return self.end().map(|()| Some(0)),
            }
        }
        let count = self.available().len().min(buffer.len());
        buffer[..count].copy_from_slice(&self.available()[..count]);
        self.consume(count);
        if !self.has_available() {
            // An end is told by the next call.
            self.fill_from_memory();
        }
        self.settle(self.has_available());
        Ok(Some(count))
    }

    /// To be called before an application gets control back: takes out of the kernel what needn't be there, and
    /// leaves one byte when `undelivered` bytes are still here, so that the descriptor stays readable. A failure is told by the
    /// next read, after what is here.
    #[inline]
    pub(crate) fn settle(&mut self, undelivered: bool) {
        self.release(usize::from(undelivered));
    }

    /// [`Stream::settle`] where nothing is undelivered, for who waits for the descriptor next: a failure is told at once.
    pub(crate) fn settle_all(&mut self) -> Result<()> {
        self.settle(false);
        self.end()
    }

    /// Decrypts a record, into `direct` as far as that has room: how much that was.
    fn fill_decrypted(&mut self, ask_socket: bool, direct: &mut [u8]) -> (Fill, usize) {
        if self.end.is_some() {
            return (Fill::End, 0);
        }
        loop {
            if !self.records.bytes().is_empty() || mem::take(&mut self.drain_tls) {
                match self.decrypt(direct) {
                    Ok((Progress::Data, count)) => return (Fill::Data, count),
                    Ok((Progress::NeedMore, _)) => {}
                    Ok((Progress::Closed, _)) => return (self.note_end(Ok(())), 0),
                    Err(error) => return (self.note_end(Err(error)), 0),
                }
            }
            if !ask_socket && self.outer.is_none() {
                return (Fill::Blocked, 0);
            }
            let reading = Reading {
                peeking: self.reading.peeking,
                ..Reading::up_to(self.receive_limit)
            };
            match self.receive_records(reading, ask_socket) {
                Ok(Fill::Data) => {}
                Ok(Fill::Blocked) => return (Fill::Blocked, 0),
                Ok(Fill::End) => {
                    let error = self.unexpected_end();
                    return (self.note_end(Err(error)), 0);
                }
                Err(error) => return (self.note_end(Err(error)), 0),
            }
        }
    }

    /// One read of TLS records, from the socket or out of the TLS with a proxy, which may have some in memory.
    pub(super) fn receive_records(&mut self, reading: Reading, ask_socket: bool) -> Result<Fill> {
        match &mut self.outer {
            None => receive(&self.socket, &mut self.records, &reading, &mut self.in_kernel).map(Received::fill),
            Some(outer) => {
                let (socket, outgoing, in_kernel) = (&self.socket, &mut self.outgoing, &mut self.in_kernel);
                let filled = outer.receive(&mut self.records, outgoing, |records| match ask_socket {
                    true => receive(socket, records, &reading, in_kernel).map(Received::fill),
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
        // What fails here shows in the next send; receiving goes on.
        let _ = self.wrap();
        self.outgoing.drop_if_empty();
        Ok((step.state?, count))
    }

    /// The end of the stream, orderly or not, is told again each time.
    fn note_end(&mut self, end: Result<()>) -> Fill {
        let end = match self.reset_while_sending() {
            Some(reset) if end.is_ok() => Err(reset),
            _ => end,
        };
        self.end = Some(end);
        Fill::End
    }

    /// The kernel tells of a reset once: when a send was told, the socket ends like one that the peer has closed. A peer that has
    /// closed before makes the send fail with EPIPE. With TLS close_notify tells the two apart.
    fn reset_while_sending(&self) -> Option<TransportError> {
        let errno = self.write_error.as_ref()?.os_errno()?;
        let error = io::Error::from_raw_os_error(errno);
        let reset = self.tls.is_none() && error.kind() == ErrorKind::ConnectionReset;
        reset.then(|| TransportError::receive(&error))
    }

    #[inline]
    fn release(&mut self, keep: usize) {
        if self.in_kernel > keep {
            self.release_now(keep);
        }
    }

    #[inline(never)]
    fn release_now(&mut self, keep: usize) {
        let count = self.in_kernel - keep;
        let discarded = discard(&self.socket, count);
        match discarded.is(count) {
            true => self.in_kernel = keep,
            false => self.release_rest(keep, discarded),
        }
    }

    /// A failure ends the stream: what is here and what is in the kernel would not fit together any more.
    #[cold]
    fn release_rest(&mut self, keep: usize, discarded: Moved) {
        if let Err(error) = discard_rest(&self.socket, &mut self.in_kernel, keep, discarded) {
            self.note_end(Err(error));
        }
    }
}

/// From this many bytes on, another system call costs less than a copy.
const LONG_PAYLOAD: u64 = 32 * 1024;

/// The longest header of a frame from a server.
const HEADER: usize = 10;

/// What one read has brought.
enum Received {
    /// so many bytes, at least one
    Data(usize),
    Blocked,
    End,
}

impl Received {
    fn fill(self) -> Fill {
        match self {
            Received::Data(_) => Fill::Data,
            Received::Blocked => Fill::Blocked,
            Received::End => Fill::End,
        }
    }
}

/// One read from the socket to the end of `buffer`. When `peeking`, the bytes stay in the kernel as well, and
/// `in_kernel` counts how many of the buffer's last ones do.
fn receive(socket: &Socket, buffer: &mut Buffer, reading: &Reading, in_kernel: &mut usize) -> Result<Received> {
    if *in_kernel > 0 {
        return receive_behind(socket, buffer, reading, in_kernel);
    }
    let room = reading.room(buffer)?;
    let moved = Moved::uninterrupted(|| socket.append(room, reading.limit, reading.peeking));
    let received = received(socket, moved);
    match received {
        Ok(Received::Data(count)) if reading.peeking => *in_kernel = count,
        Ok(Received::Data(_)) => {}
        _ => buffer.drop_unused(),
    }
    received
}

fn received(socket: &Socket, moved: Moved) -> Result<Received> {
    if moved.is_blocked() {
        return Ok(Received::Blocked);
    }
    match socket.result(moved) {
        Ok(0) => Ok(Received::End),
        Ok(count) => Ok(Received::Data(count)),
        Err(error) => Err(TransportError::receive(&error)),
    }
}

/// The same where bytes that were seen before are in the kernel, at the end of `buffer` or even consumed: reads them again,
/// and what is behind them.
fn receive_behind(socket: &Socket, buffer: &mut Buffer, reading: &Reading, in_kernel: &mut usize) -> Result<Received> {
    if *in_kernel <= buffer.len() {
        let old = mem::take(in_kernel);
        let data = reading.room(buffer)?;
        data.truncate(data.len() - old);
        let again = Moved::uninterrupted(|| socket.append(data, reading.limit.max(old + 1), reading.peeking));
        buffer.drop_if_empty();
        match received(socket, again)? {
            Received::Data(count) if count > old => {
                *in_kernel = if reading.peeking { count } else { 0 };
                return Ok(Received::Data(count - old));
            }
            // Only what was seen before is there: takes it out to see what is behind, more, nothing or the end.
            Received::Data(count) => *in_kernel = count,
            other => return Ok(other),
        }
    }
    discard_rest(socket, in_kernel, 0, discard(socket, *in_kernel))?;
    match *in_kernel {
        0 => receive(socket, buffer, reading, in_kernel),
        // The socket does not give it now.
        _ => Ok(Received::Blocked),
    }
}

/// Takes `count` bytes that were peeked at out of the kernel, or fewer.
#[inline(always)]
fn discard(socket: &Socket, count: usize) -> Moved {
    let mut small = [const { MaybeUninit::uninit() }; SMALL];
    match small.get_mut(..count) {
        Some(scratch) => socket.discard(scratch),
        None => discard_many(socket, count),
    }
}

#[inline(never)]
fn discard_many(socket: &Socket, count: usize) -> Moved {
    let mut large = pool::take();
    large.reserve(count);
    let discarded = socket.discard(&mut large.spare_capacity_mut()[..count]);
    pool::give(&mut large);
    discarded
}

/// Goes on after `discarded`, until no more than `keep` of the `in_kernel` bytes are left. More are left when the socket has none
/// for the moment.
fn discard_rest(socket: &Socket, in_kernel: &mut usize, keep: usize, mut discarded: Moved) -> Result<()> {
    loop {
        match socket.result(discarded) {
            Ok(0) => return Err(TransportError::receive(&ErrorKind::UnexpectedEof.into())),
            Ok(count) => *in_kernel -= count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(TransportError::receive(&error)),
        }
        if *in_kernel <= keep {
            return Ok(());
        }
        discarded = discard_many(socket, *in_kernel - keep);
    }
}
