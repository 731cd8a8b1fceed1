//! Which algorithms of TLS are offered: the lists of `CURLOPT_SSL_CIPHER_LIST`, `CURLOPT_TLS13_CIPHERS`,
//! `CURLOPT_SSL_EC_CURVES` and `CURLOPT_SSL_SIGNATURE_ALGORITHMS`, in OpenSSL's form.
//!
//! A name that neither OpenSSL nor IANA has is an error. What is known and not supported here is left out, as long as
//! something is left.

mod ciphers;
mod curves;
mod list;
mod signatures;

pub(super) use ciphers::iana;

use rustls::crypto::CryptoProvider;
use rustls::{SignatureScheme, SupportedProtocolVersion};

use super::crypto::default_provider;
use super::error::TlsError;
use super::settings::{Settings, Version};

/// What the settings leave of the provider's algorithms.
pub(super) struct Algorithms {
    pub(super) provider: CryptoProvider,
    pub(super) versions: Vec<&'static SupportedProtocolVersion>,
    /// What the server may sign the handshake with.
    pub(super) schemes: Vec<SignatureScheme>,
}

impl Algorithms {
    pub(super) fn of(settings: &Settings) -> Result<Algorithms, TlsError> {
        if settings.min_version > settings.max_version {
            return Err(TlsError::Settings(
                "the lowest TLS version asked for is above the highest",
            ));
        }
        let mut provider = default_provider();
        provider.cipher_suites = ciphers::choose(settings, &provider.cipher_suites)?;
        if let Some(list) = &settings.curves {
            provider.kx_groups = curves::choose(list)?;
        }
        let supported = provider.signature_verification_algorithms.supported_schemes();
        let schemes = match &settings.signature_algorithms {
            Some(list) => signatures::choose(list, &supported)?,
            None => supported,
        };
        let suites = &provider.cipher_suites;
        let versions = [Version::Tls12, Version::Tls13].into_iter().map(Version::rustls);
        let versions = versions
            .filter(|version| suites.iter().any(|suite| suite.version().version == version.version))
            .collect();
        Ok(Algorithms {
            provider,
            versions,
            schemes,
        })
    }
}
