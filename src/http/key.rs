//! The nonce of the opening handshake and its proof (RFC 6455 sections 4.1 and 4.2.2).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

/// The `Sec-WebSocket-Key` of a handshake, made of 16 bytes that are fresh and random.
pub(crate) fn new_key(nonce: [u8; 16]) -> [u8; 24] {
    encoded(&nonce)
}

/// The `Sec-WebSocket-Accept` value that proves that the server read `key` (RFC 6455 section 4.2.2).
pub(crate) fn expected_accept(key: &[u8]) -> [u8; 28] {
    const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    encoded(&Sha1::new().chain_update(key).chain_update(GUID).finalize())
}

/// Base64 of bytes that make up `N` characters.
fn encoded<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut text = [0; N];
    let length = STANDARD.encode_slice(bytes, &mut text);
    debug_assert_eq!(length, Ok(N));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_6455_section_1_3_accept() {
        assert_eq!(
            expected_accept(b"dGhlIHNhbXBsZSBub25jZQ=="),
            *b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        );
    }

    #[test]
    fn rfc_6455_section_4_1_key() {
        assert_eq!(new_key(*b"the sample nonce"), *b"dGhlIHNhbXBsZSBub25jZQ==");
    }
}
