//! TLS for `wss`: rustls, with libcurl's switches, codes and words.
//!
//! - [`Settings`]: what the application asked for.
//! - [`Context`]: roots loaded and a configuration built from it once, for any number of connections in any thread;
//!   it keeps the sessions that can be resumed.
//! - [`Contexts`]: those that handles have in common.
//! - [`Session`]: one connection. It does no I/O and owns no buffers.
//!
//! The cryptography is ring's: what rustls asks for and nothing beside it. aws-lc-rs, which rustls prefers, would add P-521 and
//! ML-KEM, and 2 MB: its tables hold on to every algorithm that it has.
//!
//! Inside: `certificate` reads the fields of X.509 we show, `roots` loads what is trusted, `verify` decides,
//! `rejection` and `errors` say why not.

#![forbid(unsafe_code)]

mod certificate;
mod contexts;
mod details;
mod errors;
mod rejection;
mod roots;
mod session;
mod settings;
mod verify;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::client::Resumption;
use rustls::crypto::ring;

pub use contexts::Contexts;
pub use details::{CertificateText, Details};
pub use rustls::pki_types::CertificateDer;
pub use session::{Decrypted, Handshake, MAX_RECORD, Plain, Progress, Session};
pub use settings::{Settings, Version};

use crate::error::{Error, Result};
use crate::types::codes::CURLcode;
use roots::Roots;
use verify::Verifier;

/// Resumable sessions that are remembered for a server; a number that is rustls's.
const SESSIONS_OF_A_SERVER: usize = 8;

/// A loaded configuration. Cloning shares it; making one reads files and takes milliseconds, so keep it.
#[derive(Debug, Clone)]
pub struct Context(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: Settings,
    config: Arc<ClientConfig>,
    verifier: Arc<Verifier>,
}

impl Context {
    /// Loads the roots and builds the configuration. Nothing global is touched.
    ///
    /// Errors: `CURLE_SSL_CACERT_BADFILE` when the roots cannot be loaded, `CURLE_SSL_CONNECT_ERROR` when `min_version` is
    /// above `max_version`.
    pub fn new(settings: &Settings) -> Result<Context> {
        Context::remembering(settings, 1)
    }

    /// The same, with memory for the sessions of so many servers.
    fn remembering(settings: &Settings, servers: usize) -> Result<Context> {
        let versions: Vec<_> = [Version::Tls12, Version::Tls13]
            .into_iter()
            .filter(|version| (settings.min_version..=settings.max_version).contains(version))
            .map(Version::rustls)
            .collect();
        if versions.is_empty() {
            return Err(unusable("the lowest TLS version asked for is above the highest"));
        }
        let provider = Arc::new(ring::default_provider());
        let verifier = Arc::new(Verifier::new(settings, Roots::load(settings)?, &provider));
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&versions)
            .map_err(|error| unusable(&error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(verifier.clone())
            .with_no_client_auth();
        if settings.alpn {
            config.alpn_protocols = vec![b"http/1.1".to_vec()];
        }
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
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    fn config(&self) -> Arc<ClientConfig> {
        self.0.config.clone()
    }

    fn verifier(&self) -> &Verifier {
        &self.0.verifier
    }
}

fn unusable(why: &str) -> Error {
    Error::new(
        CURLcode::CURLE_SSL_CONNECT_ERROR,
        format!("TLS configuration unusable: {why}"),
    )
}
