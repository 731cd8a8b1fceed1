//! Keep-alive (RFC 6455 sections 5.5.2 and 5.5.3), with simulated time. Times are in milliseconds.

use std::time::Duration;

use super::client::{Client, keep_alive, last, relaxed, with_keys};
use super::pair::Pair;
use super::server::{CLOSE, PING, PONG, TEXT, close, frame};
use crate::ws::{Config, Kind, ProtocolError, SendError};

/// First bytes of the frames.
fn firsts(frames: &[(u8, Vec<u8>)]) -> Vec<u8> {
    frames.iter().map(|frame| frame.0).collect()
}

mod pings {
    use super::*;

    #[test]
    fn they_are_sent_at_the_interval() {
        let mut pair = Pair::new(keep_alive(10, None), 0);
        assert_eq!(pair.advance(9_999), []);
        assert_eq!(firsts(&pair.advance(1)), [PING]);
        assert_eq!(pair.advance(9_999), []);
        assert_eq!(firsts(&pair.advance(1)), [PING]);
        assert_eq!(firsts(&pair.advance(50_000)), [PING; 5]);
    }

    #[test]
    fn without_an_interval_there_are_none() {
        let mut pair = Pair::new(relaxed(), 0);
        assert_eq!(pair.client.connection.poll_timeout(true), None);
        assert_eq!(pair.advance(100_000), []);
        assert_eq!(pair.handle_timeout(), Ok(false));
    }

    #[test]
    fn each_has_a_payload_of_its_own() {
        let mut pair = Pair::new(keep_alive(10, None), 0);
        let mut payloads: Vec<Vec<u8>> = pair.advance(100_000).into_iter().map(|frame| frame.1).collect();
        assert_eq!(payloads.len(), 10);
        assert!(payloads.iter().all(|payload| payload.len() == 8));
        payloads.dedup();
        assert_eq!(payloads.len(), 10);
        // Connections differ as well.
        let other = Pair::new(keep_alive(10, None), 0).advance(10_000);
        assert!(!payloads.contains(&other[0].1));
    }

    #[test]
    fn the_next_is_due_an_interval_after_the_last() {
        let mut pair = Pair::new(keep_alive(10, None), 0);
        let due = pair.now + Duration::from_secs(10);
        assert_eq!(pair.client.connection.poll_timeout(true), Some(due));
        // The caller comes late.
        pair.now = due + Duration::from_secs(3);
        assert_eq!(pair.handle_timeout(), Ok(true));
        let next = pair.now + Duration::from_secs(10);
        assert_eq!(pair.client.connection.poll_timeout(true), Some(next));
        assert_eq!(pair.handle_timeout(), Ok(false));
    }

    #[test]
    fn they_wait_for_the_end_of_an_open_frame() {
        let mut pair = Pair::new(keep_alive(10, None), 0);
        pair.client.start(Kind::Text, 2).unwrap();
        pair.client.push("a");
        assert_eq!(pair.client.connection.poll_timeout(true), None);
        assert_eq!(pair.advance(15_000), []);
        assert_eq!(pair.handle_timeout(), Ok(false));
        pair.client.push("b");
        let due = pair.client.connection.poll_timeout(true);
        assert!(due.is_some_and(|due| due <= pair.now));
        assert_eq!(firsts(&pair.advance(0)), [TEXT, PING]);
    }

    #[test]
    fn they_go_between_fragments() {
        let mut pair = Pair::new(keep_alive(10, None), 0);
        pair.client.send_fragment(Kind::Text, "a").unwrap();
        assert_eq!(firsts(&pair.advance(10_000)), [0x01, PING]);
    }

    #[test]
    fn one_is_enough_behind_what_the_peer_does_not_take() {
        let mut pair = Pair::new(keep_alive(10, None), 0);
        pair.answers_ping = false;
        pair.client_is_idle = false;
        assert_eq!(firsts(&pair.advance(10_000)), [PING]);
        assert_eq!(pair.advance(50_000), []);
        let next = pair.client.connection.poll_timeout(true);
        assert_eq!(next, Some(pair.now + Duration::from_secs(10)));
        pair.client_is_idle = true;
        assert_eq!(pair.advance(9_999), []);
        assert_eq!(firsts(&pair.advance(1)), [PING]);
    }

    #[test]
    fn a_busy_socket_does_not_matter_once_the_last_was_answered() {
        let mut pair = Pair::new(keep_alive(10, None), 0);
        pair.client_is_idle = false;
        assert_eq!(firsts(&pair.advance(30_000)), [PING; 3]);
    }

    #[test]
    fn there_are_none_after_a_close_frame() {
        let mut pair = Pair::new(keep_alive(10, Some(5)), 0);
        pair.answers_close = false;
        pair.client.close(1000, "").unwrap();
        assert_eq!(pair.client.connection.poll_timeout(true), None);
        assert_eq!(firsts(&pair.advance(50_000)), [CLOSE]);
        assert_eq!(pair.handle_timeout(), Ok(false));
        assert_eq!(pair.client.error, None);
    }

    #[test]
    fn there_are_none_once_an_answer_to_close_is_due() {
        let config = Config {
            answer_close: true,
            ..keep_alive(10, None)
        };
        let mut pair = Pair::new(config, 0);
        pair.client.start(Kind::Text, 1).unwrap();
        pair.server_sends(close(1000, ""));
        pair.advance(20_000);
        pair.client.push("a");
        assert_eq!(pair.client.connection.poll_timeout(true), None);
        assert_eq!(pair.handle_timeout(), Ok(false));
    }

    #[test]
    fn there_are_none_after_a_failure() {
        for announce_failure in [true, false] {
            let config = Config {
                announce_failure,
                ..keep_alive(10, Some(1))
            };
            let mut pair = Pair::new(config, 0);
            pair.answers_ping = false;
            pair.advance(10_000);
            let Client { connection, output, .. } = &mut pair.client;
            connection.fail(ProtocolError::Masked, output);
            assert_eq!(connection.poll_timeout(true), None);
            assert_eq!(connection.check_pong(pair.now + Duration::from_secs(99)), Ok(()));
            pair.now += Duration::from_secs(99);
            assert_eq!(pair.handle_timeout(), Ok(false));
        }
    }

    #[test]
    fn a_new_interval_counts_at_once() {
        let mut pair = Pair::new(keep_alive(3600, None), 0);
        pair.advance(1_000);
        pair.client.connection.set_config(keep_alive(10, None));
        pair.handle_timeout().unwrap();
        assert_eq!(pair.advance(9_999), []);
        assert_eq!(firsts(&pair.advance(1)), [PING]);
        pair.client.connection.set_config(keep_alive(3600, None));
        pair.handle_timeout().unwrap();
        assert_eq!(pair.advance(3_599_999), []);
        assert_eq!(firsts(&pair.advance(1)), [PING]);
    }

    #[test]
    fn other_changes_do_not_postpone_them() {
        let mut pair = Pair::new(keep_alive(10, None), 0);
        pair.advance(6_000);
        pair.client.connection.set_config(keep_alive(10, Some(60)));
        pair.handle_timeout().unwrap();
        assert_eq!(firsts(&pair.advance(4_000)), [PING]);
    }

    #[test]
    fn without_a_masking_key_there_is_an_error_and_no_ping() {
        for keys in [0, 1] {
            let mut pair = Pair::new(keep_alive(10, Some(5)), 0);
            pair.now += Duration::from_secs(10);
            assert_eq!(with_keys(keys, || pair.handle_timeout()), Err(SendError::NoKey));
            assert_eq!(pair.client.output, b"");
            // No PONG is expected for it.
            let later = pair.now + Duration::from_secs(99);
            assert_eq!(pair.client.connection.check_pong(later), Ok(()));
            assert_eq!(pair.handle_timeout(), Ok(true));
        }
    }
}

mod pongs {
    use super::*;

    #[test]
    fn they_are_not_delivered() {
        let mut pair = Pair::new(keep_alive(10, None), 100);
        pair.advance(35_000);
        assert_eq!(pair.client.frames, []);
        assert_eq!(pair.client.connection.round_trip(), Some(Duration::from_millis(200)));
    }

    #[test]
    fn they_give_the_round_trip() {
        let mut pair = Pair::new(keep_alive(10, None), 30);
        assert_eq!(pair.client.connection.round_trip(), None);
        pair.advance(10_059);
        assert_eq!(pair.client.connection.round_trip(), None);
        pair.advance(1);
        assert_eq!(pair.client.connection.round_trip(), Some(Duration::from_millis(60)));
    }

    #[test]
    fn the_round_trip_ends_when_the_answer_is_received() {
        let mut pair = Pair::new(keep_alive(10, None), 0);
        pair.answers_ping = false;
        let payload = pair.advance(10_000)[0].1.clone();
        pair.client.now = pair.now + Duration::from_millis(7);
        pair.client.receive(&frame(PONG, payload));
        assert_eq!(pair.client.connection.round_trip(), Some(Duration::from_millis(7)));
    }

    #[test]
    fn one_that_does_not_come_in_time_fails_the_connection() {
        let mut pair = Pair::new(keep_alive(10, Some(4)), 0);
        pair.answers_ping = false;
        pair.advance(13_999);
        assert_eq!(pair.client.error, None);
        let sent = pair.advance(1);
        let timeout = Duration::from_secs(4);
        assert_eq!(pair.client.error, Some(ProtocolError::NoPong(timeout)));
        assert_eq!(sent, [(CLOSE, b"\x03\xf3".to_vec())]);
    }

    #[test]
    fn one_that_comes_in_time_does_not() {
        // There and back takes as long as the PONG may take, less a millisecond on each way.
        let mut pair = Pair::new(keep_alive(10, Some(4)), 1_999);
        pair.advance(100_000);
        assert_eq!(pair.client.error, None);
        let mut pair = Pair::new(keep_alive(10, Some(4)), 2_001);
        pair.advance(100_000);
        assert!(pair.client.error.is_some());
        assert_eq!(pair.elapsed(), 100_000);
    }

    #[test]
    fn one_that_comes_at_the_last_moment_is_received_before_the_time_is_over() {
        let mut pair = Pair::new(keep_alive(10, Some(4)), 2_000);
        pair.advance(100_000);
        assert_eq!(pair.client.error, None);
    }

    #[test]
    fn without_a_timeout_they_may_stay_away() {
        let mut pair = Pair::new(keep_alive(10, None), 0);
        pair.answers_ping = false;
        assert_eq!(firsts(&pair.advance(100_000)), [PING; 10]);
        assert_eq!(pair.client.error, None);
    }

    #[test]
    fn the_time_counts_from_the_oldest_ping_without_an_answer() {
        let mut pair = Pair::new(keep_alive(10, Some(25)), 0);
        pair.answers_ping = false;
        assert_eq!(firsts(&pair.advance(34_999)), [PING; 3]);
        assert_eq!(pair.client.error, None);
        pair.advance(1);
        assert!(pair.client.error.is_some());
    }

    #[test]
    fn an_answer_to_an_older_ping_shows_that_the_peer_is_alive() {
        let mut pair = Pair::new(keep_alive(10, Some(25)), 0);
        pair.answers_ping = false;
        let pings = pair.advance(29_000);
        assert_eq!(firsts(&pings), [PING; 2]);
        pair.server_sends(frame(PONG, &pings[0].1));
        // The time counts from the second one now, which was sent at 20,000.
        pair.advance(15_999);
        assert_eq!(pair.client.error, None);
        assert_eq!(pair.client.connection.round_trip(), None);
        pair.advance(1);
        assert!(pair.client.error.is_some());
        assert_eq!(pair.client.frames, []);
    }

    #[test]
    fn the_newest_answer_ends_all_waiting() {
        let mut pair = Pair::new(keep_alive(10, Some(25)), 0);
        pair.answers_ping = false;
        let pings = pair.advance(29_000);
        pair.server_sends(frame(PONG, &pings[1].1));
        pair.advance(0);
        assert_eq!(pair.client.connection.round_trip(), Some(Duration::from_secs(9)));
        let due = pair.now + Duration::from_secs(1);
        assert_eq!(pair.client.connection.poll_timeout(true), Some(due));
    }

    #[test]
    fn others_are_delivered() {
        let mut pair = Pair::new(keep_alive(10, Some(25)), 0);
        pair.answers_ping = false;
        let mut payload = pair.advance(10_000)[0].1.clone();
        payload[0] ^= 1;
        for pong in [&payload[..], b"", b"short", b"a longer one"] {
            pair.server_sends(frame(PONG, pong));
        }
        pair.advance(0);
        let delivered: Vec<&[u8]> = pair.client.frames.iter().map(|frame| &frame.payload[..]).collect();
        assert_eq!(delivered, [&payload[..], b"", b"short", b"a longer one"]);
        // They are no answers.
        pair.advance(25_000);
        assert!(pair.client.error.is_some());
    }

    #[test]
    fn one_of_the_same_length_is_delivered_from_memory() {
        let mut pair = Pair::new(keep_alive(10, None), 0);
        pair.answers_ping = false;
        pair.advance(10_000);
        let (used, event) = pair.client.connection.receive(&frame(PONG, "8 bytes!"));
        assert!(matches!(event, Ok(crate::ws::Event::Memory(frame)) if frame.length() == 8));
        assert_eq!(used, 10);
        assert_eq!(pair.client.connection.memory(), b"8 bytes!");
    }

    #[test]
    fn nobody_waits_for_them_before_the_first_ping() {
        let mut pair = Pair::new(keep_alive(10, Some(5)), 0);
        pair.server_sends(frame(PONG, [0; 8]));
        pair.advance(9_000);
        assert_eq!(pair.client.frames, [last(Kind::Pong, [0; 8])]);
        let due = pair.now + Duration::from_secs(1);
        assert_eq!(pair.client.connection.poll_timeout(true), Some(due));
        assert_eq!(pair.client.connection.check_pong(due), Ok(()));
    }

    #[test]
    fn a_peer_that_is_not_listened_to_has_no_deadline() {
        let mut pair = Pair::new(keep_alive(10, Some(4)), 0);
        pair.answers_ping = false;
        pair.advance(10_000);
        let connection = &pair.client.connection;
        assert_eq!(connection.poll_timeout(true), Some(pair.now + Duration::from_secs(4)));
        assert_eq!(connection.poll_timeout(false), Some(pair.now + Duration::from_secs(10)));
        let deadline = pair.now + Duration::from_secs(4);
        assert!(connection.check_pong(deadline - Duration::from_millis(1)).is_ok());
        assert!(connection.check_pong(deadline).is_err());
    }

    #[test]
    fn the_deadline_holds_inside_an_open_frame() {
        let mut pair = Pair::new(keep_alive(10, Some(4)), 0);
        pair.answers_ping = false;
        pair.advance(10_000);
        pair.client.start(Kind::Text, 9).unwrap();
        let deadline = pair.now + Duration::from_secs(4);
        assert_eq!(pair.client.connection.poll_timeout(true), Some(deadline));
        assert_eq!(pair.client.connection.poll_timeout(false), None);
    }

    #[test]
    fn nobody_waits_for_them_once_keep_alive_is_off() {
        let mut pair = Pair::new(keep_alive(10, Some(5)), 0);
        pair.answers_ping = false;
        pair.advance(10_000);
        pair.client.connection.set_config(relaxed());
        assert_eq!(pair.client.connection.poll_timeout(true), None);
        pair.advance(100_000);
        assert_eq!(pair.client.error, None);
        // Switched on again, it begins anew.
        pair.client.connection.set_config(keep_alive(10, Some(5)));
        pair.handle_timeout().unwrap();
        assert_eq!(firsts(&pair.advance(14_999)), [PING]);
        assert_eq!(pair.client.error, None);
    }

    #[test]
    fn a_new_timeout_counts_at_once() {
        let mut pair = Pair::new(keep_alive(10, None), 0);
        pair.answers_ping = false;
        pair.advance(12_000);
        pair.client.connection.set_config(keep_alive(10, Some(5)));
        pair.advance(2_999);
        assert_eq!(pair.client.error, None);
        pair.advance(1);
        assert!(pair.client.error.is_some());
    }

    #[test]
    fn the_servers_own_pings_are_answered_as_ever() {
        let mut pair = Pair::new(keep_alive(10, Some(5)), 0);
        pair.server_sends(frame(PING, "8 bytes!"));
        assert_eq!(pair.advance(0), [(PONG, b"8 bytes!".to_vec())]);
    }
}
