//! Buffers on loan: a connection holds one only while bytes are in it, so idle connections cost none.

use std::cell::RefCell;
use std::mem;

/// Room of a pooled buffer in bytes: what one `recv` takes at most, and what one `send` gathers.
pub(crate) const BUFFER_SIZE: usize = 64 * 1024;

/// Room of the buffer in which one `send` gathers more of a long frame: the kernel takes a megabyte in half the time then.
pub(crate) const LONG_SIZE: usize = 1024 * 1024;

/// Spare buffers a thread keeps for the next connection that needs one.
const SPARES: usize = 4;

/// The spare buffers of a thread.
struct Pool {
    spares: Vec<Vec<u8>>,
    /// of [`LONG_SIZE`], or without memory
    long: Vec<u8>,
}

thread_local! {
    static POOL: RefCell<Pool> = const { RefCell::new(Pool { spares: Vec::new(), long: Vec::new() }) };
}

/// An empty buffer with room for at least [`BUFFER_SIZE`] bytes.
pub(crate) fn take() -> Vec<u8> {
    with_pool(|pool| pool.spares.pop())
        .flatten()
        .unwrap_or_else(|| Vec::with_capacity(CAPACITY))
}

/// An empty buffer with room for at least [`LONG_SIZE`] bytes. `None` if there is no memory for it.
pub(super) fn take_long() -> Option<Vec<u8>> {
    let mut long = with_pool(|pool| mem::take(&mut pool.long)).unwrap_or_default();
    long.try_reserve_exact(LONG_CAPACITY).is_ok().then_some(long)
}

/// Returns `buffer`'s memory and leaves it without any. Buffers that grew are let go.
pub(crate) fn give(buffer: &mut Vec<u8>) {
    let mut spare = mem::take(buffer);
    spare.clear();
    match spare.capacity() {
        CAPACITY => with_pool(|pool| {
            if pool.spares.len() < SPARES {
                pool.spares.push(spare);
            }
        }),
        LONG_CAPACITY => with_pool(|pool| pool.long = spare),
        _ => None,
    };
}

/// `None` at the end of a thread, when its pool is gone and handles are still used: in `atexit` handlers, in destructors of
/// C++ objects and of `pthread_key_create`. Then buffers are allocated and freed.
fn with_pool<T>(body: impl FnOnce(&mut Pool) -> T) -> Option<T> {
    POOL.try_with(|pool| body(&mut pool.borrow_mut())).ok()
}

/// Room beyond the payload: frame headers and TLS record overhead of a full buffer.
const SLACK: usize = 4096;

/// The memory of a pooled buffer.
const CAPACITY: usize = BUFFER_SIZE + SLACK;

/// The memory of a long buffer.
pub(super) const LONG_CAPACITY: usize = LONG_SIZE + SLACK;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_given_back_is_the_next_one_taken() {
        let mut buffer = take();
        buffer.extend_from_slice(b"secret");
        let address = buffer.as_ptr();
        give(&mut buffer);
        assert_eq!(buffer.capacity(), 0);
        let again = take();
        assert_eq!(again.as_ptr(), address);
        assert!(again.is_empty());
    }

    #[test]
    fn one_long_buffer_is_kept() {
        let (mut first, mut second) = (take_long().unwrap(), take_long().unwrap());
        let address = second.as_ptr();
        give(&mut first);
        give(&mut second);
        let again = take_long().unwrap();
        assert_eq!(again.as_ptr(), address);
        assert!(take().capacity() < LONG_SIZE);
    }

    #[test]
    fn a_grown_buffer_is_not_kept() {
        let mut buffer = take();
        buffer.resize(10 * BUFFER_SIZE, 0);
        give(&mut buffer);
        assert!(take().capacity() < 2 * BUFFER_SIZE);
    }
}
