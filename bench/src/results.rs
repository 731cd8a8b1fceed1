//! What was found: all of it, as it is in `docs/benchmark.json`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::case::Case;
use crate::child::{Bench, Sample};
use crate::contender::Contender;
use crate::stats::Summary;
use crate::weight::Weight;

/// Name of the file below the folder for documentation.
pub(crate) const FILE: &str = "benchmark.json";

#[derive(Serialize, Deserialize)]
pub(crate) struct Results {
    pub(crate) machine: Machine,
    pub(crate) rounds: usize,
    /// who could not take part, and why
    pub(crate) missing: Vec<String>,
    pub(crate) timings: Vec<Timing>,
    pub(crate) counts: Vec<Count>,
    pub(crate) weight: Option<Weight>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) kernel: String,
    /// clients and server each had a core
    pub(crate) pinned: bool,
}

/// What one contender took for one case.
#[derive(Serialize, Deserialize)]
pub(crate) struct Timing {
    pub(crate) name: String,
    pub(crate) case: Case,
    pub(crate) contender: String,
    /// of user and system time, for a message
    pub(crate) cpu_microseconds: Summary,
    pub(crate) messages_per_second: Summary,
    pub(crate) megabytes_per_second: Summary,
    /// bytes for each connection: of heap, and resident
    pub(crate) heap: Summary,
    pub(crate) resident: Summary,
    /// bytes that were resident at most
    pub(crate) peak: Summary,
}

impl Timing {
    pub(crate) fn new(case: &Case, contender: &Contender, samples: &[Sample]) -> Option<Timing> {
        let of = |value: fn(&Sample) -> f64| Summary::of(samples.iter().map(value));
        Some(Timing {
            name: case.name(),
            case: case.clone(),
            contender: contender.name.to_owned(),
            cpu_microseconds: of(|sample| sample.cpu / sample.messages * 1e6)?,
            messages_per_second: of(|sample| sample.messages / sample.wall)?,
            megabytes_per_second: of(|sample| sample.bytes / sample.wall / 1e6)?,
            heap: of(|sample| sample.heap)?,
            resident: of(|sample| sample.resident)?,
            peak: of(|sample| sample.peak)?,
        })
    }
}

/// What one contender did for a message of one case: differences of two runs, so that beginning and end do not count.
#[derive(Serialize, Deserialize)]
pub(crate) struct Count {
    pub(crate) name: String,
    pub(crate) size: usize,
    pub(crate) contender: String,
    pub(crate) instructions: Option<f64>,
    pub(crate) system_calls: Option<f64>,
    /// which they are
    pub(crate) by_call: BTreeMap<String, f64>,
}

impl Results {
    pub(crate) fn read(docs: &Path) -> Result<Results> {
        Ok(serde_json::from_slice(&std::fs::read(docs.join(FILE))?)?)
    }

    pub(crate) fn timing(&self, name: &str, contender: &str) -> Option<&Timing> {
        self.timings
            .iter()
            .find(|timing| timing.name == name && timing.contender == contender)
    }

    /// Microseconds of CPU for a message.
    pub(crate) fn cpu(&self, name: &str, contender: &str) -> Option<f64> {
        self.timing(name, contender)
            .map(|timing| timing.cpu_microseconds.median)
    }

    pub(crate) fn count(&self, name: &str, contender: &str) -> Option<&Count> {
        self.counts
            .iter()
            .find(|count| count.name == name && count.contender == contender)
    }

    pub(crate) fn instructions(&self, name: &str, contender: &str) -> Option<f64> {
        self.count(name, contender)?.instructions
    }

    /// Everyone who took part in a case, in order.
    pub(crate) fn contenders(&self, names: &[String]) -> Vec<&str> {
        let mut found: Vec<&str> = Vec::new();
        for timing in self.timings.iter().filter(|timing| names.contains(&timing.name)) {
            if !found.contains(&timing.contender.as_str()) {
                found.push(&timing.contender);
            }
        }
        found
    }
}

impl Machine {
    pub(crate) fn here(bench: &Bench) -> Machine {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let processors = read("/proc/cpuinfo");
        let model = processors
            .lines()
            .find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        Machine {
            processor: model.map_or("unknown", |(_, name)| name).to_owned(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            pinned: bench.is_pinned(),
        }
    }
}
