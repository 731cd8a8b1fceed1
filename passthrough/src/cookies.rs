//! Cookies are kept by the system's handle (or its share). A WebSocket transfer begins with a copy of them, and what it has
//! changed is given back.

use std::collections::HashSet;
use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr::null_mut;

use wscurl::abi::{getinfo, slist, twin};
use wscurl::types::codes::CURLcode;
use wscurl::types::info::CURLINFO;
use wscurl::types::option::CURLoption;
use wscurl::types::structs::{CURL, curl_slist};

use crate::system::System;

const LIST: u32 = CURLoption::CURLOPT_COOKIELIST as u32;

/// Gives the twin all cookies that the system's handle has.
///
/// # Errors
///
/// What our side said about a cookie that it does not take.
pub(crate) fn lend(library: &System, system: *mut CURL, own: *mut CURL) -> Result<(), (CURLcode, String)> {
    // SAFETY: a handle of ours, strings.
    let add = |line: &CStr| unsafe { twin::set_option(own, LIST, line.as_ptr().cast_mut().cast()) };
    add(c"ALL")?;
    theirs(library, system).iter().try_for_each(|line| add(line))
}

/// Gives the system's handle the cookies that the twin has, and takes those from it that the twin has no more.
pub(crate) fn give_back(library: &System, system: *mut CURL, own: *mut CURL) {
    // SAFETY: a handle of the system's, strings.
    let add = |line: &CStr| unsafe { (library.easy_setopt)(system, LIST, line.as_ptr()) };
    let before = theirs(library, system);
    let now = ours(own);
    let names: HashSet<Vec<&[u8]>> = now.iter().filter_map(|line| name(line)).collect();
    let gone = before
        .iter()
        .filter(|line| name(line).is_some_and(|name| !names.contains(&name)));
    for line in gone.filter_map(|line| expired(line)) {
        add(&line);
    }
    let old: HashSet<&CString> = before.iter().collect();
    for line in now.iter().filter(|line| !old.contains(line)) {
        add(line);
    }
}

/// Domain, path and name of a line in the Netscape format: domain, subdomains, path, secure, expiry, name, value.
fn name(line: &CStr) -> Option<Vec<&[u8]>> {
    let fields: Vec<&[u8]> = line.to_bytes().split(|byte| *byte == b'\t').collect();
    Some(vec![*fields.first()?, *fields.get(2)?, *fields.get(5)?])
}

/// The same line with an expiry in the past.
fn expired(line: &CStr) -> Option<CString> {
    let mut fields: Vec<&[u8]> = line.to_bytes().split(|byte| *byte == b'\t').collect();
    *fields.get_mut(4)? = b"1";
    CString::new(fields.join(&b"\t"[..])).ok()
}

fn theirs(library: &System, system: *mut CURL) -> Vec<CString> {
    let mut list: *mut curl_slist = null_mut();
    // SAFETY: a handle of the system's; the list is copied and freed.
    unsafe {
        (library.easy_getinfo)(system, CURLINFO::CURLINFO_COOKIELIST as u32, &raw mut list);
        let lines = lines(list);
        (library.slist_free_all)(list);
        lines
    }
}

fn ours(own: *mut CURL) -> Vec<CString> {
    let mut list: *mut curl_slist = null_mut();
    let answer: *mut *mut curl_slist = &raw mut list;
    // SAFETY: a handle of ours; the list is copied and freed.
    unsafe {
        getinfo::curl_easy_getinfo(own, CURLINFO::CURLINFO_COOKIELIST as u32, answer.cast::<c_void>());
        let lines = lines(list);
        slist::curl_slist_free_all(list);
        lines
    }
}

/// # Safety
///
/// `list` is NULL or a list of strings.
unsafe fn lines(mut list: *const curl_slist) -> Vec<CString> {
    let mut lines = Vec::new();
    // SAFETY: guaranteed by the caller, see # Safety.
    while let Some(node) = unsafe { list.as_ref() } {
        let text: *const c_char = node.data;
        if !text.is_null() {
            // SAFETY: as above.
            lines.push(unsafe { CStr::from_ptr(text) }.to_owned());
        }
        list = node.next;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_s_name_and_its_end() {
        let line = c".a.org\tTRUE\t/p\tFALSE\t0\tname\tvalue";
        assert_eq!(name(line), Some(vec![&b".a.org"[..], b"/p", b"name"]));
        assert_eq!(
            expired(line).as_deref(),
            Some(c".a.org\tTRUE\t/p\tFALSE\t1\tname\tvalue")
        );
        assert_eq!((name(c"ALL"), expired(c"Set-Cookie: a=b")), (None, None));
    }
}
