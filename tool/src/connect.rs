//! The command line as options of an easy handle.

use std::ffi::c_long;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use wscurl::types::codes::CURLcode;
use wscurl::types::http::{CURLAUTH_ANY, CURLAUTH_BASIC, CURLAUTH_BEARER, CURLAUTH_DIGEST};
use wscurl::types::info::CURLINFO;
use wscurl::types::option::CURLoption::{self, *};
use wscurl::types::tls::{
    CURL_SSLVERSION_MAX_TLSv1_2, CURL_SSLVERSION_MAX_TLSv1_3, CURL_SSLVERSION_TLSv1_2, CURL_SSLVERSION_TLSv1_3,
};
use wscurl::types::websocket::{CURLWS_COMPRESS, CURLWS_STRICT};

use crate::args::Args;
use crate::easy::{Easy, Error, Observer};
use crate::input::header_lines;

const CONNECT_ONLY_WEBSOCKET: c_long = 2;
const USE_NETRC_OPTIONAL: c_long = 1;
const USE_NETRC_REQUIRED: c_long = 2;
const RESOLVE_V4: c_long = 1;
const RESOLVE_V6: c_long = 2;

/// The offer of `--no-context-takeover`.
const NO_CONTEXT_TAKEOVER: &str =
    "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover";

/// Messages that are kept whole have at most this size if the user says nothing.
const KEPT_MESSAGE: c_long = 64 << 20;

/// A connected handle. `limit` is the time for it besides `--connect-timeout`.
pub(crate) fn connect(
    args: &Args,
    observer: Box<dyn Observer>,
    keeps_messages: bool,
    limit: Option<Duration>,
) -> Result<Easy, Error> {
    let mut easy = Easy::new(observer);
    set_options(&mut easy, args, keeps_messages)?;
    if let Some(limit) = args.connect_timeout.into_iter().chain(limit).min() {
        easy.set_long(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(limit).max(1))?;
    }
    easy.perform()?;
    check_subprotocol(&easy, args)?;
    Ok(easy)
}

fn set_options(easy: &mut Easy, args: &Args, keeps_messages: bool) -> Result<(), Error> {
    easy.set_text(CURLOPT_URL, args.url.as_bytes())?;
    easy.set_long(CURLOPT_CONNECT_ONLY, CONNECT_ONLY_WEBSOCKET)?;
    easy.set_long(CURLOPT_NOPROGRESS, 0)?;
    easy.set_long(CURLOPT_VERBOSE, (args.verbose > 0 || args.trace.is_some()).into())?;

    let compressed = args.compressed || args.no_context_takeover;
    let strict = if args.no_strict { 0 } else { CURLWS_STRICT };
    easy.set_long(
        CURLOPT_WS_OPTIONS,
        strict | if compressed { CURLWS_COMPRESS } else { 0 },
    )?;
    easy.set_long(CURLOPT_WS_PING_INTERVAL_MS, milliseconds(args.ping))?;
    if !args.ping.is_zero() {
        easy.set_long(CURLOPT_WS_PONG_TIMEOUT_MS, milliseconds(args.pong_timeout))?;
    }
    let limit = args.max_message_size.and_then(|size| size.try_into().ok());
    if let Some(limit) = limit.or(keeps_messages.then_some(KEPT_MESSAGE)) {
        easy.set_long(CURLOPT_WS_MAX_MESSAGE_SIZE, limit)?;
    }

    set_request(easy, args)?;
    set_way(easy, args)?;
    set_tls(easy, args)
}

fn set_request(easy: &mut Easy, args: &Args) -> Result<(), Error> {
    let mut headers = Vec::new();
    for header in &args.header {
        match header.strip_prefix('@') {
            Some(name) => headers.extend(header_lines(name).map_err(local)?),
            None => headers.push(header.clone()),
        }
    }
    headers.extend(args.origin.iter().map(|origin| format!("Origin: {origin}")));
    if !args.subprotocol.is_empty() {
        headers.push(format!("Sec-WebSocket-Protocol: {}", args.subprotocol.join(", ")));
    }
    if args.no_context_takeover {
        headers.push(NO_CONTEXT_TAKEOVER.to_owned());
    }
    easy.set_list(CURLOPT_HTTPHEADER, &headers)?;
    let agent = args.user_agent.clone();
    easy.set_text(
        CURLOPT_USERAGENT,
        agent.unwrap_or_else(|| format!("wscurl/{}", env!("CARGO_PKG_VERSION"))),
    )?;

    if let Some(user) = &args.user {
        easy.set_text(CURLOPT_USERPWD, user.as_bytes())?;
    }
    let schemes = match args {
        Args { digest: true, .. } => CURLAUTH_DIGEST,
        Args { anyauth: true, .. } => CURLAUTH_ANY,
        Args {
            oauth2_bearer: Some(_), ..
        } => CURLAUTH_BEARER,
        _ => CURLAUTH_BASIC,
    };
    if schemes != CURLAUTH_BASIC {
        easy.set_long(CURLOPT_HTTPAUTH, schemes.cast_signed())?;
    }
    if let Some(token) = &args.oauth2_bearer {
        easy.set_text(CURLOPT_XOAUTH2_BEARER, token.as_bytes())?;
    }
    if args.netrc || args.netrc_file.is_some() {
        let wanted = if args.user.is_some() {
            USE_NETRC_OPTIONAL
        } else {
            USE_NETRC_REQUIRED
        };
        easy.set_long(CURLOPT_NETRC, wanted)?;
        set_path(easy, CURLOPT_NETRC_FILE, args.netrc_file.as_deref())?;
    }
    match &args.cookie {
        // As curl: with a "=" it is data.
        Some(cookie) if cookie.contains('=') => easy.set_text(CURLOPT_COOKIE, cookie.as_bytes())?,
        Some(file) => easy.set_text(CURLOPT_COOKIEFILE, file.as_bytes())?,
        None => {}
    }
    set_path(easy, CURLOPT_COOKIEJAR, args.cookie_jar.as_deref())?;
    if args.location {
        easy.set_long(CURLOPT_FOLLOWLOCATION, 1)?;
        easy.set_long(CURLOPT_MAXREDIRS, args.max_redirs.unwrap_or(50).into())?;
    }
    Ok(())
}

/// How to get to the server.
fn set_way(easy: &mut Easy, args: &Args) -> Result<(), Error> {
    for (option, value) in [
        (CURLOPT_PROXY, &args.proxy),
        (CURLOPT_NOPROXY, &args.noproxy),
        (CURLOPT_PROXYUSERPWD, &args.proxy_user),
        (CURLOPT_INTERFACE, &args.interface),
    ] {
        if let Some(value) = value {
            easy.set_text(option, value.as_bytes())?;
        }
    }
    for (option, lines) in [(CURLOPT_RESOLVE, &args.resolve), (CURLOPT_CONNECT_TO, &args.connect_to)] {
        if !lines.is_empty() {
            easy.set_list(option, lines)?;
        }
    }
    if args.ipv4 || args.ipv6 {
        easy.set_long(CURLOPT_IPRESOLVE, if args.ipv4 { RESOLVE_V4 } else { RESOLVE_V6 })?;
    }
    set_path(easy, CURLOPT_UNIX_SOCKET_PATH, args.unix_socket.as_deref())?;
    Ok(())
}

fn set_tls(easy: &mut Easy, args: &Args) -> Result<(), Error> {
    if args.insecure {
        easy.set_long(CURLOPT_SSL_VERIFYPEER, 0)?;
        easy.set_long(CURLOPT_SSL_VERIFYHOST, 0)?;
    }
    for (option, path) in [
        (CURLOPT_CAINFO, &args.cacert),
        (CURLOPT_CAPATH, &args.capath),
        (CURLOPT_SSLCERT, &args.cert),
        (CURLOPT_SSLKEY, &args.key),
    ] {
        set_path(easy, option, path.as_deref())?;
    }
    for (option, text) in [
        (CURLOPT_KEYPASSWD, &args.pass),
        (CURLOPT_PINNEDPUBLICKEY, &args.pinnedpubkey),
    ] {
        if let Some(text) = text {
            easy.set_text(option, text.as_bytes())?;
        }
    }
    let lowest = match args {
        Args { tlsv1_3: true, .. } => CURL_SSLVERSION_TLSv1_3,
        _ => CURL_SSLVERSION_TLSv1_2,
    };
    let highest = match args.tls_max.as_deref() {
        Some("1.2") => CURL_SSLVERSION_MAX_TLSv1_2,
        _ => CURL_SSLVERSION_MAX_TLSv1_3,
    };
    easy.set_long(CURLOPT_SSLVERSION, lowest | highest)
}

fn set_path(easy: &mut Easy, option: CURLoption, path: Option<&Path>) -> Result<(), Error> {
    match path {
        Some(path) => easy.set_text(option, path.as_os_str().as_bytes()),
        None => Ok(()),
    }
}

fn check_subprotocol(easy: &Easy, args: &Args) -> Result<(), Error> {
    if args.subprotocol.is_empty() || easy.text(CURLINFO::CURLINFO_WS_PROTOCOL).is_some() {
        return Ok(());
    }
    Err(Error::with_message(
        CURLcode::CURLE_WEIRD_SERVER_REPLY,
        format!(
            "the server has selected no subprotocol of {}",
            args.subprotocol.join(", ")
        ),
    ))
}

fn local(message: String) -> Error {
    Error::with_message(CURLcode::CURLE_READ_ERROR, message)
}

fn milliseconds(time: Duration) -> c_long {
    time.as_millis().try_into().unwrap_or(c_long::MAX)
}
