//! How many connections there may be (`CURLMOPT_MAX_TOTAL_CONNECTIONS`, `CURLMOPT_MAX_HOST_CONNECTIONS`), and who waits
//! for one.

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

/// Connections by host. Whatever happens costs the same however many there are.
#[derive(Debug, Default)]
pub(super) struct Limits {
    /// 0 for no limit
    pub(super) total: usize,
    /// 0 for no limit
    pub(super) per_host: usize,
    open: usize,
    queued: usize,
    hosts: HashMap<Rc<str>, Host>,
    /// hosts of those who wait, all of which may have one more connection as far as it is up to the host
    ready: VecDeque<Rc<str>>,
}

#[derive(Debug, Default)]
struct Host {
    open: usize,
    queue: VecDeque<u64>,
    ready: bool,
}

impl Limits {
    /// Asks for a connection to `host` for `member`: `true` if it may be opened now. Else it is in line, and
    /// [`next`](Self::next) will name it.
    pub(super) fn ask(&mut self, host: &str, member: u64) -> (bool, Rc<str>) {
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
        self.queued += 1;
        self.line_up(&name);
        (false, name)
    }

    /// A connection to `host` is gone.
    pub(super) fn release(&mut self, host: &Rc<str>) {
        self.open -= 1;
        if let Some(record) = self.hosts.get_mut(host) {
            record.open -= 1;
        }
        self.line_up(host);
        self.forget_unused(host);
    }

    /// `member` gives its place in line up.
    pub(super) fn withdraw(&mut self, host: &Rc<str>, member: u64) {
        if let Some(record) = self.hosts.get_mut(host)
            && let Some(place) = record.queue.iter().position(|&waiting| waiting == member)
        {
            record.queue.remove(place);
            self.queued -= 1;
        }
        self.forget_unused(host);
    }

    /// The next one in line that may have its connection now, which counts as open from here on.
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
                self.queued -= 1;
                self.line_up(&host);
                return Some(member);
            }
        }
        None
    }

    /// The limits have changed.
    pub(super) fn set(&mut self, total: usize, per_host: usize) {
        (self.total, self.per_host) = (total, per_host);
        let names: Vec<Rc<str>> = self.hosts.keys().cloned().collect();
        names.iter().for_each(|host| self.line_up(host));
    }

    /// How many wait.
    pub(super) fn queued(&self) -> usize {
        self.queued
    }

    fn line_up(&mut self, host: &Rc<str>) {
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
    fn without_limits_nobody_waits() {
        let mut limits = Limits::default();
        let names: Vec<_> = (0..100).map(|member| limits.ask("a", member)).collect();
        assert!(names.iter().all(|(now, _)| *now));
        assert_eq!((limits.queued(), limits.next()), (0, None));
        names.iter().for_each(|(_, name)| limits.release(name));
        assert!(limits.hosts.is_empty());
    }

    #[test]
    fn a_total_is_kept_and_hosts_take_turns() {
        let mut limits = Limits::default();
        limits.set(2, 0);
        let (first, name) = limits.ask("a", 1);
        assert!(first && limits.ask("a", 2).0);
        for (host, member) in [("a", 3), ("a", 4), ("b", 5)] {
            assert!(!limits.ask(host, member).0);
        }
        assert_eq!(limits.next(), None);
        limits.release(&name);
        assert_eq!((limits.next(), limits.next()), (Some(3), None));
        limits.release(&name);
        assert_eq!((limits.next(), limits.next()), (Some(5), None));
        limits.set(3, 0);
        assert_eq!((limits.next(), limits.next()), (Some(4), None));
    }

    #[test]
    fn a_full_host_does_not_hold_up_the_others() {
        let mut limits = Limits::default();
        limits.set(0, 1);
        let (_, a) = limits.ask("a", 1);
        let (waits, _) = limits.ask("a", 2);
        assert!(!waits && limits.ask("b", 3).0);
        assert_eq!((limits.queued(), limits.next()), (1, None));
        limits.release(&a);
        assert_eq!(limits.next(), Some(2));
    }

    #[test]
    fn who_withdraws_is_not_named() {
        let mut limits = Limits::default();
        limits.set(1, 0);
        let (_, a) = limits.ask("a", 1);
        let (_, b) = limits.ask("b", 2);
        limits.withdraw(&b, 2);
        limits.release(&a);
        assert_eq!((limits.queued(), limits.next()), (0, None));
    }
}
