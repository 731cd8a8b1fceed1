//! The drive loop: takes the next action from the transfer and carries it out. All drivers use it.

use std::time::{Duration, Instant};

use super::application::{End, Read, Written};
use super::handle::{Easy, HeldByEasy, internal_error};
use crate::error::{Error, Result};
use crate::ffi::callback::Line;
use crate::ffi::unwind::catch;
use crate::io::pool;
use crate::open::{Answer, Question, Uses};
use crate::transfer::websocket::chunk::Chunk;
use crate::transfer::{Action, Task, Upload};
use crate::types::codes::CURLcode;
use crate::types::share::curl_lock_data;

/// The state of a transfer after a round.
pub(crate) enum Driven {
    /// it waits for its descriptors or its deadline
    Waiting,
    /// it has more to do, after others have run
    Busy,
    /// it has its open connection (CONNECT_ONLY)
    Ready,
    /// it is over
    Done(Result<()>),
}

/// The number of actions in one round, so that one connection with much to do does not stop the others.
const STEPS_PER_ROUND: usize = 256;

/// So many chunks count as taken at the same time: a look at the clock costs as much as a short one.
const CHUNKS_PER_LOOK: usize = 64;

/// A round ends after this time, so that slow callbacks keep nothing waiting: time limits, the progress callback, other
/// transfers.
const TIME_PER_ROUND: Duration = Duration::from_millis(20);

impl Easy {
    /// Runs the transfer from `now` on until it must wait, or for one round. The progress callback is called before, and once
    /// more at the end.
    pub(crate) fn drive(&self, now: Instant) -> Driven {
        match catch(|| self.show_and_run(now)) {
            Ok(driven) => driven,
            Err(panic) => self.abort(internal_error(&panic)),
        }
    }

    fn show_and_run(&self, mut now: Instant) -> Driven {
        if self.calls().take_left() {
            return self.abort(Error::new(
                CURLcode::CURLE_ABORTED_BY_CALLBACK,
                "a callback did not return: an exception or longjmp left it",
            ));
        }
        if self.wants_progress() {
            if let Err(error) = self.show_progress() {
                return self.abort(error);
            }
            now = Instant::now();
        }
        match self.round(now) {
            Driven::Done(result) => Driven::Done(result.and_then(|()| self.show_progress())),
            Driven::Ready => match self.show_progress() {
                Ok(()) => Driven::Ready,
                Err(error) => self.abort(error),
            },
            driven => driven,
        }
    }

    fn round(&self, mut now: Instant) -> Driven {
        let mut steps = STEPS_PER_ROUND;
        let until = now + TIME_PER_ROUND;
        let mut chunk = Chunk::new(self.shown().frame());
        while steps > 0 {
            steps -= 1;
            let Some(action) = self.next_action(&mut chunk, now) else {
                return Driven::Done(Err(Error::new(
                    CURLcode::CURLE_FAILED_INIT,
                    "internal error: the transfer was given up in an earlier call",
                )));
            };
            let is_chunk = matches!(action, Action::Chunk);
            let done = match action {
                Action::Wait => return Driven::Waiting,
                Action::Busy => return Driven::Busy,
                Action::Ready => return Driven::Ready,
                Action::Done(result) => return Driven::Done(result),
                Action::Chunk => self.take_chunk(&mut chunk, &mut steps),
                Action::Upload(room) => self.give_upload(room, now),
                Action::Task(task) => self.act(*task, now),
            };
            let looks = !is_chunk || steps.is_multiple_of(CHUNKS_PER_LOOK);
            if looks {
                now = Instant::now();
            }
            if let Err(error) = done {
                self.with_transfer(|transfer| transfer.abort(error, now));
            }
            if looks && now >= until {
                break;
            }
        }
        Driven::Busy
    }

    fn next_action(&self, chunk: &mut Chunk, now: Instant) -> Option<Action> {
        let lock = match self.sources().has_share() {
            true => self.hold_shared(),
            false => None,
        };
        let action = self.with_transfer(|transfer| transfer.next(|| self.context(), chunk, now));
        // Dropping the Option would put the code for it in the way of each message.
        if let Some(lock) = lock {
            drop(lock);
        }
        action
    }

    /// The lock on the part of a share that the next step uses.
    #[cold]
    fn hold_shared(&self) -> Option<HeldByEasy<'_>> {
        let uses = self.with_transfer(|transfer| transfer.uses())?;
        match uses {
            Uses::Names => self.hold(curl_lock_data::CURL_LOCK_DATA_DNS),
            Uses::Sessions => self.hold(curl_lock_data::CURL_LOCK_DATA_SSL_SESSION),
            Uses::Nothing => None,
        }
    }

    fn act(&self, task: Task, now: Instant) -> Result<()> {
        match task {
            Task::Trace(line) => self.app().debug(line),
            Task::Ask(question) => self.ask(question, now)?,
            Task::CloseSocket(socket) => self.close_socket(socket),
            Task::Remember(what) => self.remember(&what)?,
            Task::Header(line) => self.take_header(line)?,
            Task::Opened => {
                self.rounds().take();
                self.app().opened()?;
            }
        }
        Ok(())
    }

    fn ask(&self, question: Question, now: Instant) -> Result<()> {
        match question {
            Question::ResolveStarts => self.app().resolver_start()?,
            Question::OpenSocket(address) => {
                let opened = self.app().open_socket(&address);
                self.with_transfer(|transfer| transfer.answer(Answer::SocketOpened(opened), now));
            }
            Question::ConfigureSocket(fd) => {
                let verdict = self.app().configure_socket(fd);
                self.with_transfer(|transfer| transfer.answer(Answer::SocketConfigured(verdict), now));
            }
            Question::NextRound => self.next_round(now)?,
            Question::Permission => {
                let permitted = self.app().permission(|| {
                    self.with_transfer(|transfer| {
                        let connection = transfer.info(now).opening.connection();
                        connection.map(|connection| {
                            (
                                End::new(connection.primary_ip(), connection.primary),
                                End::new(connection.local_ip(), connection.local),
                            )
                        })
                    })
                    .flatten()
                });
                self.with_transfer(|transfer| transfer.answer(Answer::Permission(permitted), now));
            }
            Question::Cookies(origin) => {
                let cookies = self.cookies_for(&origin)?;
                self.with_transfer(|transfer| transfer.answer(Answer::Cookies(cookies), now));
            }
        }
        Ok(())
    }

    fn take_header(&self, line: Vec<u8>) -> Result<()> {
        let line = Line::new(line);
        if self.app().header(&line)? == Written::Pause {
            self.with_transfer(|transfer| transfer.header_parked(line.into_bytes()));
        }
        Ok(())
    }

    fn take_chunk(&self, chunk: &mut Chunk, steps: &mut usize) -> Result<()> {
        let written = loop {
            let written = {
                let _shown = self.shown().show_frame(chunk.is_of_frame());
                self.app().write(chunk.bytes())
            };
            if steps.is_multiple_of(CHUNKS_PER_LOOK) || !matches!(written, Ok(Written::Taken)) || !self.next_in(chunk) {
                break written;
            }
            *steps -= 1;
        };
        let taken = matches!(written, Ok(Written::Taken));
        self.with_transfer(|transfer| {
            transfer.chunk_done(chunk, taken);
            if matches!(written, Ok(Written::Pause)) {
                transfer.pause_receiving();
            }
        });
        written.map(|_| ())
    }

    fn next_in(&self, chunk: &mut Chunk) -> bool {
        self.with_transfer(|transfer| transfer.next_in(chunk)).unwrap_or(false)
    }

    fn give_upload(&self, room: usize, now: Instant) -> Result<()> {
        // Kept as long as there are more bytes: clearing it each time would cost more than a short message.
        let mut buffer = self.take_upload();
        if buffer.capacity() == 0 {
            buffer = pool::take();
        }
        if buffer.len() < room {
            buffer.resize(room, 0);
        }
        let answer = match self.app().read(&mut buffer[..room])? {
            Read::Pause => Upload::Pause,
            Read::Data(0) => Upload::End,
            Read::Data(count) => Upload::Data(&buffer[..count]),
        };
        let goes_on = matches!(answer, Upload::Data(_));
        self.with_transfer(|transfer| transfer.upload(&answer, now));
        match goes_on {
            true => self.give_back_upload(buffer),
            false => pool::give(&mut buffer),
        }
        Ok(())
    }

    /// Calls the progress callback, if there is one. An error ends the transfer.
    fn show_progress(&self) -> Result<()> {
        self.app().progress(|| {
            let counts = self.with_transfer(|transfer| {
                let info = transfer.info(Instant::now());
                (info.downloaded, info.uploaded)
            });
            counts.unwrap_or_default()
        })
    }
}
