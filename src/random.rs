//! Masking keys and handshake nonces from the operating system's random number generator, drawn in batches.
//!
//! RFC 6455 section 5.3 wants a fresh, unpredictable key for every frame; one system call for each would cost more
//! than a short frame. A batch belongs to one thread of one process, and no byte of it is used twice.

use std::cell::RefCell;

use crate::error::{Error, Result};
use crate::ffi::process::Process;
use crate::types::codes::CURLcode;
use crate::ws;

/// The masking keys of one connection. A few are drawn at once, as most frames are short. A child process has the same ones;
/// they leave through a socket that only one process uses.
#[derive(Debug, Default)]
pub(crate) struct MaskingKeys {
    fresh: [[u8; 4]; 8],
    /// how many of them are left
    left: usize,
}

impl ws::MaskingKeys for MaskingKeys {
    #[inline(always)]
    fn next_key(&mut self) -> Option<[u8; 4]> {
        let last = match self.left.checked_sub(1) {
            Some(last) => last,
            None => self.refill()?,
        };
        self.left = last;
        self.fresh.get_mut(last).map(std::mem::take)
    }
}

impl MaskingKeys {
    /// Returns the last place.
    #[cold]
    fn refill(&mut self) -> Option<usize> {
        self.fresh.copy_from_slice(bytes::<32>().ok()?.as_chunks().0);
        Some(self.fresh.len() - 1)
    }
}

/// A few fresh random bytes, at most a batch.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N]> {
    BATCH.with_borrow_mut(Batch::next)
}

const BATCH_BYTES: usize = 1024;

struct Batch {
    bytes: [u8; BATCH_BYTES],
    used: usize,
    /// who has drawn the bytes: a child must not use its parent's
    process: Option<Process>,
}

// Nothing to drop, so that it can be used in the destructors that run at a thread's end.
thread_local! {
    static BATCH: RefCell<Batch> = const {
        RefCell::new(Batch { bytes: [0; BATCH_BYTES], used: BATCH_BYTES, process: None })
    };
}

// What has no destructor stays usable until the thread is gone, also for handles that are used while it ends.
const _: () = assert!(!std::mem::needs_drop::<RefCell<Batch>>());

impl Batch {
    #[inline]
    fn next<const N: usize>(&mut self) -> Result<[u8; N]> {
        const { assert!(N <= BATCH_BYTES) };
        let process = Some(Process::current());
        if self.used + N > BATCH_BYTES || self.process != process {
            self.refill()?;
            self.process = process;
        }
        let mut fresh = [0; N];
        fresh.copy_from_slice(&self.bytes[self.used..self.used + N]);
        self.bytes[self.used..self.used + N].fill(0);
        self.used += N;
        Ok(fresh)
    }

    #[cold]
    fn refill(&mut self) -> Result<()> {
        getrandom::fill(&mut self.bytes).map_err(|error| {
            Error::new(
                CURLcode::CURLE_FAILED_INIT,
                format!("the system's random number generator failed: {error}"),
            )
        })?;
        self.used = 0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ws::MaskingKeys as _;

    #[test]
    fn keys_differ_over_several_batches() {
        let mut keys = MaskingKeys::default();
        let mut seen = std::collections::HashSet::new();
        for _ in 0..3 * BATCH_BYTES / 4 {
            seen.insert(keys.next_key().unwrap());
        }
        // 768 draws out of 2^32: more than a few repeats would be a bug, not chance.
        assert!(seen.len() > 760);
    }

    #[test]
    #[cfg(not(miri))]
    fn a_forked_child_draws_its_own_bytes() {
        bytes::<4>().unwrap();
        let mut pipe = [0; 2];
        // SAFETY: an array of two descriptors, as pipe(2) wants.
        assert_eq!(unsafe { libc::pipe(pipe.as_mut_ptr()) }, 0);
        // SAFETY: the child only draws bytes, writes them and leaves without running destructors.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let key = bytes::<4>().unwrap_or_default();
            // SAFETY: four valid bytes; then the child ends at once.
            unsafe {
                libc::write(pipe[1], key.as_ptr().cast(), 4);
                libc::_exit(0);
            }
        }
        let ours = bytes::<4>().unwrap();
        let mut theirs = [0u8; 4];
        // SAFETY: four writable bytes and the pipe's reading end.
        let read = unsafe { libc::read(pipe[0], theirs.as_mut_ptr().cast(), 4) };
        // SAFETY: waits for the child made above.
        unsafe { libc::waitpid(child, std::ptr::null_mut(), 0) };
        assert_eq!(read, 4);
        assert_ne!(ours, theirs);
    }
}
