//! Buffers on loan: a connection holds one only while bytes are in it, so idle connections cost none.

use std::cell::RefCell;
use std::mem;

/// Room of a pooled buffer in bytes: what one `recv` takes at most, and what one `send` gathers.
pub(crate) const BUFFER_SIZE: usize = 64 * 1024;

/// Spare buffers a thread keeps for the next connection that needs one.
const SPARES: usize = 4;

thread_local! {
    static POOL: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// An empty buffer with room for at least [`BUFFER_SIZE`] bytes.
pub(crate) fn take() -> Vec<u8> {
    with_pool(Vec::pop)
        .flatten()
        .unwrap_or_else(|| Vec::with_capacity(BUFFER_SIZE + SLACK))
}

/// Returns `buffer`'s memory and leaves it without any. Buffers that grew are let go.
pub(crate) fn give(buffer: &mut Vec<u8>) {
    let mut spare = mem::take(buffer);
    if spare.capacity() != BUFFER_SIZE + SLACK {
        return;
    }
    spare.clear();
    with_pool(|pool| {
        if pool.len() < SPARES {
            pool.push(spare);
        }
    });
}

/// `None` at the end of a thread, when its pool is gone and handles are still used: in `atexit` handlers, in destructors of
/// C++ objects and of `pthread_key_create`. Then buffers are allocated and freed.
fn with_pool<T>(body: impl FnOnce(&mut Vec<Vec<u8>>) -> T) -> Option<T> {
    POOL.try_with(|pool| body(&mut pool.borrow_mut())).ok()
}

/// Room beyond the payload: frame heads and TLS record overhead of a full buffer.
const SLACK: usize = 4096;

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
    fn a_grown_buffer_is_not_kept() {
        let mut buffer = take();
        buffer.resize(10 * BUFFER_SIZE, 0);
        give(&mut buffer);
        assert!(take().capacity() < 2 * BUFFER_SIZE);
    }
}
