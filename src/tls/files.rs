//! The files that settings name, except those of trusted certificates. They are read for each connection, as in libcurl, so
//! that a replaced file counts at once. What they hold is part of a context's key.

use std::fs::File;
use std::hash::{Hash, Hasher};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::crypto::digest::{Context as Digest, SHA256};
use super::crypto::{Sha256, finished};
use super::error::TlsError;
use super::pin;
use super::settings::{Settings, Source};
use crate::secret::Secret;

/// Upper bound on the size of a file. A device file has no end.
const MAX_FILE: u64 = 64 << 20;

/// The contents of the files. `None` where the settings name none.
#[derive(Debug, Default, Hash)]
pub(super) struct Files {
    pub(super) certificate: Option<Secret>,
    pub(super) key: Option<Secret>,
    pub(super) issuer: Option<Secret>,
    pub(super) crls: Option<Secret>,
    pub(super) pinned_key: Option<Secret>,
}

impl Files {
    pub(super) fn read(settings: &Settings) -> Result<Files, TlsError> {
        let mut files = Files::default();
        if let Some(client) = &settings.client {
            let certificate = &client.certificate;
            let read = read_source(certificate).map_err(|why| TlsError::client_certificate(certificate, why))?;
            files.certificate = Some(read);
            if let Some(key) = &client.key {
                files.key = Some(read_source(key).map_err(|why| TlsError::client_key(key, why))?);
            }
        }
        if let Some(file) = settings.crl_file.as_deref().filter(|_| settings.verify_peer) {
            files.crls = Some(read_secret(file).map_err(|why| TlsError::crl(file, why))?);
        }
        if let Some(issuer) = &settings.issuer {
            files.issuer = Some(read_source(issuer).map_err(|why| TlsError::issuer(issuer, why))?);
        }
        if let Some(file) = settings.pinned_key.as_deref().and_then(pin::file) {
            let file = Path::new(std::ffi::OsStr::from_bytes(file));
            let key = read_secret(file);
            files.pinned_key = Some(key.map_err(|why| {
                TlsError::PinnedKey(format!("cannot read the pinned public key {}: {why}", file.display()))
            })?);
        }
        Ok(files)
    }

    /// A number for all of the settings and the contents of the files. It tells nothing of either.
    pub(super) fn key(&self, settings: &Settings) -> Sha256 {
        let mut hasher = Hasher256(Digest::new(&SHA256));
        settings.hash(&mut hasher);
        self.hash(&mut hasher);
        finished(&hasher.0.finish())
    }
}

struct Hasher256(Digest);

impl Hasher for Hasher256 {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Not called: the digest is taken as a whole.
    fn finish(&self) -> u64 {
        0
    }
}

fn read_source(source: &Source) -> Result<Secret, io::Error> {
    match source {
        Source::File(file) => read_secret(file),
        Source::Memory(_, bytes) => Ok(bytes.clone()),
    }
}

fn read_secret(file: &Path) -> io::Result<Secret> {
    read(file).map(Secret::from)
}

/// The contents of a file of certificates or keys. Room is made for all of it at once: memory that grows leaves copies behind.
pub(super) fn read(file: &Path) -> io::Result<Vec<u8>> {
    let file = File::open(file)?;
    let length = file.metadata()?.len().min(MAX_FILE);
    let mut bytes = Vec::with_capacity(length as usize + 1);
    file.take(MAX_FILE).read_to_end(&mut bytes)?;
    match bytes.len() as u64 == MAX_FILE {
        true => Err(io::Error::other("it is too large for a file of certificates")),
        false => Ok(bytes),
    }
}
