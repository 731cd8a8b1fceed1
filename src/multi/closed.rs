//! Descriptors that the application closes under a transfer. The kernel drops them from a set silently, so that a transfer would
//! wait for ever: at intervals a few of them are checked.

use std::io;
use std::time::{Duration, Instant};

use super::members::Members;
use super::sockets::Sockets;

/// The time between two checks.
pub(super) const CHECK_INTERVAL: Duration = Duration::from_millis(250);

/// Members whose descriptors one check looks at, so that it costs the same however many there are.
const MEMBERS_PER_CHECK: usize = 256;

/// When the next check is due, and where it begins.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct NextCheck {
    due: Option<Instant>,
    first: usize,
}

impl NextCheck {
    pub(super) fn is_due(self, now: Instant) -> bool {
        self.due.is_none_or(|due| due <= now)
    }

    /// Returns the members whose descriptor was closed, and the next check.
    pub(super) fn check(
        self,
        members: &Members,
        sockets: &Sockets,
        now: Instant,
    ) -> (Vec<(u64, io::Error)>, NextCheck) {
        let (some, first) = members.some(self.first, MEMBERS_PER_CHECK);
        let closed = some
            .filter_map(|(number, member)| {
                let interests = member.registered().interests().iter();
                let mut errors = interests.filter_map(|interest| sockets.check(*interest, number).err());
                Some((number, errors.next()?))
            })
            .collect();
        let due = Some(now + CHECK_INTERVAL);
        (closed, NextCheck { due, first })
    }
}
