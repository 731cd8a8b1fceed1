//! The one error type of everything below the handles: a result code and a sentence for a person.

use std::borrow::Cow;
use std::fmt;

use crate::types::codes::CURLcode;

/// Why something failed: the code that the C function returns and the text for `CURLOPT_ERRORBUFFER`.
///
/// One word, so that results are returned in registers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Error(Option<Box<Failure>>);

/// What [`Error::AGAIN`] does without: it is common, and costs no memory.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Failure {
    code: CURLcode,
    message: Cow<'static, str>,
}

impl Failure {
    #[cold]
    fn boxed(code: CURLcode, message: Cow<'static, str>) -> Error {
        Error(Some(Box::new(Failure { code, message })))
    }
}

/// The result of everything that can fail with an [`Error`].
pub(crate) type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Nothing has failed: the call is to be repeated later.
    pub(crate) const AGAIN: Error = Error(None);

    /// An error with `code`, which is not `CURLE_OK`, and a message that says what went wrong and where. `CURLE_AGAIN` only where
    /// there is more to say than [`Error::AGAIN`] does.
    pub(crate) fn new(code: CURLcode, message: impl Into<Cow<'static, str>>) -> Error {
        debug_assert!(code != CURLcode::CURLE_OK);
        Failure::boxed(code, message.into())
    }

    /// What the C function returns.
    #[inline]
    pub(crate) fn code(&self) -> CURLcode {
        match &self.0 {
            Some(failure) => failure.code,
            None => CURLcode::CURLE_AGAIN,
        }
    }

    /// What the error buffer shows.
    pub(crate) fn message(&self) -> &str {
        match &self.0 {
            Some(failure) => &failure.message,
            None => "the call is to be repeated when the socket is ready",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl std::error::Error for Error {}
