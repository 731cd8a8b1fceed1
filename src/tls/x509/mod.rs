//! A parser for X.509 certificates and revocation lists (RFC 5280): the fields that verification and messages need.

mod certificate;
mod constraints;
mod crl;
mod der;
mod extensions;
mod general_name;
mod name;
mod pem;
mod text;
mod time;

pub(super) use certificate::{Certificate, KeySize, PublicKey, extensions};
pub(super) use constraints::{NameConstraints, Violation, looks_like_dns_name};
pub(super) use crl::{Crl, Status};
pub(super) use der::oid_text;
pub(super) use extensions::purposes;
pub(super) use general_name::{GeneralName, address};
pub(super) use name::Name;
pub(super) use pem::{Block, Trust, blocks, certificates, is_pkcs_12};
pub(super) use text::printable;
pub(super) use time::Time;
