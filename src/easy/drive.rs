//! Asks the transfer what is to be done, and does it: the one loop under every driver.

use std::time::Instant;

use super::callbacks::{self, Read, Written};
use super::{Easy, internal_error};
use crate::error::{Error, Result};
use crate::ffi::unwind::catch;
use crate::net::wait::poll::Interest;
use crate::net::wait::waker::Waker;
use crate::open::{Context, Question, Uses};
use crate::share::Held;
use crate::transfer::websocket::chunk::Chunk;
use crate::transfer::{Action, Transfer, Upload};
use crate::types::codes::CURLcode;
use crate::types::share::curl_lock_data;

/// Where a transfer stands after a round.
pub(crate) enum Driven {
    /// it waits for its descriptors or its deadline
    Waiting,
    /// it has more to do, and another's turn is due
    Busy,
    /// it has its open connection (CONNECT_ONLY)
    Ready,
    /// it is over
    Done(Result<()>),
}

/// Callbacks in one round, so that a flood on one connection leaves time for progress and for others.
const ROUND: usize = 64;

impl Easy {
    /// Runs the transfer until it must wait, or for one round. The progress callback is called before, and once more at
    /// the end.
    pub(crate) fn drive(&self) -> Driven {
        match catch(|| self.show_and_run()) {
            Ok(driven) => driven,
            Err(panic) => self.abort(internal_error(&panic)),
        }
    }

    fn show_and_run(&self) -> Driven {
        if self.calls().take_left() {
            return self.abort(Error::new(
                CURLcode::CURLE_ABORTED_BY_CALLBACK,
                "a callback did not return: an exception or longjmp left it",
            ));
        }
        if let Err(error) = self.show_progress() {
            return self.abort(error);
        }
        match self.round() {
            Driven::Done(result) => Driven::Done(result.and_then(|()| self.show_progress())),
            Driven::Ready => match self.show_progress() {
                Ok(()) => Driven::Ready,
                Err(error) => self.abort(error),
            },
            driven => driven,
        }
    }

    fn round(&self) -> Driven {
        let mut context = self.context();
        let mut turns = ROUND;
        while turns > 0 {
            turns -= 1;
            let now = Instant::now();
            let Some(action) = self.next_action(&context, now) else {
                return Driven::Done(Err(Error::new(
                    CURLcode::CURLE_FAILED_INIT,
                    "internal error: the transfer was given up in an earlier call",
                )));
            };
            match action {
                Action::Wait => return Driven::Waiting,
                Action::Busy => return Driven::Busy,
                Action::Ready => return Driven::Ready,
                Action::Done(result) => return Driven::Done(result),
                action => {
                    // An open WebSocket asks for no other callbacks than those that it has.
                    let is_open = matches!(action, Action::Chunk(_) | Action::Upload(_));
                    if let Err(error) = self.act(action, now, &mut turns) {
                        self.with_transfer(|transfer| transfer.abort(error, now));
                    }
                    if !is_open {
                        context.wanted = callbacks::wanted(self);
                    }
                }
            }
        }
        Driven::Busy
    }

    fn next_action(&self, context: &Context, now: Instant) -> Option<Action> {
        let _lock = self.hold_shared();
        self.with_transfer(|transfer| transfer.next(context, now))
    }

    /// The lock on what the next step uses of a share.
    fn hold_shared(&self) -> Option<Held> {
        if !self.sources.has_share() {
            return None;
        }
        let uses = self.with_transfer(|transfer| transfer.uses())?;
        match uses {
            Uses::Names => self.hold(curl_lock_data::CURL_LOCK_DATA_DNS),
            Uses::Sessions => self.hold(curl_lock_data::CURL_LOCK_DATA_SSL_SESSION),
            Uses::Nothing => None,
        }
    }

    /// Ends the transfer that runs, with an error.
    pub(crate) fn abort(&self, error: Error) -> Driven {
        self.end();
        Driven::Done(Err(error))
    }

    /// What the transfer waits for: appends descriptors, and returns when it must be driven at the latest.
    pub(crate) fn wants(&self, waker: &Waker, interests: &mut Vec<Interest>) -> Option<Instant> {
        self.with_transfer(|transfer| {
            transfer.interests(waker, interests);
            transfer.deadline()
        })
        .flatten()
    }

    /// Whether there is a progress callback that wants to be called now and then.
    pub(crate) fn shows_progress(&self) -> bool {
        let options = self.options().borrow();
        !options.no_progress && (options.callbacks.xferinfo.is_set() || options.callbacks.progress.is_set())
    }

    /// The other end of the transfer that has begun.
    pub(crate) fn destination(&self) -> Option<String> {
        self.with_transfer(|transfer| transfer.destination()).flatten()
    }

    fn act(&self, action: Action, now: Instant, turns: &mut usize) -> Result<()> {
        match action {
            Action::Trace(line) => callbacks::debug(self, &line),
            Action::Ask(question) => self.ask(question, now)?,
            Action::CloseSocket(socket) => {
                self.link.notify_closing(socket.raw());
                callbacks::close_socket(self, socket);
            }
            Action::Header(line) => self.take_header(line)?,
            Action::Opened => callbacks::opened(self)?,
            Action::Chunk(chunk) => self.take_chunk(chunk, turns)?,
            Action::Upload(room) => self.give_upload(room, now)?,
            Action::Wait | Action::Busy | Action::Ready | Action::Done(_) => {}
        }
        Ok(())
    }

    fn ask(&self, question: Question, now: Instant) -> Result<()> {
        match question {
            Question::ResolveStarts => callbacks::resolver_start(self)?,
            Question::OpenSocket(address) => {
                let opened = callbacks::open_socket(self, &address);
                self.with_transfer(|transfer| transfer.socket_opened(opened));
            }
            Question::ConfigureSocket(fd) => {
                let verdict = callbacks::configure_socket(self, fd);
                self.with_transfer(|transfer| transfer.socket_configured(verdict));
            }
            Question::Permission => {
                let permitted = callbacks::permission(self, || {
                    self.with_transfer(|transfer| {
                        let connection = transfer.info(now).opening.connection();
                        connection.map_or((None, None), |connection| (connection.primary, connection.local))
                    })
                });
                self.with_transfer(|transfer| transfer.permit(permitted));
            }
        }
        Ok(())
    }

    fn take_header(&self, line: Vec<u8>) -> Result<()> {
        if callbacks::header(self, &line)? == Written::Pause {
            self.with_transfer(|transfer| transfer.header_parked(line));
        }
        Ok(())
    }

    fn take_chunk(&self, mut chunk: Chunk, turns: &mut usize) -> Result<()> {
        let written = loop {
            let written = {
                let _shown = self.showing_frame(chunk.meta());
                callbacks::write(self, chunk.bytes())
            };
            if *turns == 0 || !matches!(written, Ok(Written::Taken)) || !self.next_in(&mut chunk) {
                break written;
            }
            *turns -= 1;
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
        // Kept while data flows: clearing it each time would cost more than a short message does.
        let mut buffer = self.upload.take();
        if buffer.len() < room {
            buffer.resize(room, 0);
        }
        let answer = match callbacks::read(self, &mut buffer[..room])? {
            Read::Pause => Upload::Pause,
            Read::Data(0) => Upload::End,
            Read::Data(count) => Upload::Data(&buffer[..count]),
        };
        let goes_on = matches!(answer, Upload::Data(_));
        self.with_transfer(|transfer| transfer.upload(&answer, now));
        if goes_on {
            self.upload.replace(buffer);
        }
        Ok(())
    }

    /// Calls the progress callback; an error is its answer that the transfer is to end.
    fn show_progress(&self) -> Result<()> {
        callbacks::progress(self, || {
            let counts = self.with_transfer(|transfer| {
                let info = transfer.info(Instant::now());
                (info.downloaded, info.uploaded)
            });
            counts.unwrap_or_default()
        })
    }

    /// Shows what calls outside of a driver have noted.
    pub(crate) fn show_notes(&self) {
        while let Some(line) = self.with_transfer(Transfer::next_trace_line).flatten() {
            callbacks::debug(self, &line);
        }
    }

    /// Borrows the transfer for a moment in which nothing calls the application. `None` if there is none.
    pub(super) fn with_transfer<T>(&self, body: impl FnOnce(&mut Transfer) -> T) -> Option<T> {
        let mut transfer = self.transfer.try_borrow_mut().ok()?;
        transfer.as_deref_mut().map(body)
    }
}
