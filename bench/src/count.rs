//! Instructions and system calls, which no other load on the machine changes: each is counted in a short and in a longer run, and the
//! difference is what the messages cost that the longer one had more.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::sync::Mutex;

use crate::Result;
use crate::case::{Case, Work};
use crate::child::{Bench, Run};
use crate::contender::Contender;
use crate::results::Count;

/// An echo comes so late that a client has begun to wait, however much slower it is under strace or valgrind. Otherwise
/// the answer would be there at the first try to read, and nothing would be counted of what waiting takes.
const ECHO_DELAY: u32 = 1500;

/// Messages of the short and of the longer run.
struct Lengths {
    short: u64,
    long: u64,
}

pub(crate) fn all(bench: &Bench, cases: &[Case], contenders: &[Contender]) -> Result<Vec<Count>> {
    let tools = Tools::find();
    let pairs: Vec<(&Case, &Contender)> = cases
        .iter()
        .filter(|case| is_counted(case))
        .flat_map(|case| {
            contenders
                .iter()
                .filter(|who| who.takes_part(case))
                .map(move |who| (case, who))
        })
        .collect();
    let todo = Mutex::new(pairs.iter().enumerate());
    let counts = Mutex::new(Vec::new());
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let next = todo.lock().ok().and_then(|mut todo| todo.next());
                    let Some((at, (case, contender))) = next else { break };
                    let count = count(bench, case, contender, &tools);
                    if let Ok(mut counts) = counts.lock() {
                        counts.push((at, count));
                    }
                }
            });
        }
    });
    let mut counts = counts.into_inner().unwrap_or_default();
    counts.sort_by_key(|(at, _)| *at);
    Ok(counts.into_iter().map(|(_, count)| count).collect())
}

/// Text and other sizes tell nothing more.
fn is_counted(case: &Case) -> bool {
    let is_stream = matches!(case.work, Work::Send | Work::Receive | Work::PingPong);
    let sizes: &[usize] = match (case.secure, case.work) {
        (true, _) => &[64 << 10],
        (_, Work::PingPong) => &[16, 64 << 10],
        _ => &[16, 64 << 10, 1 << 20],
    };
    case.work == Work::Connect || is_stream && !case.text && sizes.contains(&case.size)
}

fn count(bench: &Bench, case: &Case, contender: &Contender, tools: &Tools) -> Count {
    eprintln!("counting: {}, {}", case.name(), contender.name);
    let lengths = lengths(case);
    let more = (lengths.long - lengths.short) as f64;
    let both = |counter: &dyn Fn(u64) -> Result<BTreeMap<String, f64>>| {
        let counted = counter(lengths.short).and_then(|short| Ok((short, counter(lengths.long)?)));
        counted.map_err(|why| eprintln!("  {why}")).ok()
    };
    let calls = tools
        .strace
        .then(|| both(&|count| system_calls(bench, case, contender, count)))
        .flatten();
    let by_call = calls.map(|(short, long)| difference(&short, &long, more));
    let instructions = tools
        .valgrind
        .then(|| both(&|count| instructions(bench, case, contender, count)))
        .flatten();
    Count {
        name: case.name(),
        size: case.size,
        contender: contender.name.to_owned(),
        instructions: instructions.map(|(short, long)| difference(&short, &long, more).values().sum()),
        system_calls: by_call.as_ref().map(|calls| calls.values().sum()),
        by_call: by_call.unwrap_or_default(),
    }
}

fn difference(short: &BTreeMap<String, f64>, long: &BTreeMap<String, f64>, messages: f64) -> BTreeMap<String, f64> {
    let each = long
        .iter()
        .map(|(name, count)| (name.clone(), (count - short.get(name).unwrap_or(&0.0)) / messages));
    each.filter(|(_, count)| *count != 0.0).collect()
}

fn lengths(case: &Case) -> Lengths {
    let (short, long) = match (case.work, case.size) {
        (Work::Connect, _) if case.secure => (2, 12),
        (Work::Connect, _) => (10, 60),
        (Work::PingPong, 0..=1024) => (20, 220),
        (Work::Receive, 0..=1024) => (10_000, 60_000),
        (_, 0..=1024) => (1_000, 5_000),
        (Work::Receive, 0..=65_536) if !case.secure => (16, 416),
        (_, 0..=65_536) => (4, 36),
        _ => (1, 3),
    };
    Lengths { short, long }
}

/// Which of the tools are installed.
struct Tools {
    strace: bool,
    valgrind: bool,
}

impl Tools {
    fn find() -> Tools {
        let has = |name: &str| {
            let path = std::env::var_os("PATH").unwrap_or_default();
            let found = std::env::split_paths(&path).any(|folder| folder.join(name).exists());
            if !found {
                eprintln!("{name} is not installed: what it counts is left out");
            }
            found
        };
        Tools {
            strace: has("strace"),
            valgrind: has("valgrind"),
        }
    }
}

fn instructions(bench: &Bench, case: &Case, contender: &Contender, count: u64) -> Result<BTreeMap<String, f64>> {
    let wrapper = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"];
    let said = watched(bench, case, contender, count, &wrapper.map(OsStr::new))?;
    let collected = said.lines().find_map(|line| line.split_once("Collected :"));
    let (_, number) = collected.ok_or("callgrind has collected nothing")?;
    Ok(BTreeMap::from([(String::new(), number.trim().parse()?)]))
}

/// strace's summary: a line for each kind of call, its number in the fourth column and its name in the last.
fn system_calls(bench: &Bench, case: &Case, contender: &Contender, count: u64) -> Result<BTreeMap<String, f64>> {
    let wrapper = ["strace", "-c", "-f"].map(OsStr::new);
    let said = watched(bench, case, contender, count, &wrapper)?;
    let lines = said.lines().filter_map(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let (number, name) = (columns.get(3)?.parse().ok()?, columns.last()?);
        (columns.len() >= 5 && *name != "total").then(|| ((*name).to_owned(), number))
    });
    Ok(lines.collect())
}

/// What `wrapper` says of a run under it.
fn watched(bench: &Bench, case: &Case, contender: &Contender, count: u64, wrapper: &[&OsStr]) -> Result<String> {
    let run = Run {
        case,
        warm: 2,
        count,
        echo_delay: ECHO_DELAY,
        wrapper,
        pinned: false,
    };
    let output = bench.run(contender, &run)?;
    Ok(String::from_utf8_lossy(&output.stderr).into_owned())
}
