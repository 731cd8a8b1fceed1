//! RFC 6455 section 5.5: control frames.

use super::client::{Client, fragment, last, relaxed, strict};
use super::segments;
use super::server::{self, CLOSE, FIRST_TEXT, LAST, PING, PONG, TEXT, close, frame};
use crate::ws::{Config, Kind, ProtocolError, SendError, State};

const KINDS: [(u8, Kind); 3] = [(CLOSE, Kind::Close), (PING, Kind::Ping), (PONG, Kind::Pong)];

mod section_5_5_control_frames {
    use super::*;

    #[test]
    fn they_hold_at_most_125_bytes() {
        for (first, kind) in KINDS {
            let mut payload = [b'x'; 125];
            payload[..2].copy_from_slice(b"\x03\xe8");
            for config in [Config::default(), relaxed(), strict()] {
                let outcome = segments::receive(config, &frame(first, payload));
                assert_eq!(outcome.error, None);
            }
            for length in [126, 127] {
                let outcome = segments::receive(relaxed(), &[first, length]);
                assert_eq!(outcome.error, Some(ProtocolError::LongControl(kind)));
            }
        }
    }

    #[test]
    fn they_are_not_fragmented() {
        for (first, kind) in KINDS {
            for script in [
                vec![first & 0x7f],
                [frame(FIRST_TEXT, "a"), vec![first & 0x7f]].concat(),
            ] {
                let outcome = segments::receive(relaxed(), &script);
                assert_eq!(outcome.error, Some(ProtocolError::FragmentedControl(kind)));
            }
        }
    }

    #[test]
    fn the_same_rules_hold_for_the_caller() {
        for (first, kind) in KINDS {
            let mut client = Client::new(relaxed());
            assert_eq!(client.send(kind, [0; 126]), Err(SendError::LongControl(kind, 126)));
            assert_eq!(client.start(kind, 126), Err(SendError::LongControl(kind, 126)));
            assert_eq!(client.send_fragment(kind, ""), Err(SendError::FragmentedControl(kind)));
            assert_eq!(client.output, b"");
            assert_eq!(client.send(kind, [0; 125]), Ok(kind));
            client.start(kind, 2).unwrap();
            client.push([7]);
            client.push([8]);
            assert_eq!(
                server::frames(&client.output),
                [(first, vec![0; 125]), (first, vec![7, 8])]
            );
        }
    }

    #[test]
    fn a_refused_frame_changes_nothing() {
        let mut client = Client::new(relaxed());
        client.send_fragment(Kind::Text, "a").unwrap();
        client.output.clear();
        client.send(Kind::Ping, [0; 126]).unwrap_err();
        client.send_fragment(Kind::Close, "").unwrap_err();
        assert_eq!(client.connection.last_kind(), Some(Kind::Text));
        assert_eq!(client.connection.open_frame(), None);
        assert_eq!(client.connection.open_message(), Some(Kind::Text));
        assert_eq!(client.connection.state(), State::Open);
        client.send(Kind::Text, "b").unwrap();
        assert_eq!(server::frames(&client.output), [(LAST, b"b".to_vec())]);
    }
}

mod section_5_5_1_close {
    use super::*;

    #[test]
    fn it_is_delivered_whole_and_answered_with_its_status_code() {
        let outcome = segments::receive(strict(), &close(1001, "bye"));
        assert_eq!(outcome.frames, [last(Kind::Close, b"\x03\xe9bye")]);
        assert_eq!(outcome.sent, [(CLOSE, b"\x03\xe9".to_vec())]);
        assert_eq!(outcome.state, State::Closed);
    }

    #[test]
    fn it_is_answered_without_a_code_where_it_has_none() {
        let outcome = segments::receive(strict(), &frame(CLOSE, ""));
        assert_eq!(outcome.frames, [last(Kind::Close, "")]);
        assert_eq!(outcome.sent, [(CLOSE, vec![])]);
        assert_eq!(outcome.state, State::Closed);
    }

    #[test]
    fn a_code_that_must_not_be_sent_is_not_sent_back() {
        let config = Config {
            answer_close: true,
            ..relaxed()
        };
        for payload in [&b"\x03\xed"[..], b"\x00\x00", b"\xff\xff", b"\x03"] {
            let outcome = segments::receive(config, &frame(CLOSE, payload));
            assert_eq!(outcome.frames, [last(Kind::Close, payload)]);
            assert_eq!(outcome.sent, [(CLOSE, vec![])]);
        }
    }

    #[test]
    fn outside_of_strict_mode_the_application_answers() {
        let outcome = segments::receive(relaxed(), &close(1000, "bye"));
        assert_eq!(outcome.frames, [last(Kind::Close, b"\x03\xe8bye")]);
        assert_eq!(outcome.sent, []);
        assert_eq!(outcome.state, State::RemoteClosing);
    }

    #[test]
    fn outside_of_strict_mode_the_content_is_not_checked() {
        for payload in [&b"\x03"[..], b"\x03\xed", b"\x03\xe8\xff"] {
            let outcome = segments::receive(relaxed(), &frame(CLOSE, payload));
            assert_eq!(outcome.frames, [last(Kind::Close, payload)]);
            assert_eq!(outcome.error, None);
        }
    }

    #[test]
    fn in_strict_mode_the_content_is_checked() {
        for payload in [&b"\x03"[..], b"\x03\xed", b"\x03\xe8\xff"] {
            let outcome = segments::receive(strict(), &frame(CLOSE, payload));
            assert_eq!(outcome.frames, []);
            assert!(matches!(outcome.error, Some(ProtocolError::Close(_))));
        }
    }

    #[test]
    fn it_may_come_inside_a_fragmented_message() {
        let script = [frame(FIRST_TEXT, "a"), close(1000, "")].concat();
        let outcome = segments::receive(strict(), &script);
        assert_eq!(
            outcome.frames,
            [fragment(Kind::Text, "a"), last(Kind::Close, b"\x03\xe8")]
        );
        assert_eq!(outcome.sent, [(CLOSE, b"\x03\xe8".to_vec())]);
    }

    #[test]
    fn in_strict_mode_nothing_is_received_after_it() {
        let script = [close(1000, ""), frame(PING, "p"), frame(TEXT, "x"), vec![0xff]].concat();
        let outcome = segments::receive(strict(), &script);
        assert_eq!(outcome.frames, [last(Kind::Close, b"\x03\xe8")]);
        assert_eq!(outcome.sent, [(CLOSE, b"\x03\xe8".to_vec())]);
        assert_eq!(outcome.error, None);
    }

    #[test]
    fn the_answer_waits_for_the_end_of_an_open_frame() {
        let mut client = Client::new(strict());
        client.start(Kind::Text, 4).unwrap();
        client.push("ab");
        let written = client.output.len();
        client.receive(&close(1000, ""));
        assert_eq!(client.output.len(), written);
        assert_eq!(client.connection.state(), State::RemoteClosing);
        assert!(!client.connection.wants_write());
        assert!(!client.connection.may_start());
        client.push("cd");
        assert!(client.connection.wants_write());
        client.connection.write_pending(&mut client.output);
        assert!(!client.connection.wants_write());
        let wanted = [(TEXT, b"abcd".to_vec()), (CLOSE, b"\x03\xe8".to_vec())];
        assert_eq!(server::frames(&client.output), wanted);
        assert_eq!(client.connection.state(), State::Closed);
    }

    #[test]
    fn nothing_is_sent_after_it() {
        for config in [relaxed(), strict()] {
            let mut client = Client::new(config);
            client.send_fragment(Kind::Text, "a").unwrap();
            client.close(1000, "bye").unwrap();
            let output = client.output.clone();
            for kind in [Kind::Text, Kind::Binary, Kind::Ping, Kind::Pong, Kind::Close] {
                assert_eq!(client.send(kind, ""), Err(SendError::AfterClose));
            }
            assert_eq!(client.send_frame(None, false, b""), Err(SendError::AfterClose));
            assert_eq!(client.close(1000, ""), Err(SendError::AfterClose));
            assert!(!client.connection.may_start());
            assert_eq!(client.output, output);
            assert_eq!(server::frames(&output)[1], (CLOSE, b"\x03\xe8bye".to_vec()));
        }
    }

    #[test]
    fn nothing_is_sent_after_an_answer_that_is_due() {
        let relaxed = Config {
            answer_close: true,
            ..relaxed()
        };
        for config in [strict(), relaxed] {
            let mut client = Client::new(config);
            client.start(Kind::Text, 1).unwrap();
            client.receive(&close(1000, ""));
            client.push("a");
            assert_eq!(client.send(Kind::Text, "b"), Err(SendError::AfterClose));
            assert_eq!(client.close(1000, ""), Err(SendError::AfterClose));
            client.connection.write_pending(&mut client.output);
            assert_eq!(server::frames(&client.output).len(), 2);
        }
    }

    #[test]
    fn outside_of_strict_mode_a_callers_close_frame_is_like_data() {
        let mut client = Client::new(relaxed());
        client.send(Kind::Close, b"\x00\x01").unwrap();
        assert_eq!(client.connection.state(), State::LocalClosing);
        assert!(client.connection.may_start());
        client.send(Kind::Text, "more").unwrap();
        client.receive(&close(1000, ""));
        assert_eq!(client.connection.state(), State::Closed);
        let wanted = [(CLOSE, b"\x00\x01".to_vec()), (TEXT, b"more".to_vec())];
        assert_eq!(server::frames(&client.output), wanted);
    }

    #[test]
    fn in_strict_mode_a_callers_close_frame_is_the_last() {
        let mut client = Client::new(strict());
        client.send(Kind::Close, b"\x03\xe8").unwrap();
        assert_eq!(client.connection.state(), State::LocalClosing);
        assert_eq!(client.send(Kind::Text, ""), Err(SendError::AfterClose));
    }

    #[test]
    fn a_callers_own_close_frame_is_not_followed_by_an_answer() {
        for strict in [true, false] {
            let config = Config {
                strict,
                answer_close: true,
                ..relaxed()
            };
            let mut client = Client::new(config);
            client.send(Kind::Close, b"\x03\xe8").unwrap();
            client.receive(&close(1001, ""));
            assert_eq!(client.connection.state(), State::Closed);
            assert_eq!(server::frames(&client.output), [(CLOSE, b"\x03\xe8".to_vec())]);
        }
    }

    #[test]
    fn it_does_not_start_inside_a_frame() {
        let mut client = Client::new(relaxed());
        client.start(Kind::Binary, 3).unwrap();
        client.push("a");
        assert_eq!(client.close(1000, ""), Err(SendError::Unfinished(2)));
        assert_eq!(client.connection.state(), State::Open);
        client.push("bc");
        assert_eq!(client.close(1000, ""), Ok(()));
    }
}

mod section_5_5_2_ping {
    use super::*;

    #[test]
    fn it_is_answered_with_the_same_payload_and_not_delivered() {
        for payload in [&b""[..], b"hello", &[0xff; 125]] {
            for config in [relaxed(), strict()] {
                let outcome = segments::receive(config, &frame(PING, payload));
                assert_eq!(outcome.frames, []);
                assert_eq!(outcome.sent, [(PONG, payload.to_vec())]);
            }
        }
    }

    #[test]
    fn each_is_answered_in_order_where_there_is_time() {
        let script = [frame(PING, "1"), frame(TEXT, "a"), frame(PING, "2"), frame(PING, "3")];
        let outcome = segments::receive(relaxed(), &script.concat());
        assert_eq!(outcome.frames, [last(Kind::Text, "a")]);
        let sent: Vec<Vec<u8>> = outcome.sent.into_iter().map(|sent| sent.1).collect();
        assert_eq!(sent, [b"1", b"2", b"3"]);
    }

    #[test]
    fn only_the_newest_is_answered_where_there_is_none() {
        let mut client = Client::new(relaxed());
        client.start(Kind::Text, 1).unwrap();
        for payload in ["old", "older", "newest"] {
            client.receive(&frame(PING, payload));
        }
        assert_eq!(client.connection.pending_pong(), Some(&b"newest"[..]));
        client.push("a");
        client.connection.write_pending(&mut client.output);
        let wanted = [(TEXT, b"a".to_vec()), (PONG, b"newest".to_vec())];
        assert_eq!(server::frames(&client.output), wanted);
        assert_eq!(client.connection.pending_pong(), None);
        assert!(!client.connection.needs_attention());
    }

    #[test]
    fn its_answer_does_not_interrupt_a_frame_but_a_message() {
        let mut client = Client::new(relaxed());
        client.send_fragment(Kind::Text, "a").unwrap();
        client.receive(&frame(PING, "1"));
        client.start(Kind::Text, 2).unwrap();
        client.push("b");
        client.receive(&frame(PING, "2"));
        assert!(!client.connection.wants_write());
        client.push("c");
        client.connection.write_pending(&mut client.output);
        let wanted = [
            (FIRST_TEXT, b"a".to_vec()),
            (PONG, b"1".to_vec()),
            (LAST, b"bc".to_vec()),
            (PONG, b"2".to_vec()),
        ];
        assert_eq!(server::frames(&client.output), wanted);
    }

    #[test]
    fn its_answer_goes_before_the_callers_next_frame() {
        let mut client = Client::new(relaxed());
        client.start(Kind::Text, 1).unwrap();
        client.receive(&frame(PING, "p"));
        client.push("a");
        client.send(Kind::Text, "b").unwrap();
        client.start(Kind::Text, 1).unwrap();
        client.receive(&frame(PING, "q"));
        client.push("c");
        client.close(1000, "").unwrap();
        let sent: Vec<u8> = server::frames(&client.output).iter().map(|sent| sent.0).collect();
        assert_eq!(sent, [TEXT, PONG, TEXT, TEXT, PONG, CLOSE]);
        assert!(!client.connection.wants_write());
    }

    #[test]
    fn its_answer_goes_before_the_answer_to_close() {
        let mut client = Client::new(strict());
        client.start(Kind::Text, 1).unwrap();
        client.receive(&[frame(PING, "p"), close(1000, "")].concat());
        client.push("a");
        client.connection.write_pending(&mut client.output);
        let sent: Vec<u8> = server::frames(&client.output).iter().map(|sent| sent.0).collect();
        assert_eq!(sent, [TEXT, PONG, CLOSE]);
    }

    #[test]
    fn the_application_may_answer() {
        let config = Config {
            answer_ping: false,
            ..strict()
        };
        let outcome = segments::receive(config, &frame(PING, "hello"));
        assert_eq!(outcome.frames, [last(Kind::Ping, "hello")]);
        assert_eq!(outcome.sent, []);
    }

    #[test]
    fn it_is_answered_after_this_sides_close_frame() {
        for config in [relaxed(), strict()] {
            let mut client = Client::new(config);
            client.close(1000, "").unwrap();
            client.receive(&frame(PING, "p"));
            let wanted = [(CLOSE, b"\x03\xe8".to_vec()), (PONG, b"p".to_vec())];
            assert_eq!(server::frames(&client.output), wanted);
        }
    }

    #[test]
    fn it_is_not_answered_after_the_closing_handshake() {
        let config = Config {
            answer_close: true,
            ..relaxed()
        };
        let script = [close(1000, ""), frame(PING, "p"), frame(TEXT, "x")].concat();
        let outcome = segments::receive(config, &script);
        assert_eq!(outcome.sent, [(CLOSE, b"\x03\xe8".to_vec())]);
        assert_eq!(outcome.frames.len(), 2);

        let mut client = Client::new(config);
        client.start(Kind::Text, 1).unwrap();
        client.receive(&script);
        client.push("a");
        client.connection.write_pending(&mut client.output);
        let sent: Vec<u8> = server::frames(&client.output).iter().map(|sent| sent.0).collect();
        assert_eq!(sent, [TEXT, CLOSE]);
    }

    #[test]
    fn a_pong_that_cant_be_masked_is_not_sent() {
        let mut client = Client::new(relaxed());
        super::super::client::with_keys(0, || client.receive(&frame(PING, "p")));
        assert_eq!(client.output, b"");
        assert!(!client.connection.wants_write());
        client.send(Kind::Text, "a").unwrap();
        assert_eq!(server::frames(&client.output).len(), 1);
    }
}

mod section_5_5_3_pong {
    use super::*;

    #[test]
    fn one_without_a_ping_is_delivered_and_not_answered() {
        for config in [relaxed(), strict()] {
            for payload in [&b""[..], b"8 bytes!", &[0; 125]] {
                let outcome = segments::receive(config, &frame(PONG, payload));
                assert_eq!(outcome.frames, [last(Kind::Pong, payload)]);
                assert_eq!(outcome.sent, []);
            }
        }
    }

    #[test]
    fn the_application_may_send_one() {
        let mut client = Client::new(strict());
        client.send(Kind::Pong, "unsolicited").unwrap();
        assert_eq!(server::frames(&client.output), [(PONG, b"unsolicited".to_vec())]);
    }
}
