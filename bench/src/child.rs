//! The server and the clients, and on which core they run.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use rustix::process::{Pid, Resource, Signal, getrlimit, kill_process, setrlimit};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use serde::Deserialize;

use crate::case::Case;
use crate::contender::{Contender, sibling};
use crate::{Failure, Result};

/// A client that takes longer is ended.
const LIMIT: Duration = Duration::from_secs(120);

/// Microseconds that the server stays awake after an event, if it has a core of its own.
const PATIENCE: &str = "100";

/// Messages before it is measured, a tenth of those that are but not more than this.
const MOST_TO_WARM_UP: u64 = 10_000;

/// A running server, and what is needed to let clients run against it.
pub(crate) struct Bench {
    server: Child,
    ports: Ports,
    certificate: PathBuf,
    /// the server's core and the clients', unless there is only one
    cores: Option<(usize, usize)>,
}

#[derive(Deserialize)]
struct Ports {
    ws: u16,
    wss: u16,
}

/// One client's measurement.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct Sample {
    pub(crate) messages: f64,
    pub(crate) bytes: f64,
    pub(crate) wall: f64,
    pub(crate) cpu: f64,
    /// bytes of heap, resident and at the peak; the first two for each connection
    pub(crate) heap: f64,
    pub(crate) resident: f64,
    pub(crate) peak: f64,
}

/// How a case is run.
pub(crate) struct Run<'a> {
    pub(crate) case: &'a Case,
    /// messages before it is measured
    pub(crate) warm: u64,
    pub(crate) count: u64,
    /// microseconds that an echo takes longer
    pub(crate) echo_delay: u32,
    /// what runs the client, say strace
    pub(crate) wrapper: &'a [&'a OsStr],
    /// whether the client has its core
    pub(crate) pinned: bool,
}

impl Bench {
    /// Starts the server; `folder` is for its certificate.
    pub(crate) fn start(folder: &Path) -> Result<Bench> {
        allow_many_connections()?;
        let certificate = folder.join("certificate.pem");
        let cores = two_cores()?;
        let mut command = Command::new(sibling("bench-server"));
        command
            .arg(&certificate)
            .arg(if cores.is_some() { PATIENCE } else { "0" });
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut server = on_core(cores.map(|(server, _)| server), || Ok(command.spawn()?))?;
        let mut line = String::new();
        BufReader::new(server.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        let ports = serde_json::from_str(&line)?;
        Ok(Bench {
            server,
            ports,
            certificate,
            cores,
        })
    }

    pub(crate) fn is_pinned(&self) -> bool {
        self.cores.is_some()
    }

    /// Lets a client do a case, in a process of its own.
    pub(crate) fn measure(&self, contender: &Contender, case: &Case, count: u64) -> Result<Sample> {
        let run = Run {
            case,
            warm: (count / 10).clamp(1, MOST_TO_WARM_UP),
            count,
            echo_delay: 0,
            wrapper: &[],
            pinned: true,
        };
        let output = self.run(contender, &run)?;
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    pub(crate) fn run(&self, contender: &Contender, run: &Run) -> Result<Output> {
        let (program, arguments) = contender.command();
        let mut words = run.wrapper.iter().copied().chain([program.as_os_str()]);
        let mut command = Command::new(words.next().ok_or("nothing to run")?);
        command.args(words).args(arguments).args(self.arguments(run));
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let core = self.cores.filter(|_| run.pinned).map(|(_, client)| client);
        let child = on_core(core, || Ok(command.spawn()?))?;
        let output = output_in_time(child)?;
        if !output.status.success() {
            let why = String::from_utf8_lossy(&output.stderr);
            return Err(format!(
                "{}, {}: {}: {}",
                run.case.name(),
                contender.name,
                output.status,
                why.trim()
            )
            .into());
        }
        Ok(output)
    }

    fn arguments(&self, run: &Run) -> Vec<String> {
        let case = run.case;
        let mut arguments = vec![
            format!("work={}", case.work.argument()),
            format!("path={}", case.path(run.warm, run.count, run.echo_delay)),
            format!("port={}", if case.secure { self.ports.wss } else { self.ports.ws }),
            format!("size={}", case.size),
            format!("warm={}", run.warm),
            format!("count={}", run.count),
            format!("connections={}", case.connections),
        ];
        if case.secure {
            arguments.push(format!("ca={}", self.certificate.display()));
        }
        for (name, is_set) in [("text", case.text), ("compress", case.compress)] {
            if is_set {
                arguments.push(format!("{name}=1"));
            }
        }
        arguments
    }
}

impl Drop for Bench {
    /// The server ends with its standard input.
    fn drop(&mut self) {
        drop(self.server.stdin.take());
        let _ = self.server.wait();
    }
}

/// As many as the system lets this process and those that it starts have.
fn allow_many_connections() -> Result<()> {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    Ok(setrlimit(Resource::Nofile, limit)?)
}

fn two_cores() -> Result<Option<(usize, usize)>> {
    let set = sched_getaffinity(None)?;
    let mut cores = (0..CpuSet::MAX_CPU).filter(|core| set.is_set(*core));
    Ok(cores.next().zip(cores.next_back()))
}

/// What is started meanwhile inherits the core.
fn on_core<T>(core: Option<usize>, start: impl FnOnce() -> Result<T>) -> Result<T> {
    let Some(core) = core else { return start() };
    let before = sched_getaffinity(None)?;
    let mut one = CpuSet::new();
    one.set(core);
    sched_setaffinity(None, &one)?;
    let started = start();
    sched_setaffinity(None, &before)?;
    started
}

/// Waits without a look at the clock, which would disturb who is measured.
fn output_in_time(child: Child) -> Result<Output> {
    let pid = Pid::from_child(&child);
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(child.wait_with_output()));
    match receiver.recv_timeout(LIMIT) {
        Ok(output) => Ok(output?),
        Err(_) => {
            kill_process(pid, Signal::KILL)?;
            Err(Failure::from("a client took too long"))
        }
    }
}
