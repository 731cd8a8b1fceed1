//! The memory in which bytes wait.

use crate::io::pool::{self, BUFFER_SIZE, LONG_CAPACITY};

/// A buffer of this size is kept while it is empty: short messages need no other.
pub(crate) const SMALL: usize = 160;

/// Room for a frame header beside the payload.
const SLACK: usize = 16;

/// Bytes with a front that moves. Its memory is from the pool and goes back when it is empty, unless it is small.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    data: Vec<u8>,
    start: usize,
    /// the small memory, while that in use is from the pool
    small: Vec<u8>,
}

impl Buffer {
    /// A buffer with a copy of `bytes`.
    pub(crate) fn of(bytes: &[u8]) -> Buffer {
        let mut buffer = Buffer::default();
        buffer.room().extend_from_slice(bytes);
        buffer
    }

    /// What is in it.
    #[inline]
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.data[self.start..]
    }

    /// How many bytes are in it.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.data.len() - self.start
    }

    /// No bytes are in its memory, not even such as were read. Quicker to tell than [`is_empty`](Self::is_empty), and the same
    /// unless [`skip`](Self::skip) has moved the front to the end.
    #[inline]
    pub(crate) fn is_clear(&self) -> bool {
        self.data.is_empty()
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.start >= self.data.len()
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.data[self.start..]
    }

    #[inline]
    pub(crate) fn consume(&mut self, count: usize) {
        self.start += count;
        debug_assert!(self.start <= self.data.len());
        self.drop_if_empty();
    }

    /// Moves the front behind `count` bytes; the memory stays.
    #[inline]
    pub(crate) fn skip(&mut self, count: usize) {
        debug_assert!(count <= self.bytes().len());
        self.start += count;
    }

    #[inline]
    pub(crate) fn drop_if_empty(&mut self) {
        if self.start >= self.data.len() {
            self.clear();
        }
    }

    /// The pool's memory goes back if it is empty.
    #[inline]
    pub(crate) fn drop_unused(&mut self) {
        if self.data.capacity() > SMALL {
            self.drop_if_empty();
        }
    }

    #[inline]
    pub(crate) fn clear(&mut self) {
        self.start = 0;
        match self.data.capacity() <= SMALL {
            true => self.data.clear(),
            false => self.return_memory(),
        }
    }

    #[inline(never)]
    fn return_memory(&mut self) {
        pool::give(&mut self.data);
        self.data = std::mem::take(&mut self.small);
    }

    /// Gets memory for [`pool::LONG_SIZE`] bytes, if there is so much.
    pub(crate) fn lengthen(&mut self) -> bool {
        if !self.is_long()
            && let Some(memory) = pool::take_long()
        {
            self.move_to(memory);
        }
        self.is_long()
    }

    /// It has memory for a long piece.
    pub(crate) fn is_long(&self) -> bool {
        self.data.capacity() == LONG_CAPACITY
    }

    /// More bytes fit into the memory that there is.
    #[inline]
    pub(crate) fn has_room(&self) -> bool {
        self.data.len() < self.data.capacity()
    }

    /// The vector to append `count` bytes to, few of which need no buffer of the pool.
    #[inline]
    pub(crate) fn room_for(&mut self, count: usize) -> &mut Vec<u8> {
        if self.data.capacity() - self.data.len() < count + SLACK {
            self.make_room(count + SLACK);
        }
        &mut self.data
    }

    #[cold]
    fn make_room(&mut self, count: usize) {
        if self.data.capacity() == 0 && count <= SMALL {
            self.data = Vec::with_capacity(SMALL);
        } else {
            self.room();
        }
    }

    /// The memory of [`Buffer::room`], or little of it, for one more short message.
    #[inline]
    pub(crate) fn small_room(&mut self) -> &mut Vec<u8> {
        match self.has_room() {
            true => &mut self.data,
            false => self.make_small_room(),
        }
    }

    #[cold]
    fn make_small_room(&mut self) -> &mut Vec<u8> {
        if self.data.capacity() > 0 {
            return self.room();
        }
        self.data = Vec::with_capacity(SMALL);
        &mut self.data
    }

    /// The vector to append to, with the bytes at its front gone when little room is left.
    pub(crate) fn room(&mut self) -> &mut Vec<u8> {
        if self.data.capacity() <= SMALL {
            self.move_to(pool::take());
        }
        if self.start > 0 && self.data.capacity() - self.data.len() < BUFFER_SIZE / 2 {
            self.data.drain(..self.start);
            self.start = 0;
        }
        &mut self.data
    }

    /// Takes away the last `count` bytes, and memory for a long piece with them.
    pub(crate) fn take_back(&mut self, count: usize) {
        debug_assert!(count <= self.bytes().len());
        self.data.truncate(self.data.len() - count);
        match self.is_empty() {
            true => self.clear(),
            false => self.move_to(pool::take()),
        }
    }

    /// From now on the bytes are in `memory`.
    fn move_to(&mut self, mut memory: Vec<u8>) {
        memory.extend_from_slice(self.bytes());
        let mut old = std::mem::replace(&mut self.data, memory);
        self.start = 0;
        match old.capacity() <= SMALL {
            true => {
                old.clear();
                self.small = old;
            }
            false => pool::give(&mut old),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_of_a_long_piece_needs_no_long_memory() {
        let mut buffer = Buffer::default();
        assert!(buffer.lengthen());
        buffer
            .room_for(3 * BUFFER_SIZE)
            .extend_from_slice(&[7; 3 * BUFFER_SIZE]);
        buffer.consume(10);
        buffer.take_back(3 * BUFFER_SIZE - 12);
        assert_eq!(buffer.bytes(), [7, 7]);
        assert!(!buffer.is_long());
        buffer.take_back(2);
        assert!(buffer.is_empty());
        assert_eq!(buffer.data.capacity(), 0);
    }

    #[test]
    fn the_small_memory_comes_back_after_a_long_piece() {
        let mut buffer = Buffer::default();
        buffer.room_for(1).push(1);
        let small = buffer.data.as_ptr();
        buffer.clear();
        assert!(buffer.lengthen());
        buffer.clear();
        assert_eq!(buffer.data.as_ptr(), small);
    }
}
