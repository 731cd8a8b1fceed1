//! TLS for `wss`: rustls, with libcurl's options and messages, and OpenSSL's rules for certificates.
//!
//! - [`Settings`]: what the application asked for.
//! - [`Context`]: roots loaded and a configuration built from it once, for any number of connections in any thread;
//!   it keeps the sessions that can be resumed.
//! - [`Contexts`]: the contexts that handles share.
//! - [`Session`]: one connection. It does no I/O and owns no buffers.
//! - [`TlsError`]: what went wrong.
//!
//! The cryptography is ring's. aws-lc-rs, the default of rustls, would add P-521 and ML-KEM, and 2 MB: its tables refer to
//! every algorithm that it has.
//!
//! # Certificates
//! Private CAs issue certificates that OpenSSL accepts and webpki, the verifier of rustls, refuses: X.509 version 1, CA:TRUE, no
//! name but the common name. A fallback behind webpki would have to be a complete verifier, and it alone would decide what is
//! accepted. So there is only one verifier, which follows OpenSSL: `x509` parses certificates, `roots` is the trust store, `path`
//! builds and checks the path from the server's certificate to a trusted one, with the rules for issuers in `authority`,
//! `signature` verifies signatures, `host` compares names, `cert_error` has the reasons. A test compares it with `openssl verify`.

#![forbid(unsafe_code)]

mod authority;
mod cert_error;
mod contexts;
mod details;
mod error;
mod host;
mod path;
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

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::client::Resumption;
use rustls::crypto::ring;

pub(crate) use contexts::Contexts;
pub(crate) use details::Details;
pub(crate) use error::TlsError;
pub(crate) use roots::{system_directory, system_file};
pub(crate) use session::{MAX_RECORD, Plain, Progress, Session};
pub(crate) use settings::{Settings, Version};

use roots::Roots;
use verify::Verifier;

/// Sessions that rustls remembers for each server.
const SESSIONS_OF_A_SERVER: usize = 8;

/// A loaded configuration. Cloning shares it; making one reads files and takes milliseconds, so keep it.
#[derive(Debug, Clone)]
pub(crate) struct Context(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: Settings,
    config: Arc<ClientConfig>,
    verifier: Arc<Verifier>,
}

impl Context {
    /// Loads the roots and builds the configuration, which remembers the sessions of one server.
    #[cfg(test)]
    pub(crate) fn new(settings: &Settings) -> Result<Context, TlsError> {
        Context::with_roots(settings, Roots::load(settings)?, 1)
    }

    /// Builds the configuration, which remembers the sessions of `servers` servers. Nothing global is touched.
    fn with_roots(settings: &Settings, roots: Roots, servers: usize) -> Result<Context, TlsError> {
        let versions: Vec<_> = [Version::Tls12, Version::Tls13]
            .into_iter()
            .filter(|version| (settings.min_version..=settings.max_version).contains(version))
            .map(Version::rustls)
            .collect();
        if versions.is_empty() {
            return Err(TlsError::Settings(
                "the lowest TLS version asked for is above the highest",
            ));
        }
        let provider = Arc::new(ring::default_provider());
        let verifier = Arc::new(Verifier::new(settings, roots, &provider));
        // No ALPN: libcurl offers none for wss, and servers that insist on a list of their own refuse http/1.1.
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&versions)
            .map_err(|_| TlsError::Settings("the cryptography has no cipher suite for these versions"))?
            .dangerous()
            .with_custom_certificate_verifier(verifier.clone())
            .with_no_client_auth();
        config.resumption = match settings.session_cache {
            true => Resumption::in_memory_sessions(servers * SESSIONS_OF_A_SERVER),
            false => Resumption::disabled(),
        };
        Ok(Context(Arc::new(Inner {
            settings: settings.clone(),
            config: Arc::new(config),
            verifier,
        })))
    }

    /// What it was made from.
    fn settings(&self) -> &Settings {
        &self.0.settings
    }

    fn roots(&self) -> &Roots {
        self.0.verifier.roots()
    }

    fn config(&self) -> Arc<ClientConfig> {
        self.0.config.clone()
    }

    fn verifier(&self) -> &Verifier {
        &self.0.verifier
    }
}
