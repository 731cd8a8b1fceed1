//! What `curl_easy_getinfo` returns beside the information of a running transfer: strings that the application gets pointers to,
//! and the information of a transfer that is over.

use std::borrow::Cow;
use std::ffi::{CStr, CString};

use super::rounds::Rounds;
use crate::ffi::c_string;
use crate::open::plan::Plan;
use crate::transfer::info::TransferInfo;
use crate::url::Scheme;

/// What is known about the last (or running) transfer outside of it.
#[derive(Debug)]
pub(crate) struct Info {
    pub effective_url: Option<CString>,
    pub effective_method: Option<Cow<'static, CStr>>,
    pub scheme: Option<Scheme>,
    /// there is a proxy on the way to the server
    pub used_proxy: bool,
    /// of the last request
    pub referer: Option<CString>,
    /// where a redirect leads to that was not followed
    pub redirect_url: Option<CString>,
    pub redirects: u32,
    /// the schemes that the server has offered, as a `CURLAUTH_` bit mask
    pub auth_offered: u32,
    /// the scheme used last, as a `CURLAUTH_` bit
    pub auth_used: u32,
    /// number of the transfer, -1 before the first
    pub xfer_id: i64,
    /// of the transfer that is over
    past: Option<Box<TransferInfo>>,
}

impl Default for Info {
    fn default() -> Info {
        Info {
            effective_url: None,
            effective_method: None,
            scheme: None,
            used_proxy: false,
            referer: None,
            redirect_url: None,
            redirects: 0,
            auth_offered: 0,
            auth_used: 0,
            xfer_id: -1,
            past: None,
        }
    }
}

impl Info {
    /// Forgets the last transfer: number `id` begins.
    pub(crate) fn begin(&mut self, id: i64) {
        *self = Info {
            xfer_id: id,
            ..Info::default()
        };
    }

    /// What the transfer has learned, after its end.
    pub(super) fn past(&self) -> Option<&TransferInfo> {
        self.past.as_deref()
    }

    /// The transfer is over.
    pub(super) fn end(&mut self, info: TransferInfo) {
        self.past = Some(Box::new(info));
    }

    /// Takes over what the rounds have come to.
    pub(super) fn describe_rounds(&mut self, rounds: &Rounds) {
        self.redirects = rounds.redirects();
        self.auth_offered |= rounds.authenticator().offered();
        self.auth_used = match rounds.authenticator().used() {
            0 => self.auth_used,
            used => used,
        };
    }

    /// Takes over what is known before the first byte is sent.
    pub(crate) fn describe(&mut self, plan: &Plan) {
        self.used_proxy = !plan.proxies.is_empty();
        self.referer = plan.request.referer.as_deref().map(c_string);
        self.effective_url = Some(c_string(plan.url.effective()));
        self.effective_method = Some(match &plan.request.method[..] {
            b"GET" => c"GET".into(),
            other => c_string(other).into(),
        });
        self.scheme = Some(plan.url.scheme);
    }
}
