//! What verbose output says about a TLS connection.

use rustls::{CommonState, HandshakeKind};

use super::algorithms::iana;
use super::x509::{Certificate, GeneralName, Time, address, printable};

/// What was negotiated. Empty fields are not known (yet).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Details {
    /// `TLSv1.3` or `TLSv1.2`.
    pub(crate) version: &'static str,
    /// IANA's name of the cipher suite.
    pub(crate) cipher_suite: String,
    /// The key exchange group; not known for a resumed TLS 1.2 session.
    pub(crate) key_exchange: String,
    /// Whether an earlier session was resumed.
    pub(crate) resumed: bool,
    /// The server's certificate.
    pub(crate) certificate: Option<CertificateText>,
}

/// A certificate as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CertificateText {
    /// `C=SE; O=Example; CN=a.example`.
    pub(crate) subject: String,
    /// The issuer, in the same form.
    pub(crate) issuer: String,
    /// `2026-01-02 03:04:05 GMT`, or empty when unreadable.
    pub(crate) start_date: String,
    /// The end of the validity period, in the same form.
    pub(crate) expire_date: String,
    /// `DNS:a.example` and `IP Address:192.0.2.1`.
    pub(crate) alt_names: Vec<String>,
}

impl Details {
    pub(super) fn of(tls: &CommonState) -> Details {
        let suite = tls.negotiated_cipher_suite().map(|suite| suite.suite());
        let group = tls.negotiated_key_exchange_group().map(|group| group.name());
        Details {
            version: match tls.protocol_version() {
                Some(rustls::ProtocolVersion::TLSv1_2) => "TLSv1.2",
                Some(rustls::ProtocolVersion::TLSv1_3) => "TLSv1.3",
                _ => "",
            },
            cipher_suite: suite.map_or_else(String::new, iana),
            key_exchange: group.map_or_else(String::new, |group| format!("{group:?}")),
            resumed: tls.handshake_kind() == Some(HandshakeKind::Resumed),
            certificate: tls
                .peer_certificates()
                .and_then(|chain| Certificate::read(chain.first()?))
                .map(|certificate| CertificateText::of(&certificate)),
        }
    }
}

impl CertificateText {
    pub(super) fn of(certificate: &Certificate<'_>) -> CertificateText {
        CertificateText {
            subject: certificate.subject.to_string(),
            issuer: certificate.issuer.to_string(),
            start_date: date_text(certificate.not_before),
            expire_date: date_text(certificate.not_after),
            alt_names: certificate.alt_names().iter().filter_map(name_text).collect(),
        }
    }
}

fn date_text(date: Option<Time>) -> String {
    date.map(|date| date.to_string()).unwrap_or_default()
}

fn name_text(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::Dns(name) => Some(format!("DNS:{}", printable(&String::from_utf8_lossy(name)))),
        GeneralName::Ip(bytes) => Some(format!("IP Address:{}", address(bytes)?)),
        _ => None,
    }
}
