//! Asks the transfer what is to be done, and does it: the one loop under every driver.

use std::time::Instant;

use super::Easy;
use super::callbacks::{self, Read, Written};
use crate::error::Result;
use crate::share::Held;
use crate::transfer::delivery::Chunk;
use crate::transfer::{Action, Environment, Transfer, Upload, Uses};
use crate::types::share::curl_lock_data;

/// Where a transfer stands after a round.
pub enum Driven {
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
    pub fn drive(&self) -> Driven {
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
        let mut environment = self.environment();
        let mut turns = ROUND;
        while turns > 0 {
            turns -= 1;
            let now = Instant::now();
            let Some(action) = self.next_action(&environment, now) else {
                return Driven::Waiting;
            };
            match action {
                Action::Wait => return Driven::Waiting,
                Action::Busy => return Driven::Busy,
                Action::Ready => return Driven::Ready,
                Action::Done(result) => return Driven::Done(result),
                action => {
                    if let Err(error) = self.act(action, now, &mut turns) {
                        self.with_transfer(|transfer| transfer.abort(error, now));
                    }
                    environment.listening = callbacks::listening(self);
                }
            }
        }
        Driven::Busy
    }

    fn next_action(&self, environment: &Environment, now: Instant) -> Option<Action> {
        let _lock = self.hold_shared();
        self.with_transfer(|transfer| transfer.next(environment, now))
    }

    /// The lock on what the next step uses of a share.
    fn hold_shared(&self) -> Option<Held> {
        self.share.borrow().as_ref()?;
        let uses = self.with_transfer(|transfer| transfer.uses())?;
        match uses {
            Uses::Names => self.hold(curl_lock_data::CURL_LOCK_DATA_DNS),
            Uses::Sessions => self.hold(curl_lock_data::CURL_LOCK_DATA_SSL_SESSION),
            Uses::Nothing => None,
        }
    }

    fn act(&self, action: Action, now: Instant, turns: &mut usize) -> Result<()> {
        match action {
            Action::Note(note) => callbacks::debug(self, &note),
            Action::AnnounceResolve => callbacks::resolver_start(self)?,
            Action::OpenSocket(address) => {
                let opened = callbacks::open_socket(self, &address);
                self.with_transfer(|transfer| transfer.socket_opened(opened));
            }
            Action::ConfigureSocket(fd) => {
                let verdict = callbacks::configure_socket(self, fd);
                self.with_transfer(|transfer| transfer.socket_configured(verdict));
            }
            Action::CloseSocket(socket) => {
                self.closing(socket.raw());
                callbacks::close_socket(self, socket);
            }
            Action::AskPermission => {
                let allowed = callbacks::permission(self, || {
                    self.with_transfer(|transfer| {
                        let facts = transfer.facts(now);
                        (facts.primary, facts.local)
                    })
                });
                self.with_transfer(|transfer| transfer.permitted(allowed, now));
            }
            Action::Header(line) => self.take_header(line)?,
            Action::Opened => callbacks::opened(self)?,
            Action::Chunk(chunk) => self.take_chunk(chunk, turns)?,
            Action::Upload(room) => self.give_upload(room, now)?,
            Action::Wait | Action::Busy | Action::Ready | Action::Done(_) => {}
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
            self.show_frame(chunk.meta());
            let written = callbacks::write(self, chunk.bytes());
            self.show_frame(None);
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
        self.with_transfer(|transfer| transfer.upload(answer, now));
        if goes_on {
            self.upload.replace(buffer);
        }
        Ok(())
    }

    /// Calls the progress callback; an error is its answer that the transfer is to end.
    fn show_progress(&self) -> Result<()> {
        callbacks::progress(self, || {
            let counts = self.with_transfer(|transfer| {
                let facts = transfer.facts(Instant::now());
                (facts.downloaded, facts.uploaded)
            });
            counts.unwrap_or_default()
        })
    }

    /// Shows what calls outside of a driver have noted.
    pub fn show_notes(&self) {
        while let Some(note) = self.with_transfer(Transfer::next_note).flatten() {
            callbacks::debug(self, &note);
        }
    }

    /// Borrows the transfer for a moment in which nothing calls the application. `None` if there is none.
    pub(super) fn with_transfer<T>(&self, body: impl FnOnce(&mut Transfer) -> T) -> Option<T> {
        let mut transfer = self.transfer.try_borrow_mut().ok()?;
        transfer.as_deref_mut().map(body)
    }
}
