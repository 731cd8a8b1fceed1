//! Limits on the number of connections (`CURLMOPT_MAX_TOTAL_CONNECTIONS`, `CURLMOPT_MAX_HOST_CONNECTIONS`), and the members
//! that wait for one.

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

/// Connections by host. The cost of a change does not depend on their number.
#[derive(Debug, Default)]
pub(super) struct Limits {
    /// 0 for no limit
    total: usize,
    /// 0 for no limit
    per_host: usize,
    open: usize,
    pending: usize,
    hosts: HashMap<Rc<str>, Host>,
    /// hosts with members that wait, and with room for one more connection to this host
    ready: VecDeque<Rc<str>>,
}

#[derive(Debug, Default)]
struct Host {
    open: usize,
    queue: VecDeque<u64>,
    ready: bool,
}

impl Limits {
    /// Asks for a connection to `host` for `member`: `true` if it may be opened now. If not, [`next`](Self::next) will
    /// return the member later.
    pub(super) fn request(&mut self, host: &str, member: u64) -> (bool, Rc<str>) {
        let name = match self.hosts.get_key_value(host) {
            Some((name, _)) => Rc::clone(name),
            None => Rc::from(host),
        };
        let record = self.hosts.entry(Rc::clone(&name)).or_default();
        let room = self.total == 0 || self.open < self.total;
        if room && (self.per_host == 0 || record.open < self.per_host) && record.queue.is_empty() {
            record.open += 1;
            self.open += 1;
            return (true, name);
        }
        record.queue.push_back(member);
        self.pending += 1;
        self.make_ready(&name);
        (false, name)
    }

    /// A connection to `host` is gone.
    pub(super) fn release(&mut self, host: &Rc<str>) {
        self.open -= 1;
        if let Some(record) = self.hosts.get_mut(host) {
            record.open -= 1;
        }
        self.make_ready(host);
        self.forget_unused(host);
    }

    /// `member` does not wait any more.
    pub(super) fn withdraw(&mut self, host: &Rc<str>, member: u64) {
        if let Some(record) = self.hosts.get_mut(host)
            && let Some(index) = record.queue.iter().position(|&waiting| waiting == member)
        {
            record.queue.remove(index);
            self.pending -= 1;
        }
        self.forget_unused(host);
    }

    /// Whether there may be a [`next`](Self::next) member.
    #[inline]
    pub(super) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// The next member that may have its connection now. It counts as open from now on.
    pub(super) fn next(&mut self) -> Option<u64> {
        while self.total == 0 || self.open < self.total {
            let host = self.ready.pop_front()?;
            let Some(record) = self.hosts.get_mut(&host) else {
                continue;
            };
            record.ready = false;
            if self.per_host > 0 && record.open >= self.per_host {
                continue;
            }
            if let Some(member) = record.queue.pop_front() {
                record.open += 1;
                self.open += 1;
                self.pending -= 1;
                self.make_ready(&host);
                return Some(member);
            }
        }
        None
    }

    /// Changes the limit on all connections.
    pub(super) fn set_total(&mut self, total: usize) {
        self.total = total;
        self.reconsider();
    }

    /// Changes the limit on connections to one host.
    pub(super) fn set_per_host(&mut self, per_host: usize) {
        self.per_host = per_host;
        self.reconsider();
    }

    fn reconsider(&mut self) {
        let names: Vec<Rc<str>> = self.hosts.keys().cloned().collect();
        names.iter().for_each(|host| self.make_ready(host));
    }

    /// The number of members that wait.
    pub(super) fn pending(&self) -> usize {
        self.pending
    }

    fn make_ready(&mut self, host: &Rc<str>) {
        let Some(record) = self.hosts.get_mut(host) else {
            return;
        };
        let room = self.per_host == 0 || record.open < self.per_host;
        if room && !record.ready && !record.queue.is_empty() {
            record.ready = true;
            self.ready.push_back(Rc::clone(host));
        }
    }

    fn forget_unused(&mut self, host: &Rc<str>) {
        let unused = |record: &Host| record.open == 0 && record.queue.is_empty() && !record.ready;
        if self.hosts.get(host).is_some_and(unused) {
            self.hosts.remove(host);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_limits_no_member_waits() {
        let mut limits = Limits::default();
        let names: Vec<_> = (0..100).map(|member| limits.request("a", member)).collect();
        assert!(names.iter().all(|(now, _)| *now));
        assert_eq!((limits.pending(), limits.next()), (0, None));
        names.iter().for_each(|(_, name)| limits.release(name));
        assert!(limits.hosts.is_empty());
    }

    #[test]
    fn the_total_is_kept_and_hosts_alternate() {
        let mut limits = Limits::default();
        limits.set_total(2);
        let (first, name) = limits.request("a", 1);
        assert!(first && limits.request("a", 2).0);
        for (host, member) in [("a", 3), ("a", 4), ("b", 5)] {
            assert!(!limits.request(host, member).0);
        }
        assert_eq!(limits.next(), None);
        limits.release(&name);
        assert_eq!((limits.next(), limits.next()), (Some(3), None));
        limits.release(&name);
        assert_eq!((limits.next(), limits.next()), (Some(5), None));
        limits.set_total(3);
        assert_eq!((limits.next(), limits.next()), (Some(4), None));
    }

    #[test]
    fn a_full_host_does_not_hold_up_the_others() {
        let mut limits = Limits::default();
        limits.set_per_host(1);
        let (_, a) = limits.request("a", 1);
        let (waits, _) = limits.request("a", 2);
        assert!(!waits && limits.request("b", 3).0);
        assert_eq!((limits.pending(), limits.next()), (1, None));
        limits.release(&a);
        assert_eq!(limits.next(), Some(2));
    }

    #[test]
    fn a_member_that_withdraws_is_not_returned() {
        let mut limits = Limits::default();
        limits.set_total(1);
        let (_, a) = limits.request("a", 1);
        let (_, b) = limits.request("b", 2);
        limits.withdraw(&b, 2);
        limits.release(&a);
        assert_eq!((limits.pending(), limits.next()), (0, None));
    }
}
