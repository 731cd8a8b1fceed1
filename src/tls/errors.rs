//! TLS errors as result codes, the same as libcurl's.

use super::error::TlsError;
use crate::error::Error;
use crate::types::codes::CURLcode;

const CERTIFICATE_EXPIRED: u8 = 45;
const CERTIFICATE_REQUIRED: u8 = 116;

impl From<TlsError> for Error {
    fn from(error: TlsError) -> Error {
        let code = match &error {
            TlsError::Roots(_) => CURLcode::CURLE_SSL_CACERT_BADFILE,
            TlsError::Certificate { .. } => CURLcode::CURLE_PEER_FAILED_VERIFICATION,
            TlsError::Handshake {
                alert: Some(CERTIFICATE_REQUIRED),
                ..
            } => CURLcode::CURLE_SSL_CLIENTCERT,
            TlsError::Handshake {
                alert: Some(CERTIFICATE_EXPIRED),
                ..
            } => CURLcode::CURLE_PEER_FAILED_VERIFICATION,
            TlsError::Settings(_)
            | TlsError::Host(_)
            | TlsError::NotTls { .. }
            | TlsError::Handshake { .. }
            | TlsError::HandshakeEof { .. } => CURLcode::CURLE_SSL_CONNECT_ERROR,
            TlsError::Receive { .. } | TlsError::Truncated { .. } => CURLcode::CURLE_RECV_ERROR,
            TlsError::Send(_) => CURLcode::CURLE_SEND_ERROR,
        };
        Error::new(code, error.to_string())
    }
}
