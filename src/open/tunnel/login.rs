//! Logging in to an HTTP proxy: which credentials the next request has.

use crate::http::auth::{self, Auth};
use crate::http::error::AuthError;
use crate::http::refusal;
use crate::http::response::ResponseHead;
use crate::open::plan::ProxyLogin;

/// The schemes that are built in, with their names in a challenge. The first one is the best.
const SCHEMES: [(u32, &str); 1] = [(auth::BASIC, "Basic")];

/// What became of the login so far. It outlives a connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LoginState {
    /// schemes that the proxy has offered, as `CURLAUTH_` bits
    pub(crate) offered: u32,
    /// the scheme in use
    pub(crate) used: u32,
}

impl LoginState {
    /// The value of `Proxy-Authorization` in the next request. As with servers, a scheme is used before the proxy has asked
    /// for it only when it is the only one allowed.
    pub(crate) fn authorization(&mut self, login: &ProxyLogin) -> Result<Option<Vec<u8>>, AuthError> {
        let value = auth::authorization(&Auth {
            mask: if self.used == 0 { login.mask } else { self.used },
            user: login.user.as_deref(),
            password: login.password.as_deref(),
            bearer: None,
        })?;
        if value.is_some() {
            self.used = login.mask & auth::BASIC;
        }
        Ok(value)
    }

    /// Takes in a 407: whether another request may succeed.
    pub(crate) fn challenged(&mut self, login: &ProxyLogin, head: &ResponseHead) -> bool {
        let names = refusal::schemes(head, "Proxy-Authenticate");
        let is_offered = |name: &str| names.iter().any(|offered| offered.eq_ignore_ascii_case(name));
        let offered = SCHEMES.iter().filter(|(_, name)| is_offered(name));
        self.offered = offered.clone().fold(0, |mask, (scheme, _)| mask | scheme);
        if self.used != 0 || login.is_empty() {
            return false;
        }
        let Some((scheme, _)) = offered.clone().find(|(scheme, _)| login.mask & scheme != 0) else {
            return false;
        };
        self.used = *scheme;
        true
    }
}
