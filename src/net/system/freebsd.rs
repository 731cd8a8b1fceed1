//! FreeBSD.

pub(in crate::net) use super::bsd::*;
pub(in crate::net) use super::flags::*;
