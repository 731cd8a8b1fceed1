//! The C functions: pointers in, checks, calls down, codes out. The only `extern "C"` code.
//!
//! Functions that C declares with `...` are defined here with pointer-sized arguments in place of the dots: both supported
//! ABIs pass a variadic `long`, `curl_off_t` or pointer exactly like a named one. The header's prototypes of those are in
//! `variadic.rs`, which only cbindgen reads.

#[cfg(not(all(
    target_os = "linux",
    target_pointer_width = "64",
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
compile_error!(
    "wscurl supports Linux on x86-64 and AArch64: elsewhere variadic arguments may be passed in another way"
);

mod bodies;
pub mod date;
pub mod easy;
pub(crate) mod enter;
pub mod escape;
pub mod form;
pub mod getinfo;
pub mod global;
pub(crate) mod guard;
mod handles;
pub mod headers;
pub mod memory;
pub mod mime;
pub mod multi;
pub mod options;
pub mod setopt;
pub mod share;
pub mod slist;
pub mod ssls;
pub mod strerror;
pub mod strings;
pub mod twin;
pub mod url;
#[cfg(cbindgen)]
pub mod variadic;
pub mod version;
pub mod ws;
