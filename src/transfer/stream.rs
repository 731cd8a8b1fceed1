//! The byte stream to the server: a socket, TLS where asked for, and the few bytes that wait in between.

use std::io;

use crate::error::{Error, Result};
use crate::net::reason;
use crate::net::socket::Socket;
use crate::tls::{MAX_RECORD, Plain, Progress, Session};
use crate::transfer::pool::{self, BUFFER_SIZE};
use crate::types::codes::CURLcode;
use crate::ws::MAX_HEAD;

/// A connected stream. Nothing here blocks and nothing grows: reading keeps at most one receive buffer, writing at
/// most one send buffer, and both go back to the pool when they are empty.
pub struct Stream {
    socket: Socket,
    tls: Option<Box<Session>>,
    /// received and, with TLS, decrypted
    incoming: Buffer,
    /// received TLS records
    records: Buffer,
    /// the TLS session may hold data that came with the end of its handshake
    drain_tls: bool,
    /// to be encrypted; unused without TLS
    staged: Buffer,
    /// ready for the socket, with TLS encrypted
    outgoing: Buffer,
    /// why nothing can be sent any more
    write_error: Option<Error>,
    /// bytes of the caller's that are in `outgoing` (or left from there) and were not yet reported as sent
    unreported: usize,
    /// bytes at the end of the receive buffer that are in the kernel, too
    in_kernel: usize,
    peeking: bool,
    /// peek at the next frame's head alone
    glancing: bool,
    end: Option<Result<()>>,
    receive_limit: usize,
    received: u64,
    sent: u64,
}

/// What an attempt to read brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fill {
    /// more bytes are there
    Data,
    /// nothing now
    Blocked,
    /// the peer has ended the stream in the orderly way
    End,
}

/// How bytes given to [`Stream::push`] become bytes on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// each as one byte, so that what is left of the one tells what is left of the other
    ByteForByte,
    /// as more or fewer
    Opaque,
}

/// What an attempt to send did with the caller's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pushed {
    /// so many are with the kernel now
    pub sent: usize,
    /// the kernel takes no more for now
    pub blocked: bool,
}

impl Stream {
    /// A stream over a connected socket that reads at most `receive_limit` bytes at once.
    pub fn new(socket: Socket, receive_limit: usize) -> Stream {
        Stream {
            socket,
            tls: None,
            incoming: Buffer::default(),
            records: Buffer::default(),
            drain_tls: false,
            staged: Buffer::default(),
            outgoing: Buffer::default(),
            write_error: None,
            unreported: 0,
            in_kernel: 0,
            peeking: false,
            glancing: false,
            end: None,
            receive_limit: receive_limit.min(BUFFER_SIZE),
            received: 0,
            sent: 0,
        }
    }

    /// The socket below.
    pub fn socket(&self) -> &Socket {
        &self.socket
    }

    /// The TLS session, if any.
    pub fn tls(&self) -> Option<&Session> {
        self.tls.as_deref()
    }

    /// Takes the socket out; what was not sent or delivered is lost.
    pub fn into_socket(mut self) -> Socket {
        self.incoming.clear();
        self.records.clear();
        self.staged.clear();
        self.outgoing.clear();
        self.socket
    }

    /// Bytes received from the peer so far, after decryption.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Bytes handed to the kernel so far, after encryption.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// From now on a descriptor stays readable while bytes received are undelivered: reads peek, and [`Stream::settle`]
    /// releases what was delivered. For applications that wait on the descriptor themselves.
    pub fn start_peeking(&mut self) {
        self.peeking = true;
    }

    /// Whether a frame's payload is so long that it is better read by itself, straight into the application's memory, than
    /// found in the receive buffer and copied. The frame that follows is probably of the same kind.
    pub fn expect(&mut self, payload: u64) {
        self.glancing = self.peeking && payload >= LONG_PAYLOAD;
    }

    /// Whether it is peeking, and its end has not come.
    pub fn is_peeking(&self) -> bool {
        self.peeking && self.end.is_none()
    }

    // ---- TLS

    /// Starts TLS over the stream; [`Stream::handshake`] drives it.
    pub fn start_tls(&mut self, session: Session) {
        self.tls = Some(Box::new(session));
    }

    /// Goes on with the TLS handshake: `true` when it is complete, `false` when it waits for the socket.
    pub fn handshake(&mut self) -> Result<bool> {
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
            let limit = BUFFER_SIZE;
            let received = receive(&self.socket, &mut self.records, limit, false, &mut self.in_kernel);
            match received.map_err(in_handshake)? {
                Fill::Data => {}
                Fill::Blocked => return Ok(false),
                Fill::End => return Err(self.unexpected_end()),
            }
        }
    }

    // ---- receiving

    /// What has come and is not consumed.
    pub fn available(&self) -> &[u8] {
        self.incoming.bytes()
    }

    /// Drops `count` bytes from the front of [`Stream::available`].
    pub fn consume(&mut self, count: usize) {
        self.incoming.consume(count);
    }

    /// Drops as many of the available bytes as `read` says that it took. It must leave some.
    #[inline]
    pub fn take<'a, T>(&'a mut self, read: impl FnOnce(&'a [u8]) -> Option<(usize, T)>) -> Option<T> {
        self.incoming.take(read)
    }

    /// Moves the available bytes out, so that an application can look at them with no borrow held. They must come
    /// back with [`Stream::restore`] before anything else is read.
    pub fn lend(&mut self) -> Buffer {
        std::mem::take(&mut self.incoming)
    }

    /// Takes lent bytes back.
    pub fn restore(&mut self, buffer: Buffer) {
        self.incoming = buffer;
    }

    /// Asks the socket for more, once.
    pub fn fill(&mut self) -> Result<Fill> {
        if self.tls.is_some() {
            return Ok(self.fill_decrypted(true, &mut [])?.0);
        }
        if let Some(end) = &self.end {
            return end.clone().map(|()| Fill::End);
        }
        let before = self.incoming.bytes().len();
        let limit = if self.glancing { GLANCE } else { self.receive_limit };
        let filled = receive(
            &self.socket,
            &mut self.incoming,
            limit,
            self.peeking,
            &mut self.in_kernel,
        );
        self.received += (self.incoming.bytes().len() - before) as u64;
        self.note_end(filled)
    }

    /// Adds what can be had without asking the socket: decrypts a record that is already here.
    pub fn fill_from_memory(&mut self) -> Result<Fill> {
        match self.tls {
            Some(_) => Ok(self.fill_decrypted(false, &mut [])?.0),
            None => Ok(Fill::Blocked),
        }
    }

    /// Receives straight into `buffer`, past our own memory, where nothing is available: what the socket has, or with TLS
    /// one record. `more` bytes came before this in the same call: then a record must be here already.
    pub fn fill_directly(&mut self, buffer: &mut [u8], more: bool) -> Result<(Fill, usize)> {
        debug_assert!(self.available().is_empty());
        if self.tls.is_some() {
            return self.fill_decrypted(!more, buffer);
        }
        if let Some(end) = &self.end {
            return end.clone().map(|()| (Fill::End, 0));
        }
        if self.in_kernel > GLANCE {
            self.release(0)?;
        }
        let mut seen = [0; GLANCE];
        let seen = &mut seen[..std::mem::take(&mut self.in_kernel)];
        let received = match seen {
            [] => self.socket.recv(buffer),
            _ => self.socket.recv_behind(seen, buffer),
        };
        match received {
            Ok(0) => Ok((self.note_end(Ok(Fill::End))?, 0)),
            Ok(count) => {
                let count = count.saturating_sub(seen.len());
                self.received += count as u64;
                let fill = if count > 0 { Fill::Data } else { Fill::Blocked };
                Ok((fill, count))
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok((Fill::Blocked, 0)),
            Err(error) => Ok((self.note_end(Err(receive_error(&error)))?, 0)),
        }
    }

    /// Receives bytes as they are, without waiting: `None` when there are none yet, 0 at the end of the stream.
    pub fn receive_raw(&mut self, buffer: &mut [u8]) -> Result<Option<usize>> {
        if buffer.is_empty() {
            return Ok(Some(0));
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
    pub fn settle(&mut self, undelivered: bool) -> Result<()> {
        self.release(usize::from(undelivered))
    }

    /// [`Stream::settle`] has nothing to do.
    pub fn is_settled(&self, undelivered: bool) -> bool {
        self.in_kernel <= usize::from(undelivered)
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
            if !ask_socket {
                return Ok((Fill::Blocked, 0));
            }
            let filled = receive(
                &self.socket,
                &mut self.records,
                self.receive_limit,
                self.peeking,
                &mut self.in_kernel,
            );
            match filled {
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

    /// The error of a stream that ends without TLS's goodbye.
    fn unexpected_end(&self) -> Error {
        match &self.tls {
            Some(tls) => tls.unexpected_eof(),
            None => Error::new(CURLcode::CURLE_RECV_ERROR, "the connection ended unexpectedly"),
        }
    }

    fn decrypt(&mut self, direct: &mut [u8]) -> Result<(Progress, usize)> {
        let Some(tls) = &mut self.tls else {
            return Ok((Progress::NeedMore, 0));
        };
        let rest = self.incoming.room();
        let before = rest.len();
        let mut plain = Plain::through(direct, rest);
        let step = tls.decrypt(self.records.bytes_mut(), &mut plain, self.outgoing.room());
        let count = plain.used();
        self.received += (rest.len() - before + count) as u64;
        self.records.consume(step.discard);
        self.incoming.drop_if_empty();
        self.outgoing.drop_if_empty();
        Ok((step.state?, count))
    }

    /// The end of the stream, orderly or not, is told again each time.
    fn note_end(&mut self, filled: Result<Fill>) -> Result<Fill> {
        match &filled {
            Ok(Fill::End) => self.end = Some(Ok(())),
            Err(error) => self.end = Some(Err(error.clone())),
            Ok(Fill::Data | Fill::Blocked) => {}
        }
        filled
    }

    fn release(&mut self, keep: usize) -> Result<()> {
        if self.in_kernel <= keep {
            return Ok(());
        }
        let count = self.in_kernel - keep;
        self.in_kernel = keep;
        discard(&self.socket, count)
    }

    // ---- sending

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

    /// Sends bytes as they are, without waiting.
    pub fn send_raw(&mut self, data: &[u8]) -> Result<Pushed> {
        self.push(data, Encoding::ByteForByte, |piece, out| {
            out.extend_from_slice(piece);
            Ok(())
        })
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

/// Bytes with a front that moves. Its memory is from the pool and goes back when it is empty.
#[derive(Debug, Default)]
pub struct Buffer {
    data: Vec<u8>,
    start: usize,
}

impl Buffer {
    /// A buffer with a copy of `bytes`, for what is too small to matter.
    pub(super) fn of(bytes: &[u8]) -> Buffer {
        Buffer {
            data: bytes.to_vec(),
            start: 0,
        }
    }

    /// What is in it.
    pub fn bytes(&self) -> &[u8] {
        &self.data[self.start..]
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.data[self.start..]
    }

    pub(super) fn consume(&mut self, count: usize) {
        self.start += count;
        debug_assert!(self.start <= self.data.len());
        self.drop_if_empty();
    }

    /// Moves the front behind `count` bytes; the memory stays.
    pub(super) fn skip(&mut self, count: usize) {
        debug_assert!(count <= self.bytes().len());
        self.start += count;
    }

    /// Takes back the last `count` bytes of a [`Buffer::skip`].
    pub(super) fn unskip(&mut self, count: usize) {
        self.start -= count;
    }

    fn take<'a, T>(&'a mut self, read: impl FnOnce(&'a [u8]) -> Option<(usize, T)>) -> Option<T> {
        let (used, taken) = read(self.data.get(self.start..)?)?;
        self.start += used;
        debug_assert!(self.start < self.data.len());
        Some(taken)
    }

    pub(super) fn drop_if_empty(&mut self) {
        if self.start >= self.data.len() {
            self.clear();
        }
    }

    fn clear(&mut self) {
        self.start = 0;
        pool::give(&mut self.data);
    }

    /// The vector to append to, with the bytes at its front gone when little room is left.
    pub(super) fn room(&mut self) -> &mut Vec<u8> {
        if self.data.capacity() == 0 {
            self.data = pool::take();
        }
        if self.start > 0 && self.data.capacity() - self.data.len() < BUFFER_SIZE / 2 {
            self.data.drain(..self.start);
            self.start = 0;
        }
        &mut self.data
    }
}

/// Payload of so many bytes is better read by itself: a system call more costs less than to copy it.
const LONG_PAYLOAD: u64 = 32 * 1024;

/// The longest head of a frame from a server.
const GLANCE: usize = 10;

/// TLS keeps at most so many bytes of an unfinished message in the receive buffer.
const MAX_UNREAD: usize = 3 * BUFFER_SIZE;

/// One read from the socket to the end of `buffer`. When `peeking`, the bytes stay in the kernel as well, and
/// `in_kernel` counts how many of the buffer's last ones do.
fn receive(socket: &Socket, buffer: &mut Buffer, limit: usize, peeking: bool, in_kernel: &mut usize) -> Result<Fill> {
    if *in_kernel > buffer.bytes().len() {
        discard(socket, std::mem::take(in_kernel))?;
    }
    let filled = loop {
        let data = buffer.room();
        let old = std::mem::take(in_kernel);
        data.truncate(data.len() - old);
        if data.len() >= MAX_UNREAD {
            break Err(Error::new(
                CURLcode::CURLE_RECV_ERROR,
                "a TLS message is larger than the receive buffer",
            ));
        }
        if data.len() == data.capacity() {
            data.reserve(BUFFER_SIZE);
        }
        let limit = limit.max(old + 1).min(data.capacity() - data.len());
        let result = if peeking {
            socket.peek_into(data, limit)
        } else {
            socket.recv_into(data, limit)
        };
        match result {
            Ok(count) if count > old => {
                *in_kernel = if peeking { count } else { 0 };
                break Ok(Fill::Data);
            }
            // Only what was seen before is there: take it out to see what is behind, more, nothing or the end.
            Ok(count) if old > 0 && count > 0 => discard(socket, count)?,
            Ok(_) => break Ok(Fill::End),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break Ok(Fill::Blocked),
            Err(error) => break Err(receive_error(&error)),
        }
    };
    buffer.drop_if_empty();
    filled
}

/// Takes `count` bytes that were peeked at out of the kernel.
fn discard(socket: &Socket, count: usize) -> Result<()> {
    let mut scratch = pool::take();
    let discarded = socket.discard(count, &mut scratch);
    pool::give(&mut scratch);
    discarded.map_err(|error| receive_error(&error))
}

/// A connection that breaks during the TLS handshake is a failed handshake.
fn in_handshake(error: Error) -> Error {
    Error::new(
        CURLcode::CURLE_SSL_CONNECT_ERROR,
        format!("TLS handshake: {}", error.message()),
    )
}

fn receive_error(error: &io::Error) -> Error {
    Error::new(CURLcode::CURLE_RECV_ERROR, format!("Recv failure: {}", reason(error)))
}

fn send_error(error: &io::Error) -> Error {
    Error::new(CURLcode::CURLE_SEND_ERROR, format!("Send failure: {}", reason(error)))
}
