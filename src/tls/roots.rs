//! The trusted certificates: where they come from and how each may be used.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, TrustAnchor};

use super::certificate::Certificate;
use super::settings::Settings;
use crate::error::{Error, Result};
use crate::types::codes::CURLcode;

/// The certificates that verification ends at.
#[derive(Debug, Default)]
pub(crate) struct Roots {
    authorities: Vec<TrustAnchor<'static>>,
    /// Digests of all certificates: a server may present one of them itself. Digests, since the certificates of a
    /// system's whole store take 200 KB.
    known: HashSet<Digest>,
}

type Digest = [u8; 32];

impl Roots {
    /// Loads what `settings` name, else what `SSL_CERT_FILE` and `SSL_CERT_DIR` name, else the system's. None at all
    /// is `CURLE_SSL_CACERT_BADFILE`. Without `verify_peer` nothing is needed and nothing is read, as in libcurl.
    pub(crate) fn load(settings: &Settings) -> Result<Roots> {
        let mut roots = Roots::default();
        if !settings.verify_peer {
            return Ok(roots);
        }
        if let Some(blob) = &settings.ca_info_blob {
            let added = roots.add_pem(CertificateDer::pem_slice_iter(blob));
            added.map_err(|why| bad_source("the PEM text of CURLOPT_CAINFO_BLOB", why))?;
        } else if let Some(file) = &settings.ca_info {
            roots
                .add_file(file)
                .map_err(|why| bad_source(&shown("CA file", file), why))?;
        }
        if let Some(directory) = &settings.ca_path {
            let added = roots.add_directory(directory);
            if roots.is_empty() {
                added.map_err(|why| bad_source(&shown("CA directory", directory), why))?;
            }
        }
        if settings.ca_info_blob.is_none() && settings.ca_info.is_none() && settings.ca_path.is_none() {
            roots.add_native()?;
        }
        Ok(roots)
    }

    /// The certificates whose keys may sign others.
    pub(crate) fn authorities(&self) -> &[TrustAnchor<'static>] {
        &self.authorities
    }

    /// Whether this very certificate is trusted, byte for byte.
    pub(crate) fn contains(&self, certificate: &CertificateDer<'_>) -> bool {
        !self.known.is_empty() && self.known.contains(&digest(certificate))
    }

    fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    fn add_file(&mut self, file: &Path) -> std::result::Result<(), String> {
        let certificates = CertificateDer::pem_file_iter(file).map_err(|error| reason(&error))?;
        self.add_pem(certificates)
    }

    /// A directory may hold anything beside certificates: what can't be read is passed over.
    fn add_directory(&mut self, directory: &Path) -> std::result::Result<(), String> {
        let entries = fs::read_dir(directory).map_err(|error| error.to_string())?;
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_file() {
                let _ = self.add_file(&path);
            }
        }
        if self.is_empty() {
            return Err("no file in it holds a usable certificate in PEM form".into());
        }
        Ok(())
    }

    fn add_native(&mut self) -> Result<()> {
        let found = rustls_native_certs::load_native_certs();
        for certificate in &found.certs {
            self.add(certificate);
        }
        if !self.is_empty() {
            return Ok(());
        }
        let why = match found.errors.first() {
            Some(error) => error.to_string(),
            None => "nothing found in SSL_CERT_FILE, SSL_CERT_DIR or the usual places".into(),
        };
        Err(bad_source("the system's trusted certificates", why))
    }

    fn add_pem(
        &mut self,
        certificates: impl Iterator<Item = std::result::Result<CertificateDer<'static>, pem::Error>>,
    ) -> std::result::Result<(), String> {
        let mut usable = false;
        let mut problem = None;
        for certificate in certificates {
            match certificate {
                Ok(certificate) => usable |= self.add(&certificate),
                Err(error) => {
                    problem = Some(reason(&error));
                    if matches!(error, pem::Error::Io(_)) {
                        break;
                    }
                }
            }
        }
        match (usable, problem) {
            (true, _) => Ok(()),
            (false, Some(problem)) => Err(problem),
            (false, None) => Err("no usable certificate in PEM form in it".into()),
        }
    }

    /// Says whether the certificate could be read. Large stores hold a few odd ones, which are left out.
    fn add(&mut self, der: &CertificateDer<'_>) -> bool {
        let Some(certificate) = Certificate::parse(der) else {
            return false;
        };
        if !self.known.insert(digest(der)) {
            return true;
        }
        // webpki lets every anchor sign, also a server's own certificate; OpenSSL does not, so such a one stays out.
        if certificate.is_authority() {
            if let Ok(anchor) = webpki::anchor_from_trusted_cert(der) {
                self.authorities.push(anchor.to_owned());
            }
        }
        true
    }
}

fn digest(certificate: &CertificateDer<'_>) -> Digest {
    let mut digest = Digest::default();
    digest.copy_from_slice(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, certificate).as_ref());
    digest
}

fn bad_source(source: &str, why: String) -> Error {
    Error::new(
        CURLcode::CURLE_SSL_CACERT_BADFILE,
        format!("cannot load trusted certificates from {source}: {why}"),
    )
}

fn shown(kind: &str, path: &Path) -> String {
    format!("{kind} {}", path.display())
}

fn reason(error: &pem::Error) -> String {
    match error {
        pem::Error::Io(error) => error.to_string(),
        other => other.to_string(),
    }
}
