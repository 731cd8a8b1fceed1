//! Which proxy the environment names, and for which hosts there is none (libcurl-env(3)).

mod no_proxy;

use std::ffi::CStr;

pub(crate) use self::no_proxy::exempts;
use crate::ffi::environment;

/// The variables that may name the proxy of `ws`, in their order. `HTTP_PROXY` is not among them: to a CGI program it is
/// the `Proxy` header of a request.
const WS: &[&CStr] = &[c"ws_proxy", c"WS_PROXY", c"http_proxy", c"all_proxy", c"ALL_PROXY"];

/// The same for `wss`.
const WSS: &[&CStr] = &[
    c"wss_proxy",
    c"WSS_PROXY",
    c"https_proxy",
    c"HTTPS_PROXY",
    c"all_proxy",
    c"ALL_PROXY",
];

/// The variables that list hosts without a proxy.
const NO_PROXY: &[&CStr] = &[c"no_proxy", c"NO_PROXY"];

/// The name of the variable that names a proxy for a WebSocket, over TLS or not.
pub(crate) fn variable(is_secure: bool) -> Option<&'static CStr> {
    first_set(if is_secure { WSS } else { WS })
}

/// The hosts that the environment wants no proxy for.
pub(crate) fn exempted_hosts() -> Option<Vec<u8>> {
    let name = first_set(NO_PROXY)?;
    environment::variable(name).map(std::os::unix::ffi::OsStringExt::into_vec)
}

fn first_set(names: &[&'static CStr]) -> Option<&'static CStr> {
    names.iter().copied().find(|name| environment::variable(name).is_some())
}
