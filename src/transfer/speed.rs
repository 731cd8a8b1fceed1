//! `CURLOPT_LOW_SPEED_LIMIT` and `CURLOPT_LOW_SPEED_TIME`: a transfer that stays too slow ends.

use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::types::codes::CURLcode;

/// How often the speed is looked at.
const INTERVAL: Duration = Duration::from_secs(1);

/// Whether a transfer is too slow; nothing if no speed is.
#[derive(Debug)]
pub(super) struct SpeedWatch(Option<Box<Watch>>);

/// Bytes counted, and how long there have been too few of them.
#[derive(Debug)]
struct Watch {
    /// fewer bytes a second than this
    limit: u64,
    /// for so long
    time: Duration,
    /// when to look again, `None` before the start
    due: Option<Instant>,
    looked: Option<Instant>,
    bytes_before: u64,
    slow_since: Option<Instant>,
}

impl SpeedWatch {
    /// Fewer bytes a second than this, for so long, are too slow.
    pub(super) fn new(limit: Option<(u64, Duration)>) -> SpeedWatch {
        let watch = limit.map(|(limit, time)| Watch {
            limit,
            time,
            due: None,
            looked: None,
            bytes_before: 0,
            slow_since: None,
        });
        SpeedWatch(watch.map(Box::new))
    }

    /// Begins to count, unless it has begun.
    pub(super) fn start(&mut self, now: Instant) {
        if let Some(watch) = &mut self.0
            && watch.due.is_none()
        {
            watch.looked = Some(now);
            watch.due = Some(now + INTERVAL);
        }
    }

    /// Nothing is too slow any more.
    pub(super) fn stop(&mut self) {
        self.0 = None;
    }

    /// A pause began or ended: slowness counts anew.
    pub(super) fn reset(&mut self, now: Instant) {
        if let Some(watch) = &mut self.0 {
            watch.slow_since = None;
            watch.looked = Some(now);
        }
    }

    /// When [`SpeedWatch::check`] is due.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.0.as_ref()?.due
    }

    /// Looks at the speed if that is due: `moved` bytes have been sent and received so far. A paused transfer isn't slow.
    pub(super) fn check(&mut self, moved: u64, paused: bool, now: Instant) -> Result<()> {
        match &mut self.0 {
            Some(watch) => watch.check(moved, paused, now),
            None => Ok(()),
        }
    }
}

impl Watch {
    fn check(&mut self, moved: u64, paused: bool, now: Instant) -> Result<()> {
        if self.due.is_none_or(|due| now < due) {
            return Ok(());
        }
        self.due = Some(now + INTERVAL);
        let before = std::mem::replace(&mut self.bytes_before, moved);
        let since = self.looked.replace(now).unwrap_or(now);
        let span = now.saturating_duration_since(since).as_millis().max(1);
        let speed = u128::from(moved.saturating_sub(before)) * 1000 / span;
        if paused || speed >= u128::from(self.limit) {
            self.slow_since = None;
            return Ok(());
        }
        let slow_since = *self.slow_since.get_or_insert(since);
        if now.saturating_duration_since(slow_since) < self.time {
            return Ok(());
        }
        Err(Error::new(
            CURLcode::CURLE_OPERATION_TIMEDOUT,
            format!(
                "Operation too slow. Less than {} bytes/sec transferred the last {} seconds",
                self.limit,
                self.time.as_secs()
            ),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Looks each second while `bytes` come and the transfer is `paused` or not: after how many seconds it is too slow.
    fn slow_after(bytes: &[(u64, bool)]) -> Option<usize> {
        let mut watch = SpeedWatch::new(Some((100, 3 * SECOND)));
        let mut now = Instant::now();
        let mut moved = 0;
        watch.start(now);
        for (second, (bytes, paused)) in bytes.iter().enumerate() {
            moved += bytes;
            now = watch.deadline().unwrap();
            if watch.check(moved, *paused, now).is_err() {
                return Some(second + 1);
            }
        }
        None
    }

    #[test]
    fn too_few_bytes_for_the_whole_time_are_too_slow() {
        assert_eq!(slow_after(&[(100, false); 9]), None);
        assert_eq!(slow_after(&[(99, false); 9]), Some(3));
        assert_eq!(
            slow_after(&[(0, false), (0, false), (100, false), (0, false), (0, false)]),
            None
        );
    }

    #[test]
    fn a_paused_transfer_is_not_slow() {
        assert_eq!(slow_after(&[(0, true); 9]), None);
        let resumed = [
            (0, true),
            (0, false),
            (0, false),
            (0, true),
            (0, false),
            (0, false),
            (0, false),
        ];
        assert_eq!(slow_after(&resumed), Some(7));
    }

    #[test]
    fn a_pause_that_ends_between_two_looks_starts_anew() {
        let mut watch = SpeedWatch::new(Some((100, 3 * SECOND)));
        let start = Instant::now();
        watch.start(start);
        assert!(watch.check(0, false, start + 2 * SECOND).is_ok());
        watch.reset(start + 2 * SECOND);
        assert!(watch.check(0, false, start + 4 * SECOND).is_ok());
        assert!(watch.check(0, false, start + 5 * SECOND).is_err());
    }

    #[test]
    fn without_a_limit_nothing_is_due() {
        let mut watch = SpeedWatch::new(None);
        watch.start(Instant::now());
        assert_eq!(watch.deadline(), None);
    }
}
