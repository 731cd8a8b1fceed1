//! What a transfer asks of its driver.

use crate::error::Result;
use crate::net::socket::Socket;
use crate::open::{Question, ToRemember};
use crate::trace::TraceLine;

/// What the driver is to do. The comment names the method that takes the answer. It fits into two registers: there are two
/// for each message.
pub(crate) enum Action {
    /// give the chunk of a frame to the write callback: [`super::Transfer::chunk_done`]
    Chunk,
    /// ask the read callback for at most this many bytes: [`super::Transfer::upload`]
    Upload(usize),
    /// let others run first, and look at the clock
    Busy,
    /// wait for the descriptors or the deadline
    Wait,
    /// the connection is open, and the application drives it from here on (CONNECT_ONLY)
    Ready,
    /// over, the connection is gone
    Done(Result<()>),
    /// what no message needs
    Task(Box<Task>),
}

/// What the driver is to do while the connection opens and when it closes, and for verbose output.
pub(crate) enum Task {
    /// show a line to the debug callback
    Trace(TraceLine),
    /// ask the application, or the cookie engine: [`super::Transfer::answer`]; or its options whether there is another round:
    /// [`super::Transfer::next_round`]
    Ask(Question),
    /// close it (`CURLOPT_CLOSESOCKETFUNCTION`)
    CloseSocket(Socket),
    /// cookies and HSTS hosts
    Remember(ToRemember),
    /// a line of the response with its end: [`super::Transfer::header_parked`] if the application pauses
    Header(Vec<u8>),
    /// the WebSocket is open, no frame was delivered (`CURLOPT_WS_OPENFUNCTION`): an error ends the transfer
    Opened,
}

impl From<Task> for Action {
    fn from(task: Task) -> Action {
        Action::Task(Box::new(task))
    }
}

/// What the read callback said.
pub(crate) enum Upload<'a> {
    /// these bytes
    Data(&'a [u8]),
    /// no more bytes
    End,
    /// not now
    Pause,
}
