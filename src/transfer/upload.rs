//! Where an upload from the read callback stands.

/// Bookkeeping of `CURLOPT_UPLOAD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct UploadState {
    /// the read callback has more to give
    active: bool,
    /// bytes it is asked for at most
    size: usize,
    /// `curl_ws_start_frame` was called since it was last asked
    frame_started: bool,
    /// it was asked last: now receiving has priority
    asked: bool,
}

impl UploadState {
    /// An upload of at most `size` bytes at once, or none.
    pub(super) fn new(active: bool, size: usize) -> UploadState {
        UploadState {
            active,
            size,
            frame_started: false,
            asked: false,
        }
    }

    /// The read callback has more to give.
    pub(super) fn is_active(&self) -> bool {
        self.active
    }

    /// Asks for at most `room` bytes, every other time: how many to ask for.
    pub(super) fn ask(&mut self, room: u64) -> Option<usize> {
        self.asked = !self.asked;
        if !self.asked {
            return None;
        }
        self.frame_started = false;
        Some(self.size.min(usize::try_from(room).unwrap_or(usize::MAX)))
    }

    /// Nothing is to be asked for now.
    pub(super) fn skip(&mut self) {
        self.asked = false;
    }

    /// `curl_ws_start_frame` has been called.
    pub(super) fn frame_started(&mut self) {
        self.frame_started = true;
    }

    /// The read callback gave nothing: whether that is the end. It is not if the callback has just started a frame.
    pub(super) fn is_end(&self) -> bool {
        !self.frame_started
    }

    /// The read callback has given all.
    pub(super) fn finish(&mut self) {
        self.active = false;
    }
}
