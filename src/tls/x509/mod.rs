//! A parser for X.509 certificates (RFC 5280): the fields that verification and messages need.

mod certificate;
mod constraints;
mod der;
mod extensions;
mod general_name;
mod name;
mod pem;
mod text;
mod time;

pub(super) use certificate::{Certificate, KeySize, PublicKey};
pub(super) use constraints::{NameConstraints, Violation, looks_like_dns_name};
pub(super) use general_name::{GeneralName, address};
pub(super) use name::Name;
pub(super) use pem::{Trust, certificates};
pub(super) use text::printable;
pub(super) use time::Time;
