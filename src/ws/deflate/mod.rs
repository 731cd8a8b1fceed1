//! permessage-deflate (RFC 7692): the negotiated parameters and the two directions.
//!
//! Each direction allocates its zlib state with the first compressed message, and frees it between messages where no
//! context is taken over.

mod deflater;
mod inflater;
mod params;
mod receive;
mod send;
mod zlib;

pub(crate) use params::{DeflateParams, Parameter};
pub(super) use receive::FrameInflater;
pub(super) use send::{Form, FrameDeflater, Piece};

/// The extension's name in `Sec-WebSocket-Extensions`.
pub(crate) const NAME: &str = "permessage-deflate";

/// The offer: the server may choose the size of both windows (section 7.1.2).
pub(crate) const OFFER: &str = "permessage-deflate; client_max_window_bits";

#[cfg(test)]
mod tests {
    use super::DeflateParams;
    use super::deflater::Deflater;
    use super::inflater::Inflater;
    use crate::ws::error::ProtocolError;

    /// Text that compresses, with repeats at every distance.
    fn sample(length: usize) -> Vec<u8> {
        let mut state = 12345u32;
        let mut words = Vec::new();
        while words.len() < length {
            state = state.wrapping_mul(1_103_515_245).wrapping_add(12345);
            words.extend_from_slice(format!("{{\"id\":{},\"name\":\"n{}\"}}", state >> 20, state >> 28).as_bytes());
        }
        words.truncate(length);
        words
    }

    fn params(bits: u8, takeover: bool) -> DeflateParams {
        DeflateParams {
            server_takeover: takeover,
            client_takeover: takeover,
            server_window_bits: bits,
            client_window_bits: bits,
        }
    }

    fn inflate(inflater: &mut Inflater, mut input: &[u8], chunk: usize) -> Result<Vec<u8>, ProtocolError> {
        let mut all = Vec::new();
        loop {
            let mut out = Vec::with_capacity(chunk);
            let consumed = inflater.inflate(input, &mut out)?;
            let full = out.len() == out.capacity();
            all.append(&mut out);
            input = &input[consumed..];
            if input.is_empty() && !full {
                break;
            }
        }
        loop {
            let mut out = Vec::with_capacity(chunk);
            let done = inflater.finish(&mut out)?;
            all.append(&mut out);
            if done {
                return Ok(all);
            }
        }
    }

    #[test]
    fn what_one_side_deflates_the_other_inflates() {
        for bits in 8..=15 {
            for takeover in [true, false] {
                let params = params(bits, takeover);
                let mut deflater = Deflater::new(&params);
                let mut inflater = Inflater::new(&params);
                for length in [0, 1, 5, 300, 5000, 100_000] {
                    let message = sample(length);
                    let mut packed = Vec::new();
                    for piece in message.chunks(777) {
                        deflater.deflate(piece, &mut packed).unwrap();
                    }
                    deflater.finish(&mut packed).unwrap();
                    for chunk in [7, 64 * 1024] {
                        let mut other = Inflater::new(&params);
                        if !takeover {
                            assert_eq!(inflate(&mut other, &packed, chunk).unwrap(), message);
                        }
                    }
                    assert_eq!(
                        inflate(&mut inflater, &packed, 1000).unwrap(),
                        message,
                        "{bits} {length}"
                    );
                }
            }
        }
    }

    #[test]
    fn flushed_fragments_can_be_read_at_once_and_end_empty() {
        let params = params(15, true);
        let mut deflater = Deflater::new(&params);
        let mut inflater = Inflater::new(&params);
        let mut first = Vec::new();
        deflater.deflate(b"stream of ", &mut first).unwrap();
        deflater.flush(&mut first).unwrap();
        let mut out = Vec::with_capacity(100);
        assert_eq!(inflater.inflate(&first, &mut out).unwrap(), first.len());
        assert_eq!(out, b"stream of ");
        let mut last = Vec::new();
        deflater.finish(&mut last).unwrap();
        assert_eq!(last, [0]);
        assert_eq!(inflate(&mut inflater, &last, 100).unwrap(), b"");
        let mut next = Vec::new();
        deflater.deflate(b"stream of ", &mut next).unwrap();
        deflater.finish(&mut next).unwrap();
        assert_eq!(inflate(&mut inflater, &next, 100).unwrap(), b"stream of ");
    }

    #[test]
    fn rfc_7692_section_7_2_3_examples() {
        let params = params(15, true);
        let one_block = b"\xf2\x48\xcd\xc9\xc9\x07\x00";
        let shared_window = b"\xf2\x00\x11\x00\x00";
        let stored = b"\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00";
        let final_block = b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00";
        let two_blocks = b"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00";
        for messages in [
            vec![&one_block[..], shared_window, shared_window],
            vec![stored, shared_window],
            vec![final_block, one_block],
            vec![two_blocks, shared_window],
        ] {
            let mut inflater = Inflater::new(&params);
            for message in messages {
                for chunk in [1, 100] {
                    let mut copy = Inflater::new(&params);
                    if message != shared_window {
                        assert_eq!(inflate(&mut copy, message, chunk).unwrap(), b"Hello");
                    }
                }
                assert_eq!(inflate(&mut inflater, message, 3).unwrap(), b"Hello");
            }
        }
    }

    #[test]
    fn damage_is_noticed() {
        let params = params(15, false);
        for input in [
            &b"\xff\xff\xff"[..],
            b"\x06",
            b"\xf2\x00\x11\x00\x00",
            b"\x00\x05\x00\x00\x00",
        ] {
            let mut inflater = Inflater::new(&params);
            assert!(inflate(&mut inflater, input, 100).is_err(), "{input:x?}");
        }
    }

    #[test]
    fn any_bytes_give_data_or_damage_and_never_more_than_there_is_room_for() {
        let mut state = 1u64;
        let mut random = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as usize
        };
        for round in 0..2000 {
            let mut inflater = Inflater::new(&params(15, round % 2 == 0));
            for _ in 0..4 {
                let mut input: Vec<u8> = (0..random() % 60).map(|_| random() as u8).collect();
                if let Some(first) = input.first_mut() {
                    // mostly a block type that goes on
                    *first = (*first & !7) | [2, 4, 0, 3][random() % 4];
                }
                let mut rest = &input[..];
                let mut corrupt = false;
                for _ in 0..10_000 {
                    let mut out = Vec::with_capacity(1 + random() % 50);
                    let room = out.capacity();
                    let Ok(consumed) = inflater.inflate(rest, &mut out) else {
                        corrupt = true;
                        break;
                    };
                    assert_eq!(out.capacity(), room);
                    rest = &rest[consumed..];
                    if rest.is_empty() && out.len() < room {
                        break;
                    }
                }
                if corrupt {
                    break;
                }
                assert!(rest.is_empty());
            }
        }
    }

    #[test]
    fn no_repeat_beyond_the_agreed_window_is_used() {
        let noise: Vec<u8> = (0..200u32)
            .map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8)
            .collect();
        for bits in [8u8, 9, 10] {
            let mut farthest = 0;
            for gap in 0..1500usize {
                let mut deflater = Deflater::new(&params(bits, false));
                let mut message = noise.clone();
                message.extend((0..gap).map(|i| (i.wrapping_mul(40_503) >> 7) as u8 | 1));
                message.extend_from_slice(&noise);
                let mut packed = Vec::new();
                deflater.deflate(&message, &mut packed).unwrap();
                deflater.finish(&mut packed).unwrap();
                let mut once = Vec::new();
                deflater.deflate(&message[..noise.len() + gap], &mut once).unwrap();
                deflater.finish(&mut once).unwrap();
                if packed.len() < once.len() + 100 {
                    farthest = noise.len() + gap;
                }
            }
            assert!((200..=1 << bits).contains(&farthest), "{bits} bits: {farthest}");
        }
    }

    #[test]
    fn without_takeover_nothing_is_kept_between_messages() {
        for (takeover, same) in [(false, true), (true, false)] {
            let mut deflater = Deflater::new(&params(15, takeover));
            let mut packed = [Vec::new(), Vec::new()];
            for out in &mut packed {
                deflater.deflate(&sample(500), out).unwrap();
                deflater.finish(out).unwrap();
            }
            assert_eq!(packed[0] == packed[1], same);
        }
    }
}
