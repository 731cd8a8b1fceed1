//! RFC 7692 sections 6 and 7, the server's messages: inflated in bounded memory.

use flate2::{Compress, Compression, FlushCompress};

use super::client::{Client, Delivered, Style, fragment, last, relaxed, strict};
use super::segments::{self, Random};
use super::server::{self, BINARY, CLOSE, FIRST_TEXT, LAST, MIDDLE, PING, PONG, RSV1, TEXT, frame};
use crate::ws::deflate::DeflateParams;
use crate::ws::{Config, Event, Kind, ProtocolError};

/// "Hello" as section 7.2.3 has it: in one block, with a reference to the message before, stored, in a final block, in two
/// blocks.
const ONE_BLOCK: &[u8] = b"\xf2\x48\xcd\xc9\xc9\x07\x00";
const SHARED_WINDOW: &[u8] = b"\xf2\x00\x11\x00\x00";
const STORED: &[u8] = b"\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00";
const FINAL_BLOCK: &[u8] = b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00";
const TWO_BLOCKS: &[u8] = b"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00";

fn params(server_takeover: bool, server_window_bits: u8) -> DeflateParams {
    DeflateParams {
        server_takeover,
        client_takeover: true,
        server_window_bits,
        client_window_bits: 15,
    }
}

fn receive(config: Config, takeover: bool, script: &[u8]) -> segments::Outcome {
    segments::receive_deflated(config, Some(&params(takeover, 15)), script)
}

fn client(config: Config) -> Client {
    let room = usize::MAX;
    Client::with(config, Some(&params(true, 15)), Style { short: true, room })
}

/// Deflates as a server does.
struct Deflater {
    state: Compress,
    takeover: bool,
}

impl Deflater {
    fn new(takeover: bool, bits: u8) -> Deflater {
        Deflater {
            state: Compress::new_with_window_bits(Compression::default(), false, bits),
            takeover,
        }
    }

    fn message(&mut self, text: &[u8]) -> Vec<u8> {
        let mut packed = Vec::with_capacity(text.len() + 100);
        self.state.compress_vec(text, &mut packed, FlushCompress::Sync).unwrap();
        assert!(packed.len() < packed.capacity());
        assert_eq!(packed.split_off(packed.len() - 4), b"\0\0\xff\xff");
        if !self.takeover {
            self.state.reset();
        }
        packed
    }
}

/// Text that compresses, with repeats at many distances.
fn sample(length: usize) -> Vec<u8> {
    let mut random = Random(length as u64);
    let mut text = Vec::new();
    while text.len() < length {
        let (id, name) = (random.below(5000), random.below(16));
        text.extend_from_slice(format!("{{\"id\":{id},\"name\":\"n{name}\"}}").as_bytes());
    }
    text.truncate(length);
    text
}

mod section_6_framing {
    use super::*;

    #[test]
    fn a_control_frame_is_never_compressed() {
        for (first, kind) in [(CLOSE, Kind::Close), (PING, Kind::Ping), (PONG, Kind::Pong)] {
            for script in [
                vec![first | RSV1],
                [frame(FIRST_TEXT, "a"), vec![first | RSV1]].concat(),
            ] {
                let outcome = receive(relaxed(), true, &script);
                assert_eq!(outcome.error, Some(ProtocolError::CompressedControl(kind)));
                assert_eq!(outcome.sent, [(CLOSE, b"\x03\xea".to_vec())]);
            }
        }
    }

    #[test]
    fn only_the_first_frame_of_a_message_is_marked() {
        for first in [FIRST_TEXT, FIRST_TEXT | RSV1] {
            for next in [LAST | RSV1, MIDDLE | RSV1] {
                let script = [frame(first, STORED), vec![next]].concat();
                let outcome = receive(relaxed(), true, &script);
                assert_eq!(outcome.error, Some(ProtocolError::CompressedContinuation));
            }
        }
        let outcome = receive(relaxed(), true, &[LAST | RSV1]);
        assert_eq!(outcome.error, Some(ProtocolError::NothingToContinue));
    }

    #[test]
    fn compressed_messages_and_others_follow_one_another() {
        let script = [
            frame(TEXT | RSV1, ONE_BLOCK),
            frame(TEXT, "plain"),
            frame(BINARY | RSV1, SHARED_WINDOW),
            frame(FIRST_TEXT, "a"),
            frame(LAST, "b"),
            frame(TEXT | RSV1, SHARED_WINDOW),
        ];
        let outcome = receive(strict(), true, &script.concat());
        assert_eq!(
            outcome.frames,
            [
                last(Kind::Text, "Hello"),
                last(Kind::Text, "plain"),
                last(Kind::Binary, "Hello"),
                fragment(Kind::Text, "a"),
                last(Kind::Text, "b"),
                last(Kind::Text, "Hello"),
            ]
        );
    }

    #[test]
    fn headers_are_reported_as_they_are_on_the_wire() {
        let config = Config {
            report_headers: true,
            ..relaxed()
        };
        let outcome = receive(config, true, &frame(TEXT | RSV1, ONE_BLOCK));
        assert_eq!(outcome.headers.len(), 1);
        assert!(outcome.headers[0].compressed);
        assert_eq!(outcome.headers[0].length(), 7);
        assert_eq!(outcome.frames, [last(Kind::Text, "Hello")]);
    }
}

mod section_7_1_1_context_takeover {
    use super::*;

    #[test]
    fn a_message_may_refer_to_those_before() {
        let script = [frame(TEXT | RSV1, ONE_BLOCK), frame(TEXT | RSV1, SHARED_WINDOW)].concat();
        assert_eq!(
            receive(relaxed(), true, &script).frames,
            [last(Kind::Text, "Hello"), last(Kind::Text, "Hello")]
        );
    }

    #[test]
    fn without_it_each_message_stands_alone() {
        let script = [frame(TEXT | RSV1, ONE_BLOCK), frame(TEXT | RSV1, SHARED_WINDOW)].concat();
        let outcome = receive(relaxed(), false, &script);
        assert_eq!(outcome.frames, [last(Kind::Text, "Hello")]);
        assert_eq!(outcome.error, Some(ProtocolError::Corrupt));
        let script = [frame(TEXT | RSV1, ONE_BLOCK), frame(TEXT | RSV1, FINAL_BLOCK)].concat();
        assert_eq!(receive(relaxed(), false, &script.repeat(2)).frames.len(), 4);
    }
}

mod section_7_1_2_window_size {
    use super::*;

    #[test]
    fn every_window_is_big_enough() {
        for bits in 9..=15 {
            for takeover in [true, false] {
                let mut deflater = Deflater::new(takeover, bits);
                let params = params(takeover, if bits == 9 { 8 } else { bits });
                let style = Style {
                    short: true,
                    room: 5000,
                };
                let mut client = Client::with(strict(), Some(&params), style);
                for length in [10, 1000, 70_000, 300] {
                    let text = sample(length);
                    client.receive(&frame(TEXT | RSV1, deflater.message(&text)));
                    assert_eq!(client.frames.pop(), Some(last(Kind::Text, text)));
                }
                assert_eq!(client.error, None);
            }
        }
    }
}

mod section_7_2_2_decompression {
    use super::*;

    #[test]
    fn fragments_may_be_cut_anywhere() {
        let text = "Größe: 1, Größe: 2, Größe: 3".as_bytes();
        let packed = Deflater::new(true, 15).message(text);
        for first in 0..=packed.len() {
            for second in first..=packed.len() {
                let script = [
                    frame(FIRST_TEXT | RSV1, &packed[..first]),
                    frame(MIDDLE, &packed[first..second]),
                    frame(PING, "p"),
                    frame(LAST, &packed[second..]),
                ]
                .concat();
                for room in [1, usize::MAX] {
                    let style = Style { short: true, room };
                    let mut client = Client::with(strict(), Some(&params(true, 15)), style);
                    for byte in script.chunks(3) {
                        client.receive(byte);
                    }
                    assert_eq!(client.error, None);
                    let fins: Vec<bool> = client.frames.iter().map(|frame| frame.fin).collect();
                    assert_eq!(fins, [false, false, true]);
                    let whole: Vec<u8> = client.frames.into_iter().flat_map(|frame| frame.payload).collect();
                    assert_eq!(whole, text);
                }
            }
        }
    }

    #[test]
    fn a_fragment_is_delivered_as_far_as_it_can_be_inflated() {
        let script = [frame(FIRST_TEXT | RSV1, &ONE_BLOCK[..3]), frame(LAST, &ONE_BLOCK[3..])].concat();
        let outcome = receive(relaxed(), true, &script);
        let [first, second] = &outcome.frames[..] else {
            panic!("{outcome:?}");
        };
        assert!(!first.fin && second.fin);
        assert_eq!([&first.payload[..], &second.payload].concat(), b"Hello");
    }

    #[test]
    fn empty_fragments_inflate_to_nothing() {
        let script = [
            frame(FIRST_TEXT | RSV1, ""),
            frame(MIDDLE, ONE_BLOCK),
            frame(MIDDLE, ""),
            frame(LAST, ""),
        ];
        let outcome = receive(strict(), true, &script.concat());
        assert_eq!(
            outcome.frames,
            [
                fragment(Kind::Text, ""),
                fragment(Kind::Text, "Hello"),
                fragment(Kind::Text, ""),
                last(Kind::Text, ""),
            ]
        );
    }

    #[test]
    fn broken_data_fails_the_connection() {
        for packed in [&b"\xff\xff\xff"[..], b"\x06", SHARED_WINDOW, b"\x00\x05\x00\x00\x00"] {
            let outcome = receive(relaxed(), true, &frame(BINARY | RSV1, packed));
            assert_eq!(outcome.error, Some(ProtocolError::Corrupt));
            assert_eq!(outcome.sent, [(CLOSE, b"\x03\xef".to_vec())]);
            assert_eq!(outcome.frames, []);
        }
    }

    #[test]
    fn text_is_checked_once_it_is_inflated() {
        let mut deflater = Deflater::new(true, 15);
        let good = deflater.message("é€🦀".as_bytes());
        let bad = deflater.message(b"\xc3\xa9\xff");
        let cut = deflater.message(b"\xc3");
        let outcome = receive(strict(), true, &frame(TEXT | RSV1, &good));
        assert_eq!(outcome.frames, [last(Kind::Text, "é€🦀")]);
        for packed in [bad, cut] {
            let script = [frame(TEXT | RSV1, &good), frame(TEXT | RSV1, &packed)].concat();
            let outcome = receive(strict(), true, &script);
            assert_eq!(outcome.error, Some(ProtocolError::NotUtf8));
            assert_eq!(outcome.frames.len(), 1);
            let script = [frame(TEXT | RSV1, &good), frame(BINARY | RSV1, &packed)].concat();
            assert_eq!(receive(strict(), true, &script).error, None);
            let script = [frame(TEXT | RSV1, &good), frame(TEXT | RSV1, &packed)].concat();
            assert_eq!(receive(relaxed(), true, &script).error, None);
        }
    }

    #[test]
    fn a_long_message_is_the_same_in_any_pieces() {
        let text = sample(150_000);
        let packed = frame(TEXT | RSV1, Deflater::new(true, 15).message(&text));
        let mut random = Random(11);
        for room in [100, 16 * 1024, usize::MAX] {
            let style = Style { short: true, room };
            let mut client = Client::with(strict(), Some(&params(true, 15)), style);
            let mut rest = &packed[..];
            while !rest.is_empty() {
                let (piece, after) = rest.split_at(rest.len().min(1 + random.below(2000)));
                client.receive(piece);
                rest = after;
            }
            assert_eq!(client.frames, [last(Kind::Text, text.clone())]);
        }
    }
}

mod section_7_2_3_examples {
    use super::*;

    fn assert_hello(messages: &[&[u8]]) {
        let script: Vec<u8> = messages.iter().flat_map(|packed| frame(TEXT | RSV1, packed)).collect();
        let wanted: Vec<Delivered> = messages.iter().map(|_| last(Kind::Text, "Hello")).collect();
        assert_eq!(receive(strict(), true, &script).frames, wanted);
    }

    #[test]
    fn section_7_2_3_1_one_compressed_block() {
        assert_hello(&[ONE_BLOCK]);
        let script = b"\x41\x03\xf2\x48\xcd\x80\x04\xc9\xc9\x07\x00";
        let outcome = receive(strict(), true, script);
        let whole: Vec<u8> = outcome.frames.into_iter().flat_map(|frame| frame.payload).collect();
        assert_eq!(whole, b"Hello");
    }

    #[test]
    fn section_7_2_3_2_sharing_the_window() {
        assert_hello(&[ONE_BLOCK, SHARED_WINDOW, SHARED_WINDOW]);
    }

    #[test]
    fn section_7_2_3_3_a_block_without_compression() {
        assert_hello(&[STORED, SHARED_WINDOW]);
    }

    #[test]
    fn section_7_2_3_4_a_final_block() {
        assert_hello(&[FINAL_BLOCK]);
        assert_hello(&[FINAL_BLOCK, ONE_BLOCK, FINAL_BLOCK]);
        // Without the header of an empty block behind it.
        let (_, bare) = FINAL_BLOCK.split_last().unwrap();
        assert_hello(&[bare, ONE_BLOCK, SHARED_WINDOW, bare, bare]);
    }

    #[test]
    fn section_7_2_3_5_two_blocks() {
        assert_hello(&[TWO_BLOCKS, SHARED_WINDOW]);
    }

    #[test]
    fn section_7_2_3_6_an_empty_fragment() {
        for script in [
            vec![frame(TEXT | RSV1, [0])],
            vec![frame(FIRST_TEXT | RSV1, ""), frame(LAST, [0])],
        ] {
            let outcome = receive(
                strict(),
                true,
                &[script.concat(), frame(TEXT | RSV1, ONE_BLOCK)].concat(),
            );
            assert_eq!(outcome.frames.last(), Some(&last(Kind::Text, "Hello")));
            assert!(outcome.frames[0].payload.is_empty());
        }
    }
}

mod limits {
    use super::*;

    fn limited(max_message: u64) -> Config {
        Config {
            max_message: Some(max_message),
            ..relaxed()
        }
    }

    #[test]
    fn the_inflated_message_counts() {
        let script = [
            frame(FIRST_TEXT | RSV1, &ONE_BLOCK[..4]),
            frame(PING, [0; 50]),
            frame(LAST, &ONE_BLOCK[4..]),
            frame(TEXT | RSV1, SHARED_WINDOW),
        ];
        assert_eq!(receive(limited(5), true, &script.concat()).error, None);
        let outcome = receive(limited(4), true, &script.concat());
        assert_eq!(outcome.error, Some(ProtocolError::TooLarge(4)));
        assert_eq!(outcome.sent.last(), Some(&(CLOSE, b"\x03\xf1".to_vec())));
        // The compressed length does not count.
        assert!(STORED.len() > 5);
        assert_eq!(receive(limited(5), true, &frame(TEXT | RSV1, STORED)).error, None);
    }

    #[test]
    fn a_bomb_is_inflated_in_bounded_memory() {
        const LENGTH: usize = 16 << 20;
        let packed = Deflater::new(true, 15).message(&vec![0; LENGTH]);
        let script = frame(BINARY | RSV1, packed);
        assert!(script.len() < LENGTH / 500);
        let mut client = client(relaxed());
        let connection = &mut client.connection;
        let mut input = &script[..];
        let mut total = 0;
        while total < LENGTH {
            let (used, event) = connection.receive(input);
            assert!(matches!(event, Ok(Event::Memory(frame)) if frame.offset == total as u64));
            input = &input[used..];
            // Nothing is inflated in advance.
            let pending = connection.memory_pending();
            assert_eq!(connection.receive(input), (0, event));
            assert_eq!(connection.memory_pending(), pending);
            assert!(pending <= 32 << 10);
            // Enough for a whole write callback.
            assert!(pending > 16 << 10 || total + pending == LENGTH);
            let count = connection.memory().len().min(20_000);
            // The last byte comes with the frame's end.
            assert!(count > 0 && (count == pending) == (total + count == LENGTH));
            total += count;
            connection.take_memory(count);
        }
        assert_eq!(total, LENGTH);
        assert!(connection.is_between_frames());
        assert_eq!(input, b"");
    }

    #[test]
    fn a_bomb_is_found_at_the_limit() {
        let packed = Deflater::new(true, 15).message(&vec![0; 4 << 20]);
        let mut client = client(limited(100_000));
        client.receive(&frame(BINARY | RSV1, packed));
        assert_eq!(client.error, Some(ProtocolError::TooLarge(100_000)));
        let delivered = client.partial.unwrap().payload.len();
        assert!((50_000..=100_000).contains(&delivered), "{delivered}");
    }

    #[test]
    fn what_is_inflated_waits_in_part() {
        let mut client = client(relaxed());
        let connection = &mut client.connection;
        let script = frame(TEXT | RSV1, ONE_BLOCK);
        let (used, event) = connection.receive(&script[..8]);
        assert_eq!(used, 8);
        let Ok(Event::Memory(frame)) = event else {
            panic!("{event:?}");
        };
        assert_eq!((frame.kind, frame.compressed, frame.offset), (Kind::Text, true, 0));
        // Its length is not known.
        assert_eq!(frame.length(), 0);
        // The last byte waits for the end of the frame.
        assert_eq!(connection.memory(), b"Hell");
        assert_eq!(connection.memory_pending(), 5);
        connection.take_memory(4);
        assert_eq!(connection.receive(b""), (0, Ok(Event::NeedInput)));
        assert_eq!(connection.memory(), b"");
        assert_eq!(connection.memory_pending(), 1);
        assert!(!connection.is_between_frames());
        let (used, event) = connection.receive(&script[8..]);
        assert!(matches!(event, Ok(Event::Memory(frame)) if frame.offset == 4));
        assert_eq!(used, 1);
        assert_eq!(connection.memory(), b"o");
        assert_eq!(connection.memory_pending(), 1);
        connection.take_memory(1);
        assert!(connection.is_between_frames());
    }

    #[test]
    fn what_is_inflated_does_not_wait_for_more_input() {
        const LENGTH: usize = 1 << 20;
        let script = frame(BINARY | RSV1, Deflater::new(true, 15).message(&vec![0; LENGTH]));
        let mut client = client(relaxed());
        let (last, before) = script.split_last().unwrap();
        client.receive(before);
        assert_eq!(client.partial.as_ref().unwrap().payload.len(), LENGTH - 1);
        client.receive(&[*last]);
        assert_eq!(client.frames[0].payload.len(), LENGTH);
    }

    #[test]
    fn a_segment_may_end_where_the_buffer_does() {
        const BLOCK: usize = 60_000;
        let text = Random(2).bytes(BLOCK);
        let length = BLOCK as u16;
        let header = [&[0][..], &length.to_le_bytes(), &(!length).to_le_bytes()].concat();
        let script = frame(BINARY | RSV1, [&header[..], &text, &[0]].concat());
        let before = script.len() - BLOCK - 1;
        for inflated in [
            (16 << 10) - 1,
            16 << 10,
            (16 << 10) + 1,
            (32 << 10) - 1,
            32 << 10,
            (32 << 10) + 1,
        ] {
            let mut client = client(relaxed());
            let (first, rest) = script.split_at(before + inflated);
            client.receive(first);
            client.receive(b"");
            assert_eq!(client.error, None);
            // All but the byte that waits for the end of the frame.
            let partial = &client.partial.as_ref().unwrap().payload;
            assert_eq!(partial.len(), inflated - 1);
            client.receive(rest);
            assert_eq!(client.frames, [last(Kind::Binary, &text)]);
        }
    }

    #[test]
    fn fragments_that_inflate_to_nothing_are_delivered_one_by_one() {
        let empty_block = b"\x00\x00\x00\xff\xff";
        let mut script = frame(FIRST_TEXT | RSV1, [ONE_BLOCK, &empty_block[1..]].concat());
        script.extend([frame(MIDDLE, empty_block), frame(MIDDLE, "")].concat().repeat(50));
        let mut client = client(relaxed());
        client.receive(&script);
        assert_eq!(client.frames.len(), 101);
        assert!(client.frames[1..].iter().all(|frame| frame.payload.is_empty()));
        assert_eq!(server::frames(&client.output), []);
    }
}
