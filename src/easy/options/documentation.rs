//! Keeps `docs/options.md` in step with the code. `UPDATE_DOCS=1 cargo test documentation` writes it anew.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

use super::support::{Support, Theme, support};
use crate::types::option::CURLoption::{self, *};

const INTRODUCTION: &str = "\
# The options of `curl_easy_setopt`

Every option of libcurl 8.22, and what becomes of it. The five of `CURLOPT_WS_` with a number over 5000 are our own.

- *works*: it does what its man page says.
- *remembered*: it is accepted and has no effect, because it can't matter to a WebSocket.
- *refused*: it would change what is sent, what is trusted or where the connection goes, and that is missing. It gives
  `CURLE_NOT_BUILT_IN` and a text in the error buffer. Its neutral value (NULL, 0) is accepted.

A number that is no option gives `CURLE_UNKNOWN_OPTION`, and a value out of libcurl's range `CURLE_BAD_FUNCTION_ARGUMENT`.
A unit test writes this page from the code and fails when they differ.

";

/// The old names that libcurl's table has besides.
const OLD_NAMES: [(&str, CURLoption); 15] = [
    ("CURLOPT_ENCODING", CURLOPT_ACCEPT_ENCODING),
    ("CURLOPT_FILE", CURLOPT_WRITEDATA),
    ("CURLOPT_FTPAPPEND", CURLOPT_APPEND),
    ("CURLOPT_FTPLISTONLY", CURLOPT_DIRLISTONLY),
    ("CURLOPT_FTP_RESPONSE_TIMEOUT", CURLOPT_SERVER_RESPONSE_TIMEOUT),
    ("CURLOPT_FTP_SSL", CURLOPT_USE_SSL),
    ("CURLOPT_INFILE", CURLOPT_READDATA),
    ("CURLOPT_KRB4LEVEL", CURLOPT_KRBLEVEL),
    ("CURLOPT_MAIL_RCPT_ALLLOWFAILS", CURLOPT_MAIL_RCPT_ALLOWFAILS),
    ("CURLOPT_POST301", CURLOPT_POSTREDIR),
    ("CURLOPT_PROGRESSDATA", CURLOPT_XFERINFODATA),
    ("CURLOPT_RTSPHEADER", CURLOPT_HTTPHEADER),
    ("CURLOPT_SSLCERTPASSWD", CURLOPT_KEYPASSWD),
    ("CURLOPT_SSLKEYPASSWD", CURLOPT_KEYPASSWD),
    ("CURLOPT_WRITEHEADER", CURLOPT_HEADERDATA),
];

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
    let known = (0..50_000).filter_map(CURLoption::from_repr);
    let mut rows: Vec<(String, String)> = known
        .filter_map(|option| Some((format!("{option:?}"), decision(option)?)))
        .chain(OLD_NAMES.map(|(name, option)| (name.to_owned(), format!("the same as `{option:?}`"))))
        .collect();
    rows.sort();

    let mut page = INTRODUCTION.to_owned();
    page.push_str("| option | |\n|---|---|\n");
    for (name, decision) in rows {
        writeln!(page, "| `{name}` | {decision} |").unwrap();
    }
    page
}

fn decision(option: CURLoption) -> Option<String> {
    match support(option) {
        Support::Works(theme) => Some(format!("**works** ({})", title(theme))),
        Support::Remembered(why) => Some(format!("remembered: {why}")),
        Support::Refused(why) => Some(format!("*refused*: {why}")),
        Support::NotAnOption => None,
    }
}

fn title(theme: Theme) -> &'static str {
    match theme {
        Theme::Request => "request",
        Theme::Connection => "connection",
        Theme::Tls => "TLS",
        Theme::Callback => "callback",
        Theme::Transfer => "transfer",
    }
}
