//! What servers want to be remembered: cookies (RFC 6265) and that they are reached over TLS (RFC 6797). It is kept by the
//! driver's side, which is told here what to keep, and asked which cookies to send.

use super::plan::Plan;
use crate::error::Result;
use crate::http::cookies::Origin;
use crate::http::request;
use crate::http::response::ResponseHead;
use crate::io::fallible;

/// What is kept of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Remembered {
    /// cookies: they are also sent
    pub(crate) cookies: bool,
    /// hosts known by HSTS
    pub(crate) hsts: bool,
}

/// What a response head says of it.
pub(crate) struct ToRemember {
    /// where the response comes from
    pub(crate) origin: Origin,
    /// the values of `Set-Cookie`
    pub(crate) cookies: Vec<Vec<u8>>,
    pub(crate) hsts: Option<HstsPolicy>,
}

/// A `Strict-Transport-Security` header that came over TLS.
pub(crate) struct HstsPolicy {
    /// who it is about
    pub(crate) host: String,
    /// its value
    pub(crate) value: Vec<u8>,
}

/// Whom the request is for, as far as cookies are concerned: a `Host` header of the application goes before the URL.
pub(super) fn origin(plan: &Plan) -> Origin {
    let host = request::custom_host(&plan.request.headers).unwrap_or(plan.url.host.as_bytes());
    let target = &plan.url.target;
    let path = &target[..memchr::memchr(b'?', target).unwrap_or(target.len())];
    Origin::new(host, path, plan.server.tls.is_some())
}

/// What `head` wants to be remembered, as far as somebody does. `None` if it is nothing.
pub(super) fn to_remember(head: &ResponseHead, plan: &Plan, wanted: Remembered) -> Result<Option<ToRemember>> {
    let mut cookies = Vec::new();
    if wanted.cookies {
        for value in head.get("set-cookie") {
            fallible::reserve(&mut cookies, 1)?;
            cookies.push(fallible::copy(value)?);
        }
    }
    let is_heard = wanted.hsts && plan.server.tls.is_some();
    // Only the first counts (RFC 6797 section 8.1).
    let value = is_heard.then(|| head.get("strict-transport-security").next()).flatten();
    let hsts = value.map(fallible::copy).transpose()?.map(|value| HstsPolicy {
        host: plan.url.host.clone(),
        value,
    });
    let is_nothing = cookies.is_empty() && hsts.is_none();
    Ok((!is_nothing).then(|| ToRemember {
        origin: origin(plan),
        cookies,
        hsts,
    }))
}
