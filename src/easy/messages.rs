//! Whole messages: `curl_ws_recv_message` and `curl_ws_send_message`.

use std::cell::Cell;
use std::ffi::c_int;
use std::thread;
use std::time::Duration;

use super::handle::Easy;
use super::message_buffer::Received;
use super::waiting::{Awaited, Deadline, Events};
use super::websocket::no_raw_mode;
use crate::error::{Error, Result};
use crate::transfer::websocket::WebSocket;
use crate::types::codes::CURLcode;
use crate::types::structs::curl_ws_frame;
use crate::types::websocket::*;

/// The largest message in bytes where `CURLOPT_WS_MAX_MESSAGE_SIZE` says nothing.
const MAX_MESSAGE: u64 = 64 << 20;

/// The maximum number of frames of one message: empty ones take no memory, but time.
const MAX_FRAMES: u64 = 1_000_000;

/// The number of pieces of frames after which a call looks at the time again.
const CHUNKS_IN_A_ROW: usize = 1024;

/// How often a thread looks whether it can send, while another one is in the middle of a message.
const OTHER_SENDER_INTERVAL: Duration = Duration::from_millis(1);

impl Easy {
    /// `curl_ws_recv_message`: one whole message.
    pub(crate) fn ws_recv_message(&self, timeout_ms: i64) -> Result<Received> {
        self.on_receivable(|_| Ok(()))?;
        let deadline = Deadline::new(timeout_ms)?;
        loop {
            match self.gather() {
                Err(error) if error == Error::AGAIN => {}
                gathered => return gathered,
            }
            if timeout_ms == 0 {
                return Err(Error::AGAIN);
            }
            if deadline.is_over() {
                return Err(Error::new(
                    CURLcode::CURLE_OPERATION_TIMEDOUT,
                    format!("[WS] no complete message was received within {timeout_ms} milliseconds"),
                ));
            }
            let reading = Events {
                read: true,
                write: false,
            };
            if self.await_events(reading, deadline, Some(self.wakeup()))? == Awaited::WokenUp {
                return Err(Error::AGAIN);
            }
        }
    }

    /// `curl_ws_send_message`: sends all, or fails.
    pub(crate) fn ws_send_message(&self, data: &[u8], flags: u32, timeout_ms: i64) -> Result<()> {
        self.check_message_flags(flags)?;
        let deadline = Deadline::new(timeout_ms)?;
        let mut sent = 0;
        loop {
            if self.is_other_sending() {
                self.await_other_sender(deadline, data.len(), timeout_ms)?;
                continue;
            }
            let step = self.on_open(|websocket| {
                if websocket.has_open_message() {
                    return Err(Error::new(
                        CURLcode::CURLE_BAD_FUNCTION_ARGUMENT,
                        "[WS] a fragmented message is open: curl_ws_send must end it first",
                    ));
                }
                // Inside `Ok`, as in `ws_send`: a PONG may wait to be read.
                Ok(websocket.send_message(&data[sent..], flags))
            })?;
            match step {
                Ok(count) if sent + count == data.len() => return Ok(()),
                Ok(count) => sent += count,
                Err(Error::AGAIN) => {}
                Err(error) => return Err(error),
            }
            if deadline.is_over() {
                return Err(self.gave_up(sent, data.len(), timeout_ms));
            }
            let writing = Events {
                read: false,
                write: true,
            };
            let _sending = self.begin_sending();
            // A message that has begun has to go on.
            self.await_events(writing, deadline, None)?;
        }
    }

    /// Waits a little for the thread that is in the middle of a message, which waits for the socket.
    #[cold]
    fn await_other_sender(&self, deadline: Deadline, length: usize, timeout_ms: i64) -> Result<()> {
        if deadline.is_over() {
            return Err(self.gave_up(0, length, timeout_ms));
        }
        self.calls().wait(|| thread::sleep(OTHER_SENDER_INTERVAL));
        Ok(())
    }

    fn check_message_flags(&self, flags: u32) -> Result<()> {
        let open = self.on_websocket(|websocket| match websocket.settings().raw {
            true => Err(no_raw_mode("curl_ws_send_message")),
            false => Ok(()),
        });
        open.unwrap_or_else(|| Err(self.not_sendable()))?;
        if flags as c_int & (CURLWS_CONT | CURLWS_OFFSET) != 0 || flags == 0 {
            return Err(Error::new(
                CURLcode::CURLE_BAD_FUNCTION_ARGUMENT,
                format!("[WS] type {flags:#x}: a message is CURLWS_TEXT, CURLWS_BINARY or a control type"),
            ));
        }
        Ok(())
    }

    /// The time is over. A message that was partly sent can't be undone, so that the connection fails.
    fn gave_up(&self, sent: usize, length: usize, timeout_ms: i64) -> Error {
        if sent == 0 && timeout_ms == 0 {
            return Error::AGAIN;
        }
        let error = Error::new(
            CURLcode::CURLE_OPERATION_TIMEDOUT,
            format!("[WS] {sent} of {length} bytes of a message were sent within {timeout_ms} milliseconds"),
        );
        if sent > 0 {
            // The WebSocket is there: it has just sent something.
            let _ = self.on_websocket(|websocket| {
                websocket.give_up(error.clone());
                Ok(())
            });
        }
        error
    }

    /// Receives what has arrived, up to the end of a message. `AGAIN`: there is no whole one, or there is much else.
    fn gather(&self) -> Result<Received> {
        let limit = self.ws_settings().max_message.unwrap_or(MAX_MESSAGE);
        for _ in 0..CHUNKS_IN_A_ROW {
            let received = self.on_open(|websocket| {
                let mut buffer = self.messages().borrow_mut();
                let buffer = buffer.get_or_insert_default();
                // Also what another thread was given while this one was waiting.
                buffer.release();
                buffer.grow()?;
                let before = buffer.len() as u64;
                let chunk = receive_bounded(websocket, buffer.space(), before, limit)?;
                let received = buffer.take(chunk);
                match buffer.frames() > MAX_FRAMES {
                    true => Err(websocket.refuse_frames(MAX_FRAMES)),
                    false => Ok(received),
                }
            })?;
            if let Some(received) = received {
                return Ok(received);
            }
        }
        Err(Error::AGAIN)
    }
}

/// Receives a chunk, unless the message gets too large with it.
fn receive_bounded(websocket: &mut WebSocket, space: &mut [u8], before: u64, limit: u64) -> Result<curl_ws_frame> {
    let chunk = Cell::new(curl_ws_frame::default());
    websocket.receive(space, &chunk)?;
    let chunk = chunk.get();
    let whole = (before + chunk.len as u64).saturating_add(chunk.bytesleft as u64);
    let is_data = chunk.flags & (CURLWS_TEXT | CURLWS_BINARY) != 0;
    match is_data && whole > limit {
        true => Err(websocket.refuse_message(limit)),
        false => Ok(chunk),
    }
}
