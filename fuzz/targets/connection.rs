//! Calls on a [`Connection`] in any order that its contract allows.

use std::time::{Duration, Instant};

use super::script::Script;
use super::wire::{self, Sent};
use crate::ws::deflate::DeflateParams;
use crate::ws::{Config, Connection, Event, Frame, FrameStart, Kind, ProtocolError};

/// Whatever is received and called, what is written is legal, complete and the caller's.
pub fn connection(data: &[u8]) {
    let mut script = Script::new(data);
    let config = config(&mut script);
    let deflate = deflate(&mut script);
    let mut client = Client {
        connection: Connection::new(config, deflate.as_ref(), || Some([0x12, 0x34, 0x56, 0x78])),
        input: Vec::new(),
        out: Vec::new(),
        memory: None,
        error: None,
        message: None,
        fin: false,
        sent: Vec::new(),
        now: Instant::now(),
    };
    while !script.is_over() {
        let before = client.out.len();
        let payload = client.step(&mut script);
        // Two control frames and what the deflater had gathered, beside the payload.
        assert!(
            client.out.len() - before <= payload + payload / 8 + 64 * 1024,
            "too much written"
        );
        assert!(client.connection.memory_pending() <= 32 * 1024, "too much in memory");
        assert!(
            client
                .connection
                .pending_pong()
                .is_none_or(|payload| payload.len() <= 125)
        );
        client.connection.poll_timeout(true);
        let _ = (
            client.connection.state(),
            client.connection.wants_write(),
            client.connection.is_over(),
        );
    }
    let mut sent = wire::read(&client.out, deflate.as_ref(), config.strict);
    sent.retain(|sent| matches!(sent.kind, Kind::Text | Kind::Binary));
    assert!(sent == client.sent, "other messages than those of the caller");
}

fn config(script: &mut Script<'_>) -> Config {
    let flags = script.byte();
    Config {
        strict: flags & 1 != 0,
        answer_ping: flags & 2 != 0,
        answer_close: flags & 4 != 0,
        announce_failure: flags & 8 != 0,
        ping_interval: (flags & 16 != 0).then_some(Duration::from_secs(2)),
        pong_timeout: (flags & 32 != 0).then_some(Duration::from_secs(5)),
        max_message: (flags & 64 != 0).then_some(1000),
        report_headers: flags & 128 != 0,
    }
}

fn deflate(script: &mut Script<'_>) -> Option<DeflateParams> {
    let flags = script.byte();
    (flags & 1 != 0).then_some(DeflateParams {
        server_takeover: flags & 2 != 0,
        client_takeover: flags & 4 != 0,
        server_window_bits: 15,
        client_window_bits: 8 + (flags >> 3) % 8,
    })
}

struct Client {
    connection: Connection,
    /// received and not used
    input: Vec<u8>,
    out: Vec<u8>,
    /// the frame that is due from memory
    memory: Option<Frame>,
    /// what receiving has ended with
    error: Option<ProtocolError>,
    /// the caller's message that is not complete
    message: Option<Sent>,
    /// its last frame has begun
    fin: bool,
    /// the caller's messages
    sent: Vec<Sent>,
    now: Instant,
}

impl Client {
    /// Makes one call, and returns how many bytes of payload went into it.
    fn step(&mut self, script: &mut Script<'_>) -> usize {
        match script.byte() % 16 {
            0 | 1 => {
                let length = script.byte();
                self.input.extend_from_slice(script.bytes(length.into()));
            }
            2 => self.receive(),
            3 => self.take(script.byte().into()),
            4 => {
                for _ in 0..200 {
                    self.receive();
                    self.take(usize::MAX);
                }
            }
            5 => {
                let used = self.connection.begin_whole_message(&self.input);
                assert!(used == 0 || self.connection.payload().is_some());
                self.input.drain(..used);
            }
            6 | 7 => return self.start(script),
            8 | 9 => return self.send(script),
            10 => {
                let (code, length) = (script.number(), script.byte());
                let _ = self.connection.close(code, script.bytes(length.into()), &mut self.out);
            }
            11 => match script.byte() % 2 {
                0 => self.fail(ProtocolError::Masked),
                _ => self.connection.abandon(None, &mut self.out),
            },
            12 => {
                self.now += Duration::from_millis(script.number().into());
                let idle = script.byte() & 1 == 0;
                self.connection.handle_timeout(self.now, idle, &mut self.out).unwrap();
                if let Err(error) = self.connection.check_pong(self.now) {
                    self.fail(error);
                }
            }
            13 => self.connection.set_config(config(script)),
            14 => return self.send_in_part(script),
            _ => self.connection.write_pending(&mut self.out),
        }
        0
    }

    fn receive(&mut self) {
        let (used, event) = self.connection.receive(&self.input);
        self.input.drain(..used);
        self.memory = None;
        match event {
            Ok(Event::Memory(frame)) => self.memory = Some(frame),
            Ok(_) => {}
            Err(error) => self.fail(error),
        }
        assert!(self.error.is_none() || event.err() == self.error, "errors are final");
        self.error = event.err();
    }

    /// Takes at most `count` bytes of what is due.
    fn take(&mut self, count: usize) {
        if let Some(frame) = self.connection.payload() {
            let remaining = usize::try_from(frame.remaining).unwrap_or(usize::MAX);
            let payload: Vec<u8> = self.input.drain(..count.min(remaining).min(self.input.len())).collect();
            match self.connection.check_payload(&payload) {
                Ok(()) => self.connection.take_payload(&payload),
                Err(error) => {
                    self.error = Some(error);
                    self.fail(error);
                }
            }
        } else if let Some(frame) = self.memory.take() {
            match self.connection.begin_delivery(frame) {
                Ok(()) => self.connection.take_memory(count.min(self.connection.memory().len())),
                Err(error) => self.fail(error),
            }
        }
    }

    fn fail(&mut self, error: ProtocolError) {
        self.connection.fail(error, &mut self.out);
    }

    fn start(&mut self, script: &mut Script<'_>) -> usize {
        let flags = script.byte();
        let kind = [
            None,
            Some(Kind::Text),
            Some(Kind::Binary),
            Some(Kind::Ping),
            Some(Kind::Pong),
            Some(Kind::Close),
            Some(Kind::Text),
            Some(Kind::Binary),
        ][usize::from(flags % 8)];
        let more = flags & 8 != 0;
        let first = payload(script);
        let length = match flags & 16 {
            0 => first.len() as u64,
            _ => first.len() as u64 + u64::from(script.number()),
        };
        let whole = (first.len() as u64 == length).then_some(&first[..]);
        if kind == Some(Kind::Close) && self.connection.check_own_close(whole).is_err() {
            return 0;
        }
        let start = FrameStart {
            kind,
            fin: !more,
            plain: flags & 32 != 0,
            length,
        };
        let open = self.connection.open_message();
        let Ok(kind) = self.connection.start_frame(start, &first, &mut self.out) else {
            assert_eq!(self.connection.open_message(), open, "errors change nothing");
            return 0;
        };
        if !matches!(kind, Kind::Text | Kind::Binary) {
            return first.len();
        }
        let message = self.message.get_or_insert(Sent {
            kind,
            payload: Vec::new(),
        });
        message.payload.extend_from_slice(&first);
        self.fin = !more;
        self.finish();
        first.len()
    }

    fn send(&mut self, script: &mut Script<'_>) -> usize {
        let mut bytes = payload(script);
        bytes.truncate(usize::try_from(self.connection.send_remaining()).unwrap_or(usize::MAX));
        let is_data = matches!(self.connection.open_frame(), Some(Kind::Text | Kind::Binary));
        self.connection.send(&bytes, &mut self.out).unwrap();
        if is_data && let Some(message) = &mut self.message {
            message.payload.extend_from_slice(&bytes);
            self.finish();
        }
        bytes.len()
    }

    /// The socket does not take the end of what was encoded, and it is taken back.
    fn send_in_part(&mut self, script: &mut Script<'_>) -> usize {
        let count = self.send(script);
        if self.connection.open_frame().is_none() || !self.connection.sends_plain() {
            return count;
        }
        let back = usize::from(script.number()) % (count + 1);
        self.connection.take_back(back);
        self.out.truncate(self.out.len() - back);
        if matches!(self.connection.open_frame(), Some(Kind::Text | Kind::Binary))
            && let Some(message) = &mut self.message
        {
            message.payload.truncate(message.payload.len() - back);
        }
        count - back
    }

    /// The message is complete with the last byte of its last frame.
    fn finish(&mut self) {
        if self.fin && self.connection.open_frame().is_none() {
            self.sent.extend(self.message.take());
        }
    }
}

/// Bytes to be sent: few, or a long repetition of them.
fn payload(script: &mut Script<'_>) -> Vec<u8> {
    let (length, times) = (script.byte(), script.byte());
    script
        .bytes((length % 64).into())
        .repeat(1 + usize::from(times) * usize::from(length >> 6))
}
