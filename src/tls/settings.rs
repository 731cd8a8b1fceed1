//! The TLS options of an application.

use std::path::PathBuf;

use rustls::SupportedProtocolVersion;

/// A protocol version that this library speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Version {
    /// TLS 1.2, RFC 5246.
    Tls12,
    /// TLS 1.3, RFC 8446.
    Tls13,
}

impl Version {
    pub(super) fn rustls(self) -> &'static SupportedProtocolVersion {
        match self {
            Version::Tls12 => &rustls::version::TLS12,
            Version::Tls13 => &rustls::version::TLS13,
        }
    }
}

/// The TLS options of a handle. Equal settings can share one [`Context`](super::Context).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    /// `CURLOPT_SSL_VERIFYPEER`: the certificate must lead to a trusted root. Off: no roots are loaded.
    pub(crate) verify_peer: bool,
    /// `CURLOPT_SSL_VERIFYHOST`: the certificate must name the host. Independent of `verify_peer`.
    pub(crate) verify_host: bool,
    /// `CURLOPT_CAINFO`: a PEM file of trusted certificates. A blob takes its place.
    pub(crate) ca_info: Option<PathBuf>,
    /// `CURLOPT_CAPATH`: a directory of PEM files with hash names, trusted as well.
    pub(crate) ca_path: Option<PathBuf>,
    /// `CURLOPT_CAINFO_BLOB`: PEM text of trusted certificates.
    pub(crate) ca_info_blob: Option<Vec<u8>>,
    /// The oldest version to accept.
    pub(crate) min_version: Version,
    /// The newest version to offer.
    pub(crate) max_version: Version,
    /// `CURLOPT_SSL_SESSIONID_CACHE`: resume earlier sessions of the same context.
    pub(crate) session_cache: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            verify_peer: true,
            verify_host: true,
            ca_info: None,
            ca_path: None,
            ca_info_blob: None,
            min_version: Version::Tls12,
            max_version: Version::Tls13,
            session_cache: true,
        }
    }
}
