//! Pieces of bounded size for the application.

use crate::types::codes::CURLcode;

const PIECE: usize = 8192;

/// Collects bytes, and gives them to the application piece by piece.
pub(in crate::abi) struct Writer<'a> {
    append: &'a mut dyn FnMut(&[u8]) -> bool,
    piece: Vec<u8>,
}

impl<'a> Writer<'a> {
    /// `append` says whether the application has taken the piece.
    pub(in crate::abi) fn new(append: &'a mut dyn FnMut(&[u8]) -> bool) -> Writer<'a> {
        Writer {
            append,
            piece: Vec::with_capacity(PIECE),
        }
    }

    pub(in crate::abi) fn write(&mut self, mut bytes: &[u8]) -> Result<(), CURLcode> {
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(PIECE - self.piece.len()));
            self.piece.extend_from_slice(now);
            bytes = later;
            if self.piece.len() == PIECE {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// Gives the rest.
    pub(in crate::abi) fn flush(&mut self) -> Result<(), CURLcode> {
        if !self.piece.is_empty() && !(self.append)(&self.piece) {
            return Err(CURLcode::CURLE_READ_ERROR);
        }
        self.piece.clear();
        Ok(())
    }
}
