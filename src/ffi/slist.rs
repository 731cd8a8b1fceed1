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
        let mut lines = Vec::new();
        let mut node = self.0;
        while !node.is_null() {
            // SAFETY: the caller of `from_raw` guarantees a valid list.
            let current = unsafe { &*node };
            if !current.data.is_null() {
                // SAFETY: a list's data is a NUL-terminated string.
                lines.push(unsafe { CStr::from_ptr(current.data) }.to_bytes().to_vec());
            }
            node = current.next;
        }
        lines
    }
}

impl Default for Slist {
    fn default() -> Slist {
        Slist::NONE
    }
}
