//! rustls' errors as result codes and sentences.

use rustls::{AlertDescription, CertificateError, InvalidMessage, PeerIncompatible, PeerMisbehaved};

use super::rejection::Rejection;
use crate::error::Error;
use crate::types::codes::CURLcode;

/// At most so many bytes of an answer that is not TLS are shown.
const ANSWER_SHOWN: usize = 60;

/// A certificate that failed verification: `CURLE_PEER_FAILED_VERIFICATION`.
pub(crate) fn rejected(rejection: &Rejection, host: &str) -> Error {
    Error::new(
        CURLcode::CURLE_PEER_FAILED_VERIFICATION,
        format!("SSL certificate problem: {} (host {host})", rejection.reason()),
    )
}

/// What came first from the server is not a TLS record: `CURLE_SSL_CONNECT_ERROR`.
pub(crate) fn not_tls(answer: &[u8], host: &str) -> Error {
    let line = answer.split(|byte| *byte == b'\r' || *byte == b'\n').next();
    let line = line.unwrap_or_default();
    let shown = line[..line.len().min(ANSWER_SHOWN)].escape_ascii();
    Error::new(
        CURLcode::CURLE_SSL_CONNECT_ERROR,
        format!("{host} does not speak TLS on this port: it answered \"{shown}\""),
    )
}

/// Whether `bytes` can't be the beginning of a TLS record (RFC 8446, section 5.1): neither content type nor version fits.
pub(crate) fn is_not_tls(bytes: &[u8]) -> bool {
    !matches!(bytes.first(), None | Some(20..=23)) || !matches!(bytes.get(1), None | Some(3))
}

/// Anything else that ends a handshake: mostly `CURLE_SSL_CONNECT_ERROR`.
pub(crate) fn in_handshake(error: &rustls::Error, host: &str) -> Error {
    let (code, problem) = match error {
        rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => (
            CURLcode::CURLE_SSL_CLIENTCERT,
            alert(AlertDescription::CertificateRequired),
        ),
        rustls::Error::AlertReceived(AlertDescription::CertificateExpired) => (
            CURLcode::CURLE_PEER_FAILED_VERIFICATION,
            alert(AlertDescription::CertificateExpired),
        ),
        other => (CURLcode::CURLE_SSL_CONNECT_ERROR, words(other)),
    };
    Error::new(code, format!("TLS connect error: {problem} (host {host})"))
}

/// A broken record, or an alert, on the open connection: `CURLE_RECV_ERROR`.
pub(crate) fn on_open_connection(error: &rustls::Error, host: &str) -> Error {
    Error::new(
        CURLcode::CURLE_RECV_ERROR,
        format!("TLS error on the open connection: {} (host {host})", words(error)),
    )
}

/// The TCP connection ended where TLS does not allow it.
pub(crate) fn unexpected_eof(handshaking: bool, host: &str) -> Error {
    match handshaking {
        true => Error::new(
            CURLcode::CURLE_SSL_CONNECT_ERROR,
            format!("{host} closed the connection during the TLS handshake"),
        ),
        false => Error::new(
            CURLcode::CURLE_RECV_ERROR,
            format!("{host} closed the connection without TLS close_notify: data may be missing"),
        ),
    }
}

fn words(error: &rustls::Error) -> String {
    use rustls::Error as E;
    match error {
        E::AlertReceived(description) => alert(*description),
        E::PeerIncompatible(what) => incompatible(what),
        E::PeerMisbehaved(PeerMisbehaved::AttemptedDowngradeToTls12WhenTls13IsSupported) => {
            "somebody tampered with the handshake to lower the protocol version".into()
        }
        E::PeerMisbehaved(what) => format!("the server broke the rules of TLS ({what:?})"),
        E::InvalidMessage(InvalidMessage::MessageTooLarge) | E::PeerSentOversizedRecord => {
            "the server sent a record longer than TLS allows".into()
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
        A::NoApplicationProtocol => "it does not speak the application protocol offered (ALPN)",
        A::CertificateRequired | A::AccessDenied => "it asks for a client certificate, or for another one",
        A::CertificateExpired | A::CertificateRevoked | A::CertificateUnknown | A::BadCertificate | A::UnknownCA => {
            "it does not accept a certificate"
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
        let error = not_tls(b"HTTP/1.1 400 \x1b[1mBad\r\nServer: x\r\n", "a.example");
        assert_eq!(error.code(), CURLcode::CURLE_SSL_CONNECT_ERROR);
        assert_eq!(
            error.message(),
            "a.example does not speak TLS on this port: it answered \"HTTP/1.1 400 \\x1b[1mBad\""
        );
        assert!(not_tls(&[b'x'; 10_000], "a.example").message().len() < 200);
    }

    #[test]
    fn alerts_are_put_in_words() {
        let cases = [
            (
                AlertDescription::HandshakeFailure,
                35,
                "(TLS alert handshake_failure, 40)",
            ),
            (AlertDescription::ProtocolVersion, 35, "TLS versions offered"),
            (AlertDescription::UnrecognisedName, 35, "does not know this host name"),
            (AlertDescription::CertificateRequired, 98, "client certificate"),
            (AlertDescription::CertificateExpired, 60, "certificate_expired, 45"),
            (AlertDescription::Unknown(200), 35, "TLS alert: 200"),
        ];
        for (description, code, part) in cases {
            let error = in_handshake(&rustls::Error::AlertReceived(description), "a.example");
            assert_eq!(error.code() as i32, code, "{error}");
            assert!(error.message().contains(part), "{error}");
        }
    }
}
