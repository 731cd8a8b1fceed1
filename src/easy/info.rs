//! What `curl_easy_getinfo` answers beside the transfer's facts: texts that it hands out pointers to, and what is left of
//! a transfer that is over.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ffi::{CStr, CString};
use std::net::SocketAddr;

use crate::ffi::c_string;
use crate::transfer::Config;
use crate::transfer::config::Opening;
use crate::transfer::facts::Facts;
use crate::url::Scheme;

/// What is known about the last (or running) transfer outside of it.
#[derive(Debug)]
pub struct Info {
    pub effective_url: Option<CString>,
    pub effective_method: Option<Cow<'static, CStr>>,
    pub scheme: Option<&'static CStr>,
    /// number of the transfer, -1 before the first
    pub xfer_id: i64,
    primary_ip: OnceCell<CString>,
    local_ip: OnceCell<CString>,
    /// what the transfer had learned when it was over
    pub(super) past: Option<Box<Facts>>,
}

impl Default for Info {
    fn default() -> Info {
        Info {
            effective_url: None,
            effective_method: None,
            scheme: None,
            xfer_id: -1,
            primary_ip: OnceCell::new(),
            local_ip: OnceCell::new(),
            past: None,
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

    /// The other end's IP address in words, empty for none.
    pub fn primary_ip(&self, facts: &Facts) -> &CStr {
        in_words(&self.primary_ip, facts.primary)
    }

    /// Our IP address in words, empty for none.
    pub fn local_ip(&self, facts: &Facts) -> &CStr {
        in_words(&self.local_ip, facts.local)
    }
}

/// A transfer has one connection: once known, its addresses stay.
fn in_words(words: &OnceCell<CString>, address: Option<SocketAddr>) -> &CStr {
    match address {
        Some(address) => words.get_or_init(|| c_string(address.ip().to_string().as_bytes())),
        None => c"",
    }
}
