//! When which member must have its turn, nearest first.

use std::collections::BTreeSet;
use std::time::Instant;

/// Deadlines in order. Each change costs the logarithm of their number, and most open connections have none.
#[derive(Debug, Default)]
pub(super) struct Timers(BTreeSet<(Instant, u64)>);

impl Timers {
    /// Moves a member's deadline.
    pub(super) fn change(&mut self, member: u64, old: Option<Instant>, new: Option<Instant>) {
        if let Some(old) = old {
            self.0.remove(&(old, member));
        }
        if let Some(new) = new {
            self.0.insert((new, member));
        }
    }

    /// The nearest deadline.
    pub(super) fn nearest(&self) -> Option<Instant> {
        self.0.first().map(|(at, _)| *at)
    }

    /// Those whose deadline has come. They stay until it is moved.
    pub(super) fn due(&self, now: Instant) -> impl Iterator<Item = u64> {
        self.0
            .iter()
            .take_while(move |(at, _)| *at <= now)
            .map(|(_, member)| *member)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn deadlines_come_in_order_and_can_be_moved() {
        let start = Instant::now();
        let at = |seconds| Some(start + Duration::from_secs(seconds));
        let mut timers = Timers::default();
        timers.change(1, None, at(3));
        timers.change(2, None, at(1));
        timers.change(3, None, at(2));
        assert_eq!(timers.nearest(), at(1));
        assert_eq!(timers.due(start + Duration::from_secs(2)).collect::<Vec<_>>(), [2, 3]);
        timers.change(2, at(1), at(4));
        timers.change(3, at(2), None);
        assert_eq!(timers.nearest(), at(3));
        timers.change(1, at(3), None);
        timers.change(2, at(4), None);
        assert_eq!(timers.nearest(), None);
    }
}
