//! One open connection: what is read from the input is sent, what is received is written.

use std::cell::RefCell;
use std::io::{self, IsTerminal, Write};
use std::rc::Rc;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use wscurl::types::codes::CURLcode;
use wscurl::types::websocket::CURLWS_CONT;

use crate::args::Args;
use crate::easy::{Easy, Error};
use crate::exit::Outcome;
use crate::input::Input;
use crate::message::{Kind, Outgoing, close_of};
use crate::output::Output;
use crate::signal::Interrupt;

/// The largest piece that is received at once.
const PIECE: usize = 64 * 1024;
/// Pieces and frames before the other direction gets its time.
const BURST: usize = 64;
/// A PING leaves at most this late.
const PING_SLACK: Duration = Duration::from_secs(1);
/// How long the server's answer to a CLOSE frame may take.
const CLOSE_TIME: Duration = Duration::from_secs(1);
/// How long to wait for messages after the end of input.
const LINGER: Duration = Duration::from_secs(2);
/// An upload that takes longer shows its progress.
const PROGRESS_AFTER: Duration = Duration::from_secs(1);

/// What a connection has come to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counts {
    pub(crate) messages_received: u64,
    pub(crate) messages_sent: u64,
    pub(crate) bytes_received: u64,
    pub(crate) bytes_sent: u64,
    pub(crate) close: Option<(u16, String)>,
}

/// An open connection.
pub(crate) struct Session<'a> {
    args: &'a Args,
    easy: &'a mut Easy,
    input: &'a mut Input,
    output: &'a RefCell<Output>,
    interrupt: &'a Interrupt,
    buffer: Vec<u8>,
    /// the frame that the socket has not taken completely
    pending: Option<Pending>,
    /// a control frame of which not all has come
    control: Vec<u8>,
    counts: Counts,
    started: Instant,
    /// everything has been sent
    idle_since: Option<Instant>,
    /// why nothing can be sent any more
    send_error: Option<Error>,
    closing: Option<Closing>,
    progress_shown: Option<Instant>,
}

struct Pending {
    data: Vec<u8>,
    sent: usize,
    flags: i32,
    /// the last frame of a message
    ends_message: bool,
}

/// Our CLOSE frame was sent, and what the outcome is when the server has answered.
struct Closing {
    outcome: Outcome,
    deadline: Instant,
    /// messages are still written
    writes: bool,
}

impl<'a> Session<'a> {
    pub(crate) fn new(
        args: &'a Args,
        easy: &'a mut Easy,
        input: &'a mut Input,
        output: &'a Rc<RefCell<Output>>,
        interrupt: &'a Interrupt,
        started: Instant,
    ) -> Session<'a> {
        Session {
            args,
            easy,
            input,
            output,
            interrupt,
            buffer: vec![0; PIECE],
            pending: None,
            control: Vec::new(),
            counts: Counts::default(),
            started,
            idle_since: None,
            send_error: None,
            closing: None,
            progress_shown: None,
        }
    }

    /// Runs until there is an outcome.
    pub(crate) fn run(mut self) -> (Outcome, Counts) {
        loop {
            match self.step() {
                Ok(()) => {}
                Err(outcome) => {
                    self.end_progress();
                    return (outcome, self.counts);
                }
            }
        }
    }

    fn step(&mut self) -> Result<(), Outcome> {
        if self.interrupt.is_set()
            && !matches!(
                &self.closing,
                Some(Closing {
                    outcome: Outcome::Interrupted,
                    ..
                })
            )
        {
            self.start_closing(1001, "", Outcome::Interrupted, false);
        }
        self.send()?;
        let more_to_receive = self.receive()?;
        self.check_end()?;
        self.show_progress();
        if !more_to_receive {
            self.wait()?;
        }
        self.easy.upkeep().map_err(Outcome::Lost)
    }

    // ---- sending

    fn send(&mut self) -> Result<(), Outcome> {
        for _ in 0..BURST {
            if self.pending.is_none() && !self.next_frame()? {
                return Ok(());
            }
            let Some(frame) = &mut self.pending else { return Ok(()) };
            match self.easy.send(&frame.data[frame.sent..], frame.flags) {
                Ok(sent) => {
                    frame.sent += sent.count;
                    self.counts.bytes_sent += sent.count as u64;
                    if sent.is_blocked {
                        return Ok(());
                    }
                    self.counts.messages_sent += u64::from(frame.ends_message);
                    self.pending = None;
                }
                // What the server has said before comes first.
                Err(error) => {
                    self.pending = None;
                    self.send_error = Some(error);
                }
            }
        }
        Ok(())
    }

    /// Takes the next frame from the input. `false` if there is none, or none may be sent.
    fn next_frame(&mut self) -> Result<bool, Outcome> {
        if self.closing.is_some() || self.send_error.is_some() {
            return Ok(false);
        }
        match self.input.next().map_err(|reason| self.give_up(reason))? {
            Some(Outgoing::Frame { kind, data, more }) => {
                self.pending = Some(Pending {
                    data,
                    sent: 0,
                    flags: kind.flags() | if more { CURLWS_CONT } else { 0 },
                    ends_message: !more && matches!(kind, Kind::Text | Kind::Binary),
                });
                Ok(true)
            }
            Some(Outgoing::Close { code, reason }) => {
                self.start_closing(code, &reason, Outcome::Success, true);
                Ok(false)
            }
            None => Ok(false),
        }
    }

    /// The input is wrong: nothing more is sent.
    fn give_up(&mut self, reason: String) -> Outcome {
        // The server may know of it or not.
        let _ = self.easy.close(1001, "");
        Outcome::Local(reason)
    }

    // ---- receiving

    /// Receives what is there. `true` if there may be more.
    fn receive(&mut self) -> Result<bool, Outcome> {
        for _ in 0..BURST {
            let mut buffer = std::mem::take(&mut self.buffer);
            let received = self.easy.receive(&mut buffer);
            let result = match received {
                Ok(None) => Ok(false),
                Ok(Some((count, frame))) => {
                    let last = frame.bytesleft == 0;
                    let kind = Kind::of_flags(frame.flags);
                    self.take(kind, &buffer[..count], last, last && frame.flags & CURLWS_CONT == 0)
                        .map(|()| true)
                }
                Err(error) => Err(self.stream_ended(error)),
            };
            self.buffer = buffer;
            if !result? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A piece of a frame; `frame_ends` and `message_ends` with it.
    fn take(&mut self, kind: Kind, piece: &[u8], frame_ends: bool, message_ends: bool) -> Result<(), Outcome> {
        if matches!(kind, Kind::Text | Kind::Binary) {
            return self.take_data(kind, piece, message_ends);
        }
        self.control.extend_from_slice(piece);
        if !frame_ends {
            return Ok(());
        }
        let payload = std::mem::take(&mut self.control);
        self.output.borrow_mut().control(kind, &payload)?;
        if kind != Kind::Close {
            return Ok(());
        }
        let (code, reason) = close_of(&payload);
        self.counts.close = Some((code, reason.clone()));
        if self.args.no_strict {
            // In strict mode the library has answered.
            let _ = self.easy.close(code.into(), "");
        }
        Err(match (self.closing.take(), code) {
            (Some(closing), _) => closing.outcome,
            (None, 1000 | 1001 | 1005) => self.what_is_missing(),
            (None, code) => Outcome::Closed { code, reason },
        })
    }

    fn take_data(&mut self, kind: Kind, piece: &[u8], message_ends: bool) -> Result<(), Outcome> {
        if self.closing.as_ref().is_some_and(|closing| !closing.writes) {
            return Ok(());
        }
        self.counts.bytes_received += piece.len() as u64;
        let message = self.output.borrow_mut().data(kind, piece, message_ends)?;
        if !message_ends {
            return Ok(());
        }
        self.counts.messages_received += 1;
        let matches = match (&self.args.until, message) {
            (Some(until), Some(message)) => until.is_match(&message),
            _ => false,
        };
        if matches || self.args.count == Some(self.counts.messages_received) {
            self.close(Outcome::Success, false);
        }
        Ok(())
    }

    /// The connection has ended without a CLOSE frame.
    fn stream_ended(&mut self, error: Error) -> Outcome {
        match self.closing.take() {
            Some(closing) => closing.outcome,
            None if error.code == CURLcode::CURLE_GOT_NOTHING => Outcome::Lost(error),
            None => Outcome::Lost(self.send_error.take().unwrap_or(error)),
        }
    }

    /// Whether the server has closed too early.
    fn what_is_missing(&self) -> Outcome {
        let counted = self
            .args
            .count
            .is_some_and(|count| self.counts.messages_received < count);
        match counted || self.args.until.is_some() {
            true => Outcome::Missing,
            false => Outcome::Success,
        }
    }

    // ---- the end

    fn check_end(&mut self) -> Result<(), Outcome> {
        let now = Instant::now();
        if let Some(closing) = &self.closing {
            return match now >= closing.deadline {
                true => Err(closing.outcome.clone()),
                false => Ok(()),
            };
        }
        if let Some(error) = self.send_error.take() {
            // Everything that had arrived has been taken.
            return Err(Outcome::Lost(error));
        }
        if self.args.max_time.is_some_and(|limit| now >= self.started + limit) {
            let error = Error::with_message(
                CURLcode::CURLE_OPERATION_TIMEDOUT,
                format!("--max-time is over after {} ms", self.started.elapsed().as_millis()),
            );
            self.close(Outcome::Failed(error), false);
            return Ok(());
        }
        if self.pending.is_some() || !self.input.is_over() {
            return Ok(());
        }
        let since = *self.idle_since.get_or_insert(now);
        if self.args.count == Some(0) {
            self.close(Outcome::Success, true);
        } else if self.linger().is_some_and(|time| now >= since + time) {
            self.close(self.what_is_missing(), true);
        }
        Ok(())
    }

    /// How long to wait after the end of input; `None` for the server.
    fn linger(&self) -> Option<Duration> {
        let waits_for_server = self.args.count.is_some() || self.args.until.is_some();
        self.args.linger.or((!waits_for_server).then_some(LINGER))
    }

    fn close(&mut self, outcome: Outcome, writes: bool) {
        let close = &self.args.close;
        self.start_closing(close.code, &close.reason, outcome, writes);
    }

    fn start_closing(&mut self, code: u32, reason: &str, outcome: Outcome, writes: bool) {
        self.closing = Some(Closing {
            outcome,
            deadline: Instant::now() + CLOSE_TIME,
            writes,
        });
        // Inside an unfinished frame there can be no CLOSE, and the server finds out by the end of the stream.
        if self.easy.close(code, reason).is_err() {
            self.closing.as_mut().expect("just set").deadline = Instant::now();
        }
    }

    // ---- waiting

    fn wait(&mut self) -> Result<(), Outcome> {
        let timeout = self.deadline().map(|at| at.saturating_duration_since(Instant::now()));
        let timeout = timeout.map(|time| Timespec {
            tv_sec: time.as_secs().try_into().unwrap_or(i64::MAX),
            tv_nsec: time.subsec_nanos().into(),
        });
        let reads_input = self.pending.is_none() && self.closing.is_none();
        let input_ready = {
            let Some(socket) = self.easy.socket() else {
                return Ok(());
            };
            let mut socket_events = PollFlags::IN;
            socket_events.set(PollFlags::OUT, self.pending.is_some());
            let mut fds = vec![
                PollFd::from_borrowed_fd(socket, socket_events),
                PollFd::from_borrowed_fd(
                    self.interrupt.fd(),
                    if self.closing.is_some() {
                        PollFlags::empty()
                    } else {
                        PollFlags::IN
                    },
                ),
            ];
            if let Some(fd) = self.input.fd().filter(|_| reads_input) {
                fds.push(PollFd::from_borrowed_fd(fd, PollFlags::IN));
            }
            match poll(&mut fds, timeout.as_ref()) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(Outcome::Local(format!("poll: {error}"))),
            }
            fds.get(2).is_some_and(|fd| !fd.revents().is_empty())
        };
        match input_ready {
            true => self.input.fill().map_err(|reason| self.give_up(reason)),
            false => Ok(()),
        }
    }

    fn deadline(&self) -> Option<Instant> {
        let now = Instant::now();
        let linger = self.idle_since.and_then(|since| Some(since + self.linger()?));
        let ping = (!self.args.ping.is_zero()).then(|| now + PING_SLACK);
        let limit = self.args.max_time.map(|limit| self.started + limit);
        match &self.closing {
            Some(closing) => Some(closing.deadline),
            None => [linger, ping, limit].into_iter().flatten().min(),
        }
    }

    // ---- progress

    fn show_progress(&mut self) {
        let now = Instant::now();
        let is_due = match self.progress_shown {
            None => now >= self.started + PROGRESS_AFTER,
            Some(last) => now >= last + PROGRESS_AFTER / 5,
        };
        if !is_due || self.args.silent || !io::stderr().is_terminal() {
            return;
        }
        if let Some((done, all)) = self.input.progress().filter(|(_, all)| *all > 0) {
            let percent = done * 100 / all;
            let bar = "#".repeat(usize::try_from(percent / 2).unwrap_or(50));
            let _ = write!(io::stderr(), "\r[{bar:50}] {percent:3} %");
            self.progress_shown = Some(now);
        } else {
            self.end_progress();
        }
    }

    fn end_progress(&mut self) {
        if self.progress_shown.take().is_some() {
            let _ = writeln!(io::stderr());
        }
    }
}
