//! What a transfer asks of its driver.

use std::os::fd::RawFd;

use crate::error::Result;
use crate::http::response::Field;
use crate::net::socket::{Address, Socket};
use crate::transfer::chunks::Chunk;
use crate::transfer::trace::Note;

/// The driver's turn. The comment names the method that takes the answer.
pub enum Action {
    /// show a note to the debug callback
    Note(Note),
    /// a name is about to be resolved (`CURLOPT_RESOLVER_START_FUNCTION`): an error ends the transfer
    AnnounceResolve,
    /// open a socket for this address (`CURLOPT_OPENSOCKETFUNCTION`): [`super::Transfer::socket_opened`]
    OpenSocket(Address),
    /// let the application set options on it (`CURLOPT_SOCKOPTFUNCTION`): [`super::Transfer::socket_configured`]
    ConfigureSocket(RawFd),
    /// close it (`CURLOPT_CLOSESOCKETFUNCTION`)
    CloseSocket(Socket),
    /// connected: may the request be sent (`CURLOPT_PREREQFUNCTION`)? [`super::Transfer::permitted`]
    AskPermission,
    /// a line of the response: [`super::Transfer::header_parked`] if the application pauses
    Header(HeaderLine),
    /// the WebSocket is open, no frame was delivered (`CURLOPT_WS_OPENFUNCTION`): an error ends the transfer
    Opened,
    /// a chunk of a frame: [`super::Transfer::chunk_done`]
    Chunk(Chunk),
    /// ask the read callback for at most so many bytes: [`super::Transfer::upload`]
    Upload(usize),
    /// wait for the descriptors or the deadline
    Wait,
    /// the goal is reached: with CONNECT_ONLY, the connection stays
    Ready,
    /// over, the connection is gone
    Done(Result<()>),
}

/// A line of a response head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderLine {
    /// with its line end
    pub raw: Vec<u8>,
    /// where in it a header's name and value are; `None` for the status line and the empty line
    pub field: Option<Field>,
    /// the head's status
    pub status: u16,
    /// a status line: a new head begins
    pub begins: bool,
}

/// What the read callback said.
pub enum Upload {
    /// these bytes
    Data(Vec<u8>),
    /// no more bytes
    End,
    /// not now
    Pause,
}
