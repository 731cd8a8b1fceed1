//! How far a transfer has come, and what only depends on that.

use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::net::socket::Socket;
use crate::net::wait::poll::Interest;
use crate::net::wait::waker::Waker;
use crate::open::Opening;
use crate::trace::{Trace, TraceLine};
use crate::transfer::config::{Config, Mode};
use crate::transfer::exchange::Exchange;
use crate::transfer::info::TransferInfo;
use crate::transfer::pause::Pause;
use crate::transfer::rate_limit::RateLimit;
use crate::transfer::upload::UploadState;
use crate::transfer::websocket::WebSocket;
use crate::transport::Stream;
use crate::types::codes::CURLcode;
use crate::ws::deflate::DeflateParams;

/// The states of a transfer, in their order.
pub(super) enum State {
    Opening {
        opening: Box<Opening>,
        /// for the open WebSocket
        config: Box<Config>,
    },
    /// a connection without a WebSocket, which the application uses (CONNECT_ONLY 1)
    Raw(Box<Stream>),
    Open(Box<Exchange>),
    /// the outcome, until the driver has it
    Over(Option<Result<()>>),
}

impl State {
    pub(super) fn is_over(&self) -> bool {
        matches!(self, State::Over(_))
    }

    /// The stream to the server once it is connected.
    pub(super) fn stream(&self) -> Option<&Stream> {
        match self {
            State::Opening { opening, .. } => opening.stream(),
            State::Raw(stream) => Some(stream),
            State::Open(exchange) => Some(exchange.websocket().stream()),
            State::Over(_) => None,
        }
    }

    /// The stream that the application uses as it is.
    pub(super) fn connected_stream(&mut self) -> Option<&mut Stream> {
        match self {
            State::Raw(stream) => Some(stream),
            State::Open(exchange) => Some(exchange.websocket_mut().stream_mut()),
            State::Opening { .. } | State::Over(_) => None,
        }
    }

    /// The open WebSocket.
    #[inline]
    pub(super) fn websocket(&mut self) -> Option<&mut WebSocket> {
        match self {
            State::Open(exchange) => Some(exchange.websocket_mut()),
            _ => None,
        }
    }

    /// The opening that is going on.
    pub(super) fn opening(&self) -> Option<&Opening> {
        match self {
            State::Opening { opening, .. } => Some(opening),
            _ => None,
        }
    }

    /// The same, to be changed.
    pub(super) fn opening_mut(&mut self) -> Option<&mut Opening> {
        match self {
            State::Opening { opening, .. } => Some(opening),
            _ => None,
        }
    }

    /// The WebSocket is open: what the configuration has for it begins to count.
    pub(super) fn open(&mut self, stream: Stream, deflate: Option<DeflateParams>, trace: Trace) {
        let State::Opening { config, .. } = self else {
            return;
        };
        let websocket = WebSocket::new(stream, config.websocket, deflate, trace);
        let upload = UploadState::new(config.upload, config.upload_size);
        *self = State::Open(Box::new(Exchange::new(
            websocket,
            upload,
            config.max_chunk,
            config.max_size,
            RateLimit::new(config.max_receive_speed),
            RateLimit::new(config.max_send_speed),
        )));
    }

    /// What must happen on which descriptor before there is something to do.
    pub(super) fn interests(&self, waker: &Waker, pause: Pause, interests: &mut Vec<Interest>) {
        match self {
            State::Opening { opening, .. } => opening.interests(waker, pause.receive, interests),
            State::Open(exchange) => {
                let read = !pause.receive && !exchange.is_receive_limited();
                let write = exchange.websocket().wants_write();
                if read || write {
                    interests.push(Interest {
                        fd: exchange.websocket().stream().socket().raw(),
                        read,
                        write,
                    });
                }
            }
            State::Raw(_) | State::Over(_) => {}
        }
    }

    /// When there is something to do at the latest.
    pub(super) fn deadline(&self, pause: Pause) -> Option<Instant> {
        match self {
            State::Opening { opening, .. } => opening.deadline(),
            State::Open(exchange) => exchange.deadline(pause),
            State::Raw(_) | State::Over(_) => None,
        }
    }

    /// Whether `CURLOPT_TIMEOUT_MS` still holds.
    pub(super) fn has_time_limit(&self, mode: Mode) -> bool {
        match self {
            State::Opening { .. } => true,
            State::Open(_) => mode == Mode::Callbacks,
            State::Raw(_) | State::Over(_) => false,
        }
    }

    /// The open WebSocket has verbose output.
    #[inline]
    pub(super) fn has_trace(&self) -> bool {
        matches!(self, State::Open(exchange) if exchange.websocket().has_trace())
    }

    /// The oldest line of the open WebSocket's verbose output.
    pub(super) fn next_trace_line(&mut self) -> Option<TraceLine> {
        self.websocket().and_then(WebSocket::next_trace_line)
    }

    /// Brings up to date what is known of the opening or of the open WebSocket.
    pub(super) fn note(&self, info: &mut TransferInfo) {
        match self {
            State::Opening { opening, .. } => opening.note(&mut info.opening),
            State::Open(exchange) => {
                let websocket = exchange.websocket();
                let stream = websocket.stream();
                info.count(stream.received(), websocket.uploaded(), websocket.delivered());
                if let Some(errno) = stream.os_errno() {
                    info.opening.os_errno = errno;
                }
                info.close_code = websocket.close_code();
                info.set_close_reason(websocket.close_reason());
                info.timeout = websocket.deadline(true);
                info.round_trip = websocket.round_trip();
            }
            State::Raw(_) | State::Over(_) => info.timeout = None,
        }
    }

    /// The error of a transfer that has taken too long.
    pub(super) fn timed_out(&self, elapsed: Duration) -> Error {
        if let State::Opening { opening, .. } = self {
            return opening.timed_out(elapsed);
        }
        Error::new(
            CURLcode::CURLE_OPERATION_TIMEDOUT,
            format!(
                "Operation timed out after {} milliseconds with {} bytes received",
                elapsed.as_millis(),
                self.stream().map_or(0, Stream::received)
            ),
        )
    }

    /// Lets go of the connection; what was left to show goes to `trace`.
    pub(super) fn into_sockets(self, trace: &mut Trace) -> Vec<Socket> {
        match self {
            State::Opening { opening, .. } => opening.into_sockets(),
            State::Raw(stream) => vec![stream.into_socket()],
            State::Open(exchange) => vec![exchange.close(trace)],
            State::Over(_) => Vec::new(),
        }
    }
}
