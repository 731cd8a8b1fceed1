//! Wildcard matching of file names.

use std::ffi::{c_char, c_int, c_long, c_uint};

use libc::{size_t, time_t};

use crate::types::structs::curl_off_t;

/// What a matched name is.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum curlfiletype {
    CURLFILETYPE_FILE = 0,
    CURLFILETYPE_DIRECTORY = 1,
    CURLFILETYPE_SYMLINK = 2,
    CURLFILETYPE_DEVICE_BLOCK = 3,
    CURLFILETYPE_DEVICE_CHAR = 4,
    CURLFILETYPE_NAMEDPIPE = 5,
    CURLFILETYPE_SOCKET = 6,
    CURLFILETYPE_DOOR = 7,
    CURLFILETYPE_UNKNOWN = 8,
}

/// The lines of a listing that a [`curl_fileinfo`] came from.
#[repr(C)]
pub struct curl_fileinfo_strings {
    pub time: *mut c_char,
    pub perm: *mut c_char,
    pub user: *mut c_char,
    pub group: *mut c_char,
    /// of a symbolic link
    pub target: *mut c_char,
}

/// What is known of a matched file.
#[repr(C)]
pub struct curl_fileinfo {
    pub filename: *mut c_char,
    pub filetype: curlfiletype,
    pub time: time_t,
    pub perm: c_uint,
    pub uid: c_int,
    pub gid: c_int,
    pub size: curl_off_t,
    pub hardlinks: c_long,
    pub strings: curl_fileinfo_strings,
    /// `CURLFINFOFLAG_` bits
    pub flags: c_uint,
    pub b_data: *mut c_char,
    pub b_size: size_t,
    pub b_used: size_t,
}
pub const CURLFINFOFLAG_KNOWN_FILENAME: c_int = 1 << 0;
pub const CURLFINFOFLAG_KNOWN_FILETYPE: c_int = 1 << 1;
pub const CURLFINFOFLAG_KNOWN_TIME: c_int = 1 << 2;
pub const CURLFINFOFLAG_KNOWN_PERM: c_int = 1 << 3;
pub const CURLFINFOFLAG_KNOWN_UID: c_int = 1 << 4;
pub const CURLFINFOFLAG_KNOWN_GID: c_int = 1 << 5;
pub const CURLFINFOFLAG_KNOWN_SIZE: c_int = 1 << 6;
pub const CURLFINFOFLAG_KNOWN_HLINKCOUNT: c_int = 1 << 7;

// `CURLOPT_CHUNK_BGN_FUNCTION`

pub const CURL_CHUNK_BGN_FUNC_OK: c_int = 0;
pub const CURL_CHUNK_BGN_FUNC_FAIL: c_int = 1;
pub const CURL_CHUNK_BGN_FUNC_SKIP: c_int = 2;

// `CURLOPT_CHUNK_END_FUNCTION`

pub const CURL_CHUNK_END_FUNC_OK: c_int = 0;
pub const CURL_CHUNK_END_FUNC_FAIL: c_int = 1;

// `CURLOPT_FNMATCH_FUNCTION`

pub const CURL_FNMATCHFUNC_MATCH: c_int = 0;
pub const CURL_FNMATCHFUNC_NOMATCH: c_int = 1;
pub const CURL_FNMATCHFUNC_FAIL: c_int = 2;
