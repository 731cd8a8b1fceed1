//! Uncompressed streams against a model that has the whole stream in front of it.

use super::script::Script;
use super::server::{Delivered, Trace, receive};
use crate::ws::{CloseError, Config, Kind, ProtocolError};

/// Any byte stream, in any pieces, brings what the model says.
pub fn decoder(data: &[u8]) {
    let mut script = Script::new(data);
    let flags = script.byte();
    let config = Config {
        strict: flags & 1 != 0,
        answer_ping: flags & 2 != 0,
        report_headers: flags & 4 != 0,
        max_message: (flags & 8 != 0).then_some(100),
        ..Config::default()
    };
    let cuts = script.cuts();
    let stream = script.rest();
    let mut expected = model(config, stream);
    forget_bad_text(&mut expected);
    for cuts in [&[], &[1][..], cuts] {
        let mut trace = receive(config, None, stream, cuts);
        forget_bad_text(&mut trace);
        assert_eq!(trace, expected, "pieces: {cuts:?}");
    }
}

/// How much of the frame that is not UTF-8 is delivered depends on the pieces.
fn forget_bad_text(trace: &mut Trace) {
    if trace.error == Some(ProtocolError::NotUtf8) {
        trace.frames.retain(|frame| frame.complete);
    }
}

/// What `stream` brings. The payload of a frame that is not UTF-8 is in it, as a frame that is not complete.
pub(super) fn model(config: Config, stream: &[u8]) -> Trace {
    let mut trace = Trace::default();
    trace.error = read_frames(config, stream, &mut trace.frames).err();
    trace
}

/// The fragmented message that is open.
struct Open {
    kind: Kind,
    length: u64,
    text: Vec<u8>,
}

fn read_frames(config: Config, mut rest: &[u8], frames: &mut Vec<Delivered>) -> Result<(), ProtocolError> {
    let mut open: Option<Open> = None;
    while let [first, after @ ..] = rest {
        let fin = first & 0x80 != 0;
        if first & 0x70 != 0 {
            return Err(ProtocolError::ReservedBits(first >> 4 & 7));
        }
        let kind = match (first & 15, &open) {
            (0, None) => return Err(ProtocolError::NothingToContinue),
            (0, Some(open)) => open.kind,
            (1 | 2, Some(open)) => {
                let new = if first & 15 == 1 { Kind::Text } else { Kind::Binary };
                return Err(ProtocolError::Interleaved { open: open.kind, new });
            }
            (1, None) => Kind::Text,
            (2, None) => Kind::Binary,
            (8, _) => Kind::Close,
            (9, _) => Kind::Ping,
            (10, _) => Kind::Pong,
            (reserved, _) => return Err(ProtocolError::ReservedOpcode(reserved)),
        };
        let is_control = matches!(kind, Kind::Close | Kind::Ping | Kind::Pong);
        if is_control && !fin {
            return Err(ProtocolError::FragmentedControl(kind));
        }
        let [second, after @ ..] = after else { break };
        if second & 0x80 != 0 {
            return Err(ProtocolError::Masked);
        }
        if is_control && *second > 125 {
            return Err(ProtocolError::LongControl(kind));
        }
        let (extended, smallest) = match second {
            126 => (2, 126),
            127 => (8, 65536),
            _ => (0, 0),
        };
        if after.len() < extended {
            break;
        }
        let (digits, after) = after.split_at(extended);
        let length = match extended {
            0 => u64::from(*second),
            _ => digits.iter().fold(0, |sum, digit| sum << 8 | u64::from(*digit)),
        };
        if length >> 63 != 0 {
            return Err(ProtocolError::HugeLength);
        }
        if length < smallest {
            return Err(ProtocolError::PaddedLength(length));
        }

        let present = after.len().min(usize::try_from(length).unwrap_or(usize::MAX));
        let complete = present as u64 == length;
        let (payload, after) = after.split_at(present);
        if !is_control {
            let message = open.get_or_insert(Open {
                kind,
                length: 0,
                text: Vec::new(),
            });
            message.length = message.length.saturating_add(length);
            if let Some(limit) = config.max_message.filter(|limit| message.length > *limit) {
                return Err(ProtocolError::TooLarge(limit));
            }
            message.text.extend_from_slice(payload);
            if config.strict && kind == Kind::Text {
                let checked = check_text(&message.text, fin && complete);
                if checked.is_err() {
                    frames.push(Delivered {
                        kind,
                        fin,
                        payload: payload.to_vec(),
                        complete: false,
                    });
                }
                checked?;
            }
        }
        let collected = (kind == Kind::Ping && config.answer_ping) || (kind == Kind::Close && config.strict);
        if collected && !complete {
            break;
        }
        if kind == Kind::Close && config.strict {
            check_close(payload)?;
        }
        if !(kind == Kind::Ping && config.answer_ping) {
            frames.push(Delivered {
                kind,
                fin,
                payload: payload.to_vec(),
                complete,
            });
        }
        if kind == Kind::Close && config.strict {
            break;
        }
        if !is_control && fin {
            open = None;
        }
        rest = after;
    }
    Ok(())
}

fn check_text(text: &[u8], end: bool) -> Result<(), ProtocolError> {
    match str::from_utf8(text) {
        Err(error) if end || error.error_len().is_some() => Err(ProtocolError::NotUtf8),
        _ => Ok(()),
    }
}

fn check_close(payload: &[u8]) -> Result<(), ProtocolError> {
    let error = match payload {
        [] => return Ok(()),
        [_] => CloseError::HalfCode,
        [high, low, reason @ ..] => match u16::from_be_bytes([*high, *low]) {
            1000..=1003 | 1007..=1014 | 3000..=4999 if str::from_utf8(reason).is_ok() => return Ok(()),
            1000..=1003 | 1007..=1014 | 3000..=4999 => CloseError::ReasonNotUtf8,
            code => CloseError::Code(code),
        },
    };
    Err(ProtocolError::Close(error))
}
