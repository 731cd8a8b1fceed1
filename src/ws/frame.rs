//! The frame header of RFC 6455 section 5.2.

/// The longest payload of a control frame (section 5.5).
pub(super) const MAX_CONTROL_PAYLOAD: usize = 125;

/// The longest reason of a CLOSE frame: its payload less the status code (section 5.5.1).
pub(super) const MAX_REASON: usize = MAX_CONTROL_PAYLOAD - 2;

const FIN: u8 = 0x80;
const RSV: u8 = 0x70;
/// Marks a compressed message on its first frame (RFC 7692 section 6).
pub(super) const RSV1: u8 = 0x40;
const OPCODE: u8 = 0x0f;
/// In the second byte: a masking key follows the length.
pub(super) const MASKED: u8 = 0x80;
const LENGTH: u8 = 0x7f;
const LENGTH_16: u8 = 126;
const LENGTH_64: u8 = 127;
const CONTINUATION: u8 = 0;

/// The kind of a message or control frame, with the opcode of an unfragmented frame or a first fragment (section 11.8).
/// Continuation frames are of their message's kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    /// UTF-8 text
    Text = 1,
    /// any bytes
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10,
}

impl Kind {
    /// Control frames may come between the fragments of a message (section 5.4).
    #[inline]
    pub(crate) fn is_control(self) -> bool {
        matches!(self, Kind::Close | Kind::Ping | Kind::Pong)
    }

    /// The name as the RFC writes it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Text => "TEXT",
            Kind::Binary => "BINARY",
            Kind::Close => "CLOSE",
            Kind::Ping => "PING",
            Kind::Pong => "PONG",
        }
    }
}

/// What an opcode on the wire says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opcode {
    /// a further fragment of the open message
    Continuation,
    /// a control frame or the first frame of a message
    Start(Kind),
}

/// The first byte of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct First {
    /// last frame of its message
    pub(super) fin: bool,
    /// RSV1 to RSV3 in their place, 0 if none is set
    pub(super) rsv: u8,
    /// `Err` holds a reserved number
    pub(super) opcode: Result<Opcode, u8>,
}

impl First {
    /// Reads the byte: every value means something, if only a reserved opcode.
    pub(super) fn parse(byte: u8) -> First {
        let opcode = match byte & OPCODE {
            CONTINUATION => Ok(Opcode::Continuation),
            1 => Ok(Opcode::Start(Kind::Text)),
            2 => Ok(Opcode::Start(Kind::Binary)),
            8 => Ok(Opcode::Start(Kind::Close)),
            9 => Ok(Opcode::Start(Kind::Ping)),
            10 => Ok(Opcode::Start(Kind::Pong)),
            reserved => Err(reserved),
        };
        First {
            fin: byte & FIN != 0,
            rsv: byte & RSV,
            opcode,
        }
    }
}

/// The second byte of a frame and what follows it up to the payload (or masking key).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Length {
    /// as written, the top bit of a 64-bit length included
    pub(super) value: u64,
    /// the shortest of the three forms was used, as it must be
    pub(super) minimal: bool,
    /// bytes of the header up to the payload or masking key
    pub(super) header: usize,
}

impl Length {
    /// Reads the length from a frame's bytes, `None` while it is incomplete.
    pub(super) fn parse(frame: &[u8]) -> Option<Length> {
        let second = *frame.get(1)?;
        let (value, minimal, header) = match second & LENGTH {
            LENGTH_16 => {
                let value = u64::from(u16::from_be_bytes(*frame.get(2..)?.first_chunk()?));
                (value, value >= u64::from(LENGTH_16), 4)
            }
            LENGTH_64 => {
                let value = u64::from_be_bytes(*frame.get(2..)?.first_chunk()?);
                (value, value > u64::from(u16::MAX), 10)
            }
            short => (u64::from(short), true, 2),
        };
        Some(Length { value, minimal, header })
    }
}

#[inline]
fn first_byte(fin: bool, rsv: u8, opcode: Opcode) -> u8 {
    let opcode = match opcode {
        Opcode::Continuation => CONTINUATION,
        Opcode::Start(kind) => kind as u8,
    };
    let fin = if fin { FIN } else { 0 };
    fin | rsv | opcode
}

/// Appends a client's frame header: lengths in their shortest form, the masking key last. `rsv` is in its place.
#[inline(always)]
pub(super) fn write_header(fin: bool, rsv: u8, opcode: Opcode, length: u64, key: [u8; 4], out: &mut Vec<u8>) {
    let first = first_byte(fin, rsv, opcode);
    match length {
        0..=125 => write_short_header([first, MASKED | length as u8], key, out),
        _ => write_long_header(first, length, key, out),
    }
}

#[inline]
fn write_short_header([first, second]: [u8; 2], [a, b, c, d]: [u8; 4], out: &mut Vec<u8>) {
    let header = [first, second, a, b, c, d];
    match out.capacity() - out.len() >= header.len() {
        true => out.extend_from_slice(&header),
        false => extend_full(out, header),
    }
}

/// Apart, so that there is no register to be saved where there is room.
#[cold]
#[inline(never)]
fn extend_full(out: &mut Vec<u8>, header: [u8; 6]) {
    out.extend_from_slice(&header);
}

#[inline(never)]
fn write_long_header(first: u8, length: u64, key: [u8; 4], out: &mut Vec<u8>) {
    if let Ok(length) = u16::try_from(length) {
        out.extend_from_slice(&[first, MASKED | LENGTH_16]);
        out.extend_from_slice(&length.to_be_bytes());
    } else {
        out.extend_from_slice(&[first, MASKED | LENGTH_64]);
        out.extend_from_slice(&length.to_be_bytes());
    }
    out.extend_from_slice(&key);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_take_their_shortest_form() {
        for (length, header) in [
            (0u64, 2usize),
            (1, 2),
            (125, 2),
            (126, 4),
            (65535, 4),
            (65536, 10),
            (1 << 40, 10),
        ] {
            let mut out = Vec::new();
            write_header(true, 0, Opcode::Start(Kind::Binary), length, [1, 2, 3, 4], &mut out);
            assert_eq!(out.len(), header + 4, "{length}");
            let parsed = Length::parse(&out).unwrap();
            assert_eq!(
                parsed,
                Length {
                    value: length,
                    minimal: true,
                    header
                }
            );
            for cut in 0..header {
                assert_eq!(Length::parse(&out[..cut]), None);
            }
        }
    }

    #[test]
    fn longer_forms_than_needed_are_noticed() {
        for bytes in [&[0x82, 126, 0, 125][..], &[0x82, 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff]] {
            assert!(!Length::parse(bytes).unwrap().minimal);
        }
        for bytes in [&[0x82, 126, 0, 126][..], &[0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]] {
            assert!(Length::parse(bytes).unwrap().minimal);
        }
    }

    #[test]
    fn every_first_byte_has_a_reading() {
        for byte in 0..=255u8 {
            let first = First::parse(byte);
            assert_eq!(first.fin, byte >= 0x80);
            assert_eq!(first.rsv, byte & 0x70);
            match first.opcode {
                Ok(Opcode::Continuation) => assert_eq!(byte & 0x0f, 0),
                Ok(Opcode::Start(kind)) => assert_eq!(byte & 0x0f, kind as u8),
                Err(reserved) => assert!(matches!(reserved, 3..=7 | 11..=15)),
            }
        }
    }
}
