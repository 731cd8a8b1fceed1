//! The deadlines of a transfer. `now` is always an argument, so that tests have a time of their own.

use std::time::Instant;

/// What a deadline is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timer {
    /// `CURLOPT_TIMEOUT_MS`
    Total,
    /// `CURLOPT_CONNECTTIMEOUT_MS`
    Connect,
}

const ALL: [Timer; 2] = [Timer::Total, Timer::Connect];

/// One deadline, or none, for each [`Timer`].
#[derive(Debug, Default)]
pub(super) struct Timers([Option<Instant>; ALL.len()]);

impl Timers {
    /// Sets or moves a deadline.
    pub(super) fn set(&mut self, timer: Timer, at: Instant) {
        self.0[timer as usize] = Some(at);
    }

    /// Takes a deadline back.
    pub(super) fn stop(&mut self, timer: Timer) {
        self.0[timer as usize] = None;
    }

    /// The deadline of `timer`.
    pub(super) fn get(&self, timer: Timer) -> Option<Instant> {
        self.0[timer as usize]
    }

    /// The nearest deadline.
    pub(super) fn nearest(&self) -> Option<Instant> {
        let [total, connect] = self.0;
        earlier(total, connect)
    }

    /// The first timer, in the order of [`Timer`], whose deadline has come.
    pub(super) fn due(&self, now: Instant) -> Option<Timer> {
        ALL.into_iter()
            .find(|&timer| self.get(timer).is_some_and(|at| at <= now))
    }
}

/// The earlier of two deadlines.
#[inline]
pub(super) fn earlier(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_timer_is_due_from_its_deadline_on_until_it_is_stopped() {
        let start = Instant::now();
        let second = Duration::from_secs(1);
        let mut timers = Timers::default();
        assert_eq!((timers.nearest(), timers.due(start)), (None, None));
        timers.set(Timer::Connect, start + second);
        timers.set(Timer::Total, start + 2 * second);
        assert_eq!(timers.nearest(), Some(start + second));
        assert_eq!(timers.due(start), None);
        assert_eq!(timers.due(start + second), Some(Timer::Connect));
        timers.stop(Timer::Connect);
        assert_eq!(timers.due(start + second), None);
        assert_eq!(timers.due(start + 3 * second), Some(Timer::Total));
    }
}
