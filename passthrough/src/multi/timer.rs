//! Two timers as one. Each side tells its time through a callback of ours; the application's callback is told the nearer one
//! when that changes.
//!
//! The application's timer fires once. When it has, with `curl_multi_socket_action`, the time that is left of the other
//! side's is told again.

use std::cell::Cell;
use std::ffi::{c_int, c_long, c_void};
use std::time::{Duration, Instant};

use wscurl::abi::multi as own;
use wscurl::types::multi::CURLMoption;
use wscurl::types::structs::CURLM;

use crate::Side;
use crate::system::System;

pub(super) const TIMER_FUNCTION: u32 = CURLMoption::CURLMOPT_TIMERFUNCTION as u32;
pub(super) const TIMER_DATA: u32 = CURLMoption::CURLMOPT_TIMERDATA as u32;

/// `curl_multi_timer_callback`
pub(super) type Callback = unsafe extern "C-unwind" fn(*mut CURLM, c_long, *mut c_void) -> c_int;

pub(super) struct Timer {
    /// the application's multi handle
    multi: *mut CURLM,
    function: Cell<Option<Callback>>,
    data: Cell<*mut c_void>,
    system: Cell<Option<Instant>>,
    own: Cell<Option<Instant>>,
    /// when the application's timer fires
    told: Cell<Option<Instant>>,
    /// a call is under way that tells at its end
    is_held: Cell<bool>,
}

impl Timer {
    pub(super) fn new(multi: *mut CURLM) -> Timer {
        Timer {
            multi,
            function: Cell::default(),
            data: Cell::new(std::ptr::null_mut()),
            system: Cell::default(),
            own: Cell::default(),
            told: Cell::default(),
            is_held: Cell::default(),
        }
    }

    pub(super) fn is_set(&self) -> bool {
        self.function.get().is_some()
    }

    pub(super) fn set_function(&self, function: Option<Callback>) {
        self.function.set(function);
    }

    pub(super) fn set_data(&self, data: *mut c_void) {
        self.data.set(data);
    }

    /// Has the system's side tell this timer, or nobody.
    ///
    /// # Safety
    ///
    /// `multi` is the system's handle, and this timer lives as long.
    pub(super) unsafe fn attach_system(&self, library: &System, multi: *mut CURLM) -> c_int {
        let function: *mut c_void = match self.is_set() {
            true => system_changed as Callback as *mut c_void,
            false => std::ptr::null_mut(),
        };
        // SAFETY: guaranteed by the caller, see # Safety.
        unsafe {
            (library.multi_setopt)(multi, TIMER_DATA, self as *const Timer);
            (library.multi_setopt)(multi, TIMER_FUNCTION, function)
        }
    }

    /// Has our side tell this timer, or nobody.
    ///
    /// # Safety
    ///
    /// `twin` is our handle, and this timer lives as long.
    pub(super) unsafe fn attach_own(&self, twin: *mut CURLM) {
        let function: *mut c_void = match self.is_set() {
            true => own_changed as Callback as *mut c_void,
            false => std::ptr::null_mut(),
        };
        // SAFETY: guaranteed by the caller, see # Safety.
        unsafe {
            own::curl_multi_setopt(twin, TIMER_DATA, (self as *const Timer).cast_mut().cast());
            own::curl_multi_setopt(twin, TIMER_FUNCTION, function);
        }
    }

    /// The application's timer has fired.
    pub(super) fn fired(&self) {
        self.told.set(None);
    }

    /// Runs `body`, in which both sides may tell something, and tells the application at the end. Its callback's answer, or 0.
    pub(super) fn hold<T>(&self, body: impl FnOnce() -> T) -> (T, c_int) {
        let was_held = self.is_held.replace(true);
        let result = body();
        self.is_held.set(was_held);
        (result, self.tell())
    }

    fn changed(&self, side: Side, timeout_ms: c_long) -> c_int {
        let deadline = u64::try_from(timeout_ms)
            .ok()
            .and_then(|ms| Instant::now().checked_add(Duration::from_millis(ms)));
        match side {
            Side::System => self.system.set(deadline),
            Side::Own => self.own.set(deadline),
        }
        self.tell()
    }

    fn tell(&self) -> c_int {
        let Some(function) = self.function.get().filter(|_| !self.is_held.get()) else {
            return 0;
        };
        let nearer = match (self.system.get(), self.own.get()) {
            (Some(system), Some(own)) => Some(system.min(own)),
            (system, own) => system.or(own),
        };
        if nearer == self.told.replace(nearer) {
            return 0;
        }
        let timeout = nearer.map_or(-1, |at| {
            let left = at.saturating_duration_since(Instant::now());
            c_long::try_from(left.as_micros().div_ceil(1000)).unwrap_or(c_long::MAX)
        });
        // SAFETY: the application's callback with its data.
        unsafe { function(self.multi, timeout, self.data.get()) }
    }
}

unsafe extern "C-unwind" fn system_changed(_: *mut CURLM, timeout_ms: c_long, timer: *mut c_void) -> c_int {
    // SAFETY: the timer that was given with the function, see `attach_system`.
    unsafe { &*timer.cast::<Timer>() }.changed(Side::System, timeout_ms)
}

unsafe extern "C-unwind" fn own_changed(_: *mut CURLM, timeout_ms: c_long, timer: *mut c_void) -> c_int {
    // SAFETY: the timer that was given with the function, see `attach_own`.
    unsafe { &*timer.cast::<Timer>() }.changed(Side::Own, timeout_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    unsafe extern "C-unwind" fn record(_: *mut CURLM, timeout_ms: c_long, told: *mut c_void) -> c_int {
        // SAFETY: the test's list.
        unsafe { &mut *told.cast::<Vec<c_long>>() }.push(timeout_ms);
        0
    }

    /// What the application is told when `steps` happen.
    fn told(steps: impl FnOnce(&Timer)) -> Vec<c_long> {
        let mut told: Vec<c_long> = Vec::new();
        let timer = Timer::new(std::ptr::null_mut());
        timer.set_function(Some(record));
        timer.set_data((&raw mut told).cast());
        steps(&timer);
        told
    }

    #[test]
    fn the_nearer_time_is_told_when_it_changes() {
        let times = told(|timer| {
            timer.changed(Side::System, 5_000);
            timer.changed(Side::Own, 60_000);
            timer.changed(Side::Own, 0);
            timer.changed(Side::Own, -1);
            timer.changed(Side::System, -1);
        });
        assert_eq!(times.len(), 4, "{times:?}");
        assert!(
            (4_900..=5_000).contains(&times[0]) && (4_900..=5_000).contains(&times[2]),
            "{times:?}"
        );
        assert_eq!((times[1], times[3]), (0, -1));
    }

    #[test]
    fn what_is_left_is_told_again_after_the_timer_has_fired() {
        let times = told(|timer| {
            timer.changed(Side::System, 60_000);
            timer.changed(Side::Own, 0);
            timer.fired();
            timer.hold(|| timer.changed(Side::Own, -1));
        });
        assert_eq!(times.len(), 3, "{times:?}");
        assert!((59_900..=60_000).contains(&times[2]), "{times:?}");
    }

    #[test]
    fn a_call_tells_once() {
        let times = told(|timer| {
            timer.hold(|| {
                timer.changed(Side::System, 0);
                timer.changed(Side::System, 9_000);
                timer.changed(Side::Own, 8_000);
            });
        });
        assert_eq!(times.len(), 1, "{times:?}");
    }
}
