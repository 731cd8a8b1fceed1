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
        if let (true, Ok(anchor)) = (certificate.is_authority(), webpki::anchor_from_trusted_cert(der)) {
            self.authorities.push(anchor.to_owned());
        }
        true
    }
}

fn digest(certificate: &CertificateDer<'_>) -> Digest {
    let mut digest = Digest::default();
    digest.copy_from_slice(ring::digest::digest(&ring::digest::SHA256, certificate).as_ref());
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

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::tests::{Authority, leaf_params, pem, self_signed};
    use super::*;

    /// A directory that is gone when the test ends.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Scratch {
            let path = std::env::temp_dir().join(format!("wscurl-roots-{}-{name}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Scratch(path)
        }

        fn file(&self, name: &str, contents: &[u8]) -> PathBuf {
            let path = self.0.join(name);
            fs::write(&path, contents).unwrap();
            path
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_file_may_hold_many_certificates_and_other_things() {
        let scratch = Scratch::new("many");
        let (first, second) = (Authority::new("First"), Authority::new("Second"));
        let server = self_signed(&leaf_params(&["a.example"]));
        let mut text = b"# a comment\n".to_vec();
        text.extend(pem(&first.certificate));
        text.extend(b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n");
        text.extend(pem(&second.certificate));
        text.extend(pem(&second.certificate));
        text.extend(pem(&server.chain[0]));
        let roots = Roots::load(&Settings {
            ca_info: Some(scratch.file("ca.pem", &text)),
            ..Settings::default()
        })
        .unwrap();
        assert_eq!(roots.authorities().len(), 2);
        assert!(roots.contains(&first.certificate) && roots.contains(&server.chain[0]));
        assert!(!roots.contains(&Authority::new("First").certificate));
    }

    #[test]
    fn a_directory_adds_to_a_file_and_a_blob_replaces_the_file() {
        let scratch = Scratch::new("combined");
        let [of_file, of_directory, of_blob] = ["File", "Directory", "Blob"].map(Authority::new);
        scratch.file("12345678.0", &pem(&of_directory.certificate));
        scratch.file("README", b"nothing to see");
        let files = Scratch::new("combined-file");
        let mut settings = Settings {
            ca_info: Some(files.file("ca.pem", &pem(&of_file.certificate))),
            ca_path: Some(scratch.0.clone()),
            ..Settings::default()
        };
        let trusted = |settings: &Settings| {
            let roots = Roots::load(settings).unwrap();
            [&of_file, &of_directory, &of_blob].map(|authority| roots.contains(&authority.certificate))
        };
        assert_eq!(trusted(&settings), [true, true, false]);
        settings.ca_info_blob = Some(pem(&of_blob.certificate));
        assert_eq!(trusted(&settings), [false, true, true]);
    }

    #[test]
    fn what_cannot_be_loaded_is_named() {
        let scratch = Scratch::new("unusable");
        let empty = scratch.file("empty.pem", b"");
        let broken = scratch.file(
            "broken.pem",
            b"-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n",
        );
        let missing = scratch.0.join("missing.pem");
        let file = |path: &Path| Settings {
            ca_info: Some(path.to_owned()),
            ..Settings::default()
        };
        let directory = |path: &Path| Settings {
            ca_path: Some(path.to_owned()),
            ..Settings::default()
        };
        let blob = Settings {
            ca_info_blob: Some(b"nothing".to_vec()),
            ..Settings::default()
        };
        let cases = [
            (file(&missing), vec!["missing.pem", "No such file"]),
            (file(&empty), vec!["empty.pem", "no usable certificate"]),
            (file(&broken), vec!["broken.pem"]),
            (file(&scratch.0), vec!["directory"]),
            (directory(&missing), vec!["missing.pem", "No such file"]),
            (directory(&scratch.0), vec!["no file in it holds a usable certificate"]),
            (blob, vec!["CURLOPT_CAINFO_BLOB"]),
        ];
        for (settings, parts) in cases {
            let error = Roots::load(&settings).unwrap_err();
            assert_eq!(error.code(), CURLcode::CURLE_SSL_CACERT_BADFILE);
            for part in parts {
                assert!(error.message().contains(part), "{error}");
            }
            let unverified = Settings {
                verify_peer: false,
                ..settings
            };
            assert!(Roots::load(&unverified).unwrap().is_empty());
        }
    }

    #[test]
    fn a_missing_directory_beside_a_good_file_is_passed_over() {
        let scratch = Scratch::new("beside");
        let authority = Authority::new("Root");
        let settings = Settings {
            ca_info: Some(scratch.file("ca.pem", &pem(&authority.certificate))),
            ca_path: Some(scratch.0.join("missing")),
            ..Settings::default()
        };
        assert!(Roots::load(&settings).unwrap().contains(&authority.certificate));
    }
}
