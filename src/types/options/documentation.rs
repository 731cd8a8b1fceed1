//! Keeps `docs/options.md` in step with the table. `UPDATE_DOCS=1 cargo test documentation` writes it anew.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

use super::{Group, Row, Support, TABLE};

const INTRODUCTION: &str = "\
# The options of `curl_easy_setopt`

Every option of libcurl 8.22, and what becomes of it. Those of `CURLOPT_WS_` with a number over 5000 are our own.

- *works*: it does what its man page says.
- *remembered*: it is accepted and has no effect, because it can't matter to a WebSocket.
- *refused*: it would change what is sent, what is trusted or where the connection goes, and that is missing. It gives
  `CURLE_NOT_BUILT_IN` and a text in the error buffer. Its neutral value (NULL, 0) is accepted.
- *guard*: it restricts the connection or decides where it goes. When a value was refused and the option was not set back
  to one that is accepted, the transfers of the handle fail with the same code and text. `curl_easy_reset` sets it back,
  `curl_easy_duphandle` copies the refusal.

A number that is no option gives `CURLE_UNKNOWN_OPTION`, and a value out of libcurl's range `CURLE_BAD_FUNCTION_ARGUMENT`.
A unit test writes this page from the code and fails when they differ.

## Proxies of the environment

Where neither `CURLOPT_PROXY` nor `CURLOPT_PRE_PROXY` is set, the first of these variables that is set names the proxy:

- for `ws`: `ws_proxy`, `WS_PROXY`, `http_proxy` (not `HTTP_PROXY`), `all_proxy`, `ALL_PROXY`
- for `wss`: `wss_proxy`, `WSS_PROXY`, `https_proxy`, `HTTPS_PROXY`, `all_proxy`, `ALL_PROXY`

None of them counts for a host in `no_proxy`, else `NO_PROXY`, or in their place in `CURLOPT_NOPROXY`, nor when
`CURLOPT_PROXY` or `CURLOPT_PRE_PROXY` is `\"\"`, nor for a Unix socket. An empty variable is none. Variables are read with
`secure_getenv`, so that a setuid program does not take them from its caller.

## Limits of size and speed

`CURLOPT_MAXFILESIZE` and `CURLOPT_MAXFILESIZE_LARGE` limit the bytes of payload that the write callback gets in a transfer. One more
ends it with `CURLE_FILESIZE_EXCEEDED`. (libcurl counts frame headers, too.)

`CURLOPT_MAX_RECV_SPEED_LARGE` limits what the write callback gets, `CURLOPT_MAX_SEND_SPEED_LARGE` what the read callback gives,
both in bytes of payload a second. A limit is an average: a second's worth of bytes can come at once, and nothing is saved up
beyond that. While the write callback gets nothing, nothing is received, and a PING is answered when what was sent before it has been delivered. As in
libcurl, `curl_ws_send`, `curl_ws_recv` and the other calls of the application on a connection are not limited.

## URLs

`CURLOPT_URL` and `CURLOPT_CURLU` are read alike, by libcurl's rules. A transfer needs the scheme `ws` or `wss`; with
`CURLOPT_CONNECT_ONLY` 1 also `http` and `https` will do, and the program then speaks with `curl_easy_send` and
`curl_easy_recv`. The URL API takes URLs of every scheme. It does better than libcurl in these:

- The zone of an IPv6 address is percent-decoded once, and encoded in the URL, so that a URL that was read can be read again.
- `curl_url_get` has an empty string where libcurl has `CURLUE_OK` and NULL: for empty parts with `CURLU_URLENCODE`.
- `curl_url_set` changes nothing when it fails. An empty text for `CURLU_APPENDQUERY` leaves the query.
- Spaces and control bytes that a URL handle holds in its query are encoded in the request, where they would end its first line.

## TLS

With an HTTPS proxy, and for an `https` URL, ALPN (RFC 7301) offers `http/1.1`, unless `CURLOPT_SSL_ENABLE_ALPN` is 0. For `wss`
none is offered, as in libcurl: servers that insist on a list of their own refuse `http/1.1`.

## All options

";

#[test]
#[cfg_attr(miri, ignore = "needs the file system")]
fn options_page_is_in_step() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/options.md");
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&file, page()).unwrap();
    }
    let written = fs::read_to_string(&file).unwrap();
    assert!(
        written == page(),
        "docs/options.md differs: run UPDATE_DOCS=1 cargo test documentation"
    );
}

fn page() -> String {
    let mut rows: Vec<&Row> = TABLE.iter().collect();
    rows.sort_by_key(|row| row.name);
    let lines: String = rows.into_iter().map(line).collect();
    format!("{INTRODUCTION}| option | |\n|---|---|\n{lines}")
}

fn line(row: &Row) -> String {
    let name = row.name.to_str().unwrap();
    let guard = if row.is_guard { "guard, " } else { "" };
    let mut line = format!("| `CURLOPT_{name}` | {guard}");
    match row.support {
        Support::Works(group) => write!(line, "**works** ({})", title(group)),
        Support::Remembered(why) => write!(line, "remembered: {why}"),
        Support::Refused(why) => write!(line, "*refused*: {why}"),
        Support::OldName => write!(line, "the same as `{:?}`", row.option),
    }
    .unwrap();
    line + " |\n"
}

fn title(group: Group) -> &'static str {
    match group {
        Group::Request => "request",
        Group::Connection => "connection",
        Group::Tls => "TLS",
        Group::Proxy => "proxy",
        Group::ProxyTls => "TLS with a proxy",
        Group::Callback => "callback",
        Group::Transfer => "transfer",
    }
}
