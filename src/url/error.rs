//! Why a URL is refused.

use std::fmt;

/// Why a URL is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum UrlError {
    /// it is no URL
    Malformed(String),
    /// its scheme is neither `ws` nor `wss`
    Scheme {
        /// in lower case
        scheme: String,
        /// the URL names none, and this is what libcurl takes it for
        guessed: bool,
    },
    /// it holds a user name, and none is allowed
    User,
}

/// It is no URL because of this.
pub(super) fn malformed(why: impl Into<String>) -> UrlError {
    UrlError::Malformed(why.into())
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UrlError::Malformed(why) => write!(f, "URL rejected: {why}"),
            UrlError::Scheme { scheme, guessed } => {
                let why = match guessed {
                    true => "guessed, as the URL names none; write ws:// or wss://",
                    false => "only ws and wss are",
                };
                write!(f, "Protocol \"{scheme}\" not supported ({why})")
            }
            UrlError::User => f.write_str("URL rejected: it holds a user name, which the application does not allow"),
        }
    }
}
