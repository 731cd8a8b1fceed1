//! The sending half of an open WebSocket: frames from `curl_ws_send`'s and `curl_ws_start_frame`'s arguments.

use crate::error::{Error, Result};
use crate::random;
use crate::transfer::channel::{Channel, Deflate};
use crate::transfer::deflating::{Form, Piece};
use crate::transfer::flags::SendFlags;
use crate::transport::{Encoding, Pushed, Stream};
use crate::types::codes::CURLcode;
use crate::ws::{Encoder, Kind, Refusal};

/// Which frame is on its way, and what the application must do to finish it.
#[derive(Debug, Default)]
pub struct Sender {
    encoder: Encoder,
    /// the frame that has begun and for which the application is to call again
    current: Option<Current>,
}

#[derive(Debug, Clone, Copy)]
struct Current {
    kind: Kind,
    fin: bool,
    form: Form,
    /// its whole length
    length: u64,
    /// payload it still takes
    remaining: u64,
    /// the last call returned AGAIN with so many bytes: the next one must bring them again
    again: usize,
}

impl Sender {
    /// Neither a frame nor a fragmented message has begun.
    pub fn is_idle(&self) -> bool {
        self.current.is_none() && self.encoder.open_message().is_none()
    }

    /// A frame has begun and is not all with the kernel: no other may start.
    pub fn is_busy(&self) -> bool {
        self.current.is_some()
    }

    /// Payload the open frame still takes.
    pub fn remaining(&self) -> u64 {
        self.current.map_or(0, |current| current.remaining)
    }

    /// Writes payload of the open frame, at most what it takes; compressed, what is ready of it.
    fn encode(&mut self, deflate: Option<&mut Deflate>, bytes: &[u8], out: &mut Vec<u8>) -> Result<()> {
        let Some(current) = &mut self.current else {
            return Ok(());
        };
        let count = bytes.len() as u64;
        let piece = Piece {
            bytes,
            kind: current.kind,
            ends_frame: count == current.remaining,
            fin: current.fin,
        };
        match (current.form, deflate) {
            (Form::Undecided, Some(deflate)) => {
                if deflate.deflating.begin(&piece, &mut self.encoder, out)? {
                    current.form = Form::Deflated;
                } else {
                    current.form = Form::Plain;
                    let key = random::masking_key()?;
                    self.encoder
                        .start(current.kind, current.fin, current.length, key, out)
                        .map_err(refused)?;
                    self.encoder.payload(bytes, out);
                }
            }
            (Form::Deflated, Some(deflate)) => deflate.deflating.go_on(&piece, &mut self.encoder, out)?,
            _ => {
                self.encoder.payload(bytes, out);
            }
        }
        current.remaining -= count;
        Ok(())
    }

    /// Writes a message in one frame, between messages: `false` if it can't be.
    pub(super) fn whole(&mut self, kind: Kind, payload: &[u8], key: [u8; 4], out: &mut Vec<u8>) -> bool {
        let started = self.encoder.start(kind, true, payload.len() as u64, key, out).is_ok();
        started && self.encoder.payload(payload, out) == payload.len()
    }

    /// Writes a whole control frame behind what waits in the stream.
    pub fn control(&mut self, stream: &mut Stream, kind: Kind, payload: &[u8], key: [u8; 4]) -> Result<()> {
        let encoder = &mut self.encoder;
        let mut started = Ok(());
        stream.append(|out| {
            started = encoder.start(kind, true, payload.len() as u64, key, out);
            encoder.payload(payload, out);
        });
        started.map_err(refused)
    }
}

impl Channel {
    /// `curl_ws_send` outside raw mode, without waiting. `Pushed::blocked` with nothing sent is `CURLE_AGAIN`.
    ///
    /// A call that is refused changes nothing: the frame that is open can still be finished.
    pub fn send(&mut self, data: &[u8], frame_size: i64, flags: u32) -> Result<Pushed> {
        self.check()?;
        let flags = match self.sender.current {
            Some(current) => {
                self.check_continued(current, data, SendFlags::parse(flags)?)?;
                None
            }
            None => Some(flags),
        };
        if let Some(flags) = flags {
            self.start_for(data, frame_size, flags)?;
        }
        self.push(data)
    }

    /// `curl_ws_start_frame`: writes a frame's head, its payload is to follow. Nothing is sent yet.
    pub fn start_frame(&mut self, flags: u32, length: i64) -> Result<()> {
        self.disturb();
        self.check()?;
        if self.sender.current.is_some() {
            return Err(unfinished(self.sender.remaining()));
        }
        let flags = SendFlags::parse(flags);
        if let Ok(SendFlags {
            kind: Some(Kind::Close),
            ..
        }) = flags
        {
            self.check_own_close(&[], false)?;
        }
        self.start(flags, length)?;
        if self.sender.remaining() == 0 {
            self.sender.current = None;
        }
        Ok(())
    }

    /// Bytes that go out as they are: raw mode and `curl_easy_send`.
    pub fn send_raw(&mut self, data: &[u8]) -> Result<Pushed> {
        self.check()?;
        self.stream.send_raw(data)
    }

    /// Payload of an upload: fills the frame that the read callback started, or is a BINARY frame of its own.
    pub fn send_upload(&mut self, data: &[u8]) -> Result<()> {
        self.disturb();
        self.check()?;
        if self.settings().raw {
            self.stream.append(|out| out.extend_from_slice(data));
            return Ok(());
        }
        if self.sender.current.is_none() {
            self.start(
                SendFlags::parse(crate::types::websocket::CURLWS_BINARY as u32),
                data.len() as i64,
            )?;
        }
        if data.len() as u64 > self.sender.remaining() {
            return Err(Error::new(
                CURLcode::CURLE_BAD_FUNCTION_ARGUMENT,
                format!(
                    "[WS] the read callback returned {} bytes where the frame it started takes {} more",
                    data.len(),
                    self.sender.remaining()
                ),
            ));
        }
        let (sender, deflate) = (&mut self.sender, self.deflate.as_deref_mut());
        let mut encoded = Ok(());
        self.stream.append(|out| encoded = sender.encode(deflate, data, out));
        encoded?;
        if self.sender.remaining() == 0 {
            self.sender.current = None;
        }
        Ok(())
    }

    /// Payload bytes the frame that is open in an upload still takes.
    pub fn upload_room(&self) -> Option<u64> {
        self.sender.current.map(|_| self.sender.remaining())
    }

    /// A fragmented message was begun and not ended.
    pub fn has_open_message(&self) -> bool {
        !self.sender.is_busy() && self.sender.encoder.open_message().is_some()
    }

    /// Bytes wait for the socket to become writable.
    pub fn wants_write(&self) -> bool {
        self.stream.unsent() > 0 || (self.pong.is_some() && !self.sender.is_busy())
    }

    /// Hands to the kernel what waits; `true` when nothing is left.
    pub fn flush(&mut self) -> Result<bool> {
        self.stream.flush()
    }

    fn check_continued(&self, current: Current, data: &[u8], flags: SendFlags) -> Result<()> {
        let (unreported, remaining) = (self.stream.unreported(), self.sender.remaining());
        let wrong = if flags.kind.is_some_and(|kind| kind != current.kind) {
            let asked = flags.kind.map_or("", Kind::name);
            let open = current.kind.name();
            format!("a {asked} frame can't start inside a {open} frame that is not finished")
        } else if data.len() < current.again || data.len() < unreported {
            let before = current.again.max(unreported);
            format!(
                "the call after CURLE_AGAIN must bring the same {before} bytes again, not {}",
                data.len()
            )
        } else if data.len() as u64 > remaining + unreported as u64 {
            let room = remaining + unreported as u64;
            format!("{} bytes are more than the {room} that the frame has left", data.len())
        } else {
            return Ok(());
        };
        Err(Error::new(
            CURLcode::CURLE_BAD_FUNCTION_ARGUMENT,
            format!("[WS] {wrong}"),
        ))
    }

    fn start_for(&mut self, data: &[u8], frame_size: i64, flags: u32) -> Result<()> {
        let parsed = SendFlags::parse(flags);
        let in_pieces = flags & crate::types::websocket::CURLWS_OFFSET as u32 != 0;
        if let Ok(SendFlags {
            kind: Some(Kind::Close),
            ..
        }) = parsed
        {
            self.check_own_close(data, !in_pieces)?;
        }
        if !in_pieces {
            return self.start(parsed, data.len() as i64);
        }
        if frame_size >= 0 && data.len() as u64 > frame_size as u64 {
            return Err(Error::new(
                CURLcode::CURLE_BAD_FUNCTION_ARGUMENT,
                format!(
                    "[WS] {} bytes are more than the frame of {frame_size} that they begin",
                    data.len()
                ),
            ));
        }
        self.start(parsed, frame_size)
    }

    fn start(&mut self, flags: Result<SendFlags>, length: i64) -> Result<()> {
        let Ok(length) = u64::try_from(length) else {
            return Err(Error::new(
                CURLcode::CURLE_SEND_ERROR,
                format!("[WS] a frame can't have a negative length ({length})"),
            ));
        };
        let flags = flags?;
        let open = self.sender.encoder.open_message();
        let kind = flags.frame_kind(open)?;
        self.check_not_closed()?;
        let form = match &mut self.deflate {
            Some(deflate) if !kind.is_control() => {
                deflate.deflating.form(open.is_none(), !flags.more, length, flags.plain)
            }
            _ => Form::Plain,
        };
        if self.pong.is_some() {
            self.queue_pong()?;
        }
        if form == Form::Plain {
            let key = random::masking_key()?;
            let encoder = &mut self.sender.encoder;
            let mut started = Ok(());
            self.stream
                .append(|out| started = encoder.start(kind, !flags.more, length, key, out));
            started.map_err(refused)?;
        }
        self.sender.current = Some(Current {
            kind,
            fin: !flags.more,
            form,
            length,
            remaining: length,
            again: 0,
        });
        if form != Form::Plain && length == 0 {
            self.encode_nothing()?;
        }
        if kind == Kind::Close {
            self.own_close_started();
        }
        self.log.text(|| {
            let more = if flags.more { ", more fragments follow" } else { "" };
            format!("[WS] sending {} frame, {length} bytes{more}", kind.name())
        });
        Ok(())
    }

    /// A frame without payload in a compressed message.
    fn encode_nothing(&mut self) -> Result<()> {
        let (sender, deflate) = (&mut self.sender, self.deflate.as_deref_mut());
        let mut encoded = Ok(());
        self.stream.append(|out| encoded = sender.encode(deflate, &[], out));
        encoded
    }

    fn push(&mut self, data: &[u8]) -> Result<Pushed> {
        let encoding = match self.sender.current {
            Some(current) if current.form != Form::Plain => Encoding::Opaque,
            _ => Encoding::ByteForByte,
        };
        let (sender, mut deflate) = (&mut self.sender, self.deflate.as_deref_mut());
        let pushed = self.stream.push(data, encoding, |piece, out| {
            sender.encode(deflate.as_deref_mut(), piece, out)
        })?;
        let complete = self.sender.remaining() == 0 && !pushed.blocked;
        let again = if pushed.blocked && pushed.sent == 0 {
            data.len()
        } else {
            0
        };
        match &mut self.sender.current {
            Some(_) if complete => {
                self.sender.current = None;
                // A PONG or CLOSE that had to wait for the end of the frame goes out now.
                self.answer();
                self.calm();
            }
            Some(current) => current.again = again,
            None => {}
        }
        Ok(pushed)
    }

    /// Goes on with a whole frame of `data` of which all but `rest` is with the kernel.
    pub(super) fn push_rest(&mut self, kind: Kind, data: &[u8], rest: &[u8]) -> Result<Pushed> {
        self.sender.current = Some(Current {
            kind,
            fin: true,
            form: Form::Plain,
            length: data.len() as u64,
            remaining: 0,
            again: 0,
        });
        self.stream.adopt(rest, data.len());
        self.push(data)
    }

    /// Writes the PONG that is due behind what waits in the stream.
    pub(super) fn queue_pong(&mut self) -> Result<()> {
        let Some(pong) = self.pong.take() else {
            return Ok(());
        };
        let key = random::masking_key()?;
        self.sender.control(&mut self.stream, Kind::Pong, pong.payload(), key)?;
        self.log
            .text(|| format!("[WS] sending PONG frame, {} bytes", pong.payload().len()));
        Ok(())
    }
}

fn unfinished(remaining: u64) -> Error {
    refused(Refusal::Unfinished(remaining))
}

fn refused(refusal: Refusal) -> Error {
    let code = match refusal {
        Refusal::Unfinished(_) => CURLcode::CURLE_SEND_ERROR,
        Refusal::FragmentedControl(_) => CURLcode::CURLE_BAD_FUNCTION_ARGUMENT,
        Refusal::LongControl(..) => CURLcode::CURLE_TOO_LARGE,
    };
    Error::new(code, format!("[WS] {refusal}"))
}
