//! The fuzzer's bytes as a series of choices.

/// Choices are read from the front. When the bytes are used up, every choice is 0.
pub(super) struct Script<'a>(&'a [u8]);

impl<'a> Script<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Script<'a> {
        Script(bytes)
    }

    pub(super) fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn byte(&mut self) -> u8 {
        match self.0 {
            [first, rest @ ..] => {
                self.0 = rest;
                *first
            }
            [] => 0,
        }
    }

    pub(super) fn number(&mut self) -> u16 {
        u16::from_be_bytes([self.byte(), self.byte()])
    }

    /// At most `count` bytes.
    pub(super) fn bytes(&mut self, count: usize) -> &'a [u8] {
        let (bytes, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        bytes
    }

    pub(super) fn rest(&mut self) -> &'a [u8] {
        self.bytes(usize::MAX)
    }

    /// Lengths of pieces, to be used in a circle; 0 is all that is left.
    pub(super) fn cuts(&mut self) -> &'a [u8] {
        let count = self.byte() % 16;
        self.bytes(count.into())
    }
}

/// `bytes` in pieces of these lengths.
pub(super) fn pieces<'a>(bytes: &'a [u8], cuts: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = bytes;
    let mut lengths = cuts.iter().cycle();
    std::iter::from_fn(move || {
        let length = match lengths.next() {
            None | Some(0) => rest.len(),
            Some(length) => rest.len().min((*length).into()),
        };
        let (piece, next) = rest.split_at(length);
        rest = next;
        (!piece.is_empty()).then_some(piece)
    })
}
