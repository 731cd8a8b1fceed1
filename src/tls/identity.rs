//! The client's certificate and key.

use std::sync::Arc;

use pkcs8::EncryptedPrivateKeyInfoRef;
use pkcs8::pkcs5::EncryptionScheme;
use pkcs8::pkcs5::pbes2::Kdf;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SigningKey};

use super::error::TlsError;
use super::files::Files;
use super::settings::ClientCertificate;
use super::x509::{self, Block, Certificate};
use crate::secret::Secret;

/// Upper bounds on the work and the memory that a file can ask for. OpenSSL has the one for memory.
const MAX_ITERATIONS: u32 = 5_000_000;
const MAX_SCRYPT_MEMORY: u64 = 64 << 20;

/// How certificates and keys are written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Pem,
    Der,
}

/// Loads the certificate, those of its issuers that are beside it, and the key, which must belong to it.
pub(super) fn load(
    client: &ClientCertificate,
    files: &Files,
    provider: &CryptoProvider,
) -> Result<CertifiedKey, TlsError> {
    let bytes = files.certificate.as_deref().unwrap_or_default();
    let encoding = Encoding::of("CURLOPT_SSLCERTTYPE", client.certificate_type.as_deref())?;
    let chain = chain(bytes, encoding).map_err(|why| TlsError::client_certificate(&client.certificate, why))?;
    let (source, bytes, encoding) = match (&client.key, files.key.as_deref()) {
        (Some(source), Some(bytes)) => {
            let encoding = Encoding::of("CURLOPT_SSLKEYTYPE", client.key_type.as_deref())?;
            (source, bytes, encoding)
        }
        _ => (&client.certificate, bytes, encoding),
    };
    let key =
        key(bytes, encoding, client.password.as_deref(), provider).map_err(|why| TlsError::client_key(source, why))?;
    check_pair(&chain, &*key)?;
    Ok(CertifiedKey::new(chain, key))
}

impl Encoding {
    /// What an option names.
    fn of(option: &str, name: Option<&[u8]>) -> Result<Encoding, TlsError> {
        let name = name.unwrap_or_default();
        let refused = |why| TlsError::ClientCertificate(format!("{option} {}: {why}", name.escape_ascii()));
        match name.to_ascii_uppercase().as_slice() {
            b"" | b"PEM" => Ok(Encoding::Pem),
            b"DER" => Ok(Encoding::Der),
            b"P12" => Err(refused(PKCS_12)),
            b"ENG" | b"PROV" => Err(refused("there are no crypto engines and providers")),
            _ => Err(TlsError::ClientKey(format!(
                "not supported file type '{}' for certificate or key: it is PEM or DER",
                name.escape_ascii()
            ))),
        }
    }
}

const PKCS_12: &str = "PKCS#12 files are not supported; convert it with \
    openssl pkcs12 -in FILE.p12 -out FILE.pem -aes256";

fn chain(bytes: &[u8], encoding: Encoding) -> Result<Vec<CertificateDer<'static>>, &'static str> {
    let chain: Option<Vec<_>> = match encoding {
        Encoding::Der => Some(vec![bytes.to_vec()]),
        Encoding::Pem => x509::certificates(bytes).map(|read| read.map(|(der, _)| der)).collect(),
    };
    let chain = chain.filter(|chain| chain.iter().all(|der| Certificate::read(der).is_some()));
    match chain {
        Some(chain) if !chain.is_empty() => Ok(chain.into_iter().map(CertificateDer::from).collect()),
        _ if x509::is_pkcs_12(bytes) => Err(PKCS_12),
        Some(_) => Err("no certificate in PEM form in it (wrong file format?)"),
        None => Err("a certificate in it is malformed (wrong file format?)"),
    }
}

fn key(
    bytes: &[u8],
    encoding: Encoding,
    password: Option<&[u8]>,
    provider: &CryptoProvider,
) -> Result<Arc<dyn SigningKey>, String> {
    let der = match encoding {
        Encoding::Der => match EncryptedPrivateKeyInfoRef::try_from(bytes) {
            Ok(encrypted) => decrypt(&encrypted, password)?,
            Err(_) => Secret::from(bytes.to_vec()),
        },
        Encoding::Pem => {
            let block = x509::blocks(bytes).find(|block| block.label.ends_with(b"PRIVATE KEY"));
            let block = block.ok_or_else(|| match x509::is_pkcs_12(bytes) {
                true => PKCS_12,
                false => "no private key in PEM form in it (wrong file format?)",
            })?;
            from_pem(block, password)?
        }
    };
    let key = PrivateKeyDer::try_from(&*der).map_err(|_| "it is no PKCS#8, PKCS#1 or SEC 1 private key")?;
    // rustls overwrites its copy when it drops it.
    let loaded = provider.key_provider.load_private_key(key.clone_key());
    loaded.map_err(|_| unsupported_key())
}

fn unsupported_key() -> String {
    let others = match cfg!(feature = "aws-lc") {
        true => ", P-521",
        false => "",
    };
    format!(
        "malformed, or of a kind that is not supported: RSA of 2048 to 8192 bits, ECDSA on P-256, P-384{others}, Ed25519"
    )
}

fn from_pem(block: Block<'_>, password: Option<&[u8]>) -> Result<Secret, String> {
    if block.has_headers {
        return Err(
            "this old form of encrypted PEM is not supported; convert it with openssl pkcs8 -topk8 -in FILE -out NEWFILE"
                .into(),
        );
    }
    let is_encrypted = block.label == b"ENCRYPTED PRIVATE KEY";
    let der = block.into_secret().ok_or("the private key in it is not valid base64")?;
    match is_encrypted {
        true => match EncryptedPrivateKeyInfoRef::try_from(&*der) {
            Ok(encrypted) => decrypt(&encrypted, password),
            Err(_) => Err(
                "the encrypted private key is malformed, or encrypted in a way that is not supported; \
                           convert it with openssl pkcs8 -topk8 -v2 aes256 -in FILE -out NEWFILE"
                    .into(),
            ),
        },
        false => Ok(der),
    }
}

fn decrypt(encrypted: &EncryptedPrivateKeyInfoRef<'_>, password: Option<&[u8]>) -> Result<Secret, String> {
    let password = password.ok_or("it is encrypted, and there is no CURLOPT_KEYPASSWD")?;
    let EncryptionScheme::Pbes2(parameters) = &encrypted.encryption_algorithm else {
        return Err("it is encrypted with PKCS#5 version 1, which is not supported; \
                    convert it with openssl pkcs8 -topk8 -v2 aes256 -in FILE -out NEWFILE"
            .into());
    };
    let is_bounded = match &parameters.kdf {
        Kdf::Pbkdf2(kdf) => kdf.iteration_count <= MAX_ITERATIONS,
        Kdf::Scrypt(kdf) => {
            let memory = kdf
                .cost_parameter
                .saturating_mul(kdf.block_size.into())
                .saturating_mul(128);
            memory.saturating_mul(kdf.parallelization.into()) <= MAX_SCRYPT_MEMORY
        }
        _ => false,
    };
    if !is_bounded {
        return Err("to decrypt it would take too much time or memory".into());
    }
    let decrypted = encrypted.decrypt(password);
    decrypted
        .map(|document| Secret::from(document.as_bytes().to_vec()))
        .map_err(|_| {
            "it can't be decrypted: wrong CURLOPT_KEYPASSWD, or an algorithm that is not supported (AES is)".into()
        })
}

fn check_pair(chain: &[CertificateDer<'_>], key: &dyn SigningKey) -> Result<(), TlsError> {
    let certificate = chain.first().and_then(|der| Certificate::read(der));
    let is_pair = match (certificate, key.public_key()) {
        (Some(certificate), Some(public)) => certificate.key.der == &*public,
        // rustls knows the public key of all kinds that it loads.
        _ => false,
    };
    match is_pair {
        true => Ok(()),
        false => Err(TlsError::ClientKey(
            "Private key does not match the certificate public key".into(),
        )),
    }
}
