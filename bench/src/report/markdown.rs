//! `docs/benchmark.md`, and the README's part.

use super::numbers::{number, or_dash};
use super::plots::Plot;
use super::table::Table;
use super::tables;
use crate::contender::{RAW, RAW_TLS, is_compared_with};
use crate::limits::Limit;
use crate::results::Results;

/// What is measured and how, which no run changes.
const METHOD: &str = include_str!("method.md");

pub(super) fn page(results: &Results, limits: &[Limit], plots: &[Plot]) -> String {
    let mut page = format!("# Benchmark\n\n{}\n\n{METHOD}\n", machine(results));
    for plot in plots {
        page += &format!("![{}]({})\n\n", plot.title, plot.file);
    }
    page += &format!("## Limits\n\n{}\n", tables::limits(limits).markdown());
    for (title, table) in tables::all(results) {
        page += &format!("## {title}\n\n{}\n", table.markdown());
    }
    page
}

fn machine(results: &Results) -> String {
    let machine = &results.machine;
    let pinned = if machine.pinned {
        "a core for the server and one for the client"
    } else {
        "one core for all"
    };
    let mut text = format!(
        "Made by `make bench`; no number here was typed. {}, {} cores, Linux {}, {pinned}. {} rounds.",
        machine.processor, machine.cores, machine.kernel, results.rounds
    );
    for missing in &results.missing {
        text += &format!(" Not here: {missing}.");
    }
    text
}

/// What a reader of the README wants to know.
pub(super) fn readme(results: &Results) -> String {
    let works = [
        ("send 16 B", "ws/send/16"),
        ("send 64 KiB", "ws/send/65536"),
        ("receive a stream of 16 B", "ws/receive/16"),
        ("receive 64 KiB", "ws/receive/65536"),
        ("ping-pong of 16 B", "ws/pingpong/16"),
        ("send 64 KiB, wss", "wss/send/65536"),
        ("receive 64 KiB, wss", "wss/receive/65536"),
        ("connect, upgrade, close", "ws/connect"),
    ];
    let mut table = Table::new([
        "CPU of a message, µs",
        "wscurl",
        "libcurl 8.22",
        "best other client",
        "no library",
    ]);
    for (title, name) in works {
        let cpu = |contender| or_dash(results.cpu(name, contender));
        table.row([
            title,
            &cpu("wscurl"),
            &cpu("libcurl"),
            &best_other(results, name),
            &cpu(if name.starts_with("wss") { RAW_TLS } else { RAW }),
        ]);
    }
    format!(
        "{}\n![{}](docs/{})\n",
        table.markdown(),
        super::plots::SHORT_TITLE,
        super::plots::SHORT_FILE
    )
}

fn best_other(results: &Results, name: &str) -> String {
    let others = results
        .timings
        .iter()
        .filter(|timing| timing.name == name && !is_compared_with(&timing.contender));
    let best = others.min_by(|one, other| one.cpu_microseconds.median.total_cmp(&other.cpu_microseconds.median));
    best.map_or("–".to_owned(), |best| {
        format!("{} ({})", number(best.cpu_microseconds.median), best.contender)
    })
}
