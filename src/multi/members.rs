//! The easy handles of a multi handle, each under a number that is never used twice, and the run queue of those that have
//! something to do.

use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Instant;

use super::registration::Registered;
use crate::easy::Easy;
use crate::error::Error;
use crate::types::codes::CURLcode;
use crate::types::multi::{CURLMSG, CURLMsg, CURLMsg_data};

/// The state of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// added; nothing has happened yet
    New,
    /// waits until it may have a connection
    Pending,
    /// its transfer runs
    Running,
    /// its message is written; it stays a member until the application removes it
    Finished,
}

/// An easy handle in a multi handle.
pub(super) struct Member {
    easy: Rc<Easy>,
    stage: Stage,
    /// in the run queue
    queued: bool,
    /// ends its transfer in the next run
    failure: Option<Error>,
    registered: Registered,
    /// when keep-alive is due on a connection that the application reads
    keep_alive: Option<Instant>,
    /// the host and port that its connection counts for
    host: Option<Rc<str>>,
    /// what `curl_multi_info_read` returns, at an address that is valid as long as it is a member
    message: Option<Box<CURLMsg>>,
    /// the message was not returned yet
    unread: bool,
}

impl Member {
    pub(super) fn easy(&self) -> &Rc<Easy> {
        &self.easy
    }

    pub(super) fn stage(&self) -> Stage {
        self.stage
    }

    /// It has the connection that it waited for.
    pub(super) fn admit(&mut self) {
        self.stage = Stage::Running;
    }

    /// Its transfer has begun, to `host`, and may have a connection now or later.
    pub(super) fn begin(&mut self, host: Rc<str>, admitted: bool) {
        self.host = Some(host);
        self.stage = if admitted { Stage::Running } else { Stage::Pending };
    }

    /// Where its connection counts, or waits to be admitted; it does neither from now on.
    pub(super) fn take_host(&mut self) -> Option<Rc<str>> {
        self.host.take()
    }

    /// Something has failed outside of the transfer.
    pub(super) fn has_failed(&self) -> bool {
        self.failure.is_some()
    }

    /// What that was.
    pub(super) fn take_failure(&mut self) -> Option<Error> {
        self.failure.take()
    }

    pub(super) fn keep_alive(&self) -> Option<Instant> {
        self.keep_alive
    }

    pub(super) fn set_keep_alive(&mut self, next: Option<Instant>) {
        self.keep_alive = next;
    }

    pub(super) fn registered(&self) -> &Registered {
        &self.registered
    }

    pub(super) fn registered_mut(&mut self) -> &mut Registered {
        &mut self.registered
    }

    /// Whether it has a message that was not returned yet.
    pub(super) fn is_unread(&self) -> bool {
        self.unread
    }

    /// Its message, the first time.
    pub(super) fn read_message(&mut self) -> Option<*mut CURLMsg> {
        let message = self.message.as_deref_mut()?;
        std::mem::take(&mut self.unread).then_some(message)
    }
}

/// A slab: slots are used again, numbers are not, because each slot counts its members.
#[derive(Default)]
pub(super) struct Members {
    slots: Vec<Slot>,
    free: Vec<u32>,
    /// the run queue: members that have something to do, and some that are gone
    queue: VecDeque<u64>,
    /// members that are not finished
    running: usize,
    /// members there ever were
    added: u64,
}

#[derive(Default)]
struct Slot {
    generation: u32,
    member: Option<Member>,
}

impl Slot {
    fn number(&self, index: u64) -> u64 {
        u64::from(self.generation) << 32 | index
    }
}

impl Members {
    /// Adds a member and returns its number.
    pub(super) fn add(&mut self, easy: Rc<Easy>) -> u64 {
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot::default());
            self.slots.len() as u32 - 1
        });
        let slot = &mut self.slots[index as usize];
        slot.member = Some(Member {
            easy,
            stage: Stage::New,
            queued: false,
            failure: None,
            registered: Registered::default(),
            keep_alive: None,
            host: None,
            message: None,
            unread: false,
        });
        self.running += 1;
        self.added += 1;
        slot.number(index.into())
    }

    /// The member of this number, unless it was removed.
    pub(super) fn get(&mut self, number: u64) -> Option<&mut Member> {
        find(&mut self.slots, number)
    }

    /// Removes a member.
    pub(super) fn remove(&mut self, number: u64) -> Option<Member> {
        self.get(number)?;
        let slot = &mut self.slots[number as u32 as usize];
        // The last number of all is kept for what is no member.
        slot.generation = (slot.generation + 1) % (u32::MAX - 1);
        self.free.push(number as u32);
        let member = slot.member.take()?;
        if member.stage != Stage::Finished {
            self.running -= 1;
        }
        Some(member)
    }

    /// Writes a member's message: its transfer is over.
    pub(super) fn finish(&mut self, number: u64, code: CURLcode) {
        let Some(member) = self.get(number) else {
            return;
        };
        member.stage = Stage::Finished;
        member.message = Some(Box::new(CURLMsg {
            msg: CURLMSG::CURLMSG_DONE,
            easy_handle: member.easy.as_curl(),
            data: CURLMsg_data { result: code },
        }));
        member.unread = true;
        self.running -= 1;
    }

    /// The number of members.
    pub(super) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// The number of members whose message is not written yet.
    pub(super) fn running(&self) -> usize {
        self.running
    }

    /// The number of members that were ever added.
    pub(super) fn added(&self) -> u64 {
        self.added
    }

    /// All members with their numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &Member)> {
        self.some(0, self.slots.len()).0
    }

    /// The members in at most `count` slots from `first` on, and where to continue.
    pub(super) fn some(&self, first: usize, count: usize) -> (impl Iterator<Item = (u64, &Member)>, usize) {
        let first = if first < self.slots.len() { first } else { 0 };
        let end = self.slots.len().min(first + count);
        let slots = self.slots[first..end].iter().zip(first as u64..);
        let members = slots.filter_map(|(slot, index)| Some((slot.number(index), slot.member.as_ref()?)));
        (members, end)
    }

    /// In a child of `fork()`: nobody waits for the resolver's threads any more. Those who did are enqueued.
    pub(super) fn forget_resolving(&mut self) {
        for (slot, index) in self.slots.iter_mut().zip(0u64..) {
            let number = slot.number(index);
            if let Some(member) = &mut slot.member
                && member.registered.forget_resolving()
            {
                enqueue(&mut self.queue, member, number);
            }
        }
    }

    // ---- the run queue

    /// Has a member run in the next round, or in this one if it has not begun.
    pub(super) fn enqueue(&mut self, number: u64) {
        if let Some(member) = find(&mut self.slots, number) {
            enqueue(&mut self.queue, member, number);
        }
    }

    /// Ends a member's transfer with `error` when it runs next.
    pub(super) fn fail(&mut self, number: u64, error: Error) {
        if let Some(member) = self.get(number) {
            member.failure.get_or_insert(error);
        }
        self.enqueue(number);
    }

    /// The length of the run queue.
    pub(super) fn queue_len(&self) -> usize {
        self.queue.len()
    }

    /// Takes the first number out of the run queue. The member may be gone.
    pub(super) fn dequeue(&mut self) -> Option<u64> {
        let number = self.queue.pop_front()?;
        if let Some(member) = self.get(number) {
            member.queued = false;
        }
        Some(number)
    }

    /// Whether a member is in the run queue.
    pub(super) fn has_queued(&mut self) -> bool {
        while let Some(&number) = self.queue.front() {
            if self.get(number).is_some() {
                return true;
            }
            self.queue.pop_front();
        }
        false
    }
}

fn find(slots: &mut [Slot], number: u64) -> Option<&mut Member> {
    let slot = slots.get_mut(number as u32 as usize)?;
    if u64::from(slot.generation) != number >> 32 {
        return None;
    }
    slot.member.as_mut()
}

fn enqueue(queue: &mut VecDeque<u64>, member: &mut Member, number: u64) {
    if !std::mem::replace(&mut member.queued, true) {
        queue.push_back(number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_used_again_and_a_number_is_not() {
        let mut members = Members::default();
        let first = members.add(Easy::new());
        let second = members.add(Easy::new());
        assert!(members.remove(first).is_some());
        let third = members.add(Easy::new());
        assert_eq!(members.slots.len(), 2);
        assert!(members.get(first).is_none() && members.remove(first).is_none());
        assert_eq!(
            members.iter().map(|(number, _)| number).collect::<Vec<_>>(),
            [third, second]
        );
        assert_eq!((members.len(), members.running(), members.added()), (2, 2, 3));
    }

    #[test]
    fn a_member_is_in_the_run_queue_once_and_not_after_its_removal() {
        let mut members = Members::default();
        let (first, second) = (members.add(Easy::new()), members.add(Easy::new()));
        for number in [first, second, first] {
            members.enqueue(number);
        }
        assert_eq!(members.queue_len(), 2);
        members.remove(first);
        members.enqueue(first);
        assert!(members.has_queued());
        assert_eq!(members.dequeue(), Some(second));
        assert!(!members.has_queued());
    }
}
