//! Frame headers from a server's byte stream, checked against RFC 6455 section 5.

use super::error::ProtocolError;
use super::frame::{First, Kind, Length, MASKED, MAX_CONTROL_PAYLOAD, Opcode, RSV1};

/// First byte of a TEXT message in one frame, and of a BINARY message.
const WHOLE_TEXT: u8 = 0x81;
const WHOLE_BINARY: u8 = 0x82;

/// The largest length that stands in the second byte itself.
const SHORT_LENGTH: u8 = 125;

/// Reads frame headers and counts payload bytes. Payload stays with the caller and is never copied here.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    /// permessage-deflate was negotiated: RSV1 has a meaning
    deflate: bool,
    message: Option<Message>,
    frame: Option<Frame>,
}

/// The fragmented message that is open.
#[derive(Debug, Clone, Copy)]
struct Message {
    kind: Kind,
    compressed: bool,
}

/// The frame whose payload is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame {
    /// of the message for a continuation
    pub kind: Kind,
    /// FIN is set: no further frame of this message
    pub fin: bool,
    /// part of a compressed message (RFC 7692 section 6)
    pub compressed: bool,
    /// payload bytes taken so far
    pub offset: u64,
    /// payload bytes still to come
    pub remaining: u64,
}

impl Frame {
    /// The whole payload's length.
    pub(crate) fn length(&self) -> u64 {
        self.offset + self.remaining
    }
}

impl Decoder {
    /// `deflate`: messages may be compressed.
    pub(super) fn new(deflate: bool) -> Decoder {
        Decoder {
            deflate,
            ..Decoder::default()
        }
    }

    /// The frame that is being received; `None` between frames.
    pub(super) fn frame(&self) -> Option<Frame> {
        self.frame
    }

    #[inline]
    pub(super) fn current(&self) -> Option<&Frame> {
        self.frame.as_ref()
    }

    /// Reads the next frame's header from the front of `input` and returns its length: 0 while it is incomplete.
    ///
    /// A violation in the first or second byte is reported without waiting for the rest. Must be called between frames only.
    #[inline]
    pub(super) fn read_header(&mut self, input: &[u8]) -> Result<usize, ProtocolError> {
        debug_assert!(self.frame.is_none());
        match self.read_short_header(input) {
            true => Ok(2),
            false => self.read_any_header(input),
        }
    }

    /// The fast path: a whole TEXT or BINARY message of at most 125 bytes. `false`: it is something else.
    #[inline(always)]
    pub(super) fn read_short_header(&mut self, input: &[u8]) -> bool {
        if let [first @ (WHOLE_TEXT | WHOLE_BINARY), length @ 0..=SHORT_LENGTH, ..] = *input
            && self.message.is_none()
        {
            self.frame = Some(Frame {
                kind: if first == WHOLE_TEXT { Kind::Text } else { Kind::Binary },
                fin: true,
                compressed: false,
                offset: 0,
                remaining: u64::from(length),
            });
            return true;
        }
        false
    }

    fn read_any_header(&mut self, input: &[u8]) -> Result<usize, ProtocolError> {
        let Some(&first) = input.first() else {
            return Ok(0);
        };
        let first = First::parse(first);
        let Message { kind, compressed } = self.check_first(first)?;
        let Some(&second) = input.get(1) else {
            return Ok(0);
        };
        if second & MASKED != 0 {
            return Err(ProtocolError::Masked);
        }
        if kind.is_control() && usize::from(second) > MAX_CONTROL_PAYLOAD {
            return Err(ProtocolError::LongControl(kind));
        }
        let Some(length) = Length::parse(input) else {
            return Ok(0);
        };
        if length.value > i64::MAX as u64 {
            return Err(ProtocolError::HugeLength);
        }
        if !length.minimal {
            return Err(ProtocolError::PaddedLength(length.value));
        }
        if !kind.is_control() {
            self.message = (!first.fin).then_some(Message { kind, compressed });
        }
        self.frame = Some(Frame {
            kind,
            fin: first.fin,
            compressed,
            offset: 0,
            remaining: length.value,
        });
        Ok(length.header)
    }

    /// Counts `taken` payload bytes, at most those remaining. With the last one (also 0 of 0) the frame ends: `true`.
    #[inline]
    pub(super) fn take(&mut self, taken: u64) -> bool {
        let Some(frame) = &mut self.frame else {
            return true;
        };
        debug_assert!(taken <= frame.remaining);
        let ends = taken == frame.remaining;
        match ends {
            true => self.frame = None,
            false => {
                frame.offset += taken;
                frame.remaining -= taken;
            }
        }
        ends
    }

    fn check_first(&self, first: First) -> Result<Message, ProtocolError> {
        let compressed = first.rsv == RSV1 && self.deflate;
        if first.rsv != 0 && !compressed {
            return Err(ProtocolError::ReservedBits(first.rsv >> 4));
        }
        match (first.opcode, self.message) {
            (Err(opcode), _) => Err(ProtocolError::ReservedOpcode(opcode)),
            (Ok(Opcode::Start(kind)), _) if kind.is_control() && compressed => {
                Err(ProtocolError::CompressedControl(kind))
            }
            (Ok(Opcode::Start(kind)), _) if kind.is_control() => {
                if first.fin {
                    Ok(Message { kind, compressed })
                } else {
                    Err(ProtocolError::FragmentedControl(kind))
                }
            }
            (Ok(Opcode::Start(kind)), None) => Ok(Message { kind, compressed }),
            (Ok(Opcode::Start(kind)), Some(open)) => Err(ProtocolError::Interleaved {
                open: open.kind,
                new: kind,
            }),
            (Ok(Opcode::Continuation), Some(_)) if compressed => Err(ProtocolError::CompressedContinuation),
            (Ok(Opcode::Continuation), Some(open)) => Ok(open),
            (Ok(Opcode::Continuation), None) => Err(ProtocolError::NothingToContinue),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Decodes everything and lists each frame as kind, fin, length.
    fn frames(mut input: &[u8]) -> Result<Vec<(Kind, bool, u64)>, ProtocolError> {
        let mut decoder = Decoder::default();
        let mut seen = Vec::new();
        loop {
            let header = decoder.read_header(input)?;
            let Some(frame) = decoder.frame() else {
                return Ok(seen);
            };
            seen.push((frame.kind, frame.fin, frame.length()));
            decoder.take(frame.remaining);
            input = &input[header + frame.length() as usize..];
        }
    }

    #[test]
    fn continuations_carry_the_kind_of_their_message() {
        let input = b"\x01\x02ab\x89\x01p\x00\x01c\x80\x00\x82\x01z";
        assert_eq!(
            frames(input).unwrap(),
            [
                (Kind::Text, false, 2),
                (Kind::Ping, true, 1),
                (Kind::Text, false, 1),
                (Kind::Text, true, 0),
                (Kind::Binary, true, 1),
            ]
        );
    }

    #[test]
    fn each_rule_broken_is_named() {
        let cases: &[(&[u8], ProtocolError)] = &[
            (b"\xc1\x00", ProtocolError::ReservedBits(4)),
            (b"\xa1\x00", ProtocolError::ReservedBits(2)),
            (b"\x91\x00", ProtocolError::ReservedBits(1)),
            (b"\x83\x00", ProtocolError::ReservedOpcode(3)),
            (b"\x8f\x00", ProtocolError::ReservedOpcode(15)),
            (b"\x81\x80", ProtocolError::Masked),
            (b"\x80\x00", ProtocolError::NothingToContinue),
            (
                b"\x01\x00\x82\x00",
                ProtocolError::Interleaved {
                    open: Kind::Text,
                    new: Kind::Binary,
                },
            ),
            (b"\x09\x00", ProtocolError::FragmentedControl(Kind::Ping)),
            (b"\x88\x7e", ProtocolError::LongControl(Kind::Close)),
            (b"\x82\x7f\x80\0\0\0\0\0\0\0", ProtocolError::HugeLength),
            (b"\x82\x7e\x00\x05", ProtocolError::PaddedLength(5)),
            (b"\x82\x7f\0\0\0\0\0\0\xff\xff", ProtocolError::PaddedLength(65535)),
        ];
        for (input, violation) in cases {
            assert_eq!(frames(input), Err(*violation));
        }
    }

    #[test]
    fn rsv1_marks_a_compressed_message_on_its_first_frame_alone() {
        let mut decoder = Decoder::new(true);
        for (header, compressed) in [
            (b"\x41\x00", true),
            (b"\x89\x00", false),
            (b"\x80\x00", true),
            (b"\x82\x00", false),
        ] {
            decoder.read_header(header).unwrap();
            assert_eq!(decoder.frame().unwrap().compressed, compressed, "{header:x?}");
            decoder.take(0);
        }
        for (headers, violation) in [
            (vec![b"\xc9\x00"], ProtocolError::CompressedControl(Kind::Ping)),
            (vec![b"\x41\x00", b"\xc0\x00"], ProtocolError::CompressedContinuation),
            (vec![b"\x01\x00", b"\xc0\x00"], ProtocolError::CompressedContinuation),
            (vec![b"\xe1\x00"], ProtocolError::ReservedBits(6)),
        ] {
            let mut decoder = Decoder::new(true);
            let mut result = Ok(0);
            for header in headers {
                result = decoder.read_header(header);
                decoder.take(0);
            }
            assert_eq!(result, Err(violation));
        }
    }

    #[test]
    fn a_violation_shows_at_its_first_byte() {
        for byte in [0x83, 0xc1, 0x80, 0x09] {
            assert!(Decoder::default().read_header(&[byte]).is_err(), "{byte:#x}");
        }
    }

    #[test]
    fn a_header_is_read_only_when_complete() {
        let header = b"\x82\x7f\0\0\0\0\0\x01\0\0";
        for cut in 0..header.len() {
            let mut decoder = Decoder::default();
            assert_eq!(decoder.read_header(&header[..cut]), Ok(0));
            assert_eq!(decoder.frame(), None);
        }
        let mut decoder = Decoder::default();
        assert_eq!(decoder.read_header(header), Ok(10));
        assert_eq!(decoder.frame().unwrap().length(), 65536);
    }

    #[test]
    fn chunks_add_up_to_the_frame() {
        let mut decoder = Decoder::default();
        decoder.read_header(b"\x82\x05").unwrap();
        decoder.take(2);
        let frame = decoder.frame().unwrap();
        assert_eq!((frame.offset, frame.remaining, frame.length()), (2, 3, 5));
        decoder.take(3);
        assert_eq!(decoder.frame(), None);
    }
}
