//! Why a URL is refused.

use std::fmt;

/// Why a URL is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum UrlError {
    /// It is no URL. The text tells what is wrong with it.
    Malformed(String),
    /// Its scheme is not that of a WebSocket.
    Scheme {
        /// The scheme in lower case.
        name: String,
        /// The URL has none, and this is what libcurl takes in its place.
        guessed: bool,
    },
    /// It has a user name, and [`UrlFlags::disallow_user`](super::UrlFlags::disallow_user) is set.
    User,
}

/// The result of reading a URL.
pub(super) type Result<T> = std::result::Result<T, UrlError>;

/// [`UrlError::Malformed`]
pub(super) fn malformed(why: impl Into<String>) -> UrlError {
    UrlError::Malformed(why.into())
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UrlError::Malformed(why) => write!(f, "URL rejected: {why}"),
            UrlError::Scheme { name, guessed: false } => {
                write!(f, "Protocol \"{name}\" not supported (only ws and wss are)")
            }
            UrlError::Scheme { name, guessed: true } => write!(
                f,
                "Protocol \"{name}\" not supported (guessed, as the URL names none; write ws:// or wss://)"
            ),
            UrlError::User => f.write_str("URL rejected: it holds a user name, which the application does not allow"),
        }
    }
}

impl std::error::Error for UrlError {}
