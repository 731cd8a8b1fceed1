//! Descriptors that the application closes under a transfer. epoll(7) forgets them without a word, so that a transfer would
//! wait for ever: now and then a few of them are looked at.

use std::io;
use std::time::{Duration, Instant};

use super::Multi;
use super::events::unwatchable;

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

impl Multi {
    pub(super) fn check_descriptors_if_due(&self, now: Instant) {
        if self.next_check.get().due.is_none_or(|due| due <= now) {
            self.check_descriptors(now);
        }
    }

    /// Has those transfers fail whose descriptor was closed.
    pub(super) fn check_descriptors(&self, now: Instant) {
        let mut closed: Vec<(u64, io::Error)> = Vec::new();
        let next = {
            let (members, sockets) = (self.members.borrow(), self.sockets.borrow());
            let (some, next) = members.some(self.next_check.get().first, MEMBERS_PER_CHECK);
            for (number, member) in some {
                let mut errors = member.watched.iter().map(|interest| sockets.check(*interest, number));
                closed.extend(errors.find_map(Result::err).map(|error| (number, error)));
            }
            next
        };
        self.next_check.set(NextCheck {
            due: Some(now + CHECK_INTERVAL),
            first: next,
        });
        for (number, error) in closed {
            self.fail(number, unwatchable(&error));
        }
    }
}
