//! `FILE`s: the C library's standard streams, and those of the application.

use std::ptr::null_mut;

use super::pointer::Pointer;
use super::system;

/// A `FILE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct File(*mut libc::FILE);

impl File {
    /// `stdin`
    pub(crate) fn stdin() -> File {
        // SAFETY: the C library sets it before any code of ours runs. A program that assigns to it while another thread
        // uses it has a data race of its own.
        File::unless_interpreted(|| unsafe { system::stdin })
    }

    /// `stdout`
    pub(crate) fn stdout() -> File {
        // SAFETY: as in `stdin`.
        File::unless_interpreted(|| unsafe { system::stdout })
    }

    /// `stderr`
    pub(crate) fn stderr() -> File {
        // SAFETY: as in `stdin`.
        File::unless_interpreted(|| unsafe { system::stderr })
    }

    /// The `FILE` that the application has set; `None` for NULL.
    pub(crate) fn new(pointer: Pointer) -> Option<File> {
        (!pointer.is_null()).then(|| File(pointer.as_ptr().cast()))
    }

    /// As data for a callback.
    pub(crate) fn as_pointer(self) -> Pointer {
        // SAFETY: a `FILE`, which is what the callbacks take that have one as data: CURLOPT_WRITEDATA(3), _READDATA(3).
        unsafe { Pointer::from_raw(self.0.cast()) }
    }

    /// fwrite(3): the number of bytes that were written.
    pub(crate) fn write(self, bytes: &[u8]) -> usize {
        // SAFETY: an open FILE: one of the C library's, or what `Pointer::from_raw` guarantees.
        unsafe { libc::fwrite(bytes.as_ptr().cast(), 1, bytes.len(), self.0) }
    }

    /// fread(3): the number of bytes that were read.
    pub(crate) fn read(self, buffer: &mut [u8]) -> usize {
        // SAFETY: as in `write`; the buffer has the length that is told.
        unsafe { libc::fread(buffer.as_mut_ptr().cast(), 1, buffer.len(), self.0) }
    }

    /// fread(3) until EOF.
    pub(crate) fn read_to_end(self, mut take: impl FnMut(&[u8])) {
        let mut buffer = [0; 4096];
        loop {
            match self.read(&mut buffer) {
                0 => return,
                count => take(&buffer[..count]),
            }
        }
    }

    /// Miri has no C library to take the streams from.
    fn unless_interpreted(stream: impl FnOnce() -> *mut libc::FILE) -> File {
        File(if cfg!(miri) { null_mut() } else { stream() })
    }
}
