//! `curl_ws_send`, `curl_ws_start_frame`, `curl_ws_close` and uploads: frames from the application's bytes.

use super::error::{negative, send_error};
use super::flags::SendFlags;
use super::retry::Retry;
use super::wire::Wire;
use crate::error::{Error, Result};
use crate::types::codes::CURLcode;
use crate::ws::{self, FrameStart, Kind, SendError};

/// The sending half: which call of `curl_ws_send` is not complete.
#[derive(Debug, Default)]
pub(super) struct Sending {
    retry: Option<Retry>,
    /// the call that is not complete sends a whole message
    whole: bool,
}

impl Sending {
    /// `curl_ws_send_message`: the same as [`Sending::send`] for a whole message, and refused inside a frame that another
    /// call has begun.
    pub(super) fn send_message(&mut self, wire: &mut Wire, data: &[u8], flags: u32) -> Result<usize> {
        self.whole &= self.retry.is_some();
        if self.is_frame_open(wire) && !self.whole {
            return Err(Error::new(
                CURLcode::CURLE_BAD_FUNCTION_ARGUMENT,
                format!(
                    "[WS] a message can't start inside a frame that lacks {} bytes of payload",
                    self.missing(wire)
                ),
            ));
        }
        self.whole = true;
        self.send(wire, data, 0, flags)
    }

    /// `curl_ws_send` outside raw mode, without waiting: how many bytes of `data` are sent. Less than all: the socket takes no
    /// more for now. `CURLE_AGAIN`: it takes nothing, or not all of a frame without payload.
    ///
    /// A call that is refused changes nothing: the frame that is open can still be finished.
    // With registers of its own: those of its caller hold the handle and its lock.
    #[inline(never)]
    pub(super) fn send(&mut self, wire: &mut Wire, data: &[u8], frame_size: i64, flags: u32) -> Result<usize> {
        if wire.connection.needs_attention() {
            wire.check()?;
        }
        let flags = SendFlags::parse(flags)?;
        if self.is_frame_open(wire) {
            self.check_continued(wire, data, flags)?;
            let encoded = self.retry.as_ref().map_or(0, |retry| retry.unreported);
            return self.push_pieces(wire, data, encoded);
        }
        let length = if flags.pieces() || flags.kind() == Some(Kind::Close) {
            match self.check_special(wire, data, frame_size, flags)? {
                Some(length) => length,
                None => return Ok(data.len()),
            }
        } else {
            data.len() as u64
        };
        let encoded = self.start(wire, flags, length, data)?;
        if encoded < data.len() {
            return self.push_pieces(wire, data, encoded);
        }
        match self.push(wire, data.len(), 0, encoded)? {
            None => Ok(encoded),
            Some(count) => sent_or_again(count),
        }
    }

    /// A frame has begun and the caller has not given all of it, or not been told that it is sent.
    #[inline]
    pub(super) fn is_frame_open(&self, wire: &Wire) -> bool {
        self.retry.is_some() || wire.connection.open_frame().is_some()
    }

    /// How many bytes of the open frame the caller has still to give, those included that it must give again.
    fn missing(&self, wire: &Wire) -> u64 {
        let again = self.retry.as_ref().map_or(0, |retry| retry.unreported);
        wire.connection.send_remaining() + again as u64
    }

    /// `curl_ws_start_frame`: writes a frame's header, its payload is to follow. Nothing is sent yet.
    pub(super) fn start_frame(&mut self, wire: &mut Wire, flags: u32, length: i64) -> Result<()> {
        wire.check()?;
        if self.is_frame_open(wire) {
            return Err(send_error(SendError::Unfinished(self.missing(wire))));
        }
        let flags = SendFlags::parse(flags)?;
        if flags.kind() == Some(Kind::Close) {
            wire.connection.check_own_close(None).map_err(send_error)?;
        }
        self.start_empty(wire, flags, frame_length(length)?)
    }

    /// Checks a CLOSE frame, or the first piece of a frame, and returns the frame's length. `None`: there is nothing to send.
    #[cold]
    fn check_special(&self, wire: &Wire, data: &[u8], frame_size: i64, flags: SendFlags) -> Result<Option<u64>> {
        if flags.kind() == Some(Kind::Close) {
            if self.is_close_answered(wire) {
                return Ok(None);
            }
            let payload = (!flags.pieces()).then_some(data);
            wire.connection.check_own_close(payload).map_err(send_error)?;
        }
        let piece = data.len();
        let frame = match flags.pieces() {
            true => frame_length(frame_size)?,
            false => piece as u64,
        };
        match piece as u64 > frame {
            true => Err(send_error(SendError::LongPiece { piece, frame })),
            false => Ok(Some(frame)),
        }
    }

    /// Outside of strict mode the peer's CLOSE frame was answered: the application's own is accepted and not sent again.
    fn is_close_answered(&self, wire: &Wire) -> bool {
        !wire.connection.is_strict() && wire.connection.close_code().is_some() && !wire.connection.may_start()
    }

    /// Starts a frame and encodes the first piece of its payload: as much of `data` as there is room for.
    #[inline(always)]
    fn start(&mut self, wire: &mut Wire, flags: SendFlags, length: u64, data: &[u8]) -> Result<usize> {
        let before = match wire.trace.is_enabled() {
            true => {
                wire.note_pong();
                wire.output_length()
            }
            false => 0,
        };
        let frame = FrameStart {
            kind: flags.kind(),
            fin: !flags.more(),
            plain: flags.plain(),
            length,
        };
        let first = wire.next_piece(data);
        let out = wire.stream.output(first.len());
        match wire.connection.start_frame(frame, first, out) {
            Ok(kind) => {
                if wire.trace.is_enabled() {
                    wire.note_sending(kind, length, flags.more(), before);
                }
                Ok(first.len())
            }
            Err(error) => {
                wire.stream.drop_if_empty();
                Err(send_error(error))
            }
        }
    }

    /// Starts a frame whose payload is to follow.
    fn start_empty(&mut self, wire: &mut Wire, flags: SendFlags, length: u64) -> Result<()> {
        let before = wire.output_length();
        self.start(wire, flags, length, &[])?;
        wire.count_upload(before);
        Ok(())
    }

    /// Encodes and sends `data`, of which the first `encoded` bytes are encoded already.
    #[inline(never)]
    fn push_pieces(&mut self, wire: &mut Wire, data: &[u8], encoded: usize) -> Result<usize> {
        let mut unreported = encoded;
        let mut count = 0;
        loop {
            if count + unreported < data.len() {
                unreported += self.encode(wire, &data[count + unreported..])?;
            }
            if let Some(count) = self.push(wire, data.len(), count, unreported)? {
                return sent_or_again(count);
            }
            count += unreported;
            if count >= data.len() {
                return Ok(count);
            }
            wire.stream.grow_long_piece();
            unreported = 0;
        }
    }

    /// Sends what is encoded: `unreported` bytes of the caller's after `count` that were sent, of `wanted`. `Some`: the
    /// socket takes no more, and so many are sent.
    #[inline(always)]
    fn push(&mut self, wire: &mut Wire, wanted: usize, count: usize, unreported: usize) -> Result<Option<usize>> {
        if !wire.stream.flush_all() {
            return self.blocked(wire, wanted, count, unreported).map(Some);
        }
        if count + unreported >= wanted {
            self.retry = None;
            if wire.connection.wants_write() {
                // What had to wait for the end of the frame.
                wire.write_pending();
            }
        }
        Ok(None)
    }

    /// The socket takes no more: how many bytes are sent, and what the next call must bring.
    #[cold]
    fn blocked(&mut self, wire: &mut Wire, wanted: usize, count: usize, unreported: usize) -> Result<usize> {
        if let Some(error) = wire.stream.write_error() {
            return Err(error.clone().into());
        }
        let unreported = unreported - wire.take_back_long_piece(unreported);
        let stuck = match wire.stream.tls().is_none() && wire.connection.is_byte_for_byte() {
            true => unreported.min(wire.stream.unsent()),
            false => unreported,
        };
        let count = count + unreported - stuck;
        let kind = match &self.retry {
            Some(retry) => retry.kind,
            None => wire.connection.last_kind(),
        };
        self.retry = Some(Retry::new(kind, stuck, if count == 0 { wanted } else { 0 }));
        Ok(count)
    }

    /// Encodes payload of the open frame, as much as there is room for.
    #[inline(never)]
    fn encode(&mut self, wire: &mut Wire, data: &[u8]) -> Result<usize> {
        let mut encoded = 0;
        while encoded < data.len() {
            let piece = wire.next_piece(&data[encoded..]);
            if piece.is_empty() {
                break;
            }
            let before = wire.output_length();
            let out = wire.stream.output(piece.len());
            wire.connection.send(piece, out).map_err(send_error)?;
            wire.note_output(before);
            wire.stream.encrypt()?;
            encoded += piece.len();
        }
        Ok(encoded)
    }

    #[cold]
    fn check_continued(&self, wire: &Wire, data: &[u8], flags: SendFlags) -> Result<()> {
        let retry = self.retry.as_ref();
        let (again, unreported) = retry.map_or((0, 0), |retry| (retry.again, retry.unreported));
        let open = retry.and_then(|retry| retry.kind).or(wire.connection.open_frame());
        let room = wire.connection.send_remaining() + unreported as u64;
        let wrong = if let (Some(asked), Some(open)) = (flags.kind(), open)
            && asked != open
        {
            format!(
                "a {} frame can't start inside a {} frame that is not finished",
                asked.name(),
                open.name()
            )
        } else if data.len() < again.max(unreported) {
            format!(
                "the call after CURLE_AGAIN must bring the same {} bytes again, not {}",
                again.max(unreported),
                data.len()
            )
        } else if data.len() as u64 > room {
            format!("{} bytes are more than the {room} that the frame has left", data.len())
        } else {
            return Ok(());
        };
        Err(Error::new(
            CURLcode::CURLE_BAD_FUNCTION_ARGUMENT,
            format!("[WS] {wrong}"),
        ))
    }

    /// `curl_ws_close`: sends a CLOSE frame, once. It may still wait for the socket.
    pub(super) fn send_close(&mut self, wire: &mut Wire, code: u16, reason: &[u8]) -> Result<()> {
        ws::close::payload(code, reason).map_err(|error| send_error(SendError::Close(error)))?;
        wire.check()?;
        if self.is_close_answered(wire) {
            return Ok(());
        }
        if self.is_frame_open(wire) && wire.connection.may_start() {
            return Err(Error::new(
                CURLcode::CURLE_SEND_ERROR,
                format!(
                    "[WS] a CLOSE frame can't start while the last frame lacks {} bytes of payload",
                    self.missing(wire)
                ),
            ));
        }
        let before = wire.output_length();
        let closed = wire.connection.close(code, reason, wire.stream.output(0));
        wire.note_output(before);
        wire.stream.drop_if_empty();
        closed.map_err(send_error)?;
        wire.trace.text(|| format!("[WS] sent CLOSE frame with status {code}"));
        wire.stream.flush()?;
        Ok(())
    }

    /// Payload of an upload: fills the frame that the read callback started, or is a BINARY frame of its own.
    pub(super) fn send_upload(&mut self, wire: &mut Wire, data: &[u8]) -> Result<()> {
        wire.check()?;
        if wire.is_raw() {
            let before = wire.output_length();
            wire.stream.output(data.len()).extend_from_slice(data);
            wire.count_upload(before);
            wire.note_output(before);
            return Ok(());
        }
        if wire.connection.open_frame().is_none() {
            self.start_empty(wire, SendFlags::BINARY, data.len() as u64)?;
        }
        let room = wire.connection.send_remaining();
        if data.len() as u64 > room {
            return Err(Error::new(
                CURLcode::CURLE_BAD_FUNCTION_ARGUMENT,
                format!(
                    "[WS] the read callback returned {} bytes where the frame it started takes {room} more",
                    data.len()
                ),
            ));
        }
        let before = wire.output_length();
        let out = wire.stream.output(data.len());
        wire.connection.send(data, out).map_err(send_error)?;
        wire.count_upload(before);
        wire.note_output(before);
        Ok(wire.stream.encrypt()?)
    }

    /// A call of `curl_ws_send` is not complete.
    pub(super) fn is_cut_off(&self) -> bool {
        self.retry.is_some()
    }
}

/// The length that an application gives for a frame.
fn frame_length(length: i64) -> Result<u64> {
    u64::try_from(length).map_err(|_| negative(length))
}

/// The socket takes no more: `count` bytes are sent.
#[cold]
fn sent_or_again(count: usize) -> Result<usize> {
    match count {
        0 => Err(Error::AGAIN),
        _ => Ok(count),
    }
}
