//! RFC 6455 sections 7.1.7 and 7.4: failing the connection, status codes.

use std::time::Duration;

use super::client::{Client, last, relaxed, strict};
use super::server::{self, CLOSE, FIRST_TEXT, PING, TEXT, close, frame};
use crate::ws::close::{is_sendable, payload};
use crate::ws::error::CloseError;
use crate::ws::{Config, Event, Kind, ProtocolError, SendError, State};

mod section_7_1_7_fail_the_connection {
    use super::*;

    fn failed(script: &[u8]) -> Client {
        let mut client = Client::new(relaxed());
        client.receive(script);
        client.fail();
        client
    }

    #[test]
    fn the_peer_is_told_why() {
        let client = failed(b"\xff");
        assert_eq!(server::frames(&client.output), [(CLOSE, b"\x03\xea".to_vec())]);
        assert_eq!(client.connection.state(), State::LocalClosing);
        assert!(client.connection.needs_attention());
        assert!(!client.connection.may_start());
    }

    #[test]
    fn what_came_before_the_error_is_delivered() {
        let client = failed(&[frame(TEXT, "good"), frame(0x83, "")].concat());
        assert_eq!(client.frames, [last(Kind::Text, "good")]);
        assert_eq!(client.error, Some(ProtocolError::ReservedOpcode(3)));
    }

    #[test]
    fn nothing_more_is_received() {
        let mut client = failed(b"\xff");
        for input in [frame(TEXT, "a"), close(1000, "")] {
            let error = ProtocolError::ReservedBits(7);
            assert_eq!(client.connection.receive(&input), (0, Err(error)));
            assert_eq!(client.connection.begin_whole_message(&input), 0);
        }
        assert_eq!(client.connection.payload(), None);
        assert_eq!(client.connection.close_code(), None);
    }

    #[test]
    fn nothing_more_is_received_whatever_the_error() {
        for script in [&b""[..], b"\x82\x05abc", b"\x89\x05abc"] {
            let mut client = Client::new(relaxed());
            client.receive(script);
            let error = ProtocolError::NoPong(Duration::from_secs(1));
            client.connection.fail(error, &mut client.output);
            assert_eq!(client.connection.receive(&frame(TEXT, "a")), (0, Err(error)));
            assert_eq!(client.connection.begin_whole_message(&frame(TEXT, "a")), 0);
            assert_eq!(client.connection.payload(), None);
        }
    }

    #[test]
    fn nothing_more_is_sent() {
        let mut client = failed(b"\xff");
        let output = client.output.clone();
        assert_eq!(client.send(Kind::Text, ""), Err(SendError::AfterClose));
        assert_eq!(client.close(1000, ""), Err(SendError::AfterClose));
        client.fail();
        client.connection.abandon(Some(1001), &mut client.output);
        assert_eq!(client.output, output);
    }

    #[test]
    fn a_due_pong_goes_first() {
        let mut client = Client::new(relaxed());
        client.start(Kind::Text, 1).unwrap();
        client.receive(&[frame(PING, "p"), frame(0x83, "")].concat());
        client.push("a");
        client.fail();
        let sent: Vec<u8> = server::frames(&client.output).iter().map(|sent| sent.0).collect();
        assert_eq!(sent, [TEXT, server::PONG, CLOSE]);
        assert!(!client.connection.wants_write());
    }

    #[test]
    fn an_open_frame_leaves_no_room_for_a_close_frame() {
        let mut client = Client::new(relaxed());
        client.start(Kind::Text, 5).unwrap();
        client.push("ab");
        let output = client.output.clone();
        client.receive(&frame(0x83, ""));
        client.fail();
        assert_eq!(client.output, output);
    }

    #[test]
    fn an_open_message_does_not_matter() {
        let mut client = Client::new(relaxed());
        client.send_fragment(Kind::Text, "a").unwrap();
        client.receive(&[frame(FIRST_TEXT, "a"), frame(TEXT, "")].concat());
        client.fail();
        assert_eq!(server::frames(&client.output)[1], (CLOSE, b"\x03\xea".to_vec()));
    }

    #[test]
    fn the_answer_that_is_due_gives_way() {
        let mut client = Client::new(strict());
        client.start(Kind::Text, 1).unwrap();
        client.receive(&close(1000, ""));
        client.push("a");
        let error = ProtocolError::TooLarge(1);
        client.connection.fail(error, &mut client.output);
        assert!(!client.connection.wants_write());
        client.connection.write_pending(&mut client.output);
        let wanted = [(TEXT, b"a".to_vec()), (CLOSE, b"\x03\xf1".to_vec())];
        assert_eq!(server::frames(&client.output), wanted);
    }

    #[test]
    fn there_is_one_close_frame_at_most() {
        for config in [relaxed(), strict()] {
            let mut client = Client::new(config);
            client.close(1000, "").unwrap();
            client.receive(b"\xff");
            client.fail();
            assert_eq!(server::frames(&client.output), [(CLOSE, b"\x03\xe8".to_vec())]);
            // The caller's own is one as well.
            let mut client = Client::new(config);
            client.send(Kind::Close, b"\x03\xe8").unwrap();
            client.receive(b"\xff");
            client.fail();
            assert_eq!(server::frames(&client.output), [(CLOSE, b"\x03\xe8".to_vec())]);
        }
    }

    #[test]
    fn the_caller_may_not_want_the_peer_to_know() {
        let mut client = Client::new(Config {
            announce_failure: false,
            ..strict()
        });
        client.receive(b"\xff");
        client.fail();
        assert_eq!(client.output, b"");
        client.connection.abandon(Some(1001), &mut client.output);
        assert_eq!(client.output, b"");
    }
}

mod section_7_4_status_codes {
    use super::*;

    #[test]
    fn each_error_has_its_code() {
        for (error, code) in [
            (ProtocolError::ReservedBits(1), 1002),
            (ProtocolError::CompressedControl(Kind::Ping), 1002),
            (ProtocolError::CompressedContinuation, 1002),
            (ProtocolError::ReservedOpcode(3), 1002),
            (ProtocolError::Masked, 1002),
            (ProtocolError::NothingToContinue, 1002),
            (ProtocolError::FragmentedControl(Kind::Ping), 1002),
            (ProtocolError::LongControl(Kind::Ping), 1002),
            (ProtocolError::HugeLength, 1002),
            (ProtocolError::PaddedLength(1), 1002),
            (ProtocolError::Close(CloseError::HalfCode), 1002),
            (ProtocolError::Close(CloseError::Code(1005)), 1002),
            (ProtocolError::Close(CloseError::ReasonNotUtf8), 1007),
            (ProtocolError::NotUtf8, 1007),
            (ProtocolError::Corrupt, 1007),
            (ProtocolError::TooLarge(1), 1009),
            (ProtocolError::NoPong(Duration::ZERO), 1011),
        ] {
            let mut client = Client::new(relaxed());
            client.connection.fail(error, &mut client.output);
            let wanted = payload(code, b"").unwrap();
            assert_eq!(server::frames(&client.output), [(CLOSE, wanted)]);
        }
    }

    /// Section 7.4.1 and the IANA registry.
    #[test]
    fn defined_codes() {
        let defined = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014];
        for code in 0..3000 {
            assert_eq!(is_sendable(code), defined.contains(&code), "{code}");
        }
    }

    /// Section 7.4.2: 3000 to 3999 for libraries, 4000 to 4999 for applications.
    #[test]
    fn reserved_ranges() {
        assert!((3000..=4999).all(is_sendable));
        assert!(!(5000..=u16::MAX).any(is_sendable));
    }

    #[test]
    fn both_directions_obey_in_strict_mode() {
        for code in (990..1030).chain([0, 2999, 3000, 4999, 5000, u16::MAX]) {
            let mut client = Client::new(strict());
            client.receive(&close(code, ""));
            let wrong = CloseError::Code(code);
            let payload = code.to_be_bytes();
            let own = Client::new(strict()).connection.check_own_close(Some(&payload));
            match is_sendable(code) {
                true => {
                    assert_eq!(client.connection.close_code(), Some(code));
                    assert_eq!(own, Ok(()));
                }
                false => {
                    assert_eq!(client.error, Some(ProtocolError::Close(wrong)));
                    assert_eq!(own, Err(SendError::Close(wrong)));
                }
            }
        }
    }

    #[test]
    fn close_is_always_given_a_code_that_may_be_sent() {
        for config in [relaxed(), strict()] {
            let mut client = Client::new(config);
            for code in [0, 999, 1005, 1006, 1015, 5000] {
                let wrong = Err(SendError::Close(CloseError::Code(code)));
                assert_eq!(client.close(code, ""), wrong);
            }
            assert_eq!(client.output, b"");
            assert_eq!(client.connection.state(), State::Open);
        }
    }

    #[test]
    fn a_callers_close_frame_is_checked_in_strict_mode_only() {
        let strict = Client::new(strict()).connection;
        let relaxed = Client::new(relaxed()).connection;
        for (payload, wrong) in [
            (Some(&b"\x03"[..]), CloseError::HalfCode),
            (Some(b"\x03\xed"), CloseError::Code(1005)),
            (Some(b"\x03\xe8\xff"), CloseError::ReasonNotUtf8),
            (None, CloseError::Pieces),
        ] {
            assert_eq!(strict.check_own_close(payload), Err(SendError::Close(wrong)));
            assert_eq!(relaxed.check_own_close(payload), Ok(()));
        }
        for payload in [&b""[..], b"\x03\xe8", b"\x03\xe8bye"] {
            assert_eq!(strict.check_own_close(Some(payload)), Ok(()));
        }
    }

    #[test]
    fn a_wrong_close_frame_is_found_when_it_is_delivered() {
        let mut client = Client::new(strict());
        let connection = &mut client.connection;
        let (_, event) = connection.receive(&close(1005, ""));
        let Ok(Event::Memory(frame)) = event else {
            panic!("{event:?}");
        };
        assert_eq!(connection.state(), State::Open);
        let wrong = Err(ProtocolError::Close(CloseError::Code(1005)));
        assert_eq!(connection.begin_delivery(frame), wrong);
        assert_eq!(connection.begin_delivery(frame), wrong);
        assert_eq!(connection.state(), State::Open);
        assert_eq!(connection.close_code(), None);
    }
}

/// What the application reads of an error.
mod texts {
    use super::*;

    #[test]
    fn what_the_peer_did_is_named() {
        for (error, facts) in [
            (ProtocolError::ReservedBits(5), &["RSV 101", "5.2"][..]),
            (ProtocolError::CompressedControl(Kind::Ping), &["PING", "compressed"]),
            (ProtocolError::CompressedContinuation, &["continuation", "compressed"]),
            (ProtocolError::ReservedOpcode(11), &["opcode 11", "5.2"]),
            (ProtocolError::Masked, &["masked", "5.1"]),
            (ProtocolError::NothingToContinue, &["continuation", "5.4"]),
            (
                ProtocolError::Interleaved {
                    open: Kind::Text,
                    new: Kind::Binary,
                },
                &["new BINARY", "unfinished fragmented TEXT", "5.4"],
            ),
            (
                ProtocolError::FragmentedControl(Kind::Pong),
                &["fragmented PONG", "5.5"],
            ),
            (ProtocolError::LongControl(Kind::Close), &["CLOSE", "125", "5.5"]),
            (ProtocolError::HugeLength, &["length", "5.2"]),
            (ProtocolError::PaddedLength(42), &["length 42", "5.2"]),
            (ProtocolError::NotUtf8, &["TEXT", "UTF-8", "8.1"]),
            (ProtocolError::Close(CloseError::Code(1005)), &["CLOSE", "1005", "7.4"]),
            (ProtocolError::TooLarge(1000), &["larger", "1000 bytes"]),
            (ProtocolError::TooManyFrames(20), &["more", "20 frames"]),
            (ProtocolError::Corrupt, &["compressed", "inflated"]),
            (ProtocolError::NoMemory, &["memory", "inflate"]),
            (
                ProtocolError::NoPong(Duration::from_secs(3)),
                &["PING", "3000 milliseconds"],
            ),
        ] {
            assert_names(&error.to_string(), facts);
        }
    }

    #[test]
    fn what_is_wrong_with_a_close_frame_is_named() {
        for (error, facts) in [
            (CloseError::HalfCode, &["half", "5.5.1"][..]),
            (CloseError::Code(999), &["999", "7.4"]),
            (CloseError::ReasonNotUtf8, &["reason", "UTF-8"]),
            (CloseError::LongReason(124), &["reason", "124", "123"]),
            (CloseError::Pieces, &["CLOSE", "one call"]),
        ] {
            assert_names(&error.to_string(), facts);
            assert_eq!(ProtocolError::Close(error).to_string(), error.to_string());
            assert_eq!(SendError::Close(error).to_string(), error.to_string());
        }
    }

    #[test]
    fn what_the_caller_cant_send_is_named() {
        for (error, facts) in [
            (SendError::Unfinished(7), &["7 bytes"][..]),
            (SendError::NothingToContinue, &["no frame type", "continued"]),
            (SendError::FragmentedControl(Kind::Ping), &["PING", "fragmented"]),
            (SendError::LongControl(Kind::Pong, 200), &["PONG", "125", "200"]),
            (SendError::LongPiece { piece: 9, frame: 4 }, &["9 bytes", "frame of 4"]),
            (SendError::AfterClose, &["CLOSE", "5.5.1"]),
            (SendError::NoKey, &["random"]),
            (SendError::Compression, &["compressing"]),
            (SendError::NoMemory, &["memory", "compress"]),
        ] {
            assert_names(&error.to_string(), facts);
        }
    }

    fn assert_names(text: &str, facts: &[&str]) {
        for fact in facts {
            assert!(text.contains(fact), "no \"{fact}\" in: {text}");
        }
    }
}
