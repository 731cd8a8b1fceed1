//! What a transfer asks of its driver.

use std::os::fd::RawFd;

use crate::error::Result;
use crate::net::socket::{Address, Socket};
use crate::transfer::delivery::Chunk;
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
    /// a line of the response with its end: [`super::Transfer::header_parked`] if the application pauses
    Header(Vec<u8>),
    /// the WebSocket is open, no frame was delivered (`CURLOPT_WS_OPENFUNCTION`): an error ends the transfer
    Opened,
    /// a chunk of a frame: [`super::Transfer::chunk_done`]
    Chunk(Chunk),
    /// ask the read callback for at most so many bytes: [`super::Transfer::upload`]
    Upload(usize),
    /// let others run first, and the clock be looked at
    Busy,
    /// wait for the descriptors or the deadline
    Wait,
    /// the goal is reached: with CONNECT_ONLY, the connection stays
    Ready,
    /// over, the connection is gone
    Done(Result<()>),
}

/// Which of the actions that ask or tell the application something it has a callback for. The others don't come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listening {
    /// [`Action::AnnounceResolve`]
    pub resolve: bool,
    /// [`Action::OpenSocket`]
    pub open_socket: bool,
    /// [`Action::ConfigureSocket`]
    pub configure_socket: bool,
    /// [`Action::AskPermission`]
    pub permission: bool,
    /// [`Action::Header`]
    pub header: bool,
    /// [`Action::Opened`]
    pub opened: bool,
}

/// What the read callback said.
pub enum Upload<'a> {
    /// these bytes
    Data(&'a [u8]),
    /// no more bytes
    End,
    /// not now
    Pause,
}
