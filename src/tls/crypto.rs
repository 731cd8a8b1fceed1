//! The library that does the cryptography: ring, or aws-lc-rs in a build with the feature `aws-lc`. Their interfaces agree
//! in all that is used here.

#[cfg(not(any(feature = "ring", feature = "aws-lc")))]
compile_error!("one of the features `ring` and `aws-lc` must be enabled");

#[cfg(feature = "aws-lc")]
pub(super) use aws_lc_rs::digest;
#[cfg(all(feature = "ring", not(feature = "aws-lc")))]
pub(super) use ring::digest;

#[cfg(feature = "aws-lc")]
use rustls::crypto::aws_lc_rs as provider;
#[cfg(all(feature = "ring", not(feature = "aws-lc")))]
use rustls::crypto::ring as provider;

#[cfg(test)]
pub(super) use provider::sign::any_supported_type;
pub(super) use provider::{ALL_KX_GROUPS, default_provider};

pub(super) type Sha256 = [u8; 32];

pub(super) fn sha256(bytes: &[u8]) -> Sha256 {
    finished(&digest::digest(&digest::SHA256, bytes))
}

/// A digest of 32 bytes as an array.
pub(super) fn finished(digest: &digest::Digest) -> Sha256 {
    let mut copy = Sha256::default();
    copy.copy_from_slice(digest.as_ref());
    copy
}
