//! The memory in which bytes wait.

use crate::io::pool::{self, BUFFER_SIZE};

/// Up to this many bytes get memory of their own, which costs less than a buffer of the pool.
const SMALL: usize = 256;

/// Bytes with a front that moves. Its memory is from the pool and goes back when it is empty.
#[derive(Debug, Default)]
pub struct Buffer {
    data: Vec<u8>,
    start: usize,
}

impl Buffer {
    /// A buffer with a copy of `bytes`, for what is too small to matter.
    pub(crate) fn of(bytes: &[u8]) -> Buffer {
        Buffer {
            data: bytes.to_vec(),
            start: 0,
        }
    }

    /// What is in it.
    pub fn bytes(&self) -> &[u8] {
        &self.data[self.start..]
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.data[self.start..]
    }

    pub(crate) fn consume(&mut self, count: usize) {
        self.start += count;
        debug_assert!(self.start <= self.data.len());
        self.drop_if_empty();
    }

    /// Moves the front behind `count` bytes; the memory stays.
    pub(crate) fn skip(&mut self, count: usize) {
        debug_assert!(count <= self.bytes().len());
        self.start += count;
    }

    pub(crate) fn drop_if_empty(&mut self) {
        if self.start >= self.data.len() {
            self.clear();
        }
    }

    pub(crate) fn clear(&mut self) {
        self.start = 0;
        pool::give(&mut self.data);
    }

    /// The vector to append `count` bytes to, few of which need no buffer of the pool.
    #[inline]
    pub(crate) fn room_for(&mut self, count: u64) -> &mut Vec<u8> {
        if self.data.capacity() == 0 && count <= SMALL as u64 {
            self.data = Vec::with_capacity(2 * SMALL);
            return &mut self.data;
        }
        self.room()
    }

    /// The vector to append to, with the bytes at its front gone when little room is left.
    pub(crate) fn room(&mut self) -> &mut Vec<u8> {
        if self.data.capacity() == 0 {
            self.data = pool::take();
        }
        if self.start > 0 && self.data.capacity() - self.data.len() < BUFFER_SIZE / 2 {
            self.data.drain(..self.start);
            self.start = 0;
        }
        &mut self.data
    }
}
