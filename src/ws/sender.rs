//! The sending half: the caller's frames, whole or in pieces, compressed where that was negotiated.

use super::buffers::Buffers;
use super::deflate::{DeflateParams, Form, FrameDeflater, Piece};
use super::encoder::Encoder;
use super::error::SendError;
use super::frame::Kind;
use super::mask::MaskingKeys;

/// A frame that the caller wants to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FrameStart {
    /// `None`: that of the open fragmented message
    pub kind: Option<Kind>,
    /// FIN is set: no more frames of the message follow
    pub fin: bool,
    /// a message that begins with this frame is not to be compressed
    pub plain: bool,
    /// payload bytes
    pub length: u64,
}

/// Sends frames one after the other.
#[derive(Debug)]
pub(super) struct Sender<K> {
    encoder: Encoder,
    current: Option<Current>,
    deflater: Option<Box<FrameDeflater>>,
    keys: K,
    last_kind: Option<Kind>,
}

/// The frame that is being sent.
#[derive(Debug, Clone, Copy)]
struct Current {
    kind: Kind,
    fin: bool,
    form: Form,
    length: u64,
    /// payload bytes that the caller must still give
    remaining: u64,
}

impl<K: MaskingKeys> Sender<K> {
    pub(super) fn new(keys: K, deflate: Option<&DeflateParams>) -> Sender<K> {
        Sender {
            encoder: Encoder::default(),
            current: None,
            deflater: deflate.map(|params| Box::new(FrameDeflater::new(params))),
            keys,
            last_kind: None,
        }
    }

    pub(super) fn use_buffers(&mut self, buffers: Buffers) {
        if let Some(deflater) = &mut self.deflater {
            deflater.use_buffers(buffers);
        }
    }

    /// Where the masking keys come from.
    pub(super) fn keys(&mut self) -> &mut K {
        &mut self.keys
    }

    /// The kind of the frame that was started last.
    pub(super) fn last_kind(&self) -> Option<Kind> {
        self.last_kind
    }

    /// The kind of the frame whose payload is not complete.
    #[inline]
    pub(super) fn open_frame(&self) -> Option<Kind> {
        self.current.map(|current| current.kind)
    }

    /// Payload bytes that the open frame still takes.
    #[inline]
    pub(super) fn remaining(&self) -> u64 {
        self.current.map_or(0, |current| current.remaining)
    }

    /// The kind of the fragmented message that is open.
    #[inline]
    pub(super) fn open_message(&self) -> Option<Kind> {
        self.encoder.open_message()
    }

    /// Payload of the open frame becomes as many bytes on the wire.
    #[inline]
    pub(super) fn is_byte_for_byte(&self) -> bool {
        self.current.is_none_or(|current| current.form == Form::Plain)
    }

    /// No frame is compressed.
    pub(super) fn is_plain(&self) -> bool {
        self.deflater.is_none()
    }

    /// The last `count` payload bytes of the open frame, which is not compressed, were not sent: they are to be given again.
    pub(super) fn take_back(&mut self, count: u64) {
        if let Some(current) = &mut self.current {
            current.remaining += count;
            self.encoder.take_back(count);
        }
    }

    /// Starts a frame with the `first` piece of its payload, which is written, or waits in compressed form.
    #[inline(always)]
    pub(super) fn start(&mut self, frame: FrameStart, first: &[u8], out: &mut Vec<u8>) -> Result<Kind, SendError> {
        if let Some(current) = self.current {
            return Err(SendError::Unfinished(current.remaining));
        }
        let kind = match frame.kind {
            Some(kind) => kind,
            None => self.encoder.open_message().ok_or(SendError::NothingToContinue)?,
        };
        if first.len() as u64 == frame.length && (self.deflater.is_none() || kind.is_control()) {
            let key = self.keys.next_key().ok_or(SendError::NoKey)?;
            self.encoder.whole(kind, frame.fin, first, key, out)?;
        } else {
            self.start_pieces(kind, frame.fin, frame.plain, frame.length, first, out)?;
        }
        self.last_kind = Some(kind);
        Ok(kind)
    }

    fn start_pieces(
        &mut self,
        kind: Kind,
        fin: bool,
        plain: bool,
        length: u64,
        first: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        let new_message = self.encoder.open_message().is_none();
        let form = match &mut self.deflater {
            Some(deflater) if !kind.is_control() => deflater.form(new_message, fin, length, plain),
            _ => Form::Plain,
        };
        if form == Form::Plain {
            let key = self.keys.next_key().ok_or(SendError::NoKey)?;
            self.encoder.start(kind, fin, length, key, out)?;
        }
        self.current = Some(Current {
            kind,
            fin,
            form,
            length,
            remaining: length,
        });
        if first.is_empty() && length > 0 {
            return Ok(());
        }
        let written = self.payload(first, out);
        if written.is_err() {
            self.current = None;
        }
        written
    }

    /// Writes payload of the open frame, at most what it still takes. With the last byte the frame ends.
    pub(super) fn payload(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), SendError> {
        let Some(current) = &mut self.current else {
            return Ok(());
        };
        let count = bytes.len() as u64;
        debug_assert!(count <= current.remaining);
        if current.form == Form::Plain {
            self.encoder.payload(bytes, out);
        } else {
            self.deflate(bytes, out)?;
        }
        if let Some(current) = &mut self.current {
            current.remaining -= count;
            if current.remaining == 0 {
                self.current = None;
            }
        }
        Ok(())
    }

    fn deflate(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), SendError> {
        let (Some(current), Some(deflater)) = (&mut self.current, &mut self.deflater) else {
            return Ok(());
        };
        let piece = Piece {
            bytes,
            kind: current.kind,
            ends_frame: bytes.len() as u64 == current.remaining,
            fin: current.fin,
        };
        if bytes.is_empty() && !piece.ends_frame {
            return Ok(());
        }
        let encoder = &mut self.encoder;
        let key = self.keys.next_key().ok_or(SendError::NoKey)?;
        if current.form == Form::Deflated {
            return deflater.push(piece, encoder, key, out);
        }
        if deflater.begin(piece, encoder, key, out)? {
            current.form = Form::Deflated;
        } else {
            current.form = Form::Plain;
            encoder.start(current.kind, current.fin, current.length, key, out)?;
            encoder.payload(bytes, out);
        }
        Ok(())
    }

    /// Writes a whole control frame. Not inside an open frame.
    pub(super) fn control(&mut self, kind: Kind, payload: &[u8], out: &mut Vec<u8>) -> Result<(), SendError> {
        let key = self.keys.next_key().ok_or(SendError::NoKey)?;
        self.encoder.whole(kind, true, payload, key, out)
    }
}
