//! The server of the benchmark: one thread, one epoll set, as little work for a message as can be.
//!
//! The path of a request chooses what the connection does:
//!
//! | path | what |
//! |---|---|
//! | `/sink/FIRST/SECOND` | takes messages; answers with one message of a byte after FIRST of them, and after SECOND more |
//! | `/source/FIRST/SECOND/SIZE/b` or `/t` | sends FIRST binary or text messages, and SECOND more when a message comes |
//! | `/echo/MICROSECONDS` | sends each frame back as it came, so much later |
//!
//! `bench-server CERTIFICATE-FILE MICROSECONDS` listens on two free ports of the loopback interface, for `ws` and `wss`, writes the
//! certificate that it made, prints `{"ws":PORT,"wss":PORT}` and ends with its standard input. It sleeps only if nothing has
//! happened for so long: where it has a core of its own, what it takes to wake it is not a client's business.

mod connection;
mod frame;
mod stream;
mod upgrade;
mod work;

use std::io::{ErrorKind, Read, Write};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::net::TcpListener;
use mio::{Events, Interest, Poll, Token};
use rustls::ServerConfig;
use slab::Slab;

use connection::Connection;
use stream::Stream;

type Failure = Box<dyn std::error::Error>;

const WS: Token = Token(usize::MAX - 1);
const WSS: Token = Token(usize::MAX - 2);

/// What one read takes at most; all connections read into the same memory.
const SCRATCH: usize = 256 << 10;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let (Some(certificate_file), Some(patience)) = (arguments.next(), arguments.next()) else {
        return Err("usage: bench-server CERTIFICATE-FILE MICROSECONDS".into());
    };
    let tls = stream::tls_config(&certificate_file)?;
    let mut server = Server::new(tls, Duration::from_micros(patience.parse()?))?;
    end_with_standard_input();
    let mut output = std::io::stdout();
    writeln!(
        output,
        r#"{{"ws":{},"wss":{}}}"#,
        server.ws.local_addr()?.port(),
        server.wss.local_addr()?.port()
    )?;
    output.flush()?;
    server.run()
}

fn end_with_standard_input() {
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
}

struct Server {
    poll: Poll,
    ws: TcpListener,
    wss: TcpListener,
    tls: Arc<ServerConfig>,
    patience: Duration,
    connections: Slab<Connection>,
    scratch: Vec<u8>,
}

impl Server {
    fn new(tls: Arc<ServerConfig>, patience: Duration) -> Result<Server, Failure> {
        let poll = Poll::new()?;
        let mut ws = listener()?;
        let mut wss = listener()?;
        poll.registry().register(&mut ws, WS, Interest::READABLE)?;
        poll.registry().register(&mut wss, WSS, Interest::READABLE)?;
        Ok(Server {
            poll,
            ws,
            wss,
            tls,
            patience,
            connections: Slab::new(),
            scratch: vec![0; SCRATCH],
        })
    }

    fn run(&mut self) -> Result<(), Failure> {
        let mut events = Events::with_capacity(1024);
        let mut last_event = Instant::now();
        loop {
            let awake = last_event.elapsed() < self.patience;
            match self.poll.poll(&mut events, awake.then_some(Duration::ZERO)) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                result => result?,
            }
            if !events.is_empty() {
                last_event = Instant::now();
            }
            for event in &events {
                match event.token() {
                    token @ (WS | WSS) => self.accept(token == WSS)?,
                    Token(at) => self.serve(at),
                }
            }
        }
    }

    fn accept(&mut self, secure: bool) -> Result<(), Failure> {
        loop {
            let listener = if secure { &self.wss } else { &self.ws };
            let mut socket = match listener.accept() {
                Ok((socket, _)) => socket,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::ConnectionAborted => continue,
                Err(error) => return Err(error.into()),
            };
            socket.set_nodelay(true)?;
            let entry = self.connections.vacant_entry();
            self.poll
                .registry()
                .register(&mut socket, Token(entry.key()), Interest::READABLE | Interest::WRITABLE)?;
            entry.insert(Connection::new(Stream::new(socket, secure.then_some(&self.tls))?));
        }
    }

    /// A connection that has ended, well or badly, is forgotten: its socket closes.
    fn serve(&mut self, at: usize) {
        if let Some(connection) = self.connections.get_mut(at)
            && connection.turn(&mut self.scratch).is_err()
        {
            self.connections.remove(at);
        }
    }
}

/// With a backlog for all connections that a client opens at once.
fn listener() -> Result<TcpListener, Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0).into())?;
    rustix::net::listen(&listener, 4096)?;
    Ok(listener)
}
