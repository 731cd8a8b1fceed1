//! wscurl beside libcurl, other WebSocket clients and raw sockets.
//!
//! `make bench` builds what is compared and runs this driver. It starts one server, and for every measurement a client of its
//! own; prints tables; and writes `docs/benchmark.md`, `docs/benchmark.json`, the plots, and the short table of the README.
//!
//! | module | what |
//! |---|---|
//! | [`contender`], [`case`] | who is compared, and in what |
//! | [`child`] | the server, the clients, and on which core they run |
//! | [`measure`], [`count`] | times in interleaved rounds; instructions and system calls as the difference of two runs |
//! | [`weight`] | size, start-up and build time of the library |
//! | [`results`], [`stats`] | what was found |
//! | [`limits`] | what must hold, compared with what was found |
//! | [`report`] | tables, plots, files |

mod case;
mod child;
mod contender;
mod count;
mod limits;
mod measure;
mod report;
mod results;
mod stats;
mod weight;

use std::path::PathBuf;

use clap::Parser;

use child::Bench;
use results::Results;

type Failure = Box<dyn std::error::Error + Send + Sync>;
type Result<T> = std::result::Result<T, Failure>;

/// What runs, and where things are.
#[derive(Parser)]
#[command(about = "wscurl beside libcurl, other WebSocket clients and raw sockets")]
struct Options {
    /// Fewer sizes and connections, two rounds, less is counted: some minutes, for a first look
    #[arg(long)]
    quick: bool,
    /// Only cases whose name contains this, for example `ws/send` or `pingpong/16`
    #[arg(long, value_name = "PATTERN")]
    only: Option<String>,
    /// Only this contender, and those that it is compared with; can be repeated
    #[arg(long, value_name = "NAME")]
    contender: Vec<String>,
    /// How often everything is measured
    #[arg(long, value_name = "N")]
    rounds: Option<usize>,
    /// Measures how long a build of a clean checkout takes, too
    #[arg(long)]
    build_time: bool,
    /// Only prints: no file is written
    #[arg(long)]
    dry: bool,
    /// Makes the files again from docs/benchmark.json: nothing is measured
    #[arg(long)]
    report: bool,
    /// Folder of the clients in C
    #[arg(long, default_value = "build/bench")]
    clients: PathBuf,
    /// Folder of the library
    #[arg(long, default_value = "build")]
    library: PathBuf,
    /// Folder for documentation
    #[arg(long, default_value = "docs")]
    docs: PathBuf,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let results = if options.report {
        Results::read(&options.docs)?
    } else {
        run(&options)?
    };
    let limits = limits::compare(&results);
    println!("{}", report::text(&results, &limits));
    if !options.dry {
        report::write(&options.docs, &results, &limits)?;
    }
    Ok(())
}

fn run(options: &Options) -> Result<Results> {
    let bench = Bench::start(&options.clients)?;
    let mut contenders = contender::all(&options.clients, &options.contender);
    let cases: Vec<_> = case::all(options.quick)
        .into_iter()
        .filter(|case| {
            options
                .only
                .as_ref()
                .is_none_or(|only| case.name().contains(only.as_str()))
        })
        .collect();
    let rounds = options.rounds.unwrap_or(if options.quick { 2 } else { 5 });
    let timings = measure::all(&bench, &cases, &contenders.present, rounds)?;
    if options.quick {
        contenders
            .present
            .retain(|contender| contender::is_compared_with(contender.name));
    }
    let counts = count::all(&bench, &cases, &contenders.present)?;
    let everything = options.only.is_none() && options.contender.is_empty();
    let weight = everything.then(|| weight::weigh(options)).transpose()?;
    Ok(Results {
        machine: results::Machine::here(&bench),
        rounds,
        missing: contenders.missing,
        timings,
        counts,
        weight,
    })
}
