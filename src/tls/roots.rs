//! The trust store: where trusted certificates come from, and which of them can be the issuer of a given certificate.
//!
//! Files and the PEM text of an application are read once. In the directory of `CURLOPT_CAPATH` and in the system's, issuers are
//! looked up by the hash of their name at each verification, as in OpenSSL: only files that `openssl rehash` has made a link
//! for are trusted, and removing the link withdraws the trust. `SSL_CERT_DIR` names directories that are read as a whole.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::authority::Authority;
use super::crypto::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use super::crypto::{Sha256, sha256};
use super::error::TlsError;
use super::files::read;
use super::settings::Settings;
use super::x509::{self, Certificate, Name, Trust};
use crate::ffi::environment;

/// The trusted certificates.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Roots {
    by_subject: HashMap<Sha256, Vec<Anchor>>,
    /// Directories with hash links.
    directories: Vec<PathBuf>,
}

/// A certificate of the trust store. Of the DER form of a root only a digest is kept: a system's store takes 200 KB.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Anchor {
    pub(super) authority: Authority,
    /// It is marked as not trusted for TLS servers.
    pub(super) is_distrusted: bool,
    certificate: Sha256,
    /// Of one that another authority has issued: the certificate itself, for paths that may not end here.
    intermediate: Option<Box<[u8]>>,
}

/// Where known systems have their trust store, as a file and as a directory of hash links.
const SYSTEM_FILES: [&str; 6] = [
    "/etc/ssl/certs/ca-certificates.crt",                // Debian, Arch, Gentoo
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // Fedora, RHEL
    "/etc/pki/tls/certs/ca-bundle.crt",                  // older Fedora, RHEL
    "/etc/ssl/ca-bundle.pem",                            // openSUSE
    "/etc/ssl/cert.pem",                                 // Alpine
    "/opt/etc/ssl/certs/ca-certificates.crt",            // Entware
];
const SYSTEM_DIRECTORIES: [&str; 2] = ["/etc/ssl/certs", "/etc/pki/tls/certs"];

/// Upper bound on the links of one hash; OpenSSL has none.
const MAX_HASH_LINKS: u32 = 64;

impl Roots {
    /// Loads what `settings` name, else what `SSL_CERT_FILE` and `SSL_CERT_DIR` name, else the system's. None at all is an
    /// error. Without `verify_peer` nothing is needed and nothing is read, as in libcurl.
    pub(super) fn load(settings: &Settings) -> Result<Roots, TlsError> {
        let mut roots = Roots::default();
        if !settings.verify_peer {
            return Ok(roots);
        }
        if let Some(blob) = &settings.ca_info_blob {
            let added = roots.add_pem(blob);
            added.map_err(|why| bad_source("the PEM text of CURLOPT_CAINFO_BLOB", why))?;
        } else if let Some(file) = &settings.ca_info {
            let added = roots.add_file(file);
            added.map_err(|why| bad_source(&shown("CA file", file), why))?;
        }
        if let Some(directory) = &settings.ca_path {
            let added = roots.add_hashed_directory(directory);
            if roots.by_subject.is_empty() {
                added.map_err(|why| bad_source(&shown("CA directory", directory), why))?;
            }
        }
        if settings.ca_info_blob.is_none() && settings.ca_info.is_none() && settings.ca_path.is_none() {
            roots.add_default()?;
        } else if settings.native_ca {
            // There are others: these may be missing.
            let _ = roots.add_system();
        }
        Ok(roots)
    }

    /// The trusted certificates that can be the issuer of this one, by name and key identifier.
    pub(super) fn issuers(&self, certificate: &Certificate<'_>) -> Vec<Cow<'_, Anchor>> {
        let mut named = self.with_subject(&certificate.issuer);
        named.retain(|anchor| anchor.authority.may_have_signed(certificate));
        named
    }

    /// The entry of this certificate itself, byte for byte.
    pub(super) fn find(&self, certificate: &Certificate<'_>) -> Option<Cow<'_, Anchor>> {
        let wanted = sha256(certificate.der);
        let named = self.with_subject(&certificate.subject);
        named.into_iter().find(|anchor| anchor.certificate == wanted)
    }

    /// The trusted certificates that are no roots, except those of directories.
    pub(super) fn intermediates(&self) -> impl Iterator<Item = &[u8]> {
        let anchors = self.by_subject.values().flatten();
        anchors.filter_map(|anchor| anchor.intermediate.as_deref())
    }

    /// Whether both hold the same certificates. False with directories, whose contents may change at any time.
    pub(super) fn is_same_list(&self, other: &Roots) -> bool {
        self.directories.is_empty() && self == other
    }

    fn with_subject(&self, subject: &Name<'_>) -> Vec<Cow<'_, Anchor>> {
        let loaded = self.by_subject.get(&sha256(subject.canonical()));
        let mut found: Vec<_> = loaded.into_iter().flatten().map(Cow::Borrowed).collect();
        for directory in &self.directories {
            found.extend(hash_links(directory, subject).map(Cow::Owned));
        }
        found
    }

    /// The trust store that environment variables name, else the system's.
    fn add_default(&mut self) -> Result<(), TlsError> {
        let file = environment::variable(c"SSL_CERT_FILE").map(PathBuf::from);
        let directories = environment::variable(c"SSL_CERT_DIR").unwrap_or_default();
        let mut problem = None;
        if file.is_none() && directories.is_empty() {
            problem = self.add_system().err();
        }
        if let Some(file) = &file {
            problem = self
                .add_file(file)
                .err()
                .map(|why| bad_source(&shown("SSL_CERT_FILE", file), why));
        }
        for directory in std::env::split_paths(&directories).filter(|path| !path.as_os_str().is_empty()) {
            let added = self.add_whole_directory(&directory);
            let error = added
                .err()
                .map(|why| bad_source(&shown("SSL_CERT_DIR", &directory), why));
            problem = problem.or(error);
        }
        match self.by_subject.is_empty() && self.directories.is_empty() {
            true => Err(problem.unwrap_or_else(|| {
                let why = "nothing found in SSL_CERT_FILE, SSL_CERT_DIR or the usual places".into();
                bad_source("the system's trusted certificates", why)
            })),
            false => Ok(()),
        }
    }

    fn add_system(&mut self) -> Result<(), TlsError> {
        for directory in SYSTEM_DIRECTORIES {
            let _ = self.add_hashed_directory(Path::new(directory));
        }
        match system_file() {
            Some(file) => self
                .add_file(file)
                .map_err(|why| bad_source(&shown("CA file", file), why)),
            None => Ok(()),
        }
    }

    fn add_file(&mut self, file: &Path) -> Result<(), String> {
        let text = read(file).map_err(|error| error.to_string())?;
        self.add_pem(&text)
    }

    /// Files that are not certificates are ignored.
    fn add_whole_directory(&mut self, directory: &Path) -> Result<(), String> {
        for entry in fs::read_dir(directory).map_err(|error| error.to_string())?.flatten() {
            if entry.path().is_file() {
                let _ = self.add_file(&entry.path());
            }
        }
        match self.by_subject.is_empty() {
            true => Err("no file in it holds a usable certificate in PEM form".into()),
            false => Ok(()),
        }
    }

    /// Only checks the directory; see [`hash_links`].
    fn add_hashed_directory(&mut self, directory: &Path) -> Result<(), String> {
        let entries = fs::read_dir(directory).map_err(|error| error.to_string())?;
        if !entries
            .flatten()
            .any(|entry| is_hash_link(entry.file_name().as_encoded_bytes()))
        {
            return Err("no file in it is named by a hash as 1a2b3c4d.0 (openssl rehash makes these names)".into());
        }
        self.directories.push(directory.to_owned());
        Ok(())
    }

    fn add_pem(&mut self, text: &[u8]) -> Result<(), String> {
        let (mut is_usable, mut is_broken) = (false, false);
        for certificate in x509::certificates(text) {
            let anchor = certificate.as_ref().and_then(|(der, trust)| {
                let certificate = Certificate::read(der)?;
                Some((
                    sha256(certificate.subject.canonical()),
                    Anchor::of(&certificate, *trust),
                ))
            });
            // Large trust stores hold a few malformed certificates.
            let Some((subject, anchor)) = anchor else {
                is_broken = true;
                continue;
            };
            is_usable = true;
            let named = self.by_subject.entry(subject).or_default();
            match named.iter_mut().find(|known| known.certificate == anchor.certificate) {
                Some(known) => known.is_distrusted |= anchor.is_distrusted,
                None => named.push(anchor),
            }
        }
        match (is_usable, is_broken) {
            (true, _) => Ok(()),
            (false, true) => Err("the certificates in it are malformed".into()),
            (false, false) => Err("no usable certificate in PEM form in it".into()),
        }
    }
}

impl Anchor {
    fn of(certificate: &Certificate<'_>, trust: Trust) -> Anchor {
        Anchor {
            authority: Authority::of(certificate),
            is_distrusted: trust == Trust::Denied,
            certificate: sha256(certificate.der),
            intermediate: (!certificate.is_self_issued()).then(|| certificate.der.into()),
        }
    }
}

/// The file of the system's trust store.
pub(crate) fn system_file() -> Option<&'static Path> {
    SYSTEM_FILES.iter().map(Path::new).find(|path| path.is_file())
}

/// The directory of the system's trust store.
pub(crate) fn system_directory() -> Option<&'static Path> {
    SYSTEM_DIRECTORIES.iter().map(Path::new).find(|path| path.is_dir())
}

/// The certificates of a directory under the hash of a name: `1a2b3c4d.0`, `1a2b3c4d.1` and so on (X509_LOOKUP_hash_dir(3)).
fn hash_links(directory: &Path, subject: &Name<'_>) -> impl Iterator<Item = Anchor> {
    let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, subject.canonical());
    let hash = hash
        .as_ref()
        .first_chunk()
        .map_or(0, |bytes| u32::from_le_bytes(*bytes));
    let files = (0..MAX_HASH_LINKS).map_while(move |number| read(&directory.join(format!("{hash:08x}.{number}"))).ok());
    let certificates = files.flat_map(|text| x509::certificates(&text).flatten().collect::<Vec<_>>());
    certificates.filter_map(move |(der, trust)| {
        let certificate = Certificate::read(&der)?;
        (certificate.subject == *subject).then(|| Anchor::of(&certificate, trust))
    })
}

fn is_hash_link(name: &[u8]) -> bool {
    name.split_at_checked(8).is_some_and(|(hash, number)| {
        let number = number.strip_prefix(b".").unwrap_or_default();
        hash.iter().all(u8::is_ascii_hexdigit) && !number.is_empty() && number.iter().all(u8::is_ascii_digit)
    })
}

fn bad_source(source: &str, why: String) -> TlsError {
    TlsError::Roots(format!("cannot load trusted certificates from {source}: {why}"))
}

fn shown(kind: &str, path: &Path) -> String {
    format!("{kind} {}", path.display())
}
