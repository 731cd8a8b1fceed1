//! RFC 6455 sections 8.1 and 10.4: UTF-8, the largest message.

use super::client::{Client, fragment, last, relaxed, strict};
use super::segments;
use super::server::{BINARY, CLOSE, FIRST_BINARY, FIRST_TEXT, LAST, MIDDLE, PING, TEXT, close, frame};
use crate::ws::{Config, Kind, ProtocolError};

mod section_8_1_errors_in_utf_8_encoded_data {
    use super::*;

    const BROKEN: [&[u8]; 9] = [
        b"\xff",
        b"a\x80",
        b"\xc0\xaf",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xc3",
        b"a\xe2\x82",
        b"\xf0\x9f\xa6",
        b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80",
    ];

    #[test]
    fn a_text_message_that_is_not_utf_8_fails_the_connection() {
        for text in BROKEN {
            let outcome = segments::receive(strict(), &frame(TEXT, text));
            assert_eq!(outcome.frames, []);
            assert_eq!(outcome.error, Some(ProtocolError::NotUtf8));
            assert_eq!(outcome.sent, [(CLOSE, b"\x03\xef".to_vec())]);
        }
    }

    #[test]
    fn a_character_may_be_cut_between_fragments() {
        let text = "é€🦀".as_bytes();
        for first in 0..=text.len() {
            for second in first..=text.len() {
                let pieces = [&text[..first], &text[first..second], &text[second..]];
                let script = [
                    frame(FIRST_TEXT, pieces[0]),
                    frame(PING, b"\xff"),
                    frame(MIDDLE, pieces[1]),
                    frame(LAST, pieces[2]),
                ];
                let outcome = segments::receive(strict(), &script.concat());
                assert_eq!(
                    outcome.frames,
                    [
                        fragment(Kind::Text, pieces[0]),
                        fragment(Kind::Text, pieces[1]),
                        last(Kind::Text, pieces[2]),
                    ]
                );
            }
        }
    }

    #[test]
    fn a_message_must_not_end_inside_a_character() {
        for script in [
            [frame(FIRST_TEXT, b"a\xc3"), frame(LAST, "")],
            [frame(FIRST_TEXT, b"\xc3"), frame(LAST, "b")],
            [frame(FIRST_TEXT, ""), frame(LAST, b"\xe2\x82")],
        ] {
            let outcome = segments::receive(strict(), &script.concat());
            assert_eq!(outcome.error, Some(ProtocolError::NotUtf8));
            assert_eq!(outcome.frames.len(), 1);
        }
    }

    #[test]
    fn a_fault_is_found_at_the_first_byte_that_cant_be_right() {
        let mut client = Client::new(strict());
        client.receive(b"\x81\x7d\xce\xba\xe1\xbd\xb9\xed");
        assert_eq!(client.error, None);
        client.receive(b"\xa0");
        assert_eq!(client.error, Some(ProtocolError::NotUtf8));
    }

    #[test]
    fn each_message_begins_anew() {
        let script = [
            frame(FIRST_TEXT, "a"),
            frame(LAST, "é"),
            frame(BINARY, b"\xc3"),
            frame(TEXT, "é"),
            frame(FIRST_BINARY, b"\xc3"),
            frame(LAST, ""),
            frame(TEXT, "x"),
        ];
        let outcome = segments::receive(strict(), &script.concat());
        assert_eq!(outcome.error, None);
        assert_eq!(outcome.frames.len(), 7);
    }

    #[test]
    fn binary_messages_and_control_frames_are_not_text() {
        let script = [
            frame(BINARY, b"\xff"),
            frame(FIRST_BINARY, b"\xff"),
            frame(LAST, b"\xff"),
            frame(0x8a, b"\xff"),
        ];
        let outcome = segments::receive(strict(), &script.concat());
        assert_eq!(outcome.error, None);
        assert_eq!(outcome.frames.len(), 4);
    }

    #[test]
    fn outside_of_strict_mode_text_is_not_checked() {
        for text in BROKEN {
            let outcome = segments::receive(relaxed(), &frame(TEXT, text));
            assert_eq!(outcome.frames, [last(Kind::Text, text)]);
        }
    }

    #[test]
    fn strict_mode_is_fixed_when_the_connection_opens() {
        let mut client = Client::new(strict());
        client.connection.set_config(relaxed());
        assert!(client.connection.is_strict());
        client.receive(&frame(TEXT, b"\xff"));
        assert_eq!(client.error, Some(ProtocolError::NotUtf8));

        let mut client = Client::new(relaxed());
        client.connection.set_config(strict());
        assert!(!client.connection.is_strict());
        client.receive(&frame(TEXT, b"\xff"));
        assert_eq!(client.error, None);
        client.receive(&close(1000, ""));
        assert!(!client.connection.is_over());
    }

    #[test]
    fn payload_may_be_shown_again_before_it_is_taken() {
        let text = "aé€🦀z".as_bytes();
        for shown in 0..=text.len() {
            for taken in 0..=shown {
                let mut client = Client::new(strict());
                let connection = &mut client.connection;
                connection.receive(&frame(TEXT, text)[..2]).1.unwrap();
                for _ in 0..2 {
                    assert_eq!(connection.check_payload(&text[..shown]), Ok(()));
                }
                connection.take_payload(&text[..taken]);
                let mut rest = &text[taken..];
                while !rest.is_empty() {
                    let (piece, after) = rest.split_at(rest.len().min(2));
                    assert_eq!(connection.check_payload(piece), Ok(()), "{shown} {taken}");
                    connection.take_payload(piece);
                    rest = after;
                }
                assert!(connection.is_between_frames());
            }
        }
    }

    #[test]
    fn a_fault_behind_what_was_shown_is_found() {
        for taken in 0..=3 {
            let mut client = Client::new(strict());
            let connection = &mut client.connection;
            connection.receive(b"\x81\x05").1.unwrap();
            assert_eq!(connection.check_payload(b"abc"), Ok(()));
            connection.take_payload(&b"abc"[..taken]);
            let rest = &b"abc\xffz"[taken..];
            assert_eq!(connection.check_payload(rest), Err(ProtocolError::NotUtf8));
            assert_eq!(connection.receive(b""), (0, Err(ProtocolError::NotUtf8)));
        }
    }

    #[test]
    fn what_was_shown_does_not_count_for_the_next_frame() {
        let mut client = Client::new(strict());
        let connection = &mut client.connection;
        connection.receive(b"\x81\x03").1.unwrap();
        connection.check_payload(b"abc").unwrap();
        connection.take_payload(b"abc");
        connection.receive(b"\x81\x03").1.unwrap();
        assert_eq!(connection.check_payload(b"ab\xff"), Err(ProtocolError::NotUtf8));
    }
}

mod section_10_4_implementation_specific_limits {
    use super::*;

    fn limited(max_message: u64) -> Config {
        Config {
            max_message: Some(max_message),
            ..relaxed()
        }
    }

    #[test]
    fn a_message_may_be_as_long_as_the_limit() {
        for script in [
            vec![frame(BINARY, [0; 10])],
            vec![frame(FIRST_TEXT, [b'a'; 4]), frame(MIDDLE, ""), frame(LAST, [b'a'; 6])],
            vec![frame(FIRST_TEXT, ""), frame(LAST, [b'a'; 10])],
        ] {
            for config in [limited(10), limited(u64::MAX)] {
                let outcome = segments::receive(config, &script.concat());
                assert_eq!(outcome.error, None);
                assert_eq!(outcome.frames.len(), script.len());
            }
            let outcome = segments::receive(limited(9), &script.concat());
            assert_eq!(outcome.error, Some(ProtocolError::TooLarge(9)));
            assert_eq!(outcome.sent, [(CLOSE, b"\x03\xf1".to_vec())]);
        }
    }

    #[test]
    fn a_header_is_enough_to_find_it_too_long() {
        for header in [&b"\x82\x0b"[..], b"\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff"] {
            let outcome = segments::receive(limited(10), header);
            assert_eq!(outcome.error, Some(ProtocolError::TooLarge(10)));
        }
    }

    #[test]
    fn fragments_add_up_without_overflow() {
        let huge = b"\x02\x7f\x7f\xff\xff\xff\xff\xff\xff\xff";
        let mut client = Client::new(limited(u64::MAX));
        client.receive(huge);
        assert_eq!(client.error, None);
        let mut client = Client::new(limited(10));
        client.receive(&[frame(FIRST_BINARY, [0; 10]), huge.to_vec()].concat());
        assert!(client.error.is_some());
    }

    #[test]
    fn each_message_counts_alone() {
        let script = [
            frame(BINARY, [0; 10]),
            frame(FIRST_BINARY, [0; 5]),
            frame(LAST, [0; 5]),
            frame(TEXT, [b'a'; 10]),
        ];
        let outcome = segments::receive(limited(10), &script.concat());
        assert_eq!(outcome.error, None);
        assert_eq!(outcome.frames.len(), 4);
    }

    #[test]
    fn control_frames_do_not_count() {
        let script = [
            frame(FIRST_BINARY, [0; 10]),
            frame(0x8a, [0; 100]),
            frame(PING, [0; 100]),
            frame(LAST, ""),
            close(1000, "good bye"),
        ];
        let outcome = segments::receive(limited(10), &script.concat());
        assert_eq!(outcome.error, None);
        assert_eq!(outcome.frames.len(), 4);
    }

    #[test]
    fn it_may_change_inside_a_message() {
        let mut client = Client::new(relaxed());
        client.receive(&frame(FIRST_BINARY, [0; 8]));
        client.connection.set_config(limited(10));
        client.receive(&frame(MIDDLE, [0; 2]));
        assert_eq!(client.error, None);
        client.receive(&frame(LAST, [0; 1]));
        assert_eq!(client.error, Some(ProtocolError::TooLarge(10)));

        let mut client = Client::new(limited(1));
        client.connection.set_config(relaxed());
        client.receive(&frame(BINARY, [0; 8]));
        assert_eq!(client.error, None);
    }

    #[test]
    fn without_a_limit_there_is_none() {
        let mut client = Client::new(relaxed());
        client.receive(b"\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff");
        assert_eq!(client.error, None);
    }

    #[test]
    fn zero_is_a_limit() {
        let outcome = segments::receive(limited(0), &[frame(TEXT, ""), frame(TEXT, "a")].concat());
        assert_eq!(outcome.frames, [last(Kind::Text, "")]);
        assert_eq!(outcome.error, Some(ProtocolError::TooLarge(0)));
    }
}
