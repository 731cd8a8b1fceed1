//! The limit of `wss`: rustls and its buffers, a socket and poll, with no work on the frames. They are made, masked and all,
//! before anything is measured; what comes is counted, not looked at.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustls::ClientConnection;

use crate::Result;
use crate::job::Job;
use crate::transport::{BlockingTransport, SecureStream, is_open, request};
use crate::work;

const LEAST_BUFFER: usize = 64 << 10;

pub(crate) struct Client {
    tls: ClientConnection,
    socket: TcpStream,
    buffer: Vec<u8>,
}

impl work::Client for Client {
    type Message = Vec<u8>;

    fn message(payload: Vec<u8>, job: &Job) -> Result<Vec<u8>> {
        let mask = [0x37, 0xfa, 0x21, 0x3d];
        let mut frame = vec![if job.text { 0x81 } else { 0x82 }];
        match header(payload.len()) {
            2 => frame.push(0x80 | payload.len() as u8),
            4 => {
                frame.push(0x80 | 126);
                frame.extend((payload.len() as u16).to_be_bytes());
            }
            _ => {
                frame.push(0x80 | 127);
                frame.extend((payload.len() as u64).to_be_bytes());
            }
        }
        frame.extend(mask);
        frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, key)| byte ^ key));
        Ok(frame)
    }

    async fn open(job: &Job) -> Result<Self> {
        let mut stream = SecureStream::dial(job)?;
        stream.write_all(request(job).as_bytes())?;
        let mut response = Vec::new();
        while !is_open(&response)? {
            let mut byte = [0];
            stream.read_exact(&mut byte)?;
            response.push(byte[0]);
        }
        let (tls, socket) = stream.into_parts();
        socket.set_nonblocking(true)?;
        Ok(Client {
            tls,
            socket,
            buffer: vec![0; LEAST_BUFFER.max(job.size)],
        })
    }

    async fn send(&mut self, frame: &Vec<u8>) -> Result<()> {
        let mut left = frame.as_slice();
        while !left.is_empty() {
            let taken = self.tls.writer().write(left)?;
            left = &left[taken..];
            while self.tls.wants_write() {
                match self.tls.write_tls(&mut self.socket) {
                    Err(error) if error.kind() == ErrorKind::WouldBlock => self.wait(PollFlags::OUT)?,
                    result => drop(result?),
                }
            }
        }
        Ok(())
    }

    async fn receive(&mut self, count: u64, size: usize) -> Result<()> {
        let mut left = count * (header(size) + size) as u64;
        loop {
            while left > 0 {
                match self.tls.reader().read(&mut self.buffer) {
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    result => left -= result? as u64,
                }
            }
            if left == 0 {
                return Ok(());
            }
            match self.tls.read_tls(&mut self.socket) {
                Ok(0) => return Err("closed".into()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.wait(PollFlags::IN)?,
                result => {
                    result?;
                    self.tls.process_new_packets()?;
                }
            }
        }
    }
}

impl Client {
    /// A minute without an event is a failure.
    fn wait(&self, events: PollFlags) -> Result<()> {
        let limit = Timespec { tv_sec: 60, tv_nsec: 0 };
        match poll(&mut [PollFd::new(&self.socket, events)], Some(&limit))? {
            0 => Err("nothing comes".into()),
            _ => Ok(()),
        }
    }
}

/// Length of the header of a frame without a mask.
fn header(size: usize) -> usize {
    match size {
        0..126 => 2,
        126..0x1_0000 => 4,
        _ => 10,
    }
}
