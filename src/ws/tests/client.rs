//! The client's end: a [`Connection`] and the loop that every caller has around it.

use std::cell::Cell;
use std::time::{Duration, Instant};

use crate::ws::deflate::DeflateParams;
use crate::ws::{Config, Connection, Event, Frame, FrameStart, Kind, ProtocolError, SendError};

/// A frame as the application gets it, its pieces joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Delivered {
    pub(super) kind: Kind,
    pub(super) fin: bool,
    pub(super) payload: Vec<u8>,
}

/// A whole message, or the last frame of one.
pub(super) fn last(kind: Kind, payload: impl AsRef<[u8]>) -> Delivered {
    Delivered {
        kind,
        fin: true,
        payload: payload.as_ref().to_vec(),
    }
}

/// A frame that others of its message follow.
pub(super) fn fragment(kind: Kind, payload: impl AsRef<[u8]>) -> Delivered {
    Delivered {
        fin: false,
        ..last(kind, payload)
    }
}

/// PING frames are answered, nothing is checked: how libcurl behaves.
pub(super) fn relaxed() -> Config {
    Config {
        answer_ping: true,
        announce_failure: true,
        ..Config::default()
    }
}

/// All duties of an endpoint.
pub(super) fn strict() -> Config {
    Config {
        strict: true,
        answer_close: true,
        ..relaxed()
    }
}

/// [`relaxed`] with keep-alive, in seconds.
pub(super) fn keep_alive(interval: u64, timeout: Option<u64>) -> Config {
    Config {
        ping_interval: Some(Duration::from_secs(interval)),
        pong_timeout: timeout.map(Duration::from_secs),
        ..relaxed()
    }
}

thread_local! {
    static KEYS: Cell<u32> = const { Cell::new(0) };
    static KEYS_LEFT: Cell<u32> = const { Cell::new(u32::MAX) };
}

/// Masking keys, all different.
pub(super) fn masking_key() -> Option<[u8; 4]> {
    let left = KEYS_LEFT.get().checked_sub(1)?;
    KEYS_LEFT.set(left);
    KEYS.set(KEYS.get() + 1);
    Some(KEYS.get().wrapping_mul(0x9e37_79b9).to_be_bytes())
}

/// Runs `action` with a random number generator that fails after `count` masking keys.
pub(super) fn with_keys<T>(count: u32, action: impl FnOnce() -> T) -> T {
    KEYS_LEFT.set(count);
    let result = action();
    KEYS_LEFT.set(u32::MAX);
    result
}

/// A [`Connection`] that is given bytes, and the application behind it.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) connection: Connection,
    /// bytes for the server
    pub(super) output: Vec<u8>,
    /// frames that were delivered whole
    pub(super) frames: Vec<Delivered>,
    /// the frame of which a part was delivered
    pub(super) partial: Option<Delivered>,
    /// headers that were reported
    pub(super) headers: Vec<Frame>,
    /// what ended receiving; the connection has not failed before [`Client::fail`]
    pub(super) error: Option<ProtocolError>,
    /// the time at which bytes come in
    pub(super) now: Instant,
    /// bytes that have come and were not used
    input: Vec<u8>,
    style: Style,
}

/// How the caller receives. What it gets must not depend on this.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    /// tries [`Connection::begin_whole_message`] first
    pub(super) short: bool,
    /// the largest piece that the application takes
    pub(super) room: usize,
}

impl Client {
    pub(super) fn new(config: Config) -> Client {
        Client::with(
            config,
            None,
            Style {
                short: true,
                room: usize::MAX,
            },
        )
    }

    pub(super) fn with(config: Config, deflate: Option<&DeflateParams>, style: Style) -> Client {
        Client {
            connection: Connection::new(config, deflate, masking_key),
            output: Vec::new(),
            frames: Vec::new(),
            partial: None,
            headers: Vec::new(),
            error: None,
            now: Instant::now(),
            input: Vec::new(),
            style,
        }
    }

    // ---- receiving

    /// Bytes come in, and everything is delivered that can be.
    pub(super) fn receive(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
        while self.error.is_none() && !self.connection.is_over() && self.receive_one() {
            self.connection.write_pending(&mut self.output);
        }
        self.connection.write_pending(&mut self.output);
    }

    /// `false`: more input is needed, or there is an error.
    fn receive_one(&mut self) -> bool {
        if self.style.short {
            let header = self.connection.begin_whole_message(&self.input);
            self.input.drain(..header);
        }
        let (used, event) = self.connection.receive(&self.input);
        self.input.drain(..used);
        let delivered = match event {
            Ok(Event::NeedInput) => return false,
            Ok(Event::Ping) => Ok(true),
            Ok(Event::Pong) => {
                self.connection.measure_round_trip(self.now);
                Ok(true)
            }
            Ok(Event::Header(frame)) => {
                self.headers.push(frame);
                Ok(true)
            }
            Ok(Event::Payload(frame)) => self.deliver_payload(frame),
            Ok(Event::Memory(frame)) => self.deliver_memory(frame),
            Err(error) => Err(error),
        };
        self.error = delivered.err();
        delivered == Ok(true)
    }

    fn deliver_payload(&mut self, frame: Frame) -> Result<bool, ProtocolError> {
        let room = self.input.len().min(self.style.room) as u64;
        let count = frame.remaining.min(room);
        if count == 0 && frame.remaining > 0 {
            return Ok(false);
        }
        let payload: Vec<u8> = self.input.drain(..count as usize).collect();
        self.connection.check_payload(&payload)?;
        self.connection.take_payload(&payload);
        self.deliver(frame, &payload, count == frame.remaining);
        Ok(true)
    }

    fn deliver_memory(&mut self, frame: Frame) -> Result<bool, ProtocolError> {
        self.connection.begin_delivery(frame)?;
        let memory = self.connection.memory();
        let memory = memory[..memory.len().min(self.style.room)].to_vec();
        let ends = self.connection.memory_pending() == memory.len();
        self.connection.take_memory(memory.len());
        self.deliver(frame, &memory, ends);
        Ok(true)
    }

    fn deliver(&mut self, frame: Frame, bytes: &[u8], ends: bool) {
        let Frame { kind, fin, offset, .. } = frame;
        let payload = Vec::new();
        let mut partial = self.partial.take().unwrap_or(Delivered { kind, fin, payload });
        assert_eq!((partial.kind, partial.fin), (kind, fin));
        assert_eq!(partial.payload.len() as u64, offset);
        partial.payload.extend_from_slice(bytes);
        match ends {
            true => self.frames.push(partial),
            false => self.partial = Some(partial),
        }
    }

    /// Fails the connection for the error that receiving found.
    pub(super) fn fail(&mut self) {
        let error = self.error.expect("no error");
        self.connection.fail(error, &mut self.output);
    }

    // ---- sending

    /// Sends a whole frame.
    pub(super) fn send(&mut self, kind: Kind, payload: impl AsRef<[u8]>) -> Result<Kind, SendError> {
        self.send_frame(Some(kind), false, payload.as_ref())
    }

    /// Sends a whole frame, and more frames of its message follow.
    pub(super) fn send_fragment(&mut self, kind: Kind, payload: impl AsRef<[u8]>) -> Result<Kind, SendError> {
        self.send_frame(Some(kind), true, payload.as_ref())
    }

    /// Sends a whole frame; `None` as its kind goes on with the open message.
    pub(super) fn send_frame(&mut self, kind: Option<Kind>, more: bool, payload: &[u8]) -> Result<Kind, SendError> {
        let frame = start(kind, more, payload.len() as u64);
        self.connection.start_frame(frame, payload, &mut self.output)
    }

    /// Starts a frame of `length` bytes, whose payload follows with [`Client::push`].
    pub(super) fn start(&mut self, kind: Kind, length: u64) -> Result<Kind, SendError> {
        let frame = start(Some(kind), false, length);
        self.connection.start_frame(frame, &[], &mut self.output)
    }

    /// Payload of the frame that is open.
    pub(super) fn push(&mut self, payload: impl AsRef<[u8]>) {
        self.connection.send(payload.as_ref(), &mut self.output).unwrap();
    }

    pub(super) fn close(&mut self, code: u16, reason: impl AsRef<[u8]>) -> Result<(), SendError> {
        self.connection.close(code, reason.as_ref(), &mut self.output)
    }
}

pub(super) fn start(kind: Option<Kind>, more: bool, length: u64) -> FrameStart {
    FrameStart {
        kind,
        fin: !more,
        plain: false,
        length,
    }
}
