//! Which tables there are.

use super::numbers::{number, or_dash, size};
use super::table::Table;
use crate::case::{SIZES, Work};
use crate::contender::{RAW, RAW_TLS};
use crate::limits::{Bound, Limit};
use crate::results::{Results, Timing};
use crate::stats::Summary;

/// All tables of results with their titles; those with nothing in them are left out.
pub(crate) fn all(results: &Results) -> Vec<(String, Table)> {
    let mut tables = Vec::new();
    for (secure, text) in [(false, false), (false, true), (true, false), (true, true)] {
        for (work, title) in [
            (Work::Send, "Send"),
            (Work::Receive, "Receive"),
            (Work::PingPong, "Ping-pong"),
        ] {
            let columns = stream_columns(results, work, secure, text);
            let kind = if text { "text" } else { "binary" };
            let title = format!("{title}, {}, {kind}", if secure { "wss" } else { "ws" });
            tables.push((
                format!("{title}: messages a second"),
                by_contender(results, &columns, &speed),
            ));
            tables.push((
                format!("{title}: CPU of a message, µs"),
                by_contender(results, &columns, &cpu),
            ));
            let limit = if secure { RAW_TLS } else { RAW };
            let ratios = |timing: &Timing| ratios(results, timing, limit);
            tables.push((
                format!("{title}: CPU × {limit}, × libcurl"),
                by_contender(results, &columns, &ratios),
            ));
        }
    }
    tables.push(("Instructions and system calls".to_owned(), counts(results)));
    tables.push(("Ping-pong of compressed JSON: CPU of a message, µs".to_owned(), {
        by_contender(results, &columns(results, |timing| timing.case.compress), &cpu)
    }));
    tables.push(("One event among many connections: CPU, µs".to_owned(), {
        by_contender(results, &hop_columns(results), &cpu)
    }));
    tables.push(("Connect, upgrade, close".to_owned(), connects(results)));
    tables.push(("Memory".to_owned(), memory(results)));
    tables.push(("Size of the shared library".to_owned(), weight(results)));
    tables.push(("Start of a program".to_owned(), starts(results)));
    tables.retain(|(_, table)| !table.is_empty());
    tables
}

pub(crate) fn limits(limits: &[Limit]) -> Table {
    let mut table = Table::new(["work", "limit", "bound", "found", "met"]);
    for limit in limits {
        let bound = match limit.bound {
            Bound::AtMost(bound) => format!("≤ {}", number(bound)),
            Bound::AtLeast(bound) => format!("≥ {}", number(bound)),
            Bound::Below(bound) => format!("< {}", number(bound)),
            Bound::Above(bound) => format!("> {}", number(bound)),
        };
        let met = limit
            .is_met()
            .map_or("not measured", |met| if met { "yes" } else { "**no**" });
        table.row([limit.work, &limit.what, &bound, &or_dash(limit.found), met]);
    }
    table
}

/// A column's title, and the name of its case.
type Column = (String, String);

fn stream_columns(results: &Results, work: Work, secure: bool, text: bool) -> Vec<Column> {
    let is_one = |timing: &Timing| {
        let case = &timing.case;
        (case.work, case.secure, case.text, case.compress) == (work, secure, text, false)
    };
    let mut found = columns(results, is_one);
    found.retain(|(title, _)| SIZES.iter().any(|known| *title == size(*known)));
    found
}

fn columns(results: &Results, is_one: impl Fn(&Timing) -> bool) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::new();
    for timing in results.timings.iter().filter(|timing| is_one(timing)) {
        let column = (size(timing.case.size), timing.name.clone());
        if !columns.contains(&column) {
            columns.push(column);
        }
    }
    columns
}

fn hop_columns(results: &Results) -> Vec<Column> {
    let hops = results.timings.iter().filter(|timing| timing.case.work == Work::Hop);
    let mut columns: Vec<Column> = hops
        .map(|timing| (format!("of {}", timing.case.connections), timing.name.clone()))
        .collect();
    columns.dedup();
    columns
}

/// Contenders down, cases across.
fn by_contender(results: &Results, columns: &[Column], cell: &dyn Fn(&Timing) -> String) -> Table {
    let (titles, names): (Vec<String>, Vec<String>) = columns.iter().cloned().unzip();
    let mut table = Table::new([String::new()].into_iter().chain(titles));
    for contender in results.contenders(&names) {
        let cells = names
            .iter()
            .map(|name| results.timing(name, contender).map_or("–".to_owned(), cell));
        table.row([contender.to_owned()].into_iter().chain(cells));
    }
    table
}

/// In millions where there are many.
fn speed(timing: &Timing) -> String {
    spread(&timing.messages_per_second)
}

fn cpu(timing: &Timing) -> String {
    spread(&timing.cpu_microseconds)
}

fn spread(summary: &Summary) -> String {
    format!(
        "{} ({}–{})",
        number(summary.median),
        number(summary.least),
        number(summary.most)
    )
}

fn ratios(results: &Results, timing: &Timing, limit: &str) -> String {
    let own = timing.cpu_microseconds.median;
    let to = |other| or_dash(results.cpu(&timing.name, other).map(|other| own / other));
    format!("{}, {}", to(limit), to("libcurl"))
}

fn counts(results: &Results) -> Table {
    let mut table = Table::new(["case", "contender", "instructions", "a byte", "system calls", "which"]);
    for count in &results.counts {
        let calls = count.by_call.iter().filter(|(_, number)| **number >= 0.05);
        let calls: Vec<String> = calls.map(|(name, each)| format!("{name} {}", number(*each))).collect();
        let per_byte = count
            .instructions
            .filter(|_| count.size >= 1024)
            .map(|all| all / count.size as f64);
        table.row([
            &count.name,
            &count.contender,
            &or_dash(count.instructions),
            &or_dash(per_byte),
            &or_dash(count.system_calls),
            &calls.join(", "),
        ]);
    }
    table
}

fn connects(results: &Results) -> Table {
    let mut table = Table::new([
        "",
        "ws: a second",
        "CPU, µs",
        "× raw sockets",
        "wss: a second",
        "CPU, µs",
        "× raw rustls",
    ]);
    let names = ["ws/connect".to_owned(), "wss/connect".to_owned()];
    for contender in results.contenders(&names) {
        let mut row = vec![contender.to_owned()];
        for (name, limit) in [("ws/connect", RAW), ("wss/connect", RAW_TLS)] {
            let timing = results.timing(name, contender);
            let own = results.cpu(name, contender);
            row.push(or_dash(timing.map(|timing| timing.messages_per_second.median)));
            row.push(or_dash(own));
            row.push(or_dash(
                own.zip(results.cpu(name, limit)).map(|(own, limit)| own / limit),
            ));
        }
        table.row(row);
    }
    table
}

fn memory(results: &Results) -> Table {
    let mut table = Table::new([
        "",
        "ws: heap of an idle connection, bytes",
        "resident",
        "wss: heap",
        "resident",
        "peak of a program that receives 64 KiB, KiB",
    ]);
    let idle = |secure: bool| {
        let mut all = results
            .timings
            .iter()
            .filter(|timing| timing.case.work == Work::Idle && timing.case.secure == secure);
        all.next().map(|timing| timing.name.clone()).unwrap_or_default()
    };
    let names = [idle(false), idle(true)];
    for contender in results.contenders(&names) {
        let mut row = vec![contender.to_owned()];
        for name in &names {
            let timing = results.timing(name, contender);
            row.push(or_dash(timing.map(|timing| timing.heap.median)));
            row.push(or_dash(timing.map(|timing| timing.resident.median)));
        }
        let peak = results.timing("ws/receive/65536", contender);
        row.push(or_dash(peak.map(|timing| timing.peak.median / 1024.0)));
        table.row(row);
    }
    table
}

fn weight(results: &Results) -> Table {
    let mut table = Table::new(["part", "bytes"]);
    if let Some(weight) = &results.weight {
        let mut groups: Vec<_> = weight.groups.iter().collect();
        groups.sort_by_key(|(_, size)| std::cmp::Reverse(**size));
        for (group, size) in groups {
            table.row([group.as_str(), &number(*size as f64)]);
        }
        table.row(["libwscurl.so.4, stripped", &number(weight.shared_library as f64)]);
    }
    table
}

fn starts(results: &Results) -> Table {
    let mut table = Table::new(["linked with", "start and end, ms"]);
    if let Some(weight) = &results.weight {
        for (what, taken) in &weight.start_milliseconds {
            table.row([what.as_str(), &spread(taken)]);
        }
        if let Some(seconds) = weight.build_seconds {
            table.row(["build of a clean checkout, s", &number(seconds)]);
        }
    }
    table
}
