//! Which URL schemes may be used: `CURLOPT_PROTOCOLS` and its `_STR`.

use std::ffi::CStr;

use super::check::bad_argument;
use crate::error::{Error, Result};
use crate::types::codes::CURLcode::CURLE_UNSUPPORTED_PROTOCOL;
use crate::types::connection::{CURLPROTO_HTTP, CURLPROTO_HTTPS};
use crate::types::option::CURLoption;
use crate::url::Scheme;

const HTTP_BIT: i64 = CURLPROTO_HTTP;
const HTTPS_BIT: i64 = CURLPROTO_HTTPS;
/// libcurl's own bit of ws, which no public macro names; `CURLPROTO_ALL` has it
const WS_BIT: i64 = 1 << 30;
/// libcurl's own bit of wss
const WSS_BIT: i64 = 1 << 31;

/// The schemes that a list of libcurl's may name without an error. A list restricts, so a name that we can't speak
/// allows nothing more.
const KNOWN: [&str; 27] = [
    "dict", "file", "ftp", "ftps", "gopher", "gophers", "http", "https", "imap", "imaps", "ldap", "ldaps", "mqtt",
    "mqtts", "pop3", "pop3s", "rtsp", "scp", "sftp", "smb", "smbs", "smtp", "smtps", "telnet", "tftp", "ws", "wss",
];

/// What may be used of the schemes that we speak, and of those that redirects have in their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Schemes {
    ws: bool,
    wss: bool,
    http: bool,
    https: bool,
}

/// Where a redirect may lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RedirectTargets {
    pub(crate) ws: bool,
    pub(crate) wss: bool,
    /// from wss to ws
    pub(crate) downgrade: bool,
}

/// Where redirects may lead when the application says nothing.
pub(super) const REDIRECT_DEFAULT: RedirectTargets = RedirectTargets {
    ws: true,
    wss: true,
    downgrade: false,
};

impl Schemes {
    pub(super) const ALL: Schemes = Schemes {
        ws: true,
        wss: true,
        http: true,
        https: true,
    };

    /// Whether `scheme` is one of them.
    pub(crate) fn allow(self, scheme: Scheme) -> bool {
        match scheme {
            Scheme::Ws => self.ws,
            Scheme::Wss => self.wss,
            Scheme::Http => self.http,
            Scheme::Https => self.https,
        }
    }

    /// As a list of where redirects may lead: http stands for ws and https for wss, since most applications know no other names
    /// for them. TLS is only given up where ws itself is named.
    pub(super) fn as_targets(self) -> RedirectTargets {
        RedirectTargets {
            ws: self.ws || self.http,
            wss: self.wss || self.https,
            downgrade: self.ws,
        }
    }
}

pub(super) fn from_mask(mask: i64) -> Schemes {
    Schemes {
        ws: mask & WS_BIT != 0,
        wss: mask & WSS_BIT != 0,
        http: mask & HTTP_BIT != 0,
        https: mask & HTTPS_BIT != 0,
    }
}

/// Comma-separated names in any case, `all`, or NULL for the default, which is all.
///
/// An unknown name is `CURLE_UNSUPPORTED_PROTOCOL`, a list without any name `CURLE_BAD_FUNCTION_ARGUMENT`.
pub(super) fn from_names(option: CURLoption, list: Option<&CStr>) -> Result<Schemes> {
    let Some(list) = list else { return Ok(Schemes::ALL) };
    if list.to_bytes().eq_ignore_ascii_case(b"all") {
        return Ok(Schemes::ALL);
    }
    let mut named = list
        .to_bytes()
        .split(|&byte| byte == b',')
        .filter(|name| !name.is_empty())
        .peekable();
    if named.peek().is_none() {
        return Err(bad_argument(option, "the list names no protocol"));
    }
    let mut schemes = from_mask(0);
    for name in named {
        if !KNOWN.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes())) {
            let name = String::from_utf8_lossy(name);
            return Err(Error::new(
                CURLE_UNSUPPORTED_PROTOCOL,
                format!("{option:?}: unknown protocol \"{name}\""),
            ));
        }
        schemes.ws |= name.eq_ignore_ascii_case(b"ws");
        schemes.wss |= name.eq_ignore_ascii_case(b"wss");
        schemes.http |= name.eq_ignore_ascii_case(b"http");
        schemes.https |= name.eq_ignore_ascii_case(b"https");
    }
    Ok(schemes)
}

#[cfg(test)]
mod tests {
    use super::super::Options;
    use super::super::value::Value;
    use crate::types::codes::CURLcode::*;
    use crate::types::option::CURLoption::*;
    use crate::url::Scheme::*;

    #[test]
    fn protocols_are_restricted_by_mask_and_by_name() {
        const WS_BIT: i64 = 1 << 30;
        const WSS_BIT: i64 = 1 << 31;
        let all = || Ok(vec![Ws, Wss, Http, Https]);
        for (value, expected) in [
            (Value::Number(-1), all()),
            (Value::Number(0xFFFF_FFFF), all()),
            (Value::Number(3), Ok(vec![Http, Https])),
            (Value::Number(WS_BIT), Ok(vec![Ws])),
            (Value::Number(WSS_BIT | 2), Ok(vec![Wss, Https])),
            (Value::String(None), all()),
            (Value::text("ALL"), all()),
            (Value::text("ws,wss"), Ok(vec![Ws, Wss])),
            (Value::text("WSS"), Ok(vec![Wss])),
            (Value::text(",ws,,"), Ok(vec![Ws])),
            (Value::text("http,HTTPS,ftp"), Ok(vec![Http, Https])),
            (Value::text("ws,nonsense"), Err(CURLE_UNSUPPORTED_PROTOCOL)),
            (Value::text("ws, wss"), Err(CURLE_UNSUPPORTED_PROTOCOL)),
            (Value::text("all,ws"), Err(CURLE_UNSUPPORTED_PROTOCOL)),
            (Value::text(""), Err(CURLE_BAD_FUNCTION_ARGUMENT)),
            (Value::text(","), Err(CURLE_BAD_FUNCTION_ARGUMENT)),
        ] {
            let mut options = Options::default();
            let option = match value {
                Value::Number(_) => CURLOPT_PROTOCOLS,
                _ => CURLOPT_PROTOCOLS_STR,
            };
            let label = format!("{value:?}");
            let result = options.set(option, value);
            let allowed = options.request.allowed_schemes;
            let allowed = [Ws, Wss, Http, Https]
                .into_iter()
                .filter(|&scheme| allowed.allow(scheme));
            assert_eq!(
                result.map(|()| allowed.collect()).map_err(|error| error.code()),
                expected,
                "{label}"
            );
        }
    }
}
