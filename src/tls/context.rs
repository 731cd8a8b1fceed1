//! A configuration of rustls, made from settings and the files that they name.

use std::sync::Arc;

use rustls::client::{ResolvesClientCert, Resumption};
use rustls::sign::SingleCertAndKey;
use rustls::{ClientConfig, KeyLogFile};

use super::algorithms::Algorithms;
use super::authority::Authority;
use super::crypto::Sha256;
use super::error::TlsError;
use super::files::Files;
use super::identity;
use super::pin::Pin;
use super::revocation::Crls;
use super::roots::Roots;
use super::settings::Settings;
use super::verify::{Checks, Issuer, Verifier};
use super::x509::{self, Certificate};
use crate::ffi::environment;

/// Sessions that rustls remembers for each server.
const SESSIONS_OF_A_SERVER: usize = 8;

/// A loaded configuration. Cloning shares it; making one reads files and takes milliseconds, so keep it.
#[derive(Debug, Clone)]
pub(crate) struct Context(Arc<Inner>);

/// Only what is shared is equal.
impl PartialEq for Context {
    fn eq(&self, other: &Context) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

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
    pub(super) fn build(settings: &Settings, files: &Files, roots: Roots, servers: usize) -> Result<Context, TlsError> {
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
        if settings.offers_http {
            config.alpn_protocols = vec![b"http/1.1".to_vec()];
        }
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

    pub(super) fn key(&self) -> &Sha256 {
        &self.0.key
    }

    pub(super) fn roots(&self) -> &Roots {
        self.0.verifier.roots()
    }

    pub(super) fn config(&self) -> Arc<ClientConfig> {
        self.0.config.clone()
    }

    pub(super) fn verifier(&self) -> &Verifier {
        &self.0.verifier
    }
}

/// What the settings ask to be checked beside path and name.
fn checks(settings: &Settings, files: &Files) -> Result<Checks, TlsError> {
    let crls = match (&settings.crl_file, &files.crls) {
        (Some(file), Some(text)) => Some(Crls::read(text, file)?),
        _ => None,
    };
    let issuer = match (&settings.issuer, &files.issuer) {
        (Some(source), Some(text)) => {
            let first = x509::certificates(text).next().flatten();
            let issuer = first.as_ref().and_then(|(der, _)| Certificate::read(der));
            let issuer = issuer.ok_or_else(|| TlsError::issuer(source, "none in PEM form in it"))?;
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
