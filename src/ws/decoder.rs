//! A server's byte stream as frames, in chunks as they come, checked against RFC 6455 section 5.

use std::fmt;

use super::frame::{First, Kind, Length, MAX_CONTROL_PAYLOAD, Opcode, RSV1};

/// Reads frame heads and keeps count of payloads. The bytes stay with the caller: a payload is never copied here.
#[derive(Debug, Default)]
pub struct Decoder {
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
pub struct Frame {
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
    pub fn length(&self) -> u64 {
        self.offset + self.remaining
    }
}

impl Decoder {
    /// A decoder that lets messages be compressed or not.
    pub fn new(deflate: bool) -> Decoder {
        Decoder {
            deflate,
            ..Decoder::default()
        }
    }

    /// Neither a frame nor a fragmented message has begun.
    pub fn is_idle(&self) -> bool {
        self.message.is_none() && self.frame.is_none()
    }

    /// The frame that is being received; `None` between frames.
    pub fn frame(&self) -> Option<Frame> {
        self.frame
    }

    /// Reads the next frame's head from the front of `input` and says how long it is: 0 while it is incomplete.
    ///
    /// What breaks the protocol is told at the first byte that shows it. Must be called between frames only.
    pub fn read_head(&mut self, input: &[u8]) -> Result<usize, Violation> {
        debug_assert!(self.frame.is_none());
        let Some(&first) = input.first() else {
            return Ok(0);
        };
        let first = First::parse(first);
        let Message { kind, compressed } = self.check_first(first)?;
        let Some(&second) = input.get(1) else {
            return Ok(0);
        };
        if second & 0x80 != 0 {
            return Err(Violation::Masked);
        }
        if kind.is_control() && usize::from(second) > MAX_CONTROL_PAYLOAD {
            return Err(Violation::LongControl(kind));
        }
        let Some(length) = Length::parse(input) else {
            return Ok(0);
        };
        if length.value > i64::MAX as u64 {
            return Err(Violation::HugeLength);
        }
        if !length.minimal {
            return Err(Violation::PaddedLength(length.value));
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
        Ok(length.head)
    }

    /// Counts `taken` payload bytes, at most those remaining. After the last one (also 0 of 0) the frame is over.
    pub fn take(&mut self, taken: u64) {
        if let Some(frame) = &mut self.frame {
            debug_assert!(taken <= frame.remaining);
            frame.offset += taken;
            frame.remaining -= taken;
            if frame.remaining == 0 {
                self.frame = None;
            }
        }
    }

    fn check_first(&self, first: First) -> Result<Message, Violation> {
        let compressed = first.rsv == RSV1 && self.deflate;
        if first.rsv != 0 && !compressed {
            return Err(Violation::ReservedBits(first.rsv >> 4));
        }
        match (first.opcode, self.message) {
            (Err(opcode), _) => Err(Violation::ReservedOpcode(opcode)),
            (Ok(Opcode::Start(kind)), _) if kind.is_control() && compressed => Err(Violation::CompressedControl(kind)),
            (Ok(Opcode::Start(kind)), _) if kind.is_control() => {
                if first.fin {
                    Ok(Message { kind, compressed })
                } else {
                    Err(Violation::FragmentedControl(kind))
                }
            }
            (Ok(Opcode::Start(kind)), None) => Ok(Message { kind, compressed }),
            (Ok(Opcode::Start(kind)), Some(open)) => Err(Violation::Interleaved {
                open: open.kind,
                new: kind,
            }),
            (Ok(Opcode::Continuation), Some(_)) if compressed => Err(Violation::CompressedContinuation),
            (Ok(Opcode::Continuation), Some(open)) => Ok(open),
            (Ok(Opcode::Continuation), None) => Err(Violation::NothingToContinue),
        }
    }
}

/// What a server did that RFC 6455 forbids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Violation {
    /// RSV1 to RSV3 as a number of three bits, with no extension that gives them a meaning
    ReservedBits(u8),
    /// RSV1 on a control frame: those are never compressed
    CompressedControl(Kind),
    /// RSV1 on a frame that is not the first of its message
    CompressedContinuation,
    /// an opcode that means nothing
    ReservedOpcode(u8),
    /// servers must not mask
    Masked,
    /// a continuation frame with no message open
    NothingToContinue,
    /// a new message inside a fragmented one
    Interleaved {
        /// the message not finished
        open: Kind,
        /// the one that started
        new: Kind,
    },
    /// a control frame without FIN
    FragmentedControl(Kind),
    /// a control frame with more than 125 bytes
    LongControl(Kind),
    /// the top bit of a 64-bit length
    HugeLength,
    /// a length written longer than need be
    PaddedLength(u64),
}

impl Violation {
    /// The status code that a Close frame tells the peer (section 7.4.1).
    pub fn close_code(self) -> u16 {
        1002
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Violation::ReservedBits(bits) => write!(
                f,
                "frame with reserved bits (RSV {bits:03b}) that no negotiated extension uses (RFC 6455 section 5.2)"
            ),
            Violation::CompressedControl(kind) => {
                write!(f, "{} frame marked as compressed (RFC 7692 section 6.1)", kind.name())
            }
            Violation::CompressedContinuation => {
                write!(f, "continuation frame marked as compressed (RFC 7692 section 6.1)")
            }
            Violation::ReservedOpcode(opcode) => {
                write!(f, "frame with reserved opcode {opcode} (RFC 6455 section 5.2)")
            }
            Violation::Masked => write!(f, "masked frame from the server (RFC 6455 section 5.1)"),
            Violation::NothingToContinue => write!(
                f,
                "continuation frame without a message to continue (RFC 6455 section 5.4)"
            ),
            Violation::Interleaved { open, new } => write!(
                f,
                "new {} message inside an unfinished fragmented {} message (RFC 6455 section 5.4)",
                new.name(),
                open.name()
            ),
            Violation::FragmentedControl(kind) => {
                write!(f, "fragmented {} frame (RFC 6455 section 5.5)", kind.name())
            }
            Violation::LongControl(kind) => write!(
                f,
                "{} frame with more than {MAX_CONTROL_PAYLOAD} bytes (RFC 6455 section 5.5)",
                kind.name()
            ),
            Violation::HugeLength => write!(
                f,
                "frame length with the most significant bit set (RFC 6455 section 5.2)"
            ),
            Violation::PaddedLength(length) => write!(
                f,
                "frame length {length} not in its shortest encoding (RFC 6455 section 5.2)"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Decodes everything and lists each frame as kind, fin, length.
    fn frames(mut input: &[u8]) -> Result<Vec<(Kind, bool, u64)>, Violation> {
        let mut decoder = Decoder::default();
        let mut seen = Vec::new();
        loop {
            let head = decoder.read_head(input)?;
            let Some(frame) = decoder.frame() else {
                return Ok(seen);
            };
            seen.push((frame.kind, frame.fin, frame.length()));
            decoder.take(frame.remaining);
            input = &input[head + frame.length() as usize..];
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
        let cases: &[(&[u8], Violation)] = &[
            (b"\xc1\x00", Violation::ReservedBits(4)),
            (b"\xa1\x00", Violation::ReservedBits(2)),
            (b"\x91\x00", Violation::ReservedBits(1)),
            (b"\x83\x00", Violation::ReservedOpcode(3)),
            (b"\x8f\x00", Violation::ReservedOpcode(15)),
            (b"\x81\x80", Violation::Masked),
            (b"\x80\x00", Violation::NothingToContinue),
            (
                b"\x01\x00\x82\x00",
                Violation::Interleaved {
                    open: Kind::Text,
                    new: Kind::Binary,
                },
            ),
            (b"\x09\x00", Violation::FragmentedControl(Kind::Ping)),
            (b"\x88\x7e", Violation::LongControl(Kind::Close)),
            (b"\x82\x7f\x80\0\0\0\0\0\0\0", Violation::HugeLength),
            (b"\x82\x7e\x00\x05", Violation::PaddedLength(5)),
            (b"\x82\x7f\0\0\0\0\0\0\xff\xff", Violation::PaddedLength(65535)),
        ];
        for (input, violation) in cases {
            assert_eq!(frames(input), Err(*violation));
        }
    }

    #[test]
    fn rsv1_marks_a_compressed_message_on_its_first_frame_alone() {
        let mut decoder = Decoder::new(true);
        for (head, compressed) in [
            (b"\x41\x00", true),
            (b"\x89\x00", false),
            (b"\x80\x00", true),
            (b"\x82\x00", false),
        ] {
            decoder.read_head(head).unwrap();
            assert_eq!(decoder.frame().unwrap().compressed, compressed, "{head:x?}");
            decoder.take(0);
        }
        for (heads, violation) in [
            (vec![b"\xc9\x00"], Violation::CompressedControl(Kind::Ping)),
            (vec![b"\x41\x00", b"\xc0\x00"], Violation::CompressedContinuation),
            (vec![b"\x01\x00", b"\xc0\x00"], Violation::CompressedContinuation),
            (vec![b"\xe1\x00"], Violation::ReservedBits(6)),
        ] {
            let mut decoder = Decoder::new(true);
            let mut result = Ok(0);
            for head in heads {
                result = decoder.read_head(head);
                decoder.take(0);
            }
            assert_eq!(result, Err(violation));
        }
    }

    #[test]
    fn a_violation_shows_at_its_first_byte() {
        for byte in [0x83, 0xc1, 0x80, 0x09] {
            assert!(Decoder::default().read_head(&[byte]).is_err(), "{byte:#x}");
        }
    }

    #[test]
    fn a_head_is_read_only_when_complete() {
        let head = b"\x82\x7f\0\0\0\0\0\x01\0\0";
        for cut in 0..head.len() {
            let mut decoder = Decoder::default();
            assert_eq!(decoder.read_head(&head[..cut]), Ok(0));
            assert_eq!(decoder.frame(), None);
        }
        let mut decoder = Decoder::default();
        assert_eq!(decoder.read_head(head), Ok(10));
        assert_eq!(decoder.frame().unwrap().length(), 65536);
    }

    #[test]
    fn chunks_add_up_to_the_frame() {
        let mut decoder = Decoder::default();
        decoder.read_head(b"\x82\x05").unwrap();
        decoder.take(2);
        let frame = decoder.frame().unwrap();
        assert_eq!((frame.offset, frame.remaining, frame.length()), (2, 3, 5));
        decoder.take(3);
        assert_eq!(decoder.frame(), None);
    }
}
