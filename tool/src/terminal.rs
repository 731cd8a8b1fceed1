//! The terminal: line editing and history in a thread of its own, and messages that appear above the line being typed.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use rustyline::error::ReadlineError;
use rustyline::{DefaultEditor, ExternalPrinter};

use crate::args::close;
use crate::message::{Codec, Kind, Outgoing, from_hex};
use crate::signal::Interrupt;

const HELP: &str = "/ping [TEXT]  /close [CODE [REASON]]  /binary HEX  /file NAME  /help  //text begins with a slash";

/// Lines that are typed.
pub(crate) struct Terminal {
    lines: Receiver<Event>,
    /// has a byte for each event
    wake: OwnedFd,
    queue: VecDeque<Outgoing>,
    codec: Codec,
    notes: Printer,
    interrupt: Interrupt,
    is_over: bool,
}

enum Event {
    Line(String),
    /// Ctrl-C
    Interrupted,
    /// Ctrl-D
    End,
}

/// Prints above the line being typed.
#[derive(Clone)]
pub(crate) struct Printer {
    orders: Sender<Order>,
    colour: bool,
}

/// For the thread that prints.
enum Order {
    Print(String),
    /// tell when everything is on the screen
    Flush(Sender<()>),
}

/// Changes nothing on the screen: up, and down again.
const NOTHING: &str = "\x1b[A\n";
/// How long the end may wait for the screen.
const FLUSH_TIME: Duration = Duration::from_millis(500);

/// Puts the terminal back as it was, also when the thread that edits still waits for a key.
pub(crate) struct Restore(Option<Termios>);

impl Restore {
    pub(crate) fn new() -> Restore {
        Restore(tcgetattr(io::stdin()).ok())
    }
}

impl Drop for Restore {
    fn drop(&mut self) {
        if let Some(state) = &self.0 {
            // There is nobody to tell.
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, state);
        }
    }
}

impl Terminal {
    /// Starts the thread that edits.
    pub(crate) fn start(codec: Codec, interrupt: Interrupt) -> Result<(Terminal, Printer), String> {
        let failed = |error: &dyn std::fmt::Display| format!("the terminal: {error}");
        let mut editor = DefaultEditor::new().map_err(|error| failed(&error))?;
        let mut printer = editor.create_external_printer().map_err(|error| failed(&error))?;
        let (wake, waker) = rustix::pipe::pipe().map_err(|error| failed(&error))?;
        let (line, lines) = channel();
        let (sender, orders) = channel();
        let history = history_file();
        if let Some(file) = &history {
            // The first time there is none.
            let _ = editor.load_history(file);
        }
        std::thread::spawn(move || {
            for order in orders {
                let printed = match order {
                    Order::Print(text) => printer.print(text),
                    Order::Flush(done) => {
                        // The editor shows one message after the other, and its queue has room for one: when it takes a
                        // second one from now on, all before are shown.
                        let printed = (0..2).try_for_each(|_| printer.print(NOTHING.to_owned()));
                        let _ = done.send(());
                        printed
                    }
                };
                if printed.is_err() {
                    break;
                }
            }
        });
        std::thread::spawn(move || {
            loop {
                let event = match editor.readline("> ") {
                    Ok(text) => {
                        let _ = editor.add_history_entry(&text);
                        if let Some(file) = &history {
                            let _ = editor.save_history(file);
                        }
                        Event::Line(text)
                    }
                    Err(ReadlineError::Interrupted) => Event::Interrupted,
                    Err(_) => Event::End,
                };
                let is_last = matches!(event, Event::End);
                if line.send(event).is_err() || rustix::io::write(&waker, b"!").is_err() || is_last {
                    return;
                }
            }
        });
        let notes = Printer {
            orders: sender,
            colour: std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        };
        let terminal = Terminal {
            lines,
            wake,
            queue: VecDeque::new(),
            codec,
            notes: notes.clone(),
            interrupt,
            is_over: false,
        };
        Ok((terminal, notes))
    }

    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }

    pub(crate) fn next(&mut self) -> Option<Outgoing> {
        self.queue.pop_front()
    }

    pub(crate) fn is_over(&self) -> bool {
        self.is_over
    }

    /// Takes a line that was typed.
    pub(crate) fn fill(&mut self) {
        let mut byte = [0];
        let _ = rustix::io::read(&self.wake, &mut byte);
        match self.lines.recv() {
            Ok(Event::Line(line)) => match self.command(&line) {
                Ok(Some(outgoing)) => self.queue.push_back(outgoing),
                Ok(None) => {}
                Err(reason) => self.notes.note(&reason),
            },
            Ok(Event::Interrupted) => self.interrupt.set(),
            Ok(Event::End) | Err(_) => self.is_over = true,
        }
    }

    fn command(&self, line: &str) -> Result<Option<Outgoing>, String> {
        let Some(command) = line.strip_prefix('/') else {
            return self.codec.decode(line.into()).map(Some);
        };
        if command.starts_with('/') {
            return self.codec.decode(command.into()).map(Some);
        }
        let (name, rest) = command.split_once(' ').unwrap_or((command, ""));
        let rest = rest.trim();
        Ok(Some(match name {
            "ping" if rest.len() > 125 => return Err("a PING frame has at most 125 bytes".to_owned()),
            "ping" => Outgoing::message(Kind::Ping, rest.into()),
            "close" if rest.is_empty() => close("1000")?.into(),
            "close" => close(&rest.replacen(' ', ":", 1))?.into(),
            "binary" => Outgoing::message(Kind::Binary, from_hex(rest.as_bytes())?),
            "file" => {
                let data = std::fs::read(rest).map_err(|error| format!("{rest}: {error}"))?;
                match str::from_utf8(&data) {
                    Ok(_) if self.codec.kind == Kind::Text => Outgoing::message(Kind::Text, data),
                    _ => Outgoing::message(Kind::Binary, data),
                }
            }
            "help" => {
                self.notes.note(HELP);
                return Ok(None);
            }
            _ => return Err(format!("/{name} is not a command: {HELP}")),
        }))
    }
}

impl Printer {
    /// A received message.
    pub(crate) fn message(&self, line: &[u8]) -> io::Result<()> {
        let text = printable(line);
        self.print(&text, "\x1b[36m")
    }

    /// Before the end: waits until everything is on the screen, and takes away the prompt.
    pub(crate) fn finish(&self) {
        let (done, is_done) = channel();
        if self.orders.send(Order::Flush(done)).is_ok() {
            // Too late or never: the program ends.
            let _ = is_done.recv_timeout(FLUSH_TIME);
        }
        let _ = take_away_prompt();
    }

    /// Something about the connection.
    pub(crate) fn note(&self, text: &str) {
        // Without its terminal the program ends anyway.
        let _ = self.print(&printable(format!("* {text}\n").as_bytes()), "\x1b[2m");
    }

    fn print(&self, text: &str, colour: &str) -> io::Result<()> {
        let line = match self.colour {
            true => format!("{colour}{}\x1b[0m\n", text.trim_end_matches('\n')),
            false => text.to_owned(),
        };
        self.orders
            .send(Order::Print(line))
            .map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

/// The editor, whose thread goes on until the process ends, writes nothing more.
fn take_away_prompt() -> io::Result<()> {
    let screen = io::stdout().as_fd().try_clone_to_owned()?;
    let nowhere = File::options().write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdout(nowhere)?;
    File::from(screen).write_all(b"\r\x1b[K")
}

/// What a server sends must not control the terminal.
fn printable(bytes: &[u8]) -> String {
    let show = |c: char| match c {
        '\n' | '\t' => c,
        c if c.is_control() => '\u{fffd}',
        c => c,
    };
    String::from_utf8_lossy(bytes).chars().map(show).collect()
}

fn history_file() -> Option<PathBuf> {
    let folder = match std::env::var_os("XDG_STATE_HOME").filter(|name| !name.is_empty()) {
        Some(name) => PathBuf::from(name),
        None => PathBuf::from(std::env::var_os("HOME")?).join(".local/state"),
    };
    std::fs::create_dir_all(&folder).ok()?;
    Some(folder.join("wscurl_history"))
}

/// A note for standard error. A part of it may come from the server.
pub(crate) fn complain(text: &str) {
    let _ = writeln!(io::stderr(), "wscurl: {}", printable(text.as_bytes()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_does_not_control_the_terminal() {
        assert_eq!(printable(b"a\x1b[2Jb\r\tc\n"), "a\u{fffd}[2Jb\u{fffd}\tc\n");
    }
}
