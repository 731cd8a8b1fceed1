//! Times, in rounds: every contender has its turn in every round, so that whatever changes on the machine meets all alike.

use crate::Result;
use crate::case::{Case, Work};
use crate::child::{Bench, Sample};
use crate::contender::Contender;
use crate::results::Timing;

/// With so many connections each costs time to open: fewer rounds do.
const MANY: usize = 1000;
const ROUNDS_WITH_MANY: usize = 3;

/// Events of a contender that walks over many connections for each.
const FEW_EVENTS: u64 = 100;

pub(crate) fn all(bench: &Bench, cases: &[Case], contenders: &[Contender], rounds: usize) -> Result<Vec<Timing>> {
    let pairs: Vec<(&Case, &Contender)> = cases
        .iter()
        .flat_map(|case| {
            contenders
                .iter()
                .filter(|who| who.takes_part(case))
                .map(move |who| (case, who))
        })
        .collect();
    let mut samples: Vec<Vec<Sample>> = vec![Vec::new(); pairs.len()];
    for round in 0..rounds {
        let mut before = None;
        for ((case, contender), samples) in pairs.iter().zip(&mut samples) {
            if round >= ROUNDS_WITH_MANY && case.connections >= MANY {
                continue;
            }
            if before != Some(case) {
                eprintln!("round {} of {rounds}: {}", round + 1, case.name());
                before = Some(case);
            }
            match bench.measure(contender, case, events(case, contender)) {
                Ok(sample) => samples.push(sample),
                Err(why) => eprintln!("  {why}"),
            }
        }
    }
    let timings = pairs.iter().zip(samples);
    Ok(timings
        .filter_map(|((case, contender), samples)| Timing::new(case, contender, &samples))
        .collect())
}

fn events(case: &Case, contender: &Contender) -> u64 {
    if case.work == Work::Hop && case.connections > MANY && contender.walks_over_connections() {
        FEW_EVENTS
    } else {
        case.count
    }
}
