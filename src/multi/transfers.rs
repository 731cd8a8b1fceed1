//! The members of a multi handle and what is decided about them: which may have a connection, whose message is unread.

use super::limits::Limits;
use super::members::{Member, Members, Stage};
use super::messages::Messages;
use crate::types::codes::CURLcode;
use crate::types::multi::{CURLMinfo_offt, CURLMsg};

/// Members, limits and messages, which change together.
#[derive(Default)]
pub(super) struct Transfers {
    members: Members,
    limits: Limits,
    messages: Messages,
}

impl Transfers {
    pub(super) fn members(&self) -> &Members {
        &self.members
    }

    pub(super) fn members_mut(&mut self) -> &mut Members {
        &mut self.members
    }

    pub(super) fn messages(&mut self) -> &mut Messages {
        &mut self.messages
    }

    /// `curl_multi_get_offt`
    pub(super) fn count(&self, what: CURLMinfo_offt) -> Option<i64> {
        let (members, running) = (self.members.len(), self.members.running());
        let count = match what {
            CURLMinfo_offt::CURLMINFO_XFERS_CURRENT => members,
            CURLMinfo_offt::CURLMINFO_XFERS_RUNNING => running - self.limits.pending(),
            CURLMinfo_offt::CURLMINFO_XFERS_PENDING => self.limits.pending(),
            CURLMinfo_offt::CURLMINFO_XFERS_DONE => members - running,
            CURLMinfo_offt::CURLMINFO_XFERS_ADDED => self.members.added() as usize,
            CURLMinfo_offt::CURLMINFO_NONE | CURLMinfo_offt::CURLMINFO_LASTENTRY => return None,
        };
        Some(count as i64)
    }

    /// `curl_multi_info_read`
    pub(super) fn read_message(&mut self) -> (*mut CURLMsg, usize) {
        self.messages.read(&mut self.members)
    }

    /// A member's transfer to `host` begins: `true` if it may have a connection now.
    pub(super) fn begin(&mut self, number: u64, host: &str) -> bool {
        let (admitted, host) = self.limits.request(host, number);
        if let Some(member) = self.members.get(number) {
            member.begin(host, admitted);
        }
        admitted
    }

    /// A member has no connection any more, and waits for none.
    pub(super) fn release_connection(&mut self, number: u64) {
        if let Some(member) = self.members.get(number) {
            release(&mut self.limits, number, member);
        }
    }

    /// A member's transfer is over: writes its message.
    pub(super) fn finish(&mut self, number: u64, code: CURLcode) {
        self.members.finish(number, code);
        self.messages.post(number);
    }

    /// Removes a member, and its message if it was not read.
    pub(super) fn remove(&mut self, number: u64) {
        if let Some(mut member) = self.members.remove(number) {
            release(&mut self.limits, number, &mut member);
            if member.is_unread() {
                self.messages.cancel();
            }
        }
    }

    /// `CURLMOPT_MAX_TOTAL_CONNECTIONS`
    pub(super) fn set_total_limit(&mut self, total: usize) {
        self.limits.set_total(total);
    }

    /// `CURLMOPT_MAX_HOST_CONNECTIONS`
    pub(super) fn set_host_limit(&mut self, per_host: usize) {
        self.limits.set_per_host(per_host);
    }

    /// Enqueues the pending members that may have a connection now. Whether there are any.
    #[inline]
    pub(super) fn admit(&mut self) -> bool {
        self.limits.has_ready() && self.admit_ready()
    }

    #[inline(never)]
    fn admit_ready(&mut self) -> bool {
        let mut any = false;
        while let Some(number) = self.limits.next() {
            if let Some(member) = self.members.get(number) {
                member.admit();
            }
            self.members.enqueue(number);
            any = true;
        }
        any
    }
}

fn release(limits: &mut Limits, number: u64, member: &mut Member) {
    if let Some(host) = member.take_host() {
        match member.stage() {
            Stage::Pending => limits.withdraw(&host, number),
            _ => limits.release(&host),
        }
    }
}
