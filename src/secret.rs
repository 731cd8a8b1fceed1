//! Bytes that are overwritten when they are dropped, however many they are, and that are not shown: keys, passwords, requests.

#![forbid(unsafe_code)]

use std::ffi::CString;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;

use zeroize::Zeroizing;

/// A key, a password, or a file that holds one. Debug output does not show it.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Secret(Zeroizing<Vec<u8>>);

impl From<Vec<u8>> for Secret {
    fn from(bytes: Vec<u8>) -> Secret {
        Secret(Zeroizing::new(bytes))
    }
}

impl From<CString> for Secret {
    fn from(text: CString) -> Secret {
        Secret::from(text.into_bytes())
    }
}

impl From<&[u8]> for Secret {
    fn from(bytes: &[u8]) -> Secret {
        Secret::from(bytes.to_vec())
    }
}

impl Deref for Secret {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl Hash for Secret {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.as_slice().hash(state);
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}
