//! What a client is to do, and what it measures: the counterpart of `job.c`.

use std::collections::HashMap;
use std::fmt::Write;
use std::str::FromStr;

use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;

use crate::{Failure, Result};

/// So many messages differ from each other.
const VARIETY: usize = 64;

#[derive(Clone)]
pub(crate) struct Job {
    pub(crate) work: String,
    pub(crate) path: String,
    /// `ring` for other cryptography than aws-lc
    pub(crate) api: Option<String>,
    /// the certificate to trust: then it is wss
    pub(crate) ca: Option<String>,
    pub(crate) port: u16,
    pub(crate) text: bool,
    pub(crate) compress: bool,
    pub(crate) size: usize,
    pub(crate) warm: u64,
    pub(crate) count: u64,
    pub(crate) connections: usize,
}

impl Job {
    pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Result<Job> {
        let mut named = HashMap::new();
        for argument in arguments {
            let (name, value) = argument.split_once('=').ok_or("not a name and a value")?;
            named.insert(name.to_owned(), value.to_owned());
        }
        let flag = |name| number::<u8>(&named, name, 0).map(|value| value != 0);
        Ok(Job {
            work: named.get("work").ok_or("work is missing")?.clone(),
            path: named.get("path").ok_or("path is missing")?.clone(),
            api: named.get("api").cloned(),
            ca: named.get("ca").cloned(),
            port: number(&named, "port", 0)?,
            text: flag("text")?,
            compress: flag("compress")?,
            size: number(&named, "size", 16)?,
            warm: number(&named, "warm", 1)?,
            count: number(&named, "count", 1)?,
            connections: number(&named, "connections", 1)?,
        })
    }

    /// Messages of the job's size and kind, all ASCII: one, or many that differ where they are compressed, since a
    /// compressor that remembers would make nothing of the same again.
    pub(crate) fn messages(&self) -> Vec<Vec<u8>> {
        if self.compress {
            json(VARIETY * self.size)
                .chunks(self.size)
                .map(<[u8]>::to_vec)
                .collect()
        } else {
            vec![(0..self.size).map(|at| b' ' + (at % 95) as u8).collect()]
        }
    }

    pub(crate) fn url(&self) -> String {
        let scheme = if self.ca.is_some() { "wss" } else { "ws" };
        format!("{scheme}://127.0.0.1:{}{}", self.port, self.path)
    }
}

fn number<T: FromStr>(named: &HashMap<String, String>, name: &str, otherwise: T) -> Result<T>
where
    T::Err: Into<Failure>,
    Failure: From<T::Err>,
{
    Ok(named.get(name).map_or(Ok(otherwise), |value| value.parse())?)
}

/// The JSON of `job.c`, byte for byte.
fn json(size: usize) -> Vec<u8> {
    let (mut text, mut number) = (String::new(), 1u32);
    while text.len() < size {
        number = number.wrapping_mul(1_103_515_245).wrapping_add(12345);
        let _ = write!(
            text,
            "{{\"id\":{},\"symbol\":\"AB{:02}\",\"price\":{}.{:02},\"bid\":{},\"ask\":{},\"open\":true}},",
            number >> 8,
            number >> 16 & 31,
            number >> 12 & 1023,
            number >> 20 & 63,
            number >> 9 & 4095,
            number >> 7 & 4095
        );
    }
    text.truncate(size);
    text.into_bytes()
}

/// What is printed.
#[derive(Serialize)]
pub(crate) struct Report {
    messages: u64,
    bytes: u64,
    wall: f64,
    cpu: f64,
    heap: f64,
    resident: f64,
    peak: usize,
}

#[derive(Clone, Copy, Default)]
struct Moment {
    wall: f64,
    cpu: f64,
}

/// What was noted on the way to a report.
#[derive(Default)]
pub(crate) struct Measure {
    begun: Moment,
    ended: Moment,
    heap: f64,
    resident: f64,
}

impl Measure {
    pub(crate) fn begin(&mut self) {
        self.begun = now();
    }

    pub(crate) fn end(&mut self) {
        self.ended = now();
    }

    /// Heap and resident memory at this moment, to be compared by [`Measure::report`].
    pub(crate) fn mark_memory(&mut self) {
        self.resident = status("VmRSS") as f64;
        self.heap = heap();
    }

    pub(crate) fn report(&self, job: &Job, connections: usize) -> Report {
        let (begun, ended) = (self.begun, self.ended);
        Report {
            messages: job.count,
            bytes: job.count * job.size as u64,
            wall: ended.wall - begun.wall,
            cpu: ended.cpu - begun.cpu,
            heap: (heap() - self.heap) / connections as f64,
            resident: (status("VmRSS") as f64 - self.resident) / connections as f64,
            peak: status("VmHWM"),
        }
    }
}

fn now() -> Moment {
    let seconds = |clock| {
        let time = clock_gettime(clock);
        time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
    };
    Moment {
        wall: seconds(ClockId::Monotonic),
        cpu: seconds(ClockId::ProcessCPUTime),
    }
}

/// What is allocated: Rust's allocator is `malloc`.
fn heap() -> f64 {
    // SAFETY: mallinfo2 has no preconditions.
    let info = unsafe { libc::mallinfo2() };
    (info.uordblks + info.hblkhd) as f64
}

/// A field of /proc/self/status, in bytes.
fn status(field: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    let kilobytes = line.and_then(|rest| rest.split_whitespace().next()?.parse::<usize>().ok());
    kilobytes.unwrap_or(0) * 1024
}
