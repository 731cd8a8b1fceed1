//! RFC 6455 section 6: sending and receiving data.

use super::client::{Client, last, relaxed, start, strict, with_keys};
use super::pair::Pair;
use super::segments::{self, Random};
use super::server::{self, BINARY, FIRST_TEXT, PING, TEXT, frame};
use crate::ws::{Config, Event, Frame, FrameStart, Kind, SendError};

mod section_6_1_sending_data {
    use super::*;

    #[test]
    fn a_whole_message_is_one_frame() {
        let mut client = Client::new(relaxed());
        assert_eq!(client.connection.last_kind(), None);
        assert_eq!(client.send(Kind::Text, "whole"), Ok(Kind::Text));
        assert_eq!(client.connection.last_kind(), Some(Kind::Text));
        assert_eq!(client.connection.open_frame(), None);
        assert_eq!(client.connection.send_remaining(), 0);
        assert_eq!(server::frames(&client.output), [(TEXT, b"whole".to_vec())]);
    }

    #[test]
    fn a_frame_is_open_until_its_last_byte() {
        let mut client = Client::new(relaxed());
        client.start(Kind::Binary, 5).unwrap();
        assert_eq!(client.connection.last_kind(), Some(Kind::Binary));
        for (remaining, piece) in [(5, "ab"), (3, ""), (3, "cde")] {
            assert_eq!(client.connection.open_frame(), Some(Kind::Binary));
            assert_eq!(client.connection.send_remaining(), remaining);
            assert!(client.connection.is_byte_for_byte());
            client.push(piece);
        }
        assert_eq!(client.connection.open_frame(), None);
        assert_eq!(client.connection.send_remaining(), 0);
        assert_eq!(server::frames(&client.output), [(BINARY, b"abcde".to_vec())]);
    }

    #[test]
    fn payload_without_a_frame_goes_nowhere() {
        let mut client = Client::new(relaxed());
        client.push("lost");
        assert_eq!(client.output, b"");
    }

    #[test]
    fn a_frame_without_payload_is_complete_at_once() {
        for kind in [Kind::Text, Kind::Binary, Kind::Ping, Kind::Pong] {
            let mut client = Client::new(relaxed());
            client.start(kind, 0).unwrap();
            assert_eq!(client.connection.open_frame(), None);
            assert_eq!(server::frames(&client.output), [(0x80 | kind as u8, vec![])]);
        }
    }

    #[test]
    fn a_frame_starts_when_the_last_is_complete() {
        let mut client = Client::new(relaxed());
        client.start(Kind::Text, 3).unwrap();
        client.push("a");
        let written = client.output.len();
        assert_eq!(client.send(Kind::Text, "x"), Err(SendError::Unfinished(2)));
        assert_eq!(client.send(Kind::Ping, "x"), Err(SendError::Unfinished(2)));
        assert_eq!(client.start(Kind::Binary, 9), Err(SendError::Unfinished(2)));
        assert_eq!(client.output.len(), written);
        assert_eq!(client.connection.last_kind(), Some(Kind::Text));
        client.push("bc");
        client.send(Kind::Binary, "x").unwrap();
        let wanted = [(TEXT, b"abc".to_vec()), (BINARY, b"x".to_vec())];
        assert_eq!(server::frames(&client.output), wanted);
    }

    #[test]
    fn a_frame_of_any_length_can_start() {
        let mut client = Client::new(relaxed());
        client.start(Kind::Binary, i64::MAX as u64).unwrap();
        client.push([7; 100]);
        assert_eq!(client.connection.send_remaining(), i64::MAX as u64 - 100);
        assert_eq!(client.output.len(), 14 + 100);
        assert_eq!(client.output[..10], *b"\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff");
    }

    #[test]
    fn without_a_masking_key_nothing_changes() {
        let mut client = Client::new(relaxed());
        with_keys(0, || {
            assert_eq!(client.send(Kind::Text, "whole"), Err(SendError::NoKey));
            assert_eq!(client.start(Kind::Text, 5), Err(SendError::NoKey));
            assert_eq!(client.send_fragment(Kind::Text, "part"), Err(SendError::NoKey));
            assert_eq!(client.close(1000, ""), Err(SendError::NoKey));
        });
        assert_eq!(client.output, b"");
        assert_eq!(client.connection.open_frame(), None);
        assert_eq!(client.connection.open_message(), None);
        assert_eq!(client.connection.last_kind(), None);
        assert!(client.connection.may_start());
        client.send_fragment(Kind::Text, "part").unwrap();
        assert_eq!(server::frames(&client.output), [(FIRST_TEXT, b"part".to_vec())]);
    }

    #[test]
    fn both_ways_are_independent() {
        let mut pair = Pair::new(relaxed(), 10);
        pair.server_sends(frame(FIRST_TEXT, "in"));
        pair.client.start(Kind::Text, 5).unwrap();
        pair.client.push("ou");
        assert_eq!(pair.advance(10), []);
        pair.server_sends([frame(PING, "p"), frame(0x80, "coming")].concat());
        pair.advance(10);
        assert_eq!(pair.client.frames[1], last(Kind::Text, "coming"));
        pair.client.push("tgo");
        pair.client.connection.write_pending(&mut pair.client.output);
        let sent = pair.advance(10);
        assert_eq!(sent, [(TEXT, b"outgo".to_vec()), (server::PONG, b"p".to_vec())]);
        assert_eq!(pair.elapsed(), 30);
    }

    #[test]
    fn the_callers_wish_not_to_compress_matters_to_an_extension_only() {
        let mut client = Client::new(relaxed());
        let frame = FrameStart {
            plain: true,
            ..start(Some(Kind::Text), false, 3)
        };
        client
            .connection
            .start_frame(frame, b"abc", &mut client.output)
            .unwrap();
        assert_eq!(server::frames(&client.output), [(TEXT, b"abc".to_vec())]);
    }
}

mod section_6_2_receiving_data {
    use super::*;

    #[test]
    fn payload_stays_in_the_input() {
        let mut client = Client::new(strict());
        let wanted = Frame {
            kind: Kind::Text,
            fin: true,
            compressed: false,
            offset: 0,
            remaining: 5,
        };
        let connection = &mut client.connection;
        assert_eq!(connection.receive(b"\x81\x05Hel"), (2, Ok(Event::Payload(wanted))));
        // It is due until all of it was taken.
        assert_eq!(connection.receive(b"Hel"), (0, Ok(Event::Payload(wanted))));
        assert_eq!(connection.payload(), Some(&wanted));
        assert_eq!(connection.memory(), b"");
        assert_eq!(connection.memory_pending(), 0);
        connection.take_payload(b"Hel");
        let rest = Frame {
            offset: 3,
            remaining: 2,
            ..wanted
        };
        assert_eq!(connection.receive(b""), (0, Ok(Event::Payload(rest))));
        assert_eq!(connection.received_frame(), Some(rest));
        assert_eq!(rest.length(), 5);
        connection.take_payload(b"lo");
        assert_eq!(connection.payload(), None);
        assert_eq!(connection.received_frame(), None);
        assert!(connection.is_between_frames());
        assert_eq!(connection.receive(b""), (0, Ok(Event::NeedInput)));
    }

    #[test]
    fn a_frame_without_payload_is_taken_too() {
        let mut client = Client::new(relaxed());
        let connection = &mut client.connection;
        for header in [b"\x82\x00", b"\x81\x00"] {
            let (used, event) = connection.receive(header);
            assert!(matches!(event, Ok(Event::Payload(frame)) if frame.remaining == 0));
            assert_eq!(used, 2);
            assert!(!connection.is_between_frames());
            connection.take_payload(b"");
            assert!(connection.is_between_frames());
        }
    }

    #[test]
    fn the_header_of_a_short_message_can_be_read_first() {
        let mut client = Client::new(relaxed());
        let connection = &mut client.connection;
        for (input, header) in [
            (&b""[..], 0),
            (b"\x81", 0),
            (b"\x81\x7e\x01\x00", 0),
            (b"\x01\x05Hello", 0),
            (b"\x89\x00", 0),
            (b"\x80\x00", 0),
            (b"\x81\x85", 0),
            (b"\x82\x7d", 2),
        ] {
            assert_eq!(connection.begin_whole_message(input), header, "{input:x?}");
        }
        // Inside a frame there is no header.
        assert_eq!(connection.begin_whole_message(b"\x81\x00"), 0);
        connection.take_payload(&[0; 125]);
        assert_eq!(connection.begin_whole_message(b"\x81\x05Hello"), 2);
        connection.take_payload(b"Hello");
        // Inside a fragmented message a new one is an error, which is not found here.
        let (used, _) = connection.receive(b"\x01\x01a");
        assert_eq!(used, 2);
        connection.take_payload(b"a");
        assert_eq!(connection.begin_whole_message(b"\x81\x00"), 0);
    }

    #[test]
    fn with_checks_nothing_is_read_first() {
        for config in [
            strict(),
            Config {
                max_message: Some(1000),
                ..relaxed()
            },
            Config {
                report_headers: true,
                ..relaxed()
            },
        ] {
            let mut client = Client::new(config);
            assert!(client.connection.needs_attention());
            assert_eq!(client.connection.begin_whole_message(b"\x81\x05Hello"), 0);
            client.connection.set_config(Config {
                strict: config.strict,
                ..relaxed()
            });
            assert_eq!(client.connection.needs_attention(), config.strict);
            let header = client.connection.begin_whole_message(b"\x81\x05Hello");
            assert_eq!(header, if config.strict { 0 } else { 2 });
        }
    }

    #[test]
    fn headers_are_reported_on_demand() {
        let config = Config {
            report_headers: true,
            ..relaxed()
        };
        let script = [
            frame(FIRST_TEXT, "ab"),
            frame(PING, "p"),
            frame(0x80, ""),
            frame(BINARY, [0; 200]),
        ];
        let outcome = segments::receive(config, &script.concat());
        let headers: Vec<_> = outcome.headers.iter().map(|h| (h.kind, h.fin, h.length())).collect();
        let wanted = [
            (Kind::Text, false, 2),
            (Kind::Ping, true, 1),
            (Kind::Text, true, 0),
            (Kind::Binary, true, 200),
        ];
        assert_eq!(headers, wanted);
        assert_eq!(outcome.frames.len(), 3);
        assert!(segments::receive(relaxed(), &script.concat()).headers.is_empty());
    }

    #[test]
    fn a_frame_that_is_not_complete_is_delivered_as_far_as_it_has_come() {
        let mut client = Client::new(relaxed());
        client.receive(b"\x82\x05abc");
        assert_eq!(client.frames, []);
        assert_eq!(client.partial.as_ref().unwrap().payload, b"abc");
        assert_eq!(client.connection.received_frame().unwrap().remaining, 2);
        client.receive(b"de\x82");
        assert_eq!(client.frames, [last(Kind::Binary, "abcde")]);
        assert_eq!(client.connection.received_frame(), None);
    }

    #[test]
    fn a_stream_of_frames_arrives_whole_in_any_pieces() {
        let mut random = Random(6);
        let mut script = Vec::new();
        let mut wanted = Vec::new();
        for _ in 0..300 {
            let length = [0, 5, 30, 125, 126, 300][random.below(6)];
            let payload = random.bytes(length);
            script.extend(frame(BINARY, &payload));
            wanted.push(last(Kind::Binary, payload));
        }
        let mut client = Client::new(relaxed());
        let mut rest = &script[..];
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(rest.len().min(1 + random.below(400)));
            client.receive(piece);
            rest = after;
        }
        assert_eq!(client.frames, wanted);
    }
}
