//! The rounds of a transfer: a redirect or a 401 may be followed by another request, which is made of the options and of what the
//! rounds before have taught.

use std::time::Instant;

use super::credentials;
use super::handle::Easy;
use super::options::{Follow, RequestOptions};
use super::start::{check_scheme, parse_url};
use crate::error::{Error, Result};
use crate::ffi::c_string;
use crate::http::auth::{Authenticator, Challenge, Credentials};
use crate::open::headers::Origins;
use crate::open::info::OpeningInfo;
use crate::random;
use crate::types::codes::CURLcode;
use crate::url::{self, Scheme, Url, UrlFlags};

/// The next request, as far as earlier rounds decide it.
pub(super) struct Rounds {
    url: Url,
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
struct Response {
    status: u16,
    location: Option<Vec<u8>>,
    /// the values of `WWW-Authenticate`
    challenges: Vec<Vec<u8>>,
}

/// What follows such a response.
enum Next {
    Refused,
    Redirect,
    Authorized,
}

impl Easy {
    /// The answer to [`Question::NextRound`](crate::open::Question::NextRound).
    pub(super) fn next_round(&self, now: Instant) -> Result<()> {
        let Some(response) = self.with_transfer(|transfer| Response::new(&transfer.info(now).opening)) else {
            return Ok(());
        };
        let Some(mut rounds) = self.rounds().take() else {
            return Err(Error::new(
                CURLcode::CURLE_FAILED_INIT,
                "internal error: nothing is known of the transfer's rounds",
            ));
        };
        let next = rounds.follow(&self.options().borrow().request, &response);
        if !matches!(next, Ok(Next::Redirect | Next::Authorized)) {
            let target = rounds.target(&response);
            self.info().borrow_mut().redirect_url = target.map(|url| c_string(&url));
        }
        let result = next.and_then(|next| self.start_round(&next, &mut rounds, now));
        self.info().borrow_mut().describe_rounds(&rounds);
        self.set_rounds(rounds);
        result
    }

    fn start_round(&self, next: &Next, rounds: &mut Rounds, now: Instant) -> Result<()> {
        if let Next::Refused = next {
            self.with_transfer(|transfer| transfer.accept_refusal(now));
            return Ok(());
        }
        if let Next::Redirect = next {
            self.with_transfer(|transfer| transfer.redirected(now));
        }
        let plan = self.plan(rounds)?;
        self.info().borrow_mut().describe(&plan);
        self.with_transfer(|transfer| {
            transfer.trace(|| {
                let url = url::without_login(rounds.url.effective());
                format!("Issue another request to this URL: '{}'", String::from_utf8_lossy(&url))
            });
            transfer.next_round(plan, now);
        });
        self.trace_authentication(rounds);
        Ok(())
    }

    /// Tells which scheme the request is authorized with, if it is.
    pub(super) fn trace_authentication(&self, rounds: &Rounds) {
        if let Some((scheme, user)) = rounds.authenticator.description() {
            self.with_transfer(|transfer| {
                transfer.trace(|| {
                    let user = String::from_utf8_lossy(user);
                    format!("Server auth using {scheme} with user '{user}'")
                });
            });
        }
    }
}

impl Rounds {
    /// Before the first request.
    pub(super) fn new(options: &RequestOptions) -> Result<Rounds> {
        let url = parse_url(options)?;
        let first = Origin::new(&url, port(&url, options));
        Ok(Rounds {
            authenticator: authenticator(options, &url, true)?,
            url,
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
    pub(super) fn authorize(&mut self, method: &[u8], target: &[u8]) -> Result<Option<Vec<u8>>> {
        Ok(self.authenticator.authorize(method, target, random::bytes()?))
    }

    /// Takes in a response that is no upgrade.
    fn follow(&mut self, options: &RequestOptions, response: &Response) -> Result<Next> {
        match response {
            Response { status: 401, .. } => Ok(self.answer(response)),
            Response {
                status: 300..=399,
                location: Some(location),
                ..
            } if options.follow != Follow::No => self.redirect(options, response.status, location),
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

    fn redirect(&mut self, options: &RequestOptions, status: u16, location: &[u8]) -> Result<Next> {
        if let Some(limit) = options.max_redirects
            && self.redirects >= limit
        {
            return Err(Error::new(
                CURLcode::CURLE_TOO_MANY_REDIRECTS,
                format!("Maximum ({limit}) redirects followed"),
            ));
        }
        let url = self.parse_target(options, location)?;
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
        self.url = url;
        let login = credentials(options, &self.url, self.is_trusted(options))?;
        if self.origin(options) != before || !self.authenticator.is_with(&login) {
            self.authenticator = Authenticator::new(options.http_auth as u32, login)?;
        }
        Ok(Next::Redirect)
    }

    /// The URL of a redirect, with ws in place of http, if it may be followed.
    fn parse_target(&self, options: &RequestOptions, location: &[u8]) -> Result<Url> {
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
        check_scheme(&url, options)?;
        let targets = options.redirect_targets;
        let allowed = match (self.url.scheme, url.scheme) {
            (Scheme::Wss, Scheme::Ws) => targets.downgrade,
            (_, Scheme::Ws) => targets.ws,
            (_, Scheme::Wss) => targets.wss,
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
        Ok(url)
    }

    /// Where a redirect that is not followed leads to (`CURLINFO_REDIRECT_URL`).
    fn target(&self, response: &Response) -> Option<Vec<u8>> {
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
    fn new(info: &OpeningInfo) -> Response {
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

fn authenticator(options: &RequestOptions, url: &Url, trusted: bool) -> Result<Authenticator> {
    let credentials = credentials(options, url, trusted)?;
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

/// Spaces and bytes over 0x7f as escapes: servers write them into `Location`.
fn encoded(location: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::with_capacity(location.len());
    for &byte in location {
        match byte {
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
