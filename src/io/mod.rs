//! Memory for bytes on their way: a buffer with a front that moves, and the pool that its memory comes from.

#![forbid(unsafe_code)]

mod buffer;
pub mod pool;

pub use buffer::{Buffer, SMALL};
