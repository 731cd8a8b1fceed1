//! TLS for `wss`: rustls, with libcurl's options and messages, and OpenSSL's rules for certificates.
//!
//! - [`Settings`]: what the application asked for.
//! - [`Context`]: roots loaded and a configuration built from it once, for any number of connections in any thread;
//!   it keeps the sessions that can be resumed.
//! - [`Contexts`]: the contexts that handles share.
//! - [`Session`]: one connection. It does no I/O and owns no buffers.
//! - [`TlsError`]: what went wrong.
//!
//! The cryptography is ring's, or aws-lc-rs's in a build with the feature `aws-lc` ([`crypto`]). The latter adds P-521,
//! ML-KEM and 2 MB: its tables refer to every algorithm that it has.
//!
//! # Certificates
//! Private CAs issue certificates that OpenSSL accepts and webpki, the verifier of rustls, refuses: X.509 version 1, CA:TRUE, no
//! name but the common name. A fallback behind webpki would have to be a complete verifier, and it alone would decide what is
//! accepted. So there is only one verifier, which follows OpenSSL: `x509` parses certificates, `roots` is the trust store, `path`
//! builds and checks the path from the server's certificate to a trusted one, with the rules for issuers in `authority`,
//! `signature` verifies signatures, `revocation` looks into revocation lists, `host` compares names, `pin` the public key;
//! `cert_error` has the reasons. A test compares it with `openssl verify`.
//!
//! # Keys of contexts
//! A session must not be resumed under other settings: pins, revocation lists, client certificates. So a context is found by a
//! digest of all settings and of the contents of all files that they name (`files`).

#![forbid(unsafe_code)]

mod algorithms;
mod authority;
mod cert_error;
mod certinfo;
mod context;
mod contexts;
mod crypto;
mod details;
mod error;
mod files;
mod host;
mod identity;
mod path;
mod pin;
mod revocation;
mod roots;
mod server_name;
mod session;
mod settings;
mod signature;
mod verify;
mod x509;

#[cfg(feature = "fuzzing")]
#[path = "../../fuzz/targets/certificate.rs"]
pub(crate) mod fuzzing;

#[cfg(test)]
mod tests;

pub(crate) use cert_error::Check;
pub(crate) use context::Context;
pub(crate) use contexts::Contexts;
pub(crate) use details::Details;
pub(crate) use error::TlsError;
pub(crate) use roots::{system_directory, system_file};
pub(crate) use session::{MAX_RECORD, Plain, Progress, Session};
pub(crate) use settings::{ClientCertificate, Settings, Source, Version};
