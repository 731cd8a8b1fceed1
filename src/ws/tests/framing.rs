//! RFC 6455 sections 5.1 to 5.4: masking, frame headers, fragmentation.

use super::client::{Client, fragment, last, relaxed, start, strict};
use super::segments::{self, Random};
use super::server::{self, BINARY, FIRST_BINARY, FIRST_TEXT, LAST, MIDDLE, PING, TEXT, frame};
use crate::ws::{Event, Kind, ProtocolError, SendError};

mod section_5_1_overview {
    use super::*;

    #[test]
    fn a_masked_frame_from_the_server_fails_the_connection() {
        for first in [TEXT, BINARY, FIRST_TEXT, server::CLOSE, PING, server::PONG] {
            let outcome = segments::receive(relaxed(), &[first, 0x80, 1, 2, 3, 4]);
            assert_eq!(outcome.error, Some(ProtocolError::Masked));
            assert_eq!(outcome.sent, [(server::CLOSE, b"\x03\xea".to_vec())]);
        }
    }

    #[test]
    fn the_mask_bit_is_enough() {
        let mut client = Client::new(relaxed());
        client.receive(&[TEXT, 0x85]);
        assert_eq!(client.error, Some(ProtocolError::Masked));
    }

    /// The tests' server refuses a client's frame without a mask, so that all other tests show the same.
    #[test]
    fn every_frame_of_a_client_is_masked() {
        let mut client = Client::new(strict());
        client.send(Kind::Text, "a").unwrap();
        client.send(Kind::Binary, [0; 70]).unwrap();
        client.send_fragment(Kind::Text, [b'a'; 200]).unwrap();
        client.send(Kind::Text, "").unwrap();
        client.receive(&frame(PING, "ping"));
        client.close(1000, "").unwrap();
        let sent: Vec<u8> = server::frames(&client.output).iter().map(|sent| sent.0).collect();
        assert_eq!(sent, [TEXT, BINARY, FIRST_TEXT, LAST, server::PONG, server::CLOSE]);
    }
}

mod section_5_2_base_framing_protocol {
    use super::*;

    #[test]
    fn every_length_is_received_in_its_shortest_form() {
        for length in [0, 1, 2, 125, 126, 127, 255, 256, 65535, 65536, 70000] {
            let payload = Random(length as u64).bytes(length);
            let mut script = frame(BINARY, &payload);
            script.extend(frame(TEXT, "next"));
            let mut client = Client::new(relaxed());
            client.receive(&script);
            assert_eq!(client.frames, [last(Kind::Binary, payload), last(Kind::Text, "next")]);
        }
        for length in [0, 1, 126, 300] {
            let payload = Random(7).bytes(length);
            let outcome = segments::receive(relaxed(), &frame(BINARY, &payload));
            assert_eq!(outcome.frames, [last(Kind::Binary, payload)]);
        }
    }

    #[test]
    fn every_length_is_sent_in_its_shortest_form() {
        for (length, header) in [
            (0, 6),
            (1, 6),
            (63, 6),
            (64, 6),
            (65, 6),
            (125, 6),
            (126, 8),
            (127, 8),
            (65535, 8),
            (65536, 14),
            (70000, 14),
        ] {
            let payload = Random(length as u64).bytes(length);
            let mut client = Client::new(relaxed());
            client.send(Kind::Binary, &payload).unwrap();
            assert_eq!(client.output.len(), header + length);
            assert_eq!(server::frames(&client.output), [(BINARY, payload.clone())]);
            // The header is the same where the payload follows later.
            client.output.clear();
            client.start(Kind::Binary, length as u64).unwrap();
            assert_eq!(client.output.len(), header);
            client.push(&payload);
            assert_eq!(server::frames(&client.output), [(BINARY, payload)]);
        }
    }

    #[test]
    fn a_reserved_bit_fails_the_connection() {
        for bits in 1..8u8 {
            for first in [TEXT, BINARY, PING, FIRST_TEXT] {
                let outcome = segments::receive(relaxed(), &[first | bits << 4]);
                assert_eq!(outcome.error, Some(ProtocolError::ReservedBits(bits)));
                assert_eq!(outcome.sent, [(server::CLOSE, b"\x03\xea".to_vec())]);
            }
        }
    }

    #[test]
    fn a_reserved_opcode_fails_the_connection() {
        for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
            for fin in [0, 0x80] {
                let outcome = segments::receive(relaxed(), &[fin | opcode]);
                assert_eq!(outcome.error, Some(ProtocolError::ReservedOpcode(opcode)));
                assert_eq!(outcome.sent, [(server::CLOSE, b"\x03\xea".to_vec())]);
            }
        }
    }

    #[test]
    fn a_length_that_is_not_in_its_shortest_form_fails_the_connection() {
        for (length, script) in [
            (0, &b"\x82\x7e\0\0"[..]),
            (125, b"\x82\x7e\0\x7d"),
            (0, b"\x82\x7f\0\0\0\0\0\0\0\0"),
            (126, b"\x81\x7f\0\0\0\0\0\0\0\x7e"),
            (65535, b"\x82\x7f\0\0\0\0\0\0\xff\xff"),
        ] {
            let outcome = segments::receive(relaxed(), script);
            assert_eq!(outcome.error, Some(ProtocolError::PaddedLength(length)));
        }
    }

    #[test]
    fn the_top_bit_of_a_length_fails_the_connection() {
        let outcome = segments::receive(relaxed(), b"\x82\x7f\x80\0\0\0\0\0\0\0");
        assert_eq!(outcome.error, Some(ProtocolError::HugeLength));
        let outcome = segments::receive(relaxed(), b"\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff");
        assert_eq!(outcome.error, Some(ProtocolError::HugeLength));
    }

    #[test]
    fn the_largest_length_is_accepted() {
        let mut client = Client::new(relaxed());
        client.receive(b"\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xffabc");
        let frame = *client.connection.payload().unwrap();
        assert_eq!((frame.offset, frame.remaining), (3, i64::MAX as u64 - 3));
        assert_eq!(frame.length(), i64::MAX as u64);
        assert_eq!(client.partial.unwrap().payload, b"abc");
    }

    #[test]
    fn nothing_of_an_incomplete_header_is_used() {
        for header in [&b"\x82\x01"[..], b"\x82\x7e\x01\x00", b"\x82\x7f\0\0\0\0\0\x01\0\0"] {
            for length in 0..header.len() {
                let mut client = Client::new(strict());
                let part = &header[..length];
                assert_eq!(client.connection.begin_whole_message(part), 0);
                assert_eq!(client.connection.receive(part), (0, Ok(Event::NeedInput)));
                assert!(client.connection.is_between_frames());
                assert_eq!(client.connection.received_frame(), None);
                assert_eq!(client.connection.payload(), None);
            }
            let mut client = Client::new(strict());
            let (used, event) = client.connection.receive(header);
            assert_eq!(used, header.len());
            assert!(matches!(event, Ok(Event::Payload(_))));
            assert!(!client.connection.is_between_frames());
            assert!(client.connection.received_frame().is_some());
        }
    }

    #[test]
    fn a_wrong_header_is_found_before_it_is_complete() {
        for (script, error) in [
            (&b"\x83"[..], ProtocolError::ReservedOpcode(3)),
            (b"\x91", ProtocolError::ReservedBits(1)),
            (b"\x80", ProtocolError::NothingToContinue),
            (b"\x82\xff", ProtocolError::Masked),
            (b"\x8a\x7f", ProtocolError::LongControl(Kind::Pong)),
        ] {
            let mut client = Client::new(relaxed());
            assert_eq!(client.connection.receive(script).1, Err(error));
        }
    }
}

mod section_5_3_client_to_server_masking {
    use super::*;

    #[test]
    fn each_frame_has_a_key_of_its_own() {
        let mut client = Client::new(relaxed());
        for round in 0..50u8 {
            client.send(Kind::Binary, [round; 5]).unwrap();
            client.send_fragment(Kind::Text, [b'a'; 130]).unwrap();
            client.send(Kind::Text, "").unwrap();
            client.receive(&frame(PING, "p"));
            client.start(Kind::Binary, 3).unwrap();
            client.push("a");
            client.push("bc");
        }
        let mut server = server::Server::default();
        let sent = server.receive(&client.output);
        let mut keys: Vec<[u8; 4]> = sent.iter().map(|sent| sent.key).collect();
        assert_eq!(keys.len(), 250);
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), 250);
    }

    #[test]
    fn payload_in_pieces_is_masked_as_one() {
        let payload = Random(3).bytes(1000);
        for room in [1, 2, 3, 5, 64, 65, 129, 999, 1000] {
            let mut client = Client::new(relaxed());
            client.start(Kind::Binary, 1000).unwrap();
            for piece in payload.chunks(room) {
                client.push(piece);
            }
            assert_eq!(server::frames(&client.output), [(BINARY, payload.clone())]);
            // The same with a first piece.
            client.output.clear();
            let (first, rest) = payload.split_at(room);
            let frame = start(Some(Kind::Binary), false, 1000);
            client.connection.start_frame(frame, first, &mut client.output).unwrap();
            client.push(rest);
            assert_eq!(server::frames(&client.output), [(BINARY, payload.clone())]);
        }
    }

    #[test]
    fn every_short_payload_is_masked_whole() {
        for length in 0..200 {
            let payload = Random(length as u64).bytes(length);
            let mut client = Client::new(relaxed());
            client.send(Kind::Binary, &payload).unwrap();
            assert_eq!(server::frames(&client.output), [(BINARY, payload)]);
        }
    }

    #[test]
    fn output_is_appended() {
        let mut client = Client::new(relaxed());
        client.output = b"before".to_vec();
        client.send(Kind::Text, "short").unwrap();
        client.send(Kind::Text, [b'l'; 100]).unwrap();
        client.start(Kind::Text, 5).unwrap();
        client.push("later");
        let (before, after) = client.output.split_at(6);
        assert_eq!(before, b"before");
        assert_eq!(server::frames(after).len(), 3);
    }
}

mod section_5_4_fragmentation {
    use super::*;

    #[test]
    fn fragments_carry_the_kind_of_their_message() {
        let script = [
            frame(FIRST_TEXT, "a"),
            frame(MIDDLE, ""),
            frame(LAST, "b"),
            frame(FIRST_BINARY, ""),
            frame(LAST, "c"),
        ];
        let outcome = segments::receive(strict(), &script.concat());
        assert_eq!(
            outcome.frames,
            [
                fragment(Kind::Text, "a"),
                fragment(Kind::Text, ""),
                last(Kind::Text, "b"),
                fragment(Kind::Binary, ""),
                last(Kind::Binary, "c"),
            ]
        );
        assert_eq!(outcome.error, None);
    }

    #[test]
    fn control_frames_come_between_fragments() {
        let script = [
            frame(FIRST_TEXT, "a"),
            frame(PING, "1"),
            frame(MIDDLE, "b"),
            frame(server::PONG, "2"),
            frame(LAST, "c"),
        ];
        let outcome = segments::receive(relaxed(), &script.concat());
        assert_eq!(
            outcome.frames,
            [
                fragment(Kind::Text, "a"),
                fragment(Kind::Text, "b"),
                last(Kind::Pong, "2"),
                last(Kind::Text, "c"),
            ]
        );
        assert_eq!(outcome.sent, [(server::PONG, b"1".to_vec())]);
    }

    #[test]
    fn a_continuation_without_a_message_fails_the_connection() {
        for script in [
            vec![frame(LAST, "")],
            vec![frame(MIDDLE, "")],
            vec![frame(TEXT, ""), frame(LAST, "")],
            vec![frame(FIRST_TEXT, ""), frame(LAST, ""), frame(LAST, "")],
        ] {
            let outcome = segments::receive(relaxed(), &script.concat());
            assert_eq!(outcome.error, Some(ProtocolError::NothingToContinue));
        }
    }

    #[test]
    fn a_message_inside_another_fails_the_connection() {
        for (first, open) in [(FIRST_TEXT, Kind::Text), (FIRST_BINARY, Kind::Binary)] {
            for (second, new) in [
                (TEXT, Kind::Text),
                (BINARY, Kind::Binary),
                (FIRST_TEXT, Kind::Text),
                (FIRST_BINARY, Kind::Binary),
            ] {
                for between in [vec![], frame(MIDDLE, ""), frame(PING, "")] {
                    let script = [frame(first, ""), between, frame(second, "")].concat();
                    let outcome = segments::receive(relaxed(), &script);
                    assert_eq!(outcome.error, Some(ProtocolError::Interleaved { open, new }));
                }
            }
        }
    }

    #[test]
    fn the_callers_frames_become_continuations() {
        let mut client = Client::new(relaxed());
        assert_eq!(client.send_fragment(Kind::Text, "a"), Ok(Kind::Text));
        assert_eq!(client.connection.open_message(), Some(Kind::Text));
        assert_eq!(client.send(Kind::Ping, "p"), Ok(Kind::Ping));
        assert_eq!(client.send_fragment(Kind::Text, "b"), Ok(Kind::Text));
        assert_eq!(client.send_frame(None, true, b"c"), Ok(Kind::Text));
        assert_eq!(client.connection.open_message(), Some(Kind::Text));
        assert_eq!(client.send_frame(None, false, b"d"), Ok(Kind::Text));
        assert_eq!(client.connection.open_message(), None);
        client.send(Kind::Binary, "e").unwrap();
        let sent = server::frames(&client.output);
        let wanted: [(u8, &[u8]); 6] = [
            (FIRST_TEXT, b"a"),
            (PING, b"p"),
            (MIDDLE, b"b"),
            (MIDDLE, b"c"),
            (LAST, b"d"),
            (BINARY, b"e"),
        ];
        assert_eq!(sent, wanted.map(|(first, payload)| (first, payload.to_vec())));
    }

    #[test]
    fn fragments_in_pieces_become_continuations() {
        let mut client = Client::new(relaxed());
        for (more, payload) in [(true, "one"), (true, "two"), (false, "three")] {
            let frame = start(Some(Kind::Binary), more, payload.len() as u64);
            client.connection.start_frame(frame, &[], &mut client.output).unwrap();
            assert_eq!(client.connection.open_frame(), Some(Kind::Binary));
            client.push(payload);
        }
        let firsts: Vec<u8> = server::frames(&client.output).iter().map(|sent| sent.0).collect();
        assert_eq!(firsts, [FIRST_BINARY, MIDDLE, LAST]);
    }

    #[test]
    fn there_must_be_a_message_to_continue() {
        let mut client = Client::new(relaxed());
        for more in [true, false] {
            assert_eq!(client.send_frame(None, more, b"x"), Err(SendError::NothingToContinue));
        }
        client.send(Kind::Text, "whole").unwrap();
        assert_eq!(client.send_frame(None, false, b"x"), Err(SendError::NothingToContinue));
        assert_eq!(server::frames(&client.output).len(), 1);
    }
}
