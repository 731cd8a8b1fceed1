//! Whole unfragmented TEXT and BINARY messages of a few bytes, both ways: what most programs send and receive most.
//!
//! [`super::Encoder`] and [`super::Decoder`] can do all of this and much more. Where a hundred instructions count, this is
//! the shorter way.

use super::frame::Kind;

/// Room for the longest frame that [`write()`] makes, and what masking in whole blocks needs behind it.
pub const ROOM: usize = HEAD + MAX_PAYLOAD.next_multiple_of(BLOCK);

/// The longest payload with a length of seven bits (RFC 6455 section 5.2).
const MAX_PAYLOAD: usize = 125;
/// Two bytes and the masking key.
const HEAD: usize = 6;
/// Of a server: two bytes and a length of 64 bits.
const LONGEST_HEAD: usize = 10;
/// The longest frame with a short length, and behind it more than a head.
const GLANCE: usize = 2 + MAX_PAYLOAD + LONGEST_HEAD + 1;
const BLOCK: usize = 16;

const FIN_TEXT: u8 = 0x81;
const FIN_BINARY: u8 = 0x82;
const FIN_PING: u8 = 0x89;
const MASKED: u8 = 0x80;
const LENGTH_16: u8 = 126;

/// Writes a masked frame with all of `payload` to the front of `frame` and says how long it is. `None` for control frames
/// and for a payload over 125 bytes. `key` must be fresh and unpredictable for every frame (RFC 6455 section 5.3).
pub fn write(kind: Kind, payload: &[u8], key: [u8; 4], frame: &mut [u8; ROOM]) -> Option<usize> {
    let length = payload.len();
    if length > MAX_PAYLOAD || kind.is_control() {
        return None;
    }
    frame[0] = if kind == Kind::Text { FIN_TEXT } else { FIN_BINARY };
    frame[1] = MASKED | length as u8;
    frame[2..HEAD].copy_from_slice(&key);
    frame[HEAD..HEAD + length].copy_from_slice(payload);
    // What is masked behind the payload's end is not part of the frame.
    let pattern = u128::from_ne_bytes([key; 4].as_flattened().try_into().ok()?);
    for block in frame[HEAD..HEAD + length.next_multiple_of(BLOCK)].as_chunks_mut().0 {
        *block = (u128::from_ne_bytes(*block) ^ pattern).to_ne_bytes();
    }
    Some(HEAD + length)
}

/// A message in one frame at the front of what a server sent.
#[derive(Debug, PartialEq, Eq)]
pub struct Whole<'a> {
    /// TEXT or BINARY
    pub kind: Kind,
    /// all of it
    pub payload: &'a [u8],
    /// what comes behind the frame
    pub rest: &'a [u8],
}

/// Reads a message of at most 125 bytes. For use between messages. `None` says nothing about what else `input` may be.
#[inline]
pub fn read(input: &[u8]) -> Option<Whole<'_>> {
    let (kind, length, behind) = begin(input)?;
    let (payload, rest) = behind.split_at_checked(length)?;
    Some(Whole { kind, payload, rest })
}

/// Reads a message of 126 to 65,535 bytes, like [`read`].
pub fn read_medium(input: &[u8]) -> Option<Whole<'_>> {
    let [first, LENGTH_16, behind @ ..] = input else {
        return None;
    };
    let kind = message_kind(*first)?;
    let (length, behind) = behind.split_first_chunk()?;
    let length = usize::from(u16::from_be_bytes(*length));
    if length <= MAX_PAYLOAD {
        return None;
    }
    let (payload, rest) = behind.split_at_checked(length)?;
    Some(Whole { kind, payload, rest })
}

/// Whether there surely is something to be delivered of `input`: a frame with a short length and some of its payload, or as
/// many bytes as the longest head has and one more. Of these some can be delivered, or they are a reason to fail, unless
/// they begin with a PING. For use without extensions.
pub fn begins(input: &[u8]) -> bool {
    input.len() > LONGEST_HEAD && input[0] != FIN_PING || matches!(begin(input), Some((_, 1.., [_, ..])))
}

/// The message at the front of `input` like [`read`], and how long its frame is, if something else [begins] behind it. All
/// of that is seen at a glance.
#[inline]
pub fn read_first(input: &[u8]) -> Option<(usize, Kind, &[u8])> {
    let glance: &[u8; GLANCE] = input.first_chunk()?;
    let kind = message_kind(glance[0])?;
    let length = usize::from(glance[1]);
    if length > MAX_PAYLOAD || glance[2 + length] == FIN_PING {
        return None;
    }
    Some((2 + length, kind, &glance[2..2 + length]))
}

fn begin(input: &[u8]) -> Option<(Kind, usize, &[u8])> {
    let [first, second, behind @ ..] = input else {
        return None;
    };
    let (kind, length) = (message_kind(*first)?, usize::from(*second));
    (length <= MAX_PAYLOAD).then_some((kind, length, behind))
}

fn message_kind(first: u8) -> Option<Kind> {
    if !(FIN_TEXT..=FIN_BINARY).contains(&first) {
        return None;
    }
    Some(if first == FIN_TEXT { Kind::Text } else { Kind::Binary })
}

#[cfg(test)]
mod tests {
    use super::super::{Decoder, Encoder};
    use super::*;

    const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

    #[test]
    fn frames_are_those_of_the_encoder() {
        let data: Vec<u8> = (0..=255).collect();
        for kind in [Kind::Text, Kind::Binary] {
            for length in 0..=MAX_PAYLOAD {
                let mut whole = Vec::new();
                let mut encoder = Encoder::default();
                encoder.start(kind, true, length as u64, KEY, &mut whole).unwrap();
                encoder.payload(&data[..length], &mut whole);
                let mut frame = [0; ROOM];
                let used = write(kind, &data[..length], KEY, &mut frame).unwrap();
                assert_eq!(&frame[..used], whole);
            }
        }
    }

    fn either(input: &[u8]) -> Option<Whole<'_>> {
        read(input).xor(read_medium(input))
    }

    #[test]
    fn what_is_long_or_for_control_is_not_written() {
        let mut frame = [0; ROOM];
        assert_eq!(write(Kind::Ping, b"", KEY, &mut frame), None);
        assert_eq!(write(Kind::Text, &[0; MAX_PAYLOAD + 1], KEY, &mut frame), None);
    }

    #[test]
    fn messages_are_those_of_the_decoder_and_of_no_cut_frame() {
        for length in [0usize, 1, 2, 125, 126, 127, 65535] {
            let mut input = vec![FIN_TEXT];
            match length {
                ..126 => input.push(length as u8),
                _ => {
                    input.push(LENGTH_16);
                    input.extend((length as u16).to_be_bytes());
                }
            }
            let head = input.len();
            assert_eq!(Decoder::default().read_head(&input), Ok(head));
            input.resize(head + length, 7);
            for cut in 0..head + length {
                assert_eq!(either(&input[..cut]), None);
            }
            input.extend(b"rest");
            let whole = Whole {
                kind: Kind::Text,
                payload: &[7; 65535][..length],
                rest: b"rest",
            };
            assert_eq!(either(&input), Some(whole));
        }
    }

    #[test]
    fn whatever_needs_a_thought_is_left_to_the_decoder() {
        let cases: [&[u8]; 8] = [
            b"\x01\x01a",         // a fragment
            b"\x80\x01a",         // a continuation
            b"\x89\x01a",         // a PING
            b"\xc1\x01a",         // compressed
            b"\x83\x01a",         // a reserved opcode
            b"\x81\x81keyya",     // masked
            b"\x81\x7e\x00\x01a", // a length written longer than need be
            b"\x81\x7f\0\0\0\0\0\0\0\x01a",
        ];
        for input in cases {
            assert_eq!(either(input), None, "{input:x?}");
        }
    }

    #[test]
    fn a_frame_begins_with_its_first_byte_of_payload() {
        let cases: [(&[u8], bool); 7] = [
            (b"", false),
            (b"\x81", false),
            (b"\x81\x02", false),
            (b"\x81\x02a", true),
            (b"\x82\x7dab", true),
            (b"\x81\x00\x81", false),
            (b"\x89\x01a", false),
        ];
        for (input, begun) in cases {
            assert_eq!(begins(input), begun, "{input:x?}");
            let long = [input, &[b'a'; LONGEST_HEAD]].concat();
            assert_eq!(
                begins(&long),
                input.first() != Some(&FIN_PING) && !input.is_empty(),
                "{input:x?}"
            );
        }
    }

    #[test]
    fn a_message_is_read_at_a_glance_if_more_than_a_ping_follows() {
        for length in [0, 1, 16, 125, 126] {
            let frame = [&[FIN_BINARY, length as u8][..], &vec![7; length]].concat();
            let followed = |by: u8, count| [&frame[..], &vec![by; count]].concat();
            let whole = (length <= MAX_PAYLOAD).then(|| (frame.len(), Kind::Binary, &frame[2..]));
            assert_eq!(read_first(&followed(FIN_TEXT, GLANCE)), whole);
            assert_eq!(read_first(&followed(FIN_PING, GLANCE)), None);
            assert_eq!(read_first(&followed(FIN_TEXT, 10)), None);
        }
    }
}
