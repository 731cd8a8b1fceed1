//! Whole messages: `curl_ws_recv_message` and `curl_ws_send_message`.

use std::cell::Cell;
use std::ffi::c_int;

use super::Easy;
use super::waiting::{Deadline, Events};
use super::websocket::no_raw_mode;
use crate::error::{Error, Result};
use crate::io::fallible;
use crate::transfer::websocket::WebSocket;
use crate::types::codes::CURLcode;
use crate::types::structs::curl_ws_frame;
use crate::types::websocket::*;

/// The largest message in bytes where `CURLOPT_WS_MAX_MESSAGE_SIZE` says nothing.
const MAX_MESSAGE: u64 = 64 << 20;

/// Room for the first bytes of a message. A control frame fits.
const FIRST_ROOM: usize = 4096;

/// Memory that is kept for the next message.
const KEPT: usize = 64 * 1024;

/// What has come of the message that `curl_ws_recv_message` gathers.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    /// the message, and room behind it
    data: Vec<u8>,
    length: usize,
    /// bytes of the frame that are to come
    to_come: usize,
    /// a control frame that came between fragments
    control: Vec<u8>,
    /// what was gathered is with the application
    delivered: Option<Gathered>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gathered {
    Message,
    Control,
}

/// A message that the handle keeps until its next WebSocket call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Received {
    /// its bytes; never NULL
    pub data: *const u8,
    /// how many
    pub length: usize,
    /// `CURLWS_TEXT`, `_BINARY`, `_CLOSE` or `_PING`
    pub kind: c_int,
}

impl Easy {
    /// `curl_ws_recv_message`: one whole message.
    pub(crate) fn ws_recv_message(&self, timeout_ms: i64) -> Result<Received> {
        self.on_receivable(|_| Ok(()))?;
        let deadline = Deadline::new(timeout_ms)?;
        self.inbox.borrow_mut().get_or_insert_default().make_room();
        loop {
            match self.gather() {
                Err(error) if error.code() == CURLcode::CURLE_AGAIN => {}
                gathered => return gathered,
            }
            if timeout_ms == 0 {
                return Err(Error::new(
                    CURLcode::CURLE_AGAIN,
                    "[WS] no complete message has been received yet",
                ));
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
            self.await_events(reading, deadline)?;
        }
    }

    /// `curl_ws_send_message`: sends all, or fails.
    pub(crate) fn ws_send_message(&self, data: &[u8], flags: u32, timeout_ms: i64) -> Result<()> {
        self.check_message_flags(flags)?;
        let deadline = Deadline::new(timeout_ms)?;
        let mut sent = 0;
        loop {
            let step = self.on_open(|websocket| {
                if websocket.has_open_message() {
                    return Err(Error::new(
                        CURLcode::CURLE_BAD_FUNCTION_ARGUMENT,
                        "[WS] a fragmented message is open: curl_ws_send must end it first",
                    ));
                }
                websocket.send_message(&data[sent..], flags)
            })?;
            sent += step.count;
            if !step.blocked {
                return Ok(());
            }
            if deadline.is_over() {
                return Err(self.gave_up(sent, data.len(), timeout_ms));
            }
            let writing = Events {
                read: false,
                write: true,
            };
            self.await_events(writing, deadline)?;
        }
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

    /// The time is over. What was begun can't be taken back: then the connection is of no more use.
    fn gave_up(&self, sent: usize, length: usize, timeout_ms: i64) -> Error {
        if sent == 0 && timeout_ms == 0 {
            return Error::new(
                CURLcode::CURLE_AGAIN,
                "[WS] the socket is not writable: call curl_ws_send_message again with the same message",
            );
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

    fn gather(&self) -> Result<Received> {
        let limit = self.ws_settings().max_message.unwrap_or(MAX_MESSAGE);
        let mut inbox = self.inbox.borrow_mut();
        let inbox = inbox.get_or_insert_default();
        loop {
            inbox.grow()?;
            let Inbox { data, length, .. } = &mut **inbox;
            let room = &mut data[*length..];
            let chunk = self.on_open(|websocket| receive_bounded(websocket, room, *length as u64, limit))?;
            if let Some(received) = inbox.take(chunk) {
                return Ok(received);
            }
        }
    }
}

/// A chunk, unless the message gets too large with it.
fn receive_bounded(websocket: &mut WebSocket, room: &mut [u8], before: u64, limit: u64) -> Result<curl_ws_frame> {
    let chunk = Cell::new(curl_ws_frame::default());
    websocket.receive(room, &chunk)?;
    let chunk = chunk.get();
    let whole = (before + chunk.len as u64).saturating_add(chunk.bytesleft as u64);
    let is_data = chunk.flags & (CURLWS_TEXT | CURLWS_BINARY) != 0;
    match is_data && whole > limit {
        true => Err(websocket.refuse_message(limit)),
        false => Ok(chunk),
    }
}

impl Inbox {
    /// What was delivered is the application's no more.
    fn make_room(&mut self) {
        match self.delivered.take() {
            Some(Gathered::Message) => {
                self.length = 0;
                if self.data.len() > KEPT {
                    self.data = Vec::new();
                }
            }
            Some(Gathered::Control) => self.control.clear(),
            None => {}
        }
    }

    /// Memory grows with what has come, and not beyond what was announced. An error leaves everything as it was.
    fn grow(&mut self) -> Result<()> {
        if self.data.len() - self.length >= FIRST_ROOM {
            return Ok(());
        }
        let wanted = if self.to_come > 0 { self.to_come } else { self.length };
        let size = self.length + wanted.min(self.length).max(FIRST_ROOM);
        let more = size - self.data.len();
        fallible::reserve(&mut self.data, more)?;
        self.data.resize(size, 0);
        Ok(())
    }

    /// Counts a chunk that lies behind the message. Returns what is whole with it.
    fn take(&mut self, chunk: curl_ws_frame) -> Option<Received> {
        let kind = chunk.flags & !CURLWS_CONT;
        let fin = chunk.flags & CURLWS_CONT == 0 && chunk.bytesleft == 0;
        if kind & (CURLWS_TEXT | CURLWS_BINARY) != 0 {
            self.length += chunk.len;
            self.to_come = chunk.bytesleft.try_into().unwrap_or(usize::MAX);
            self.delivered = fin.then_some(Gathered::Message);
            return fin.then_some(Received {
                data: self.data.as_ptr(),
                length: self.length,
                kind,
            });
        }
        let bytes = &self.data[self.length..self.length + chunk.len];
        self.control.extend_from_slice(bytes);
        if !fin {
            return None;
        }
        if kind == CURLWS_PONG {
            self.control.clear();
            return None;
        }
        self.delivered = Some(Gathered::Control);
        Some(Received {
            data: self.control.as_ptr(),
            length: self.control.len(),
            kind,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(flags: c_int, len: usize, bytesleft: i64) -> curl_ws_frame {
        curl_ws_frame {
            age: 0,
            flags,
            offset: 0,
            bytesleft,
            len,
        }
    }

    /// Puts bytes where a chunk would be received, and counts them.
    fn put(inbox: &mut Inbox, flags: c_int, bytes: &[u8], bytesleft: i64) -> Option<(Vec<u8>, c_int)> {
        inbox.make_room();
        inbox.grow().unwrap();
        let at = inbox.length;
        inbox.data[at..at + bytes.len()].copy_from_slice(bytes);
        let received = inbox.take(chunk(flags, bytes.len(), bytesleft))?;
        let source = match inbox.delivered {
            Some(Gathered::Control) => &inbox.control,
            _ => &inbox.data,
        };
        Some((source[..received.length].to_vec(), received.kind))
    }

    #[test]
    fn fragments_join_around_control_frames() {
        let mut inbox = Inbox::default();
        assert_eq!(put(&mut inbox, CURLWS_TEXT | CURLWS_CONT, b"one ", 0), None);
        assert_eq!(put(&mut inbox, CURLWS_PONG, b"pong", 0), None);
        assert_eq!(put(&mut inbox, CURLWS_TEXT, b"tw", 1), None);
        assert_eq!(put(&mut inbox, CURLWS_PING, b"p", 1), None);
        assert_eq!(
            put(&mut inbox, CURLWS_PING, b"q", 0),
            Some((b"pq".to_vec(), CURLWS_PING))
        );
        assert_eq!(
            put(&mut inbox, CURLWS_TEXT, b"o", 0),
            Some((b"one two".to_vec(), CURLWS_TEXT))
        );
        assert_eq!(
            put(&mut inbox, CURLWS_BINARY, b"", 0),
            Some((Vec::new(), CURLWS_BINARY))
        );
    }

    #[test]
    fn memory_of_a_large_message_is_let_go() {
        let mut inbox = Inbox::default();
        let large = vec![7; 3 * KEPT];
        for piece in large.chunks(FIRST_ROOM) {
            put(&mut inbox, CURLWS_BINARY | CURLWS_CONT, piece, 0);
        }
        assert!(put(&mut inbox, CURLWS_BINARY, b"", 0).is_some_and(|(data, _)| data == large));
        inbox.make_room();
        assert_eq!(inbox.data.capacity(), 0);
    }
}
