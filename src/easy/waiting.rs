//! `curl_ws_poll`, and waiting inside the calls on whole messages.

use std::time::{Duration, Instant};

use super::handle::Easy;
use crate::error::{Error, Result};
use crate::net::wait::poll::{self, Interest};
use crate::net::wait::waker::Waker;
use crate::transfer::websocket::WebSocket;
use crate::types::codes::CURLcode;

/// What is waited for, and what of it is the case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Events {
    /// `curl_ws_recv` has something to return
    pub read: bool,
    /// `curl_ws_send` can take something
    pub write: bool,
}

impl Events {
    fn any(self) -> bool {
        self.read || self.write
    }
}

/// Until when a call may wait.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline(Option<Instant>);

impl Deadline {
    /// Milliseconds from now; -1 is for ever.
    ///
    /// # Errors
    ///
    /// `CURLE_BAD_FUNCTION_ARGUMENT` for another negative number: it comes from a mistake in a computation, and would wait
    /// for ever.
    pub(crate) fn new(milliseconds: i64) -> Result<Deadline> {
        let span = match u64::try_from(milliseconds) {
            Ok(milliseconds) => Some(Duration::from_millis(milliseconds)),
            Err(_) if milliseconds == -1 => None,
            Err(_) => {
                return Err(Error::new(
                    CURLcode::CURLE_BAD_FUNCTION_ARGUMENT,
                    format!("[WS] timeout_ms is {milliseconds}: -1, which waits for ever, is the only negative one"),
                ));
            }
        };
        Ok(Deadline(span.and_then(|span| Instant::now().checked_add(span))))
    }

    /// The time is over.
    pub(crate) fn is_over(self) -> bool {
        self.0.is_some_and(|until| until <= Instant::now())
    }
}

/// Why a wait has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Awaited {
    /// these events are the case: none if the time is over
    Events(Events),
    /// `curl_ws_wakeup` was called
    WokenUp,
}

/// What a websocket that was looked after wants.
struct Look {
    readable: bool,
    /// bytes wait for the socket
    unsent: bool,
    deadline: Option<Instant>,
}

impl Easy {
    /// `curl_ws_poll`: waits for `wanted`, doing meanwhile what is due, and tells what is the case: nothing if the time
    /// is over.
    pub(crate) fn ws_poll(&self, wanted: Events, deadline: Deadline) -> Result<Events> {
        self.on_receivable(|websocket| if wanted.any() { Ok(()) } else { websocket.check() })?;
        match self.await_events(wanted, deadline, Some(self.wakeup()))? {
            Awaited::Events(events) => Ok(events),
            Awaited::WokenUp => Ok(Events::default()),
        }
    }

    /// Does what is due on an open WebSocket with keep-alive while no call waits on it, and returns when that is to be done
    /// next.
    pub(crate) fn keep_alive(&self, now: Instant) -> Option<Instant> {
        let look = self.on_open(|websocket| Ok(websocket.keeps_alive().then(|| look_after(websocket, now))));
        // Without an open WebSocket there is nothing to keep.
        look.ok().flatten()?.deadline
    }

    /// With a `wakeup` the wait can be ended by another thread.
    pub(super) fn await_events(&self, wanted: Events, deadline: Deadline, wakeup: Option<&Waker>) -> Result<Awaited> {
        loop {
            let look = self.on_open(|websocket| Ok(look_after(websocket, Instant::now())))?;
            let mut seen = Events {
                read: look.readable && wanted.read,
                write: false,
            };
            let interest = Interest {
                fd: self.active_socket().unwrap_or(-1),
                read: !look.readable,
                write: wanted.write || look.unsent,
            };
            if seen.any() && !wanted.write {
                return Ok(Awaited::Events(seen));
            }
            let until = match seen.any() {
                true => Some(Instant::now()),
                false => deadline.0.into_iter().chain(look.deadline).min(),
            };
            if let Some(wakeup) = wakeup.filter(|_| !deadline.is_over()) {
                // Without descriptors the wait lasts until its time is over, and curl_ws_wakeup tells that it can't end it.
                let _ = wakeup.open();
            }
            let interests = [waker_interest(wakeup), socket_interest(interest)];
            let found = self.calls().wait(|| poll::wait(&interests, until)).map_err(|error| {
                Error::new(
                    CURLcode::CURLE_UNRECOVERABLE_POLL,
                    format!("[WS] waiting failed: {error}"),
                )
            })?;
            let ready = found.ready(1);
            let writable = ready.writable || ready.hangup;
            if wanted.write && writable {
                seen.write = self.on_open(|websocket| Ok(!matches!(websocket.flush(), Ok(false))))?;
            }
            if seen.any() {
                return Ok(Awaited::Events(seen));
            }
            if found.ready(0).readable && wakeup.is_some_and(Waker::drain) {
                return Ok(Awaited::WokenUp);
            }
            if deadline.is_over() {
                return Ok(Awaited::Events(seen));
            }
        }
    }
}

/// poll(2) leaves out negative descriptors. One that is waited for neither way would report its hang-up again and again.
fn socket_interest(interest: Interest) -> Interest {
    let wanted = interest.read || interest.write;
    Interest {
        fd: if wanted { interest.fd } else { -1 },
        ..interest
    }
}

fn waker_interest(wakeup: Option<&Waker>) -> Interest {
    Interest::reading(wakeup.map_or(-1, Waker::raw))
}

fn look_after(websocket: &mut WebSocket, now: Instant) -> Look {
    let mut readable = websocket.is_readable();
    // Behind what is_readable has read and sent: a PING is postponed while an earlier one waits. A failure shows in the next
    // call, and until then the websocket is readable.
    let _ = websocket.handle_timeout(now);
    if !readable {
        readable = websocket.check_pong(now).is_err();
    }
    Look {
        readable,
        unsent: websocket.wants_write(),
        // The PONG may be behind what the application has not received.
        deadline: websocket.deadline(!readable),
    }
}
