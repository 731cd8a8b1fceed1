//! A transfer under a driver that answers at once, with a peer at the other end of a socket pair and simulated time.

use std::cell::Cell;
use std::time::{Duration, Instant};

use super::websocket::chunk::Chunk;
use super::websocket::{Settings, WebSocket};
use super::{Action, Config, Mode, Pause, Task, Transfer, Upload};
use crate::error::Error;
use crate::net::dial::Configured;
use crate::open::peer::{Peer, connection};
use crate::open::plan::{Endpoint, Hop, Plan, Target};
use crate::open::testing::{context, plan};
use crate::open::{Answer, Context, Question};
use crate::types::codes::CURLcode;
use crate::types::structs::curl_infotype;
use crate::types::websocket::CURLWS_BINARY;

const SECOND: Duration = Duration::from_secs(1);

fn config() -> Config {
    Config {
        mode: Mode::Callbacks,
        head_only: false,
        websocket: Settings {
            connect_only: false,
            raw: false,
            auto_pong: true,
            compress: false,
            strict: false,
            ping_interval: None,
            pong_timeout: None,
            max_message: None,
        },
        upload: false,
        upload_size: 1000,
        max_chunk: usize::MAX,
        timeout: Some(60 * SECOND),
        connect_timeout: 30 * SECOND,
        low_speed: None,
        max_size: None,
        max_receive_speed: 0,
        max_send_speed: 0,
        verbose: false,
    }
}

/// The driver. Of the server it knows the end of the connection.
struct Driver {
    transfer: Transfer,
    context: Context,
    chunk: Chunk<'static>,
    peer: Option<Peer>,
    closed: usize,
    start: Instant,
    now: Instant,
}

impl Driver {
    fn new(plan: Plan, config: Config) -> Driver {
        let now = Instant::now();
        let mut context = context();
        context.wanted.header = false;
        Driver {
            transfer: Transfer::new(plan, config, now),
            context,
            chunk: Chunk::new(Box::leak(Box::default())),
            peer: None,
            closed: 0,
            start: now,
            now,
        }
    }

    /// One with an open WebSocket.
    fn open(config: Config) -> Driver {
        let mut driver = Driver::new(plan(), config);
        driver.waits();
        let request = driver.peer().received();
        driver.peer().accept(&request);
        driver
    }

    fn peer(&mut self) -> &mut Peer {
        self.peer.as_mut().unwrap()
    }

    /// Answers questions and closes sockets, up to an action of another kind.
    fn next(&mut self) -> Action {
        loop {
            let task = match self.transfer.next(|| self.context.clone(), &mut self.chunk, self.now) {
                Action::Task(task) => *task,
                action => return action,
            };
            match task {
                Task::Ask(Question::ResolveStarts) => {}
                Task::Ask(Question::OpenSocket(address)) => {
                    let (socket, peer) = connection();
                    self.peer = Some(peer);
                    self.transfer
                        .answer(Answer::SocketOpened(Ok(Some((socket, address)))), self.now);
                }
                Task::Ask(Question::ConfigureSocket(_)) => {
                    self.transfer
                        .answer(Answer::SocketConfigured(Configured::AlreadyConnected), self.now);
                }
                Task::Ask(Question::Permission) => self.transfer.answer(Answer::Permission(true), self.now),
                Task::Ask(Question::NextRound) => self.transfer.answer(Answer::NoRound, self.now),
                Task::CloseSocket(_) => self.closed += 1,
                Task::Opened => {}
                task => return task.into(),
            }
        }
    }

    fn waits(&mut self) {
        let action = self.next();
        assert!(matches!(action, Action::Wait), "{}", name(&action));
    }

    fn chunk(&mut self) -> Vec<u8> {
        match self.next() {
            Action::Chunk => {
                let bytes = self.chunk.bytes().to_vec();
                self.transfer.chunk_done(&mut self.chunk, true);
                bytes
            }
            action => panic!("{}", name(&action)),
        }
    }

    fn uploads(&mut self, answer: &Upload<'_>) -> usize {
        match self.next() {
            Action::Upload(room) => {
                self.transfer.upload(answer, self.now);
                room
            }
            action => panic!("{}", name(&action)),
        }
    }

    fn ends(&mut self) {
        match self.next() {
            Action::Done(result) => assert_eq!(result, Ok(())),
            action => panic!("{}", name(&action)),
        }
    }

    fn fails(&mut self) -> Error {
        match self.next() {
            Action::Done(Err(error)) => error,
            action => panic!("{}", name(&action)),
        }
    }

    /// Nothing happens until the deadline, which comes after `time`.
    fn idles(&mut self, time: Duration) {
        let deadline = self.transfer.deadline().unwrap();
        assert_eq!(deadline - self.start, time);
        self.waits();
        self.now = deadline;
    }

    /// The deadlines of the transfer pass until it fails.
    fn fails_in_the_end(&mut self) -> Error {
        loop {
            match self.next() {
                Action::Wait => self.now = self.transfer.deadline().unwrap().max(self.now),
                Action::Done(Err(error)) => return error,
                action => panic!("{}", name(&action)),
            }
        }
    }
}

/// The task of an action, if it is one.
fn task(action: Action) -> Option<Task> {
    match action {
        Action::Task(task) => Some(*task),
        _ => None,
    }
}

fn name(action: &Action) -> String {
    match action {
        Action::Task(task) => match &**task {
            Task::Trace(line) => format!("Trace {:?}", String::from_utf8_lossy(&line.bytes)),
            Task::Ask(question) => format!("Ask {question:?}"),
            Task::CloseSocket(_) => "CloseSocket".to_owned(),
            Task::Remember(what) => format!("Remember {} cookies", what.cookies.len()),
            Task::Header(line) => format!("Header {:?}", String::from_utf8_lossy(line)),
            Task::Opened => "Opened".to_owned(),
        },
        Action::Chunk => "Chunk".to_owned(),
        Action::Upload(room) => format!("Upload {room}"),
        Action::Busy => "Busy".to_owned(),
        Action::Wait => "Wait".to_owned(),
        Action::Ready => "Ready".to_owned(),
        Action::Done(result) => format!("Done {result:?}"),
    }
}

/// A frame of the server with a short payload.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    [&[first, payload.len() as u8], payload].concat()
}

// ---- opening

#[test]
fn the_time_to_connect_covers_the_response() {
    let mut driver = Driver::new(plan(), config());
    driver.waits();
    driver.idles(30 * SECOND);
    let error = driver.fails();
    assert_eq!(error.code(), CURLcode::CURLE_OPERATION_TIMEDOUT);
    assert!(error.message().contains("after 30000 milliseconds"), "{error}");
    assert!(error.message().contains("opening handshake"), "{error}");
    assert_eq!(driver.closed, 1);
    driver.waits();
}

#[test]
fn the_time_to_connect_covers_the_lookup() {
    let mut driver = Driver::new(
        Plan {
            server: Hop {
                // Looked up, and no server is asked: a label has at most 63 bytes (RFC 1035 section 2.3.4).
                endpoint: Endpoint::Host(format!("{}.test", "x".repeat(64)), 80),
                tls: None,
            },
            ..plan()
        },
        config(),
    );
    let action = driver
        .transfer
        .next(|| driver.context.clone(), &mut driver.chunk, driver.now);
    assert!(matches!(task(action), Some(Task::Ask(Question::ResolveStarts))));
    driver.now = driver.transfer.deadline().unwrap();
    let error = driver.fails();
    assert_eq!(error.code(), CURLcode::CURLE_OPERATION_TIMEDOUT);
    assert!(error.message().starts_with("Resolving timed out"), "{error}");
    assert_eq!(driver.closed, 0);
}

#[test]
fn the_time_to_connect_covers_the_connection() {
    let mut driver = Driver::new(plan(), config());
    let asks = |driver: &mut Driver| {
        task(
            driver
                .transfer
                .next(|| driver.context.clone(), &mut driver.chunk, driver.now),
        )
    };
    assert!(matches!(asks(&mut driver), Some(Task::Ask(Question::ResolveStarts))));
    assert!(matches!(asks(&mut driver), Some(Task::Ask(Question::OpenSocket(_)))));
    driver.now += 30 * SECOND;
    let error = driver.fails();
    assert!(error.message().starts_with("Connection timed out"), "{error}");
}

#[test]
fn an_aborted_opening_closes_its_connection_first() {
    let mut driver = Driver::new(plan(), config());
    driver.waits();
    let error = Error::new(CURLcode::CURLE_WRITE_ERROR, "the application's error");
    driver.transfer.abort(error.clone(), driver.now);
    assert_eq!(driver.fails(), error);
    assert_eq!(driver.closed, 1);
    driver.transfer.abort(error, driver.now);
    driver.waits();
}

#[test]
fn a_line_is_traced_before_the_application_gets_it() {
    let mut driver = Driver::new(
        plan(),
        Config {
            verbose: true,
            ..config()
        },
    );
    driver.context.wanted.header = true;
    let mut request = Vec::new();
    while !matches!(driver.next(), Action::Wait) {}
    request.extend(driver.peer().received());
    driver.peer().accept(&request);
    let Some(Task::Trace(line)) = task(driver.next()) else {
        panic!("no trace");
    };
    assert_eq!(line.kind, curl_infotype::CURLINFO_HEADER_IN);
    let Some(Task::Header(header)) = task(driver.next()) else {
        panic!("no header");
    };
    assert_eq!(line.bytes, header);
}

#[test]
fn a_parked_line_comes_again_after_the_pause() {
    let mut driver = Driver::new(plan(), config());
    driver.context.wanted.header = true;
    driver.waits();
    let request = driver.peer().received();
    driver.peer().accept(&request);
    let mut lines = Vec::new();
    while let Some(Task::Header(line)) = task(driver.next()) {
        driver.transfer.header_parked(line.clone());
        driver.waits();
        let limits = driver.transfer.deadline().unwrap() - driver.start;
        assert!(limits >= 30 * SECOND, "{limits:?}");
        driver.transfer.set_pause(Pause::default(), driver.now);
        let Some(Task::Header(again)) = task(driver.next()) else {
            panic!("no header");
        };
        assert_eq!(again, line);
        lines.push(line);
    }
    assert_eq!(lines.len(), 5);
    assert!(driver.transfer.websocket().is_some());
}

// ---- the open WebSocket

#[test]
fn verbose_output_has_every_byte_also_behind_a_frame_that_left_in_part() {
    let mut driver = Driver::open(config());
    driver.waits();
    let websocket = driver.transfer.websocket().unwrap();
    websocket.set_settings(config().websocket, true);
    let message = [7; 40_000];
    let send = |websocket: &mut WebSocket, from| websocket.send(&message[from..], 0, CURLWS_BINARY as u32).unwrap_or(0);
    let mut sent = (0..1000)
        .map(|_| send(websocket, 0))
        .find(|sent| (1..message.len()).contains(sent))
        .unwrap();
    driver.peer().send(&frame(0x89, b"ping"));
    let received = driver
        .transfer
        .websocket()
        .unwrap()
        .receive(&mut [0; 100], &Cell::default());
    assert_eq!(received, Err(Error::AGAIN));
    let mut arrived = Vec::new();
    while sent < message.len() {
        arrived.extend(driver.peer().received());
        sent += send(driver.transfer.websocket().unwrap(), sent);
    }
    assert_eq!(driver.transfer.websocket().unwrap().flush(), Ok(true));
    arrived.extend(driver.peer().received());
    let mut shown = Vec::new();
    while let Some(line) = driver.transfer.websocket().unwrap().next_trace_line() {
        if line.kind == curl_infotype::CURLINFO_DATA_OUT {
            shown.extend(line.bytes);
        }
    }
    assert!(shown == arrived, "{} of {} bytes", shown.len(), arrived.len());
}

#[test]
fn the_application_hears_of_the_open_websocket_before_its_frames() {
    let mut driver = Driver::open(config());
    driver.peer().send(&frame(0x81, b"hi"));
    let action = driver
        .transfer
        .next(|| driver.context.clone(), &mut driver.chunk, driver.now);
    assert!(matches!(task(action), Some(Task::Opened)));
    assert_eq!(driver.chunk(), b"hi");
    driver.waits();
    assert_eq!(driver.transfer.info(driver.now).downloaded, 4);
}

#[test]
fn the_time_to_connect_is_over_once_the_websocket_is_open() {
    let mut driver = Driver::open(config());
    driver.waits();
    driver.idles(60 * SECOND);
    let error = driver.fails();
    assert_eq!(error.code(), CURLcode::CURLE_OPERATION_TIMEDOUT);
    assert!(error.message().contains("after 60000 milliseconds"), "{error}");
    assert_eq!(driver.closed, 1);
}

#[test]
fn an_application_that_drives_itself_has_no_time_limit() {
    let mut driver = Driver::new(
        Plan {
            target: Target::Upgrade { peek: true },
            ..plan()
        },
        Config {
            mode: Mode::ConnectOnly,
            low_speed: Some((1000, SECOND)),
            ..config()
        },
    );
    driver.waits();
    let request = driver.peer().received();
    driver.peer().accept(&request);
    let action = driver.next();
    assert!(matches!(action, Action::Ready), "{}", name(&action));
    assert_eq!(driver.transfer.deadline(), None);
    assert_eq!(driver.transfer.time_limit(), None);
    assert!(driver.transfer.connected_stream().is_some());
}

#[test]
fn a_connection_alone_is_no_websocket() {
    let mut driver = Driver::new(
        Plan {
            target: Target::Connection,
            ..plan()
        },
        Config {
            mode: Mode::ConnectOnly,
            ..config()
        },
    );
    let action = driver.next();
    assert!(matches!(action, Action::Ready), "{}", name(&action));
    assert!(driver.transfer.connected_stream().is_some());
    assert!(driver.transfer.websocket().is_none());
    assert_eq!(driver.transfer.deadline(), None);
    let (info, sockets) = driver.transfer.into_parts(driver.now);
    assert_eq!((info.opening.connections.len(), sockets.len()), (1, 1));
}

#[test]
fn a_slow_transfer_ends_unless_it_is_paused() {
    let slow = || {
        Driver::open(Config {
            low_speed: Some((10, 3 * SECOND)),
            ..config()
        })
    };
    let mut driver = slow();
    let error = driver.fails_in_the_end();
    assert!(error.message().contains("too slow"), "{error}");
    // The response came in the first second.
    assert_eq!(driver.now - driver.start, 4 * SECOND);

    let mut driver = slow();
    driver.waits();
    driver.transfer.set_pause(
        Pause {
            receive: true,
            send: false,
        },
        driver.now,
    );
    let error = driver.fails_in_the_end();
    assert!(error.message().contains("after 60000 milliseconds"), "{error}");
}

#[test]
fn a_close_frame_of_ours_is_answered_within_ten_seconds() {
    let strict = Settings {
        strict: true,
        ..config().websocket
    };
    let closing = || {
        let mut driver = Driver::open(Config {
            websocket: strict,
            ..config()
        });
        driver.waits();
        driver.transfer.websocket().unwrap().send_close(1000, b"").unwrap();
        driver.waits();
        driver
    };
    let mut driver = closing();
    driver.idles(10 * SECOND);
    let error = driver.fails();
    assert_eq!(error.code(), CURLcode::CURLE_OPERATION_TIMEDOUT);
    assert!(error.message().contains("CLOSE"), "{error}");

    // Then the peer has three seconds to end the connection (RFC 6455 section 7.1.1).
    let mut driver = closing();
    driver.peer().send(&frame(0x88, b"\x03\xe8"));
    assert_eq!(driver.chunk(), b"\x03\xe8");
    driver.waits();
    driver.idles(3 * SECOND);
    driver.ends();
    assert_eq!(driver.closed, 1);
}

#[test]
fn uploads_leave_time_for_frames() {
    let mut driver = Driver::open(Config {
        upload: true,
        ..config()
    });
    let Action::Upload(_) = driver.next() else {
        panic!("no upload");
    };
    driver.transfer.upload(&Upload::Data(b"data"), driver.now);
    driver.peer().send(&[frame(0x81, b"one"), frame(0x81, b"two")].concat());
    let (mut uploads, mut chunks) = (1, Vec::new());
    while chunks.len() < 2 {
        match driver.next() {
            Action::Upload(room) => {
                assert_eq!(room, 1000);
                driver.transfer.upload(&Upload::Data(b"data"), driver.now);
                uploads += 1;
                assert!(uploads < 100, "no frame was delivered");
            }
            Action::Chunk => {
                chunks.push(driver.chunk.bytes().to_vec());
                driver.transfer.chunk_done(&mut driver.chunk, true);
            }
            action => panic!("{}", name(&action)),
        }
    }
    assert_eq!(chunks, [b"one", b"two"]);
    // Masked BINARY frames.
    let sent = driver.peer().received();
    assert_eq!(sent.len(), uploads * (6 + 4));
    assert_eq!((sent[0], sent[1]), (0x82, 0x80 | 4));
}

#[test]
fn an_upload_pauses_and_ends() {
    let mut driver = Driver::open(Config {
        upload: true,
        ..config()
    });
    driver.uploads(&Upload::Pause);
    driver.waits();
    driver.transfer.set_pause(Pause::default(), driver.now);
    driver.uploads(&Upload::End);
    driver.waits();
    assert!(driver.peer().received().is_empty());
}

#[test]
fn an_upload_fills_the_frame_that_was_started() {
    let mut driver = Driver::open(Config {
        upload: true,
        ..config()
    });
    let Action::Upload(_) = driver.next() else {
        panic!("no upload");
    };
    driver.transfer.start_frame(1, 7).unwrap();
    // Without data the callback is asked again: it has only started a frame.
    driver.transfer.upload(&Upload::End, driver.now);
    assert_eq!(driver.uploads(&Upload::Data(b"four")), 7);
    let Action::Upload(room) = driver.next() else {
        panic!("no upload");
    };
    assert_eq!(room, 3);
    // The upload may end inside a frame: the application may go on with it.
    driver.transfer.upload(&Upload::End, driver.now);
    assert!(matches!(driver.next(), Action::Wait));
}

#[test]
fn frames_keep_no_upload_waiting_for_ever() {
    let mut driver = Driver::open(Config {
        upload: true,
        ..config()
    });
    driver.peer().send(&frame(0x81, b"one").repeat(100));
    let mut chunks = 0;
    while let Action::Chunk = driver.next() {
        driver.transfer.chunk_done(&mut driver.chunk, true);
        chunks += 1;
    }
    assert_eq!(chunks, 8);
}
