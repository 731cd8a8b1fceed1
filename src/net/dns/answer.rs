//! What is asked of the resolver, and what it answers.

use std::net::SocketAddr;

/// Which addresses of a name are wanted: `CURLOPT_IPRESOLVE`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) enum Family {
    /// All that the machine can use.
    #[default]
    Any,
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// A host has no address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ResolveError {
    /// the host, as it was asked for
    pub(crate) host: String,
    /// why, in words
    pub(crate) reason: String,
}

/// The key of a lookup: the host in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Name {
    pub(super) host: String,
    pub(super) family: Family,
}

/// The addresses with port 0, or why there are none.
pub(super) type Answer = Result<Vec<SocketAddr>, Failure>;

/// Why a name has no addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    /// The system's text.
    pub(super) reason: String,
    /// Whether this is a definite answer, not a temporary failure.
    pub(super) answered: bool,
}
