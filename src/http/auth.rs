//! The `Authorization` value of the first request: Basic (RFC 7617) and Bearer (RFC 6750).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::error::AuthError;

/// `CURLAUTH_BASIC`, also the mask of a handle on which `CURLOPT_HTTPAUTH` was never set.
pub(crate) const BASIC: u32 = 1;
/// `CURLAUTH_BEARER`.
pub(crate) const BEARER: u32 = 1 << 6;
/// `CURLAUTH_ONLY`: a modifier, no method of its own.
const ONLY: u32 = 1 << 31;

/// What the application said about itself and about how to say it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Auth<'a> {
    /// `CURLOPT_HTTPAUTH`, the low 32 bits.
    pub mask: u32,
    /// The user name, from the option or else the URL.
    pub user: Option<&'a [u8]>,
    /// The password, from the option or else the URL.
    pub password: Option<&'a [u8]>,
    /// `CURLOPT_XOAUTH2_BEARER`.
    pub bearer: Option<&'a [u8]>,
}

/// The whole value of the `Authorization` header that goes into the first request, if any does.
///
/// One method in the mask is used at once, when its credentials are there: a user name or password that is not empty,
/// or a token. With several methods libcurl sends no credentials until a 401 response tells which one the server wants,
/// so that a password is not given away needlessly; neither do we, and as 401 responses are not answered, the upgrade
/// fails then. An application that knows the server's method sets that bit alone.
///
/// # Errors
/// When there are credentials and the mask holds only methods other than Basic and Bearer.
pub(crate) fn authorization(auth: &Auth<'_>) -> Result<Option<Vec<u8>>, AuthError> {
    let user = auth.user.unwrap_or_default();
    let password = auth.password.unwrap_or_default();
    let bearer = auth.bearer.unwrap_or_default();
    let has_login = !user.is_empty() || !password.is_empty();
    let methods = auth.mask & !ONLY;
    if methods == 0 || (!has_login && bearer.is_empty()) {
        return Ok(None);
    }
    if methods & (BASIC | BEARER) == 0 {
        return Err(AuthError(methods));
    }
    Ok(match methods {
        BASIC if has_login => Some(basic(user, password)),
        BEARER if !bearer.is_empty() => Some([b"Bearer ", bearer].concat()),
        _ => None,
    })
}

fn basic(user: &[u8], password: &[u8]) -> Vec<u8> {
    let encoded = STANDARD.encode([user, b":", password].concat());
    format!("Basic {encoded}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: u32 = 2;
    const NTLM: u32 = 8;
    const ANY: u32 = !16;

    fn value(
        mask: u32,
        user: Option<&str>,
        password: Option<&str>,
        bearer: Option<&str>,
    ) -> Result<Option<String>, AuthError> {
        let value = authorization(&Auth {
            mask,
            user: user.map(str::as_bytes),
            password: password.map(str::as_bytes),
            bearer: bearer.map(str::as_bytes),
        })?;
        Ok(value.map(|value| String::from_utf8(value).unwrap()))
    }

    #[test]
    fn a_single_method_is_used_at_once() {
        let cases = [
            // RFC 7617 section 2
            (
                BASIC,
                Some("Aladdin"),
                Some("open sesame"),
                None,
                Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
            ),
            (BASIC | ONLY, Some("u"), None, None, Some("Basic dTo=")),
            (BASIC, None, Some("p"), None, Some("Basic OnA=")),
            (BASIC, Some(""), Some(""), None, None),
            (BASIC, None, None, Some("token"), None),
            (
                BEARER,
                None,
                None,
                Some("mF_9.B5f-4.1JqM"),
                Some("Bearer mF_9.B5f-4.1JqM"),
            ),
            (BEARER, Some("u"), Some("p"), None, None),
            (BEARER, None, None, Some(""), None),
            (0, Some("u"), Some("p"), Some("t"), None),
        ];
        for (mask, user, password, bearer, wanted) in cases {
            assert_eq!(
                value(mask, user, password, bearer).unwrap().as_deref(),
                wanted,
                "{mask:x} {user:?} {password:?} {bearer:?}"
            );
        }
    }

    #[test]
    fn several_methods_send_nothing_before_a_challenge() {
        for mask in [ANY, BASIC | DIGEST, BASIC | BEARER] {
            assert_eq!(value(mask, Some("u"), Some("p"), Some("t")).unwrap(), None, "{mask:x}");
        }
    }

    #[test]
    fn methods_that_are_missing_are_refused_only_when_there_is_something_to_send() {
        for mask in [DIGEST, NTLM, DIGEST | NTLM] {
            assert_eq!(value(mask, Some("u"), Some("p"), None), Err(AuthError(mask)));
            assert_eq!(value(mask, None, None, None).unwrap(), None);
        }
    }
}
