//! Memory of this library and of the crates in it, which is overwritten when it is freed: passwords, keys and requests with credentials
//! pass through many buffers on their way, also through those that were too small, and no list of them would be complete.
//!
//! It costs nothing while messages are sent and received over TCP, which takes no memory and frees none.

use std::alloc::{GlobalAlloc, Layout};
use std::{ptr, slice};

#[cfg(target_vendor = "apple")]
use libc::malloc_size as size_of_block;
#[cfg(not(target_vendor = "apple"))]
use libc::malloc_usable_size as size_of_block;

/// Larger blocks are freed as they are: they hold messages, and TLS records, of which rustls frees one for each 16 KiB that are sent or
/// received. What may be a larger secret is a [`Secret`](crate::secret::Secret).
const LARGEST: usize = 16 * 1024;

/// The alignment of all that `malloc` gives, on the platforms that there are.
const MALLOC_ALIGN: usize = 2 * size_of::<usize>();

struct Overwriting;

// Miri has no malloc_usable_size.
#[cfg_attr(not(miri), global_allocator)]
static ALLOCATOR: Overwriting = Overwriting;

// SAFETY: all blocks are from the C library's allocator, with the size and the alignment that are asked for, and go back to it.
unsafe impl GlobalAlloc for Overwriting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match layout.align() <= MALLOC_ALIGN {
            // SAFETY: any size is allowed.
            true => unsafe { libc::malloc(layout.size()) }.cast(),
            // SAFETY: the same requirements.
            false => unsafe { aligned(layout) },
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if layout.align() <= MALLOC_ALIGN {
            // SAFETY: any size is allowed.
            return unsafe { libc::calloc(layout.size(), 1) }.cast();
        }
        // SAFETY: the same requirements; what is written is inside of the new block.
        unsafe {
            let block = aligned(layout);
            if !block.is_null() {
                block.write_bytes(0, layout.size());
            }
            block
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, _: Layout) {
        // SAFETY: a block from here, that is not used any more.
        unsafe { release(block) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if layout.size() > LARGEST && layout.align() <= MALLOC_ALIGN {
            // SAFETY: a block from malloc.
            return unsafe { libc::realloc(block.cast(), size) }.cast();
        }
        // The C library's would leave the old block as it is.
        // SAFETY: the caller vouches that the size is not too large for the alignment.
        let moved = unsafe { self.alloc(Layout::from_size_align_unchecked(size, layout.align())) };
        if !moved.is_null() {
            // SAFETY: both blocks have this many bytes; the old one is not used any more.
            unsafe {
                ptr::copy_nonoverlapping(block, moved, size.min(layout.size()));
                release(block);
            }
        }
        moved
    }
}

unsafe fn aligned(layout: Layout) -> *mut u8 {
    let mut block = ptr::null_mut();
    // SAFETY: a layout's alignment is a power of two, and more than a pointer's here.
    match unsafe { libc::posix_memalign(&mut block, layout.align(), layout.size()) } {
        0 => block.cast(),
        _ => ptr::null_mut(),
    }
}

/// Overwrites a block and frees it. Called from everywhere: inlined, or with the size, it would make the library 3% larger.
///
/// # Safety
///
/// It is from the C library's allocator, and is not used any more.
#[inline(never)]
unsafe fn release(block: *mut u8) {
    // SAFETY: the block is allocated, and as many bytes as that may be written.
    unsafe {
        let size = size_of_block(block.cast());
        if size <= LARGEST {
            overwrite(block, size);
        }
        libc::free(block.cast());
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
    fn what_is_in_a_block_moves_with_it() {
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
    fn blocks_are_aligned_and_may_be_zeroed() {
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
