//! The calls on an open connection: `curl_ws_*`, `curl_easy_send`, `curl_easy_recv`, `curl_easy_pause`.

use std::cell::{Cell, RefMut};
use std::time::{Duration, Instant};

use super::handle::Easy;
use super::options::ConnectOnly;
use crate::error::{Error, Result};
use crate::net::wait::poll::{self, Interest};
use crate::transfer::websocket::WebSocket;
use crate::transfer::{Mode, Pause, Transfer};
use crate::types::codes::CURLcode;
use crate::types::structs::curl_ws_frame;

impl Easy {
    /// `curl_ws_send`: the number of bytes of `data` that were sent, also beside an error. In raw mode it must be `wanted` by the
    /// caller.
    #[inline(always)]
    pub(crate) fn ws_send(&self, data: &[u8], frame_size: i64, flags: u32, wanted: bool) -> (usize, Result<()>) {
        if self.is_other_sending() {
            return (0, Err(other_sends()));
        }
        let step = match self.plain_websocket() {
            Some(mut websocket) => send(&mut websocket, data, frame_size, flags, wanted),
            None => self.ws_send_in_any_state(data, frame_size, flags, wanted),
        };
        match step {
            Ok(count) if count == data.len() => (count, Ok(())),
            step => self.send_rest(step, data, move |rest| {
                self.ws_send_in_any_state(rest, frame_size, flags, wanted)
            }),
        }
    }

    #[inline(never)]
    fn ws_send_in_any_state(&self, data: &[u8], frame_size: i64, flags: u32, wanted: bool) -> Result<usize> {
        // Inside `Ok`: an AGAIN of a receiving call tells that all was read and a PONG is missing. Here it may wait to be read.
        self.on_websocket(|websocket| Ok(send(websocket, data, frame_size, flags, wanted)))
            .unwrap_or_else(|| Err(self.not_sendable()))?
    }

    /// `curl_ws_recv`: a chunk of one frame, whose description stays until the next call.
    #[inline(always)]
    pub(crate) fn ws_recv(&self, buffer: &mut [u8]) -> Result<(usize, *const curl_ws_frame)> {
        match self.plain_websocket() {
            Some(mut websocket) => receive(&mut websocket, buffer, self.shown().frame())?,
            None => self.ws_recv_in_any_state(buffer)?,
        }
        let frame = self.shown().frame();
        Ok((frame.get().len, frame.as_ptr().cast_const()))
    }

    #[inline(never)]
    fn ws_recv_in_any_state(&self, buffer: &mut [u8]) -> Result<()> {
        self.on_open(|websocket| receive(websocket, buffer, self.shown().frame()))
    }

    /// `curl_ws_close`
    pub(crate) fn ws_close(&self, code: u32, reason: &[u8]) -> Result<()> {
        // What is no 16-bit number is no status code either.
        let code = u16::try_from(code).unwrap_or(0);
        if self.is_other_sending() {
            return Err(other_sends());
        }
        self.on_websocket(|websocket| {
            if websocket.settings().raw {
                return Err(no_raw_mode("curl_ws_close"));
            }
            websocket.send_close(code, reason)
        })
        .unwrap_or_else(|| Err(self.not_sendable()))
    }

    /// `curl_ws_start_frame`
    pub(crate) fn ws_start_frame(&self, flags: u32, length: i64) -> Result<()> {
        if self.ws_settings().raw {
            return Err(no_raw_mode("curl_ws_start_frame"));
        }
        if self.is_other_sending() {
            return Err(other_sends());
        }
        let started = self.with_transfer(|transfer| (transfer.start_frame(flags, length), transfer.has_trace()));
        let (started, has_trace) = started.unwrap_or_else(|| (Err(not_connected()), false));
        if has_trace {
            self.flush_trace();
        }
        started
    }

    /// `curl_easy_send`: bytes as they are.
    pub(crate) fn easy_send(&self, data: &[u8], sent: &mut usize) -> Result<()> {
        self.check_connect_only()?;
        let count = self
            .with_transfer(|transfer| match transfer.websocket() {
                Some(websocket) => Some(websocket.send_raw(data)),
                None => transfer.connected_stream().map(|stream| Ok(stream.send_raw(data)?)),
            })
            .flatten();
        let count = count.unwrap_or_else(|| Err(no_connection()))?;
        *sent = count;
        raw_sent(count, data).map(drop)
    }

    /// `curl_easy_recv`: bytes as they are; 0 at the end of the stream, which a call without room can't find.
    pub(crate) fn easy_recv(&self, buffer: &mut [u8]) -> Result<usize> {
        self.check_connect_only()?;
        let received = self.with_transfer(|transfer| {
            transfer.connected_stream().map(|stream| match buffer.is_empty() {
                true => Ok(None),
                false => stream.receive_raw(buffer),
            })
        });
        match received.flatten() {
            None => Err(no_connection()),
            Some(received) => received?.ok_or(Error::AGAIN),
        }
    }

    /// `curl_easy_pause`. Where the application drives the connection, there is nothing to hold back.
    pub(crate) fn pause(&self, pause: Pause) -> Result<()> {
        self.with_transfer(|transfer| {
            if transfer.mode() == Mode::Callbacks {
                transfer.set_pause(pause, Instant::now());
            }
        })
        .ok_or_else(|| bad_argument("there is no running transfer to pause"))
    }

    /// `curl_easy_upkeep`: sends what is due on an idle connection.
    pub(crate) fn upkeep(&self) -> Result<()> {
        self.on_websocket(|websocket| {
            websocket.write_pending();
            Ok(())
        })
        .unwrap_or(Ok(()))
    }

    /// The open WebSocket for one call, if nothing else is to be done before or after it.
    #[inline(always)]
    fn plain_websocket(&self) -> Option<RefMut<'_, WebSocket>> {
        let websocket = RefMut::filter_map(self.transfer_mut()?, |transfer| {
            transfer.as_deref_mut().and_then(Transfer::websocket)
        });
        websocket.ok().filter(|websocket| !websocket.needs_attention())
    }

    /// A call on the open WebSocket, keep-alive included. `None`: there is none.
    #[inline(always)]
    pub(super) fn on_websocket<T>(&self, call: impl FnOnce(&mut WebSocket) -> Result<T>) -> Option<Result<T>> {
        let (result, has_trace) = {
            let mut transfer = self.transfer_mut()?;
            let websocket = transfer.as_deref_mut().and_then(Transfer::websocket)?;
            let attention = websocket.needs_attention();
            let begun = if attention { before_call(websocket) } else { Ok(()) };
            let mut result = match begun {
                Ok(()) => call(websocket),
                Err(error) => Err(error),
            };
            if attention {
                result = after_call(websocket, result);
            }
            (result, attention && websocket.has_trace())
        };
        if has_trace {
            self.flush_trace();
        }
        Some(result)
    }

    /// A call on the WebSocket that is open.
    pub(super) fn on_open<T>(&self, call: impl FnOnce(&mut WebSocket) -> Result<T>) -> Result<T> {
        self.on_websocket(call).unwrap_or_else(|| Err(self.not_receivable()))
    }

    /// A call on the open WebSocket of an application that asks for frames.
    pub(super) fn on_receivable<T>(&self, call: impl FnOnce(&mut WebSocket) -> Result<T>) -> Result<T> {
        self.on_open(|websocket| match websocket.settings().connect_only {
            true => call(websocket),
            false => Err(not_connect_only()),
        })
    }

    /// Why nothing can be received: frames can only be asked for where no callback gets them, and of a WebSocket.
    #[cold]
    pub(super) fn not_receivable(&self) -> Error {
        match self.options().borrow().connect_only {
            // While the connection is opened, libcurl misses the WebSocket first.
            ConnectOnly::No if !self.has_transfer() => not_connect_only(),
            _ => bad_argument(
                "[WS] there is no open WebSocket: curl_easy_perform with CURLOPT_CONNECT_ONLY 2 comes first",
            ),
        }
    }

    /// Why nothing can be sent: the code depends on what was to be there.
    #[cold]
    pub(super) fn not_sendable(&self) -> Error {
        let connected = self.with_transfer(|transfer| transfer.stream().is_some());
        match connected {
            Some(true) => not_connected(),
            _ if self.options().borrow().connect_only == ConnectOnly::No => not_connected(),
            _ => no_connection(),
        }
    }

    /// A send that did not complete, after the first `step`: inside a callback it waits until the socket has taken all.
    #[cold]
    fn send_rest(
        &self,
        mut step: Result<usize>,
        data: &[u8],
        send: impl Fn(&[u8]) -> Result<usize>,
    ) -> (usize, Result<()>) {
        let mut sent = 0;
        loop {
            match step {
                Ok(count) => {
                    sent += count;
                    if sent == data.len() || !self.calls().in_callback() {
                        return (sent, Ok(()));
                    }
                }
                Err(Error::AGAIN) if self.calls().in_callback() => {}
                Err(error) => return (sent, Err(error)),
            }
            step = self.wait_writable().and_then(|()| send(&data[sent..]));
        }
    }

    fn wait_writable(&self) -> Result<()> {
        let fd = self.active_socket().ok_or_else(not_connected)?;
        let deadline = self.with_transfer(|transfer| transfer.time_limit()).flatten();
        let interest = Interest {
            fd,
            read: false,
            write: true,
        };
        let now = Instant::now();
        if deadline.is_some_and(|deadline| deadline <= now) {
            return Err(Error::new(
                CURLcode::CURLE_SEND_ERROR,
                "[WS] timeout while a callback was sending",
            ));
        }
        let until = deadline.unwrap_or(now + Duration::from_secs(1));
        self.calls()
            .wait(|| poll::wait(&[interest], Some(until)))
            .map_err(|error| {
                Error::new(
                    CURLcode::CURLE_SEND_ERROR,
                    format!("[WS] waiting to send failed: {error}"),
                )
            })?;
        Ok(())
    }

    /// `CURLOPT_CONNECT_ONLY` is set, and was when the transfer began, if there is one: the option may change meanwhile.
    fn is_connect_only(&self) -> bool {
        let asked = self.options().borrow().connect_only != ConnectOnly::No;
        asked && self.with_transfer(|transfer| transfer.mode()) != Some(Mode::Callbacks)
    }

    fn check_connect_only(&self) -> Result<()> {
        if !self.is_connect_only() {
            return Err(Error::new(
                CURLcode::CURLE_UNSUPPORTED_PROTOCOL,
                "curl_easy_send and curl_easy_recv need a connection made with CURLOPT_CONNECT_ONLY",
            ));
        }
        Ok(())
    }
}

#[cold]
fn other_sends() -> Error {
    Error::new(
        CURLcode::CURLE_AGAIN,
        "[WS] another thread's curl_ws_send_message waits for the socket: call again once it is writable",
    )
}

#[inline(always)]
fn receive(websocket: &mut WebSocket, buffer: &mut [u8], frame: &Cell<curl_ws_frame>) -> Result<()> {
    match websocket.settings().connect_only {
        true => websocket.receive(buffer, frame),
        false => Err(not_connect_only()),
    }
}

#[inline(always)]
fn send(websocket: &mut WebSocket, data: &[u8], frame_size: i64, flags: u32, wanted: bool) -> Result<usize> {
    match websocket.settings().raw {
        false => websocket.send(data, frame_size, flags),
        true => send_raw(websocket, data, frame_size, flags, wanted),
    }
}

#[cold]
fn send_raw(websocket: &mut WebSocket, data: &[u8], frame_size: i64, flags: u32, wanted: bool) -> Result<usize> {
    if frame_size != 0 || flags != 0 {
        return Err(bad_argument("[WS] in raw mode fragsize and flags must be 0"));
    }
    if !wanted {
        return Err(bad_argument(
            "[WS] in raw mode the pointer for the number of bytes sent can't be NULL",
        ));
    }
    raw_sent(websocket.send_raw(data)?, data)
}

/// `count` of the bytes of `data` were taken as they are.
fn raw_sent(count: usize, data: &[u8]) -> Result<usize> {
    match count == 0 && !data.is_empty() {
        true => Err(Error::AGAIN),
        false => Ok(count),
    }
}

/// Keep-alive around a call: before it a PING may be due.
#[cold]
fn before_call(websocket: &mut WebSocket) -> Result<()> {
    match websocket.keeps_alive() {
        true => websocket.handle_timeout(Instant::now()),
        false => Ok(()),
    }
}

/// The answer to a PING may have come in the call; where all that came was read, one may be missing.
#[cold]
fn after_call<T>(websocket: &mut WebSocket, result: Result<T>) -> Result<T> {
    if !websocket.keeps_alive() {
        return result;
    }
    let now = Instant::now();
    websocket.handle_timeout(now)?;
    if let Err(Error::AGAIN) = result {
        websocket.check_pong(now)?;
    }
    result
}

#[cold]
fn bad_argument(text: &'static str) -> Error {
    Error::new(CURLcode::CURLE_BAD_FUNCTION_ARGUMENT, text)
}

fn not_connect_only() -> Error {
    Error::new(
        CURLcode::CURLE_UNSUPPORTED_PROTOCOL,
        "[WS] receiving needs a connection made with CURLOPT_CONNECT_ONLY",
    )
}

pub(super) fn no_raw_mode(function: &str) -> Error {
    Error::new(
        CURLcode::CURLE_FAILED_INIT,
        format!("[WS] {function} has no meaning in raw mode"),
    )
}

fn not_connected() -> Error {
    Error::new(CURLcode::CURLE_SEND_ERROR, "[WS] there is no open WebSocket to send on")
}

fn no_connection() -> Error {
    Error::new(
        CURLcode::CURLE_UNSUPPORTED_PROTOCOL,
        "there is no open connection: curl_easy_perform with CURLOPT_CONNECT_ONLY comes first",
    )
}
