//! What a connection does once it is open.

use std::time::Duration;

use crate::Failure;
use crate::frame::{Header, Piece, Scanner, unmask};

/// Frames are sent from a block of whole ones that is about so large.
const BLOCK: usize = 256 << 10;

/// The end of what a connection has to do.
pub(crate) struct Ended;

pub(crate) enum Work {
    Sink(Sink),
    Source(Source),
    Echo(Echo),
}

impl Work {
    /// By the path of the request.
    pub(crate) fn parse(path: &str) -> Result<Work, Failure> {
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        Ok(match parts[..] {
            ["sink", first, second] => Work::Sink(Sink::new(first.parse()?, second.parse()?)),
            ["source", first, second, size, kind] => {
                Work::Source(Source::new(first.parse()?, second.parse()?, size.parse()?, kind == "t"))
            }
            ["echo", delay] => Work::Echo(Echo::new(Duration::from_micros(delay.parse()?))),
            _ => return Err(format!("no such path: {path}").into()),
        })
    }

    /// Takes what came.
    pub(crate) fn receive(&mut self, input: &[u8]) -> Result<(), Ended> {
        match self {
            Work::Sink(sink) => sink.receive(input),
            Work::Source(source) => source.receive(input),
            Work::Echo(echo) => echo.receive(input),
        }
    }

    /// What is to be sent now.
    pub(crate) fn output(&mut self) -> &[u8] {
        match self {
            Work::Sink(sink) => &sink.output,
            Work::Source(source) => source.output(),
            Work::Echo(echo) => echo.output(),
        }
    }

    /// So much of it has been sent.
    pub(crate) fn sent(&mut self, size: usize) {
        match self {
            Work::Sink(sink) => drop(sink.output.drain(..size)),
            Work::Source(source) => source.left -= size as u64,
            Work::Echo(echo) => echo.sent(size),
        }
    }
}

/// Counts messages and looks at no payload.
pub(crate) struct Sink {
    scanner: Scanner,
    /// whether the frame at hand is a message's last
    is_last: bool,
    first: u64,
    second: u64,
    output: Vec<u8>,
}

impl Sink {
    fn new(first: u64, second: u64) -> Sink {
        Sink {
            scanner: Scanner::default(),
            is_last: false,
            first,
            second,
            output: Vec::new(),
        }
    }

    fn receive(&mut self, mut input: &[u8]) -> Result<(), Ended> {
        while let Some(piece) = self.scanner.next(&mut input) {
            match piece {
                Piece::Header(header) if header.is_close() => return Err(Ended),
                Piece::Header(header) => {
                    self.is_last = header.ends_message();
                    if header.length == 0 {
                        self.frame_ends();
                    }
                }
                Piece::Payload(_, _, true) => self.frame_ends(),
                Piece::Payload(..) => {}
            }
        }
        Ok(())
    }

    fn frame_ends(&mut self) {
        if self.is_last && self.first > 0 {
            self.first -= 1;
            if self.first == 0 {
                self.output.extend_from_slice(&[0x82, 1, b'!']);
                self.first = std::mem::take(&mut self.second);
            }
        }
    }
}

/// Sends messages, all alike.
pub(crate) struct Source {
    scanner: Scanner,
    block: Vec<u8>,
    left: u64,
    second: u64,
}

impl Source {
    fn new(first: u64, second: u64, size: usize, text: bool) -> Source {
        let mut frame = Vec::new();
        let header = Header {
            first: if text { 0x81 } else { 0x82 },
            length: size as u64,
            mask: [0; 4],
        };
        header.write_unmasked(&mut frame);
        frame.extend((0..size).map(|at| b' ' + (at % 95) as u8));
        let wire = frame.len();
        Source {
            scanner: Scanner::default(),
            block: frame.repeat((BLOCK / wire).max(1)),
            left: first * wire as u64,
            second: second * wire as u64,
        }
    }

    fn receive(&mut self, mut input: &[u8]) -> Result<(), Ended> {
        while let Some(piece) = self.scanner.next(&mut input) {
            match piece {
                Piece::Header(header) if header.is_close() => return Err(Ended),
                Piece::Header(_) => self.left += std::mem::take(&mut self.second),
                Piece::Payload(..) => {}
            }
        }
        Ok(())
    }

    /// The block begins where a frame begins; what is left to send ends where its end does.
    fn output(&mut self) -> &[u8] {
        let whole = self.block.len() as u64;
        let at = (whole - self.left % whole) % whole;
        let end = whole.min(at + self.left);
        &self.block[at as usize..end as usize]
    }
}

/// Sends frames back: each once it has come whole, with everything but the mask as it was.
pub(crate) struct Echo {
    scanner: Scanner,
    delay: Duration,
    header: Option<Header>,
    output: Vec<u8>,
    begin: usize,
    /// up to here `output` holds whole frames
    whole: usize,
}

impl Echo {
    fn new(delay: Duration) -> Echo {
        Echo {
            scanner: Scanner::default(),
            delay,
            header: None,
            output: Vec::new(),
            begin: 0,
            whole: 0,
        }
    }

    fn receive(&mut self, mut input: &[u8]) -> Result<(), Ended> {
        while let Some(piece) = self.scanner.next(&mut input) {
            match piece {
                Piece::Header(header) if header.is_close() => return Err(Ended),
                Piece::Header(header) => {
                    header.write_unmasked(&mut self.output);
                    self.header = Some(header);
                    if header.length == 0 {
                        self.complete();
                    }
                }
                Piece::Payload(bytes, offset, last) => {
                    let mask = self.header.map_or([0; 4], |header| header.mask);
                    unmask(bytes, offset, mask, &mut self.output);
                    if last {
                        self.complete();
                    }
                }
            }
        }
        Ok(())
    }

    fn complete(&mut self) {
        if !self.delay.is_zero() {
            std::thread::sleep(self.delay);
        }
        self.whole = self.output.len();
    }

    fn output(&mut self) -> &[u8] {
        &self.output[self.begin..self.whole]
    }

    fn sent(&mut self, size: usize) {
        self.begin += size;
        if self.begin == self.output.len() {
            self.output.clear();
            (self.begin, self.whole) = (0, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Messages are counted and ended exactly, whatever the block's size.
    #[test]
    fn source_sends_whole_messages() {
        for size in [16, 1024, 300_000] {
            let mut source = Source::new(7, 3, size, false);
            let mut sent = 0;
            while let n @ 1.. = source.output().len() {
                let step = n.min(100_003);
                source.left -= step as u64;
                sent += step;
            }
            let wire = size
                + if size < 126 {
                    2
                } else if size < 65536 {
                    4
                } else {
                    10
                };
            assert_eq!(sent, 7 * wire);
        }
    }
}
