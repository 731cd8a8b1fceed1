//! What `curl -v` tells of a TLS connection.

use rustls::HandshakeKind;
use rustls::client::UnbufferedClientConnection;

use super::certificate::{AltName, Certificate, date_text};

/// What was negotiated. Empty fields are not known (yet).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Details {
    /// `TLSv1.3` or `TLSv1.2`.
    pub version: &'static str,
    /// IANA's name of the cipher suite.
    pub cipher_suite: String,
    /// The key exchange group; not known for a resumed TLS 1.2 session.
    pub key_exchange: String,
    /// The protocol the server chose by ALPN.
    pub alpn: Option<String>,
    /// Whether an earlier session was resumed.
    pub resumed: bool,
    /// The server's certificate.
    pub certificate: Option<CertificateText>,
}

/// A certificate in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateText {
    /// `C=SE; O=Example; CN=a.example`.
    pub subject: String,
    /// The same of the issuer.
    pub issuer: String,
    /// `2026-01-02 03:04:05 GMT`, or empty when unreadable.
    pub start_date: String,
    /// The same of the end.
    pub expire_date: String,
    /// `DNS:a.example` and `IP Address:192.0.2.1`.
    pub alt_names: Vec<String>,
}

impl Details {
    pub(crate) fn of(tls: &UnbufferedClientConnection) -> Details {
        let suite = tls.negotiated_cipher_suite().map(|suite| suite.suite());
        let group = tls.negotiated_key_exchange_group().map(|group| group.name());
        Details {
            version: match tls.protocol_version() {
                Some(rustls::ProtocolVersion::TLSv1_2) => "TLSv1.2",
                Some(rustls::ProtocolVersion::TLSv1_3) => "TLSv1.3",
                _ => "",
            },
            // rustls writes TLS13_AES_128_GCM_SHA256 for IANA's TLS_AES_128_GCM_SHA256.
            cipher_suite: suite.map_or_else(String::new, |suite| format!("{suite:?}").replacen("TLS13_", "TLS_", 1)),
            key_exchange: group.map_or_else(String::new, |group| format!("{group:?}")),
            alpn: tls.alpn_protocol().map(|name| name.escape_ascii().to_string()),
            resumed: tls.handshake_kind() == Some(HandshakeKind::Resumed),
            certificate: tls
                .peer_certificates()
                .and_then(|chain| Certificate::parse(chain.first()?))
                .map(|certificate| CertificateText::of(&certificate)),
        }
    }
}

impl CertificateText {
    fn of(certificate: &Certificate<'_>) -> CertificateText {
        CertificateText {
            subject: certificate.subject.to_string(),
            issuer: certificate.issuer.to_string(),
            start_date: certificate.not_before.map(date_text).unwrap_or_default(),
            expire_date: certificate.not_after.map(date_text).unwrap_or_default(),
            alt_names: certificate
                .alt_names()
                .map(|name| match name {
                    AltName::Dns(_) => format!("DNS:{name}"),
                    AltName::Ip(_) => format!("IP Address:{name}"),
                })
                .collect(),
        }
    }
}
