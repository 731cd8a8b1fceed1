//! Where an upload from the read callback stands.

use crate::error::{Error, Result};

/// How often the read callback is asked before the socket is read again.
const ASKED_IN_A_ROW: u8 = 8;

/// Bookkeeping of `CURLOPT_UPLOAD`.
#[derive(Debug)]
pub(super) struct UploadState {
    /// the read callback has more to give
    active: bool,
    /// bytes it is asked for at most
    size: usize,
    /// `curl_ws_start_frame` was called since it was last asked
    frame_started: bool,
    /// how often it was asked since the socket was read
    asked: u8,
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
            asked: 0,
            error: None,
        }
    }

    /// The read callback has more to give.
    pub(super) fn is_active(&self) -> bool {
        self.active
    }

    /// How many bytes to ask for, of the `room` that there is. `None` now and then, so that receiving goes on as well.
    pub(super) fn ask(&mut self, room: Option<u64>) -> Option<usize> {
        let Some(room) = room.filter(|_| self.asked < ASKED_IN_A_ROW) else {
            self.asked = 0;
            return None;
        };
        self.asked += 1;
        self.frame_started = false;
        Some(self.size.min(usize::try_from(room).unwrap_or(usize::MAX)))
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
