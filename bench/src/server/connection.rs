//! One client's connection, from its request to its end.

use std::io::{self, ErrorKind, Read, Write};

use crate::stream::Stream;
use crate::upgrade::upgrade;
use crate::work::Work;

pub(crate) struct Connection {
    stream: Stream,
    state: State,
}

enum State {
    /// the request, as far as it has come
    Request(Vec<u8>),
    Open(Work),
}

/// The connection is over.
pub(crate) struct Over;

impl Connection {
    pub(crate) fn new(stream: Stream) -> Connection {
        Connection {
            stream,
            state: State::Request(Vec::new()),
        }
    }

    /// Reads and writes until the socket has no more, as edge-triggered events demand.
    pub(crate) fn turn(&mut self, scratch: &mut [u8]) -> Result<(), Over> {
        self.send()?;
        loop {
            let size = match self.stream.read(scratch) {
                Ok(0) => return Err(Over),
                Ok(size) => size,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(_) => return Err(Over),
            };
            self.receive(&scratch[..size])?;
            self.send()?;
            if size < scratch.len() && self.stream.short_read_is_last() {
                break;
            }
        }
        self.send()
    }

    fn receive(&mut self, input: &[u8]) -> Result<(), Over> {
        match &mut self.state {
            State::Open(work) => work.receive(input).map_err(|_| Over),
            State::Request(request) => {
                request.extend_from_slice(input);
                let Some(done) = upgrade(request).map_err(|_| Over)? else {
                    return Ok(());
                };
                let rest = request.split_off(done.taken);
                self.stream.write_all(done.response.as_bytes()).map_err(|_| Over)?;
                self.state = State::Open(done.work);
                self.receive(&rest)
            }
        }
    }

    fn send(&mut self) -> Result<(), Over> {
        match self.send_all() {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
            result => result.map_err(|_| Over),
        }
    }

    fn send_all(&mut self) -> io::Result<()> {
        if let State::Open(work) = &mut self.state {
            loop {
                let output = work.output();
                if output.is_empty() {
                    break;
                }
                let size = self.stream.write(output)?;
                work.sent(size);
            }
        }
        self.stream.flush()
    }
}
