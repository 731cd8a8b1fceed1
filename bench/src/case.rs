//! In what they are compared.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Work {
    Send,
    Receive,
    PingPong,
    /// one echo after the other, each on another of many connections
    Hop,
    /// the same, to see what a connection keeps
    Idle,
    /// connect, upgrade, close
    Connect,
}

impl Work {
    /// As clients call it.
    pub(crate) fn argument(self) -> &'static str {
        match self {
            Work::Send => "send",
            Work::Receive => "receive",
            Work::PingPong => "pingpong",
            Work::Hop | Work::Idle => "hop",
            Work::Connect => "connect",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Work::Idle => "idle",
            other => other.argument(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Case {
    pub(crate) work: Work,
    pub(crate) secure: bool,
    pub(crate) text: bool,
    pub(crate) compress: bool,
    pub(crate) size: usize,
    pub(crate) connections: usize,
    /// messages that are measured
    pub(crate) count: u64,
}

pub(crate) const SIZES: [usize; 6] = [16, 125, 1 << 10, 64 << 10, 1 << 20, 16 << 20];
const QUICK_SIZES: [usize; 3] = [16, 1 << 10, 64 << 10];

/// What works with many connections exchange, and what is compressed.
const SMALL: usize = 16;
const CHAT: usize = 1 << 10;
const DOCUMENT: usize = 16 << 10;

impl Case {
    fn new(work: Work, secure: bool, size: usize, count: u64) -> Case {
        Case {
            work,
            secure,
            text: false,
            compress: false,
            size,
            connections: 1,
            count,
        }
    }

    /// A name that says all: `wss/send/text/65536`.
    pub(crate) fn name(&self) -> String {
        let scheme = if self.secure { "wss" } else { "ws" };
        let mut name = format!("{scheme}/{}", self.work.name());
        if self.compress {
            name += "/deflate";
        } else if self.text {
            name += "/text";
        }
        if self.work != Work::Connect {
            name += &format!("/{}", self.size);
        }
        if self.connections > 1 || self.work == Work::Hop {
            name += &format!("/{}", self.connections);
        }
        name
    }

    /// What the server is asked for. An echo comes so much later.
    pub(crate) fn path(&self, warm: u64, count: u64, echo_delay: u32) -> String {
        match self.work {
            Work::Send => format!("/sink/{warm}/{count}"),
            Work::Receive => format!(
                "/source/{warm}/{count}/{}/{}",
                self.size,
                if self.text { "t" } else { "b" }
            ),
            _ => format!("/echo/{echo_delay}"),
        }
    }
}

pub(crate) fn all(quick: bool) -> Vec<Case> {
    let sizes: &[usize] = if quick { &QUICK_SIZES } else { &SIZES };
    let mut cases = Vec::new();
    for (secure, text) in [(false, false), (false, true), (true, false), (true, true)] {
        for work in [Work::Send, Work::Receive, Work::PingPong] {
            for &size in sizes {
                if !(secure && text) || [1 << 10, 64 << 10].contains(&size) {
                    let count = messages(work, size) / if secure { 2 } else { 1 };
                    cases.push(Case {
                        text,
                        ..Case::new(work, secure, size, count.max(2))
                    });
                }
            }
        }
    }
    for size in [CHAT, DOCUMENT] {
        let count = 4_000_000 / size as u64;
        cases.push(Case {
            text: true,
            compress: true,
            ..Case::new(Work::PingPong, false, size, count)
        });
    }
    for connections in [1, 100, if quick { 1000 } else { 10_000 }] {
        cases.push(Case {
            connections,
            ..Case::new(Work::Hop, false, SMALL, 4_000)
        });
    }
    for secure in [false, true] {
        let connections = if quick { 200 } else { 1000 };
        cases.push(Case {
            connections,
            ..Case::new(Work::Idle, secure, CHAT, 100)
        });
        cases.push(Case::new(Work::Connect, secure, 0, if secure { 100 } else { 400 }));
    }
    cases
}

/// So many that a client is busy for about a tenth of a second.
fn messages(work: Work, size: usize) -> u64 {
    let (most, bytes) = match work {
        Work::Send => (100_000, 64 << 20),
        Work::Receive => (1_000_000, 256 << 20),
        _ => (5_000, 32 << 20),
    };
    let bytes = if size < 64 << 10 { bytes / 4 } else { bytes };
    (bytes / size as u64).clamp(3, most)
}
