//! `CURLOPT_PINNEDPUBLICKEY`: the public key that the server must have.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::crypto::sha256;
use super::error::TlsError;
use super::x509;

/// How a list of digests begins. Anything else is the name of a file.
const SHA256: &[u8] = b"sha256//";

/// The keys that are accepted.
#[derive(Debug)]
pub(super) enum Pin {
    /// Base64 of the digests of their DER forms.
    Digests(Vec<Vec<u8>>),
    /// One key in DER form.
    Key(Vec<u8>),
}

/// The name of the file, if the option names one.
pub(super) fn file(option: &[u8]) -> Option<&[u8]> {
    (!option.starts_with(SHA256)).then_some(option)
}

impl Pin {
    /// Reads the option, with the contents of the file if it names one: DER, or PEM text.
    pub(super) fn read(option: &[u8], file: Option<&[u8]>) -> Result<Pin, TlsError> {
        let Some(contents) = file else {
            let items = option.split(|byte| *byte == b';');
            // As in libcurl the list ends at the first item of another kind.
            let digests = items.map_while(|item| item.strip_prefix(SHA256)).map(<[u8]>::to_vec);
            return Ok(Pin::Digests(digests.collect()));
        };
        let der = x509::blocks(contents).find(|block| block.label == b"PUBLIC KEY");
        let der = match der {
            Some(block) => block.der(),
            None => Some(contents.to_vec()),
        };
        match der.filter(|der| x509::PublicKey::read(der).is_some()) {
            Some(der) => Ok(Pin::Key(der)),
            None => Err(TlsError::PinnedKey(format!(
                "{} holds no public key in DER or PEM form (openssl x509 -pubkey -noout -in CERTIFICATE prints one)",
                option.escape_ascii()
            ))),
        }
    }

    /// Whether a server's `SubjectPublicKeyInfo` is accepted.
    pub(super) fn accepts(&self, key: &[u8]) -> bool {
        match self {
            Pin::Digests(digests) => digests.iter().any(|digest| *digest == base64_digest(key).into_bytes()),
            Pin::Key(pinned) => pinned == key,
        }
    }
}

/// A key as the option takes it.
pub(super) fn shown(key: &[u8]) -> String {
    format!("sha256//{}", base64_digest(key))
}

fn base64_digest(key: &[u8]) -> String {
    STANDARD.encode(sha256(key))
}
