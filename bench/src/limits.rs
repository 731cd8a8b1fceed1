//! What must hold, compared with what was found. No result is typed here: only the bounds are.

use crate::contender::{RAW, RAW_RING, RAW_TLS};
use crate::results::Results;

/// One limit, and what was found.
pub(crate) struct Limit {
    pub(crate) work: &'static str,
    pub(crate) what: String,
    pub(crate) bound: Bound,
    /// none where nothing was measured
    pub(crate) found: Option<f64>,
}

#[derive(Clone, Copy)]
pub(crate) enum Bound {
    AtMost(f64),
    AtLeast(f64),
    Below(f64),
    Above(f64),
}

impl Limit {
    pub(crate) fn is_met(&self) -> Option<bool> {
        self.found.map(|found| match self.bound {
            Bound::AtMost(bound) => found <= bound,
            Bound::AtLeast(bound) => found >= bound,
            Bound::Below(bound) => found < bound,
            Bound::Above(bound) => found > bound,
        })
    }
}

const WSCURL: &str = "wscurl";
const LIBCURL: &str = "libcurl";
const LARGE: [usize; 3] = [64 << 10, 1 << 20, 16 << 20];

pub(crate) fn compare(results: &Results) -> Vec<Limit> {
    let mut limits = Limits {
        results,
        work: "",
        list: Vec::new(),
    };
    sending(&mut limits);
    ping_pong(&mut limits);
    receiving(&mut limits);
    secure(&mut limits);
    connections(&mut limits);
    cost_to_users(&mut limits);
    limits.list
}

fn sending(limits: &mut Limits) {
    limits.work = "send 64 KiB and more, ws";
    for size in LARGE {
        let name = format!("ws/send/{size}");
        if size <= 1 << 20 {
            limits.instructions_per_byte(&name, size, Bound::AtMost(0.5));
        }
        limits.cpu_ratio(&name, RAW, Bound::AtMost(1.25));
    }
    let instructions = |who| limits.results.instructions("ws/send/65536", who);
    let ratio = ratio(instructions(LIBCURL), instructions(WSCURL));
    limits.add("instructions of libcurl, 64 KiB / wscurl", Bound::AtLeast(20.0), ratio);
    limits.work = "send 16 B, ws";
    limits.system_calls("ws/send/16", Bound::AtMost(1.0));
    limits.instructions("ws/send/16", Bound::AtMost(400.0));
}

fn ping_pong(limits: &mut Limits) {
    limits.work = "ping-pong 16 B, ws";
    limits.system_calls("ws/pingpong/16", Bound::AtMost(5.0));
    limits.instructions("ws/pingpong/16", Bound::AtMost(1200.0));
    limits.cpu_ratio("ws/pingpong/16", RAW, Bound::AtMost(1.15));
}

fn receiving(limits: &mut Limits) {
    limits.work = "receive stream of 16 B, ws";
    limits.instructions("ws/receive/16", Bound::AtMost(100.0));
    let streams = limits
        .results
        .timings
        .iter()
        .filter(|timing| timing.name == "ws/receive/16");
    let best = |ours: bool| {
        let group = streams.clone().filter(|timing| timing.contender != RAW);
        let speeds = group.filter(|timing| timing.contender.starts_with(WSCURL) == ours);
        speeds.map(|timing| timing.messages_per_second.median).reduce(f64::max)
    };
    limits.add(
        "messages/s / fastest other client",
        Bound::Above(1.0),
        ratio(best(true), best(false)),
    );
    limits.work = "receive 64 KiB and more, ws";
    for size in LARGE {
        let name = format!("ws/receive/{size}");
        if size <= 1 << 20 {
            limits.instructions_per_byte(&name, size, Bound::AtMost(0.1));
        }
        limits.cpu_ratio(&name, RAW, Bound::AtMost(1.05));
    }
}

fn secure(limits: &mut Limits) {
    limits.work = "wss, 64 KiB";
    for name in ["wss/send/65536", "wss/receive/65536"] {
        limits.cpu_ratio(name, RAW_TLS, Bound::AtMost(1.1));
        limits.cpu_ratio(name, RAW_RING, Bound::AtMost(1.1));
        limits.cpu_ratio(name, LIBCURL, Bound::Below(1.0));
    }
}

fn connections(limits: &mut Limits) {
    limits.work = "idle connection after traffic";
    for (scheme, bound) in [("ws", 4000.0), ("wss", 20_000.0)] {
        let idle = limits
            .results
            .timings
            .iter()
            .filter(|timing| timing.name.starts_with(&format!("{scheme}/idle/")));
        let heaps = idle.filter(|timing| timing.contender.starts_with(WSCURL));
        for (contender, heap) in heaps
            .map(|timing| (&timing.contender, timing.heap.median))
            .collect::<Vec<_>>()
        {
            limits.add(
                &format!("{scheme}: bytes of heap ({contender})"),
                Bound::Below(bound),
                Some(heap),
            );
        }
    }
    limits.work = "one event among 10,000 connections, ws";
    let names = ["wscurl", "wscurl, perform", "wscurl, socket events"];
    for contender in names {
        let cpu = |connections| limits.results.cpu(&format!("ws/hop/16/{connections}"), contender);
        let ratio = ratio(cpu(10_000), cpu(100));
        limits.add(&format!("CPU / among 100 ({contender})"), Bound::AtMost(1.5), ratio);
    }
    limits.work = "connect, upgrade, close";
    limits.cpu_ratio("ws/connect", RAW, Bound::AtMost(1.2));
}

fn cost_to_users(limits: &mut Limits) {
    limits.work = "cost to users";
    let size = limits
        .results
        .weight
        .as_ref()
        .map(|weight| weight.shared_library as f64 / 1e6);
    limits.add("shared library, stripped, MB", Bound::Below(2.5), size);
}

struct Limits<'a> {
    results: &'a Results,
    work: &'static str,
    list: Vec<Limit>,
}

impl Limits<'_> {
    fn add(&mut self, what: &str, bound: Bound, found: Option<f64>) {
        self.list.push(Limit {
            work: self.work,
            what: what.to_owned(),
            bound,
            found,
        });
    }

    fn instructions(&mut self, name: &str, bound: Bound) {
        let found = self.results.instructions(name, WSCURL);
        self.add("instructions a message", bound, found);
    }

    fn instructions_per_byte(&mut self, name: &str, size: usize, bound: Bound) {
        let found = self.results.instructions(name, WSCURL).map(|count| count / size as f64);
        self.add(&format!("{name}: instructions a byte"), bound, found);
    }

    fn system_calls(&mut self, name: &str, bound: Bound) {
        let found = self.results.count(name, WSCURL).and_then(|count| count.system_calls);
        // Of a call that comes once in many messages, say for random bytes, a share of less than a twentieth is left out.
        self.add(
            "system calls a message",
            bound,
            found.map(|calls| (calls * 10.0).round() / 10.0),
        );
    }

    fn cpu_ratio(&mut self, name: &str, other: &str, bound: Bound) {
        let found = ratio(self.results.cpu(name, WSCURL), self.results.cpu(name, other));
        self.add(&format!("{name}: CPU / {other}"), bound, found);
    }
}

fn ratio(above: Option<f64>, below: Option<f64>) -> Option<f64> {
    Some(above? / below?)
}
