//! Messages for `curl_multi_info_read`, and notifications for `CURLMOPT_NOTIFYFUNCTION`.

use std::collections::VecDeque;
use std::ffi::{c_int, c_uint};
use std::ptr::null_mut;

use super::calls::Outcome;
use super::members::Members;
use crate::ffi::callback::multi::Notify;
use crate::ffi::callback::{Callback, Function};
use crate::ffi::pointer::Pointer;
use crate::types::codes::CURLMcode;
use crate::types::multi::{CURLMNOTIFY_EASY_DONE, CURLMNOTIFY_INFO_READ, CURLMsg};

/// A `CURLMNOTIFY_` event, and the member that it is about, if it is about one.
pub(super) type Notification = (c_uint, Option<u64>);

/// What the application has not been told yet.
pub(super) struct Messages {
    /// members with a message that was not read, and some that are gone
    queue: VecDeque<u64>,
    /// the number of those that are still members
    unread: usize,
    notify: Callback<Notify>,
    /// bits by `CURLMNOTIFY_`
    enabled: u32,
    notifications: VecDeque<Notification>,
}

impl Default for Messages {
    fn default() -> Messages {
        Messages {
            queue: VecDeque::new(),
            unread: 0,
            notify: Callback::NONE,
            enabled: 0,
            notifications: VecDeque::new(),
        }
    }
}

impl Messages {
    /// A member has a message.
    pub(super) fn post(&mut self, number: u64) {
        if self.notify.is_set() {
            self.add_notification(CURLMNOTIFY_EASY_DONE, Some(number));
            if self.unread == 0 {
                self.add_notification(CURLMNOTIFY_INFO_READ, None);
            }
        }
        self.queue.push_back(number);
        self.unread += 1;
    }

    /// A member with a message that was not read is gone.
    pub(super) fn cancel(&mut self) {
        self.unread -= 1;
        if self.unread == 0 {
            self.queue.clear();
        }
    }

    /// The oldest message, NULL if there is none, and the number of those left. It is valid as long as its easy handle is a
    /// member.
    pub(super) fn read(&mut self, members: &mut Members) -> (*mut CURLMsg, usize) {
        while let Some(number) = self.queue.pop_front() {
            let message = members.get(number).and_then(|member| member.read_message());
            if let Some(message) = message {
                self.unread -= 1;
                return (message, self.unread);
            }
        }
        (null_mut(), 0)
    }

    /// The number of messages that were not read.
    pub(super) fn unread(&self) -> usize {
        self.unread
    }

    /// `CURLMOPT_NOTIFYFUNCTION`
    pub(super) fn set_notify_function(&mut self, function: Function<Notify>) {
        self.notify.function = function;
    }

    /// `CURLMOPT_NOTIFYDATA`
    pub(super) fn set_notify_data(&mut self, data: Pointer) {
        self.notify.data = data;
    }

    /// `curl_multi_notify_enable` and `curl_multi_notify_disable`
    pub(super) fn enable(&mut self, notification: c_uint, on: bool) -> Outcome {
        if notification > CURLMNOTIFY_EASY_DONE as c_uint {
            return Err(CURLMcode::CURLM_UNKNOWN_OPTION);
        }
        match on {
            true => self.enabled |= 1 << notification,
            false => self.enabled &= !(1 << notification),
        }
        Ok(())
    }

    /// The oldest notification that is still enabled, and the function that is to be called for it.
    pub(super) fn next_notification(&mut self) -> Option<(Callback<Notify>, Notification)> {
        loop {
            let next = self.notifications.pop_front()?;
            if self.enabled & 1 << next.0 != 0 {
                return Some((self.notify, next));
            }
        }
    }

    fn add_notification(&mut self, notification: c_int, member: Option<u64>) {
        if self.enabled & 1 << notification != 0 {
            self.notifications.push_back((notification as c_uint, member));
        }
    }
}
