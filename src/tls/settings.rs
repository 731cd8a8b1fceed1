//! The TLS options of an application.

use std::fmt;
use std::path::PathBuf;

use rustls::SupportedProtocolVersion;

use crate::secret::Secret;

/// A protocol version that this library speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

/// The TLS options of a handle for one kind of server. What they hash to is the key of a [`Context`](super::Context), so every
/// field decides whether a session may be resumed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
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
    /// `CURLSSLOPT_NATIVE_CA`: the system's trusted certificates in addition to those above.
    pub(crate) native_ca: bool,
    /// A trusted certificate that is not self-signed ends the path as well. Off with `CURLSSLOPT_NO_PARTIALCHAIN`.
    pub(crate) partial_chain: bool,
    /// `CURLOPT_CRLFILE`: PEM text of revocation lists, one of each issuer in the path.
    pub(crate) crl_file: Option<PathBuf>,
    /// `CURLOPT_ISSUERCERT`: the certificate that must have issued the server's.
    pub(crate) issuer: Option<Source>,
    /// `CURLOPT_PINNEDPUBLICKEY`: digests, or the name of a file.
    pub(crate) pinned_key: Option<Vec<u8>>,
    /// The certificate for servers that ask for one.
    pub(crate) client: Option<ClientCertificate>,
    /// The oldest version to accept.
    pub(crate) min_version: Version,
    /// The newest version to offer.
    pub(crate) max_version: Version,
    /// `CURLOPT_SSL_CIPHER_LIST`, for TLS 1.2.
    pub(crate) ciphers: Option<Vec<u8>>,
    /// `CURLOPT_TLS13_CIPHERS`.
    pub(crate) ciphers_13: Option<Vec<u8>>,
    /// `CURLOPT_SSL_EC_CURVES`.
    pub(crate) curves: Option<Vec<u8>>,
    /// `CURLOPT_SSL_SIGNATURE_ALGORITHMS`.
    pub(crate) signature_algorithms: Option<Vec<u8>>,
    /// `CURLOPT_SSL_SESSIONID_CACHE`: resume earlier sessions of the same context.
    pub(crate) session_cache: bool,
    /// Offer `http/1.1` in ALPN (RFC 7301).
    pub(crate) offers_http: bool,
}

/// Where something is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Source {
    File(PathBuf),
    /// In memory, from the option of this name.
    Memory(&'static str, Secret),
}

/// A client certificate and its key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct ClientCertificate {
    /// `CURLOPT_SSLCERT` or `CURLOPT_SSLCERT_BLOB`.
    pub(crate) certificate: Source,
    /// `CURLOPT_SSLCERTTYPE`.
    pub(crate) certificate_type: Option<Vec<u8>>,
    /// `CURLOPT_SSLKEY` or `CURLOPT_SSLKEY_BLOB`. Without it the key is where the certificate is.
    pub(crate) key: Option<Source>,
    /// `CURLOPT_SSLKEYTYPE`.
    pub(crate) key_type: Option<Vec<u8>>,
    /// `CURLOPT_KEYPASSWD`.
    pub(crate) password: Option<Secret>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            verify_peer: true,
            verify_host: true,
            ca_info: None,
            ca_path: None,
            ca_info_blob: None,
            native_ca: false,
            partial_chain: true,
            crl_file: None,
            issuer: None,
            pinned_key: None,
            client: None,
            min_version: Version::Tls12,
            max_version: Version::Tls13,
            ciphers: None,
            ciphers_13: None,
            curves: None,
            signature_algorithms: None,
            session_cache: true,
            offers_http: false,
        }
    }
}

/// As messages name it.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::File(path) => path.display().fmt(f),
            Source::Memory(option, _) => f.write_str(option),
        }
    }
}
