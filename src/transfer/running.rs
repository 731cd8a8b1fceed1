//! The open WebSocket under a driver: chunks to the write callback, uploads from the read callback, the speed limit.

use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::transfer::delivery::{Chunk, Next};
use crate::transfer::timers::Timer;
use crate::transfer::websocket::WebSocket;
use crate::transfer::{Action, Goal, State, Step, Transfer, Upload};
use crate::types::codes::CURLcode;
use crate::types::limits::CURL_MAX_WRITE_SIZE;
use crate::ws;

/// How often the speed is looked at.
const SPEED_INTERVAL: Duration = Duration::from_secs(1);

/// How long the peer may take to answer our CLOSE.
const CLOSE_PATIENCE: Duration = Duration::from_secs(10);

/// How long it may take to end the connection when both sides have closed (RFC 6455 section 7.1.1).
const END_PATIENCE: Duration = Duration::from_secs(3);

/// Where an upload stands.
#[derive(Debug)]
pub struct UploadState {
    /// the read callback has more to give
    active: bool,
    /// `curl_ws_start_frame` was called since the read callback was last asked
    frame_started: bool,
    /// it was the read callback's turn last: now receiving has one
    served: bool,
    /// why nothing can be sent any more
    error: Option<Error>,
}

impl UploadState {
    /// The state at the start: active with `CURLOPT_UPLOAD`.
    pub fn new(active: bool) -> UploadState {
        UploadState {
            active,
            frame_started: false,
            served: false,
            error: None,
        }
    }
}

/// Bytes counted for `CURLOPT_LOW_SPEED_LIMIT`.
#[derive(Debug, Default)]
pub struct SpeedWatch {
    bytes_before: u64,
    slow_since: Option<Instant>,
    looked: Option<Instant>,
}

impl SpeedWatch {
    /// A pause began or ended: slowness counts anew.
    pub fn reset(&mut self, now: Instant) {
        self.slow_since = None;
        self.looked = Some(now);
    }
}

impl Transfer {
    pub(super) fn running(&mut self, now: Instant) -> Result<Step> {
        if let Some(line) = self.parked.take() {
            if self.pause.receive {
                self.parked = Some(line);
                return Ok(Step::Act(Action::Wait));
            }
            return Ok(Step::Act(Action::Header(line)));
        }
        if !std::mem::replace(&mut self.opened, true) {
            return Ok(Step::Act(Action::Opened));
        }
        if self.close_overdue(now)? {
            return Ok(Step::Finished);
        }
        let State::Open(websocket) = &mut self.state else {
            return Ok(Step::Continue);
        };
        websocket.handle_timeout(now)?;
        if self.config.goal == Goal::Upgrade {
            websocket.settle()?;
            return Ok(self.reached_goal(now));
        }
        websocket.write_pending();
        let upload = upload_due(websocket, &self.upload, self.pause.send, self.config.upload_size);
        if let Some(room) = upload
            && !self.upload.served
        {
            self.upload.served = true;
            self.upload.frame_started = false;
            return Ok(Step::Act(Action::Upload(room)));
        }
        self.upload.served = false;
        let next = if self.pause.receive {
            Next::Blocked
        } else {
            websocket.next_chunk(CURL_MAX_WRITE_SIZE as usize)?
        };
        if matches!(next, Next::Blocked) && !self.pause.receive {
            websocket.check_pong(now)?;
        }
        self.watch_closing(now);
        match next {
            Next::Chunk(chunk) => Ok(Step::Act(Action::Chunk(chunk))),
            Next::Blocked if upload.is_some() => Ok(Step::Continue),
            Next::Blocked => Ok(Step::Act(Action::Wait)),
            Next::Busy => Ok(Step::Act(Action::Busy)),
            Next::End => match &self.upload.error {
                Some(error) => Err(error.clone()),
                None => Ok(Step::Finished),
            },
        }
    }

    /// The application has taken `chunk`. It becomes the next one in the same memory, if there is nothing else to do first.
    #[inline]
    pub fn next_in(&mut self, chunk: &mut Chunk) -> bool {
        match &mut self.state {
            State::Open(websocket) if !self.pause.receive && !self.upload.active => {
                websocket.next_in(chunk, CURL_MAX_WRITE_SIZE as usize)
            }
            _ => false,
        }
    }

    /// The answer to [`Action::Chunk`]: its memory, and whether the application took it.
    pub fn chunk_done(&mut self, chunk: Chunk, taken: bool) {
        if let State::Open(websocket) = &mut self.state {
            websocket.chunk_done(chunk, taken);
        }
    }

    /// A callback asked for a pause.
    pub fn pause_receiving(&mut self) {
        self.pause.receive = true;
    }

    /// The answer to [`Action::Upload`].
    pub fn upload(&mut self, answer: Upload<'_>, now: Instant) {
        let outcome = match answer {
            Upload::Data(bytes) => self.upload_bytes(bytes),
            Upload::End => self.upload_end(),
            Upload::Pause => {
                self.pause.send = true;
                Ok(())
            }
        };
        if let Err(error) = outcome {
            self.finish(Err(error), now);
        }
    }

    /// `curl_ws_start_frame`, also from inside the read callback.
    pub fn start_frame(&mut self, flags: u32, length: i64) -> Result<()> {
        let State::Open(websocket) = &mut self.state else {
            return Err(Error::new(
                CURLcode::CURLE_SEND_ERROR,
                "[WS] there is no open WebSocket to start a frame on",
            ));
        };
        websocket.start_frame(flags, length)?;
        self.upload.frame_started = true;
        Ok(())
    }

    fn upload_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        let State::Open(websocket) = &mut self.state else {
            return Ok(());
        };
        websocket.send_upload(bytes)?;
        if let Err(error) = websocket.flush() {
            // What the server has sent before it closed is delivered first.
            self.upload.active = false;
            self.upload.error = Some(error);
        }
        Ok(())
    }

    /// No data: the end of the upload, unless the callback has just started a frame.
    fn upload_end(&mut self) -> Result<()> {
        let State::Open(websocket) = &mut self.state else {
            return Ok(());
        };
        if self.upload.frame_started {
            websocket.flush()?;
            return Ok(());
        }
        if let Some(missing) = websocket.upload_room() {
            return Err(Error::new(
                CURLcode::CURLE_READ_ERROR,
                format!("[WS] the read callback ended its data {missing} bytes before the end of the frame it started"),
            ));
        }
        self.upload.active = false;
        Ok(())
    }

    // ---- closing

    /// Sets the time limit of the closing handshake when it begins, and anew when only the end is missing.
    fn watch_closing(&mut self, now: Instant) {
        let State::Open(websocket) = &self.state else {
            return;
        };
        let received = match websocket.state() {
            ws::State::LocalClosing => false,
            // Outside of strict mode the application decides when a closed connection ends.
            ws::State::Closed if websocket.is_strict() => true,
            _ => return,
        };
        if self.timers.get(Timer::Closing).is_some() && received == self.peer_closed {
            return;
        }
        self.peer_closed = received;
        let patience = if received { END_PATIENCE } else { CLOSE_PATIENCE };
        self.timers.set(Timer::Closing, now + patience);
    }

    /// Whether the peer has had its time to end a connection that both sides have closed.
    fn close_overdue(&self, now: Instant) -> Result<bool> {
        if self.timers.get(Timer::Closing).is_none_or(|until| now < until) {
            return Ok(false);
        }
        if self.peer_closed {
            return Ok(true);
        }
        Err(Error::new(
            CURLcode::CURLE_OPERATION_TIMEDOUT,
            format!(
                "[WS] the server has not answered a CLOSE frame for {} seconds",
                CLOSE_PATIENCE.as_secs()
            ),
        ))
    }

    // ---- speed

    pub(super) fn watch_speed(&mut self, now: Instant) {
        if self.config.low_speed.is_some() {
            self.speed.looked = Some(now);
            self.timers.set(Timer::Speed, now + SPEED_INTERVAL);
        }
    }

    pub(super) fn check_speed(&mut self, now: Instant) -> Result<()> {
        if self.timers.get(Timer::Speed).is_none_or(|due| now < due) {
            return Ok(());
        }
        let Some((limit, patience)) = self.config.low_speed else {
            return Ok(());
        };
        self.timers.set(Timer::Speed, now + SPEED_INTERVAL);
        let moved = self.stream().map_or(0, |stream| stream.received() + stream.sent());
        let before = std::mem::replace(&mut self.speed.bytes_before, moved);
        let since = self.speed.looked.replace(now).unwrap_or(now);
        let span = now.saturating_duration_since(since).as_millis().max(1);
        let speed = u128::from(moved - before) * 1000 / span;
        if self.pause.receive || self.pause.send || speed >= u128::from(limit) {
            self.speed.slow_since = None;
            return Ok(());
        }
        let slow_since = *self.speed.slow_since.get_or_insert(since);
        if now.saturating_duration_since(slow_since) < patience {
            return Ok(());
        }
        Err(Error::new(
            CURLcode::CURLE_OPERATION_TIMEDOUT,
            format!(
                "Operation too slow. Less than {limit} bytes/sec transferred the last {} seconds",
                patience.as_secs()
            ),
        ))
    }
}

/// How many bytes the read callback is to be asked for, if it is its turn: everything before is with the kernel.
fn upload_due(websocket: &WebSocket, upload: &UploadState, paused: bool, size: usize) -> Option<usize> {
    if !upload.active || paused || websocket.stream().unsent() > 0 {
        return None;
    }
    // After a CLOSE frame the upload ends with the frame that is open.
    if websocket.upload_room().is_none() && !websocket.may_start() {
        return None;
    }
    let room = websocket.upload_room().unwrap_or(u64::MAX);
    Some(size.min(usize::try_from(room).unwrap_or(usize::MAX)))
}
