//! The easy handles of a multi handle, each under a number that is never used twice.

use std::rc::Rc;
use std::time::Instant;

use crate::easy::Easy;
use crate::error::Error;
use crate::net::wait::poll::Interest;
use crate::types::multi::CURLMsg;

/// Where a member stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// added, and nothing has happened yet
    New,
    /// waits until it may have a connection
    Queued,
    /// its transfer runs
    Running,
    /// its message is written: the application's, for the rest of its stay
    Finished,
}

/// An easy handle, and what is registered for it elsewhere.
pub(super) struct Member {
    pub(super) easy: Rc<Easy>,
    pub(super) stage: Stage,
    /// in line for its turn
    pub(super) dirty: bool,
    /// what ends its transfer in its next turn
    pub(super) failure: Option<Error>,
    /// descriptors, as the epoll set and the application know them
    pub(super) watched: Vec<Interest>,
    /// counted among those that wait for the resolver
    pub(super) resolving: bool,
    /// when keep-alive is due on a connection that the application reads
    pub(super) keep_alive: Option<Instant>,
    /// as the timers know it
    pub(super) deadline: Option<Instant>,
    /// whose connections its own counts among
    pub(super) host: Option<Rc<str>>,
    /// what `curl_multi_info_read` hands out, at an address that holds while it is a member
    pub(super) message: Option<Box<CURLMsg>>,
    /// the message was not handed out yet
    pub(super) unread: bool,
}

impl Member {
    pub(super) fn new(easy: Rc<Easy>) -> Member {
        Member {
            easy,
            stage: Stage::New,
            dirty: false,
            failure: None,
            watched: Vec::new(),
            resolving: false,
            keep_alive: None,
            deadline: None,
            host: None,
            message: None,
            unread: false,
        }
    }
}

/// A slab: places are used again, numbers aren't, because each place counts its users.
#[derive(Default)]
pub(super) struct Members {
    places: Vec<Place>,
    free: Vec<u32>,
}

#[derive(Default)]
struct Place {
    user: u32,
    member: Option<Member>,
}

impl Place {
    fn number(&self, index: u64) -> u64 {
        u64::from(self.user) << 32 | index
    }
}

impl Members {
    /// Takes a member in and returns its number.
    pub(super) fn add(&mut self, member: Member) -> u64 {
        let index = self.free.pop().unwrap_or_else(|| {
            self.places.push(Place::default());
            self.places.len() as u32 - 1
        });
        let place = &mut self.places[index as usize];
        place.member = Some(member);
        place.number(index.into())
    }

    /// The member of this number, unless it is gone.
    pub(super) fn get(&mut self, number: u64) -> Option<&mut Member> {
        let place = self.places.get_mut(number as u32 as usize)?;
        if u64::from(place.user) != number >> 32 {
            return None;
        }
        place.member.as_mut()
    }

    /// Takes a member out.
    pub(super) fn remove(&mut self, number: u64) -> Option<Member> {
        self.get(number)?;
        let place = &mut self.places[number as u32 as usize];
        // The last number of all is kept for what is no member.
        place.user = (place.user + 1) % (u32::MAX - 1);
        self.free.push(number as u32);
        place.member.take()
    }

    /// Nobody is counted among those that wait for the resolver any more. Returns who was.
    pub(super) fn forget_resolving(&mut self) -> Vec<u64> {
        let mut numbers = Vec::new();
        for (place, index) in self.places.iter_mut().zip(0u64..) {
            if let Some(member) = &mut place.member
                && std::mem::take(&mut member.resolving)
            {
                numbers.push(place.number(index));
            }
        }
        numbers
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    /// All of them with their numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &Member)> {
        self.some(0, self.places.len()).0
    }

    /// Those in at most `count` places from `first` on, and where to go on from.
    pub(super) fn some(&self, first: usize, count: usize) -> (impl Iterator<Item = (u64, &Member)>, usize) {
        let first = if first < self.places.len() { first } else { 0 };
        let end = self.places.len().min(first + count);
        let places = self.places[first..end].iter().zip(first as u64..);
        let members = places.filter_map(|(place, index)| Some((place.number(index), place.member.as_ref()?)));
        (members, end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_used_again_and_a_number_is_not() {
        let mut members = Members::default();
        let first = members.add(Member::new(Easy::new()));
        let second = members.add(Member::new(Easy::new()));
        assert!(members.remove(first).is_some());
        let third = members.add(Member::new(Easy::new()));
        assert_eq!(members.places.len(), 2);
        assert!(members.get(first).is_none() && members.remove(first).is_none());
        assert_eq!(
            members.iter().map(|(number, _)| number).collect::<Vec<_>>(),
            [third, second]
        );
        assert_eq!(members.len(), 2);
    }
}
