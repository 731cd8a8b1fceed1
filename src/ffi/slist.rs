//! A borrowed list of the application's, read only when its content is needed.

use std::ffi::CStr;

use crate::types::structs::curl_slist;

/// A `curl_slist` that stays the application's. libcurl does not copy lists: the application keeps them alive and may
/// extend them until the transfer starts (CURLOPT_HTTPHEADER(3)), so only the pointer is kept here.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slist(*mut curl_slist);

impl Slist {
    /// No list.
    pub(crate) const NONE: Slist = Slist(std::ptr::null_mut());

    /// # Safety
    ///
    /// `list` is NULL or a valid list that outlives every use of the returned value, as `curl_easy_setopt` demands.
    pub(crate) unsafe fn from_raw(list: *mut curl_slist) -> Slist {
        Slist(list)
    }

    /// The pointer that was set.
    pub(crate) fn as_ptr(self) -> *mut curl_slist {
        self.0
    }

    /// Copies of the strings as they are now.
    pub(crate) fn lines(self) -> Vec<Vec<u8>> {
        self.iter().map(<[u8]>::to_vec).collect()
    }

    /// The bytes of all strings as they are now.
    pub(crate) fn size(self) -> usize {
        self.iter().map(<[u8]>::len).sum()
    }

    fn iter<'a>(self) -> impl Iterator<Item = &'a [u8]> {
        // SAFETY: `from_raw`'s caller guarantees that the list is valid.
        let mut next = unsafe { self.0.as_ref() };
        std::iter::from_fn(move || {
            let node = next?;
            // SAFETY: as above, for each node of the list.
            next = unsafe { node.next.as_ref() };
            Some(node.data)
        })
        .filter(|data| !data.is_null())
        // SAFETY: a list's data is a NUL-terminated string.
        .map(|data| unsafe { CStr::from_ptr(data) }.to_bytes())
    }
}

impl Default for Slist {
    fn default() -> Slist {
        Slist::NONE
    }
}
