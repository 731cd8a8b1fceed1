//! Proxies: which, and what they are told.

use std::ffi::CString;

use percent_encoding::percent_decode;

use super::check::{bad_argument, not_built_in, within, wrong_type};
use super::rare::Defaults;
use super::request::{auth_schemes, split_login};
use super::value::Value;
use super::{ProxyKind, ProxyOptions};
use crate::error::{Error, Result};
use crate::ffi::slist::Slist;
use crate::io::fallible;
use crate::secret::Secret;
use crate::types::codes::CURLcode::CURLE_URL_MALFORMAT;
use crate::types::connection::*;
use crate::types::http::*;
use crate::types::option::CURLoption::{self, *};

impl Defaults for ProxyOptions {
    const DEFAULTS: &'static ProxyOptions = &ProxyOptions {
        url: None,
        pre_url: None,
        exempted: None,
        port: 0,
        kind: ProxyKind::Http,
        auth: CURLAUTH_BASIC,
        username: None,
        password: None,
        socks5_password: true,
        headers: Slist::NONE,
        separate_headers: true,
        suppress_connect_headers: false,
        haproxy: false,
        haproxy_client_ip: None,
    };
}

impl ProxyOptions {
    pub(super) fn set(&mut self, option: CURLoption, value: Value) -> Result<()> {
        match value {
            Value::Number(number) => self.set_number(option, number),
            Value::String(string) => self.set_string(option, string),
            Value::Slist(list) if option == CURLOPT_PROXYHEADER => {
                self.headers = list;
                Ok(())
            }
            _ => Err(wrong_type(option)),
        }
    }

    fn set_number(&mut self, option: CURLoption, number: i64) -> Result<()> {
        match option {
            CURLOPT_PROXYPORT => self.port = within(option, number, 0..=0xffff)? as u16,
            CURLOPT_PROXYTYPE => self.kind = kind(option, number)?,
            CURLOPT_PROXYAUTH => self.auth = auth_schemes(option, number)?,
            CURLOPT_SOCKS5_AUTH => self.socks5_password = socks5_password(option, number)?,
            CURLOPT_HEADEROPT => self.separate_headers = number & CURLHEADER_SEPARATE != 0,
            CURLOPT_SUPPRESS_CONNECT_HEADERS => self.suppress_connect_headers = number != 0,
            CURLOPT_HAPROXYPROTOCOL => self.haproxy = number != 0,
            _ => return Err(wrong_type(option)),
        }
        Ok(())
    }

    fn set_string(&mut self, option: CURLoption, string: Option<CString>) -> Result<()> {
        match option {
            CURLOPT_PROXY => self.url = string,
            CURLOPT_PRE_PROXY => self.pre_url = string,
            CURLOPT_NOPROXY => self.exempted = string,
            CURLOPT_PROXYUSERNAME => self.username = string,
            CURLOPT_PROXYPASSWORD => self.password = string.map(Secret::from),
            CURLOPT_PROXYUSERPWD => {
                let (user, password) = split_login(string)?;
                let user = user.map(|user| decoded(option, user.as_bytes())).transpose()?;
                let password = password.map(|password| decoded(option, &password)).transpose()?;
                self.username = user.map(|user| fallible::c_string(&user)).transpose()?;
                self.password = password;
            }
            // An address switches the header on, and none switches it off.
            CURLOPT_HAPROXY_CLIENT_IP => {
                if let Some(client) = &string {
                    check_client(option, client)?;
                }
                self.haproxy = string.is_some();
                self.haproxy_client_ip = string;
            }
            _ => return Err(wrong_type(option)),
        }
        Ok(())
    }
}

fn kind(option: CURLoption, number: i64) -> Result<ProxyKind> {
    Ok(match number {
        CURLPROXY_HTTP => ProxyKind::Http,
        CURLPROXY_HTTP_1_0 => ProxyKind::Http10,
        CURLPROXY_HTTPS => ProxyKind::Https,
        CURLPROXY_HTTPS2 | CURLPROXY_HTTPS3 => {
            return Err(not_built_in(option, "proxies are spoken to in HTTP/1.1"));
        }
        CURLPROXY_SOCKS4 => ProxyKind::Socks4,
        CURLPROXY_SOCKS4A => ProxyKind::Socks4a,
        CURLPROXY_SOCKS5 => ProxyKind::Socks5,
        CURLPROXY_SOCKS5_HOSTNAME => ProxyKind::Socks5h,
        _ => return Err(bad_argument(option, "unknown type of proxy")),
    })
}

/// GSS-API is not built in, and is not offered to the proxy where a password may be, as in a libcurl without it.
fn socks5_password(option: CURLoption, number: i64) -> Result<bool> {
    let mask = number as u64;
    if mask & !(CURLAUTH_BASIC | CURLAUTH_GSSAPI) != 0 || mask == CURLAUTH_GSSAPI {
        return Err(not_built_in(
            option,
            "user name and password (CURLAUTH_BASIC) is the only authentication with SOCKS proxies that is built in",
        ));
    }
    Ok(mask & CURLAUTH_BASIC != 0)
}

/// Percent-decoded, as only `CURLOPT_PROXYUSERPWD` is.
fn decoded(option: CURLoption, text: &[u8]) -> Result<Secret> {
    // At once with room for all: a Vec that grows leaves its old contents behind.
    let mut decoded = fallible::copy(text)?;
    decoded.clear();
    decoded.extend(percent_decode(text));
    match decoded.contains(&0) {
        true => Err(Error::new(CURLE_URL_MALFORMAT, format!("{option:?}: %00 in it"))),
        false => Ok(Secret::from(decoded)),
    }
}

/// It stands in a header line.
fn check_client(option: CURLoption, client: &CString) -> Result<()> {
    match client.as_bytes().iter().all(u8::is_ascii_graphic) {
        true => Ok(()),
        false => Err(bad_argument(option, "no IP address")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Options;
    use super::super::rare::Rare;
    use super::*;
    use crate::types::codes::CURLcode::*;

    fn set(option: CURLoption, number: i64) -> (Result<()>, Rare<ProxyOptions>) {
        let mut options = Options::default();
        let result = options.set(option, Value::Number(number));
        (result, options.proxy)
    }

    #[test]
    fn types_of_proxies() {
        for (number, expected) in [
            (0, Ok(ProxyKind::Http)),
            (1, Ok(ProxyKind::Http10)),
            (2, Ok(ProxyKind::Https)),
            (3, Err(CURLE_NOT_BUILT_IN)),
            (4, Ok(ProxyKind::Socks4)),
            (5, Ok(ProxyKind::Socks5)),
            (6, Ok(ProxyKind::Socks4a)),
            (7, Ok(ProxyKind::Socks5h)),
            (8, Err(CURLE_NOT_BUILT_IN)),
            (9, Err(CURLE_BAD_FUNCTION_ARGUMENT)),
            (-1, Err(CURLE_BAD_FUNCTION_ARGUMENT)),
        ] {
            let (result, proxy) = set(CURLOPT_PROXYTYPE, number);
            assert_eq!(
                result.map(|()| proxy.kind).map_err(|error| error.code()),
                expected,
                "{number}"
            );
        }
    }

    #[test]
    fn gssapi_alone_is_refused() {
        for (mask, expected) in [
            (0, Ok(false)),
            (1, Ok(true)),
            (4, Err(CURLE_NOT_BUILT_IN)),
            (5, Ok(true)),
            (2, Err(CURLE_NOT_BUILT_IN)),
            (-1, Err(CURLE_NOT_BUILT_IN)),
        ] {
            let (result, proxy) = set(CURLOPT_SOCKS5_AUTH, mask);
            let result = result.map(|()| proxy.socks5_password).map_err(|error| error.code());
            assert_eq!(result, expected, "{mask}");
        }
    }

    #[test]
    fn proxyuserpwd_is_split_and_then_decoded() {
        for (login, user, password) in [
            ("me:secret", "me", Some("secret")),
            ("m%3Ae:s%65cret:", "m:e", Some("secret:")),
            ("me", "me", None),
            ("100%:x", "100%", Some("x")),
        ] {
            let mut options = Options::default();
            options.set(CURLOPT_PROXYUSERPWD, Value::text(login)).unwrap();
            let text = |text: &Option<CString>| text.as_ref().map(|text| text.to_str().unwrap().to_owned());
            assert_eq!(text(&options.proxy.username).as_deref(), Some(user), "{login}");
            assert_eq!(
                options.proxy.password.as_deref(),
                password.map(str::as_bytes),
                "{login}"
            );
        }
        let mut options = Options::default();
        let result = options.set(CURLOPT_PROXYUSERPWD, Value::text("a%00b"));
        assert_eq!(result.unwrap_err().code(), CURLE_URL_MALFORMAT);
    }

    #[test]
    fn a_client_address_switches_the_header_on_and_off() {
        let mut options = Options::default();
        options
            .set(CURLOPT_HAPROXY_CLIENT_IP, Value::text("192.0.2.7"))
            .unwrap();
        assert!(options.proxy.haproxy);
        let broken = options.set(CURLOPT_HAPROXY_CLIENT_IP, Value::text("1\r\nX: y"));
        assert_eq!(broken.unwrap_err().code(), CURLE_BAD_FUNCTION_ARGUMENT);
        options.set(CURLOPT_HAPROXY_CLIENT_IP, Value::String(None)).unwrap();
        assert!(!options.proxy.haproxy);
    }

    #[test]
    fn tls_with_the_proxy_is_set_apart_and_its_errors_name_its_options() {
        let mut options = Options::default();
        options.set(CURLOPT_PROXY_SSL_VERIFYPEER, Value::Number(0)).unwrap();
        options.set(CURLOPT_PROXY_CAINFO, Value::text("ca.pem")).unwrap();
        assert!(options.tls.verify_peer && options.tls.ca_info.is_none());
        assert!(!options.proxy_tls.verify_peer && options.proxy_tls.ca_info.is_some());
        let error = options.set(CURLOPT_PROXY_SSLVERSION, Value::Number(99)).unwrap_err();
        assert!(error.message().starts_with("CURLOPT_PROXY_SSLVERSION:"), "{error}");
    }
}
