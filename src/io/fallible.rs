//! Memory whose size comes from outside: when there is no more, that is an error and not the end of the process.

use std::ffi::{CStr, CString};

use crate::error::{Error, Result};
use crate::types::codes::CURLcode;

/// Room for at least `count` more items, as [`Vec::reserve`] makes it.
pub(crate) fn reserve<T>(items: &mut Vec<T>, count: usize) -> Result<()> {
    items.try_reserve(count).map_err(|_| out_of_memory())
}

/// A copy.
pub(crate) fn copy(bytes: &[u8]) -> Result<Vec<u8>> {
    copy_with_room(bytes, 0)
}

/// A copy.
pub(crate) fn copy_string(text: &CStr) -> Result<CString> {
    c_string(text.to_bytes())
}

/// A C string of bytes without NUL; of others what is in front of it.
pub(crate) fn c_string(bytes: &[u8]) -> Result<CString> {
    let end = memchr::memchr(0, bytes).unwrap_or(bytes.len());
    // With room for the NUL, or else it would be copied once more.
    let copy = copy_with_room(&bytes[..end], 1)?;
    Ok(CString::new(copy).unwrap_or_default())
}

/// Fails if `count` bytes can't be had now. For what is copied many times over in places that can't fail: to be asked before
/// they begin.
pub(crate) fn check(count: usize) -> Result<()> {
    reserve(&mut Vec::<u8>::new(), count)
}

fn copy_with_room(bytes: &[u8], room: usize) -> Result<Vec<u8>> {
    let mut copy = Vec::new();
    copy.try_reserve_exact(bytes.len() + room)
        .map_err(|_| out_of_memory())?;
    copy.extend_from_slice(bytes);
    Ok(copy)
}

fn out_of_memory() -> Error {
    Error::new(CURLcode::CURLE_OUT_OF_MEMORY, "Out of memory")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_equal_and_end_at_a_nul() {
        assert_eq!(copy(b"a\0b").unwrap(), b"a\0b");
        assert_eq!(copy_string(c"text").unwrap().as_c_str(), c"text");
        assert_eq!(c_string(b"a\0b").unwrap().as_c_str(), c"a");
        assert_eq!(c_string(b"").unwrap().as_c_str(), c"");
    }

    #[test]
    fn what_cannot_be_had_is_an_error() {
        let error = check(isize::MAX as usize).unwrap_err();
        assert_eq!(error.code(), CURLcode::CURLE_OUT_OF_MEMORY);
        let mut bytes = b"kept".to_vec();
        assert!(reserve(&mut bytes, isize::MAX as usize).is_err());
        assert_eq!(bytes, b"kept");
        assert!(check(1).is_ok());
    }
}
