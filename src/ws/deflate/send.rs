//! Frames of compressed messages that are sent (RFC 7692 section 7.2.1), in bounded memory.
//!
//! A frame header holds the payload's length, and the compressed length is known only afterwards. So one frame of the
//! caller's is sent as one or more frames of a fragmented message, each of bounded size; a small one as one.

use super::deflater::Deflater;
use super::params::DeflateParams;
use crate::ws::buffers::Buffers;
use crate::ws::encoder::Encoder;
use crate::ws::error::SendError;
use crate::ws::frame::Kind;

/// Shorter messages are not compressed, unless earlier messages are in the window.
const WORTHWHILE: u64 = 64;

/// This much of a message shows whether it compresses.
const SAMPLE: usize = 1024;

/// Compressed bytes that are gathered before they become a frame.
const FRAGMENT: usize = 32 * 1024;

/// The longest message that may fill the empty window although it gets no shorter itself: the next ones will.
const PRIMER: u64 = 1024;

/// By how many bytes it may grow.
const PRIMER_GROWTH: usize = 8;

/// How often one connection tries that: a window is empty again after a message that does not compress.
const PRIMERS: u8 = 4;

/// The sending half of the compression of a connection.
#[derive(Debug)]
pub(in crate::ws) struct FrameDeflater {
    deflater: Deflater,
    /// compressed bytes of the open message that are in no frame yet
    packed: Vec<u8>,
    /// where the memory of `packed` is from
    buffers: Buffers,
    /// the fragmented message that is open is compressed
    open: bool,
    /// the open message may fill the window even where it gets no shorter
    priming: bool,
    primers_left: u8,
}

/// How the payload of a frame is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ws) enum Form {
    /// as it is, in one frame
    Plain,
    /// its beginning decides whether it is compressed
    Undecided,
    /// compressed
    Deflated,
}

/// A piece of payload that becomes a frame, or a part of one.
#[derive(Debug, Clone, Copy)]
pub(in crate::ws) struct Piece<'a> {
    pub(in crate::ws) bytes: &'a [u8],
    pub(in crate::ws) kind: Kind,
    /// the last piece of its frame
    pub(in crate::ws) ends_frame: bool,
    /// the frame is the last of its message
    pub(in crate::ws) fin: bool,
}

impl FrameDeflater {
    pub(in crate::ws) fn new(params: &DeflateParams) -> FrameDeflater {
        FrameDeflater {
            deflater: Deflater::new(params),
            packed: Vec::new(),
            buffers: Buffers::default(),
            open: false,
            priming: false,
            primers_left: PRIMERS,
        }
    }

    /// Takes memory from `buffers` from now on.
    pub(in crate::ws) fn use_buffers(&mut self, buffers: Buffers) {
        self.buffers = buffers;
    }

    /// The form in which a TEXT or BINARY frame of `length` bytes is sent; `first` of its message, `plain`: as the caller
    /// wants it.
    pub(in crate::ws) fn form(&mut self, first: bool, fin: bool, length: u64, plain: bool) -> Form {
        if !first {
            return if self.open { Form::Deflated } else { Form::Plain };
        }
        self.open = false;
        let has_window = self.deflater.has_window();
        self.priming = self.deflater.keeps_window()
            && !has_window
            && fin
            && (1..=PRIMER).contains(&length)
            && self.primers_left > 0;
        let short = fin && length < WORTHWHILE && !has_window && !self.priming;
        match plain || short || (fin && length == 0) {
            true => Form::Plain,
            false => Form::Undecided,
        }
    }

    /// Compresses the beginning of a message. `false` if that makes it no shorter: nothing was written, and the message must
    /// be sent as it is.
    pub(in crate::ws) fn begin(
        &mut self,
        piece: Piece<'_>,
        encoder: &mut Encoder,
        key: [u8; 4],
        out: &mut Vec<u8>,
    ) -> Result<bool, SendError> {
        let decisive = piece.ends_frame && piece.fin || piece.bytes.len() >= SAMPLE;
        self.pack(piece, decisive)?;
        let growth = if self.priming { PRIMER_GROWTH } else { 0 };
        if self.priming && self.packed.len() >= piece.bytes.len() {
            self.primers_left -= 1;
        }
        if decisive && self.packed.len() >= piece.bytes.len() + growth {
            // The peer's inflater will not see these bytes, so later ones must not refer to them.
            self.deflater.reset();
            self.clear();
            return Ok(false);
        }
        self.open = true;
        self.write(piece, encoder, key, out);
        Ok(true)
    }

    /// Compresses the next piece of a message.
    pub(in crate::ws) fn push(
        &mut self,
        piece: Piece<'_>,
        encoder: &mut Encoder,
        key: [u8; 4],
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        self.pack(piece, false)?;
        self.write(piece, encoder, key, out);
        Ok(())
    }

    fn pack(&mut self, piece: Piece<'_>, flush: bool) -> Result<(), SendError> {
        if self.packed.capacity() == 0 {
            self.packed = (self.buffers.take)();
        }
        self.deflater.deflate(piece.bytes, &mut self.packed)?;
        match (piece.ends_frame, piece.fin) {
            (true, true) => self.deflater.finish(&mut self.packed),
            // The caller ends a fragment so that the peer can read it now.
            (true, false) => self.deflater.flush(&mut self.packed),
            (false, _) if flush => self.deflater.flush(&mut self.packed),
            (false, _) => Ok(()),
        }
    }

    fn write(&mut self, piece: Piece<'_>, encoder: &mut Encoder, key: [u8; 4], out: &mut Vec<u8>) {
        if piece.ends_frame || self.packed.len() >= FRAGMENT {
            encoder.compressed(piece.kind, piece.ends_frame && piece.fin, &self.packed, key, out);
            self.clear();
        }
    }

    fn clear(&mut self) {
        (self.buffers.give)(&mut self.packed);
    }
}
