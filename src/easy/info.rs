//! What `curl_easy_getinfo` answers: facts about the last transfer, gathered while it runs.

use std::ffi::CString;

use crate::types::codes::CURLcode;

/// Facts about the last (or running) transfer. Times are microseconds since its start, 0 where that point was not
/// reached. `curl_easy_getinfo` hands out pointers to the strings.
#[derive(Debug, Clone)]
pub struct Info {
    pub effective_url: Option<CString>,
    pub effective_method: Option<CString>,
    pub scheme: Option<CString>,
    pub content_type: Option<CString>,
    pub redirect_url: Option<CString>,
    pub primary_ip: CString,
    pub local_ip: CString,
    pub primary_port: u16,
    pub local_port: u16,
    /// `CURLPROTO_` bit of the scheme; ws and wss have none, so 0
    pub protocol: i64,
    pub response_code: u16,
    /// `CURL_HTTP_VERSION_1_1` …, 0 before there was an answer
    pub http_version: i64,
    pub header_size: u64,
    pub request_size: u64,
    pub downloaded: u64,
    pub uploaded: u64,
    /// bytes a second over the whole transfer
    pub speed_download: u64,
    pub speed_upload: u64,
    pub num_connects: u32,
    pub os_errno: i32,
    /// 0 when the peer's certificate passed, else a `X509_V_ERR_` style number
    pub ssl_verify_result: i64,
    pub httpauth_avail: u64,
    pub httpauth_used: u64,
    /// of the connection used last, -1 for none
    pub conn_id: i64,
    /// of the transfer, -1 before the first
    pub xfer_id: i64,
    /// seconds the server asked to wait
    pub retry_after: i64,
    pub result: Option<CURLcode>,
    pub times: Times,
}

impl Default for Info {
    fn default() -> Info {
        Info {
            effective_url: None,
            effective_method: None,
            scheme: None,
            content_type: None,
            redirect_url: None,
            primary_ip: CString::default(),
            local_ip: CString::default(),
            primary_port: 0,
            local_port: 0,
            protocol: 0,
            response_code: 0,
            http_version: 0,
            header_size: 0,
            request_size: 0,
            downloaded: 0,
            uploaded: 0,
            speed_download: 0,
            speed_upload: 0,
            num_connects: 0,
            os_errno: 0,
            ssl_verify_result: 0,
            httpauth_avail: 0,
            httpauth_used: 0,
            conn_id: -1,
            xfer_id: -1,
            retry_after: 0,
            result: None,
            times: Times::default(),
        }
    }
}

/// Points in time of a transfer, in microseconds since its start.
#[derive(Debug, Clone, Copy, Default)]
pub struct Times {
    pub queue: u64,
    pub name_lookup: u64,
    pub connect: u64,
    pub app_connect: u64,
    pub pre_transfer: u64,
    pub post_transfer: u64,
    pub start_transfer: u64,
    pub total: u64,
    pub redirect: u64,
}
