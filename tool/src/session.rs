//! One open connection: what is read from the input is sent, what is received is written.

use std::cell::RefCell;
use std::io::{self, IsTerminal, Write};
use std::rc::Rc;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use wscurl::types::codes::CURLcode;
use wscurl::types::info::CURLINFO;
use wscurl::types::websocket::CURLWS_CONT;

use crate::args::Args;
use crate::easy::{Easy, Error};
use crate::exit::Outcome;
use crate::input::Input;
use crate::message::{Kind, NO_STATUS, Outgoing};
use crate::output::Output;
use crate::signal::Interrupt;

/// The largest piece that is received at once.
const PIECE: usize = 64 * 1024;
/// Pieces and frames before the other direction gets its time.
const BURST: usize = 64;
/// How long the server's answer to a CLOSE frame may take: it may have to read what was sent before.
const CLOSE_TIME: Duration = Duration::from_secs(10);
/// The same where the user waits for the end, or the time is over.
const SHORT_CLOSE_TIME: Duration = Duration::from_secs(1);
/// How long to wait for messages after the end of input.
const LINGER: Duration = Duration::from_secs(2);
/// An upload that takes longer shows its progress.
const PROGRESS_AFTER: Duration = Duration::from_secs(1);

/// What was sent and received over all connections, and how the server closed the last one.
#[derive(Debug, Default)]
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
    /// frames of a message were sent, and more are to follow
    in_message: bool,
    /// a control frame of which not all has come
    control: Vec<u8>,
    counts: &'a mut Counts,
    started: Instant,
    /// everything has been sent
    idle_since: Option<Instant>,
    /// why nothing can be sent any more
    send_error: Option<Error>,
    closing: Option<Closing>,
    progress_shown: Option<Instant>,
}

struct Pending {
    kind: Kind,
    data: Vec<u8>,
    sent: usize,
    /// frames of the same message follow
    more: bool,
}

/// Our CLOSE frame was sent, and what the outcome is when the server has answered.
struct Closing {
    outcome: Outcome,
    deadline: Instant,
    late: Late,
}

/// What becomes of messages that come after our CLOSE frame was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Late {
    Written,
    Dropped,
}

impl<'a> Session<'a> {
    pub(crate) fn new(
        args: &'a Args,
        easy: &'a mut Easy,
        input: &'a mut Input,
        output: &'a Rc<RefCell<Output>>,
        interrupt: &'a Interrupt,
        started: Instant,
        counts: &'a mut Counts,
    ) -> Session<'a> {
        counts.close = None;
        Session {
            args,
            easy,
            input,
            output,
            interrupt,
            buffer: vec![0; PIECE],
            pending: None,
            in_message: false,
            control: Vec::new(),
            counts,
            started,
            idle_since: None,
            send_error: None,
            closing: None,
            progress_shown: None,
        }
    }

    /// Runs until there is an outcome.
    pub(crate) fn run(mut self) -> Outcome {
        loop {
            match self.step() {
                Ok(()) => {}
                Err(outcome) => {
                    self.end_progress();
                    let outcome = self.output.borrow_mut().flush().err().unwrap_or(outcome);
                    let may_reconnect = self.args.reconnect.is_some() && outcome.may_reconnect();
                    let returned = if may_reconnect { self.return_unsent() } else { Ok(()) };
                    return returned.err().map_or(outcome, Outcome::Local);
                }
            }
        }
    }

    /// What was not sent completely is for the next connection.
    fn return_unsent(&mut self) -> Result<(), String> {
        match self.pending.take() {
            Some(frame) if !frame.more && !self.in_message => {
                self.input.put_back(Outgoing::message(frame.kind, frame.data));
                Ok(())
            }
            None if !self.in_message => Ok(()),
            _ => self.input.give_up_message(),
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
            self.start_closing(1001, "", Outcome::Interrupted, Late::Dropped);
        }
        let more_to_send = self.send()?;
        let more_to_receive = self.receive()?;
        self.check_end()?;
        self.show_progress();
        match more_to_send || more_to_receive {
            true => Ok(()),
            false => self.wait(),
        }
    }

    // ---- sending

    /// Sends what is there. `true` if there may be more.
    fn send(&mut self) -> Result<bool, Outcome> {
        for _ in 0..BURST {
            if self.send_error.is_some() {
                return Ok(false);
            }
            if self.pending.is_none() && !self.next_frame()? {
                return Ok(false);
            }
            let Some(frame) = &mut self.pending else {
                return Ok(false);
            };
            let flags = frame.kind.flags() | if frame.more { CURLWS_CONT } else { 0 };
            match self.easy.send(&frame.data[frame.sent..], flags) {
                Ok(sent) => {
                    frame.sent += sent.count;
                    self.counts.bytes_sent += sent.count as u64;
                    if sent.is_blocked {
                        return Ok(false);
                    }
                    if matches!(frame.kind, Kind::Text | Kind::Binary) {
                        self.in_message = frame.more;
                        self.counts.messages_sent += u64::from(!frame.more);
                    }
                    self.pending = None;
                }
                // What the server has said before comes first.
                Err(error) => self.send_error = Some(error),
            }
        }
        Ok(true)
    }

    /// Takes the next frame from the input. `false` if there is none, or none may be sent.
    fn next_frame(&mut self) -> Result<bool, Outcome> {
        if self.closing.is_some() {
            return Ok(false);
        }
        match self.input.next().map_err(|reason| self.give_up(reason))? {
            Some(Outgoing::Frame { kind, data, more }) => {
                self.pending = Some(Pending {
                    kind,
                    data,
                    sent: 0,
                    more,
                });
                Ok(true)
            }
            Some(Outgoing::Close { code, reason }) => {
                self.start_closing(code, &reason, Outcome::Success, Late::Written);
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
                self.output.borrow_mut().flush()?;
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
        let code = u16::try_from(self.easy.long(CURLINFO::CURLINFO_WS_CLOSE_CODE)).unwrap_or(NO_STATUS);
        let reason = self.easy.text(CURLINFO::CURLINFO_WS_CLOSE_REASON).unwrap_or_default();
        self.counts.close = Some((code, reason.clone()));
        if self.args.no_strict {
            // In strict mode the library has answered.
            let _ = self.easy.close(code.into(), "");
        }
        Err(match (self.closing.take(), code) {
            (Some(closing), _) => closing.outcome,
            (None, 1001) => Outcome::GoingAway {
                missing: self.is_missing(),
            },
            (None, 1000 | NO_STATUS) => self.what_is_missing(),
            (None, code) => Outcome::Closed { code, reason },
        })
    }

    fn take_data(&mut self, kind: Kind, piece: &[u8], message_ends: bool) -> Result<(), Outcome> {
        if self
            .closing
            .as_ref()
            .is_some_and(|closing| closing.late == Late::Dropped)
        {
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
            self.close(Outcome::Success, Late::Dropped);
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

    fn what_is_missing(&self) -> Outcome {
        match self.is_missing() {
            true => Outcome::Missing,
            false => Outcome::Success,
        }
    }

    /// Whether messages have not come that were waited for.
    fn is_missing(&self) -> bool {
        let counted = self
            .args
            .count
            .is_some_and(|count| self.counts.messages_received < count);
        counted || self.args.until.is_some()
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
            self.close(Outcome::TimeOver(self.started.elapsed()), Late::Dropped);
            return Ok(());
        }
        if self.pending.is_some() || !self.input.is_over() {
            return Ok(());
        }
        let since = *self.idle_since.get_or_insert(now);
        if self.linger().is_some_and(|time| now >= since + time) {
            self.close(self.what_is_missing(), Late::Written);
        }
        Ok(())
    }

    /// How long to wait after the end of input; `None` for the server.
    fn linger(&self) -> Option<Duration> {
        let usual = match (self.args.count, &self.args.until) {
            (Some(0), _) => Some(Duration::ZERO),
            (None, None) => Some(LINGER),
            _ => None,
        };
        self.args.linger.or(usual)
    }

    fn close(&mut self, outcome: Outcome, late: Late) {
        let close = &self.args.close;
        self.start_closing(close.code, &close.reason, outcome, late);
    }

    fn start_closing(&mut self, code: u32, reason: &str, outcome: Outcome, late: Late) {
        let time = match outcome {
            Outcome::Interrupted | Outcome::TimeOver(_) => SHORT_CLOSE_TIME,
            _ => CLOSE_TIME,
        };
        self.closing = Some(Closing {
            outcome,
            deadline: Instant::now() + time,
            late,
        });
        // Inside an unfinished frame there can be no CLOSE, and the server finds out by the end of the stream.
        if self.easy.close(code, reason).is_err() {
            self.closing.as_mut().expect("just set").deadline = Instant::now();
        }
    }

    // ---- waiting

    fn wait(&mut self) -> Result<(), Outcome> {
        let timeout = self.deadline().map(|at| at.saturating_duration_since(Instant::now()));
        let timeout = timeout.and_then(|time| Timespec::try_from(time).ok());
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
        // A PING is due, or a PONG is late.
        let ping = u64::try_from(self.easy.long(CURLINFO::CURLINFO_WS_TIMEOUT_MS)).ok();
        let ping = ping.map(|left| now + Duration::from_millis(left));
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
