//! A parser for X.509 certificates (RFC 5280): the fields that verification and messages need.

mod certificate;
mod constraints;
mod der;
mod extensions;
mod general_name;
mod name;
mod pem;
mod time;

pub(super) use certificate::{Certificate, KeySize, PublicKey};
pub(super) use constraints::{NameConstraints, Violation, looks_like_dns_name};
pub(super) use general_name::{GeneralName, address};
pub(super) use name::Name;
pub(super) use pem::{Trust, certificates};
pub(super) use time::Time;

/// The peer chose this text: no control character of it may reach a terminal.
pub(super) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}
