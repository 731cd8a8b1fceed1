//! Frames of RFC 6455, as far as a benchmark's server looks at them.

/// The beginning of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    /// FIN, the reserved bits and the opcode
    pub(crate) first: u8,
    pub(crate) length: u64,
    pub(crate) mask: [u8; 4],
}

impl Header {
    /// Whether this frame ends a text or binary message.
    pub(crate) fn ends_message(&self) -> bool {
        self.first & 0x80 != 0 && self.first & 0x08 == 0
    }

    pub(crate) fn is_close(&self) -> bool {
        self.first & 0x0f == 0x08
    }

    /// Appends the header of a frame of the same kind and length, not masked.
    pub(crate) fn write_unmasked(&self, output: &mut Vec<u8>) {
        output.push(self.first);
        match self.length {
            0..126 => output.push(self.length as u8),
            126..0x1_0000 => {
                output.push(126);
                output.extend_from_slice(&(self.length as u16).to_be_bytes());
            }
            _ => {
                output.push(127);
                output.extend_from_slice(&self.length.to_be_bytes());
            }
        }
    }
}

/// A part of what came: a frame's header, or payload of the frame whose header came last.
pub(crate) enum Piece<'a> {
    Header(Header),
    /// where in the payload it begins, and whether it ends it
    Payload(&'a [u8], u64, bool),
}

/// Takes masked frames apart, however they are cut.
#[derive(Default)]
pub(crate) struct Scanner {
    header: [u8; 14],
    filled: usize,
    length: u64,
    left: u64,
}

impl Scanner {
    /// Takes the next piece off the front of `input`; a frame without payload has no piece of payload.
    pub(crate) fn next<'a>(&mut self, input: &mut &'a [u8]) -> Option<Piece<'a>> {
        if self.left > 0 {
            return self.payload(input);
        }
        while self.filled < self.needed() {
            let (byte, rest) = input.split_first()?;
            self.header[self.filled] = *byte;
            self.filled += 1;
            *input = rest;
        }
        let header = self.parse();
        self.filled = 0;
        (self.length, self.left) = (header.length, header.length);
        Some(Piece::Header(header))
    }

    fn payload<'a>(&mut self, input: &mut &'a [u8]) -> Option<Piece<'a>> {
        if input.is_empty() {
            return None;
        }
        let size = input.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let (piece, rest) = input.split_at(size);
        let offset = self.length - self.left;
        self.left -= size as u64;
        *input = rest;
        Some(Piece::Payload(piece, offset, self.left == 0))
    }

    fn needed(&self) -> usize {
        match (self.filled, self.header[1] & 0x7f) {
            (0..2, _) => 2,
            (_, 126) => 8,
            (_, 127) => 14,
            _ => 6,
        }
    }

    fn parse(&self) -> Header {
        let bytes = &self.header;
        let length = match bytes[1] & 0x7f {
            126 => u64::from(u16::from_be_bytes([bytes[2], bytes[3]])),
            127 => bytes[2..10].iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
            short => u64::from(short),
        };
        let mask = self.needed() - 4;
        Header {
            first: bytes[0],
            length,
            mask: [bytes[mask], bytes[mask + 1], bytes[mask + 2], bytes[mask + 3]],
        }
    }
}

/// Appends `bytes`, which begin at `offset` of their payload, without their mask.
pub(crate) fn unmask(bytes: &[u8], offset: u64, mut mask: [u8; 4], output: &mut Vec<u8>) {
    mask.rotate_left((offset % 4) as usize);
    let begin = output.len();
    output.extend_from_slice(bytes);
    let key = u64::from(u32::from_ne_bytes(mask));
    let key = key << 32 | key;
    let mut words = output[begin..].chunks_exact_mut(8);
    for word in &mut words {
        let value = u64::from_ne_bytes([word[0], word[1], word[2], word[3], word[4], word[5], word[6], word[7]]);
        word.copy_from_slice(&(value ^ key).to_ne_bytes());
    }
    for (byte, key) in words.into_remainder().iter_mut().zip(mask.iter().cycle()) {
        *byte ^= key;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A masked frame, fed in pieces of every size, comes out as it went in.
    #[test]
    fn any_cut() {
        for length in [0usize, 5, 125, 126, 300, 70_000] {
            let mask = [1, 2, 3, 4];
            let payload: Vec<u8> = (0..length).map(|at| at as u8).collect();
            let header = Header {
                first: 0x82,
                length: length as u64,
                mask,
            };
            let mut wire = Vec::new();
            header.write_unmasked(&mut wire);
            wire[1] |= 0x80;
            wire.extend_from_slice(&mask);
            unmask(&payload, 0, mask, &mut wire);
            for cut in [1, 3, 7, 4096, wire.len()] {
                let (mut scanner, mut seen, mut got) = (Scanner::default(), None, Vec::new());
                for part in wire.chunks(cut) {
                    let mut part = part;
                    while let Some(piece) = scanner.next(&mut part) {
                        match piece {
                            Piece::Header(header) => seen = Some(header),
                            Piece::Payload(bytes, offset, _) => unmask(bytes, offset, mask, &mut got),
                        }
                    }
                }
                assert_eq!(
                    (seen, got.as_slice()),
                    (Some(header), payload.as_slice()),
                    "{length} in pieces of {cut}"
                );
            }
        }
    }
}
