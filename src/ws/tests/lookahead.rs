//! What is found before the application asks for it: an error has no consequences before it is reported, and frames that wait
//! in memory are delivered like others.

use super::client::{Client, last, relaxed, strict};
use super::segments;
use super::server::{self, CLOSE, PING, TEXT, close, frame};
use crate::ws::{Config, Event, Kind, ProtocolError, State};

mod errors {
    use super::*;

    #[test]
    fn they_have_no_consequences_before_fail() {
        let mut client = Client::new(relaxed());
        client.receive(&[frame(TEXT, "a"), frame(0x83, "")].concat());
        assert_eq!(client.error, Some(ProtocolError::ReservedOpcode(3)));
        let connection = &client.connection;
        assert_eq!(connection.state(), State::Open);
        assert!(!connection.needs_attention());
        assert!(connection.may_start());
        client.send(Kind::Text, "answer").unwrap();
        client.start(Kind::Text, 2).unwrap();
        client.push("ok");
        let wanted = [(TEXT, b"answer".to_vec()), (TEXT, b"ok".to_vec())];
        assert_eq!(server::frames(&client.output), wanted);
    }

    #[test]
    fn frames_before_them_are_answered() {
        let mut client = Client::new(strict());
        client.receive(&[frame(PING, "p"), frame(0x83, "")].concat());
        assert_eq!(server::frames(&client.output), [(server::PONG, b"p".to_vec())]);
        client.close(1000, "").unwrap();
        assert_eq!(client.connection.state(), State::LocalClosing);
    }

    #[test]
    fn they_are_final() {
        for script in [frame(0x83, ""), frame(TEXT, b"\xff")] {
            let mut client = Client::new(strict());
            client.receive(&script);
            let error = client.error.unwrap();
            for input in [frame(TEXT, "a"), vec![]] {
                assert_eq!(client.connection.receive(&input), (0, Err(error)));
            }
            assert!(!client.connection.is_between_frames());
            assert_eq!(client.connection.memory(), b"");
        }
    }

    #[test]
    fn a_later_failure_does_not_replace_them() {
        let mut client = Client::new(strict());
        client.receive(&frame(0x83, ""));
        let error = client.error.unwrap();
        client.connection.fail(error, &mut client.output);
        client.connection.fail(ProtocolError::TooLarge(1), &mut client.output);
        assert_eq!(client.connection.receive(b""), (0, Err(error)));
    }
}

mod control_frames_in_memory {
    use super::*;

    /// A client in strict mode that has a CLOSE frame with the reason "bye" in memory.
    fn with_close_frame() -> Client {
        let mut client = Client::new(strict());
        let script = close(1000, "bye");
        let (used, event) = client.connection.receive(&script);
        assert_eq!(used, script.len());
        let Ok(Event::Memory(frame)) = event else {
            panic!("{event:?}");
        };
        assert_eq!((frame.kind, frame.fin, frame.length()), (Kind::Close, true, 5));
        client
    }

    #[test]
    fn they_are_due_until_they_are_taken() {
        let mut client = with_close_frame();
        let connection = &mut client.connection;
        for taken in 0..5u64 {
            let (used, event) = connection.receive(b"\x81\x00");
            let Ok(Event::Memory(frame)) = event else {
                panic!("{event:?}");
            };
            assert_eq!((used, frame.offset, frame.remaining), (0, taken, 5 - taken));
            assert_eq!(connection.memory(), &b"\x03\xe8bye"[taken as usize..]);
            assert_eq!(connection.memory_pending() as u64, 5 - taken);
            assert!(!connection.is_between_frames());
            connection.take_memory(1);
        }
        assert!(connection.is_between_frames());
        assert_eq!(connection.memory(), b"");
        assert_eq!(connection.memory_pending(), 0);
    }

    #[test]
    fn a_close_frame_counts_once_it_is_delivered() {
        let mut client = with_close_frame();
        assert_eq!(client.connection.state(), State::Open);
        assert_eq!(client.connection.close_code(), None);
        client.connection.write_pending(&mut client.output);
        assert_eq!(client.output, b"");
        client.send(Kind::Text, "before").unwrap();
        client.receive(b"");
        assert_eq!(client.frames, [last(Kind::Close, b"\x03\xe8bye")]);
        assert_eq!(client.connection.state(), State::Closed);
        let wanted = [(TEXT, b"before".to_vec()), (CLOSE, b"\x03\xe8".to_vec())];
        assert_eq!(server::frames(&client.output), wanted);
    }

    #[test]
    fn delivery_may_begin_more_than_once() {
        let mut client = with_close_frame();
        let connection = &mut client.connection;
        for _ in 0..2 {
            let Ok(Event::Memory(frame)) = connection.receive(b"").1 else {
                panic!("no frame");
            };
            assert_eq!(connection.begin_delivery(frame), Ok(()));
            assert_eq!(connection.state(), State::RemoteClosing);
            connection.take_memory(2);
        }
        connection.write_pending(&mut client.output);
        assert_eq!(server::frames(&client.output).len(), 1);
    }

    #[test]
    fn an_empty_one_is_taken_with_nothing() {
        let mut client = Client::new(strict());
        let connection = &mut client.connection;
        let Ok(Event::Memory(frame)) = connection.receive(&[CLOSE, 0]).1 else {
            panic!("no CLOSE frame");
        };
        connection.begin_delivery(frame).unwrap();
        assert_eq!(connection.memory_pending(), 0);
        connection.take_memory(0);
        assert!(connection.is_over());
        assert_eq!(connection.close_code(), Some(1005));
    }

    #[test]
    fn nothing_else_begins_the_closing_handshake() {
        let mut client = Client::new(strict());
        let connection = &mut client.connection;
        let Ok(Event::Payload(frame)) = connection.receive(b"\x81\x02\x03\xe8").1 else {
            panic!("no TEXT frame");
        };
        assert_eq!(connection.begin_delivery(frame), Ok(()));
        assert_eq!(connection.state(), State::Open);
    }

    #[test]
    fn a_ping_is_not_in_memory() {
        let mut client = Client::new(relaxed());
        let connection = &mut client.connection;
        assert_eq!(connection.receive(b"\x89\x03abc\x81"), (5, Ok(Event::Ping)));
        assert_eq!(connection.memory(), b"");
        assert_eq!(connection.pending_pong(), Some(&b"abc"[..]));
        assert!(connection.wants_write());
        assert!(connection.needs_attention());
    }

    #[test]
    fn a_control_frame_is_collected_across_calls() {
        let mut client = Client::new(relaxed());
        let connection = &mut client.connection;
        assert_eq!(connection.receive(b"\x89\x03a"), (3, Ok(Event::NeedInput)));
        assert_eq!(connection.received_frame().unwrap().remaining, 2);
        assert!(!connection.is_between_frames());
        assert_eq!(connection.payload(), None);
        assert_eq!(connection.receive(b""), (0, Ok(Event::NeedInput)));
        assert_eq!(connection.receive(b"b"), (1, Ok(Event::NeedInput)));
        assert_eq!(connection.receive(b"cd"), (1, Ok(Event::Ping)));
        assert_eq!(connection.pending_pong(), Some(&b"abc"[..]));
        assert!(connection.is_between_frames());
    }
}

mod attention {
    use super::*;

    #[test]
    fn a_connection_that_only_moves_frames_needs_none() {
        let mut client = Client::new(relaxed());
        assert!(!client.connection.needs_attention());
        client.send(Kind::Text, "a").unwrap();
        client.start(Kind::Binary, 3).unwrap();
        client.receive(&[frame(TEXT, "a"), frame(0x01, "b"), frame(0x8a, "pong")].concat());
        assert!(!client.connection.needs_attention());
    }

    #[test]
    fn a_due_pong_needs_it_until_it_is_written() {
        let mut client = Client::new(relaxed());
        client.start(Kind::Text, 1).unwrap();
        client.receive(&frame(PING, ""));
        assert!(client.connection.needs_attention());
        client.push("a");
        client.connection.write_pending(&mut client.output);
        assert!(!client.connection.needs_attention());
    }

    #[test]
    fn the_closing_handshake_needs_it() {
        let mut client = Client::new(relaxed());
        client.send(Kind::Close, "").unwrap();
        assert!(client.connection.needs_attention());
        let mut client = Client::new(relaxed());
        client.close(1000, "").unwrap();
        assert!(client.connection.needs_attention());
        let mut client = Client::new(relaxed());
        client.receive(&frame(CLOSE, ""));
        assert!(client.connection.needs_attention());
    }

    #[test]
    fn keep_alive_needs_it() {
        let mut client = Client::new(super::super::client::keep_alive(1, None));
        assert!(client.connection.needs_attention());
        assert!(client.connection.keeps_alive());
        client.connection.set_config(relaxed());
        assert!(!client.connection.needs_attention());
        assert!(!client.connection.keeps_alive());
    }
}

mod configuration {
    use super::*;

    #[test]
    fn it_may_change_while_the_connection_is_open() {
        let mut client = Client::new(Config::default());
        client.receive(&frame(PING, "1"));
        client.connection.set_config(relaxed());
        client.receive(&frame(PING, "2"));
        client.connection.set_config(Config::default());
        client.receive(&frame(PING, "3"));
        assert_eq!(client.frames, [last(Kind::Ping, "1"), last(Kind::Ping, "3")]);
        assert_eq!(server::frames(&client.output), [(server::PONG, b"2".to_vec())]);
    }

    #[test]
    fn a_frame_that_has_begun_ends_as_it_began() {
        let mut client = Client::new(Config::default());
        client.receive(b"\x89\x03a");
        client.connection.set_config(relaxed());
        client.receive(b"bc");
        assert_eq!(client.frames, [last(Kind::Ping, "abc")]);
        client.receive(b"\x89\x03a");
        client.connection.set_config(Config::default());
        client.receive(b"bc");
        assert_eq!(server::frames(&client.output), [(server::PONG, b"abc".to_vec())]);
    }

    #[test]
    fn the_default_delivers_everything() {
        let script = [frame(PING, "p"), frame(0x8a, "q"), frame(TEXT, b"\xff"), close(5, "")].concat();
        let outcome = segments::receive(Config::default(), &script);
        assert_eq!(outcome.frames.len(), 4);
        assert_eq!(outcome.sent, []);
        assert_eq!(outcome.error, None);
    }
}
