//! `--bench`: round trips.

use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use wscurl::types::codes::CURLcode;
use wscurl::types::structs::curl_infotype;
use wscurl::types::websocket::CURLWS_BINARY;

use crate::args::{Args, Rounds};
use crate::connect::connect;
use crate::easy::{Easy, Error, Observer};
use crate::signal::Interrupt;

/// Shows nothing.
struct Silent(Interrupt);

impl Observer for Silent {
    fn debug(&mut self, _: curl_infotype, _: &[u8]) {}

    fn header(&mut self, _: &[u8]) -> bool {
        true
    }

    fn is_interrupted(&self) -> bool {
        self.0.is_set()
    }
}

/// Makes the round trips on all connections, and describes them.
pub(crate) fn run(args: &Args, rounds: Rounds, interrupt: &Interrupt) -> Result<String, Error> {
    let measured: Result<Vec<_>, Error> = thread::scope(|scope| {
        let start = || scope.spawn(|| measure(args, rounds, interrupt));
        let threads: Vec<_> = (0..args.parallel.max(1)).map(|_| start()).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("a thread without panics"))
            .collect()
    });
    let measured = measured?;
    let slowest = measured.iter().map(|(all, _)| *all).max().unwrap_or_default();
    let mut times: Vec<Duration> = measured.into_iter().flat_map(|(_, times)| times).collect();
    times.sort_unstable();
    Ok(describe(&times, slowest, rounds.size))
}

/// The time for all round trips, and for each.
fn measure(args: &Args, rounds: Rounds, interrupt: &Interrupt) -> Result<(Duration, Vec<Duration>), Error> {
    let mut easy = connect(args, Box::new(Silent(interrupt.clone())), false, args.max_time)?;
    let message: Vec<u8> = (b'a'..=b'z').cycle().take(rounds.size).collect();
    let mut buffer = vec![0; rounds.size.clamp(1024, 1 << 20)];
    let mut times = Vec::with_capacity(rounds.count);
    let started = Instant::now();
    while times.len() < rounds.count && !interrupt.is_set() {
        let begun = Instant::now();
        round_trip(&mut easy, &message, &mut buffer)?;
        times.push(begun.elapsed());
    }
    let all = started.elapsed();
    let _ = easy.close(args.close.code, &args.close.reason);
    match times.is_empty() {
        true => Err(Error::new(CURLcode::CURLE_ABORTED_BY_CALLBACK)),
        false => Ok((all, times)),
    }
}

fn round_trip(easy: &mut Easy, message: &[u8], buffer: &mut [u8]) -> Result<(), Error> {
    let (mut sent, mut is_sent, mut received) = (0, false, 0);
    loop {
        if !is_sent {
            let step = easy.send(&message[sent..], CURLWS_BINARY)?;
            sent += step.count;
            is_sent = !step.is_blocked;
        }
        while let Some((count, frame)) = easy.receive(buffer)? {
            received += count;
            if frame.bytesleft == 0 && received >= message.len() {
                return Ok(());
            }
        }
        if let Some(socket) = easy.socket() {
            let mut events = PollFlags::IN;
            events.set(PollFlags::OUT, !is_sent);
            // After a signal the caller looks at what it was.
            let _ = poll(&mut [PollFd::from_borrowed_fd(socket, events)], None);
        }
    }
}

/// `times` are sorted.
fn describe(times: &[Duration], all: Duration, size: usize) -> String {
    let at = |part: f64| times[((times.len() - 1) as f64 * part).round() as usize].as_secs_f64() * 1e6;
    let rate = times.len() as f64 / all.as_secs_f64().max(f64::MIN_POSITIVE);
    format!(
        "{} round trips of {size} bytes: min {:.1} us, median {:.1} us, p99 {:.1} us, {rate:.0} messages/s",
        times.len(),
        at(0.0),
        at(0.5),
        at(0.99),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_has_the_quantiles() {
        let times: Vec<_> = (1..=101).map(Duration::from_micros).collect();
        let text = describe(&times, Duration::from_secs(1), 16);
        assert_eq!(
            text,
            "101 round trips of 16 bytes: min 1.0 us, median 51.0 us, p99 100.0 us, 101 messages/s"
        );
    }
}
