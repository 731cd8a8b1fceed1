//! The values that libcurl refuses of the options that have no effect here: a program's mistake is told all the same.

use std::ops::RangeInclusive;

use super::check::within;
use super::value::Value;
use crate::error::{Error, Result};
use crate::types::codes::CURLcode::CURLE_UNSUPPORTED_PROTOCOL;
use crate::types::option::CURLoption::{self, *};

/// Refuses what libcurl refuses, with the same code.
pub(super) fn check(option: CURLoption, value: &Value) -> Result<()> {
    match (option, value) {
        (CURLOPT_HTTP_VERSION, Value::Number(version)) => http_version(option, *version),
        (_, Value::Number(number)) => match range(option) {
            Some(range) => within(option, *number, range).map(drop),
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

/// `CURL_HTTP_VERSION_NONE` to `_2_PRIOR_KNOWLEDGE`, `_3` and `_3ONLY`
fn http_version(option: CURLoption, version: i64) -> Result<()> {
    match within(option, version, 0..=i64::MAX)? {
        0..=5 | 30 | 31 => Ok(()),
        _ => Err(Error::new(
            CURLE_UNSUPPORTED_PROTOCOL,
            format!("{option:?}: unknown HTTP version {version}"),
        )),
    }
}

/// The numbers that an option may be set to, if not all.
pub(super) fn range(option: CURLoption) -> Option<RangeInclusive<i64>> {
    const ANY: i64 = i64::MAX;
    Some(match option {
        CURLOPT_ACCEPTTIMEOUT_MS
        | CURLOPT_EXPECT_100_TIMEOUT_MS
        | CURLOPT_MAXAGE_CONN
        | CURLOPT_MAXCONNECTS
        | CURLOPT_POSTREDIR
        | CURLOPT_RTSP_CLIENT_CSEQ
        | CURLOPT_RTSP_SERVER_CSEQ
        | CURLOPT_SERVER_RESPONSE_TIMEOUT
        | CURLOPT_SERVER_RESPONSE_TIMEOUT_MS
        | CURLOPT_TFTP_BLKSIZE
        | CURLOPT_UPKEEP_INTERVAL_MS => 0..=ANY,

        CURLOPT_INFILESIZE
        | CURLOPT_INFILESIZE_LARGE
        | CURLOPT_POSTFIELDSIZE
        | CURLOPT_POSTFIELDSIZE_LARGE
        | CURLOPT_RESUME_FROM
        | CURLOPT_RESUME_FROM_LARGE => -1..=ANY,

        CURLOPT_FTPSSLAUTH | CURLOPT_FTP_CREATE_MISSING_DIRS | CURLOPT_FTP_SSL_CCC | CURLOPT_HTTPSIG_ALGORITHM => 0..=2,
        CURLOPT_FTP_FILEMETHOD | CURLOPT_TIMECONDITION | CURLOPT_USE_SSL => 0..=3,
        CURLOPT_RTSP_REQUEST => 1..=11,
        CURLOPT_NEW_DIRECTORY_PERMS | CURLOPT_NEW_FILE_PERMS => 0..=0o777,
        _ => return None,
    })
}
