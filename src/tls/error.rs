//! The errors of TLS in its own terms.

use std::fmt;
use std::path::Path;

use rustls::{AlertDescription, CertificateError, InvalidMessage, PeerIncompatible, PeerMisbehaved};

use super::cert_error::{CertError, Check};
use super::settings::Source;

/// Why a session can't start or go on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TlsError {
    /// The trusted certificates can't be loaded.
    Roots(String),
    /// No TLS version is within the settings.
    Settings(&'static str),
    /// A list of ciphers, curves or signature algorithms can't be used.
    Algorithms(String),
    /// The client certificate can't be used.
    ClientCertificate(String),
    /// The key of the client certificate can't be loaded.
    ClientKey(String),
    /// The revocation lists can't be loaded.
    Crl(String),
    /// The certificate of `CURLOPT_ISSUERCERT` can't be read.
    Issuer(String),
    /// The file of `CURLOPT_PINNEDPUBLICKEY` can't be read.
    PinnedKey(String),
    /// The host can't be used with TLS.
    Host(String),
    /// The server's first bytes are not TLS; the first line of them.
    NotTls { host: String, answer: String },
    /// The server's certificate was refused.
    Certificate { host: String, error: Box<CertError> },
    /// The handshake failed. `alert` is the number of the server's alert, if it sent one (RFC 8446, section 6).
    Handshake {
        host: String,
        problem: String,
        alert: Option<u8>,
    },
    /// The TCP connection ended during the handshake.
    HandshakeEof { host: String },
    /// A broken record, or an alert, on the open connection.
    Receive { host: String, problem: String },
    /// EOF without close_notify: data may be missing.
    Truncated { host: String },
    /// Nothing can be sent.
    Send(String),
}

/// Upper bound on the bytes shown of an answer that is not TLS.
const ANSWER_SHOWN: usize = 60;

impl TlsError {
    pub(super) fn client_certificate(source: &Source, why: impl fmt::Display) -> TlsError {
        TlsError::ClientCertificate(format!("could not load the client certificate from {source}: {why}"))
    }

    pub(super) fn client_key(source: &Source, why: impl fmt::Display) -> TlsError {
        TlsError::ClientKey(format!("unable to set the private key from {source}: {why}"))
    }

    pub(super) fn crl(file: &Path, why: impl fmt::Display) -> TlsError {
        TlsError::Crl(format!("error loading the CRL file {}: {why}", file.display()))
    }

    pub(super) fn issuer(source: &Source, why: impl fmt::Display) -> TlsError {
        TlsError::Issuer(format!("unable to read the issuer certificate {source}: {why}"))
    }

    pub(super) fn not_tls(answer: &[u8], host: &str) -> TlsError {
        let line = answer.split(|byte| *byte == b'\r' || *byte == b'\n').next();
        let line = line.unwrap_or_default();
        TlsError::NotTls {
            host: host.to_owned(),
            answer: line[..line.len().min(ANSWER_SHOWN)].escape_ascii().to_string(),
        }
    }

    pub(super) fn in_handshake(error: &rustls::Error, host: &str) -> TlsError {
        TlsError::Handshake {
            host: host.to_owned(),
            problem: words(error),
            alert: match error {
                rustls::Error::AlertReceived(description) => Some((*description).into()),
                _ => None,
            },
        }
    }

    pub(super) fn on_open_connection(error: &rustls::Error, host: &str) -> TlsError {
        TlsError::Receive {
            host: host.to_owned(),
            problem: words(error),
        }
    }
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TlsError::Roots(problem)
            | TlsError::Send(problem)
            | TlsError::Algorithms(problem)
            | TlsError::ClientCertificate(problem)
            | TlsError::ClientKey(problem)
            | TlsError::Crl(problem)
            | TlsError::Issuer(problem)
            | TlsError::PinnedKey(problem) => f.write_str(problem),
            TlsError::Settings(problem) => write!(f, "TLS configuration unusable: {problem}"),
            TlsError::Host(host) => write!(
                f,
                "\"{host}\" is neither a DNS name nor an IP address that TLS can verify"
            ),
            TlsError::NotTls { host, answer } => {
                write!(f, "{host} does not speak TLS on this port: it answered \"{answer}\"")
            }
            TlsError::Certificate { host, error } if error.check() != Check::Verification => {
                write!(f, "SSL: {} (host {host})", error.reason())
            }
            TlsError::Certificate { host, error } => {
                write!(f, "SSL certificate problem: {} (host {host})", error.reason())
            }
            TlsError::Handshake { host, problem, .. } => write!(f, "TLS connect error: {problem} (host {host})"),
            TlsError::HandshakeEof { host } => write!(f, "{host} closed the connection during the TLS handshake"),
            TlsError::Receive { host, problem } => {
                write!(f, "TLS error on the open connection: {problem} (host {host})")
            }
            TlsError::Truncated { host } => write!(
                f,
                "{host} closed the connection without TLS close_notify: data may be missing"
            ),
        }
    }
}

impl std::error::Error for TlsError {}

/// Whether `bytes` can't be the beginning of a TLS record (RFC 8446, section 5.1): neither content type nor version fits.
pub(super) fn is_not_tls(bytes: &[u8]) -> bool {
    !matches!(bytes.first(), None | Some(20..=23)) || !matches!(bytes.get(1), None | Some(3))
}

fn words(error: &rustls::Error) -> String {
    use rustls::Error as E;
    match error {
        E::AlertReceived(description) => alert(*description),
        E::PeerIncompatible(what) => incompatible(what),
        E::PeerMisbehaved(PeerMisbehaved::AttemptedDowngradeToTls12WhenTls13IsSupported) => {
            "the handshake was changed on its way, to lower the protocol version".into()
        }
        E::PeerMisbehaved(what) => format!("the server broke the rules of TLS ({what:?})"),
        E::InvalidMessage(InvalidMessage::MessageTooLarge) | E::PeerSentOversizedRecord => {
            "the server sent a record longer than TLS allows".into()
        }
        E::InvalidMessage(InvalidMessage::HandshakePayloadTooLarge | InvalidMessage::CertificatePayloadTooLarge) => {
            "the server sent a handshake message, probably its certificates, of more than 64 KiB".into()
        }
        E::InvalidMessage(what) => format!("the server sent a malformed TLS message ({what:?})"),
        E::InappropriateMessage { got_type, .. } => {
            format!("the server sent a TLS record of type {got_type:?} where none belongs")
        }
        E::InappropriateHandshakeMessage { got_type, .. } => {
            format!("the server sent the TLS handshake message {got_type:?} where none belongs")
        }
        E::InvalidCertificate(CertificateError::BadSignature) => {
            "the server could not prove that it holds the key of its certificate".into()
        }
        E::InvalidCertificate(what) => format!("the server's certificate cannot be used ({what:?})"),
        E::NoCertificatesPresented => "the server sent no certificate".into(),
        E::DecryptError => "a record could not be decrypted: it was changed on its way, or the server is broken".into(),
        other => other.to_string(),
    }
}

fn incompatible(what: &PeerIncompatible) -> String {
    use PeerIncompatible as P;
    match what {
        P::ServerDoesNotSupportTls12Or13 => {
            "the server speaks only TLS versions before 1.2, which are not supported".into()
        }
        P::ServerTlsVersionIsDisabledByOurConfig => {
            "the server speaks only a TLS version outside the range allowed here".into()
        }
        other => format!("the server's TLS lacks what is needed ({other:?})"),
    }
}

fn alert(description: AlertDescription) -> String {
    use AlertDescription as A;
    let meaning = match description {
        A::HandshakeFailure => "nothing offered suits it: ciphers, parameters, or the lack of a client certificate",
        A::ProtocolVersion => "it does not support any of the TLS versions offered",
        A::InsufficientSecurity => "it asks for stronger ciphers",
        A::UnrecognisedName => "it does not know this host name",
        A::NoApplicationProtocol => "it insists on an application protocol (ALPN) that is not offered",
        A::CertificateRequired | A::AccessDenied => "it asks for a client certificate, or for another one",
        A::CertificateExpired | A::CertificateRevoked | A::CertificateUnknown | A::BadCertificate | A::UnknownCA => {
            "it does not accept the client certificate"
        }
        A::InternalError => "it has an internal error",
        A::UserCanceled | A::CloseNotify => "it gave up",
        _ => return format!("the server sent a TLS alert: {}", alert_name(description)),
    };
    format!("the server refused: {meaning} (TLS alert {})", alert_name(description))
}

/// The name in RFC 8446, section 6: `handshake_failure`.
fn alert_name(description: AlertDescription) -> String {
    let number = u8::from(description);
    let Some(name) = description.as_str() else {
        return number.to_string();
    };
    let mut snake = String::new();
    let mut before = '_';
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && before.is_ascii_lowercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
        before = letter;
    }
    format!("{snake}, {number}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_records_look_like_tls() {
        let cases: [(&[u8], bool); 6] = [
            (b"", false),
            (b"\x16\x03\x03", false),
            (b"\x15", false),
            (b"HTTP/1.1 400 Bad Request\r\n", true),
            (b"\x16H", true),
            (b"\0\0", true),
        ];
        for (bytes, expected) in cases {
            assert_eq!(is_not_tls(bytes), expected, "{bytes:?}");
        }
    }

    #[test]
    fn an_answer_that_is_not_tls_is_quoted_without_its_control_bytes() {
        let error = TlsError::not_tls(b"HTTP/1.1 400 \x1b[1mBad\r\nServer: x\r\n", "a.example");
        assert_eq!(
            error.to_string(),
            "a.example does not speak TLS on this port: it answered \"HTTP/1.1 400 \\x1b[1mBad\""
        );
        assert!(TlsError::not_tls(&[b'x'; 10_000], "a.example").to_string().len() < 200);
    }

    #[test]
    fn alerts_are_put_in_words() {
        let cases = [
            (
                AlertDescription::HandshakeFailure,
                40,
                "(TLS alert handshake_failure, 40)",
            ),
            (AlertDescription::ProtocolVersion, 70, "TLS versions offered"),
            (AlertDescription::UnrecognisedName, 112, "does not know this host name"),
            (AlertDescription::CertificateRequired, 116, "client certificate"),
            (AlertDescription::CertificateExpired, 45, "certificate_expired, 45"),
            (AlertDescription::Unknown(200), 200, "TLS alert: 200"),
        ];
        for (description, number, part) in cases {
            let error = TlsError::in_handshake(&rustls::Error::AlertReceived(description), "a.example");
            assert!(error.to_string().contains(part), "{error}");
            assert!(matches!(error, TlsError::Handshake { alert, .. } if alert == Some(number)));
        }
    }
}
