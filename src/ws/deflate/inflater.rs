//! The server's compressed messages (RFC 7692 section 7.2.2).

use flate2::{Decompress, FlushDecompress, Status};

use super::params::DeflateParams;
use super::zlib::{TAIL, new_state, window_bits};
use crate::ws::error::ProtocolError;

/// Inflates one message after the other, in pieces, as far as the output has capacity.
#[derive(Debug)]
pub(super) struct Inflater {
    window_bits: u8,
    takeover: bool,
    state: Option<Box<Decompress>>,
    /// a final block has just ended: what follows, if anything does, starts a new stream
    ended: bool,
    /// bytes of [`TAIL`] fed
    tail: usize,
}

impl Inflater {
    /// An inflater for what the server sends.
    pub(super) fn new(params: &DeflateParams) -> Inflater {
        Inflater {
            window_bits: window_bits(params.server_window_bits),
            takeover: params.server_takeover,
            state: None,
            ended: false,
            tail: 0,
        }
    }

    /// Inflates from `input` until it is used up or `out` has no capacity left, and says how much was used.
    /// If `out` is full afterwards, more may follow even without input.
    pub(super) fn inflate(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<usize, ProtocolError> {
        let mut consumed = 0;
        while out.len() < out.capacity() {
            let rest = &input[consumed..];
            if self.ended && !rest.is_empty() {
                self.restart();
            }
            let before = (consumed, out.len());
            consumed += self.step(rest, out)?;
            if before == (consumed, out.len()) {
                break;
            }
        }
        Ok(consumed)
    }

    /// Inflates the rest once all of a message's payload was given. `true`: the message is over. `false`: `out` is full and
    /// there is more.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) -> Result<bool, ProtocolError> {
        while self.tail < TAIL.len() && !self.ended {
            if out.len() == out.capacity() {
                return Ok(false);
            }
            let consumed = self.step(&TAIL[self.tail..], out)?;
            self.tail += consumed;
        }
        self.tail = 0;
        if !self.takeover {
            self.state = None;
            self.ended = false;
        }
        Ok(true)
    }

    fn step(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<usize, ProtocolError> {
        if self.ended {
            return Ok(0);
        }
        let bits = self.window_bits;
        let state = match &mut self.state {
            Some(state) => state,
            empty => {
                let new = || Decompress::new_with_window_bits(false, bits);
                empty.insert(new_state(new).ok_or(ProtocolError::NoMemory)?)
            }
        };
        let before = state.total_in();
        let status = state
            .decompress_vec(input, out, FlushDecompress::None)
            .map_err(|_| ProtocolError::Corrupt)?;
        self.ended = status == Status::StreamEnd;
        Ok((state.total_in() - before) as usize)
    }

    /// A block marked as the last of its stream is allowed (section 7.2.3.4). Its window is not carried over.
    fn restart(&mut self) {
        self.ended = false;
        if let Some(state) = &mut self.state {
            state.reset(false);
        }
    }
}
