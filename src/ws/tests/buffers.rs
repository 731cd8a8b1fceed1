//! The memory for compression: it comes from the caller, and goes back as soon as nothing is in it.

use std::cell::Cell;

use super::client::{Client, Style, relaxed};
use super::segments::Random;
use super::server::{BINARY, FIRST_TEXT, LAST, RSV1, TEXT, frame};
use crate::ws::deflate::DeflateParams;
use crate::ws::{Buffers, Kind};

/// "Hello" in one block.
const HELLO: &[u8] = b"\xf2\x48\xcd\xc9\xc9\x07\x00";

thread_local! {
    static TAKEN: Cell<u32> = const { Cell::new(0) };
    static GIVEN: Cell<u32> = const { Cell::new(0) };
}

/// A client with permessage-deflate whose buffers are counted.
fn client() -> Client {
    TAKEN.set(0);
    GIVEN.set(0);
    let params = DeflateParams {
        server_takeover: true,
        client_takeover: true,
        server_window_bits: 15,
        client_window_bits: 15,
    };
    let room = usize::MAX;
    let mut client = Client::with(relaxed(), Some(&params), Style { short: true, room });
    client.connection.use_buffers(Buffers {
        take: || {
            TAKEN.set(TAKEN.get() + 1);
            Vec::with_capacity(100)
        },
        give: |buffer| {
            if std::mem::take(buffer).capacity() > 0 {
                GIVEN.set(GIVEN.get() + 1);
            }
        },
    });
    client
}

/// Buffers that were taken and given back.
fn counts() -> (u32, u32) {
    (TAKEN.get(), GIVEN.get())
}

#[test]
fn inflated_bytes_wait_in_one_until_they_are_taken() {
    let mut client = client();
    let connection = &mut client.connection;
    connection.receive(&frame(TEXT | RSV1, HELLO)).1.unwrap();
    assert_eq!(connection.memory(), b"Hello");
    assert_eq!(counts(), (1, 0));
    connection.take_memory(4);
    assert_eq!(counts(), (1, 0));
    connection.take_memory(1);
    assert_eq!(counts(), (1, 1));
}

#[test]
fn compressed_bytes_wait_in_one_until_they_are_a_frame() {
    let mut client = client();
    client.start(Kind::Text, 5000).unwrap();
    assert_eq!(counts(), (0, 0));
    client.push([b'a'; 4000]);
    assert_eq!(counts(), (1, 0));
    client.push([b'a'; 1000]);
    assert_eq!(counts(), (1, 1));
}

#[test]
fn what_does_not_compress_gives_it_back() {
    let mut client = client();
    client.start(Kind::Binary, 5000).unwrap();
    client.push(Random(1).bytes(2000));
    assert_eq!(counts(), (1, 1));
}

#[test]
fn between_messages_there_is_none() {
    let mut client = client();
    for round in 1..=5 {
        client.receive(&frame(TEXT | RSV1, HELLO));
        client.receive(&[frame(FIRST_TEXT | RSV1, &HELLO[..3]), frame(LAST, &HELLO[3..])].concat());
        client.send(Kind::Text, [b'a'; 500]).unwrap();
        let (taken, given) = counts();
        assert_eq!(taken, given);
        assert!(taken >= 3 * round);
    }
    assert_eq!(client.frames.len(), 15);
}

#[test]
fn messages_without_compression_need_none() {
    let mut client = client();
    client.receive(&frame(BINARY, [0; 500]));
    client.send(Kind::Ping, [0; 100]).unwrap();
    client.connection.take_memory(0);
    assert_eq!(counts(), (0, 0));
}
