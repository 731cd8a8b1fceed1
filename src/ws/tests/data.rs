//! RFC 6455 sections 5.6 to 5.8 and 9: data frames, the RFC's examples, extensions.

use super::client::{Client, fragment, last, relaxed, strict};
use super::segments::{self, Random};
use super::server::{self, BINARY, FIRST_TEXT, LAST, PONG, RSV1, TEXT, frame};
use crate::ws::deflate::DeflateParams;
use crate::ws::{Connection, Kind, ProtocolError};

const DEFLATE: DeflateParams = DeflateParams {
    server_takeover: true,
    client_takeover: true,
    server_window_bits: 15,
    client_window_bits: 15,
};

mod section_5_6_data_frames {
    use super::*;

    #[test]
    fn text_and_binary_are_told_apart() {
        let script = [frame(TEXT, "κόσμε"), frame(BINARY, [0, 255, 0xc0])].concat();
        for config in [relaxed(), strict()] {
            let outcome = segments::receive(config, &script);
            assert_eq!(
                outcome.frames,
                [last(Kind::Text, "κόσμε"), last(Kind::Binary, [0, 255, 0xc0])]
            );
        }
        let mut client = Client::new(relaxed());
        client.send(Kind::Text, "κόσμε").unwrap();
        client.send(Kind::Binary, [0, 255, 0xc0]).unwrap();
        let wanted = [(TEXT, "κόσμε".into()), (BINARY, vec![0, 255, 0xc0])];
        assert_eq!(server::frames(&client.output), wanted);
    }

    #[test]
    fn a_message_may_be_empty() {
        let script = [
            frame(TEXT, ""),
            frame(BINARY, ""),
            frame(FIRST_TEXT, ""),
            frame(LAST, ""),
        ];
        for config in [relaxed(), strict()] {
            let outcome = segments::receive(config, &script.concat());
            let wanted = [
                last(Kind::Text, ""),
                last(Kind::Binary, ""),
                fragment(Kind::Text, ""),
                last(Kind::Text, ""),
            ];
            assert_eq!(outcome.frames, wanted);
            assert!(!outcome.unfinished);
        }
    }

    #[test]
    fn long_and_short_messages_follow_one_another() {
        let mut script = Vec::new();
        let mut wanted = Vec::new();
        for length in [0, 3, 125, 126, 200, 1, 2000, 5] {
            let payload = Random(length as u64).bytes(length);
            script.extend(frame(BINARY, &payload));
            wanted.push(last(Kind::Binary, payload));
        }
        for config in [relaxed(), strict()] {
            assert_eq!(segments::receive(config, &script).frames, wanted);
        }
    }
}

mod section_5_7_examples {
    use super::*;

    /// The masking key of the examples.
    fn example_key() -> Option<[u8; 4]> {
        Some([0x37, 0xfa, 0x21, 0x3d])
    }

    #[test]
    fn a_single_frame_unmasked_text_message() {
        let outcome = segments::receive(relaxed(), b"\x81\x05\x48\x65\x6c\x6c\x6f");
        assert_eq!(outcome.frames, [last(Kind::Text, "Hello")]);
    }

    #[test]
    fn a_single_frame_masked_text_message() {
        let mut client = Client::new(relaxed());
        client.connection = Connection::new(relaxed(), None, example_key);
        client.send(Kind::Text, "Hello").unwrap();
        assert_eq!(client.output, b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
    }

    #[test]
    fn a_fragmented_unmasked_text_message() {
        let outcome = segments::receive(relaxed(), b"\x01\x03\x48\x65\x6c\x80\x02\x6c\x6f");
        assert_eq!(outcome.frames, [fragment(Kind::Text, "Hel"), last(Kind::Text, "lo")]);
    }

    #[test]
    fn an_unmasked_ping_request_and_masked_ping_response() {
        let mut client = Client::new(relaxed());
        client.connection = Connection::new(relaxed(), None, example_key);
        client.receive(b"\x89\x05\x48\x65\x6c\x6c\x6f");
        assert_eq!(client.output, b"\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
    }

    #[test]
    fn binary_messages_of_256_bytes_and_64_kib_in_a_single_unmasked_frame() {
        for (header, length) in [
            (&b"\x82\x7e\x01\x00"[..], 256),
            (b"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 65536),
        ] {
            let payload = Random(1).bytes(length);
            let mut client = Client::new(relaxed());
            client.receive(header);
            let frame = *client.connection.payload().unwrap();
            assert_eq!((frame.kind, frame.remaining), (Kind::Binary, length as u64));
            client.receive(&payload);
            assert_eq!(client.frames, [last(Kind::Binary, payload)]);
        }
    }
}

mod section_5_8_extensibility {
    use super::*;

    #[test]
    fn a_bit_has_a_meaning_where_an_extension_gives_it_one() {
        let script = frame(TEXT | RSV1, b"\xf2\x48\xcd\xc9\xc9\x07\x00");
        let outcome = segments::receive_deflated(relaxed(), Some(&DEFLATE), &script);
        assert_eq!(outcome.frames, [last(Kind::Text, "Hello")]);
        let outcome = segments::receive(relaxed(), &script);
        assert_eq!(outcome.error, Some(ProtocolError::ReservedBits(4)));
    }

    #[test]
    fn the_other_bits_and_opcodes_stay_without_one() {
        for bits in [1, 2, 3, 5, 6, 7] {
            let outcome = segments::receive_deflated(relaxed(), Some(&DEFLATE), &[TEXT | bits << 4]);
            assert_eq!(outcome.error, Some(ProtocolError::ReservedBits(bits)));
        }
        let outcome = segments::receive_deflated(relaxed(), Some(&DEFLATE), b"\xc3");
        assert_eq!(outcome.error, Some(ProtocolError::ReservedOpcode(3)));
    }
}

mod section_9_extensions {
    use super::*;

    #[test]
    fn without_one_nothing_is_compressed() {
        let mut client = Client::new(relaxed());
        client.send(Kind::Text, [b'a'; 5000]).unwrap();
        assert!(client.connection.is_byte_for_byte());
        assert_eq!(server::frames(&client.output), [(TEXT, vec![b'a'; 5000])]);
    }

    #[test]
    fn an_extension_leaves_control_frames_alone() {
        let script = frame(server::PING, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
        let outcome = segments::receive_deflated(relaxed(), Some(&DEFLATE), &script);
        assert_eq!(outcome.sent, [(PONG, vec![b'a'; 40])]);
    }
}
