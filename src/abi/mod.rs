//! The C functions: pointers in, checks, calls down, codes out. The only `extern "C"` code.

pub(crate) mod guard;

pub mod easy;
pub(crate) mod enter;
pub mod getinfo;
pub mod headers;
pub mod setopt;
pub mod ws;
