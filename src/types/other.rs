//! Values of options about other protocols, for the programs that name them.

use std::ffi::c_long;

// `CURLOPT_RTSP_REQUEST`

pub const CURL_RTSPREQ_NONE: c_long = 0i64;
pub const CURL_RTSPREQ_OPTIONS: c_long = 1i64;
pub const CURL_RTSPREQ_DESCRIBE: c_long = 2i64;
pub const CURL_RTSPREQ_ANNOUNCE: c_long = 3i64;
pub const CURL_RTSPREQ_SETUP: c_long = 4i64;
pub const CURL_RTSPREQ_PLAY: c_long = 5i64;
pub const CURL_RTSPREQ_PAUSE: c_long = 6i64;
pub const CURL_RTSPREQ_TEARDOWN: c_long = 7i64;
pub const CURL_RTSPREQ_GET_PARAMETER: c_long = 8i64;
pub const CURL_RTSPREQ_SET_PARAMETER: c_long = 9i64;
pub const CURL_RTSPREQ_RECORD: c_long = 10i64;
pub const CURL_RTSPREQ_RECEIVE: c_long = 11i64;
pub const CURL_RTSPREQ_LAST: c_long = 12i64;

// `CURLOPT_FTPSSLAUTH`

pub const CURLFTPAUTH_DEFAULT: c_long = 0i64;
pub const CURLFTPAUTH_SSL: c_long = 1i64;
pub const CURLFTPAUTH_TLS: c_long = 2i64;

/// Was the type of the above.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum curl_ftpauth {
    CURLFTPAUTH_LAST = 3,
}

// `CURLOPT_FTP_SSL_CCC`

pub const CURLFTPSSL_CCC_NONE: c_long = 0i64;
pub const CURLFTPSSL_CCC_PASSIVE: c_long = 1i64;
pub const CURLFTPSSL_CCC_ACTIVE: c_long = 2i64;

/// Was the type of the above.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum curl_ftpccc {
    CURLFTPSSL_CCC_LAST = 3,
}

// `CURLOPT_FTP_CREATE_MISSING_DIRS`

pub const CURLFTP_CREATE_DIR_NONE: c_long = 0i64;
pub const CURLFTP_CREATE_DIR: c_long = 1i64;
pub const CURLFTP_CREATE_DIR_RETRY: c_long = 2i64;

/// Was the type of the above.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum curl_ftpcreatedir {
    CURLFTP_CREATE_DIR_LAST = 3,
}

// `CURLOPT_FTP_FILEMETHOD`

pub const CURLFTPMETHOD_DEFAULT: c_long = 0i64;
pub const CURLFTPMETHOD_MULTICWD: c_long = 1i64;
pub const CURLFTPMETHOD_NOCWD: c_long = 2i64;
pub const CURLFTPMETHOD_SINGLECWD: c_long = 3i64;

/// Was the type of the above.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum curl_ftpmethod {
    CURLFTPMETHOD_LAST = 4,
}

// `CURLOPT_UPLOAD_FLAGS`

pub const CURLULFLAG_ANSWERED: c_long = 1i64 << 0;
pub const CURLULFLAG_DELETED: c_long = 1i64 << 1;
pub const CURLULFLAG_DRAFT: c_long = 1i64 << 2;
pub const CURLULFLAG_FLAGGED: c_long = 1i64 << 3;
pub const CURLULFLAG_SEEN: c_long = 1i64 << 4;

/// Was the type of `CURLOPT_CLOSEPOLICY`.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum curl_closepolicy {
    CURLCLOSEPOLICY_NONE = 0,
    CURLCLOSEPOLICY_OLDEST = 1,
    CURLCLOSEPOLICY_LEAST_RECENTLY_USED = 2,
    CURLCLOSEPOLICY_LEAST_TRAFFIC = 3,
    CURLCLOSEPOLICY_SLOWEST = 4,
    CURLCLOSEPOLICY_CALLBACK = 5,
    CURLCLOSEPOLICY_LAST = 6,
}
