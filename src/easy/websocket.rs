//! The calls on an open connection: `curl_ws_*`, `curl_easy_send`, `curl_easy_recv`, `curl_easy_pause`.

use std::ptr;
use std::time::{Duration, Instant};

use super::Easy;
use super::calls::Api;
use super::options::{ConnectOnly, Options};
use crate::error::{Error, Result};
use crate::net::wait::poll::{self, Interest};
use crate::transfer::channel::{Channel, Settings};
use crate::transfer::flags;
use crate::transfer::quick::Quick;
use crate::transfer::{Mode, Pause};
use crate::transport::Pushed;
use crate::types::codes::CURLcode;
use crate::types::structs::curl_ws_frame;
use crate::types::websocket::{CURLWS_COMPRESS, CURLWS_NOAUTOPONG, CURLWS_RAW_MODE, CURLWS_STRICT};

impl Easy {
    /// `curl_ws_send`: how much of `data` was sent is told in `sent`, also beside an error.
    pub fn ws_send(&self, data: &[u8], sent: &mut usize, frame_size: i64, flags: u32, can_tell: bool) -> Result<()> {
        let raw = self.ws_settings().raw;
        self.check_sendable()?;
        if raw && (frame_size != 0 || flags != 0) {
            return Err(bad_argument("[WS] in raw mode fragsize and flags must be 0"));
        }
        if raw && !can_tell {
            return Err(bad_argument(
                "[WS] in raw mode the pointer for the number of bytes sent can't be NULL",
            ));
        }
        self.send_all(data, sent, |channel, rest| match raw {
            true => channel.send_raw(rest),
            false => channel.send(rest, frame_size, flags),
        })
    }

    /// The shortest way of [`Easy::ws_send`] (see [`quick`](crate::transfer::quick)): `None` if it can't be taken.
    pub fn ws_send_quickly(&self, data: &[u8], sent: &mut usize, frame_size: i64, flags: u32) -> Option<Result<()>> {
        let kind = flags::whole_message(flags)?;
        if frame_size != 0 {
            return None;
        }
        let pushed = {
            let mut transfer = self.transfer.try_borrow_mut().ok()?;
            let channel = transfer.as_mut()?.quiet_channel(Channel::is_quiet)?;
            channel.send_quickly(kind, data)?
        };
        match pushed {
            Ok(pushed) if pushed.blocked => Some(self.send_rest(data, sent, pushed)),
            Ok(pushed) => {
                *sent = pushed.sent;
                Some(Ok(()))
            }
            Err(error) => Some(Err(error)),
        }
    }

    /// The shortest of all ways of [`Easy::ws_recv`], for a message of at most `room` bytes in memory: `deliver` gets it.
    /// `None` if there is none.
    #[inline]
    pub fn ws_recv_short<T>(&self, room: usize, deliver: impl FnOnce(&[u8], *const curl_ws_frame) -> T) -> Option<T> {
        let mut transfer = self.transfer.try_borrow_mut().ok()?;
        let channel = transfer.as_mut()?.quiet_channel(Channel::is_quiet_and_asked)?;
        let (frame, payload) = channel.take_short(room)?;
        self.frame.set(frame);
        Some(deliver(payload, self.frame.as_ptr()))
    }

    /// The shortest way of [`Easy::ws_recv`]: `None` if it can't be taken. There is no frame as long as nothing has come.
    pub fn ws_recv_quickly(&self, buffer: &mut [u8]) -> Option<(usize, *const curl_ws_frame)> {
        let mut transfer = self.transfer.try_borrow_mut().ok()?;
        let channel = transfer.as_mut()?.quiet_channel(Channel::is_quiet_and_asked)?;
        match channel.receive_quickly(buffer) {
            Quick::Message(frame) => {
                self.frame.set(frame);
                Some((frame.len, self.frame.as_ptr()))
            }
            Quick::Blocked => Some((0, ptr::null())),
            Quick::Other => None,
        }
    }

    /// `curl_ws_recv`: a chunk of one frame.
    pub fn ws_recv(&self, buffer: &mut [u8]) -> Result<(usize, *const curl_ws_frame)> {
        self.check_receivable()?;
        let received = self.on_channel(|channel| channel.receive(buffer));
        self.show_notes();
        let frame = received?;
        self.frame.set(frame);
        Ok((frame.len, self.frame.as_ptr()))
    }

    /// `curl_ws_close`
    pub fn ws_close(&self, code: u32, reason: &[u8]) -> Result<()> {
        self.check_sendable()?;
        if self.ws_settings().raw {
            return Err(Error::new(
                CURLcode::CURLE_FAILED_INIT,
                "[WS] curl_ws_close has no meaning in raw mode",
            ));
        }
        // What is no 16-bit number is no status code either.
        let code = u16::try_from(code).unwrap_or(0);
        let closed = self.on_channel(|channel| channel.send_close(code, reason));
        self.show_notes();
        closed
    }

    /// `curl_ws_start_frame`
    pub fn ws_start_frame(&self, flags: u32, length: i64) -> Result<()> {
        if self.ws_settings().raw {
            return Err(Error::new(
                CURLcode::CURLE_FAILED_INIT,
                "[WS] curl_ws_start_frame has no meaning in raw mode",
            ));
        }
        let started = self.with_transfer(|transfer| transfer.start_frame(flags, length));
        self.show_notes();
        started.unwrap_or_else(|| Err(not_connected()))
    }

    /// `curl_easy_send`: bytes as they are.
    pub fn easy_send(&self, data: &[u8], sent: &mut usize) -> Result<()> {
        self.check_connect_only()?;
        let pushed = self
            .with_transfer(|transfer| match transfer.channel() {
                Some(channel) => Some(channel.send_raw(data)),
                None => transfer.connected_stream().map(|stream| stream.send_raw(data)),
            })
            .flatten();
        let pushed = pushed.unwrap_or_else(|| Err(no_connection()))?;
        *sent = pushed.sent;
        again_if_blocked(pushed, data.len())
    }

    /// `curl_easy_recv`: bytes as they are; 0 at the end of the stream.
    pub fn easy_recv(&self, buffer: &mut [u8]) -> Result<usize> {
        self.check_connect_only()?;
        let received =
            self.with_transfer(|transfer| transfer.connected_stream().map(|stream| stream.receive_raw(buffer)));
        match received.flatten() {
            None => Err(no_connection()),
            Some(received) => received?.ok_or_else(|| Error::new(CURLcode::CURLE_AGAIN, "nothing to receive yet")),
        }
    }

    /// `curl_easy_pause`
    pub(crate) fn pause(&self, pause: Pause) -> Result<()> {
        self.with_transfer(|transfer| {
            if transfer.mode() != Mode::Callbacks {
                return Err(bad_argument("there is no running transfer to pause"));
            }
            transfer.set_pause(pause, Instant::now());
            Ok(())
        })
        .unwrap_or_else(|| Err(bad_argument("there is no running transfer to pause")))
    }

    /// `curl_easy_upkeep`: sends what is due on an idle connection.
    pub fn upkeep(&self) -> Result<()> {
        let kept = match self.with_transfer(|transfer| transfer.channel().is_some()) {
            Some(true) => self.on_channel(|channel| {
                channel.answer();
                Ok(())
            }),
            _ => Ok(()),
        };
        self.show_notes();
        kept
    }

    pub(super) fn ws_settings(&self) -> Settings {
        channel_settings(&self.options().borrow())
    }

    /// Tells an open WebSocket what the options are now.
    pub fn options_changed(&self) {
        let (verbose, settings) = {
            let options = self.options().borrow();
            (options.verbose, channel_settings(&options))
        };
        self.with_transfer(|transfer| {
            transfer.set_verbose(verbose);
            if let Some(channel) = transfer.channel() {
                channel.set_settings(settings);
            }
        });
    }

    /// A call on the open WebSocket, with keep-alive looked after.
    pub(super) fn on_channel<T>(&self, call: impl FnOnce(&mut Channel) -> Result<T>) -> Result<T> {
        self.with_transfer(|transfer| {
            let channel = transfer.channel()?;
            Some(match channel.keeps_alive() {
                true => call_alive(channel, call),
                false => call(channel),
            })
        })
        .flatten()
        .unwrap_or_else(|| {
            Err(bad_argument(
                "[WS] there is no open WebSocket: curl_easy_perform with CURLOPT_CONNECT_ONLY 2 comes first",
            ))
        })
    }

    /// Frames can only be asked for where no callback gets them.
    pub(super) fn check_receivable(&self) -> Result<()> {
        match self.is_connect_only() {
            false => Err(Error::new(
                CURLcode::CURLE_UNSUPPORTED_PROTOCOL,
                "[WS] receiving needs a connection made with CURLOPT_CONNECT_ONLY",
            )),
            true => Ok(()),
        }
    }

    /// `CURLOPT_CONNECT_ONLY` is set, and was when the transfer began, if there is one: the option may change meanwhile.
    fn is_connect_only(&self) -> bool {
        let asked = self.options().borrow().connect_only != ConnectOnly::No;
        asked && self.with_transfer(|transfer| transfer.mode()) != Some(Mode::Callbacks)
    }

    /// Sends all inside a callback, waiting for the socket; elsewhere what the socket takes now.
    fn send_all(
        &self,
        data: &[u8],
        sent: &mut usize,
        mut send: impl FnMut(&mut Channel, &[u8]) -> Result<Pushed>,
    ) -> Result<()> {
        loop {
            let pushed = self.on_channel(|channel| send(channel, &data[*sent..]));
            self.show_notes();
            let pushed = pushed?;
            *sent += pushed.sent;
            if !pushed.blocked {
                return Ok(());
            }
            if !self.calls().in_callback() {
                return again_if_blocked(pushed, data.len());
            }
            self.wait_writable()?;
        }
    }

    /// The same for a message that has begun to leave.
    fn send_rest(&self, data: &[u8], sent: &mut usize, pushed: Pushed) -> Result<()> {
        *sent = pushed.sent;
        self.touched(Api::WsSend);
        if !self.calls().in_callback() {
            return again_if_blocked(pushed, data.len());
        }
        self.wait_writable()?;
        self.send_all(data, sent, |channel, rest| channel.send(rest, 0, 0))
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
                "[WS] time is over and the server does not take what a callback sends",
            ));
        }
        let until = deadline.unwrap_or(now + Duration::from_secs(1));
        poll::wait(&[interest], Some(until)).map_err(|error| {
            Error::new(
                CURLcode::CURLE_SEND_ERROR,
                format!("[WS] waiting to send failed: {error}"),
            )
        })?;
        Ok(())
    }

    /// The code of a send without an open WebSocket depends on what was to be there.
    pub(super) fn check_sendable(&self) -> Result<()> {
        let connected = self.with_transfer(|transfer| (transfer.channel().is_some(), transfer.stream().is_some()));
        match connected {
            Some((true, _)) => Ok(()),
            Some((false, true)) => Err(not_connected()),
            _ if self.options().borrow().connect_only == ConnectOnly::No => Err(not_connected()),
            _ => Err(no_connection()),
        }
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

/// A call with keep-alive: a PING may be due before it, the answer to one may come in it, and where all that came was
/// read one may be missing.
fn call_alive<T>(channel: &mut Channel, call: impl FnOnce(&mut Channel) -> Result<T>) -> Result<T> {
    channel.keep_alive(Instant::now())?;
    let result = call(channel);
    let now = Instant::now();
    channel.keep_alive(now)?;
    if let Err(error) = &result
        && error.code() == CURLcode::CURLE_AGAIN
    {
        channel.check_pong(now)?;
    }
    result
}

/// The options of a WebSocket as the channel wants them.
pub(super) fn channel_settings(options: &Options) -> Settings {
    let has = |bit: i64| options.ws_options & bit as u64 != 0;
    let span = |milliseconds: u64| (milliseconds > 0).then(|| Duration::from_millis(milliseconds));
    Settings {
        on_request: options.connect_only != ConnectOnly::No,
        raw: has(CURLWS_RAW_MODE),
        auto_pong: !has(CURLWS_NOAUTOPONG),
        compress: has(CURLWS_COMPRESS),
        strict: has(CURLWS_STRICT),
        ping_interval: span(options.ws_ping_interval_ms),
        pong_timeout: span(options.ws_pong_timeout_ms),
        max_message: (options.ws_max_message_size > 0).then_some(options.ws_max_message_size),
    }
}

fn again_if_blocked(pushed: Pushed, wanted: usize) -> Result<()> {
    if pushed.sent == 0 && (pushed.blocked || wanted > 0) {
        return Err(Error::new(
            CURLcode::CURLE_AGAIN,
            "the socket takes nothing now: call again with the same bytes once it is writable",
        ));
    }
    Ok(())
}

fn bad_argument(text: &'static str) -> Error {
    Error::new(CURLcode::CURLE_BAD_FUNCTION_ARGUMENT, text)
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
