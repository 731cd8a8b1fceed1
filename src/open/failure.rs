//! Why an opening failed: what went wrong in which layer, with which hop, as `CURLcode` and text.

use std::time::Duration;

use super::plan::Endpoint;
use super::tunnel::socks::SocksError;
use crate::error::Error;
use crate::http::error::{AuthError, RequestError, ResponseError};
use crate::http::refusal;
use crate::http::response::ResponseHead;
use crate::net::connect_to::ConnectToError;
use crate::net::dial::{DialCause, DialError};
use crate::net::dns::answer::ResolveError;
use crate::net::dns::overrides::OverrideError;
use crate::net::interface::InterfaceError;
use crate::text::printable;
use crate::tls::{Check, TlsError};
use crate::transport::{Cause, TransportError};
use crate::types::codes::{CURLUcode, CURLcode};
use crate::url::UrlError;

/// How many characters of a status line and of a list of schemes are shown.
const SHOWN: usize = 120;

/// TLS alerts (RFC 8446 section 6) that have a code of their own.
const CERTIFICATE_EXPIRED: u8 = 45;
const CERTIFICATE_REQUIRED: u8 = 116;

// ---- options

impl From<UrlError> for Error {
    fn from(error: UrlError) -> Error {
        let code = match error.code() {
            CURLUcode::CURLUE_UNSUPPORTED_SCHEME => CURLcode::CURLE_UNSUPPORTED_PROTOCOL,
            CURLUcode::CURLUE_USER_NOT_ALLOWED => CURLcode::CURLE_LOGIN_DENIED,
            _ => CURLcode::CURLE_URL_MALFORMAT,
        };
        Error::new(code, error.to_string())
    }
}

impl From<OverrideError> for Error {
    fn from(error: OverrideError) -> Error {
        Error::new(CURLcode::CURLE_SETOPT_OPTION_SYNTAX, error.to_string())
    }
}

impl From<ConnectToError> for Error {
    fn from(error: ConnectToError) -> Error {
        Error::new(CURLcode::CURLE_SETOPT_OPTION_SYNTAX, error.to_string())
    }
}

impl From<InterfaceError> for Error {
    fn from(error: InterfaceError) -> Error {
        Error::new(CURLcode::CURLE_BAD_FUNCTION_ARGUMENT, error.to_string())
    }
}

impl From<AuthError> for Error {
    fn from(error: AuthError) -> Error {
        Error::new(CURLcode::CURLE_NOT_BUILT_IN, error.to_string())
    }
}

// ---- addresses and connections

/// The host that `CURLOPT_INTERFACE` names has no address.
pub(super) fn local_name(error: &ResolveError) -> Error {
    Error::new(
        CURLcode::CURLE_INTERFACE_FAILED,
        format!(
            "CURLOPT_INTERFACE: Could not resolve host: {} ({})",
            error.host, error.reason
        ),
    )
}

/// The first hop's host has no address.
pub(super) fn resolve(error: &ResolveError, is_proxy: bool) -> Error {
    let (code, what) = match is_proxy {
        true => (CURLcode::CURLE_COULDNT_RESOLVE_PROXY, "proxy"),
        false => (CURLcode::CURLE_COULDNT_RESOLVE_HOST, "host"),
    };
    Error::new(
        code,
        format!("Could not resolve {what}: {} ({})", error.host, error.reason),
    )
}

/// There is no connection to the first hop, whose `name` is in the message.
pub(super) fn dial(error: &DialError, peer: &Endpoint, name: &str) -> Error {
    let code = match error.cause {
        DialCause::Refused => CURLcode::CURLE_COULDNT_CONNECT,
        DialCause::TimedOut => CURLcode::CURLE_OPERATION_TIMEDOUT,
        DialCause::LocalEnd => CURLcode::CURLE_INTERFACE_FAILED,
        DialCause::Aborted => CURLcode::CURLE_ABORTED_BY_CALLBACK,
    };
    let reasons = match peer {
        Endpoint::Host(host, _) => error.reasons(host),
        Endpoint::Local(address) => error.reasons(&address.to_string()),
    };
    let elapsed = error.elapsed.as_millis();
    Error::new(
        code,
        format!("Failed to connect to {name} after {elapsed} ms: {reasons}"),
    )
}

// ---- TLS

impl From<TlsError> for Error {
    fn from(error: TlsError) -> Error {
        let code = match &error {
            TlsError::Roots(_) => CURLcode::CURLE_SSL_CACERT_BADFILE,
            TlsError::Algorithms(_) => CURLcode::CURLE_SSL_CIPHER,
            TlsError::ClientCertificate(_) => CURLcode::CURLE_SSL_CERTPROBLEM,
            // libcurl's choice
            TlsError::ClientKey(_) => CURLcode::CURLE_BAD_FUNCTION_ARGUMENT,
            TlsError::Crl(_) => CURLcode::CURLE_SSL_CRL_BADFILE,
            TlsError::Issuer(_) => CURLcode::CURLE_SSL_ISSUER_ERROR,
            TlsError::PinnedKey(_) => CURLcode::CURLE_SSL_PINNEDPUBKEYNOTMATCH,
            TlsError::Certificate { error, .. } => match error.check() {
                Check::Verification => CURLcode::CURLE_PEER_FAILED_VERIFICATION,
                Check::Issuer => CURLcode::CURLE_SSL_ISSUER_ERROR,
                Check::PinnedKey => CURLcode::CURLE_SSL_PINNEDPUBKEYNOTMATCH,
            },
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

// ---- the stream

impl From<TransportError> for Error {
    fn from(error: TransportError) -> Error {
        let code = match error.cause() {
            Cause::Send(_) => CURLcode::CURLE_SEND_ERROR,
            Cause::Receive(_) | Cause::UnexpectedEof | Cause::TooLarge => CURLcode::CURLE_RECV_ERROR,
            Cause::Handshake(_) => CURLcode::CURLE_SSL_CONNECT_ERROR,
            Cause::Tls(error) => return Error::from(error.clone()),
        };
        Error::new(code, error.to_string())
    }
}

// ---- proxies

/// TLS with an HTTPS proxy has failed.
pub(super) fn proxy_tls(error: &Error, proxy: &str) -> Error {
    Error::new(error.code(), format!("TLS with {proxy}: {}", error.message()))
}

/// A SOCKS proxy does not connect to the target.
pub(super) fn socks(error: &SocksError, proxy: &str, target: &str) -> Error {
    Error::new(
        CURLcode::CURLE_PROXY,
        format!("cannot complete SOCKS connection to {target} through {proxy}: {error}"),
    )
}

/// An HTTP proxy does not connect to the target: this is its answer.
pub(super) fn tunnel_refused(head: &ResponseHead, proxy: &str, target: &str) -> Error {
    let status_line = printable(head.status_line(), SHOWN);
    let mut text = format!(
        "CONNECT tunnel failed, response {}: {proxy} does not connect to {target} ({status_line})",
        head.status
    );
    let schemes = refusal::schemes(head, "Proxy-Authenticate");
    if !schemes.is_empty() {
        let schemes = printable(schemes.join(", ").as_bytes(), SHOWN);
        text.push_str(&format!("; it offers authentication by {schemes}"));
    }
    Error::new(CURLcode::CURLE_COULDNT_CONNECT, text)
}

/// The answer to CONNECT is none.
pub(super) fn bad_connect_answer(error: ResponseError, proxy: &str) -> Error {
    let text = format!("Answer of {proxy} to CONNECT: {error}");
    let code = match error {
        ResponseError::NotHttp(_) => CURLcode::CURLE_WEIRD_SERVER_REPLY,
        error => Error::from(error).code(),
    };
    Error::new(code, text)
}

/// The proxy has closed the connection before its answer was complete.
pub(super) fn no_connect_answer(proxy: &str) -> Error {
    Error::new(
        CURLcode::CURLE_RECV_ERROR,
        format!("Proxy CONNECT aborted: {proxy} closed the connection before its answer was complete"),
    )
}

// ---- the opening handshake

impl From<RequestError> for Error {
    fn from(error: RequestError) -> Error {
        let code = match error {
            RequestError::Invalid(_) => CURLcode::CURLE_BAD_FUNCTION_ARGUMENT,
            RequestError::TooLarge(_) => CURLcode::CURLE_TOO_LARGE,
        };
        Error::new(code, error.to_string())
    }
}

impl From<ResponseError> for Error {
    fn from(error: ResponseError) -> Error {
        let code = match error {
            ResponseError::NotHttp(_) => CURLcode::CURLE_UNSUPPORTED_PROTOCOL,
            ResponseError::Malformed(_) | ResponseError::NoUpgrade(_) => CURLcode::CURLE_WEIRD_SERVER_REPLY,
            ResponseError::TooLarge(_) => CURLcode::CURLE_TOO_LARGE,
            ResponseError::TooMuch(_) => CURLcode::CURLE_RECV_ERROR,
            ResponseError::OutOfMemory => CURLcode::CURLE_OUT_OF_MEMORY,
        };
        Error::new(code, error.to_string())
    }
}

/// The response is no upgrade; `description` tells what it is.
pub(super) fn refused(description: String) -> Error {
    Error::new(CURLcode::CURLE_HTTP_RETURNED_ERROR, description)
}

/// The application forbids the request.
pub(super) fn not_permitted() -> Error {
    Error::new(
        CURLcode::CURLE_ABORTED_BY_CALLBACK,
        "operation aborted by the pre-request callback",
    )
}

/// A step was asked for after the last one: an earlier one has panicked.
pub(super) fn interrupted() -> Error {
    Error::new(
        CURLcode::CURLE_FAILED_INIT,
        "internal error: the connection was lost while it was being opened",
    )
}

/// The stream ended before a whole response head came; some of it has if it had `begun`.
pub(super) fn no_response(peer: &Endpoint, begun: bool) -> Error {
    let text = match begun {
        true => format!("{peer} closed the connection inside its answer to the opening handshake"),
        false => {
            format!("Empty reply from server: {peer} closed the connection without an answer to the opening handshake")
        }
    };
    Error::new(CURLcode::CURLE_GOT_NOTHING, text)
}

// ---- time

/// What an opening that ran out of time was waiting for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Awaited {
    Address,
    Connection,
    Tls,
    /// a proxy's connection to this hop
    Tunnel(String),
    Response,
    /// the rest of a refusal, after this many bytes
    Body(u64),
}

/// `CURLOPT_TIMEOUT_MS` or `CURLOPT_CONNECTTIMEOUT_MS` is over.
pub(super) fn timed_out(awaited: Awaited, peer: &str, elapsed: Duration) -> Error {
    let elapsed = elapsed.as_millis();
    let text = match awaited {
        Awaited::Address => format!("Resolving timed out after {elapsed} milliseconds: no address for {peer}"),
        Awaited::Connection => format!("Connection timed out after {elapsed} milliseconds: no connection to {peer}"),
        Awaited::Tls => {
            format!("Connection timed out after {elapsed} milliseconds: TLS handshake with {peer} not complete")
        }
        Awaited::Tunnel(target) => {
            format!("Connection timed out after {elapsed} milliseconds: {peer} has not connected to {target}")
        }
        Awaited::Response => {
            format!("Operation timed out after {elapsed} milliseconds: {peer} has not answered the opening handshake")
        }
        Awaited::Body(received) => {
            format!("Operation timed out after {elapsed} milliseconds with {received} bytes received")
        }
    };
    Error::new(CURLcode::CURLE_OPERATION_TIMEDOUT, text)
}
