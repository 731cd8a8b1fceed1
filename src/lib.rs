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
//! | [`multi`] | the multi handle: many easy handles in one thread, one descriptor set, deadlines in order | below |
//! | [`easy`] | the easy handle: options, the drive loop, the calls on an open connection | below |
//! | [`share`] | what easy handles can have in common | `net`, `tls`, `http`, `ffi` |
//! | [`transfer`] | one transfer as a state machine that never blocks and never calls the application | below |
//! | [`open`] | from a plan to an upgraded stream: resolve, connect, TLS, the opening handshake | below |
//! | [`transport`] | bytes to and from the peer, over TCP or TLS | `net`, `tls`, `io` |
//! | [`ws`] | RFC 6455 and RFC 7692, pure | nothing |
//! | [`http`] | the opening handshake's request and response, cookies, HSTS, pure | `ws`, `io`, `text`, `secret`, `error` |
//! | [`url`] | URLs taken apart and put together, pure | `types`, `text`, `secret` |
//! | [`net`] | resolver, dialling, sockets, waiting | `url`, `ffi` |
//! | [`tls`] | the rustls session, trust, errors in words | `ffi`, `secret` |
//! | [`io`] | buffers, the pool of their memory, small files | `types`, `error`, `random` |
//! | `ffi` | C pointers behind safe types | `types` |
//! | [`error`] | code and message | `types` |
//! | [`types`] | the numbers and structs of the interface | nothing |
//!
//! A call goes down this list and never up. What must reach the application comes back as an
//! [`Action`](transfer::Action) that [`easy::drive`] carries out.
//!
//! # Handles and callbacks
//!
//! An application may call back into a handle from inside that handle's own callbacks, so nobody ever holds `&mut Easy`.
//! State is in cells by concern; the drive loop asks the transfer for one action, lets go of every borrow, calls the
//! application, and hands the answer back. A multi handle is built the same way, and is to its members the
//! [`MultiDriver`](easy::link::MultiDriver) that they know. [`easy::calls`] knows which calls may come inside which.
//!
//! # Threads
//!
//! Applications use one handle in several threads. Its state is in `Cell`, `RefCell` and `Rc` all the same, because every
//! call has the handle's lock: `abi::enter` takes it, and `ffi::handle` says why that is sound. An easy handle in a multi handle
//! has the lock of the multi handle, since the two refer to each other. The lock is free while a call waits and while the
//! application is in a callback: what calls the application or waits goes through the `outside` and `wait` of
//! [`easy::calls`] or of the multi handle's calls, and has no `RefCell` borrowed then. Which calls have not returned is
//! counted for each thread.
//!
//! # How to add an option
//!
//! 1. `src/types/option.rs`: its number, with a comment for C programs where libcurl does not have it.
//! 2. `src/types/options/table.rs`: its row: name, type, group, what becomes of it. A `guard` restricts the connection.
//! 3. `src/easy/options/`: a field in the group's record with its default, and an arm in the group's `set`, which also
//!    refuses values out of range.
//! 4. Its use: `easy/start.rs` turns options into an [`open::plan::Plan`] and a [`transfer::Config`].
//! 5. `make header` and `UPDATE_DOCS=1 cargo test documentation`; `docs/endpoint.md` where libcurl does not have it.
//! 6. A test in `ctests/` that shows what a C program sees of it.
//!
//! All that a long option needs before its use and its test:
//!
//! ```diff
//! --- src/types/option.rs
//! +    /// `long`, milliseconds without any frame after which the connection fails; 0, the default, is no limit.
//! +    /// Only wscurl has this.
//! +    CURLOPT_WS_IDLE_TIMEOUT_MS = 5006,
//! --- src/types/options/table.rs
//! +    row(c"WS_IDLE_TIMEOUT_MS", CURLOPT_WS_IDLE_TIMEOUT_MS, CURLOT_LONG, Works(Transfer)),
//! --- src/easy/options/mod.rs
//! +    /// `CURLOPT_WS_IDLE_TIMEOUT_MS`, 0 for none
//! +    pub(crate) ws_idle_timeout_ms: u64,
//! --- src/easy/options/general.rs
//! +            ws_idle_timeout_ms: 0,
//! +            CURLOPT_WS_IDLE_TIMEOUT_MS => self.ws_idle_timeout_ms = milliseconds(option, number)?,
//! ```
//!
//! An option that takes a callback also needs its type in `src/ffi/callback/`, in `src/easy/options/value.rs` and in
//! `src/abi/setopt.rs`.
//!
//! # How to add an info
//!
//! 1. `src/types/info.rs`: its number, which holds the type of the answer, with a comment where libcurl does not have it.
//! 2. [`open::info`] or [`transfer::info`]: a field, set where the fact becomes known.
//! 3. `src/abi/getinfo.rs`: an arm in the function of the answer's type.
//! 4. `make header`; `docs/endpoint.md` where libcurl does not have it.
//! 5. Its name in `ctests/driver_info.c`, and a test that asks for it.
//!
//! # How to add a function
//!
//! 1. `src/abi/`: an `extern "C-unwind"` function whose comment is for C programs and describes arguments, results and
//!    ownership. It goes through `abi::enter` and passes safe values down.
//! 2. [`easy::calls`]: an `Api` of its own, which says whether callbacks may call it.
//! 3. Its work, in [`easy`] or [`multi`].
//! 4. `make header`, its prototype in `ctests/abi/tables/own_functions.txt`, and `docs/endpoint.md`. `curl_*` is exported; for
//!    the drop-in it needs a `dropin_*` in `passthrough/src/`.
//! 5. A call with NULL in `ctests/programs/misuse.c`, a command of the driver, tests.
//!
//! # Fuzzing
//!
//! With the feature `fuzzing`, off by default, the crate has a module `fuzzing`, whose source is `fuzz/targets/`: one function
//! for each target of cargo-fuzz. It is part of the crate because the parsers are private. `make fuzz` runs the targets.
//!
//! # What names a forgotten place
//!
//! | forgotten | found by |
//! |---|---|
//! | an option's row, or another name, type or place in it | `cargo test options` |
//! | its arm in `set` | `cargo test options` |
//! | `docs/options.md` | `cargo test documentation` |
//! | an info's arm | `cargo test getinfo` |
//! | the header | `make check-header` |
//! | a comment in `curl.h`, a mention in `docs/endpoint.md` | `ctests/abi/run.py` |
//! | a test of an option, an info in the driver, a function's call with NULL | `ctests/abi/run.py` |
//! | a function's prototype in the header or in the table | `ctests/abi/run.py` |

#![allow(
    rustdoc::private_intra_doc_links,
    reason = "for readers of `cargo doc --document-private-items`"
)]

mod error;
pub mod types;

mod ffi;
mod secret;
mod text;

mod http;
mod net;
mod tls;
mod url;
mod ws;

mod open;
mod random;
mod trace;

mod easy;
mod io;
mod multi;
mod share;
mod transfer;
mod transport;

pub mod abi;

#[cfg(feature = "fuzzing")]
#[doc(hidden)]
#[path = "../fuzz/targets/mod.rs"]
pub mod fuzzing;
