//! What is unsafe about C pointers and processes, behind safe types.
//!
//! | module | what |
//! |---|---|
//! | [`handle`] | `CURL`, `CURLM` and `CURLSH` pointers |
//! | [`callback`] | the application's functions and their data |
//! | [`environment`] | environment variables |
//! | [`pointer`], [`slist`], [`stdio`] | other pointers that are set as options |
//! | [`process`] | which process this is, before and after `fork()` |
//! | [`signals`] | the signal mask of a thread |
//!
//! A pointer becomes one of these types in [`abi`](crate::abi), where the C function's `# Safety` section is the reason.

pub mod callback;
pub mod environment;
pub mod handle;
pub mod pointer;
pub mod process;
pub mod signals;
pub mod slist;
pub mod stdio;

use std::ffi::CString;

/// A C string of any bytes; it ends at the first NUL.
pub fn c_string(bytes: &[u8]) -> CString {
    let end = memchr::memchr(0, bytes).unwrap_or(bytes.len());
    CString::new(&bytes[..end]).unwrap_or_default()
}
