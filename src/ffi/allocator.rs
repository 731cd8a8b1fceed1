//! Memory of this library and of the crates in it, which is overwritten when it is freed: passwords, keys and requests with
//! credentials pass through many buffers on their way, also through those that were too small, and no list of them would be
//! complete.
//!
//! It costs nothing while messages are sent and received over TCP, which takes no memory and frees none.

use std::alloc::{GlobalAlloc, Layout, System};
use std::{ptr, slice};

/// Larger blocks are freed as they are: they hold messages, and TLS records, of which rustls frees one for each 16 KiB that
/// are sent or received. What may be a larger secret is a [`Secret`](crate::secret::Secret).
const LARGEST: usize = 16 * 1024;

struct Overwriting;

#[global_allocator]
static ALLOCATOR: Overwriting = Overwriting;

// SAFETY: blocks come from the system's allocator and go back to it with the layout that they came with; what is written lies
// inside of a block that is about to be freed. How large it is says the layout alone: a program may have an allocator of its
// own, which malloc_usable_size() of the C library knows nothing of.
unsafe impl GlobalAlloc for Overwriting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the same requirements.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the same requirements.
        unsafe { System.alloc_zeroed(layout) }
    }

    // Called from everywhere.
    #[inline(never)]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if layout.size() <= LARGEST {
            // SAFETY: the block has this size, and whoever frees it does not use it any more.
            unsafe { overwrite(block, layout.size()) };
        }
        // SAFETY: the same requirements.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if layout.size() > LARGEST {
            // SAFETY: the same requirements.
            return unsafe { System.realloc(block, layout, size) };
        }
        // The system's would leave the old block as it is.
        // SAFETY: the size is not too large for the alignment: guaranteed by the caller (`GlobalAlloc::realloc`).
        let moved = unsafe { self.alloc(Layout::from_size_align_unchecked(size, layout.align())) };
        if !moved.is_null() {
            // SAFETY: both blocks have this many bytes; the old one is not used any more.
            unsafe {
                ptr::copy_nonoverlapping(block, moved, size.min(layout.size()));
                self.dealloc(block, layout);
            }
        }
        moved
    }
}

/// # Safety
///
/// `size` bytes at `block` may be written, and nobody reads them.
unsafe fn overwrite(block: *mut u8, size: usize) {
    // SAFETY: guaranteed by the caller, see # Safety; the slice is of bytes that were just written.
    let block = unsafe {
        block.write_bytes(0, size);
        slice::from_raw_parts(block, size)
    };
    // The compiler knows that a block is freed next, and would leave the writing out.
    zeroize::optimization_barrier(block);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The block is still ours when it is looked at.
    #[test]
    fn miri_a_block_is_overwritten() {
        let mut bytes = b"a secret".to_vec();
        // SAFETY: the vector's own bytes.
        unsafe { overwrite(bytes.as_mut_ptr(), bytes.len()) };
        assert_eq!(bytes, [0; 8]);
    }

    #[test]
    fn miri_what_is_in_a_block_moves_with_it() {
        for (size, larger) in [(1, 3), (24, 4096), (100, 10), (LARGEST + 1, LARGEST + 100)] {
            let mut bytes = Vec::with_capacity(size);
            bytes.resize(size.min(50), 7_u8);
            bytes.reserve_exact(larger);
            assert!(bytes.iter().all(|&byte| byte == 7));
            bytes.shrink_to_fit();
            assert_eq!(bytes, vec![7; size.min(50)]);
        }
    }

    #[test]
    fn miri_blocks_are_aligned_and_may_be_zeroed() {
        for align in [1, 8, 16, 64, 4096] {
            let layout = Layout::from_size_align(100, align).unwrap();
            // SAFETY: the layouts are those that the blocks have.
            unsafe {
                let block = ALLOCATOR.alloc_zeroed(layout);
                assert!(block.addr().is_multiple_of(align));
                assert_eq!(slice::from_raw_parts(block, 100), [0; 100]);
                block.write_bytes(7, 100);
                let larger = ALLOCATOR.realloc(block, layout, 300);
                assert!(larger.addr().is_multiple_of(align));
                assert_eq!(slice::from_raw_parts(larger, 100), [7; 100]);
                ALLOCATOR.dealloc(larger, Layout::from_size_align(300, align).unwrap());
            }
        }
    }
}
