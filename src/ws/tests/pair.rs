//! Both ends of a WebSocket, with simulated time and latency between them.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::client::Client;
use super::server::{self, CLOSE, PING, PONG, Sent, Server};
use crate::ws::{Config, SendError};

/// A client and a server with a network in between.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) client: Client,
    pub(super) server: Server,
    pub(super) now: Instant,
    /// the server answers PING frames
    pub(super) answers_ping: bool,
    /// the server answers CLOSE frames
    pub(super) answers_close: bool,
    /// bytes wait for the client's socket
    pub(super) client_is_idle: bool,
    start: Instant,
    latency: Duration,
    to_client: VecDeque<(Instant, Vec<u8>)>,
    to_server: VecDeque<(Instant, Vec<u8>)>,
}

impl Pair {
    /// Bytes take `latency` milliseconds from one end to the other.
    pub(super) fn new(config: Config, latency: u64) -> Pair {
        let start = Instant::now();
        let mut pair = Pair {
            client: Client::new(config),
            server: Server::default(),
            now: start,
            answers_ping: true,
            answers_close: true,
            client_is_idle: true,
            start,
            latency: Duration::from_millis(latency),
            to_client: VecDeque::new(),
            to_server: VecDeque::new(),
        };
        pair.run_client();
        pair
    }

    /// Milliseconds since the start.
    pub(super) fn elapsed(&self) -> u128 {
        (self.now - self.start).as_millis()
    }

    /// The server sends bytes, one by one.
    pub(super) fn server_sends(&mut self, bytes: impl AsRef<[u8]>) {
        let arrival = self.now + self.latency;
        for &byte in bytes.as_ref() {
            self.to_client.push_back((arrival, vec![byte]));
        }
    }

    /// What the client has written is on its way.
    pub(super) fn flush(&mut self) {
        if !self.client.output.is_empty() {
            let output = std::mem::take(&mut self.client.output);
            self.to_server.push_back((self.now + self.latency, output));
        }
    }

    /// Lets `milliseconds` pass. Returns the frames that the server gets in that time.
    pub(super) fn advance(&mut self, milliseconds: u64) -> Vec<(u8, Vec<u8>)> {
        let until = self.now + Duration::from_millis(milliseconds);
        let before = self.server.frames.len();
        self.flush();
        let mut rounds = 0;
        while let Some(next) = self.next_event().filter(|next| *next <= until) {
            rounds += 1;
            assert!(rounds < 10_000, "a busy loop");
            self.now = next.max(self.now);
            self.deliver();
            self.run_client();
        }
        self.now = until;
        let frames = self.server.frames[before..].iter();
        frames.map(|sent| (sent.first, sent.payload.clone())).collect()
    }

    fn next_event(&self) -> Option<Instant> {
        let arrivals = [&self.to_client, &self.to_server];
        let arrivals = arrivals.iter().filter_map(|queue| queue.front().map(|entry| entry.0));
        let timer = match self.client.error {
            None => self.client.connection.poll_timeout(true),
            Some(_) => None,
        };
        arrivals.chain(timer).min()
    }

    fn deliver(&mut self) {
        while let Some(bytes) = arrived(&mut self.to_client, self.now) {
            self.client.now = self.now;
            self.client.receive(&bytes);
        }
        while let Some(bytes) = arrived(&mut self.to_server, self.now) {
            for sent in self.server.receive(&bytes) {
                self.answer(&sent);
            }
        }
    }

    fn answer(&mut self, sent: &Sent) {
        match sent.first {
            PING if self.answers_ping => self.server_sends(server::frame(PONG, &sent.payload)),
            CLOSE if self.answers_close => self.server_sends(server::frame(CLOSE, &sent.payload)),
            _ => {}
        }
    }

    /// The client's timers, once everything that has come was received.
    fn run_client(&mut self) {
        if self.client.error.is_none() {
            self.handle_timeout().unwrap();
            if let Err(error) = self.client.connection.check_pong(self.now) {
                self.client.error = Some(error);
                self.client.fail();
            }
        }
        self.flush();
    }

    pub(super) fn handle_timeout(&mut self) -> Result<bool, SendError> {
        let Client { connection, output, .. } = &mut self.client;
        connection.handle_timeout(self.now, self.client_is_idle, output)
    }
}

fn arrived(queue: &mut VecDeque<(Instant, Vec<u8>)>, now: Instant) -> Option<Vec<u8>> {
    queue.front().filter(|entry| entry.0 <= now)?;
    queue.pop_front().map(|entry| entry.1)
}
