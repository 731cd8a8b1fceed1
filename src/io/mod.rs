//! Memory for bytes: a buffer with a front that moves, the pool that its memory comes from, and copies that may fail.
//! Small files of text.

#![forbid(unsafe_code)]

mod buffer;
pub(crate) mod fallible;
pub(crate) mod file;
pub(crate) mod pool;

pub(crate) use buffer::{Buffer, SMALL};
