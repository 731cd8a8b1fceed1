//! Compressed messages that are sent (RFC 7692 section 7.2.1), in bounded memory.
//!
//! A frame tells its length before its payload, and how long compressed payload gets is known only afterwards. So an
//! application's frame goes out as one or more frames of a fragmented message, each whole and of bounded size; the
//! small ones as one.

use flate2::CompressError;

use crate::error::{Error, Result};
use crate::io::pool;
use crate::random;
use crate::types::codes::CURLcode;
use crate::ws::deflate::{Agreement, Deflater};
use crate::ws::{Encoder, Kind};

/// Shorter messages stay as they are: compressed they are hardly shorter, and they cost time at both ends.
const WORTHWHILE: u64 = 64;

/// So much of a message tells whether it compresses.
const SAMPLE: usize = 1024;

/// Compressed bytes that are gathered before a frame is made of them.
const FRAGMENT: usize = 32 * 1024;

/// The sending half of the compression of a connection.
pub(super) struct Deflating {
    deflater: Deflater,
    /// compressed bytes of the open message that are in no frame yet
    packed: Vec<u8>,
    /// the fragmented message that is open is compressed
    open: bool,
}

/// How the payload of an application's frame goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// as it is, in one frame
    Plain,
    /// compressed or not, as its beginning will tell
    Undecided,
    /// compressed
    Deflated,
}

/// A piece of payload on its way into frames.
pub(super) struct Piece<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) kind: Kind,
    /// the last piece of its frame
    pub(super) ends_frame: bool,
    /// the frame is the last of its message
    pub(super) fin: bool,
}

impl Deflating {
    pub(super) fn new(agreement: &Agreement) -> Deflating {
        Deflating {
            deflater: Deflater::new(agreement),
            packed: Vec::new(),
            open: false,
        }
    }

    /// How a TEXT or BINARY frame of `length` bytes is to go out; `first` of its message, `plain` if that was asked for.
    pub(super) fn form(&mut self, first: bool, fin: bool, length: u64, plain: bool) -> Form {
        match (first, self.open) {
            (false, true) => Form::Deflated,
            (false, false) => Form::Plain,
            (true, _) => {
                self.open = false;
                match plain || (fin && length < WORTHWHILE) {
                    true => Form::Plain,
                    false => Form::Undecided,
                }
            }
        }
    }

    /// Compresses the beginning of a message. `false` if that does not pay: nothing is written, and the message must go
    /// out as it is.
    pub(super) fn begin(&mut self, piece: &Piece<'_>, encoder: &mut Encoder, out: &mut Vec<u8>) -> Result<bool> {
        let telling = piece.ends_frame && piece.fin || piece.bytes.len() >= SAMPLE;
        self.pack(piece, telling)?;
        if telling && self.packed.len() >= piece.bytes.len() {
            // The peer's inflater will not see these bytes, so ours must not refer to them.
            self.deflater.reset();
            pool::give(&mut self.packed);
            return Ok(false);
        }
        self.open = true;
        self.write(piece, encoder, out)?;
        Ok(true)
    }

    /// Compresses what comes next of a message.
    pub(super) fn go_on(&mut self, piece: &Piece<'_>, encoder: &mut Encoder, out: &mut Vec<u8>) -> Result<()> {
        self.pack(piece, false)?;
        self.write(piece, encoder, out)
    }

    fn pack(&mut self, piece: &Piece<'_>, flush: bool) -> Result<()> {
        if self.packed.capacity() == 0 {
            self.packed = pool::take();
        }
        self.deflater
            .deflate(piece.bytes, &mut self.packed)
            .and_then(|()| match (piece.ends_frame, piece.fin) {
                (true, true) => self.deflater.finish(&mut self.packed),
                // The application ends a fragment so that the peer has it now.
                (true, false) => self.deflater.flush(&mut self.packed),
                (false, _) if flush => self.deflater.flush(&mut self.packed),
                (false, _) => Ok(()),
            })
            .map_err(|error| failed(&error))
    }

    fn write(&mut self, piece: &Piece<'_>, encoder: &mut Encoder, out: &mut Vec<u8>) -> Result<()> {
        if !piece.ends_frame && self.packed.len() < FRAGMENT {
            return Ok(());
        }
        let fin = piece.ends_frame && piece.fin;
        let key = random::masking_key()?;
        encoder.compressed(piece.kind, fin, &self.packed, key, out);
        pool::give(&mut self.packed);
        Ok(())
    }
}

fn failed(error: &CompressError) -> Error {
    Error::new(
        CURLcode::CURLE_SEND_ERROR,
        format!("[WS] compressing the message failed: {error}"),
    )
}
