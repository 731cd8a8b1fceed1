//! The C functions: pointers in, checks, calls down, codes out. The only `extern "C"` code.
//!
//! Functions that C declares with `...` are defined here with pointer-sized arguments in place of the dots: nearly everywhere a
//! variadic `long`, `curl_off_t` or pointer is passed exactly like a named one. Where it isn't, build.rs sets
//! `variadics_on_stack`, the functions here have other names, and those of C are in `variadic.c`. The header's prototypes are in
//! `variadic.rs`, which only cbindgen reads.

#[cfg(not(all(
    target_pointer_width = "64",
    any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64"),
    any(target_os = "linux", target_os = "freebsd", target_vendor = "apple")
)))]
compile_error!(
    "wscurl supports Linux, FreeBSD and Apple's systems on x86-64, AArch64 and RISC-V with 64 bits: elsewhere variadic \
     arguments may be passed in another way"
);

mod bodies;
mod constant;
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
