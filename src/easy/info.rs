//! What `curl_easy_getinfo` answers: facts about the last transfer, gathered while it runs.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ffi::{CStr, CString};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::c_string;
use crate::http::url::Scheme;
use crate::transfer::Config;
use crate::transfer::config::Opening;
use crate::transfer::facts::Facts;
use crate::types::http::{CURL_HTTP_VERSION_1_0, CURL_HTTP_VERSION_1_1};

/// Facts about the last (or running) transfer. Times are microseconds since its start, 0 where that point was not
/// reached. `curl_easy_getinfo` hands out pointers to the strings.
#[derive(Debug, Clone)]
pub struct Info {
    pub effective_url: Option<CString>,
    pub effective_method: Option<Cow<'static, CStr>>,
    pub scheme: Option<&'static CStr>,
    pub content_type: Option<CString>,
    pub redirect_url: Option<CString>,
    /// our and the other end of the last connection
    pub primary: End,
    pub local: End,
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
    /// of the answer to the last keep-alive PING, in microseconds, 0 before
    pub ws_round_trip: u64,
    /// as the server accepted them
    pub ws_extensions: Option<CString>,
    pub ws_protocol: Option<CString>,
    /// of the CLOSE frame received: 0 before, 1005 for one without a code
    pub ws_close_code: u16,
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
            primary: End::default(),
            local: End::default(),
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
            ws_round_trip: 0,
            ws_extensions: None,
            ws_protocol: None,
            ws_close_code: 0,
            times: Times::default(),
        }
    }
}

impl Info {
    /// Forgets the last transfer: number `id` begins.
    pub fn begin(&mut self, id: i64) {
        *self = Info {
            xfer_id: id,
            ..Info::default()
        };
    }

    /// Takes over what is known before the first byte is sent.
    pub fn describe(&mut self, config: &Config) {
        let Some(Opening { url, request, .. }) = config.opening.as_deref() else {
            return;
        };
        self.effective_url = Some(c_string(url.effective()));
        self.effective_method = Some(match &request.method[..] {
            b"GET" => c"GET".into(),
            other => c_string(other).into(),
        });
        self.scheme = Some(match url.scheme {
            Scheme::Ws => c"ws",
            Scheme::Wss => c"wss",
        });
    }

    /// Takes over what a running or finished transfer has learned. Strings change only where their content does, so
    /// that pointers to them hold.
    pub fn update(&mut self, facts: &Facts) {
        self.primary.update(facts.primary);
        self.local.update(facts.local);
        replace(&mut self.content_type, &facts.content_type);
        replace(&mut self.redirect_url, &facts.location);
        self.response_code = facts.status;
        self.http_version = match facts.http_version {
            None => 0,
            Some((1, 0)) => CURL_HTTP_VERSION_1_0,
            Some(_) => CURL_HTTP_VERSION_1_1,
        };
        self.header_size = facts.header_size;
        self.request_size = facts.request_size;
        self.downloaded = facts.downloaded;
        self.uploaded = facts.uploaded;
        self.speed_download = per_second(facts.downloaded, facts.total);
        self.speed_upload = per_second(facts.uploaded, facts.total);
        self.num_connects = facts.connects;
        self.os_errno = facts.os_errno;
        self.ssl_verify_result = facts.verify_result;
        self.conn_id = if facts.connects > 0 { self.xfer_id } else { -1 };
        self.retry_after = facts.retry_after.and_then(|wait| i64::try_from(wait).ok()).unwrap_or(0);
        self.ws_round_trip = micros(facts.round_trip);
        replace(&mut self.ws_extensions, &facts.extensions);
        replace(&mut self.ws_protocol, &facts.protocol);
        self.ws_close_code = facts.close_code.unwrap_or(0);
        self.times = Times {
            queue: 0,
            name_lookup: micros(facts.name_lookup),
            connect: micros(facts.connect),
            app_connect: micros(facts.app_connect),
            pre_transfer: micros(facts.pre_transfer),
            post_transfer: micros(facts.post_transfer),
            start_transfer: micros(facts.start_transfer),
            total: micros(Some(facts.total)),
            redirect: 0,
        };
    }
}

/// One end of a connection.
#[derive(Debug, Clone, Default)]
pub struct End {
    ip: Option<IpAddr>,
    text: OnceCell<CString>,
    /// 0 for none
    pub port: u16,
}

impl End {
    /// The IP address in words, empty for none; made when it is asked for.
    pub fn ip(&self) -> &CStr {
        let text = || self.ip.map(|ip| c_string(ip.to_string().as_bytes()));
        self.text.get_or_init(|| text().unwrap_or_default())
    }

    fn update(&mut self, address: Option<SocketAddr>) {
        let ip = address.map(|address| address.ip());
        if self.ip != ip {
            self.ip = ip;
            self.text.take();
        }
        self.port = address.map_or(0, |address| address.port());
    }
}

fn replace(kept: &mut Option<CString>, learned: &Option<Vec<u8>>) {
    let same = match (&*kept, learned) {
        (None, None) => true,
        (Some(kept), Some(learned)) => kept.as_bytes() == learned.as_slice(),
        _ => false,
    };
    if !same {
        *kept = learned.as_deref().map(c_string);
    }
}

fn per_second(bytes: u64, time: Duration) -> u64 {
    let micros = time.as_micros().max(1);
    u64::try_from(u128::from(bytes) * 1_000_000 / micros).unwrap_or(u64::MAX)
}

fn micros(time: Option<Duration>) -> u64 {
    time.map_or(0, |time| u64::try_from(time.as_micros()).unwrap_or(u64::MAX))
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
