//! Why a URL is refused.

use crate::error::Error;
use crate::types::codes::CURLcode;

/// An error that says why a URL is refused.
pub(super) fn malformed(why: impl std::fmt::Display) -> Error {
    Error::new(CURLcode::CURLE_URL_MALFORMAT, format!("URL rejected: {why}"))
}
