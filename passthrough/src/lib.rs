//! The drop-in: `libcurl.so.4` and `libcurl-gnutls.so.4` to be found before the system's libcurl. ws and wss transfers run
//! here, all others on the system's libcurl, in the same program and on the same handles.
//!
//! The handles that the application holds are the system libcurl's own. A side table gives each a *twin* of wscurl's, and
//! the URL's scheme decides, when a transfer begins, which of the two runs. So callbacks of either side name the
//! application's handle: the system's by nature, ours because the twin was told that address. What has nothing to do with
//! handles (URLs, MIME, forms, lists, strings, dates) is simply the system's. Where no system libcurl is found, or with
//! `WSCURL_LIBCURL=none`, every function is wscurl's.
//!
//! | module | what |
//! |---|---|
//! | [`loader`] | finds and opens the system's libcurl, [`cache`] reads the dynamic linker's cache |
//! | [`system`] | its functions, typed, for those that are wrapped here |
//! | [`forward`] | all functions that are not wrapped: one jump through a table |
//! | [`table`] | address to record |
//! | [`easy`] | the record of an easy handle, and its functions |
//! | [`multi`] | the same for multi handles: two event sources as one |
//! | [`cookies`] | cookies from one side to the other |
//! | [`global`], [`options`], [`url`], [`version`] | what is a mixture of both |
//!
//! A function `dropin_X` here becomes `curl_X` when the library is linked, and wscurl's own `curl_X` becomes a local symbol:
//! see the Makefile.
//!
//! The system's libcurl calls some of its own functions through the dynamic linker, and so gets to us, with handles that it
//! does not show to the application. A handle that is not in the table is passed on, with no lock held: then that is
//! harmless. `RTLD_DEEPBIND` would avoid it, and would also go around what a program preloads (malloc, connect).

#![allow(
    rustdoc::private_intra_doc_links,
    reason = "for readers of `cargo doc --document-private-items`"
)]
#![allow(
    clippy::missing_safety_doc,
    reason = "each function is libcurl's of the same name, whose man page tells"
)]

mod cache;
mod cookies;
mod easy;
mod forward;
mod global;
mod loader;
mod multi;
mod options;
mod system;
mod table;
mod url;
mod version;

use std::ffi::{c_int, c_uint};

/// A `CURLcode` of either side.
type Code = c_uint;
/// A `CURLMcode` of either side.
type MultiCode = c_int;

/// Who runs a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    /// the system's libcurl
    System,
    /// wscurl
    Own,
}
