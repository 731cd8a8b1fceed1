//! Where messages to be sent come from: `--data`, `--upload-file`, and the lines of standard input.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{SeekFrom, seek};

use crate::args::Args;
use crate::message::{Codec, Format, Kind, Outgoing};
use crate::terminal::Terminal;

/// A message in frames has frames of this size.
const FRAME: usize = 64 * 1024;

/// Sources, one after the other.
pub(crate) struct Input {
    codec: Codec,
    /// what `--data` gives, for each connection anew
    greeting: Vec<Vec<u8>>,
    sources: VecDeque<Source>,
    /// the last message came from `greeting`
    was_greeting: bool,
}

enum Source {
    Greeting(Vec<u8>),
    /// a message that the last connection did not take
    Again(Outgoing),
    Reader(Reader),
    Terminal(Terminal),
}

impl Input {
    pub(crate) fn new(args: &Args, terminal: Option<Terminal>) -> Result<Input, String> {
        let codec = Codec::new(args);
        let mut input = Input {
            codec,
            greeting: Vec::new(),
            sources: VecDeque::new(),
            was_greeting: false,
        };
        let mut takes_stdin = false;
        for data in &args.data {
            match data.strip_prefix('@') {
                Some("-") => {
                    takes_stdin = true;
                    input
                        .sources
                        .push_back(Source::Reader(Reader::stdin(Framing::Whole, codec)?));
                }
                Some(name) => input
                    .greeting
                    .push(std::fs::read(name).map_err(|error| format!("{name}: {error}"))?),
                None => input.greeting.push(data.clone().into_bytes()),
            }
        }
        if let Some(path) = &args.upload_file {
            let framing = args.chunk.map_or(Framing::Whole, |size| {
                Framing::Chunks(usize::try_from(size).unwrap_or(usize::MAX))
            });
            let reader = match path.as_os_str() == "-" {
                true => {
                    takes_stdin = true;
                    Reader::stdin(framing, codec)?
                }
                false => Reader::file(path, framing, codec)?,
            };
            input.sources.push_back(Source::Reader(reader));
        }
        match terminal {
            Some(terminal) => input.sources.push_back(Source::Terminal(terminal)),
            None if takes_stdin || rustix::termios::isatty(io::stdin()) => {}
            None => input
                .sources
                .push_back(Source::Reader(Reader::stdin(Framing::Lines, codec)?)),
        }
        Ok(input)
    }

    /// A new connection: what `--data` gives is sent first.
    pub(crate) fn restart(&mut self) {
        self.sources.retain(|source| !matches!(source, Source::Greeting(_)));
        for data in self.greeting.iter().rev() {
            self.sources.push_front(Source::Greeting(data.clone()));
        }
    }

    /// The connection was lost before it took all of `message`, the last one.
    pub(crate) fn put_back(&mut self, message: Outgoing) {
        if !self.was_greeting {
            self.sources.push_front(Source::Again(message));
        }
    }

    /// The connection was lost inside a message of several frames. A file begins again, and a line is left out.
    pub(crate) fn give_up_message(&mut self) -> Result<(), String> {
        match self.sources.front_mut() {
            Some(Source::Reader(reader)) => reader.give_up_message(),
            _ => Ok(()),
        }
    }

    /// The next message or frame, if one is there.
    pub(crate) fn next(&mut self) -> Result<Option<Outgoing>, String> {
        loop {
            let Some(source) = self.sources.front_mut() else {
                return Ok(None);
            };
            self.was_greeting = matches!(source, Source::Greeting(_));
            let (next, is_over) = match source {
                Source::Greeting(data) => {
                    let data = std::mem::take(data);
                    self.sources.pop_front();
                    return self.codec.decode_data(data).map(Some);
                }
                Source::Again(message) => {
                    let message = message.clone();
                    self.sources.pop_front();
                    return Ok(Some(message));
                }
                Source::Reader(reader) => (reader.next()?, reader.is_over()),
                Source::Terminal(terminal) => (terminal.next(), terminal.is_over()),
            };
            if next.is_some() || !is_over {
                return Ok(next);
            }
            self.sources.pop_front();
        }
    }

    /// Everything has been returned.
    pub(crate) fn is_over(&self) -> bool {
        self.sources.is_empty()
    }

    /// What to wait for before [`Input::fill`].
    pub(crate) fn fd(&self) -> Option<BorrowedFd<'_>> {
        match self.sources.front()? {
            Source::Greeting(_) | Source::Again(_) => None,
            Source::Reader(reader) => Some(reader.fd.as_fd()),
            Source::Terminal(terminal) => Some(terminal.fd()),
        }
    }

    /// Reads what is there.
    pub(crate) fn fill(&mut self) -> Result<(), String> {
        match self.sources.front_mut() {
            Some(Source::Reader(reader)) => reader.fill(),
            Some(Source::Terminal(terminal)) => {
                terminal.fill();
                Ok(())
            }
            Some(Source::Greeting(_) | Source::Again(_)) | None => Ok(()),
        }
    }

    /// How much of the file has been read, and how much it has.
    pub(crate) fn progress(&self) -> Option<(u64, u64)> {
        match self.sources.front()? {
            Source::Reader(reader) => Some((reader.read, reader.size?)),
            _ => None,
        }
    }
}

impl Codec {
    /// `--data` is what a line is, except that it may have line ends inside.
    fn decode_data(&self, data: Vec<u8>) -> Result<Outgoing, String> {
        self.decode(data).map_err(|reason| format!("--data: {reason}"))
    }
}

/// How bytes become messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    /// a message up to each end
    Lines,
    /// all is one message
    Whole,
    /// messages of this size
    Chunks(usize),
}

/// A file or standard input.
struct Reader {
    fd: OwnedFd,
    name: String,
    framing: Framing,
    codec: Codec,
    buffer: Vec<u8>,
    /// bytes of the buffer that were returned
    used: usize,
    /// bytes after them in which there is no end of a line
    searched: usize,
    /// a frame of the message was returned, and more are to come
    inside: bool,
    /// the rest of the line is left out
    skips: bool,
    at_end: bool,
    is_over: bool,
    lines: u64,
    read: u64,
    size: Option<u64>,
}

impl Reader {
    fn stdin(framing: Framing, codec: Codec) -> Result<Reader, String> {
        let fd = io::stdin().as_fd().try_clone_to_owned();
        let name = "standard input".to_owned();
        let fd = fd.map_err(|error| format!("{name}: {error}"))?;
        Ok(Reader::new(fd, name, framing, codec, None))
    }

    fn file(path: &Path, framing: Framing, codec: Codec) -> Result<Reader, String> {
        let opened = File::open(path).and_then(|file| file.metadata().map(|data| (file, data)));
        let name = path.display().to_string();
        let (file, data) = opened.map_err(|error| format!("{name}: {error}"))?;
        let size = data.is_file().then_some(data.len());
        Ok(Reader::new(file.into(), name, framing, codec, size))
    }

    fn new(fd: OwnedFd, name: String, framing: Framing, codec: Codec, size: Option<u64>) -> Reader {
        Reader {
            fd,
            name,
            framing,
            codec,
            buffer: Vec::new(),
            used: 0,
            searched: 0,
            inside: false,
            skips: false,
            at_end: false,
            is_over: false,
            lines: 0,
            read: 0,
            size,
        }
    }

    fn is_over(&self) -> bool {
        self.is_over
    }

    fn fill(&mut self) -> Result<(), String> {
        if self.at_end {
            return Ok(());
        }
        self.buffer.drain(..std::mem::take(&mut self.used));
        let start = self.buffer.len();
        self.buffer.resize(start + FRAME, 0);
        let got = rustix::io::retry_on_intr(|| rustix::io::read(&self.fd, &mut self.buffer[start..]));
        self.buffer.truncate(start + got.unwrap_or(0));
        match got {
            Ok(0) => self.at_end = true,
            Ok(count) => self.read += count as u64,
            Err(rustix::io::Errno::AGAIN) => {}
            Err(error) => return Err(format!("{}: {error}", self.name)),
        }
        Ok(())
    }

    /// What was read and is not returned.
    fn rest(&self) -> &[u8] {
        &self.buffer[self.used..]
    }

    /// The first `length` bytes of it.
    fn take(&mut self, length: usize) -> Vec<u8> {
        let taken = self.rest()[..length].to_vec();
        self.skip(length);
        taken
    }

    fn skip(&mut self, length: usize) {
        self.used += length;
        self.searched = 0;
    }

    fn give_up_message(&mut self) -> Result<(), String> {
        match self.framing {
            Framing::Whole if self.size.is_some() => {
                seek(&self.fd, SeekFrom::Start(0)).map_err(|error| format!("{}: {error}", self.name))?;
                self.skip(self.rest().len());
                self.read = 0;
                self.at_end = false;
                self.is_over = false;
            }
            Framing::Whole => return Err(format!("{}: the connection was lost inside the message", self.name)),
            Framing::Lines => self.skips = self.inside,
            Framing::Chunks(_) => {}
        }
        self.inside = false;
        Ok(())
    }

    fn next(&mut self) -> Result<Option<Outgoing>, String> {
        if self.is_over {
            return Ok(None);
        }
        match self.framing {
            Framing::Lines => self.next_line(),
            Framing::Whole => self.next_frame(),
            Framing::Chunks(size) => self.next_chunk(size),
        }
    }

    fn next_line(&mut self) -> Result<Option<Outgoing>, String> {
        loop {
            let rest = &self.rest()[self.searched..];
            let end = rest.iter().position(|byte| *byte == self.codec.end);
            let Some(end) = end.map(|at| self.searched + at) else {
                return self.unfinished_line();
            };
            if !std::mem::take(&mut self.skips) {
                return self.line(end, 1).map(Some);
            }
            self.lines += 1;
            self.skip(end + 1);
        }
    }

    /// There is no end of a line in what was read.
    fn unfinished_line(&mut self) -> Result<Option<Outgoing>, String> {
        let length = self.rest().len();
        self.searched = length;
        if self.skips {
            self.skip(length);
            self.is_over = self.at_end;
            return Ok(None);
        }
        if self.at_end {
            self.is_over = true;
            // The last line may have no end.
            return match self.inside || length > 0 {
                true => self.line(length, 0).map(Some),
                false => Ok(None),
            };
        }
        let is_long = length >= FRAME && self.codec.format != Format::Json && !self.codec.marks;
        match is_long {
            true => self.piece(length).map(Some),
            false => Ok(None),
        }
    }

    /// The line of `length` bytes with its end of `end` bytes.
    fn line(&mut self, length: usize, end: usize) -> Result<Outgoing, String> {
        self.lines += 1;
        if self.inside {
            let last = self.piece(length)?;
            self.skip(end);
            return self.finish(last);
        }
        let line = self.take(length);
        self.skip(end);
        let number = self.lines;
        self.codec
            .decode(line)
            .map_err(|reason| format!("line {number} of the input: {reason}"))
    }

    /// A frame of a message that is read as it is.
    fn next_frame(&mut self) -> Result<Option<Outgoing>, String> {
        let length = self.rest().len();
        if length >= FRAME || (self.at_end && length > 0) {
            return self.piece(length).map(Some);
        }
        if !self.at_end {
            return Ok(None);
        }
        self.is_over = true;
        self.finish(Outgoing::Frame {
            kind: self.codec.kind,
            data: Vec::new(),
            more: true,
        })
        .map(Some)
    }

    fn next_chunk(&mut self, size: usize) -> Result<Option<Outgoing>, String> {
        let length = self.rest().len();
        if length < size && !self.at_end {
            return Ok(None);
        }
        let data = self.take(size.min(length));
        self.is_over = self.at_end && self.rest().is_empty();
        match data.is_empty() {
            true => Ok(None),
            false => self
                .codec
                .text(data)
                .map(Some)
                .map_err(|reason| format!("the file has {reason}")),
        }
    }

    /// The first `length` bytes as a frame that others follow. Text ends at a whole character.
    fn piece(&mut self, length: usize) -> Result<Outgoing, String> {
        let mut length = length;
        if self.codec.kind == Kind::Text
            && let Err(error) = str::from_utf8(&self.rest()[..length])
        {
            if error.error_len().is_some() || self.at_end || error.valid_up_to() == 0 {
                return Err("the input has text that is not UTF-8: use --binary".to_owned());
            }
            length = error.valid_up_to();
        }
        self.inside = true;
        Ok(Outgoing::Frame {
            kind: self.codec.kind,
            data: self.take(length),
            more: true,
        })
    }

    /// The same frame as the last one of its message.
    fn finish(&mut self, frame: Outgoing) -> Result<Outgoing, String> {
        self.inside = false;
        match frame {
            Outgoing::Frame { kind, data, .. } => Ok(Outgoing::message(kind, data)),
            close @ Outgoing::Close { .. } => Ok(close),
        }
    }
}

/// Reads a file with a request header in each line.
pub(crate) fn header_lines(name: &str) -> Result<Vec<String>, String> {
    let mut text = String::new();
    let read = match name {
        "-" => io::stdin().read_to_string(&mut text),
        _ => File::open(name).and_then(|mut file| file.read_to_string(&mut text)),
    };
    read.map_err(|error| format!("{name}: {error}"))?;
    Ok(text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(str::to_owned)
        .collect())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn reader(framing: Framing, format: Format, kind: Kind) -> (Reader, File) {
        let (read, write) = rustix::pipe::pipe().unwrap();
        let codec = Codec {
            format,
            kind,
            marks: false,
            end: b'\n',
        };
        (Reader::new(read, "pipe".to_owned(), framing, codec, None), write.into())
    }

    fn text(data: &str) -> Outgoing {
        Outgoing::message(Kind::Text, data.into())
    }

    #[test]
    fn a_line_is_a_message_in_whatever_pieces_it_comes() {
        let (mut reader, mut file) = reader(Framing::Lines, Format::Base64, Kind::Text);
        file.write_all(b"one\ntw").unwrap();
        reader.fill().unwrap();
        assert_eq!(reader.next(), Ok(Some(text("one"))));
        assert_eq!(reader.next(), Ok(None));
        file.write_all(b"o\n\nlast").unwrap();
        drop(file);
        reader.fill().unwrap();
        assert_eq!(reader.next(), Ok(Some(text("two"))));
        assert_eq!(reader.next(), Ok(Some(text(""))));
        assert_eq!(reader.next(), Ok(None));
        reader.fill().unwrap();
        assert_eq!(reader.next(), Ok(Some(text("last"))));
        assert!(reader.is_over());
    }

    #[test]
    fn a_long_line_is_a_message_in_frames() {
        let (mut reader, mut file) = reader(Framing::Lines, Format::Base64, Kind::Text);
        let line = "\u{e4}".repeat(FRAME);
        let writer = std::thread::spawn(move || file.write_all(format!("{line}\nnext\n").as_bytes()).unwrap());
        let (mut frames, mut bytes) = (0, Vec::new());
        loop {
            match reader.next().unwrap() {
                None => reader.fill().unwrap(),
                Some(Outgoing::Frame { data, more, .. }) => {
                    assert!(str::from_utf8(&data).is_ok());
                    bytes.extend(data);
                    frames += 1;
                    if !more {
                        break;
                    }
                }
                Some(close) => panic!("{close:?}"),
            }
        }
        writer.join().unwrap();
        assert!(frames > 1);
        assert_eq!(bytes, "\u{e4}".repeat(FRAME).into_bytes());
        while reader.next().unwrap().is_none() {
            reader.fill().unwrap();
        }
    }

    #[test]
    fn a_file_is_one_message_or_chunks() {
        let (mut reader, mut file) = reader(Framing::Whole, Format::Plain, Kind::Binary);
        file.write_all(b"a\nb").unwrap();
        drop(file);
        reader.fill().unwrap();
        reader.fill().unwrap();
        let first = Outgoing::Frame {
            kind: Kind::Binary,
            data: b"a\nb".to_vec(),
            more: true,
        };
        assert_eq!(reader.next(), Ok(Some(first)));
        assert_eq!(reader.next(), Ok(Some(Outgoing::message(Kind::Binary, Vec::new()))));
        assert!(reader.is_over());

        let (mut reader, mut file) = self::reader(Framing::Chunks(2), Format::Plain, Kind::Binary);
        file.write_all(b"abc").unwrap();
        drop(file);
        reader.fill().unwrap();
        reader.fill().unwrap();
        assert_eq!(reader.next(), Ok(Some(Outgoing::message(Kind::Binary, b"ab".to_vec()))));
        assert_eq!(reader.next(), Ok(Some(Outgoing::message(Kind::Binary, b"c".to_vec()))));
        assert_eq!(reader.next(), Ok(None));
        assert!(reader.is_over());
    }

    #[test]
    fn a_long_line_that_was_cut_off_is_left_out() {
        let (mut reader, mut file) = reader(Framing::Lines, Format::Base64, Kind::Text);
        let long = "x".repeat(3 * FRAME);
        let writer = std::thread::spawn(move || file.write_all(format!("{long}\nnext\nlast").as_bytes()).unwrap());
        while reader.next().unwrap().is_none() {
            reader.fill().unwrap();
        }
        reader.give_up_message().unwrap();
        let mut lines = Vec::new();
        while !reader.is_over() {
            match reader.next().unwrap() {
                None => reader.fill().unwrap(),
                Some(line) => lines.push(line),
            }
        }
        writer.join().unwrap();
        assert_eq!(lines, [text("next"), text("last")]);
    }

    #[test]
    fn text_that_is_not_utf_8_is_refused() {
        let (mut reader, mut file) = reader(Framing::Lines, Format::Base64, Kind::Text);
        file.write_all(b"ok\n\xff\n").unwrap();
        reader.fill().unwrap();
        assert_eq!(reader.next(), Ok(Some(text("ok"))));
        assert!(reader.next().unwrap_err().contains("line 2"));
    }
}
