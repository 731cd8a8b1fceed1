//! The open WebSocket under a driver: chunks to the write callback, uploads from the read callback.

use std::time::Instant;

use crate::error::{Error, Result};
use crate::net::socket::Socket;
use crate::trace::Trace;
use crate::transfer::action::Upload;
use crate::transfer::close_deadline::CloseDeadline;
use crate::transfer::pause::Pause;
use crate::transfer::rate_limit::RateLimit;
use crate::transfer::timers::earlier;
use crate::transfer::upload::UploadState;
use crate::transfer::websocket::WebSocket;
use crate::transfer::websocket::chunk::{Chunk, Next};
use crate::types::codes::CURLcode;
use crate::types::limits::CURL_MAX_WRITE_SIZE;
use crate::ws;

/// The write callback never gets more at once.
const CHUNK: usize = CURL_MAX_WRITE_SIZE as usize;

/// An open WebSocket and what callbacks have to do with it.
pub(super) struct Exchange {
    websocket: WebSocket,
    upload: UploadState,
    closing: CloseDeadline,
    /// bytes that the write callback gets at once at most
    chunk: usize,
    /// bytes that the write callback may still get, `None` for no limit (`CURLOPT_MAXFILESIZE`)
    size_left: Option<u64>,
    /// what the write callback gets
    receive_limit: RateLimit,
    /// what the read callback gives
    send_limit: RateLimit,
}

/// What is to happen next.
pub(super) enum Progress {
    /// the write callback gets the chunk: [`Exchange::chunk_done`]
    Chunk,
    /// the read callback is asked for at most this many bytes: [`Exchange::upload`]
    Upload(usize),
    /// look again
    Again,
    /// let others run first
    Busy,
    /// wait
    Wait,
    /// the connection has ended as it should
    End,
}

impl Exchange {
    pub(super) fn new(
        websocket: WebSocket,
        upload: UploadState,
        max_chunk: usize,
        max_size: Option<u64>,
        receive_limit: RateLimit,
        send_limit: RateLimit,
    ) -> Exchange {
        Exchange {
            websocket,
            upload,
            closing: CloseDeadline::default(),
            chunk: max_chunk.min(CHUNK),
            size_left: max_size,
            receive_limit,
            send_limit,
        }
    }

    #[inline]
    pub(super) fn websocket(&self) -> &WebSocket {
        &self.websocket
    }

    #[inline]
    pub(super) fn websocket_mut(&mut self) -> &mut WebSocket {
        &mut self.websocket
    }

    /// Ends the connection; what was left to show goes to `trace`.
    pub(super) fn close(mut self, trace: &mut Trace) -> Socket {
        while let Some(line) = self.websocket.next_trace_line() {
            trace.push(line);
        }
        self.websocket.close()
    }

    /// When [`Exchange::step`] is due at the latest.
    pub(super) fn deadline(&self, pause: Pause) -> Option<Instant> {
        let receive = self.receive_limit.blocked_until().filter(|_| !pause.receive);
        let send = self
            .send_limit
            .blocked_until()
            .filter(|_| !pause.send && self.may_ask());
        let websocket = self.websocket.deadline(!pause.receive && receive.is_none());
        earlier(earlier(self.closing.at(), websocket), earlier(receive, send))
    }

    /// Nothing is received now: the application gets no more before a second has its share.
    #[inline]
    pub(super) fn is_receive_limited(&self) -> bool {
        self.receive_limit.blocked_until().is_some()
    }

    /// The application drives from here on.
    pub(super) fn hand_over(&mut self, now: Instant) -> Result<()> {
        self.websocket.handle_timeout(now)?;
        self.websocket.settle()
    }

    /// Goes on under the callbacks. What is delivered, `chunk` becomes.
    pub(super) fn step(&mut self, pause: Pause, chunk: &mut Chunk, now: Instant) -> Result<Progress> {
        let answered = self.websocket.close_code().is_some();
        if self.closing.is_over(answered, now)? {
            return Ok(Progress::End);
        }
        self.websocket.handle_timeout(now)?;
        self.websocket.write_pending();
        let room = match pause.send {
            true => None,
            false => self.upload_room(now),
        };
        if let Some(size) = self.upload.ask(room) {
            return Ok(Progress::Upload(size));
        }
        let limit = match pause.receive {
            true => 0,
            false => self.receive_limit.available(now).min(self.chunk),
        };
        let receiving = limit > 0;
        let next = match receiving {
            true => self.next_chunk(limit, chunk)?,
            false => Next::Blocked,
        };
        if self.upload.is_active() {
            self.upload.received(matches!(next, Next::Chunk));
        }
        if matches!(next, Next::Blocked) && receiving {
            self.websocket.check_pong(now)?;
        }
        self.note_closing(now);
        Ok(match next {
            Next::Chunk => Progress::Chunk,
            Next::Blocked if room.is_some() => Progress::Again,
            Next::Blocked => Progress::Wait,
            Next::Busy => Progress::Busy,
            Next::End => {
                self.websocket.check_end()?;
                self.upload.check()?;
                Progress::End
            }
        })
    }

    /// The next chunk of at most `limit` bytes, an error if `CURLOPT_MAXFILESIZE` does not allow it.
    #[inline]
    fn next_chunk(&mut self, limit: usize, chunk: &mut Chunk) -> Result<Next> {
        let left = self
            .size_left
            .map_or(usize::MAX, |left| usize::try_from(left).unwrap_or(usize::MAX));
        // Without bytes left, one shows that there are more.
        let next = self.websocket.next_chunk(limit.min(left.max(1)), chunk)?;
        if matches!(next, Next::Chunk) && chunk.bytes().len() > left {
            self.websocket.chunk_done(chunk, false);
            return Err(Error::new(
                CURLcode::CURLE_FILESIZE_EXCEEDED,
                "Exceeded the maximum allowed file size (CURLOPT_MAXFILESIZE)",
            ));
        }
        Ok(next)
    }

    /// The read callback has more, and everything before is with the kernel.
    fn may_ask(&self) -> bool {
        self.upload.is_active() && self.websocket.stream().unsent() == 0
    }

    /// How many bytes the read callback may give now.
    fn upload_room(&mut self, now: Instant) -> Option<u64> {
        if !self.may_ask() {
            return None;
        }
        let room = match self.websocket.upload_room() {
            Some(room) => room,
            // After a CLOSE frame the upload ends with the frame that is open.
            None if self.websocket.may_start() => u64::MAX,
            None => return None,
        };
        let limit = self.send_limit.available(now);
        (limit > 0).then(|| room.min(limit as u64))
    }

    fn note_closing(&mut self, now: Instant) {
        match self.websocket.state() {
            ws::State::LocalClosing => self.closing.note(false, now),
            // Outside of strict mode the application decides when a closed connection ends.
            ws::State::Closed if self.websocket.is_strict() => self.closing.note(true, now),
            _ => {}
        }
    }

    /// The application has taken `chunk`. It becomes the next one in the same memory, if there is nothing else to do first.
    #[inline]
    pub(super) fn next_in(&mut self, chunk: &mut Chunk) -> bool {
        !self.upload.is_active()
            && self.size_left.is_none()
            && self.receive_limit.is_unlimited()
            && self.websocket.next_in(chunk, self.chunk)
    }

    /// The answer to [`Progress::Chunk`]: its memory, and whether the application took it.
    pub(super) fn chunk_done(&mut self, chunk: &mut Chunk, taken: bool) {
        if taken {
            let length = chunk.bytes().len();
            self.receive_limit.take(length);
            self.size_left = self.size_left.map(|left| left.saturating_sub(length as u64));
        }
        self.websocket.chunk_done(chunk, taken);
    }

    /// The answer to [`Progress::Upload`], unless that is a pause.
    pub(super) fn upload(&mut self, answer: &Upload<'_>) -> Result<()> {
        match answer {
            Upload::Data(bytes) => {
                self.websocket.send_upload(bytes)?;
                self.send_limit.take(bytes.len());
                if let Err(error) = self.websocket.flush() {
                    // What the server has sent before it closed is delivered first.
                    self.upload.fail(error);
                }
                Ok(())
            }
            Upload::End => self.upload_end(),
            Upload::Pause => Ok(()),
        }
    }

    /// `curl_ws_start_frame`, also from inside the read callback.
    pub(super) fn start_frame(&mut self, flags: u32, length: i64) -> Result<()> {
        self.websocket.start_frame(flags, length)?;
        self.upload.frame_started();
        Ok(())
    }

    /// No data: the end of the upload, unless the callback has just started a frame. A frame that is open stays so: the
    /// application may go on with it.
    fn upload_end(&mut self) -> Result<()> {
        if self.upload.has_started_frame() {
            return self.websocket.flush().map(|_| ());
        }
        self.upload.finish();
        Ok(())
    }
}
