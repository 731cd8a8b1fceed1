//! Numbers and structs of MIME and forms.

use std::ffi::{c_char, c_int, c_long, c_void};

use libc::size_t;

use crate::types::raw::RawFormOption;
use crate::types::structs::{curl_off_t, curl_slist};

/// A multi-part message, opaque.
pub struct curl_mime {
    _private: [u8; 0],
}

/// A part of a [`curl_mime`], opaque.
pub struct curl_mimepart {
    _private: [u8; 0],
}

/// A part of an old-style form.
#[repr(C)]
pub struct curl_httppost {
    pub next: *mut curl_httppost,
    pub name: *mut c_char,
    pub namelength: c_long,
    pub contents: *mut c_char,
    /// see `contentlen`
    pub contentslength: c_long,
    pub buffer: *mut c_char,
    pub bufferlength: c_long,
    pub contenttype: *mut c_char,
    pub contentheader: *mut curl_slist,
    pub more: *mut curl_httppost,
    /// `CURL_HTTPPOST_` bits
    pub flags: c_long,
    pub showfilename: *mut c_char,
    pub userp: *mut c_void,
    /// with `CURL_HTTPPOST_LARGE`, in place of `contentslength`
    pub contentlen: curl_off_t,
}

/// An option with its value, for `CURLFORM_ARRAY`.
#[repr(C)]
pub struct curl_forms {
    pub option: RawFormOption,
    pub value: *const c_char,
}

/// `CURLformoption`: what an argument of `curl_formadd` means.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CURLformoption {
    CURLFORM_NOTHING = 0,
    CURLFORM_COPYNAME = 1,
    CURLFORM_PTRNAME = 2,
    CURLFORM_NAMELENGTH = 3,
    CURLFORM_COPYCONTENTS = 4,
    CURLFORM_PTRCONTENTS = 5,
    CURLFORM_CONTENTSLENGTH = 6,
    CURLFORM_FILECONTENT = 7,
    CURLFORM_ARRAY = 8,
    CURLFORM_OBSOLETE = 9,
    CURLFORM_FILE = 10,
    CURLFORM_BUFFER = 11,
    CURLFORM_BUFFERPTR = 12,
    CURLFORM_BUFFERLENGTH = 13,
    CURLFORM_CONTENTTYPE = 14,
    CURLFORM_CONTENTHEADER = 15,
    CURLFORM_FILENAME = 16,
    CURLFORM_END = 17,
    CURLFORM_OBSOLETE2 = 18,
    CURLFORM_STREAM = 19,
    CURLFORM_CONTENTLEN = 20,
    CURLFORM_LASTENTRY = 21,
}

/// `CURLFORMcode`: the answers of `curl_formadd`.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CURLFORMcode {
    CURL_FORMADD_OK = 0,
    CURL_FORMADD_MEMORY = 1,
    CURL_FORMADD_OPTION_TWICE = 2,
    CURL_FORMADD_NULL = 3,
    CURL_FORMADD_UNKNOWN_OPTION = 4,
    CURL_FORMADD_INCOMPLETE = 5,
    CURL_FORMADD_ILLEGAL_ARRAY = 6,
    CURL_FORMADD_DISABLED = 7,
    CURL_FORMADD_LAST = 8,
}

// Bits of a [`curl_httppost`].

pub const CURL_HTTPPOST_FILENAME: c_int = 1 << 0;
pub const CURL_HTTPPOST_READFILE: c_int = 1 << 1;
pub const CURL_HTTPPOST_PTRNAME: c_int = 1 << 2;
pub const CURL_HTTPPOST_PTRCONTENTS: c_int = 1 << 3;
pub const CURL_HTTPPOST_BUFFER: c_int = 1 << 4;
pub const CURL_HTTPPOST_PTRBUFFER: c_int = 1 << 5;
pub const CURL_HTTPPOST_CALLBACK: c_int = 1 << 6;
pub const CURL_HTTPPOST_LARGE: c_int = 1 << 7;

// `CURLOPT_MIME_OPTIONS`

pub const CURLMIMEOPT_FORMESCAPE: c_long = 1i64 << 0;

/// In place of a length: the data ends with a NUL.
pub const CURL_ZERO_TERMINATED: size_t = !0 as size_t;
