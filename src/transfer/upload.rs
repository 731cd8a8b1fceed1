//! Where an upload from the read callback stands.

use crate::error::{Error, Result};

/// How often the read callback is asked before the socket is read again, and how many chunks are delivered before the read
/// callback is asked again, if there are so many.
const IN_A_ROW: u8 = 8;

/// Bookkeeping of `CURLOPT_UPLOAD`.
#[derive(Debug)]
pub(super) struct UploadState {
    /// the read callback has more to give
    active: bool,
    /// bytes it is asked for at most
    size: usize,
    /// `curl_ws_start_frame` was called since it was last asked
    frame_started: bool,
    /// how often it may be asked before it is the turn of receiving
    turns: u8,
    /// how many chunks were delivered in the turn of receiving
    delivered: u8,
    /// why nothing can be sent any more
    error: Option<Error>,
}

impl UploadState {
    /// An upload of at most `size` bytes at once, or none.
    pub(super) fn new(active: bool, size: usize) -> UploadState {
        UploadState {
            active,
            size,
            frame_started: false,
            // What came with the 101 is delivered first.
            turns: 0,
            delivered: 0,
            error: None,
        }
    }

    /// The read callback has more to give.
    pub(super) fn is_active(&self) -> bool {
        self.active
    }

    /// How many bytes to ask for, of the `room` that there is. `None` now and then, so that receiving goes on as well.
    pub(super) fn ask(&mut self, room: Option<u64>) -> Option<usize> {
        let room = room.filter(|_| self.turns > 0)?;
        self.turns -= 1;
        self.frame_started = false;
        Some(self.size.min(usize::try_from(room).unwrap_or(usize::MAX)))
    }

    /// In the turn of receiving, `chunk` tells whether there was one.
    pub(super) fn received(&mut self, chunk: bool) {
        self.delivered = match chunk {
            true => self.delivered + 1,
            false => IN_A_ROW,
        };
        if self.delivered == IN_A_ROW {
            self.delivered = 0;
            self.turns = IN_A_ROW;
        }
    }

    /// `curl_ws_start_frame` has been called.
    pub(super) fn frame_started(&mut self) {
        self.frame_started = true;
    }

    /// The read callback has started a frame since it was last asked.
    pub(super) fn has_started_frame(&self) -> bool {
        self.frame_started
    }

    /// The read callback has given all.
    pub(super) fn finish(&mut self) {
        self.active = false;
    }

    /// Nothing can be sent any more.
    pub(super) fn fail(&mut self, error: Error) {
        self.active = false;
        self.error = Some(error);
    }

    /// At the end of the connection: the upload has not failed.
    pub(super) fn check(&self) -> Result<()> {
        match &self.error {
            Some(error) => Err(error.clone()),
            None => Ok(()),
        }
    }
}
