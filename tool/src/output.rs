//! Where received messages go: standard output, a file, or the terminal above the line that is being typed.

use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::time::SystemTime;

use crate::args::Args;
use crate::exit::Outcome;
use crate::message::{Codec, Format, Kind};
use crate::terminal::Printer;

/// Messages that have come together are written together.
const BUFFER: usize = 64 * 1024;

/// The writer of messages.
pub(crate) struct Output {
    codec: Codec,
    target: Target,
    timestamps: bool,
    /// a message of which not all has come
    partial: Vec<u8>,
    /// some of it is written
    begun: bool,
    /// every message is wanted whole
    whole: bool,
}

enum Target {
    Writer(BufWriter<Box<dyn Write>>),
    Terminal(Printer),
}

impl Output {
    pub(crate) fn new(args: &Args, printer: Option<Printer>) -> Result<Output, String> {
        let target = match (&args.output, printer) {
            (Some(path), _) => {
                let file = File::create(path).map_err(|error| format!("{}: {error}", path.display()))?;
                Target::Writer(BufWriter::with_capacity(BUFFER, Box::new(file)))
            }
            (None, Some(printer)) => Target::Terminal(printer),
            (None, None) => Target::Writer(BufWriter::with_capacity(BUFFER, Box::new(io::stdout()))),
        };
        Ok(Output {
            codec: Codec::new(args),
            timestamps: args.timestamps,
            partial: Vec::new(),
            begun: false,
            whole: args.until.is_some() || matches!(target, Target::Terminal(_)),
            target,
        })
    }

    /// Whether messages are kept until they are whole, so that their size has to be limited.
    pub(crate) fn keeps_messages(&self) -> bool {
        self.whole || self.codec.needs_whole(Kind::Text) || self.codec.needs_whole(Kind::Binary)
    }

    /// A piece of a message. With the `last` one the message is returned if it was kept.
    pub(crate) fn data(&mut self, kind: Kind, piece: &[u8], last: bool) -> Result<Option<Vec<u8>>, Outcome> {
        if self.whole || self.codec.needs_whole(kind) {
            self.partial.extend_from_slice(piece);
            if !last {
                return Ok(None);
            }
            let message = std::mem::take(&mut self.partial);
            self.message(kind, &message)?;
            return Ok(Some(message));
        }
        let stamp = if self.begun { String::new() } else { self.stamp() };
        let end = if last {
            self.codec.end_of(kind).to_vec()
        } else {
            Vec::new()
        };
        self.begun = !last;
        self.write(&[stamp.as_bytes(), piece, &end])?;
        Ok(None)
    }

    /// An event that is shown with `--json`, and in a terminal.
    pub(crate) fn control(&mut self, kind: Kind, payload: &[u8]) -> Result<(), Outcome> {
        match (self.codec.format, &self.target) {
            (Format::Json, _) => self.message(kind, payload),
            (_, Target::Terminal(printer)) if kind == Kind::Pong => {
                printer.note(format!("PONG {}", String::from_utf8_lossy(payload)).trim_end());
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Bytes of the response head (`--include`).
    pub(crate) fn head(&mut self, line: &[u8]) -> Result<(), Outcome> {
        self.write(&[line])?;
        self.flush()
    }

    /// To be called before each wait, so that who reads the output has each message at once.
    pub(crate) fn flush(&mut self) -> Result<(), Outcome> {
        match &mut self.target {
            Target::Writer(writer) => writer.flush().map_err(|error| cannot_write(&error)),
            Target::Terminal(_) => Ok(()),
        }
    }

    fn message(&mut self, kind: Kind, message: &[u8]) -> Result<(), Outcome> {
        let (stamp, text) = (self.stamp(), self.codec.encode(kind, message));
        let end = match &self.target {
            Target::Writer(_) => self.codec.end_of(kind).to_vec(),
            Target::Terminal(_) => b"\n".to_vec(),
        };
        self.write(&[stamp.as_bytes(), &text, &end])
    }

    fn stamp(&self) -> String {
        match self.timestamps {
            true => format!("{} ", humantime::format_rfc3339_millis(SystemTime::now())),
            false => String::new(),
        }
    }

    fn write(&mut self, parts: &[&[u8]]) -> Result<(), Outcome> {
        let written = match &mut self.target {
            Target::Writer(writer) => parts.iter().try_for_each(|part| writer.write_all(part)),
            Target::Terminal(printer) => printer.message(&parts.concat()),
        };
        written.map_err(|error| cannot_write(&error))
    }
}

fn cannot_write(error: &io::Error) -> Outcome {
    match error.kind() {
        ErrorKind::BrokenPipe => Outcome::OutputClosed,
        _ => Outcome::Local(format!("writing the output: {error}")),
    }
}
