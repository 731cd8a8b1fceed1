//! wscurl: libcurl's WebSocket API as a library of its own.
//!
//! The crate becomes a static archive with libcurl's C ABI, of which two shared libraries are linked: `libwscurl.so.4`,
//! and `libcurl.so.4` to be put in front of the system's. C programs include `<curl/curl.h>`, which is made of the items in
//! [`types`] and [`abi`]; nothing here is meant to be used as a Rust library.
//!
//! # Where things are
//!
//! | module | what | may use |
//! |---|---|---|
//! | [`abi`] | the `extern "C"` functions: pointers in, checks, calls down, codes out | all |
//! | [`multi`] | the multi handle: many easy handles in one thread, one epoll set, deadlines in order | below |
//! | [`easy`] | the easy handle: options, the drive loop, the calls on an open connection | below |
//! | [`share`] | what easy handles can have in common | `net`, `tls` |
//! | [`transfer`] | one transfer as a state machine that never blocks and never calls the application | below |
//! | [`ws`] | RFC 6455 frames, pure | nothing |
//! | [`http`] | the opening handshake's request and response, pure | `types`, `error` |
//! | [`url`] | URLs taken apart, pure | `types`, `error` |
//! | [`net`] | resolver, dialling, sockets, waiting | `types`, `error` |
//! | [`ffi`] | C pointers behind safe types | `types` |
//! | [`tls`] | the rustls session, trust, errors in words | `types`, `error` |
//! | [`types`], [`error`] | the numbers and structs of the interface; code and message | nothing |
//!
//! A call goes down this list and never up. What must reach the application comes back as an
//! [`Action`](transfer::Action) that [`easy::drive`] carries out.
//!
//! # Handles and callbacks
//!
//! An application may call back into a handle from inside that handle's own callbacks, so nobody ever holds `&mut Easy`.
//! State is in cells by concern; the drive loop asks the transfer for one action, lets go of every borrow, calls the
//! application, and hands the answer back. A multi handle is built the same way, and is to its members the
//! [`Host`](easy::host::Host) that they know. [`easy::calls`] knows which calls may come inside which.
//!
//! # How to add an option
//!
//! 1. Its number is in [`types::option`] already. Say in [`easy::options::support`] that it works, and under which theme.
//! 2. Give it a field in [`easy::options`] and set it in the theme's file; add its range to the checks.
//! 3. Carry it into [`transfer::Config`] in [`easy::start`] and use it where it matters.
//! 4. `UPDATE_DOCS=1 cargo test documentation` brings `docs/options.md` up to date.
//! 5. Show in `ctests/` what a C program sees of it.

pub mod error;
pub mod types;

pub mod ffi;
mod text;

pub mod http;
pub mod net;
pub(crate) mod tls;
pub mod url;
pub mod ws;

mod random;

pub mod easy;
pub mod io;
pub mod multi;
pub mod share;
pub mod transfer;
pub mod transport;

pub mod abi;
