//! A transfer in callback mode, with a server at the other end of a socket pair and simulated time.

use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use super::decoder;
use super::script::Script;
use super::wire;
use crate::error::Result;
use crate::http::cookies::Sent;
use crate::net::dial::Configured;
use crate::net::socket::Socket;
use crate::net::wait::poll;
use crate::open::testing::{context, plan};
use crate::open::{Answer, Context, Question};
use crate::transfer::websocket::Settings;
use crate::transfer::websocket::chunk::Chunk;
use crate::transfer::{Action, Config, Mode, Pause, Transfer, Upload};
use crate::types::websocket::{CURLWS_BINARY, CURLWS_TEXT};
use crate::ws::handshake::expected_accept;
use crate::ws::{self, Kind};

/// A driver that gets more actions than this between two waits is kept busy for nothing.
const MAX_ACTIONS: usize = 20_000;

thread_local! {
    static CONTEXT: Context = context();
}

/// Whatever the server sends and the application does, the application gets what was sent, the server legal frames,
/// and the transfer waits or ends.
pub fn transfer(data: &[u8]) {
    let mut script = Script::new(data);
    let settings = settings(script.byte());
    let mut driver = Driver::open(settings, &mut script);
    while driver.result.is_none() && !script.is_over() {
        driver.step(&mut script);
    }
    driver.rest();
    driver.check();
}

fn settings(flags: u8) -> Settings {
    Settings {
        connect_only: false,
        raw: false,
        auto_pong: flags & 1 != 0,
        compress: false,
        strict: flags & 2 != 0,
        ping_interval: (flags & 4 != 0).then_some(Duration::from_secs(2)),
        pong_timeout: (flags & 8 != 0).then_some(Duration::from_secs(5)),
        max_message: (flags & 16 != 0).then_some(1000),
    }
}

struct Driver {
    transfer: Transfer,
    settings: Settings,
    chunk: Chunk,
    pause: Pause,
    now: Instant,
    /// the server's end; `None` once it has closed the connection
    server: Option<UnixStream>,
    /// what the server has sent, from the first frame on
    stream: Vec<u8>,
    /// what the server has received, from the first frame on
    wire: Vec<u8>,
    /// payload of TEXT and BINARY frames that the write callback got
    delivered: Vec<u8>,
    /// what the read callback gave
    uploaded: Vec<u8>,
    /// what the read callback gives next
    upload: Vec<u8>,
    uploads: bool,
    refuses: bool,
    result: Option<Result<()>>,
}

impl Driver {
    /// One with an open WebSocket.
    fn open(settings: Settings, script: &mut Script<'_>) -> Driver {
        let uploads = script.byte() & 1 != 0;
        let config = Config {
            mode: Mode::Callbacks,
            head_only: false,
            websocket: settings,
            upload: uploads,
            upload_size: 1000,
            max_chunk: usize::MAX,
            timeout: None,
            connect_timeout: Duration::from_secs(300),
            low_speed: None,
            max_receive_speed: 0,
            max_send_speed: 0,
            max_size: None,
            verbose: script.byte() & 1 != 0,
        };
        let now = Instant::now();
        let (client, server) = UnixStream::pair().unwrap();
        server.set_nonblocking(true).unwrap();
        let mut driver = Driver {
            transfer: Transfer::new(plan(), config, now),
            settings,
            chunk: Chunk::default(),
            pause: Pause::default(),
            now,
            server: Some(server),
            stream: Vec::new(),
            wire: Vec::new(),
            delivered: Vec::new(),
            uploaded: Vec::new(),
            upload: Vec::new(),
            uploads,
            refuses: false,
            result: None,
        };
        driver.run(Some(Socket::adopt(client.into()).unwrap()));
        driver.accept();
        driver.run(None);
        driver
    }

    /// Answers the opening handshake.
    fn accept(&mut self) {
        self.receive();
        let request = String::from_utf8(std::mem::take(&mut self.wire)).unwrap();
        let key = request
            .lines()
            .find_map(|line| line.strip_prefix("Sec-WebSocket-Key: "));
        let accept = String::from_utf8(expected_accept(key.unwrap().as_bytes()).to_vec()).unwrap();
        let head = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
        );
        self.server.as_mut().unwrap().write_all(head.as_bytes()).unwrap();
    }

    fn step(&mut self, script: &mut Script<'_>) {
        match script.byte() % 12 {
            0 => {
                let length = script.byte();
                self.send(script.bytes(length.into()));
            }
            1 | 2 => {
                let (first, length) = (script.byte(), script.byte() % 126);
                let payload = script.bytes(length.into());
                self.send(&[&[first, payload.len() as u8], payload].concat());
            }
            3 => self.receive(),
            4 => {
                let flags = script.byte();
                let receive = flags & 1 != 0;
                let send = flags & 2 != 0;
                self.set_pause(Pause { receive, send });
            }
            5 => {
                let length = script.byte();
                self.upload.extend_from_slice(script.bytes(length.into()));
            }
            6 => self.refuses = true,
            7 => {
                let wanted = Duration::from_millis(script.number().into());
                self.now += self
                    .transfer
                    .deadline()
                    .map_or(wanted, |at| wanted.min(at.saturating_duration_since(self.now)));
            }
            8 => {
                let flags = if script.byte() & 1 == 0 {
                    CURLWS_TEXT
                } else {
                    CURLWS_BINARY
                };
                let _ = self.transfer.start_frame(flags.cast_unsigned(), script.number().into());
            }
            9 if script.byte() == 0 => self.close(),
            10 => {
                self.settings = Settings {
                    strict: self.settings.strict,
                    max_message: self.settings.max_message,
                    auto_pong: self.settings.auto_pong,
                    ..settings(script.byte())
                };
                let settings = self.settings;
                if let Some(websocket) = self.transfer.websocket() {
                    websocket.set_settings(settings, false);
                }
            }
            _ => {}
        }
        self.run(None);
    }

    /// Nothing stops the transfer any more: all that was sent arrives.
    fn rest(&mut self) {
        for _ in 0..100 {
            if self.result.is_some() {
                return;
            }
            self.set_pause(Pause::default());
            self.refuses = false;
            self.run(None);
            self.receive();
        }
    }

    fn set_pause(&mut self, pause: Pause) {
        self.pause = pause;
        self.transfer.set_pause(pause, self.now);
    }

    // ---- the server

    fn send(&mut self, bytes: &[u8]) {
        if let Some(server) = &mut self.server
            && let Ok(count) = server.write(bytes)
        {
            self.stream.extend_from_slice(&bytes[..count]);
        }
    }

    fn receive(&mut self) {
        let Some(server) = &mut self.server else { return };
        match server.read_to_end(&mut self.wire) {
            Ok(_) => {}
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::ConnectionReset) => {}
            Err(error) => panic!("{error}"),
        }
    }

    /// The server has received everything and closes, so that no reset takes away what it has sent.
    fn close(&mut self) {
        self.receive();
        if let Some(server) = &self.server {
            server.shutdown(Shutdown::Write).unwrap();
        }
    }

    // ---- the application

    /// Does what the transfer asks for until it waits or has ended.
    fn run(&mut self, mut socket: Option<Socket>) {
        if self.result.is_some() {
            return;
        }
        for _ in 0..MAX_ACTIONS {
            match CONTEXT.with(|context| self.transfer.next(|| context.clone(), &mut self.chunk, self.now)) {
                Action::Trace(_) | Action::CloseSocket(_) | Action::Header(_) | Action::Opened | Action::Busy => {}
                Action::Remember(_) => {}
                Action::Ask(Question::ResolveStarts) => {}
                Action::Ask(Question::OpenSocket(address)) => {
                    let socket = socket.take().expect("one socket is enough");
                    self.transfer
                        .answer(Answer::SocketOpened(Ok(Some((socket, address)))), self.now);
                }
                Action::Ask(Question::ConfigureSocket(_)) => {
                    self.transfer
                        .answer(Answer::SocketConfigured(Configured::AlreadyConnected), self.now);
                }
                Action::Ask(Question::Permission) => self.transfer.answer(Answer::Permission(true), self.now),
                Action::Ask(Question::Cookies(_)) => self.transfer.answer(Answer::Cookies(Sent::default()), self.now),
                Action::Ask(Question::NextRound) => self.transfer.answer(Answer::NoRound, self.now),
                Action::Chunk => {
                    let taken = !std::mem::take(&mut self.refuses);
                    let meta = self.chunk.meta().expect("a frame");
                    assert_eq!(meta.len, self.chunk.bytes().len());
                    if taken && meta.flags & (CURLWS_TEXT | CURLWS_BINARY) != 0 {
                        self.delivered.extend_from_slice(self.chunk.bytes());
                    }
                    if !taken {
                        self.pause.receive = true;
                        self.transfer.pause_receiving();
                    }
                    self.transfer.chunk_done(&mut self.chunk, taken);
                }
                Action::Upload(room) => self.answer(room),
                Action::Wait if self.is_ready() => {}
                Action::Wait => return,
                Action::Ready => panic!("not with callbacks"),
                Action::Done(result) => {
                    self.result = Some(result);
                    return;
                }
            }
        }
        panic!("busy for nothing");
    }

    fn answer(&mut self, room: usize) {
        assert!(self.uploads && room > 0);
        if self.upload.is_empty() {
            self.pause.send = true;
            return self.transfer.upload(&Upload::Pause, self.now);
        }
        let bytes: Vec<u8> = self.upload.drain(..room.min(self.upload.len())).collect();
        self.uploaded.extend_from_slice(&bytes);
        self.transfer.upload(&Upload::Data(&bytes), self.now);
    }

    /// A transfer that may receive waits for its socket. Whether that is ready.
    fn is_ready(&self) -> bool {
        let mut interests = Vec::new();
        CONTEXT.with(|context| self.transfer.interests(&context.waker, &mut interests));
        assert!(
            self.pause.receive || interests.iter().any(|interest| interest.read),
            "waits for nothing"
        );
        let ready = poll::wait(&interests, Some(Instant::now())).unwrap();
        (0..interests.len()).any(|index| ready.ready(index).readable)
    }

    // ---- what must hold in the end

    fn check(&mut self) {
        let config = ws::Config {
            strict: self.settings.strict,
            answer_ping: self.settings.auto_pong,
            max_message: self.settings.max_message,
            ..ws::Config::default()
        };
        let expected = decoder::model(config, &self.stream);
        let data = expected.payload();
        assert!(data.starts_with(&self.delivered), "other payload than the server sent");
        let is_calm = expected.error.is_none() && expected.frames.iter().all(|frame| frame.kind != Kind::Close);
        // A keep-alive PING that is not answered, and a failed send, end a transfer, too.
        if is_calm && !matches!(self.result, Some(Err(_))) {
            assert_eq!(self.delivered, data, "payload is missing");
        }
        if self.result.is_none() {
            let sent = wire::read(&self.wire, None, self.settings.strict);
            let sent = sent
                .into_iter()
                .filter(|sent| matches!(sent.kind, Kind::Text | Kind::Binary));
            let sent: Vec<u8> = sent.flat_map(|sent| sent.payload).collect();
            assert!(
                self.uploaded.starts_with(&sent),
                "other payload than the application gave"
            );
        }
    }
}
