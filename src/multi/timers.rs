//! The deadlines of the members, and what the application's timer callback was last told.

use std::collections::BTreeSet;
use std::time::Instant;

/// When members have to run next, if no descriptor is ready before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NextRun {
    Never,
    Now,
    At(Instant),
}

/// Deadlines in order. A change takes time logarithmic in their number, and most open connections have none.
#[derive(Debug)]
pub(super) struct Timers {
    deadlines: BTreeSet<(Instant, u64)>,
    /// what the timer callback was last told; `None` when that time is over
    announced: Option<NextRun>,
}

impl Default for Timers {
    fn default() -> Timers {
        Timers {
            deadlines: BTreeSet::new(),
            announced: Some(NextRun::Never),
        }
    }
}

impl Timers {
    /// Moves a member's deadline.
    pub(super) fn change(&mut self, member: u64, old: Option<Instant>, new: Option<Instant>) {
        if let Some(old) = old {
            self.deadlines.remove(&(old, member));
        }
        if let Some(new) = new {
            self.deadlines.insert((new, member));
        }
    }

    /// The nearest deadline.
    pub(super) fn nearest(&self) -> NextRun {
        match self.deadlines.first() {
            Some((at, _)) => NextRun::At(*at),
            None => NextRun::Never,
        }
    }

    /// The members whose deadline is over. They stay until it is moved.
    pub(super) fn due(&self, now: Instant) -> impl Iterator<Item = u64> {
        self.deadlines
            .iter()
            .take_while(move |(at, _)| *at <= now)
            .map(|(_, member)| *member)
    }

    /// Whether the timer callback does not know of `next` yet. From now on it does.
    pub(super) fn announce(&mut self, next: NextRun) -> bool {
        self.announced.replace(next) != Some(next)
    }

    /// The application's timer has fired, so that the next time has to be announced even if it is the same.
    pub(super) fn expire(&mut self) {
        if self.announced != Some(NextRun::Never) {
            self.announced = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn deadlines_come_in_order_and_can_be_moved() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut timers = Timers::default();
        timers.change(1, None, Some(at(3)));
        timers.change(2, None, Some(at(1)));
        timers.change(3, None, Some(at(2)));
        assert_eq!(timers.nearest(), NextRun::At(at(1)));
        assert_eq!(timers.due(start + Duration::from_secs(2)).collect::<Vec<_>>(), [2, 3]);
        timers.change(2, Some(at(1)), Some(at(4)));
        timers.change(3, Some(at(2)), None);
        assert_eq!(timers.nearest(), NextRun::At(at(3)));
        timers.change(1, Some(at(3)), None);
        timers.change(2, Some(at(4)), None);
        assert_eq!(timers.nearest(), NextRun::Never);
    }

    #[test]
    fn a_time_is_announced_once_and_again_when_it_was_used_up() {
        let mut timers = Timers::default();
        assert!(!timers.announce(NextRun::Never));
        timers.expire();
        assert!(!timers.announce(NextRun::Never));
        assert!(timers.announce(NextRun::Now) && !timers.announce(NextRun::Now));
        timers.expire();
        assert!(timers.announce(NextRun::Now));
        timers.expire();
        assert!(timers.announce(NextRun::Never));
    }
}
