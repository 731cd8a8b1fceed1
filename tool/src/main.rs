//! `wscurl`: WebSocket on the command line, over the C interface of the library.
//!
//! | file | what |
//! |---|---|
//! | `args` | the command line |
//! | `easy` | an easy handle; the only `unsafe` |
//! | `connect` | the command line as options of a handle |
//! | `session` | one open connection: the loop |
//! | `input`, `message`, `output` | what is sent, how it looks, what is received |
//! | `terminal` | line editing |
//! | `signal`, `trace`, `write_out`, `fields`, `exit` | Ctrl-C; `--verbose`; `--write-out`; exit codes |
//! | `bench` | `--bench` |

mod args;
mod bench;
mod connect;
mod easy;
mod exit;
mod fields;
mod input;
mod message;
mod output;
mod session;
mod signal;
mod terminal;
mod trace;
mod write_out;

use std::cell::RefCell;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::rc::Rc;
use std::time::{Duration, Instant};

use args::{Args, Delay};
use clap::Parser;
use exit::Outcome;
use input::Input;
use message::Codec;
use output::Output;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use session::{Counts, Session};
use signal::Interrupt;
use terminal::{Printer, Restore, Terminal, complain};
use trace::Trace;
use write_out::Report;

fn main() -> ExitCode {
    let args = Args::parse();
    let restore = Restore::new();
    let outcome = run(&args).unwrap_or_else(Outcome::Local);
    drop(restore);
    if let Some(message) = outcome.message().filter(|_| !args.silent) {
        complain(&message);
    }
    ExitCode::from(outcome.code())
}

fn run(args: &Args) -> Result<Outcome, String> {
    let interrupt = Interrupt::install().map_err(|error| error.to_string())?;
    if let Some(rounds) = args.bench {
        return Ok(match bench::run(args, rounds, &interrupt) {
            Ok(text) => {
                println!("{text}");
                Outcome::Success
            }
            Err(_) if interrupt.is_set() => Outcome::Interrupted,
            Err(error) => Outcome::Failed(error),
        });
    }
    let (terminal, printer) = match is_interactive(args) {
        true => {
            let (terminal, printer) = Terminal::start(Codec::new(args), interrupt.clone())?;
            (Some(terminal), Some(printer))
        }
        false => (None, None),
    };
    let mut program = Program {
        args,
        input: Input::new(args, terminal)?,
        output: Rc::new(RefCell::new(Output::new(args, printer.clone())?)),
        trace_file: args.trace.as_deref().map(trace::open).transpose()?,
        printer,
        interrupt,
        started: Instant::now(),
        reconnects: 0,
        counts: Counts::default(),
    };
    let outcome = program.run();
    if let Some(printer) = &program.printer {
        printer.finish();
    }
    Ok(outcome)
}

/// A terminal is for typing unless the command line says what to do.
fn is_interactive(args: &Args) -> bool {
    let has_task = !args.data.is_empty() || args.upload_file.is_some() || args.count.is_some();
    io::stdin().is_terminal() && io::stdout().is_terminal() && !has_task && args.output.is_none()
}

struct Program<'a> {
    args: &'a Args,
    input: Input,
    output: Rc<RefCell<Output>>,
    trace_file: Option<Rc<RefCell<io::BufWriter<std::fs::File>>>>,
    printer: Option<Printer>,
    interrupt: Interrupt,
    started: Instant,
    reconnects: u32,
    counts: Counts,
}

impl Program<'_> {
    fn run(&mut self) -> Outcome {
        let mut failures = 0;
        loop {
            let (outcome, was_open) = self.connection();
            failures = if was_open { 1 } else { failures + 1 };
            let may_reconnect = outcome.may_reconnect() && self.args.reconnect.is_some_and(|most| failures <= most);
            if !may_reconnect {
                return outcome;
            }
            let time = self.args.reconnect_delay.time(failures);
            let reason = outcome.message().unwrap_or_else(|| "closed by server: 1001".to_owned());
            self.note(&format!("{reason}; connecting again in {:.1} s", time.as_secs_f64()));
            if self.is_interrupted_within(time.min(self.time_left().unwrap_or(time))) {
                return Outcome::Interrupted;
            }
            if self.time_left() == Some(Duration::ZERO) {
                return Outcome::TimeOver(self.started.elapsed());
            }
            self.reconnects += 1;
        }
    }

    /// One connection, and whether it was open.
    fn connection(&mut self) -> (Outcome, bool) {
        let failure = Rc::new(RefCell::new(None));
        let trace = Trace {
            verbose: self.args.verbose,
            timestamps: self.args.timestamps,
            file: self.trace_file.clone(),
            head: self.args.include.then(|| self.output.clone()),
            failure: failure.clone(),
            printer: self.printer.clone(),
            interrupt: self.interrupt.clone(),
        };
        let keeps_messages = self.output.borrow().keeps_messages();
        let (outcome, easy) = match connect::connect(self.args, Box::new(trace), keeps_messages, self.time_left()) {
            Ok(mut easy) => {
                self.say_open();
                self.input.restart();
                let session = Session::new(
                    self.args,
                    &mut easy,
                    &mut self.input,
                    &self.output,
                    &self.interrupt,
                    self.started,
                    &mut self.counts,
                );
                let outcome = session.run();
                (outcome, Some(easy))
            }
            Err(_) if self.interrupt.is_set() => (Outcome::Interrupted, None),
            Err(_) if self.time_left() == Some(Duration::ZERO) => (Outcome::TimeOver(self.started.elapsed()), None),
            Err(error) => (failure.take().unwrap_or(Outcome::Failed(error)), None),
        };
        if let Some(format) = &self.args.write_out {
            let report = Report {
                easy: easy.as_ref(),
                counts: &self.counts,
                outcome: &outcome,
                reconnects: self.reconnects,
            };
            let text = report.write_out(format);
            // Nobody may be there to read it.
            let _ = io::stdout()
                .write_all(text.as_bytes())
                .and_then(|()| io::stdout().flush());
        }
        (outcome, easy.is_some())
    }

    /// What is left of `--max-time`.
    fn time_left(&self) -> Option<Duration> {
        let limit = self.args.max_time?;
        Some(limit.saturating_sub(self.started.elapsed()))
    }

    fn say_open(&self) {
        if let Some(printer) = &self.printer {
            printer.note(&format!(
                "connected to {}; /help for commands, Ctrl-D ends",
                self.args.url
            ));
        }
    }

    fn note(&self, text: &str) {
        match &self.printer {
            Some(printer) => printer.note(text),
            None if self.args.silent => {}
            None => complain(text),
        }
    }

    fn is_interrupted_within(&self, time: Duration) -> bool {
        let timeout = Timespec::try_from(time).ok();
        let mut fds = [PollFd::from_borrowed_fd(self.interrupt.fd(), PollFlags::IN)];
        // A signal other than ours only makes the time shorter.
        let _ = poll(&mut fds, timeout.as_ref());
        self.interrupt.is_set()
    }
}

impl Delay {
    /// The time before the attempt after this many failures in a row: doubled each time, and between a half and all of that.
    fn time(self, failures: u32) -> Duration {
        let doubled = self
            .min
            .saturating_mul(1u32.checked_shl(failures - 1).unwrap_or(u32::MAX));
        let most = doubled.min(self.max);
        // Without random numbers all wait as long as they may.
        let chance = f64::from(getrandom::u32().unwrap_or(u32::MAX)) / f64::from(u32::MAX);
        most.mul_f64(0.5 + chance / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_are_spread_over_the_upper_half_of_a_time_that_doubles() {
        let delay = Delay {
            min: Duration::from_secs(1),
            max: Duration::from_secs(6),
        };
        for (failures, most) in [(1, 1), (2, 2), (3, 4), (4, 6), (40, 6)] {
            let most = Duration::from_secs(most);
            let mut times: Vec<Duration> = (0..200).map(|_| delay.time(failures)).collect();
            times.sort_unstable();
            assert!(times[0] >= most / 2 && times[199] <= most, "{times:?}");
            // 200 numbers of one half or the other by chance: never.
            assert!(times[0] < most * 3 / 4 && times[199] > most * 3 / 4, "{times:?}");
        }
    }
}
