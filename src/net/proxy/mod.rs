//! Which proxy the environment names, and for which hosts there is none (libcurl-env(3)).

mod no_proxy;

use std::ffi::CStr;

pub(crate) use self::no_proxy::exempts;
use crate::ffi::environment;
use crate::url::Scheme;

/// The variables that name the proxy of WebSockets alone, without and with TLS, in their order.
const WS: &[&CStr] = &[c"ws_proxy", c"WS_PROXY"];
const WSS: &[&CStr] = &[c"wss_proxy", c"WSS_PROXY"];

/// Those that name the proxy where these don't. `HTTP_PROXY` is not among them: to a CGI program it is the `Proxy` header of
/// a request.
const HTTP: &[&CStr] = &[c"http_proxy", c"all_proxy", c"ALL_PROXY"];
const HTTPS: &[&CStr] = &[c"https_proxy", c"HTTPS_PROXY", c"all_proxy", c"ALL_PROXY"];

/// The variables that list hosts without a proxy.
const NO_PROXY: &[&CStr] = &[c"no_proxy", c"NO_PROXY"];

/// The name of the variable that names a proxy for URLs of this scheme.
pub(crate) fn variable(scheme: Scheme) -> Option<&'static CStr> {
    let (own, general) = if scheme.is_secure() { (WSS, HTTPS) } else { (WS, HTTP) };
    let own = first_set(own).filter(|_| scheme.is_websocket());
    own.or_else(|| first_set(general))
}

/// The hosts that the environment wants no proxy for.
pub(crate) fn exempted_hosts() -> Option<Vec<u8>> {
    let name = first_set(NO_PROXY)?;
    environment::variable(name).map(std::os::unix::ffi::OsStringExt::into_vec)
}

fn first_set(names: &[&'static CStr]) -> Option<&'static CStr> {
    names.iter().copied().find(|name| environment::variable(name).is_some())
}
