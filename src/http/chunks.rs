//! The framing of a chunked body (RFC 9112 section 7.1).

use super::response::ResponseHead;
use super::text::list_members;

/// Where in a chunked body the next byte is.
#[derive(Debug, Default)]
pub(super) enum Chunks {
    /// before the size of a chunk
    #[default]
    Start,
    /// in the size, which has come to this
    Size(u64),
    /// behind the size, up to the end of its line
    Extension(u64),
    /// in a chunk of which this many bytes are to come
    Data(u64),
    /// behind a chunk, up to the end of the line
    End,
    /// at the start of a line behind the last chunk
    TrailerStart,
    /// in a trailer
    Trailer,
    /// the body is complete
    Over,
    /// what came is not chunked
    Broken,
}

impl Chunks {
    /// How many bytes at the front of `input` are framing, and how many behind them are data.
    pub(super) fn feed(&mut self, input: &[u8]) -> (usize, usize) {
        for (index, &byte) in input.iter().enumerate() {
            match self {
                Chunks::Data(left) => {
                    let there = input.len() - index;
                    return (index, usize::try_from(*left).unwrap_or(usize::MAX).min(there));
                }
                Chunks::Over | Chunks::Broken => return (index, 0),
                _ => self.step(byte),
            }
        }
        (input.len(), 0)
    }

    fn step(&mut self, byte: u8) {
        let digit = char::from(byte).to_digit(16).map(u64::from);
        *self = match (&*self, byte, digit) {
            (Chunks::Start, _, Some(digit)) => Chunks::Size(digit),
            (Chunks::Size(size), _, Some(digit)) if *size <= u64::MAX >> 4 => Chunks::Size(*size << 4 | digit),
            (Chunks::Size(0) | Chunks::Extension(0), b'\n', _) => Chunks::TrailerStart,
            (Chunks::Size(size) | Chunks::Extension(size), b'\n', _) => Chunks::Data(*size),
            (Chunks::Size(size), b'\r' | b';' | b' ' | b'\t', _) => Chunks::Extension(*size),
            (Chunks::Extension(size), ..) => Chunks::Extension(*size),
            (Chunks::End, b'\r', _) => Chunks::End,
            (Chunks::End, b'\n', _) => Chunks::Start,
            (Chunks::TrailerStart, b'\r', _) => Chunks::TrailerStart,
            (Chunks::TrailerStart, b'\n', _) => Chunks::Over,
            (Chunks::Trailer, b'\n', _) => Chunks::TrailerStart,
            (Chunks::TrailerStart | Chunks::Trailer, ..) => Chunks::Trailer,
            _ => Chunks::Broken,
        };
    }

    /// `count` bytes of data were taken.
    pub(super) fn take(&mut self, count: usize) {
        if let Chunks::Data(left) = self {
            *left -= count as u64;
            if *left == 0 {
                *self = Chunks::End;
            }
        }
    }

    /// No more data comes.
    pub(super) fn is_behind_data(&self) -> bool {
        matches!(
            self,
            Chunks::TrailerStart | Chunks::Trailer | Chunks::Over | Chunks::Broken
        )
    }

    /// The body is complete.
    pub(super) fn is_over(&self) -> bool {
        matches!(self, Chunks::Over)
    }

    pub(super) fn is_broken(&self) -> bool {
        matches!(self, Chunks::Broken)
    }
}

/// Whether the body of this response is chunked.
pub(super) fn is_chunked(head: &ResponseHead) -> bool {
    head.get("Transfer-Encoding")
        .flat_map(list_members)
        .any(|coding| coding.eq_ignore_ascii_case(b"chunked"))
}
