//! What is asked for, of whom, and with which credentials.

use std::ffi::CString;

use super::check::{not_built_in, within, wrong_type};
use super::protocols::{self, Schemes};
use super::rare::Defaults;
use super::value::Value;
use super::{Follow, Netrc, Options, RequestOptions};
use crate::error::Result;
use crate::ffi::slist::Slist;
use crate::http::auth::BUILT_IN;
use crate::io::fallible;
use crate::secret::Secret;
use crate::types::hsts::CURLHSTS_ENABLE;
use crate::types::http::*;
use crate::types::option::CURLoption::{self, *};

/// Redirects that are followed when the application sets no limit
const MAX_REDIRECTS: u32 = 30;

impl Defaults for RequestOptions {
    const DEFAULTS: &'static RequestOptions = &RequestOptions {
        url_handle: None,
        port: 0,
        default_protocol: None,
        allowed_schemes: Schemes::ALL,
        path_as_is: false,
        disallow_user: false,
        request_target: None,
        custom_request: None,
        no_body: false,
        user_agent: None,
        transfer_encoding: false,
        accept_encoding: None,
        referer: None,
        cookie: None,
        cookie_files: Vec::new(),
        cookie_jar: None,
        cookie_session: false,
        hsts_files: Vec::new(),
        hsts_control: 0,
        headers: Slist::NONE,
        follow: Follow::No,
        max_redirects: Some(MAX_REDIRECTS),
        auto_referer: false,
        redirect_targets: protocols::REDIRECT_DEFAULT,
        unrestricted_auth: false,
        netrc: Netrc::Ignored,
        netrc_file: None,
        http_auth: CURLAUTH_BASIC,
        username: None,
        password: None,
        bearer: None,
    };
}

impl Options {
    pub(super) fn set_request(&mut self, option: CURLoption, value: Value) -> Result<()> {
        match (option, value) {
            (CURLOPT_URL, Value::String(url)) => self.url = url,
            (CURLOPT_CURLU, Value::Url(handle)) => {
                // As in libcurl, the URL from before does not come back.
                self.url = None;
                self.request.url_handle = handle;
            }
            (option, value) => return self.request.set(option, value),
        }
        Ok(())
    }
}

impl RequestOptions {
    fn set(&mut self, option: CURLoption, value: Value) -> Result<()> {
        match value {
            Value::Number(number) => self.set_number(option, number),
            Value::String(string) => self.set_string(option, string),
            Value::Slist(list) if option == CURLOPT_HTTPHEADER => {
                self.headers = list;
                Ok(())
            }
            _ => Err(wrong_type(option)),
        }
    }

    fn set_number(&mut self, option: CURLoption, number: i64) -> Result<()> {
        match option {
            CURLOPT_PORT => self.port = within(option, number, 0..=0xffff)? as u16,
            CURLOPT_PROTOCOLS => self.allowed_schemes = protocols::from_mask(number),
            CURLOPT_PATH_AS_IS => self.path_as_is = number != 0,
            CURLOPT_DISALLOW_USERNAME_IN_URL => self.disallow_user = number != 0,
            CURLOPT_TRANSFER_ENCODING => self.transfer_encoding = number != 0,
            CURLOPT_COOKIESESSION => self.cookie_session = number != 0,
            CURLOPT_HSTS_CTRL => {
                self.hsts_control = number;
                if number & CURLHSTS_ENABLE == 0 {
                    self.hsts_files.clear();
                }
            }
            CURLOPT_FOLLOWLOCATION => self.follow = follow(option, number)?,
            // -1 is no limit
            CURLOPT_MAXREDIRS => self.max_redirects = within(option, number.min(0x7fff), -1..=0x7fff)?.try_into().ok(),
            CURLOPT_AUTOREFERER => self.auto_referer = number != 0,
            CURLOPT_REDIR_PROTOCOLS => self.redirect_targets = protocols::from_mask(number).as_targets(),
            CURLOPT_UNRESTRICTED_AUTH => self.unrestricted_auth = number != 0,
            CURLOPT_NETRC => self.netrc = netrc(option, number)?,
            CURLOPT_HTTPAUTH => self.http_auth = auth_schemes(option, number)?,
            _ => return Err(wrong_type(option)),
        }
        Ok(())
    }

    fn set_string(&mut self, option: CURLoption, string: Option<CString>) -> Result<()> {
        match option {
            CURLOPT_DEFAULT_PROTOCOL => self.default_protocol = string,
            CURLOPT_PROTOCOLS_STR => self.allowed_schemes = protocols::from_names(option, string.as_deref())?,
            CURLOPT_REDIR_PROTOCOLS_STR => {
                self.redirect_targets = match string {
                    None => protocols::REDIRECT_DEFAULT,
                    Some(list) => protocols::from_names(option, Some(&list))?.as_targets(),
                };
            }
            CURLOPT_NETRC_FILE => self.netrc_file = string,
            CURLOPT_REQUEST_TARGET => self.request_target = string,
            CURLOPT_CUSTOMREQUEST => self.custom_request = string,
            CURLOPT_USERAGENT => self.user_agent = string,
            CURLOPT_ACCEPT_ENCODING => self.accept_encoding = string.map(accept_encoding),
            CURLOPT_REFERER => self.referer = string,
            CURLOPT_COOKIE => self.cookie = string,
            CURLOPT_COOKIEFILE => add_file(&mut self.cookie_files, string)?,
            CURLOPT_COOKIEJAR => self.cookie_jar = string,
            // a command to the cookie engine, which is the handle's
            CURLOPT_COOKIELIST => {}
            CURLOPT_HSTS => add_file(&mut self.hsts_files, string)?,
            CURLOPT_USERPWD => (self.username, self.password) = split_login(string)?,
            CURLOPT_USERNAME => self.username = string,
            CURLOPT_PASSWORD => self.password = string.map(Secret::from),
            CURLOPT_XOAUTH2_BEARER => self.bearer = string.map(Secret::from),
            _ => return Err(wrong_type(option)),
        }
        Ok(())
    }
}

fn follow(option: CURLoption, number: i64) -> Result<Follow> {
    Ok(match within(option, number, 0..=CURLFOLLOW_FIRSTONLY)? {
        CURLFOLLOW_ALL => Follow::SameMethod,
        CURLFOLLOW_OBEYCODE => Follow::ObeyStatus,
        CURLFOLLOW_FIRSTONLY => Follow::FirstOnly,
        _ => Follow::No,
    })
}

fn netrc(option: CURLoption, number: i64) -> Result<Netrc> {
    Ok(match within(option, number, 0..=CURL_NETRC_REQUIRED)? {
        CURL_NETRC_OPTIONAL => Netrc::Optional,
        CURL_NETRC_REQUIRED => Netrc::Required,
        _ => Netrc::Ignored,
    })
}

/// The schemes of a mask that holds one that we can do. The others stay in it: a password is only sent before the server
/// has asked when its scheme is the only one, so to leave out a stronger one would give the password away.
pub(super) fn auth_schemes(option: CURLoption, number: i64) -> Result<u64> {
    if number == 0 {
        return Ok(CURLAUTH_NONE);
    }
    let mut mask = number as u64 & u64::from(u32::MAX);
    if mask & CURLAUTH_DIGEST_IE != 0 {
        mask = mask & !CURLAUTH_DIGEST_IE | CURLAUTH_DIGEST;
    }
    if mask & u64::from(BUILT_IN) == 0 {
        return Err(not_built_in(
            option,
            "Basic, Digest and Bearer are the only authentication schemes built in",
        ));
    }
    Ok(mask)
}

/// One more file to read, or none any more.
fn add_file(files: &mut Vec<CString>, file: Option<CString>) -> Result<()> {
    match file {
        Some(file) => {
            fallible::reserve(files, 1)?;
            files.push(file);
        }
        None => files.clear(),
    }
    Ok(())
}

/// `""` stands for all encodings, by the names that libcurl has for them with zlib.
fn accept_encoding(list: CString) -> CString {
    match list.is_empty() {
        true => c"deflate, gzip".to_owned(),
        false => list,
    }
}

/// `user:password`, as it is: nothing in it is decoded. Without a colon it is all user.
pub(super) fn split_login(login: Option<CString>) -> Result<(Option<CString>, Option<Secret>)> {
    let Some(login) = login else {
        return Ok((None, None));
    };
    let login = Secret::from(login);
    let (user, password) = match memchr::memchr(b':', &login) {
        Some(colon) => (&login[..colon], Some(&login[colon + 1..])),
        None => (&login[..], None),
    };
    let password = password.map(fallible::copy).transpose()?;
    Ok((Some(fallible::c_string(user)?), password.map(Secret::from)))
}

#[cfg(test)]
mod tests {
    use super::super::Options;
    use super::*;
    use crate::types::codes::CURLcode::*;

    #[test]
    fn null_strings_reset() {
        for option in [
            CURLOPT_URL,
            CURLOPT_USERAGENT,
            CURLOPT_COOKIE,
            CURLOPT_REFERER,
            CURLOPT_USERPWD,
        ] {
            let mut options = Options::default();
            options.set(option, Value::text("a:b")).unwrap();
            options.set(option, Value::String(None)).unwrap();
            let request = &options.request;
            let strings = [
                &options.url,
                &request.user_agent,
                &request.cookie,
                &request.referer,
                &request.username,
            ];
            assert!(strings.iter().all(|string| string.is_none()), "{option:?}");
        }
    }

    #[test]
    fn userpwd_is_split_at_the_first_colon_and_not_decoded() {
        for (login, user, password) in [
            ("me:secret", "me", Some("secret")),
            ("me", "me", None),
            ("me:", "me", Some("")),
            (":secret", "", Some("secret")),
            ("", "", None),
            ("a%3Ab:c:d;x", "a%3Ab", Some("c:d;x")),
        ] {
            let mut options = Options::default();
            options.set(CURLOPT_PASSWORD, Value::text("old")).unwrap();
            options.set(CURLOPT_USERPWD, Value::text(login)).unwrap();
            let request = &options.request;
            let as_text = |string: &Option<CString>| string.as_ref().map(|string| string.to_str().unwrap().to_owned());
            assert_eq!(as_text(&request.username).as_deref(), Some(user), "{login}");
            assert_eq!(request.password.as_deref(), password.map(str::as_bytes), "{login}");
        }
    }

    #[test]
    fn httpauth_needs_a_scheme_that_works() {
        for (mask, expected) in [
            (0, Ok(0)),
            (1, Ok(1)),
            (1 << 6, Ok(1 << 6)),
            (1 | 1 << 2 | 1 << 3, Ok(1 | 1 << 2 | 1 << 3)),
            (1 | 1 << 1, Ok(1 | 1 << 1)),
            (1 | 1 << 4, Ok(1 | 1 << 1)),
            (1 | 1 << 31, Ok(1 | 1 << 31)),
            (1 << 1, Ok(1 << 1)),
            (1 << 4, Ok(1 << 1)),
            (1 << 2, Err(CURLE_NOT_BUILT_IN)),
            (1 << 3, Err(CURLE_NOT_BUILT_IN)),
            (1 << 31, Err(CURLE_NOT_BUILT_IN)),
            (1 << 32, Err(CURLE_NOT_BUILT_IN)),
        ] {
            let mut options = Options::default();
            let result = options.set(CURLOPT_HTTPAUTH, Value::Number(mask));
            assert_eq!(
                result.map(|()| options.request.http_auth).map_err(|error| error.code()),
                expected,
                "{mask:#x}"
            );
        }
        // CURLAUTH_ANY and _ANYSAFE
        for mask in [0xFFFF_FFEF, 0xFFFF_FFEE] {
            assert_eq!(Options::default().set(CURLOPT_HTTPAUTH, Value::Number(mask)), Ok(()));
        }
    }
}
