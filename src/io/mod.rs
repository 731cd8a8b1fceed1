//! Memory for bytes: a buffer with a front that moves, the pool that its memory comes from, and copies that may fail.

#![forbid(unsafe_code)]

mod buffer;
pub(crate) mod fallible;
pub mod pool;

pub use buffer::{Buffer, SMALL};
