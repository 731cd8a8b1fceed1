//! How the program ends.

use std::time::Duration;

use wscurl::types::codes::CURLcode;

use crate::easy::Error;

/// The outcome of a connection, and of the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// what was asked for came, or the server closed in the orderly way
    Success,
    /// not connected, or a call failed before that: curl's code
    Failed(Error),
    /// the server goes away (1001), which is orderly, but another one may take its place; `missing` as in [`Outcome::Missing`]
    GoingAway { missing: bool },
    /// the server closed with another code than 1000, 1001 and 1005
    Closed { code: u16, reason: String },
    /// the open connection broke off
    Lost(Error),
    /// the end came before the messages that were waited for
    Missing,
    /// `--max-time` is over, after so long
    TimeOver(Duration),
    /// Ctrl-C
    Interrupted,
    /// nobody reads standard output any more
    OutputClosed,
    /// a local problem: a file, the input
    Local(String),
}

impl Outcome {
    pub(crate) fn code(&self) -> u8 {
        match self {
            Outcome::Success | Outcome::OutputClosed | Outcome::GoingAway { missing: false } => 0,
            Outcome::Failed(error) => u8::try_from(error.code as u32).unwrap_or(2),
            Outcome::Closed { .. } => 100,
            Outcome::Lost(_) => 101,
            Outcome::Missing | Outcome::GoingAway { missing: true } => 102,
            Outcome::TimeOver(_) => CURLcode::CURLE_OPERATION_TIMEDOUT as u8,
            Outcome::Interrupted => 130,
            // as curl: a file could not be read or written
            Outcome::Local(_) => CURLcode::CURLE_READ_ERROR as u8,
        }
    }

    /// For standard error. `None` if there is nothing to say.
    pub(crate) fn message(&self) -> Option<String> {
        match self {
            Outcome::Success | Outcome::OutputClosed | Outcome::Interrupted | Outcome::GoingAway { missing: false } => {
                None
            }
            Outcome::Failed(error) => Some(error.message.clone()),
            Outcome::Closed { code, reason } if reason.is_empty() => Some(format!("closed by server: {code}")),
            Outcome::Closed { code, reason } => Some(format!("closed by server: {code} {reason}")),
            Outcome::Lost(error) => Some(format!("connection lost: {}", error.message)),
            Outcome::Missing | Outcome::GoingAway { missing: true } => {
                Some("the connection ended before the messages that were waited for".to_owned())
            }
            Outcome::TimeOver(time) => Some(format!("--max-time is over after {} ms", time.as_millis())),
            Outcome::Local(message) => Some(message.clone()),
        }
    }

    /// Whether to connect again with `--reconnect`.
    pub(crate) fn may_reconnect(&self) -> bool {
        match self {
            Outcome::Closed { .. } | Outcome::GoingAway { .. } | Outcome::Lost(_) => true,
            // A wrong command line or URL does not become right by waiting.
            Outcome::Failed(error) => !matches!(
                error.code,
                CURLcode::CURLE_UNSUPPORTED_PROTOCOL
                    | CURLcode::CURLE_URL_MALFORMAT
                    | CURLcode::CURLE_NOT_BUILT_IN
                    | CURLcode::CURLE_BAD_FUNCTION_ARGUMENT
                    | CURLcode::CURLE_UNKNOWN_OPTION
                    | CURLcode::CURLE_SETOPT_OPTION_SYNTAX
                    | CURLcode::CURLE_ABORTED_BY_CALLBACK
                    | CURLcode::CURLE_SSL_CACERT_BADFILE
                    | CURLcode::CURLE_SSL_CERTPROBLEM
            ),
            _ => false,
        }
    }
}
