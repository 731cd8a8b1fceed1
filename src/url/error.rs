//! Why a URL, or a part of one, is refused.

use std::borrow::Cow;
use std::fmt;

use crate::types::codes::CURLUcode;

/// Why a URL, or a part of one, is refused: libcurl's code, and a text for the error buffer of a transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UrlError {
    code: CURLUcode,
    text: Cow<'static, str>,
}

/// The result of reading a URL.
pub(super) type Result<T> = std::result::Result<T, UrlError>;

impl UrlError {
    /// `text` says what is wrong and is a sentence of its own.
    pub(super) fn new(code: CURLUcode, text: impl Into<Cow<'static, str>>) -> UrlError {
        UrlError {
            code,
            text: text.into(),
        }
    }

    /// What `curl_url_get` and `curl_url_set` return.
    pub(crate) fn code(&self) -> CURLUcode {
        self.code
    }
}

/// The URL is rejected: `why` says what is wrong with it.
pub(super) fn rejected(code: CURLUcode, why: impl fmt::Display) -> UrlError {
    UrlError::new(code, format!("URL rejected: {why}"))
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for UrlError {}
