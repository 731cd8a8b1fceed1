//! Lists of strings that the application builds.

use std::ffi::{CStr, c_char};
use std::ptr;

use crate::abi::memory;
use crate::types::structs::curl_slist;

/// Appends a copy of `string` to `list`, which may be NULL for a new one. Returns the list, or NULL when there was no memory
/// or no string; `list` is then unchanged. Free it with `curl_slist_free_all`.
///
/// # Safety
///
/// `list` is NULL or a list from here, `string` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn curl_slist_append(list: *mut curl_slist, string: *const c_char) -> *mut curl_slist {
    if string.is_null() {
        return ptr::null_mut();
    }
    // SAFETY: guaranteed by the caller, see # Safety.
    let node = new_node(unsafe { CStr::from_ptr(string) }.to_bytes());
    if node.is_null() || list.is_null() {
        return node;
    }
    let mut last = list;
    // SAFETY: every node of a list is valid, and `next` leads to another or is NULL.
    unsafe {
        while !(*last).next.is_null() {
            last = (*last).next;
        }
        (*last).next = node;
    }
    list
}

/// Frees a list with its strings. NULL is allowed.
///
/// # Safety
///
/// `list` is NULL or a list from `curl_slist_append`, and is not used afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn curl_slist_free_all(list: *mut curl_slist) {
    let mut node = list;
    while !node.is_null() {
        // SAFETY: the node and its string came from `new_node`, and nobody uses them any more.
        unsafe {
            let next = (*node).next;
            memory::release((*node).data.cast());
            memory::release(node.cast());
            node = next;
        }
    }
}

/// A new list of the lines, for the application to free. NULL for no lines, and when there is no memory.
pub(super) fn from_lines(lines: &[Vec<u8>]) -> *mut curl_slist {
    let mut list = ptr::null_mut();
    for line in lines.iter().rev() {
        let node = new_node(line);
        if node.is_null() {
            // SAFETY: a list of nodes from here.
            unsafe { curl_slist_free_all(list) };
            return ptr::null_mut();
        }
        // SAFETY: a new node.
        unsafe { (*node).next = list };
        list = node;
    }
    list
}

fn new_node(string: &[u8]) -> *mut curl_slist {
    let data = memory::c_string(string);
    if data.is_null() {
        return ptr::null_mut();
    }
    let node: *mut curl_slist = memory::allocate(size_of::<curl_slist>()).cast();
    // SAFETY: `node` has the size of what is written and malloc's alignment; `data` is not used if there is no node.
    unsafe {
        if node.is_null() {
            memory::release(data.cast());
        } else {
            node.write(curl_slist {
                data,
                next: ptr::null_mut(),
            });
        }
    }
    node
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ffi::slist::Slist;

    #[test]
    fn strings_come_in_the_order_they_were_appended() {
        let mut list = ptr::null_mut();
        for string in [c"a: 1", c"", c"b\xff;"] {
            // SAFETY: a list from here.
            list = unsafe { curl_slist_append(list, string.as_ptr()) };
        }
        // SAFETY: the list lives until it is freed.
        unsafe {
            assert_eq!(Slist::from_raw(list).lines(), [&b"a: 1"[..], b"", b"b\xff;"]);
            curl_slist_free_all(list);
        }
    }

    #[test]
    fn a_list_of_lines_is_the_applications() {
        let list = from_lines(&[b"a".to_vec(), b"".to_vec(), b"b".to_vec()]);
        // SAFETY: the list lives until it is freed.
        unsafe {
            assert_eq!(Slist::from_raw(list).lines(), [&b"a"[..], b"", b"b"]);
            curl_slist_free_all(list);
        }
        assert!(from_lines(&[]).is_null());
    }

    #[test]
    fn null_string_appends_nothing() {
        // SAFETY: NULLs are allowed.
        unsafe {
            assert!(curl_slist_append(ptr::null_mut(), ptr::null()).is_null());
            curl_slist_free_all(ptr::null_mut());
        }
    }
}
