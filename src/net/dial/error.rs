//! Why there is no connection.

use std::time::Duration;

use crate::net::address::Address;

/// No address could be connected to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DialError {
    /// what the reasons add up to
    pub(crate) cause: DialCause,
    /// the time that was spent
    pub(crate) elapsed: Duration,
    /// the addresses that were tried, and what became of each
    pub(super) failures: Vec<(Address, String)>,
}

/// What kept a connection from being made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DialCause {
    /// nobody there takes connections
    Refused,
    /// the system gave up waiting for an answer
    TimedOut,
    /// our end of the connection can't be as it should
    LocalEnd,
    /// the application gave up
    Aborted,
}

/// The reasons together take at most this many bytes.
const REASONS_LENGTH: usize = 200;

impl DialError {
    /// The reason for each address, as far as there is room. The address is left out where it is `host`.
    pub(crate) fn reasons(&self, host: &str) -> String {
        if self.failures.is_empty() {
            return "there is no address".to_owned();
        }
        let mut text = String::new();
        for (count, (address, reason)) in self.failures.iter().enumerate() {
            let address = match address {
                Address::Inet(address) => address.ip().to_string(),
                unix => unix.to_string(),
            };
            let part = match address == host {
                true => reason.clone(),
                false => format!("{address}: {reason}"),
            };
            if count > 0 && text.len() + part.len() + 2 > REASONS_LENGTH {
                return format!("{text} and {} more", self.failures.len() - count);
            }
            if count > 0 {
                text.push_str(", ");
            }
            text.push_str(&part);
        }
        text
    }
}
