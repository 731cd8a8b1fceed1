//! What has happened: messages for `curl_multi_info_read`, and notifications.

use std::collections::VecDeque;
use std::ffi::{c_int, c_uint};

use super::members::Stage;
use super::{Multi, Outcome};
use crate::types::codes::{CURLMcode, CURLcode};
use crate::types::multi::{CURLMNOTIFY_EASY_DONE, CURLMNOTIFY_INFO_READ, CURLMSG, CURLMsg, CURLMsg_data};

/// Messages and notifications that wait to be told.
#[derive(Debug, Default)]
pub(super) struct Messages {
    /// members that have one, and some that are gone
    queue: VecDeque<u64>,
    /// how many of them are still members
    unread: usize,
    /// bits by `CURLMNOTIFY_`
    enabled: u32,
    /// `None`: about no member
    notifications: VecDeque<(c_uint, Option<u64>)>,
}

impl Messages {
    /// A member with a message that wasn't read is gone.
    pub(super) fn cancel(&mut self) {
        self.unread -= 1;
        if self.unread == 0 {
            self.queue.clear();
        }
    }

    fn add_notification(&mut self, notification: c_int, member: Option<u64>) {
        if self.enabled & 1 << notification != 0 {
            self.notifications.push_back((notification as c_uint, member));
        }
    }
}

impl Multi {
    /// Writes a member's message: it is finished.
    pub(super) fn post(&self, number: u64, code: CURLcode) {
        let mut members = self.members.borrow_mut();
        let Some(member) = members.get(number) else {
            return;
        };
        member.stage = Stage::Finished;
        member.message = Some(Box::new(CURLMsg {
            msg: CURLMSG::CURLMSG_DONE,
            easy_handle: member.easy.as_curl(),
            data: CURLMsg_data { result: code },
        }));
        member.unread = true;
        let mut messages = self.messages.borrow_mut();
        if self.options.get().notify.is_set() {
            messages.add_notification(CURLMNOTIFY_EASY_DONE, Some(number));
            if messages.unread == 0 {
                messages.add_notification(CURLMNOTIFY_INFO_READ, None);
            }
        }
        messages.queue.push_back(number);
        messages.unread += 1;
    }

    /// `curl_multi_info_read`: the oldest message, NULL if there is none, and how many are left. It lives as long as its
    /// easy handle is a member.
    pub(crate) fn read_message(&self) -> (*mut CURLMsg, usize) {
        let mut members = self.members.borrow_mut();
        let mut messages = self.messages.borrow_mut();
        while let Some(number) = messages.queue.pop_front() {
            let Some(member) = members.get(number) else {
                continue;
            };
            if let Some(message) = &mut member.message {
                member.unread = false;
                messages.unread -= 1;
                return (&raw mut **message, messages.unread);
            }
        }
        (std::ptr::null_mut(), 0)
    }

    /// `curl_multi_notify_enable` and `curl_multi_notify_disable`
    pub(crate) fn set_notification(&self, notification: c_uint, on: bool) -> Outcome {
        if notification > CURLMNOTIFY_EASY_DONE as c_uint {
            return Err(CURLMcode::CURLM_UNKNOWN_OPTION);
        }
        let mut messages = self.messages.borrow_mut();
        match on {
            true => messages.enabled |= 1 << notification,
            false => messages.enabled &= !(1 << notification),
        }
        Ok(())
    }

    /// Calls the notify callback for all that waits to be told, and for what comes up meanwhile.
    pub(super) fn notify(&self) {
        loop {
            let Some((notification, member)) = self.next_notification() else {
                return;
            };
            let easy = match member {
                None => self.internal(),
                Some(number) => match self.easy(number) {
                    Some(easy) => easy.as_curl(),
                    None => continue,
                },
            };
            let callback = self.options.get().notify;
            self.calls.notify(|| callback.call(self.as_curlm(), notification, easy));
        }
    }

    /// The oldest notification that is still enabled.
    fn next_notification(&self) -> Option<(c_uint, Option<u64>)> {
        let mut messages = self.messages.borrow_mut();
        loop {
            let next = messages.notifications.pop_front()?;
            if messages.enabled & 1 << next.0 != 0 {
                return Some(next);
            }
        }
    }
}
