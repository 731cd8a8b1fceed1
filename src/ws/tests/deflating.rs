//! RFC 7692 section 7, the client's messages: compressed where that pays, in frames of bounded size.

use flate2::{Decompress, FlushDecompress};

use super::client::{Client, Style, relaxed, start, with_keys};
use super::segments::Random;
use super::server::{self, BINARY, FIRST_BINARY, FIRST_TEXT, LAST, MIDDLE, PING, RSV1, TEXT, frame};
use crate::ws::deflate::DeflateParams;
use crate::ws::{Config, FrameStart, Kind, SendError};

fn params(client_takeover: bool, client_window_bits: u8) -> DeflateParams {
    DeflateParams {
        server_takeover: true,
        client_takeover,
        server_window_bits: 15,
        client_window_bits,
    }
}

fn client(takeover: bool) -> Client {
    let room = usize::MAX;
    Client::with(relaxed(), Some(&params(takeover, 15)), Style { short: true, room })
}

/// Inflates as a server does.
struct Inflater {
    state: Decompress,
    takeover: bool,
    /// the message that is open is compressed
    compressed: bool,
}

impl Inflater {
    fn new(takeover: bool, bits: u8) -> Inflater {
        Inflater {
            state: Decompress::new_with_window_bits(false, bits),
            takeover,
            compressed: false,
        }
    }

    /// The contents of whole messages.
    fn messages(&mut self, output: &[u8]) -> Vec<Vec<u8>> {
        let mut messages = Vec::new();
        let mut message = Vec::new();
        for (first, payload) in server::frames(output) {
            if first & 0x0f >= 8 {
                continue;
            }
            message.extend(self.frame(first, &payload));
            if first & 0x80 != 0 {
                messages.push(std::mem::take(&mut message));
            }
        }
        assert_eq!(message, b"", "an unfinished message");
        messages
    }

    /// The content of one frame.
    fn frame(&mut self, first: u8, payload: &[u8]) -> Vec<u8> {
        if first & 0x0f != 0 {
            self.compressed = first & RSV1 != 0;
        } else {
            assert_eq!(first & RSV1, 0, "a continuation frame is marked");
        }
        if !self.compressed {
            return payload.to_vec();
        }
        let mut payload = payload.to_vec();
        if first & 0x80 != 0 {
            payload.extend_from_slice(b"\0\0\xff\xff");
        }
        let content = self.inflate(&payload);
        if first & 0x80 != 0 && !self.takeover {
            self.state.reset(false);
        }
        content
    }

    fn inflate(&mut self, mut input: &[u8]) -> Vec<u8> {
        let mut all = Vec::new();
        loop {
            let mut out = Vec::with_capacity(4096);
            let before = self.state.total_in();
            self.state
                .decompress_vec(input, &mut out, FlushDecompress::None)
                .unwrap();
            input = &input[(self.state.total_in() - before) as usize..];
            let full = out.len() == out.capacity();
            all.append(&mut out);
            if input.is_empty() && !full {
                return all;
            }
        }
    }
}

fn text(length: usize) -> Vec<u8> {
    let mut random = Random(length as u64);
    let mut text = Vec::new();
    while text.len() < length {
        text.extend_from_slice(format!("{{\"id\":{}}},", random.below(300)).as_bytes());
    }
    text.truncate(length);
    text
}

/// First bytes of the frames.
fn firsts(output: &[u8]) -> Vec<u8> {
    server::frames(output).iter().map(|frame| frame.0).collect()
}

mod section_7_2_1_compression {
    use super::*;

    #[test]
    fn a_message_becomes_shorter_and_stays_the_same() {
        for takeover in [true, false] {
            let mut client = client(takeover);
            let mut inflater = Inflater::new(takeover, 15);
            for length in [64, 100, 1000, 1024, 5000, 100_000] {
                let text = text(length);
                client.send(Kind::Text, &text).unwrap();
                assert_eq!(firsts(&client.output)[0] | 0x80, TEXT | RSV1);
                assert!(client.output.len() < length, "{length}");
                assert_eq!(inflater.messages(&client.output), [text]);
                client.output.clear();
            }
        }
    }

    #[test]
    fn the_last_four_bytes_of_a_flush_are_left_out() {
        let mut client = client(true);
        client.send(Kind::Text, text(500)).unwrap();
        let frames = server::frames(&client.output);
        assert_eq!(frames.len(), 1);
        assert!(!frames[0].1.ends_with(b"\0\0\xff\xff"));
    }

    #[test]
    fn pieces_make_one_message() {
        let whole = text(20_000);
        for room in [1, 7, 1000, 1023, 1024, 1025, 9999, 20_000] {
            for takeover in [true, false] {
                let mut client = client(takeover);
                client.start(Kind::Binary, 20_000).unwrap();
                for piece in whole.chunks(room) {
                    assert_eq!(client.connection.open_frame(), Some(Kind::Binary));
                    client.push(piece);
                }
                assert_eq!(client.connection.open_frame(), None);
                assert_eq!(client.connection.send_remaining(), 0);
                let messages = Inflater::new(takeover, 15).messages(&client.output);
                assert_eq!(messages, [&whole[..]]);
                assert!(client.output.len() < 10_000);
            }
        }
    }

    #[test]
    fn a_long_message_leaves_in_frames_of_bounded_size() {
        let mut random = Random(5);
        // Compresses to about half.
        let whole: Vec<u8> = (0..1 << 20).map(|_| random.below(16) as u8).collect();
        let mut client = client(true);
        client.start(Kind::Binary, whole.len() as u64).unwrap();
        for piece in whole.chunks(8 * 1024) {
            client.push(piece);
        }
        let frames = server::frames(&client.output);
        assert!(frames.len() > 10);
        assert!(frames.iter().all(|frame| frame.1.len() < 50 * 1024));
        let (first, rest) = frames.split_first().unwrap();
        assert!(rest.iter().rev().skip(1).all(|frame| frame.1.len() >= 32 * 1024));
        let (last, middle) = rest.split_last().unwrap();
        assert_eq!((first.0, last.0), (FIRST_BINARY | RSV1, LAST));
        assert!(middle.iter().all(|frame| frame.0 == MIDDLE));
        assert_eq!(Inflater::new(true, 15).messages(&client.output), [whole]);
        assert_eq!(client.connection.open_message(), None);
    }

    #[test]
    fn what_does_not_compress_leaves_as_it_is() {
        for takeover in [true, false] {
            let mut client = client(takeover);
            let noise = Random(1).bytes(3000);
            client.send(Kind::Binary, &noise).unwrap();
            assert_eq!(server::frames(&client.output), [(BINARY, noise.clone())]);
            client.start(Kind::Binary, 3000).unwrap();
            assert!(!client.connection.is_byte_for_byte());
            client.push(&noise[..1024]);
            // Its beginning has decided.
            assert!(client.connection.is_byte_for_byte());
            assert_eq!(client.connection.send_remaining(), 3000 - 1024);
            client.push(&noise[1024..]);
            // The next message compresses, and refers to nothing that the peer has not seen.
            let text = [&noise[..], &text(3000)].concat();
            client.send(Kind::Text, &text[3000..]).unwrap();
            client.send(Kind::Binary, &noise).unwrap();
            let messages = Inflater::new(takeover, 15).messages(&client.output);
            assert_eq!(messages, [&noise[..], &noise, &text[3000..], &noise]);
            assert_eq!(firsts(&client.output)[2], TEXT | RSV1);
        }
    }

    #[test]
    fn an_empty_piece_decides_nothing() {
        for (whole, first) in [(Random(2).bytes(3000), BINARY), (text(3000), BINARY | RSV1)] {
            let mut client = client(true);
            client.start(Kind::Binary, 3000).unwrap();
            client.push("");
            client.push(&whole);
            assert_eq!(firsts(&client.output), [first]);
            assert_eq!(Inflater::new(true, 15).messages(&client.output), [whole]);
        }
    }

    #[test]
    fn a_beginning_that_is_too_short_to_decide_is_compressed() {
        let noise = Random(2).bytes(3000);
        let mut client = client(true);
        client.start(Kind::Binary, 3000).unwrap();
        client.push(&noise[..1023]);
        client.push(&noise[1023..]);
        assert_eq!(firsts(&client.output), [BINARY | RSV1]);
        assert_eq!(Inflater::new(true, 15).messages(&client.output), [noise]);
    }

    #[test]
    fn a_caller_may_not_want_it() {
        let mut client = client(true);
        let text = text(5000);
        let plain = FrameStart {
            plain: true,
            ..start(Some(Kind::Text), false, 5000)
        };
        client.connection.start_frame(plain, &text, &mut client.output).unwrap();
        assert_eq!(server::frames(&client.output), [(TEXT, text.clone())]);
        client.output.clear();
        // For the whole message, whatever later frames say.
        let first = FrameStart { fin: false, ..plain };
        client.connection.start_frame(first, &text, &mut client.output).unwrap();
        client.send(Kind::Text, &text).unwrap();
        assert_eq!(firsts(&client.output), [FIRST_TEXT, LAST]);
        assert!(server::frames(&client.output).iter().all(|frame| frame.1 == text));
    }

    #[test]
    fn an_empty_message_is_not_compressed() {
        let mut client = client(true);
        client.send(Kind::Text, text(500)).unwrap();
        client.output.clear();
        client.send(Kind::Text, "").unwrap();
        client.start(Kind::Binary, 0).unwrap();
        assert_eq!(client.connection.open_frame(), None);
        assert_eq!(server::frames(&client.output), [(TEXT, vec![]), (BINARY, vec![])]);
    }

    #[test]
    fn control_frames_are_not_compressed() {
        let mut client = client(true);
        for kind in [Kind::Ping, Kind::Pong, Kind::Close] {
            let payload = [b'a'; 120];
            client.send(kind, payload).unwrap();
            client.start(kind, 120).unwrap();
            assert!(client.connection.is_byte_for_byte());
            client.push(payload);
        }
        let frames = server::frames(&client.output);
        assert!(frames.iter().all(|frame| frame.0 & RSV1 == 0 && frame.1 == [b'a'; 120]));
        assert_eq!(frames.len(), 6);
    }

    #[test]
    fn without_a_masking_key_nothing_changes() {
        let text = text(500);
        for (length, first) in [(500, 500), (500, 100), (0, 0)] {
            for more in [true, false] {
                let mut client = client(true);
                let frame = start(Some(Kind::Text), more, length);
                let output = &mut client.output;
                let connection = &mut client.connection;
                let started = with_keys(0, || connection.start_frame(frame, &text[..first], output));
                assert_eq!(started, Err(SendError::NoKey));
                assert_eq!(client.output, b"");
                assert_eq!(client.connection.open_frame(), None);
                assert_eq!(client.connection.open_message(), None);
                assert_eq!(client.connection.last_kind(), None);
                client.send(Kind::Text, &text).unwrap();
                assert_eq!(Inflater::new(true, 15).messages(&client.output), [&text[..]]);
            }
        }
    }

    #[test]
    fn a_piece_without_a_masking_key_can_be_sent_again() {
        let text = text(5000);
        let mut client = client(true);
        client.start(Kind::Text, 5000).unwrap();
        client.push(&text[..2000]);
        let output = &mut client.output;
        let connection = &mut client.connection;
        let sent = with_keys(0, || connection.send(&text[2000..], output));
        assert_eq!(sent, Err(SendError::NoKey));
        assert_eq!(client.connection.send_remaining(), 3000);
        client.push(&text[2000..]);
        assert_eq!(Inflater::new(true, 15).messages(&client.output), [text]);
    }
}

mod section_7_1_1_context_takeover {
    use super::*;

    #[test]
    fn a_message_refers_to_those_before() {
        let text = text(500);
        for (takeover, shorter) in [(true, true), (false, false)] {
            let mut client = client(takeover);
            client.send(Kind::Text, &text).unwrap();
            let first = client.output.len();
            client.send(Kind::Text, &text).unwrap();
            let second = client.output.len() - first;
            assert_eq!(second < first / 2, shorter);
            assert_eq!(second == first, !shorter);
            let messages = Inflater::new(takeover, 15).messages(&client.output);
            assert_eq!(messages, [&text[..], &text]);
        }
    }

    #[test]
    fn short_messages_compress_from_the_second_on() {
        let message = |i| format!("{{\"type\":\"price\",\"id\":{i},\"eur\":12}}");
        let mut client = client(true);
        let mut lengths = Vec::new();
        for i in 0..20 {
            let before = client.output.len();
            client.send(Kind::Text, message(i)).unwrap();
            lengths.push(client.output.len() - before - 6);
        }
        assert!(lengths[0] <= message(0).len() + 8);
        assert!(lengths[1..].iter().all(|length| *length < 20), "{lengths:?}");
        assert_eq!(firsts(&client.output), [TEXT | RSV1; 20]);
        let wanted: Vec<Vec<u8>> = (0..20).map(|i| message(i).into_bytes()).collect();
        assert_eq!(Inflater::new(true, 15).messages(&client.output), wanted);
    }

    #[test]
    fn without_it_short_messages_are_not_compressed() {
        let mut client = client(false);
        client.send(Kind::Text, [b'a'; 63]).unwrap();
        client.send(Kind::Text, [b'a'; 64]).unwrap();
        assert_eq!(firsts(&client.output), [TEXT, TEXT | RSV1]);
        // In more than one frame the length is not known in advance.
        client.output.clear();
        client.send_fragment(Kind::Text, [b'a'; 10]).unwrap();
        client.send(Kind::Text, [b'a'; 10]).unwrap();
        assert_eq!(firsts(&client.output), [FIRST_TEXT | RSV1, LAST]);
        assert_eq!(Inflater::new(false, 15).messages(&client.output), [vec![b'a'; 20]]);
    }

    #[test]
    fn short_noise_does_not_cost_for_ever() {
        let mut client = client(true);
        let mut random = Random(9);
        let mut wanted = Vec::new();
        for _ in 0..20 {
            let noise = random.bytes(40);
            client.send(Kind::Binary, &noise).unwrap();
            wanted.push(noise);
        }
        let compressed = firsts(&client.output)
            .iter()
            .filter(|first| **first & RSV1 != 0)
            .count();
        assert_eq!(compressed, 4);
        assert!(client.output.len() <= 20 * 46 + 4 * 8);
        assert_eq!(Inflater::new(true, 15).messages(&client.output), wanted);
    }

    #[test]
    fn short_messages_refer_to_a_longer_one_whatever_came_before() {
        let text = text(500);
        let mut client = client(true);
        let mut random = Random(9);
        for _ in 0..20 {
            client.send(Kind::Binary, random.bytes(40)).unwrap();
        }
        client.output.clear();
        client.send(Kind::Text, &text).unwrap();
        client.send(Kind::Text, &text[..40]).unwrap();
        let sent = server::frames(&client.output);
        assert_eq!(sent[1].0, TEXT | RSV1);
        assert!(sent[1].1.len() < 10);
    }

    #[test]
    fn a_window_that_was_lost_to_noise_is_filled_again() {
        let text = text(60);
        let noise = Random(3).bytes(2000);
        let mut client = client(true);
        for message in [&text[..], &text, &noise, &text, &text] {
            client.send(Kind::Binary, message).unwrap();
        }
        let messages = Inflater::new(true, 15).messages(&client.output);
        assert_eq!(messages, [&text[..], &text, &noise, &text, &text]);
        let sent = server::frames(&client.output);
        assert_eq!(sent[2].0, BINARY);
        assert_eq!(sent[4].0, BINARY | RSV1);
        assert!(sent[1].1.len() < 10 && sent[4].1.len() < 10);
    }
}

mod section_7_1_2_window_size {
    use super::*;

    #[test]
    fn no_repeat_beyond_the_agreed_window_is_used() {
        // Repeats at every distance up to 40,000.
        let block = Random(4).bytes(100);
        let mut whole = Vec::new();
        for gap in (0..40_000).step_by(1500) {
            whole.extend_from_slice(&block);
            whole.extend(text(gap));
        }
        for bits in 8..=15 {
            let style = Style {
                short: true,
                room: usize::MAX,
            };
            let mut client = Client::with(relaxed(), Some(&params(true, bits)), style);
            client.send(Kind::Binary, &whole).unwrap();
            client.send(Kind::Binary, &whole[..5000]).unwrap();
            let messages = Inflater::new(true, bits.max(9)).messages(&client.output);
            assert_eq!(messages, [&whole[..], &whole[..5000]]);
        }
    }
}

mod section_7_2_1_fragments {
    use super::*;

    #[test]
    fn each_can_be_inflated_at_once() {
        let mut client = client(true);
        let mut inflater = Inflater::new(true, 15);
        let pieces = [text(300), Vec::new(), text(10), text(2000), Vec::new()];
        let last = pieces.len() - 1;
        for (i, piece) in pieces.iter().enumerate() {
            client.send_frame(Some(Kind::Text), i < last, piece).unwrap();
            let frames = server::frames(&client.output);
            assert_eq!(frames.len(), 1);
            let (first, payload) = &frames[0];
            let wanted = match i {
                0 => FIRST_TEXT | RSV1,
                _ if i == last => LAST,
                _ => MIDDLE,
            };
            assert_eq!(*first, wanted);
            assert_eq!(inflater.frame(*first, payload), *piece);
            client.output.clear();
        }
        // Later messages can refer to them.
        client.send(Kind::Text, text(300)).unwrap();
        assert!(client.output.len() < 100);
        assert_eq!(inflater.messages(&client.output), [text(300)]);
    }

    #[test]
    fn a_message_may_begin_with_nothing() {
        for takeover in [true, false] {
            let mut client = client(takeover);
            client.send_fragment(Kind::Text, "").unwrap();
            client.send_fragment(Kind::Text, "").unwrap();
            client.send(Kind::Text, "").unwrap();
            client.send(Kind::Text, text(100)).unwrap();
            let messages = Inflater::new(takeover, 15).messages(&client.output);
            assert_eq!(messages, [Vec::new(), text(100)]);
        }
    }

    #[test]
    fn control_frames_go_between_them() {
        let mut client = client(true);
        client.send_fragment(Kind::Text, text(300)).unwrap();
        client.send(Kind::Ping, "p").unwrap();
        client.receive(&frame(PING, "q"));
        client.send(Kind::Text, text(300)).unwrap();
        let wanted = [FIRST_TEXT | RSV1, PING, server::PONG, LAST];
        assert_eq!(firsts(&client.output), wanted);
        let messages = Inflater::new(true, 15).messages(&client.output);
        assert_eq!(messages, [text(300).repeat(2)]);
    }

    #[test]
    fn a_due_pong_waits_for_the_end_of_the_callers_frame() {
        let mut random = Random(5);
        let whole: Vec<u8> = (0..600_000).map(|_| random.below(16) as u8).collect();
        let mut client = client(true);
        client.start(Kind::Binary, whole.len() as u64).unwrap();
        for piece in whole.chunks(50_000) {
            client.push(piece);
            client.receive(&frame(PING, "p"));
        }
        client.connection.write_pending(&mut client.output);
        let firsts = firsts(&client.output);
        assert!(firsts.len() > 3);
        assert_eq!(firsts.last(), Some(&server::PONG));
        assert_eq!(Inflater::new(true, 15).messages(&client.output), [whole]);
    }

    #[test]
    fn a_due_answer_to_close_waits_for_the_end_of_the_callers_frame() {
        let config = Config {
            answer_close: true,
            ..relaxed()
        };
        let room = usize::MAX;
        let mut client = Client::with(config, Some(&params(true, 15)), Style { short: true, room });
        let text = text(5000);
        client.start(Kind::Text, 5000).unwrap();
        client.push(&text[..2000]);
        let written = client.output.len();
        client.receive(&server::close(1000, ""));
        assert_eq!(client.output.len(), written);
        client.push(&text[2000..]);
        client.connection.write_pending(&mut client.output);
        assert_eq!(firsts(&client.output).last(), Some(&server::CLOSE));
        assert_eq!(Inflater::new(true, 15).messages(&client.output), [text]);
    }

    #[test]
    fn the_kind_of_the_message_is_that_of_its_first_frame() {
        let mut client = client(true);
        client.send_fragment(Kind::Binary, text(100)).unwrap();
        assert_eq!(client.send_frame(None, false, &text(100)), Ok(Kind::Binary));
        assert_eq!(firsts(&client.output), [FIRST_BINARY | RSV1, LAST]);
    }
}
