//! Whole connections against a rustls server in memory.

use std::io::Write;
use std::sync::Arc;

use rustls::{AlertDescription, ServerConfig};

use super::{Authority, Pair, leaf_params, server_config};
use crate::error::Error;
use crate::tls::{Context, Plain, Progress, Session, Settings, TlsError, Version};
use crate::types::codes::CURLcode;

const BOTH: [Version; 2] = [Version::Tls12, Version::Tls13];
const HOST: &str = "a.example";

fn code(error: &TlsError) -> CURLcode {
    Error::from(error.clone()).code()
}

fn server(authority: &Authority, versions: &[Version]) -> Arc<ServerConfig> {
    Arc::new(server_config(&authority.sign(&leaf_params(&[HOST])), versions))
}

fn connected(settings: &Settings, server: ServerConfig) -> Pair {
    let mut pair = Pair::new(&Context::new(settings).unwrap(), HOST, &Arc::new(server));
    pair.handshake(usize::MAX).unwrap();
    pair
}

fn connected_with(version: Version) -> Pair {
    let authority = Authority::new("Test Root");
    let identity = authority.sign(&leaf_params(&[HOST]));
    connected(&authority.trusted(), server_config(&identity, &[version]))
}

#[test]
fn data_flows_both_ways_however_the_handshake_is_split() {
    let authority = Authority::new("Test Root");
    for version in BOTH {
        for piece in [1, 5, 100, usize::MAX] {
            let context = Context::new(&authority.trusted()).unwrap();
            let mut pair = Pair::new(&context, HOST, &server(&authority, &[version]));
            pair.handshake(piece).unwrap();
            assert_eq!(pair.client.verify_result(), 0);
            assert_eq!(pair.send(b"from the client"), b"from the client");
            assert_eq!(pair.answer(b"from the server"), b"from the server");
        }
    }
}

#[test]
fn records_that_arrive_byte_by_byte_come_out_whole() {
    for version in BOTH {
        let mut pair = connected_with(version);
        let _ = pair.answer(b"tickets are dealt with by now");
        pair.server.writer().write_all(b"slow").unwrap();
        let mut wire = Vec::new();
        pair.server.write_tls(&mut wire).unwrap();
        let last = wire.pop().unwrap();
        for byte in wire {
            pair.incoming.push(byte);
            assert_eq!(pair.decrypt_all(), (Vec::new(), Ok(Progress::NeedMore)));
        }
        pair.incoming.push(last);
        assert_eq!(pair.decrypt_all(), (b"slow".to_vec(), Ok(Progress::NeedMore)));
    }
}

#[test]
fn a_mebibyte_passes_both_ways() {
    let data: Vec<u8> = (0..1_u32 << 20).map(|i| (i % 251) as u8).collect();
    for version in BOTH {
        let mut pair = connected_with(version);
        assert!(pair.send(&data) == data);
        assert!(pair.answer(&data) == data);
    }
}

#[test]
fn encrypting_makes_full_records_with_little_added() {
    let mut pair = connected_with(Version::Tls13);
    let mut outgoing = b"kept".to_vec();
    pair.client.encrypt(&[0; 40_000], &mut outgoing).unwrap();
    assert_eq!(outgoing.len(), 4 + 40_000 + 3 * 22);
    assert!(outgoing.starts_with(b"kept"));
    pair.client.encrypt(b"", &mut outgoing).unwrap();
    assert_eq!(outgoing.len(), 4 + 40_000 + 3 * 22);
}

#[test]
fn a_call_decrypts_one_record_at_most() {
    let mut pair = connected_with(Version::Tls13);
    let _ = pair.answer(b"x");
    for data in [b"one", b"two"] {
        pair.server.writer().write_all(data).unwrap();
        pair.receive();
    }
    let mut plain = Vec::new();
    let first = pair
        .client
        .decrypt(&mut pair.incoming, &mut Plain::into(&mut plain), &mut pair.outgoing);
    assert_eq!((first.state, &plain[..]), (Ok(Progress::Data), &b"one"[..]));
    assert!(first.discard < pair.incoming.len());
}

#[test]
fn data_sent_right_behind_the_handshake_is_not_lost() {
    for version in BOTH {
        let authority = Authority::new("Test Root");
        let context = Context::new(&authority.trusted()).unwrap();
        let mut pair = Pair::new(&context, HOST, &server(&authority, &[version]));
        loop {
            let step = pair.client.handshake(&mut pair.incoming, &mut pair.outgoing);
            pair.incoming.drain(..step.discard);
            if step.state.unwrap() {
                break;
            }
            pair.deliver();
            if !pair.server.is_handshaking() {
                pair.server.writer().write_all(b"early bird").unwrap();
            }
            pair.receive();
        }
        pair.deliver();
        // With TLS 1.2 the server finishes last and its data came along.
        assert_eq!(pair.send(b"ours"), b"ours");
        let expected: &[u8] = if version == Version::Tls12 { b"early bird" } else { b"" };
        pair.receive();
        assert_eq!(pair.decrypt_all().0, expected);
    }
}

#[test]
fn sessions_are_resumed_unless_switched_off() {
    let authority = Authority::new("Test Root");
    for version in BOTH {
        for session_cache in [true, false] {
            let config = server(&authority, &[version]);
            let context = Context::new(&Settings {
                session_cache,
                ..authority.trusted()
            })
            .unwrap();
            let resumed = [0, 1].map(|_| {
                let mut pair = Pair::new(&context, HOST, &config);
                pair.handshake(usize::MAX).unwrap();
                let _ = pair.answer(b"tickets come first");
                assert!(pair.client.details().certificate.is_some());
                pair.client.details().resumed
            });
            assert_eq!(resumed, [false, session_cache], "{version:?}");
        }
    }
}

#[test]
fn details_tell_what_was_negotiated() {
    let authority = Authority::new("Test Root");
    let config = server_config(&authority.sign(&leaf_params(&[HOST, "10.0.0.1"])), &BOTH);
    let details = connected(&authority.trusted(), config).client.details();
    assert_eq!(details.version, "TLSv1.3");
    assert_eq!(details.cipher_suite, "TLS_AES_256_GCM_SHA384");
    assert!(details.key_exchange.contains("25519"), "{details:?}");
    let certificate = details.certificate.unwrap();
    assert_eq!(certificate.issuer, "CN=Test Root");
    assert_eq!(certificate.start_date, "2020-01-01 00:00:00 GMT");
    assert_eq!(certificate.expire_date, "2999-12-31 00:00:00 GMT");
    assert_eq!(certificate.alt_names, ["DNS:a.example", "IP Address:10.0.0.1"]);
}

#[test]
fn a_server_that_insists_on_an_alpn_list_of_its_own_is_no_trouble() {
    let authority = Authority::new("Test Root");
    let mut config = server_config(&authority.sign(&leaf_params(&[HOST])), &BOTH);
    config.alpn_protocols = vec![b"mqtt".to_vec()];
    let mut pair = connected(&authority.trusted(), config);
    assert_eq!(pair.server.alpn_protocol(), None);
    assert_eq!(pair.answer(b"open"), b"open");
}

/// RFC 7301
#[test]
fn http_is_offered_where_it_is_asked_for() {
    let authority = Authority::new("Test Root");
    for (offers_http, accepted, selected) in [(true, "http/1.1", Some(&b"http/1.1"[..])), (false, "http/1.1", None)] {
        let mut config = server_config(&authority.sign(&leaf_params(&[HOST])), &BOTH);
        config.alpn_protocols = vec![accepted.as_bytes().to_vec()];
        let settings = Settings {
            offers_http,
            ..authority.trusted()
        };
        assert_eq!(connected(&settings, config).server.alpn_protocol(), selected);
    }
}

#[test]
fn sni_is_in_lower_case_and_only_for_names_that_it_can_carry() {
    let authority = Authority::new("Test Root");
    for (host, expected) in [
        ("A.Example.", Some("a.example")),
        ("x_y.example", Some("x_y.example")),
        ("a~b.example", None),
        ("host.123", None),
        ("10.0.0.1", None),
    ] {
        let config = Arc::new(server_config(&authority.sign(&leaf_params(&[])), &BOTH));
        let settings = Settings {
            verify_host: false,
            ..authority.trusted()
        };
        let mut pair = Pair::new(&Context::new(&settings).unwrap(), host, &config);
        pair.handshake(usize::MAX).unwrap();
        assert_eq!(pair.server.server_name(), expected, "{host}");
        assert_eq!(pair.send(b"x"), b"x");
    }
}

#[test]
fn close_notify_and_its_absence_differ() {
    for version in BOTH {
        let mut pair = connected_with(version);
        let host = HOST.to_owned();
        assert_eq!(pair.client.unexpected_eof(), TlsError::Truncated { host });
        pair.server.writer().write_all(b"bye").unwrap();
        pair.server.send_close_notify();
        pair.receive();
        pair.incoming.extend_from_slice(b"ignored");
        assert_eq!(pair.decrypt_all(), (b"bye".to_vec(), Ok(Progress::Closed)));
        assert_eq!(pair.decrypt_all(), (Vec::new(), Ok(Progress::Closed)));
        assert_eq!(pair.send(b"still going"), b"still going");

        pair.client.close_notify(&mut pair.outgoing);
        pair.client.close_notify(&mut pair.outgoing);
        pair.server.read_tls(&mut &pair.outgoing[..]).unwrap();
        assert!(pair.server.process_new_packets().unwrap().peer_has_closed());
    }
}

#[test]
fn a_key_update_is_answered_before_the_next_data() {
    let mut pair = connected_with(Version::Tls13);
    let _ = pair.answer(b"x");
    for _ in 0..3 {
        pair.server.refresh_traffic_keys().unwrap();
        assert_eq!(pair.answer(b"under new keys"), b"under new keys");
        let mut plain = Vec::new();
        pair.client.encrypt(b"likewise", &mut plain).unwrap();
        assert!(plain.len() > b"likewise".len() + 2 * 22, "no key update in it");
        pair.outgoing = plain;
        assert_eq!(pair.send(b" and on"), b"likewise and on");
    }
}

#[test]
fn sending_works_while_a_handshake_message_is_only_half_here() {
    let authority = Authority::new("Test Root");
    let mut config = server_config(&authority.sign(&leaf_params(&[HOST])), &[Version::Tls13]);
    config.max_fragment_size = Some(64);
    let mut pair = connected(&authority.trusted(), config);
    pair.receive();
    let tickets = std::mem::take(&mut pair.incoming);
    assert!(tickets.len() > 200);
    for byte in tickets {
        pair.incoming.push(byte);
        assert_eq!(pair.decrypt_all(), (Vec::new(), Ok(Progress::NeedMore)));
        if pair.incoming.len().is_multiple_of(23) {
            assert_eq!(pair.send(b"meanwhile"), b"meanwhile");
        }
    }
    assert_eq!(pair.incoming, b"");
    assert_eq!(pair.answer(b"after the tickets"), b"after the tickets");
}

#[test]
fn a_changed_record_ends_the_session_with_an_alert() {
    for version in BOTH {
        let mut pair = connected_with(version);
        let _ = pair.answer(b"x");
        pair.server.writer().write_all(b"precious").unwrap();
        pair.receive();
        *pair.incoming.last_mut().unwrap() ^= 1;
        let (plain, end) = pair.decrypt_all();
        let error = end.unwrap_err();
        assert_eq!(plain, b"");
        assert_eq!(code(&error), CURLcode::CURLE_RECV_ERROR);
        assert!(error.to_string().contains("could not be decrypted"), "{error}");
        pair.deliver();
        let alert = rustls::Error::AlertReceived(AlertDescription::BadRecordMac);
        assert_eq!(pair.server_error, Some(alert));

        assert_eq!(pair.decrypt_all().1, Err(error));
        let sending = pair.client.encrypt(b"x", &mut pair.outgoing).unwrap_err();
        assert_eq!(code(&sending), CURLcode::CURLE_SEND_ERROR);
        pair.client.close_notify(&mut pair.outgoing);
        assert_eq!(pair.outgoing, b"");
    }
}

#[test]
fn an_alert_on_the_open_connection_is_told_in_words() {
    let mut pair = connected_with(Version::Tls13);
    let _ = pair.answer(b"x");
    pair.outgoing = vec![23, 3, 3, 0, 20];
    pair.outgoing.extend([0; 20]);
    pair.deliver();
    pair.receive();
    let error = pair.decrypt_all().1.unwrap_err();
    assert_eq!(code(&error), CURLcode::CURLE_RECV_ERROR);
    assert!(error.to_string().contains("bad_record_mac"), "{error}");
}

#[test]
fn versions_that_do_not_meet_are_told_apart() {
    let authority = Authority::new("Test Root");
    let cases = [
        (Version::Tls13, Version::Tls12, "TLS version"),
        (Version::Tls12, Version::Tls13, "TLS version"),
    ];
    for (ours, theirs, part) in cases {
        let settings = Settings {
            min_version: ours,
            max_version: ours,
            ..authority.trusted()
        };
        let context = Context::new(&settings).unwrap();
        let mut pair = Pair::new(&context, HOST, &server(&authority, &[theirs]));
        let error = pair.handshake(usize::MAX).unwrap_err();
        assert_eq!(code(&error), CURLcode::CURLE_SSL_CONNECT_ERROR);
        assert!(error.to_string().contains(part), "{error}");
        assert!(error.to_string().contains(HOST), "{error}");
    }
}

#[test]
fn a_server_that_does_not_speak_tls_is_quoted() {
    let context = Context::new(&Authority::new("Test Root").trusted()).unwrap();
    let mut client = Session::new(&context, HOST).unwrap();
    let mut outgoing = Vec::new();
    assert_eq!(client.handshake(&mut [], &mut outgoing).state, Ok(false));
    let mut answer = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n".to_vec();
    let error = client.handshake(&mut answer, &mut outgoing).state.unwrap_err();
    assert_eq!(code(&error), CURLcode::CURLE_SSL_CONNECT_ERROR);
    assert!(error.to_string().contains("does not speak TLS"), "{error}");
    assert!(error.to_string().contains("HTTP/1.1 400 Bad Request"), "{error}");
    assert_eq!(client.handshake(&mut [], &mut outgoing).state, Err(error));
}

#[test]
fn random_answers_never_panic() {
    let context = Context::new(&Authority::new("Test Root").trusted()).unwrap();
    let authority = Authority::new("Other");
    for round in 0..200_u32 {
        let mut pair = Pair::new(&context, HOST, &server(&authority, &BOTH));
        let step = pair.client.handshake(&mut [], &mut pair.outgoing);
        assert_eq!(step.state, Ok(false));
        pair.deliver();
        pair.receive();
        let at = (round as usize * 7919) % pair.incoming.len();
        pair.incoming[at] ^= 1 << (round % 8);
        let end = pair.client.handshake(&mut pair.incoming, &mut pair.outgoing);
        assert!(end.discard <= pair.incoming.len());
        assert!(!matches!(end.state, Ok(true)));
        assert!(pair.client.encrypt(b"x", &mut Vec::new()).is_err());
        pair.client.close_notify(&mut Vec::new());
    }
}

#[test]
fn the_end_of_tcp_during_the_handshake_is_a_connect_error() {
    let context = Context::new(&Authority::new("Test Root").trusted()).unwrap();
    let client = Session::new(&context, HOST).unwrap();
    let error = client.unexpected_eof();
    assert_eq!(code(&error), CURLcode::CURLE_SSL_CONNECT_ERROR);
    assert!(error.to_string().contains("during the TLS handshake"), "{error}");
}

#[test]
fn nothing_is_encrypted_before_the_handshake() {
    let context = Context::new(&Authority::new("Test Root").trusted()).unwrap();
    let mut client = Session::new(&context, HOST).unwrap();
    let error = client.encrypt(b"secret", &mut Vec::new()).unwrap_err();
    assert_eq!(code(&error), CURLcode::CURLE_SEND_ERROR);
}

#[test]
fn an_empty_range_of_versions_is_refused() {
    let settings = Settings {
        min_version: Version::Tls13,
        max_version: Version::Tls12,
        ..Settings::default()
    };
    let error = Context::new(&settings).unwrap_err();
    assert_eq!(code(&error), CURLcode::CURLE_SSL_CONNECT_ERROR);
}
