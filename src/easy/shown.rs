//! What pointers of the application lead to: the description of a frame, a header.

use std::cell::{Cell, OnceCell};
use std::ptr::{null, null_mut};

use crate::types::structs::{curl_header, curl_ws_frame};

/// Memory of the handle that the application has pointers to.
pub(super) struct Shown {
    /// for `curl_ws_recv` and `curl_ws_meta`
    frame: Cell<curl_ws_frame>,
    /// `frame` describes the chunk that the write callback has now
    in_write_callback: Cell<bool>,
    /// for `curl_easy_header`
    header: OnceCell<Box<Cell<curl_header>>>,
}

impl Shown {
    pub(super) fn new() -> Shown {
        Shown {
            frame: Cell::new(curl_ws_frame::default()),
            in_write_callback: Cell::new(false),
            header: OnceCell::new(),
        }
    }

    /// The frame that `curl_ws_recv` or the write callback's chunk is of.
    #[inline(always)]
    pub(super) fn frame(&self) -> &Cell<curl_ws_frame> {
        &self.frame
    }

    /// Shows the frame to `curl_ws_meta` until the result is dropped. Not `framed`: there is none.
    pub(super) fn show_frame(&self, framed: bool) -> ShownFrame<'_> {
        self.in_write_callback.set(framed);
        ShownFrame(self)
    }

    /// No frame is shown, also if a callback was left by `longjmp()`.
    pub(super) fn hide_frame(&self) {
        self.in_write_callback.set(false);
    }

    /// The frame that is shown, or NULL.
    pub(super) fn shown_frame(&self) -> *const curl_ws_frame {
        match self.in_write_callback.get() {
            true => self.frame.as_ptr(),
            false => null(),
        }
    }

    /// Keeps a header for the application.
    pub(super) fn show_header(&self, header: curl_header) -> *mut curl_header {
        let memory = self.header.get_or_init(|| Box::new(Cell::new(NO_HEADER)));
        memory.set(header);
        memory.as_ptr()
    }
}

/// The time in which a frame is shown.
pub(super) struct ShownFrame<'a>(&'a Shown);

impl Drop for ShownFrame<'_> {
    fn drop(&mut self) {
        self.0.hide_frame();
    }
}

const NO_HEADER: curl_header = curl_header {
    name: null_mut(),
    value: null_mut(),
    amount: 0,
    index: 0,
    origin: 0,
    anchor: null_mut(),
};
