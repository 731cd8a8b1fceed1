//! The rounds of a transfer: a redirect or a 401 may be followed by another request, which is made of the options and of what the
//! rounds before have taught.

use super::credentials;
use super::options::{ConnectOnly, Follow, Options, RequestOptions};
use super::store::KnownHosts;
use crate::error::{Error, Result};
use crate::http::auth::{Authenticator, Challenge, Credentials};
use crate::open::headers::Origins;
use crate::open::info::OpeningInfo;
use crate::random;
use crate::secret::Secret;
use crate::types::codes::CURLcode;
use crate::url::{self, Scheme, Url, UrlFlags};

/// The next request, as far as earlier rounds decide it.
pub(super) struct Rounds {
    url: Url,
    by_hsts: bool,
    /// the server that the application has named
    first: Origin,
    authenticator: Authenticator,
    /// how many redirects were followed
    redirects: u32,
    /// of `CURLOPT_AUTOREFERER`
    referer: Option<Vec<u8>>,
    /// `CURLOPT_CUSTOMREQUEST` is not for this request
    drops_method: bool,
    /// `CURLOPT_PORT` is not for this request
    drops_port: bool,
}

/// What a server is to those who trust it.
#[derive(PartialEq, Eq)]
struct Origin {
    scheme: Scheme,
    host: String,
    port: u16,
}

/// What matters of a response that is no upgrade.
pub(super) struct Response {
    status: u16,
    location: Option<Vec<u8>>,
    /// the values of `WWW-Authenticate`
    challenges: Vec<Vec<u8>>,
}

/// What follows such a response.
pub(super) enum Next {
    Refused,
    Redirect,
    Authorized,
}

impl Rounds {
    /// Before the first request.
    pub(super) fn new(options: &Options, is_known: KnownHosts<'_>) -> Result<Rounds> {
        let (url, by_hsts) = over_tls(read_url(options)?, is_known);
        let options = &options.request;
        check_scheme(&url, options)?;
        let first = Origin::new(&url, port(&url, options));
        Ok(Rounds {
            authenticator: authenticator(options, &url)?,
            url,
            by_hsts,
            first,
            redirects: 0,
            referer: None,
            drops_method: false,
            drops_port: false,
        })
    }

    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// The URL was one of ws, and its host is known by HSTS.
    pub(super) fn is_by_hsts(&self) -> bool {
        self.by_hsts
    }

    pub(super) fn port(&self, options: &RequestOptions) -> u16 {
        match self.drops_port {
            true => self.url.port_or_default(),
            false => port(&self.url, options),
        }
    }

    pub(super) fn redirects(&self) -> u32 {
        self.redirects
    }

    pub(super) fn authenticator(&self) -> &Authenticator {
        &self.authenticator
    }

    /// Whether credentials and cookies that the application has set may be sent.
    pub(super) fn is_trusted(&self, options: &RequestOptions) -> bool {
        options.unrestricted_auth || self.origin(options) == self.first
    }

    /// The custom method, if it is for this request.
    pub(super) fn custom_method(&self, options: &RequestOptions) -> Option<Vec<u8>> {
        let custom = options.custom_request.as_ref().filter(|_| !self.drops_method);
        custom.map(|method| method.as_bytes().to_vec())
    }

    pub(super) fn referer(&self, options: &RequestOptions) -> Option<Vec<u8>> {
        let own = || options.referer.as_ref().map(|text| text.as_bytes().to_vec());
        self.referer.clone().or_else(own)
    }

    /// The custom headers, without those that are only for the server that the application has named.
    pub(super) fn headers(&self, options: &RequestOptions) -> Vec<Vec<u8>> {
        let is_first = self.origin(options) == self.first;
        let mut lines = options.headers.lines();
        lines.retain(|line| {
            let is = |name: &str| is_header(line, name);
            let secret = is("Authorization") || is("Cookie");
            (!secret || self.is_trusted(options)) && (!is("Host") || is_first)
        });
        lines
    }

    /// The `Authorization` value of this request.
    pub(super) fn authorize(&mut self, method: &[u8], target: &[u8]) -> Result<Option<Secret>> {
        Ok(self.authenticator.authorize(method, target, random::bytes()?))
    }

    /// Takes in a response that is no upgrade.
    pub(super) fn follow(
        &mut self,
        options: &RequestOptions,
        response: &Response,
        is_known: KnownHosts<'_>,
    ) -> Result<Next> {
        match response {
            Response { status: 401, .. } => Ok(self.answer(response)),
            Response {
                status: 300..=399,
                location: Some(location),
                ..
            } if options.follow != Follow::No => self.redirect(options, response.status, location, is_known),
            _ => Ok(Next::Refused),
        }
    }

    fn answer(&mut self, response: &Response) -> Next {
        let challenges = response.challenges.iter();
        let challenges: Vec<Challenge<'_>> = challenges.flat_map(|value| Challenge::parse_list(value)).collect();
        match self.authenticator.challenged(&challenges) {
            true => Next::Authorized,
            false => Next::Refused,
        }
    }

    fn redirect(
        &mut self,
        options: &RequestOptions,
        status: u16,
        location: &[u8],
        is_known: KnownHosts<'_>,
    ) -> Result<Next> {
        if let Some(limit) = options.max_redirects
            && self.redirects >= limit
        {
            return Err(Error::new(
                CURLcode::CURLE_TOO_MANY_REDIRECTS,
                format!("Maximum ({limit}) redirects followed"),
            ));
        }
        let (url, by_hsts) = self.parse_target(options, location, is_known)?;
        let before = self.origin(options);
        if options.auto_referer {
            self.referer = Some(url::without_login(self.url.effective()));
        }
        self.redirects += 1;
        self.drops_port |= url::scheme_length(location).is_some();
        self.drops_method |= match options.follow {
            Follow::FirstOnly => true,
            Follow::ObeyStatus => status == 303,
            Follow::SameMethod | Follow::No => false,
        };
        (self.url, self.by_hsts) = (url, by_hsts);
        let login = credentials(options, &self.url, self.is_trusted(options))?;
        if self.origin(options) != before || !self.authenticator.is_with(&login) {
            self.authenticator = Authenticator::new(options.http_auth as u32, login)?;
        }
        Ok(Next::Redirect)
    }

    /// The URL of a redirect, with ws in place of http, if it may be followed.
    fn parse_target(&self, options: &RequestOptions, location: &[u8], is_known: KnownHosts<'_>) -> Result<(Url, bool)> {
        let flags = UrlFlags {
            path_as_is: options.path_as_is,
            disallow_user: options.disallow_user,
        };
        let target = as_websocket(&url::resolve(self.url.effective(), &encoded(location)));
        let url = Url::parse(&target, None, flags).map_err(|error| {
            let error = Error::from(error);
            Error::new(
                error.code(),
                format!("The redirect target URL could not be used: {}", error.message()),
            )
        })?;
        let (url, by_hsts) = over_tls(url, is_known);
        check_scheme(&url, options)?;
        let targets = options.redirect_targets;
        let allowed = match (self.url.scheme.is_secure(), url.scheme.is_secure()) {
            (true, false) => targets.downgrade,
            (false, false) => targets.ws,
            (_, true) => targets.wss,
        };
        if !allowed {
            return Err(Error::new(
                CURLcode::CURLE_UNSUPPORTED_PROTOCOL,
                format!(
                    "Protocol \"{}\" is not allowed in a redirect from \"{}\" (see CURLOPT_REDIR_PROTOCOLS_STR)",
                    url.scheme.name(),
                    self.url.scheme.name()
                ),
            ));
        }
        Ok((url, by_hsts))
    }

    /// Where a redirect that is not followed leads to (`CURLINFO_REDIRECT_URL`).
    pub(super) fn target(&self, response: &Response) -> Option<Vec<u8>> {
        let location = response
            .location
            .as_ref()
            .filter(|_| matches!(response.status, 300..=399))?;
        Some(url::resolve(self.url.effective(), &encoded(location)))
    }

    fn origin(&self, options: &RequestOptions) -> Origin {
        Origin::new(&self.url, self.port(options))
    }
}

impl Origin {
    fn new(url: &Url, port: u16) -> Origin {
        Origin {
            scheme: url.scheme,
            host: url.host.to_ascii_lowercase(),
            port,
        }
    }
}

impl Response {
    /// Of the last request.
    pub(super) fn new(info: &OpeningInfo) -> Response {
        let headers = &info.headers;
        let last = headers.last_request().unwrap_or_default();
        let values = |name: &[u8]| -> Vec<Vec<u8>> {
            let of_last = headers.select(last, Origins::of_response(info.response.status));
            let found = of_last
                .filter_map(|index| headers.get(index))
                .filter(|header| header.is(name));
            found.map(|header| header.value.to_bytes().to_vec()).collect()
        };
        Response {
            status: info.response.status,
            location: values(b"Location")
                .into_iter()
                .next()
                .filter(|location| !location.is_empty()),
            challenges: values(b"WWW-Authenticate"),
        }
    }
}

/// Where the transfer goes: a WebSocket, or with `CURLOPT_CONNECT_ONLY` 1 also a web server.
fn read_url(options: &Options) -> Result<Url> {
    let url = parse_url(options)?;
    if options.connect_only != ConnectOnly::Transport {
        url.check_websocket()?;
    }
    Ok(url)
}

/// TLS where the host is known by HSTS, and whether that is so.
fn over_tls(url: Url, is_known: KnownHosts<'_>) -> (Url, bool) {
    match !url.scheme.is_secure() && is_known(&url.host) {
        true => (url.with_tls(), true),
        false => (url, false),
    }
}

fn parse_url(options: &Options) -> Result<Url> {
    let request = &options.request;
    if let Some(handle) = &request.url_handle {
        return Ok(Url::from_parts(&handle.parts())?);
    }
    let Some(url) = &options.url else {
        return Err(Error::new(CURLcode::CURLE_URL_MALFORMAT, "No URL set"));
    };
    let default_scheme = request.default_protocol.as_ref().map(|scheme| scheme.as_bytes());
    let flags = UrlFlags {
        path_as_is: request.path_as_is,
        disallow_user: request.disallow_user,
    };
    Ok(Url::parse(url.as_bytes(), default_scheme, flags)?)
}

/// Whether `CURLOPT_PROTOCOLS(_STR)` allows the scheme.
fn check_scheme(url: &Url, options: &RequestOptions) -> Result<()> {
    if !options.allowed_schemes.allow(url.scheme) {
        return Err(Error::new(
            CURLcode::CURLE_UNSUPPORTED_PROTOCOL,
            format!(
                "Protocol \"{}\" is not allowed by CURLOPT_PROTOCOLS_STR",
                url.scheme.name()
            ),
        ));
    }
    Ok(())
}

/// For the server that the application has named.
fn authenticator(options: &RequestOptions, url: &Url) -> Result<Authenticator> {
    let credentials = credentials(options, url, true)?;
    Ok(Authenticator::new(options.http_auth as u32, credentials)?)
}

/// A custom `Authorization` header takes the place of all credentials.
fn credentials(options: &RequestOptions, url: &Url, trusted: bool) -> Result<Credentials> {
    let has_own = || {
        options
            .headers
            .lines()
            .iter()
            .any(|line| is_header(line, "Authorization"))
    };
    match trusted && has_own() {
        true => Ok(Credentials::default()),
        false => credentials::find(options, url, trusted),
    }
}

fn port(url: &Url, options: &RequestOptions) -> u16 {
    match options.port {
        0 => url.port_or_default(),
        port => port,
    }
}

/// Whether a custom header line is about the header `name`.
fn is_header(line: &[u8], name: &str) -> bool {
    let end = line
        .iter()
        .position(|byte| matches!(byte, b':' | b';'))
        .unwrap_or(line.len());
    line[..end].trim_ascii().eq_ignore_ascii_case(name.as_bytes())
}

/// Spaces and bytes over 0x7f encoded, which servers write into `Location`: a space of the query is a plus sign.
fn encoded(location: &[u8]) -> Vec<u8> {
    let query = memchr::memchr(b'?', location).unwrap_or(location.len());
    let mut encoded = Vec::with_capacity(location.len());
    for (at, &byte) in location.iter().enumerate() {
        match byte {
            b' ' if at > query => encoded.push(b'+'),
            b' ' | 0x80.. => encoded.extend_from_slice(format!("%{byte:02X}").as_bytes()),
            byte => encoded.push(byte),
        }
    }
    encoded
}

/// RFC 6455 has redirects lead from WebSocket to WebSocket, and many servers name them by the schemes of HTTP.
fn as_websocket(url: &[u8]) -> Vec<u8> {
    let Some(length) = url::scheme_length(url) else {
        return url.to_vec();
    };
    let (scheme, rest) = url.split_at(length);
    let mapped: &[u8] = match &scheme.to_ascii_lowercase()[..] {
        b"http" => b"ws",
        b"https" => b"wss",
        _ => scheme,
    };
    [mapped, rest].concat()
}
