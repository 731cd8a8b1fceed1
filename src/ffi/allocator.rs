//! Memory of this library and of the crates in it, which is overwritten when it is freed: passwords, keys and requests with credentials
//! pass through many buffers on their way, also through those that were too small, and no list of them would be complete.
//!
//! It costs nothing while messages are sent and received, which takes no memory and frees none.

use std::alloc::{GlobalAlloc, Layout, System};
use std::{ptr, slice};

/// Larger blocks are freed as they are: they hold messages. A request head, which is the largest text with a secret in it, has
/// at most 1 MiB, and a vector that grows may have room for twice as much.
const LARGEST: usize = 2 * 1024 * 1024;

struct Overwriting;

#[global_allocator]
static ALLOCATOR: Overwriting = Overwriting;

// Nothing is inlined: it is called from everywhere, and would make the library a tenth larger.
// SAFETY: blocks come from the system's allocator and go back to it with the layout that they came with; what is written lies inside
// of a block that is about to be freed.
unsafe impl GlobalAlloc for Overwriting {
    #[inline(never)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the same requirements.
        unsafe { System.alloc(layout) }
    }

    #[inline(never)]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the same requirements.
        unsafe { System.alloc_zeroed(layout) }
    }

    #[inline(never)]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if layout.size() <= LARGEST {
            // SAFETY: the block has this size, and whoever frees it does not use it any more.
            unsafe { overwrite(block, layout.size()) };
        }
        // SAFETY: the same requirements.
        unsafe { System.dealloc(block, layout) }
    }

    #[inline(never)]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if layout.size() > LARGEST {
            // SAFETY: the same requirements.
            return unsafe { System.realloc(block, layout, size) };
        }
        // The system's would leave the old block as it is.
        // SAFETY: the caller vouches for the new size, and a layout has a valid alignment.
        let larger = unsafe { self.alloc(Layout::from_size_align_unchecked(size, layout.align())) };
        if !larger.is_null() {
            // SAFETY: both blocks have this many bytes, and the new one is no part of the old one, which is not used any more.
            unsafe {
                ptr::copy_nonoverlapping(block, larger, size.min(layout.size()));
                self.dealloc(block, layout);
            }
        }
        larger
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
}
