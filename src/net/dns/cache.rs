//! The answers of the system's resolver, kept for a while.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::net::dns::answer::{Answer, Name};

/// At most [`CAPACITY`] answers; the oldest is replaced.
#[derive(Debug, Default)]
pub(super) struct Cache {
    entries: HashMap<Name, Entry>,
}

#[derive(Debug)]
struct Entry {
    answer: Answer,
    born: Instant,
}

const CAPACITY: usize = 1000;

/// Negative answers are valid for half the time of positive ones, and never longer than this.
const MAX_NEGATIVE_TTL: Duration = Duration::from_secs(30);

impl Cache {
    /// The answer for `name`, if it is younger than `ttl` (`None`: of any age).
    pub(super) fn get(&mut self, name: &Name, ttl: Option<Duration>, now: Instant) -> Option<&Answer> {
        if self.entries.get(name)?.is_stale(ttl, now) {
            self.entries.remove(name);
        }
        Some(&self.entries.get(name)?.answer)
    }

    /// Stores an answer. Temporary failures are not stored.
    pub(super) fn put(&mut self, name: &Name, answer: &Answer, now: Instant) {
        if matches!(answer, Err(failure) if !failure.answered) {
            return;
        }
        if self.entries.len() >= CAPACITY && !self.entries.contains_key(name) {
            let oldest = self.entries.iter().min_by_key(|(_, entry)| entry.born);
            if let Some(oldest) = oldest.map(|(name, _)| name.clone()) {
                self.entries.remove(&oldest);
            }
        }
        let answer = answer.clone();
        self.entries.insert(name.clone(), Entry { answer, born: now });
    }

    /// Removes `host`, for all families.
    pub(super) fn forget(&mut self, host: &str) {
        self.entries.retain(|name, _| name.host != host);
    }
}

impl Entry {
    fn is_stale(&self, ttl: Option<Duration>, now: Instant) -> bool {
        let ttl = match &self.answer {
            Ok(_) => ttl,
            Err(_) => Some(ttl.map_or(MAX_NEGATIVE_TTL, |ttl| MAX_NEGATIVE_TTL.min(ttl / 2))),
        };
        ttl.is_some_and(|ttl| now.saturating_duration_since(self.born) >= ttl)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::dns::answer::{Failure, Family};

    const MINUTE: Option<Duration> = Some(Duration::from_secs(60));

    fn name(host: &str) -> Name {
        Name {
            host: host.to_owned(),
            family: Family::Any,
        }
    }

    fn negative(answered: bool) -> Answer {
        Err(Failure {
            reason: String::new(),
            answered,
        })
    }

    #[test]
    fn an_answer_is_valid_as_long_as_the_caller_allows() {
        let mut cache = Cache::default();
        let start = Instant::now();
        let yes = Ok(vec!["1.2.3.4:0".parse().unwrap()]);
        let cases = [
            (yes.clone(), MINUTE, 59, true),
            (yes.clone(), MINUTE, 60, false),
            (yes.clone(), None, 9_999_999, true),
            (yes, Some(Duration::ZERO), 0, false),
            (negative(true), MINUTE, 29, true),
            (negative(true), MINUTE, 30, false),
            (negative(true), None, 29, true),
            (negative(true), None, 30, false),
            (negative(false), None, 0, false),
        ];
        for (answer, ttl, age, known) in cases {
            cache.put(&name("host"), &answer, start);
            let found = cache.get(&name("host"), ttl, start + Duration::from_secs(age));
            assert_eq!(found, known.then_some(&answer), "{answer:?} {ttl:?} {age}");
            cache.forget("host");
        }
    }

    #[test]
    fn the_oldest_is_replaced() {
        let mut cache = Cache::default();
        let start = Instant::now();
        for number in 0..=CAPACITY as u64 {
            let born = start + Duration::from_secs(number);
            cache.put(&name(&number.to_string()), &Ok(vec![]), born);
        }
        assert_eq!(cache.entries.len(), CAPACITY);
        assert!(cache.get(&name("0"), None, start).is_none());
        assert!(cache.get(&name("1"), None, start).is_some());
    }
}
