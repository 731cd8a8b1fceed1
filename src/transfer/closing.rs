//! The closing handshake (RFC 6455 section 7), and failing.

use crate::error::{Error, Result};
use crate::random;
use crate::transfer::channel::Channel;
use crate::transfer::chunks::Next;
use crate::transfer::message::Breach;
use crate::transport::Fill;
use crate::types::codes::CURLcode;
use crate::ws::{Frame, Kind, Violation, close};

/// Where the closing handshake stands.
#[derive(Debug, Default)]
pub(super) struct Closing {
    /// our CLOSE frame is sent, or waits for the socket
    sent: bool,
    /// the peer's CLOSE frame came, with this status code
    received: Option<u16>,
    /// it is to be answered with this status code, or with none
    answer: Option<Option<u16>>,
    /// the first two bytes of the peer's
    code: [u8; 2],
}

impl Closing {
    /// Keeps the status code of a CLOSE frame that is delivered as it comes.
    pub(super) fn note(&mut self, frame: Frame, bytes: &[u8]) {
        for (place, byte) in (frame.offset..2).zip(bytes) {
            self.code[place as usize] = *byte;
        }
        if bytes.len() as u64 == frame.remaining {
            self.received = Some(match frame.length() {
                0 | 1 => close::NO_STATUS,
                _ => u16::from_be_bytes(self.code),
            });
        }
    }

    /// Neither side has said that it closes.
    pub(super) fn is_far(&self) -> bool {
        !self.sent && self.received.is_none() && self.answer.is_none()
    }
}

impl Channel {
    /// `curl_ws_close`: sends a CLOSE frame, once. It may still wait for the socket.
    pub fn send_close(&mut self, code: u16, reason: &[u8]) -> Result<()> {
        let payload = close::payload(code, reason)
            .map_err(|fault| Error::new(CURLcode::CURLE_BAD_FUNCTION_ARGUMENT, format!("[WS] {fault}")))?;
        self.check()?;
        self.check_not_closed()?;
        if self.sender.is_busy() {
            return Err(Error::new(
                CURLcode::CURLE_SEND_ERROR,
                format!(
                    "[WS] a CLOSE frame can't start while the last frame lacks {} bytes of payload",
                    self.sender.remaining()
                ),
            ));
        }
        self.queue_close(&payload)?;
        self.stream.flush().map(|_| ())
    }

    /// The status code of the peer's CLOSE frame, 1005 for one without.
    pub fn close_code(&self) -> Option<u16> {
        self.closing.received
    }

    /// We have sent a CLOSE frame, and: the peer has, too.
    pub fn closing(&self) -> (bool, bool) {
        (self.closing.sent, self.closing.received.is_some())
    }

    /// With `CURLWS_STRICT`: the peer has closed, and its CLOSE frame was delivered. Whatever it sends now means nothing.
    pub fn is_closed(&self) -> bool {
        self.strict && self.closing.received.is_some() && self.held.is_none()
    }

    /// The application may start another frame.
    pub(super) fn may_start(&self) -> bool {
        self.check_not_closed().is_ok()
    }

    /// No frame may follow our CLOSE (section 5.5.1).
    pub(super) fn check_not_closed(&self) -> Result<()> {
        if !self.closing.sent && self.closing.answer.is_none() {
            return Ok(());
        }
        Err(Error::new(
            CURLcode::CURLE_SEND_ERROR,
            "[WS] nothing can be sent after a CLOSE frame (RFC 6455 section 5.5.1)",
        ))
    }

    /// An application's own CLOSE frame: in strict mode what it says is checked.
    pub(super) fn check_own_close(&self, payload: &[u8], whole: bool) -> Result<()> {
        if !self.strict {
            return Ok(());
        }
        let checked = match whole {
            true => close::check(payload).map(|_| ()).map_err(|fault| fault.to_string()),
            false => Err("in strict mode a CLOSE frame goes out in one call".to_string()),
        };
        checked.map_err(|fault| Error::new(CURLcode::CURLE_BAD_FUNCTION_ARGUMENT, format!("[WS] {fault}")))
    }

    /// An application's own CLOSE frame is on its way: in strict mode it is the last.
    pub(super) fn own_close_started(&mut self) {
        self.closing.sent |= self.strict;
    }

    /// Strict mode: the peer's CLOSE frame in `control` is about to be delivered. What came before it has been, and could
    /// be answered.
    pub(super) fn peer_closes(&mut self) -> Result<()> {
        if self.closing.received.is_some() {
            return Ok(());
        }
        match close::check(self.control.payload()) {
            Ok(code) => {
                self.closing.received = Some(code.unwrap_or(close::NO_STATUS));
                if !self.closing.sent {
                    self.closing.answer = Some(code);
                }
                Ok(())
            }
            Err(fault) => Err(self.violation_error(&fault.to_string(), fault.close_code())),
        }
    }

    /// Answers the peer's CLOSE with the same status code, if a frame may start now (section 5.5.1).
    pub(super) fn answer_close(&mut self) {
        if let Some(code) = self.closing.answer
            && !self.sender.is_busy()
        {
            let code = code.map(u16::to_be_bytes);
            // What fails here shows in the next send; there is nobody else left to tell.
            let _ = self.queue_close(code.as_ref().map_or(&[], |code| code));
        }
    }

    fn queue_close(&mut self, payload: &[u8]) -> Result<()> {
        if self.pong.is_some() {
            self.queue_pong()?;
        }
        let key = random::masking_key()?;
        self.sender.control(&mut self.stream, Kind::Close, payload, key)?;
        self.closing.sent = true;
        self.closing.answer = None;
        self.log.text(|| match payload.first_chunk() {
            Some(code) => format!("[WS] sent CLOSE frame with status {}", u16::from_be_bytes(*code)),
            None => "[WS] sent CLOSE frame".to_string(),
        });
        Ok(())
    }

    /// After the closing handshake only the end of the stream is waited for.
    pub(super) fn await_end(&mut self) -> Next {
        self.answer();
        let count = self.stream.available().len();
        self.stream.consume(count);
        match self.stream.fill() {
            Ok(Fill::Data | Fill::Blocked) => Next::Blocked,
            Ok(Fill::End) | Err(_) => Next::End,
        }
    }

    pub(super) fn closed_error(&self) -> Error {
        Error::new(
            CURLcode::CURLE_GOT_NOTHING,
            format!(
                "[WS] the server closed the WebSocket with status {}",
                self.closing.received.unwrap_or(close::NO_STATUS)
            ),
        )
    }

    // ---- failing

    /// A message of more than `limit` bytes comes: the WebSocket fails.
    pub fn refuse_message(&mut self, limit: u64) -> Error {
        self.breached(Breach::too_large(limit))
    }

    /// The application can't go on: the connection is of no more use, and every further call returns `error`.
    pub fn give_up(&mut self, error: Error) {
        self.fail(error, 1001);
    }

    pub(super) fn violated(&mut self, violation: Violation) -> Error {
        self.violation_error(&violation.to_string(), violation.close_code())
    }

    pub(super) fn breached(&mut self, breach: Breach) -> Error {
        self.fail(breach.error, breach.close_code)
    }

    fn violation_error(&mut self, what: &str, close_code: u16) -> Error {
        let error = Error::new(
            CURLcode::CURLE_RECV_ERROR,
            format!("[WS] protocol violation by the server: {what}"),
        );
        self.fail(error, close_code)
    }

    /// Fails the WebSocket connection (section 7.1.7): tells the peer why, best effort, and every later call.
    ///
    /// What is found while looking ahead waits: what came before it is still to be delivered, and may be answered.
    pub(super) fn fail(&mut self, error: Error, close_code: u16) -> Error {
        if self.looking_ahead {
            self.ahead = Some(Breach {
                error: error.clone(),
                close_code,
            });
            return error;
        }
        self.failure = Some(error.clone());
        if !self.settings.raw && !self.sender.is_busy() && !self.closing.sent {
            let _ = self.queue_close(&close_code.to_be_bytes());
        }
        self.stream.shutdown();
        error
    }
}
