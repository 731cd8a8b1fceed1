//! TLS for `wss`: rustls, with libcurl's options and messages, and OpenSSL's rules for certificates.
//!
//! - [`Settings`]: what the application asked for.
//! - [`Context`]: roots loaded and a configuration built from it once, for any number of connections in any thread;
//!   it keeps the sessions that can be resumed.
//! - [`Contexts`]: the contexts that handles share.
//! - [`Session`]: one connection. It does no I/O and owns no buffers.
//! - [`TlsError`]: what went wrong.
//!
//! The cryptography is ring's, or aws-lc-rs's in a build with the feature `aws-lc` ([`crypto`]). The latter adds P-521, ML-KEM and
//! 2 MB: its tables refer to every algorithm that it has.
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

use std::sync::Arc;

use rustls::client::{ResolvesClientCert, Resumption};
use rustls::sign::SingleCertAndKey;
use rustls::{ClientConfig, KeyLogFile};

pub(crate) use cert_error::Check;
pub(crate) use contexts::Contexts;
pub(crate) use details::Details;
pub(crate) use error::TlsError;
pub(crate) use roots::{system_directory, system_file};
pub(crate) use session::{MAX_RECORD, Plain, Progress, Session};
pub(crate) use settings::{ClientCertificate, Settings, Source, Version};

use crate::ffi::environment;
use algorithms::Algorithms;
use authority::Authority;
use crypto::Sha256;
use files::Files;
use pin::Pin;
use revocation::Crls;
use roots::Roots;
use verify::{Checks, Issuer, Verifier};
use x509::Certificate;

/// Sessions that rustls remembers for each server.
const SESSIONS_OF_A_SERVER: usize = 8;

/// A loaded configuration. Cloning shares it; making one reads files and takes milliseconds, so keep it.
#[derive(Debug, Clone)]
pub(crate) struct Context(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// What it was made from.
    key: Sha256,
    config: Arc<ClientConfig>,
    verifier: Arc<Verifier>,
}

impl Context {
    /// Loads the roots and builds the configuration, which remembers the sessions of one server.
    #[cfg(test)]
    pub(crate) fn new(settings: &Settings) -> Result<Context, TlsError> {
        Context::build(settings, &Files::read(settings)?, Roots::load(settings)?, 1)
    }

    /// Builds the configuration, which remembers the sessions of `servers` servers. Nothing global is touched.
    fn build(settings: &Settings, files: &Files, roots: Roots, servers: usize) -> Result<Context, TlsError> {
        let Algorithms {
            provider,
            versions,
            schemes,
        } = Algorithms::of(settings)?;
        let client = match &settings.client {
            Some(client) => Some(identity::load(client, files, &provider)?),
            None => None,
        };
        let algorithms = provider.signature_verification_algorithms;
        let checks = checks(settings, files)?;
        let verifier = Arc::new(Verifier::new(settings, roots, checks, algorithms, schemes));
        // No ALPN: libcurl offers none for wss, and servers that insist on a list of their own refuse http/1.1.
        let config = ClientConfig::builder_with_provider(Arc::new(provider))
            .with_protocol_versions(&versions)
            .map_err(|_| TlsError::Settings("the cryptography has no cipher suite for these versions"))?
            .dangerous()
            .with_custom_certificate_verifier(verifier.clone());
        let mut config = match client {
            Some(client) => {
                let resolver: Arc<dyn ResolvesClientCert> = Arc::new(SingleCertAndKey::from(client));
                config.with_client_cert_resolver(resolver)
            }
            None => config.with_no_client_auth(),
        };
        config.resumption = match settings.session_cache {
            true => Resumption::in_memory_sessions(servers * SESSIONS_OF_A_SERVER),
            false => Resumption::disabled(),
        };
        // rustls reads the variable whatever the rights of the program.
        if environment::variable(c"SSLKEYLOGFILE").is_some() {
            config.key_log = Arc::new(KeyLogFile::new());
        }
        Ok(Context(Arc::new(Inner {
            key: files.key(settings),
            config: Arc::new(config),
            verifier,
        })))
    }

    fn key(&self) -> &Sha256 {
        &self.0.key
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

/// What the settings ask to be checked beside path and name.
fn checks(settings: &Settings, files: &Files) -> Result<Checks, TlsError> {
    let crls = match (&settings.crl_file, &files.crls) {
        (Some(file), Some(text)) => Some(Crls::read(text, &file.display().to_string())?),
        _ => None,
    };
    let issuer = match (&settings.issuer, &files.issuer) {
        (Some(source), Some(text)) => {
            let first = x509::certificates(text).next().flatten();
            let issuer = first.as_ref().and_then(|(der, _)| Certificate::read(der));
            let issuer = issuer.ok_or_else(|| {
                TlsError::Issuer(format!(
                    "unable to read the issuer certificate {source}: none in PEM form in it"
                ))
            })?;
            Some(Issuer {
                source: source.to_string(),
                subject: issuer.subject.canonical().into(),
                authority: Authority::of(&issuer),
            })
        }
        _ => None,
    };
    let pin = match &settings.pinned_key {
        Some(option) => Some(Pin::read(option, files.pinned_key.as_deref())?),
        None => None,
    };
    Ok(Checks { crls, issuer, pin })
}
