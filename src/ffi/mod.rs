//! What is unsafe about C pointers and processes, behind safe types.
//!
//! | module | what |
//! |---|---|
//! | [`handle`], [`lock`], [`thread`] | `CURL`, `CURLM`, `CURLSH` and `CURLU` pointers, and the threads that use them |
//! | [`allocator`] | memory that is overwritten when it is freed |
//! | [`callback`] | the application's functions and their data |
//! | [`certificates`] | lists of certificates that the application reads |
//! | [`environment`] | environment variables |
//! | [`mod@pointer`], [`slist`], [`stdio`] | other pointers that are set as options |
//! | [`process`] | which process this is, before and after `fork()` |
//! | `sleep` | sleeping until a number changes |
//! | [`signals`] | the signal mask of a thread |
//! | `system` | what systems do in different ways |
//! | [`unwind`], [`stack`] | panics, which stop here, exceptions, which pass, and `longjmp()` |
//!
//! A pointer becomes one of these types in [`abi`](crate::abi), where the C function's `# Safety` section is the reason.

mod allocator;
pub(crate) mod callback;
pub(crate) mod certificates;
pub(crate) mod environment;
pub(crate) mod handle;
mod lock;
pub(crate) mod pointer;
pub(crate) mod process;
pub(crate) mod signals;
mod sleep;
pub(crate) mod slist;
pub(crate) mod stack;
pub(crate) mod stdio;
mod system;
pub(crate) mod thread;
pub(crate) mod unwind;

use std::ffi::CString;

/// A C string of any bytes; it ends at the first NUL.
pub(crate) fn c_string(bytes: &[u8]) -> CString {
    let end = memchr::memchr(0, bytes).unwrap_or(bytes.len());
    CString::new(&bytes[..end]).unwrap_or_default()
}
