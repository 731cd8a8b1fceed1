//! `curl_multi_init` and `_cleanup`, members, options, messages.

use std::ffi::{c_int, c_uint, c_void};
use std::ptr::null_mut;

use wscurl::abi::{multi as own, twin};
use wscurl::types::codes::CURLMcode;
use wscurl::types::multi::{CURLMSG, CURLMinfo_offt, CURLMoption, CURLMsg};
use wscurl::types::structs::{CURL, CURLM, curl_off_t};

use super::timer::{Callback, TIMER_DATA, TIMER_FUNCTION};
use super::{Handle, Multi, OK, TABLE};
use crate::MultiCode;
use crate::easy::{Driver, Easy};
use crate::system::system;

const PUSH_FUNCTION: u32 = CURLMoption::CURLMOPT_PUSHFUNCTION as u32;
const PUSH_DATA: u32 = CURLMoption::CURLMOPT_PUSHDATA as u32;

#[unsafe(no_mangle)]
extern "C-unwind" fn dropin_multi_init() -> *mut CURLM {
    let Some(system) = system() else {
        return own::curl_multi_init();
    };
    // SAFETY: it may be called at any time.
    let handle = unsafe { (system.multi_init)() };
    if !handle.is_null() {
        // A record of the same address is of a handle that was freed without our knowledge, and has no members.
        drop(TABLE.insert(handle, Box::new(Multi::new(system, handle))));
    }
    handle
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dropin_multi_cleanup(multi: *mut CURLM) -> MultiCode {
    // SAFETY: the application's last use of its handle.
    unsafe {
        match Handle::of(multi) {
            Handle::Both(record) => {
                if let Some(twin) = record.twin() {
                    let code = own::curl_multi_cleanup(twin) as MultiCode;
                    if code != OK {
                        return code;
                    }
                    record.twin.set(null_mut());
                }
                let code = (record.library.multi_cleanup)(multi);
                if code == OK {
                    record.forget_all();
                    drop(TABLE.remove(multi));
                }
                code
            }
            Handle::System(system) => (system.multi_cleanup)(multi),
            Handle::Own => own::curl_multi_cleanup(multi) as MultiCode,
        }
    }
}

/// An easy handle that is not in the table is one of the system's inner ones.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dropin_multi_add_handle(multi: *mut CURLM, curl: *mut CURL) -> MultiCode {
    // SAFETY: the arguments are the application's.
    unsafe {
        match (Handle::of(multi), Easy::find(curl)) {
            (Handle::Both(record), Some(easy)) => {
                let (code, told) = record.timer.hold(|| record.add(easy));
                if code == OK && told == -1 {
                    record.remove(easy);
                    return CURLMcode::CURLM_ABORTED_BY_CALLBACK as MultiCode;
                }
                code
            }
            (Handle::Both(record), None) => (record.library.multi_add_handle)(multi, curl),
            (Handle::System(system), _) => (system.multi_add_handle)(multi, curl),
            (Handle::Own, _) => own::curl_multi_add_handle(multi, curl) as MultiCode,
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dropin_multi_remove_handle(multi: *mut CURLM, curl: *mut CURL) -> MultiCode {
    // SAFETY: the arguments are the application's.
    unsafe {
        match (Handle::of(multi), Easy::find(curl)) {
            (Handle::Both(record), Some(easy)) => record.timer.hold(|| record.remove(easy)).0,
            (Handle::Both(record), None) => (record.library.multi_remove_handle)(multi, curl),
            (Handle::System(system), _) => (system.multi_remove_handle)(multi, curl),
            (Handle::Own, _) => own::curl_multi_remove_handle(multi, curl) as MultiCode,
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dropin_multi_setopt(multi: *mut CURLM, option: u32, argument: *mut c_void) -> MultiCode {
    // SAFETY: the arguments are the application's; an argument is always of the size of a pointer.
    unsafe {
        match Handle::of(multi) {
            Handle::Both(multi) => multi.set(option, argument),
            Handle::System(system) => (system.multi_setopt)(multi, option, argument),
            Handle::Own => own::curl_multi_setopt(multi, option, argument) as MultiCode,
        }
    }
}

/// The system's messages first.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dropin_multi_info_read(multi: *mut CURLM, queued: *mut c_int) -> *mut CURLMsg {
    // SAFETY: the arguments are the application's.
    unsafe {
        match Handle::of(multi) {
            Handle::Both(multi) => {
                let (message, left) = multi.read_message();
                if let Some(queued) = queued.as_mut() {
                    *queued = left;
                }
                message
            }
            Handle::System(system) => (system.multi_info_read)(multi, queued),
            Handle::Own => own::curl_multi_info_read(multi, queued),
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dropin_multi_get_handles(multi: *mut CURLM) -> *mut *mut CURL {
    // SAFETY: the arguments are the application's.
    unsafe {
        match Handle::of(multi) {
            Handle::Both(multi) => multi.handles(),
            Handle::System(system) => system.multi_get_handles.map_or(null_mut(), |theirs| theirs(multi)),
            Handle::Own => own::curl_multi_get_handles(multi),
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dropin_multi_get_offt(
    multi: *mut CURLM,
    info: c_uint,
    value: *mut curl_off_t,
) -> MultiCode {
    // SAFETY: the arguments are the application's.
    unsafe {
        match Handle::of(multi) {
            Handle::Both(multi) => multi.get_offt(info, value),
            Handle::System(system) => match system.multi_get_offt {
                Some(theirs) => theirs(multi, info, value),
                None => CURLMcode::CURLM_BAD_HANDLE as MultiCode,
            },
            Handle::Own => own::curl_multi_get_offt(multi, info, value) as MultiCode,
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dropin_multi_notify_enable(multi: *mut CURLM, notification: c_uint) -> MultiCode {
    // SAFETY: the arguments are the application's.
    unsafe {
        match Handle::of(multi) {
            Handle::Both(multi) => multi.notify(notification, true),
            Handle::System(system) => match system.multi_notify_enable {
                Some(theirs) => theirs(multi, notification),
                None => CURLMcode::CURLM_BAD_HANDLE as MultiCode,
            },
            Handle::Own => own::curl_multi_notify_enable(multi, notification) as MultiCode,
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dropin_multi_notify_disable(multi: *mut CURLM, notification: c_uint) -> MultiCode {
    // SAFETY: the arguments are the application's.
    unsafe {
        match Handle::of(multi) {
            Handle::Both(multi) => multi.notify(notification, false),
            Handle::System(system) => match system.multi_notify_disable {
                Some(theirs) => theirs(multi, notification),
                None => CURLMcode::CURLM_BAD_HANDLE as MultiCode,
            },
            Handle::Own => own::curl_multi_notify_disable(multi, notification) as MultiCode,
        }
    }
}

/// Whether a notification is wanted is an option for the twin that is made later. No option has such a number.
const NOTIFICATIONS: u32 = 0x8000_0000;

impl Multi {
    /// # Safety
    ///
    /// `argument` is of the option's type.
    unsafe fn set(&self, option: u32, argument: *mut c_void) -> MultiCode {
        // SAFETY: guaranteed by the caller, see # Safety.
        unsafe {
            match option {
                TIMER_FUNCTION => {
                    let function = std::mem::transmute::<*mut c_void, Option<Callback>>(argument);
                    self.timer.set_function(function);
                    if let Some(twin) = self.twin() {
                        self.timer.attach_own(twin);
                    }
                    self.timer.attach_system(self.library, self.system)
                }
                TIMER_DATA => {
                    self.timer.set_data(argument);
                    OK
                }
                PUSH_FUNCTION | PUSH_DATA => (self.library.multi_setopt)(self.system, option, argument),
                _ => {
                    let code = (self.library.multi_setopt)(self.system, option, argument);
                    if code == OK {
                        self.keep(option, argument);
                        if let Some(twin) = self.twin() {
                            return self
                                .timer
                                .hold(|| own::curl_multi_setopt(twin, option, argument) as MultiCode)
                                .0;
                        }
                    }
                    code
                }
            }
        }
    }

    /// Keeps an option for the twin.
    fn keep(&self, option: u32, argument: *mut c_void) {
        let mut options = self.options.borrow_mut();
        options.retain(|(kept, _)| *kept != option);
        options.push((option, argument));
    }

    /// The next message, and how many are left.
    fn read_message(&self) -> (*mut CURLMsg, c_int) {
        let mut left = 0;
        // SAFETY: a handle of the system's and room for a number.
        let message = unsafe { (self.library.multi_info_read)(self.system, &raw mut left) };
        let Some(twin) = self.twin() else {
            return (message, left);
        };
        if !message.is_null() {
            // SAFETY: a handle of ours.
            let ours = unsafe { twin::multi_unread(twin) };
            return (
                message,
                left.saturating_add(c_int::try_from(ours).unwrap_or(c_int::MAX)),
            );
        }
        // SAFETY: a handle of ours and room for a number; the message names the application's handle.
        unsafe {
            let message = own::curl_multi_info_read(twin, &raw mut left);
            if let Some(done) = message.as_ref().filter(|message| message.msg == CURLMSG::CURLMSG_DONE)
                && let Some(easy) = Easy::find(done.easy_handle)
            {
                easy.finish();
            }
            (message, left)
        }
    }

    /// All members, NULL at the end, in memory of the system's `curl_free`.
    fn handles(&self) -> *mut *mut CURL {
        let members = self.members.borrow();
        let list: *mut *mut CURL = self
            .library
            .allocate((members.len() + 1) * size_of::<*mut CURL>())
            .cast();
        if list.is_null() {
            return list;
        }
        // SAFETY: as much memory as is written; members are alive.
        unsafe {
            for (index, member) in members.iter().enumerate() {
                list.add(index).write((**member).system());
            }
            list.add(members.len()).write(null_mut());
        }
        list
    }

    /// # Safety
    ///
    /// `value` is NULL or valid.
    unsafe fn get_offt(&self, info: c_uint, value: *mut curl_off_t) -> MultiCode {
        const CURRENT: c_uint = CURLMinfo_offt::CURLMINFO_XFERS_CURRENT as c_uint;
        // SAFETY: guaranteed by the caller, see # Safety.
        let Some(value) = (unsafe { value.as_mut() }) else {
            return CURLMcode::CURLM_BAD_FUNCTION_ARGUMENT as MultiCode;
        };
        if info == CURRENT {
            *value = self.members.borrow().len() as curl_off_t;
            return OK;
        }
        let Some(theirs) = self.library.multi_get_offt else {
            *value = -1;
            return CURLMcode::CURLM_UNKNOWN_OPTION as MultiCode;
        };
        // SAFETY: a handle of the system's and room for the answer.
        let code = unsafe { theirs(self.system, info, value) };
        if let Some(twin) = self.twin().filter(|_| code == OK) {
            let mut ours: curl_off_t = 0;
            // SAFETY: a handle of ours and room for the answer.
            if unsafe { own::curl_multi_get_offt(twin, info, &raw mut ours) } == CURLMcode::CURLM_OK {
                *value += ours;
            }
        }
        code
    }

    fn notify(&self, notification: c_uint, is_on: bool) -> MultiCode {
        let theirs = match is_on {
            true => self.library.multi_notify_enable,
            false => self.library.multi_notify_disable,
        };
        let Some(theirs) = theirs else {
            return CURLMcode::CURLM_UNKNOWN_OPTION as MultiCode;
        };
        // SAFETY: handles of the two sides.
        unsafe {
            let code = theirs(self.system, notification);
            if code == OK {
                self.keep(
                    NOTIFICATIONS | notification,
                    std::ptr::without_provenance_mut(usize::from(is_on)),
                );
                if let Some(twin) = self.twin() {
                    set_notification(twin, notification, is_on);
                }
            }
            code
        }
    }

    /// Tells a new twin an option that was kept.
    ///
    /// # Safety
    ///
    /// `twin` is our handle, and the argument is of the option's type.
    pub(super) unsafe fn replay(twin: *mut CURLM, option: u32, argument: *mut c_void) {
        // SAFETY: guaranteed by the caller, see # Safety.
        unsafe {
            if option & NOTIFICATIONS == 0 {
                own::curl_multi_setopt(twin, option, argument);
            } else {
                set_notification(twin, option & !NOTIFICATIONS, !argument.is_null());
            }
        }
    }

    /// The multi handle is gone; its members stay.
    fn forget_all(&self) {
        for member in self.members.take() {
            // SAFETY: members are alive.
            unsafe { &*member }.membership().leave();
        }
    }
}

/// # Safety
///
/// `twin` is our handle.
unsafe fn set_notification(twin: *mut CURLM, notification: c_uint, is_on: bool) {
    // SAFETY: guaranteed by the caller, see # Safety.
    unsafe {
        match is_on {
            true => own::curl_multi_notify_enable(twin, notification),
            false => own::curl_multi_notify_disable(twin, notification),
        }
    };
}
