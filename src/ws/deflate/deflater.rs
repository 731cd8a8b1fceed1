//! Compressed messages of this side (RFC 7692 section 7.2.1).

use flate2::{Compress, Compression, FlushCompress};

use super::params::DeflateParams;
use super::zlib::{TAIL, new_state, window_bits};
use crate::ws::error::SendError;

/// Room that is made in the output at a time.
const STEP: usize = 4096;

/// Deflates one message after the other, in pieces.
#[derive(Debug)]
pub(super) struct Deflater {
    window_bits: u8,
    takeover: bool,
    state: Option<Box<Compress>>,
}

impl Deflater {
    /// A deflater for the client's messages.
    pub(super) fn new(params: &DeflateParams) -> Deflater {
        Deflater {
            window_bits: window_bits(params.client_window_bits),
            takeover: params.client_takeover,
            state: None,
        }
    }

    /// Takes all of `input`. Compressed bytes that are ready are appended to `out`, the rest follows with later calls.
    pub(super) fn deflate(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<(), SendError> {
        self.run(input, FlushCompress::None, out)
    }

    /// Appends the rest of everything that was taken so far, so that the peer can inflate it.
    pub(super) fn flush(&mut self, out: &mut Vec<u8>) -> Result<(), SendError> {
        self.run(&[], FlushCompress::Sync, out)
    }

    /// Ends the message: `out`, which holds the compressed bytes that are not sent yet, becomes its last payload.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), SendError> {
        self.flush(out)?;
        match out.strip_suffix(&TAIL).map(<[u8]>::len) {
            Some(length) => out.truncate(length),
            // Everything was flushed and sent before: an empty block without its last four bytes (section 7.2.1).
            None => out.push(0),
        }
        if !self.takeover {
            self.state = None;
        }
        Ok(())
    }

    /// Forgets all that was taken: what follows refers to nothing before.
    pub(super) fn reset(&mut self) {
        if self.takeover {
            if let Some(state) = &mut self.state {
                state.reset();
            }
        } else {
            self.state = None;
        }
    }

    /// Later messages may refer to earlier ones.
    pub(super) fn keeps_window(&self) -> bool {
        self.takeover
    }

    /// Earlier messages are in the window: even a short message can refer to them.
    pub(super) fn has_window(&self) -> bool {
        self.takeover && self.state.as_ref().is_some_and(|state| state.total_in() > 0)
    }

    fn run(&mut self, mut input: &[u8], flush: FlushCompress, out: &mut Vec<u8>) -> Result<(), SendError> {
        let bits = self.window_bits;
        let state = match &mut self.state {
            Some(state) => state,
            empty => {
                let new = || Compress::new_with_window_bits(Compression::default(), false, bits);
                empty.insert(new_state(new).ok_or(SendError::NoMemory)?)
            }
        };
        loop {
            out.reserve(STEP);
            let before = state.total_in();
            state
                .compress_vec(input, out, flush)
                .map_err(|_| SendError::Compression)?;
            input = &input[(state.total_in() - before) as usize..];
            // zlib stops where the input ends or the output is full.
            if out.len() < out.capacity() {
                debug_assert!(input.is_empty());
                return Ok(());
            }
        }
    }
}
