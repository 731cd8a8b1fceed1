//! Options as the settings of TLS.

use std::ffi::{CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use super::options::TlsOptions;
use crate::secret::Secret;
use crate::tls::{ClientCertificate, Settings, Source, Version};
use crate::types::tls::{CURL_SSLVERSION_TLSv1_3, CURLSSLOPT_NATIVE_CA, CURLSSLOPT_NO_PARTIALCHAIN};

/// What the options ask for. `offers_http`: HTTP is what is spoken on the connection.
pub(super) fn tls_settings(options: &TlsOptions, session_cache: bool, offers_http: bool) -> Settings {
    let has = |bit: i64| options.bits & bit as u64 != 0;
    Settings {
        verify_peer: options.verify_peer,
        verify_host: options.verify_host,
        ca_info: path(&options.ca_info),
        ca_path: path(&options.ca_path),
        ca_info_blob: options.ca_info_blob.clone(),
        native_ca: has(CURLSSLOPT_NATIVE_CA),
        partial_chain: !has(CURLSSLOPT_NO_PARTIALCHAIN),
        crl_file: path(&options.crl_file),
        issuer: source(
            &options.issuer,
            "CURLOPT_ISSUERCERT_BLOB",
            options.issuer_blob.as_ref().map(|pem| Secret::from(pem.clone())),
        ),
        pinned_key: bytes(&options.pinned_key),
        client: client(options),
        min_version: version(options.min_version),
        max_version: version(options.max_version),
        ciphers: bytes(&options.ciphers),
        ciphers_13: bytes(&options.ciphers_13),
        curves: bytes(&options.curves),
        signature_algorithms: bytes(&options.signature_algorithms),
        session_cache,
        offers_http,
    }
}

/// As in libcurl a key without a certificate is not looked at.
fn client(options: &TlsOptions) -> Option<ClientCertificate> {
    Some(ClientCertificate {
        certificate: source(
            &options.certificate,
            "CURLOPT_SSLCERT_BLOB",
            options.certificate_blob.clone(),
        )?,
        certificate_type: bytes(&options.certificate_type),
        key: source(&options.key, "CURLOPT_SSLKEY_BLOB", options.key_blob.clone()),
        key_type: bytes(&options.key_type),
        password: options.key_password.clone(),
    })
}

/// A blob takes the place of a file.
fn source(file: &Option<CString>, option: &'static str, blob: Option<Secret>) -> Option<Source> {
    match blob {
        Some(blob) => Some(Source::Memory(option, blob)),
        None => path(file).map(Source::File),
    }
}

fn path(path: &Option<CString>) -> Option<PathBuf> {
    let path = path.as_ref()?;
    Some(PathBuf::from(OsStr::from_bytes(path.as_bytes())))
}

fn bytes(text: &Option<CString>) -> Option<Vec<u8>> {
    text.as_ref().map(|text| text.as_bytes().to_vec())
}

fn version(number: u32) -> Version {
    match i64::from(number) == CURL_SSLVERSION_TLSv1_3 {
        true => Version::Tls13,
        false => Version::Tls12,
    }
}
