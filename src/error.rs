//! The one error type of everything below the handles: a result code and a sentence for a person.

use std::borrow::Cow;
use std::fmt;

use crate::types::codes::CURLcode;

/// Why something failed: the code that the C function returns and the text for `CURLOPT_ERRORBUFFER`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Error {
    code: CURLcode,
    message: Cow<'static, str>,
}

/// The result of everything that can fail with an [`Error`].
pub(crate) type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error with `code`, never `CURLE_OK`, and a message that says what went wrong and where.
    pub(crate) fn new(code: CURLcode, message: impl Into<Cow<'static, str>>) -> Error {
        Error {
            code,
            message: message.into(),
        }
    }

    /// What the C function returns.
    pub(crate) fn code(&self) -> CURLcode {
        self.code
    }

    /// What the error buffer shows.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
