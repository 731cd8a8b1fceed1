//! The URL handle of an application.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::parts::Parts;

/// A URL that the application builds and asks for its parts. Several transfers can use it (`CURLOPT_CURLU`), in several
/// threads.
#[derive(Debug, Default)]
pub(crate) struct UrlHandle {
    parts: Mutex<Parts>,
}

impl UrlHandle {
    /// A handle of these parts.
    pub(crate) fn new(parts: Parts) -> UrlHandle {
        UrlHandle {
            parts: Mutex::new(parts),
        }
    }

    /// The parts. Nobody calls back while they are held.
    pub(crate) fn parts(&self) -> MutexGuard<'_, Parts> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
