//! The nonce of the opening handshake and its proof (RFC 6455 sections 4.1 and 4.2.2).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

use crate::error::{Error, Result};
use crate::types::codes::CURLcode;

/// A fresh `Sec-WebSocket-Key`: 16 bytes of the operating system's random numbers in base64.
///
/// # Errors
/// `CURLE_FAILED_INIT` when the operating system has none.
pub fn new_key() -> Result<String> {
    let mut nonce = [0; 16];
    getrandom::fill(&mut nonce).map_err(|error| {
        Error::new(
            CURLcode::CURLE_FAILED_INIT,
            format!("no random bytes for Sec-WebSocket-Key: {error}"),
        )
    })?;
    Ok(STANDARD.encode(nonce))
}

/// The `Sec-WebSocket-Accept` value that proves that the server read `key` (RFC 6455 section 4.2.2).
pub fn expected_accept(key: &[u8]) -> String {
    const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    STANDARD.encode(Sha1::new().chain_update(key).chain_update(GUID).finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_6455_section_1_3_accept() {
        assert_eq!(
            expected_accept(b"dGhlIHNhbXBsZSBub25jZQ=="),
            "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        );
    }

    #[test]
    fn keys_are_sixteen_fresh_bytes() {
        let (one, two) = (new_key().unwrap(), new_key().unwrap());
        assert_eq!(STANDARD.decode(&one).unwrap().len(), 16);
        assert_ne!(one, two);
    }
}
