//! `curl_multi_perform` and `curl_multi_socket_action`: what is the case on one side or on both.

use std::ffi::{c_int, c_void};

use wscurl::abi::{multi as own, twin};
use wscurl::types::codes::CURLMcode;
use wscurl::types::multi::CURL_SOCKET_TIMEOUT;
use wscurl::types::structs::{CURLM, curl_socket_t};

use super::{Handle, Multi, OK};
use crate::MultiCode;

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dropin_multi_perform(multi: *mut CURLM, running: *mut c_int) -> MultiCode {
    // SAFETY: the arguments are the application's.
    unsafe {
        match Handle::of(multi) {
            Handle::Both(multi) => multi.drive(
                running,
                |running| (multi.library.multi_perform)(multi.system, running),
                |twin, running| own::curl_multi_perform(twin, running) as MultiCode,
            ),
            Handle::System(system) => (system.multi_perform)(multi, running),
            Handle::Own => own::curl_multi_perform(multi, running) as MultiCode,
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dropin_multi_socket_all(multi: *mut CURLM, running: *mut c_int) -> MultiCode {
    // SAFETY: the arguments are the application's.
    unsafe {
        match Handle::of(multi) {
            Handle::Both(multi) => multi.drive(
                running,
                |running| (multi.library.multi_socket_all)(multi.system, running),
                |twin, running| own::curl_multi_socket_all(twin, running) as MultiCode,
            ),
            Handle::System(system) => (system.multi_socket_all)(multi, running),
            Handle::Own => own::curl_multi_socket_all(multi, running) as MultiCode,
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dropin_multi_socket(
    multi: *mut CURLM,
    socket: curl_socket_t,
    running: *mut c_int,
) -> MultiCode {
    // SAFETY: the arguments are the application's.
    unsafe { dropin_multi_socket_action(multi, socket, 0, running) }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dropin_multi_socket_action(
    multi: *mut CURLM,
    socket: curl_socket_t,
    events: c_int,
    running: *mut c_int,
) -> MultiCode {
    // SAFETY: the arguments are the application's.
    unsafe {
        match Handle::of(multi) {
            Handle::Both(multi) => multi.socket_action(socket, events, running),
            Handle::System(system) => (system.multi_socket_action)(multi, socket, events, running),
            Handle::Own => own::curl_multi_socket_action(multi, socket, events, running) as MultiCode,
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dropin_multi_assign(
    multi: *mut CURLM,
    socket: curl_socket_t,
    data: *mut c_void,
) -> MultiCode {
    // SAFETY: the arguments are the application's.
    unsafe {
        match Handle::of(multi) {
            Handle::Both(multi) => match multi.twin() {
                Some(twin) if twin::multi_has_socket(twin, socket) => {
                    own::curl_multi_assign(twin, socket, data) as MultiCode
                }
                _ => (multi.library.multi_assign)(multi.system, socket, data),
            },
            Handle::System(system) => (system.multi_assign)(multi, socket, data),
            Handle::Own => own::curl_multi_assign(multi, socket, data) as MultiCode,
        }
    }
}

impl Multi {
    /// # Safety
    ///
    /// `running` is NULL or valid.
    unsafe fn socket_action(&self, socket: curl_socket_t, events: c_int, running: *mut c_int) -> MultiCode {
        // SAFETY: handles of the two sides, and a number that can be written.
        let theirs =
            |running: *mut c_int| unsafe { (self.library.multi_socket_action)(self.system, socket, events, running) };
        // SAFETY: as above.
        let ours = |twin: *mut CURLM, running: *mut c_int| unsafe {
            own::curl_multi_socket_action(twin, socket, events, running) as MultiCode
        };
        if socket == CURL_SOCKET_TIMEOUT {
            self.timer.fired();
            // SAFETY: guaranteed by the caller, see # Safety.
            return unsafe { self.drive(running, theirs, ours) };
        }
        // SAFETY: a handle of ours.
        let is_ours = self
            .twin()
            .is_some_and(|twin| unsafe { twin::multi_has_socket(twin, socket) });
        if !is_ours {
            // SAFETY: guaranteed by the caller, see # Safety.
            return unsafe { self.drive(running, theirs, |_, running| self.count_own(running)) };
        }
        match self.running.get() {
            // SAFETY: guaranteed by the caller, see # Safety; a number that can be written.
            Some(count) => unsafe {
                let known = |running: *mut c_int| {
                    running.write(count);
                    OK
                };
                self.drive(running, known, ours)
            },
            // Members came or went: only a call on the system's side tells how many are running.
            // SAFETY: as above, and a handle of the system's.
            None => unsafe {
                let look = |running: *mut c_int| {
                    (self.library.multi_socket_action)(self.system, CURL_SOCKET_TIMEOUT, 0, running)
                };
                self.drive(running, look, ours)
            },
        }
    }

    fn count_own(&self, running: *mut c_int) -> MultiCode {
        // SAFETY: a number of `drive`'s.
        unsafe { running.write(self.own_running()) };
        OK
    }

    /// Runs both sides, adds up how many transfers are running, and tells the timer.
    ///
    /// # Safety
    ///
    /// `running` is NULL or valid.
    unsafe fn drive(
        &self,
        running: *mut c_int,
        theirs: impl FnOnce(*mut c_int) -> MultiCode,
        ours: impl FnOnce(*mut CURLM, *mut c_int) -> MultiCode,
    ) -> MultiCode {
        let (codes, told) = self.timer.hold(|| {
            self.settle();
            let mut system_running = self.running.get().unwrap_or(0);
            let system_code = theirs(&raw mut system_running);
            self.running.set((system_code == OK).then_some(system_running));
            let mut own_running = 0;
            let own_code = match self.twin() {
                Some(twin) => ours(twin, &raw mut own_running),
                None => OK,
            };
            let sum = system_running.saturating_add(own_running);
            // SAFETY: guaranteed by the caller, see # Safety.
            if let Some(running) = unsafe { running.as_mut() } {
                *running = sum;
            }
            (system_code, own_code)
        });
        match codes {
            (OK, OK) if told == -1 => CURLMcode::CURLM_ABORTED_BY_CALLBACK as MultiCode,
            (OK, own_code) => own_code,
            (system_code, _) => system_code,
        }
    }
}
