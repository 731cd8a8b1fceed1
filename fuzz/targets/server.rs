//! Receives a server's byte stream with a [`Connection`] as the library does, and notes what is delivered.

use super::script::pieces;
use crate::ws::deflate::DeflateParams;
use crate::ws::{Config, Connection, Event, Frame, Kind, ProtocolError};

/// A frame that was delivered, as far as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Delivered {
    pub(super) kind: Kind,
    pub(super) fin: bool,
    pub(super) payload: Vec<u8>,
    pub(super) complete: bool,
}

/// What a byte stream brought.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Trace {
    pub(super) frames: Vec<Delivered>,
    pub(super) error: Option<ProtocolError>,
}

impl Trace {
    /// The payload of all TEXT and BINARY frames.
    pub(super) fn payload(&self) -> Vec<u8> {
        let data = self
            .frames
            .iter()
            .filter(|frame| matches!(frame.kind, Kind::Text | Kind::Binary));
        data.flat_map(|frame| frame.payload.clone()).collect()
    }
}

/// Receives `stream` in pieces of the lengths in `cuts`.
pub(super) fn receive(config: Config, deflate: Option<&DeflateParams>, stream: &[u8], cuts: &[u8]) -> Trace {
    let mut receiver = Receiver {
        connection: Connection::new(config, deflate, || Some([1, 2, 3, 4])),
        trace: Trace::default(),
    };
    let mut input = Vec::new();
    for piece in pieces(stream, cuts) {
        input.extend_from_slice(piece);
        match receiver.receive(&input) {
            Ok(used) => drop(input.drain(..used)),
            Err(error) => {
                receiver.trace.error = Some(error);
                break;
            }
        }
        if receiver.connection.is_over() {
            break;
        }
    }
    receiver.trace
}

struct Receiver {
    connection: Connection,
    trace: Trace,
}

impl Receiver {
    fn receive(&mut self, input: &[u8]) -> Result<usize, ProtocolError> {
        let mut used = 0;
        loop {
            let (count, event) = self.connection.receive(&input[used..]);
            used += count;
            match event? {
                Event::NeedInput => return Ok(used),
                Event::Header(_) | Event::Ping | Event::Pong => {}
                Event::Payload(frame) => {
                    let available = (input.len() - used).min(usize::try_from(frame.remaining).unwrap_or(usize::MAX));
                    let payload = &input[used..used + available];
                    self.connection.check_payload(payload)?;
                    let complete = available as u64 == frame.remaining;
                    self.deliver(frame, payload.to_vec(), complete);
                    self.connection.take_payload(payload);
                    used += available;
                    if !complete {
                        return Ok(used);
                    }
                }
                Event::Memory(frame) => {
                    self.connection.begin_delivery(frame)?;
                    let payload = self.connection.memory().to_vec();
                    assert!(self.connection.memory_pending() <= 32 * 1024);
                    let complete = payload.len() == self.connection.memory_pending();
                    assert!(complete || !payload.is_empty(), "nothing to deliver");
                    let count = payload.len();
                    self.deliver(frame, payload, complete);
                    self.connection.take_memory(count);
                }
            }
            if self.connection.is_over() {
                return Ok(used);
            }
        }
    }

    fn deliver(&mut self, frame: Frame, mut payload: Vec<u8>, complete: bool) {
        if frame.offset > 0
            && let Some(last) = self.trace.frames.last_mut()
        {
            assert_eq!((last.kind, last.fin, last.complete), (frame.kind, frame.fin, false));
            assert_eq!(last.payload.len() as u64, frame.offset);
            last.payload.append(&mut payload);
            last.complete = complete;
            return;
        }
        // Nothing of it may have come the last time.
        if self.trace.frames.last().is_some_and(|last| !last.complete) {
            self.trace.frames.pop();
        }
        self.trace.frames.push(Delivered {
            kind: frame.kind,
            fin: frame.fin,
            payload,
            complete,
        });
    }
}
