//! Keeps the table of `docs/options.md` in step with the code. `UPDATE_DOCS=1 cargo test documentation` writes it anew.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

use super::{Group, Row, Support, TABLE};

/// The heading of the table, which is the end of the page. What is before it is written by hand.
const HEADING: &str = "## All options\n\n";

#[test]
#[cfg_attr(miri, ignore = "needs the file system")]
fn options_page_is_in_step() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/options.md");
    let written = fs::read_to_string(&file).unwrap();
    let start = written.find(HEADING).unwrap() + HEADING.len();
    let page = format!("{}{}", &written[..start], table());
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&file, page).unwrap();
        return;
    }
    assert!(
        written == page,
        "docs/options.md differs: run UPDATE_DOCS=1 cargo test documentation"
    );
}

fn table() -> String {
    let mut rows: Vec<&Row> = TABLE.iter().collect();
    rows.sort_by_key(|row| row.name);
    let lines: String = rows.into_iter().map(line).collect();
    format!("| option | |\n|---|---|\n{lines}")
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
