//! Memory that a connection has only while there is something in it.

use std::mem;

/// Where buffers come from, and where they go when they are empty.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Buffers {
    /// an empty buffer, with or without memory
    pub take: fn() -> Vec<u8>,
    /// takes the memory and leaves the buffer without any
    pub give: fn(&mut Vec<u8>),
}

impl Default for Buffers {
    /// Each is allocated and freed.
    fn default() -> Buffers {
        Buffers {
            take: Vec::new,
            give: |buffer| drop(mem::take(buffer)),
        }
    }
}
