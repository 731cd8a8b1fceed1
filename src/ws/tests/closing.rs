//! RFC 6455 sections 7.1 to 7.3: the closing handshake.

use super::client::{Client, last, relaxed, strict};
use super::pair::Pair;
use super::segments;
use super::server::{self, CLOSE, TEXT, close, frame};
use crate::ws::error::CloseError;
use crate::ws::{Config, Kind, SendError, State};

/// CLOSE is answered, nothing is checked: how callback mode behaves.
fn answering() -> Config {
    Config {
        answer_close: true,
        ..relaxed()
    }
}

mod section_7_1_1_close_the_connection {
    use super::*;

    #[test]
    fn in_strict_mode_all_is_over_once_the_peers_close_frame_was_delivered() {
        let mut client = Client::new(strict());
        client.connection.receive(&close(1000, "bye")).1.unwrap();
        assert!(!client.connection.is_over());
        client.receive(b"");
        assert!(client.connection.is_over());
    }

    #[test]
    fn it_is_not_over_while_a_part_is_not_delivered() {
        let mut client = Client::new(strict());
        let connection = &mut client.connection;
        let Ok(crate::ws::Event::Memory(frame)) = connection.receive(&close(1000, "bye")).1 else {
            panic!("no CLOSE frame");
        };
        connection.begin_delivery(frame).unwrap();
        assert_eq!(connection.memory(), b"\x03\xe8bye");
        assert_eq!(connection.memory_pending(), 5);
        connection.take_memory(2);
        assert_eq!(connection.memory(), b"bye");
        assert!(!connection.is_over());
        assert_eq!(connection.close_code(), Some(1000));
        connection.take_memory(3);
        assert!(connection.is_over());
        assert_eq!(connection.memory(), b"");
    }

    #[test]
    fn outside_of_strict_mode_it_is_never_over() {
        let mut client = Client::new(answering());
        client.receive(&[close(1000, ""), frame(TEXT, "more")].concat());
        assert!(!client.connection.is_over());
        assert_eq!(client.frames[1], last(Kind::Text, "more"));
    }
}

mod section_7_1_2_start_the_closing_handshake {
    use super::*;

    #[test]
    fn this_side_starts() {
        for config in [relaxed(), answering(), strict()] {
            let mut pair = Pair::new(config, 50);
            assert_eq!(pair.client.connection.state(), State::Open);
            assert!(pair.client.connection.may_start());
            pair.client.close(1000, "done").unwrap();
            assert_eq!(pair.client.connection.state(), State::LocalClosing);
            assert_eq!(pair.client.connection.close_code(), None);
            // The server goes on until it gets the CLOSE frame.
            pair.server_sends(frame(TEXT, "still"));
            assert_eq!(pair.advance(99), [(CLOSE, b"\x03\xe8done".to_vec())]);
            assert_eq!(pair.client.connection.state(), State::LocalClosing);
            assert_eq!(pair.advance(1), []);
            assert_eq!(pair.client.connection.state(), State::Closed);
            assert_eq!(pair.client.connection.close_code(), Some(1000));
            let wanted = [last(Kind::Text, "still"), last(Kind::Close, b"\x03\xe8done")];
            assert_eq!(pair.client.frames, wanted);
        }
    }

    #[test]
    fn the_server_starts() {
        for config in [answering(), strict()] {
            let mut pair = Pair::new(config, 50);
            pair.server_sends(close(1001, ""));
            assert_eq!(pair.advance(99), []);
            assert_eq!(pair.client.connection.state(), State::Closed);
            assert_eq!(pair.advance(1), [(CLOSE, b"\x03\xe9".to_vec())]);
        }
    }

    #[test]
    fn both_start() {
        for config in [relaxed(), answering(), strict()] {
            let mut pair = Pair::new(config, 50);
            pair.answers_close = false;
            pair.server_sends(close(1001, "server"));
            pair.client.close(1000, "client").unwrap();
            assert_eq!(pair.advance(100), [(CLOSE, b"\x03\xe8client".to_vec())]);
            assert_eq!(pair.client.connection.state(), State::Closed);
            assert_eq!(pair.client.connection.close_code(), Some(1001));
        }
    }

    #[test]
    fn a_message_may_be_left_unfinished() {
        let mut client = Client::new(strict());
        client.send_fragment(Kind::Text, "never").unwrap();
        client.close(1001, "").unwrap();
        assert_eq!(server::frames(&client.output).len(), 2);
    }
}

mod section_7_1_3_the_closing_handshake_is_started {
    use super::*;

    #[test]
    fn each_side_has_its_state() {
        let mut client = Client::new(relaxed());
        assert_eq!(client.connection.state(), State::Open);
        client.receive(&close(1000, ""));
        assert_eq!(client.connection.state(), State::RemoteClosing);
        assert!(client.connection.may_start());
        client.send(Kind::Text, "last words").unwrap();
        assert_eq!(client.connection.state(), State::RemoteClosing);
        client.send(Kind::Close, b"\x03\xe8").unwrap();
        assert_eq!(client.connection.state(), State::Closed);

        let mut client = Client::new(relaxed());
        client.close(1000, "").unwrap();
        assert_eq!(client.connection.state(), State::LocalClosing);
        client.receive(&frame(TEXT, "x"));
        assert_eq!(client.connection.state(), State::LocalClosing);
        client.receive(&close(1000, ""));
        assert_eq!(client.connection.state(), State::Closed);
    }

    #[test]
    fn a_close_frame_counts_with_its_last_byte() {
        for config in [relaxed(), answering()] {
            let script = close(1001, "bye");
            let mut client = Client::new(config);
            for byte in &script[..script.len() - 1] {
                client.receive(&[*byte]);
                assert_eq!(client.connection.state(), State::Open);
                assert_eq!(client.connection.close_code(), None);
                assert_eq!(client.output, b"");
            }
            client.receive(&script[script.len() - 1..]);
            assert_ne!(client.connection.state(), State::Open);
            assert_eq!(client.connection.close_code(), Some(1001));
        }
    }

    #[test]
    fn the_last_of_several_close_frames_counts() {
        let mut client = Client::new(relaxed());
        for (frame, code) in [
            (close(1001, ""), 1001),
            (close(4000, "again"), 4000),
            (frame(CLOSE, ""), 1005),
            (frame(CLOSE, "\x0f"), 1005),
            (close(1000, ""), 1000),
        ] {
            client.receive(&frame);
            assert_eq!(client.connection.close_code(), Some(code));
        }
    }
}

mod section_7_1_5_the_close_code {
    use super::*;

    #[test]
    fn it_is_the_peers() {
        for code in [1000, 1001, 1014, 3000, 4999] {
            for config in [relaxed(), answering(), strict()] {
                let mut client = Client::new(config);
                client.receive(&close(code, "reason"));
                assert_eq!(client.connection.close_code(), Some(code));
            }
        }
    }

    #[test]
    fn it_is_1005_where_the_peer_gave_none() {
        for config in [relaxed(), answering(), strict()] {
            let mut client = Client::new(config);
            client.receive(&frame(CLOSE, ""));
            assert_eq!(client.connection.close_code(), Some(1005));
        }
        // Half a code is none.
        let mut client = Client::new(relaxed());
        client.receive(&frame(CLOSE, [3]));
        assert_eq!(client.connection.close_code(), Some(1005));
    }
}

mod section_7_1_6_the_close_reason {
    use super::*;

    #[test]
    fn it_is_delivered_as_it_came() {
        let reason = "ein Grüßchen 🦀";
        for config in [relaxed(), answering(), strict()] {
            let outcome = segments::receive(config, &close(1000, reason));
            let payload = [b"\x03\xe8", reason.as_bytes()].concat();
            assert_eq!(outcome.frames, [last(Kind::Close, payload)]);
        }
    }

    #[test]
    fn it_is_known_once_the_close_frame_was_delivered() {
        for config in [relaxed(), answering(), strict()] {
            for (script, reason) in [
                (close(1000, "Grüße"), "Grüße"),
                (close(1000, ""), ""),
                (frame(CLOSE, ""), ""),
            ] {
                let (last, before) = script.split_last().unwrap();
                let mut client = Client::new(config);
                for byte in before {
                    assert_eq!(client.connection.close_reason(), None);
                    client.receive(&[*byte]);
                }
                assert_eq!(client.connection.close_reason(), None);
                client.receive(&[*last]);
                assert_eq!(client.connection.close_reason(), Some(reason.as_bytes()));
            }
        }
    }

    #[test]
    fn that_of_the_last_of_several_close_frames_counts() {
        let mut client = Client::new(relaxed());
        for (frame, reason) in [
            (close(1001, "the first"), "the first"),
            (close(1000, "second"), "second"),
            (frame(CLOSE, "\x0f"), ""),
            (close(1000, &"x".repeat(123)), &"x".repeat(123)),
            (frame(CLOSE, ""), ""),
        ] {
            client.receive(&frame);
            assert_eq!(client.connection.close_reason(), Some(reason.as_bytes()));
        }
    }

    #[test]
    fn it_holds_at_most_123_bytes() {
        let mut client = Client::new(relaxed());
        let long = Err(SendError::Close(CloseError::LongReason(124)));
        assert_eq!(client.close(1000, [b'x'; 124]), long);
        assert_eq!(client.connection.state(), State::Open);
        assert_eq!(client.close(1000, [b'x'; 123]), Ok(()));
        assert_eq!(server::frames(&client.output)[0].1.len(), 125);
    }

    #[test]
    fn it_must_be_utf_8() {
        let mut client = Client::new(relaxed());
        let broken = Err(SendError::Close(CloseError::ReasonNotUtf8));
        assert_eq!(client.close(1000, b"\xc3"), broken);
        assert_eq!(client.close(1000, "\u{e9}"), Ok(()));
    }
}

mod section_7_2_abnormal_closures {
    use super::*;

    #[test]
    fn a_caller_that_cant_go_on_tells_the_peer() {
        for config in [relaxed(), strict()] {
            let mut client = Client::new(config);
            client.connection.abandon(Some(1001), &mut client.output);
            assert_eq!(server::frames(&client.output), [(CLOSE, b"\x03\xe9".to_vec())]);
            assert_eq!(client.connection.state(), State::LocalClosing);
            assert!(client.connection.needs_attention());
            assert_eq!(client.send(Kind::Text, ""), Err(SendError::AfterClose));
        }
    }

    #[test]
    fn or_does_not() {
        let mut client = Client::new(relaxed());
        client.connection.abandon(None, &mut client.output);
        assert_eq!(client.output, b"");
        assert!(client.connection.needs_attention());
        assert_eq!(client.connection.state(), State::Open);
    }
}

mod section_7_3_normal_closure {
    use super::*;

    #[test]
    fn what_was_received_before_is_answered_first() {
        let mut client = Client::new(relaxed());
        client.start(Kind::Text, 1).unwrap();
        client.receive(&frame(server::PING, "p"));
        client.push("a");
        client.close(1000, "").unwrap();
        let sent: Vec<u8> = server::frames(&client.output).iter().map(|sent| sent.0).collect();
        assert_eq!(sent, [TEXT, server::PONG, CLOSE]);
        assert!(!client.connection.wants_write());
    }

    #[test]
    fn each_answer_is_sent_once() {
        let mut client = Client::new(strict());
        client.receive(&close(1000, ""));
        for _ in 0..3 {
            client.connection.write_pending(&mut client.output);
        }
        assert_eq!(server::frames(&client.output).len(), 1);
        assert!(!client.connection.wants_write());
        assert!(client.connection.needs_attention());
    }
}
