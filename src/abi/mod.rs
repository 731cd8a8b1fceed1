//! The C functions: pointers in, checks, calls down, codes out. The only `extern "C"` code.

pub(crate) mod guard;
