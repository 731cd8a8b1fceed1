//! What a client has sent, read as a server reads it (RFC 6455 sections 5.1 to 5.5).

use super::inflate::Model;
use crate::ws::Kind;
use crate::ws::deflate::DeflateParams;

/// A message or control frame that was sent completely.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) kind: Kind,
    pub(super) payload: Vec<u8>,
}

/// A client's message of which more frames may follow.
struct Open {
    kind: Kind,
    compressed: bool,
    payload: Vec<u8>,
}

/// Reads `wire`, which may end inside a frame, and panics where it breaks a rule.
pub(super) fn read(mut wire: &[u8], deflate: Option<&DeflateParams>, strict: bool) -> Vec<Sent> {
    // The model inflates a server's messages.
    let mut inflater = deflate.map(|params| {
        Model::new(DeflateParams {
            server_takeover: params.client_takeover,
            server_window_bits: params.client_window_bits,
            ..*params
        })
    });
    let mut sent = Vec::new();
    let mut open: Option<Open> = None;
    let mut closed = false;
    while let [first, second, rest @ ..] = wire {
        let (fin, rsv, opcode) = (first & 0x80 != 0, first & 0x70, first & 15);
        assert!(!(closed && strict) || opcode == 10, "a frame after CLOSE");
        assert!(second & 0x80 != 0, "not masked");
        let (length, rest) = match second & 0x7f {
            126 => split_length(rest, 2, 126),
            127 => split_length(rest, 8, 65536),
            short => (u64::from(short), rest),
        };
        let (key, rest) = rest.split_first_chunk::<4>().expect("headers are written whole");
        let complete = rest.len() as u64 >= length;
        let (masked, rest) = rest.split_at(rest.len().min(length as usize));
        let payload: Vec<u8> = masked
            .iter()
            .zip(key.iter().cycle())
            .map(|(byte, key)| byte ^ key)
            .collect();
        wire = rest;

        if let 8..=10 = opcode {
            assert!(fin && rsv == 0 && length <= 125, "control frame");
            closed |= opcode == 8;
            let kind = [Kind::Close, Kind::Ping, Kind::Pong][usize::from(opcode - 8)];
            if complete {
                sent.push(Sent { kind, payload });
            }
            continue;
        }
        if opcode == 0 {
            assert!(open.is_some() && rsv == 0, "continuation");
        } else {
            assert!(open.is_none(), "a message inside another");
            assert!(rsv == 0 || (rsv == 0x40 && deflate.is_some()), "reserved bits");
            let kind = [Kind::Text, Kind::Binary][usize::from(opcode - 1)];
            open = Some(Open {
                kind,
                compressed: rsv != 0,
                payload: Vec::new(),
            });
        }
        let message = open.as_mut().unwrap();
        message.payload.extend_from_slice(&payload);
        if fin
            && complete
            && let Some(message) = open.take()
        {
            let payload = match (message.compressed, &mut inflater) {
                (true, Some(inflater)) => inflater.inflate(&message.payload).expect("compressed data"),
                _ => message.payload,
            };
            sent.push(Sent {
                kind: message.kind,
                payload,
            });
        }
    }
    assert!(wire.is_empty(), "half a header");
    sent
}

fn split_length(rest: &[u8], digits: usize, smallest: u64) -> (u64, &[u8]) {
    let (digits, rest) = rest.split_at(digits);
    let length = digits.iter().fold(0, |sum, digit| sum << 8 | u64::from(*digit));
    assert!(length >= smallest && length >> 63 == 0, "length");
    (length, rest)
}
