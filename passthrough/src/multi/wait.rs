//! Waiting: the system's, with one more descriptor, which is readable as long as one of ours is ready, and the shorter time.

use std::ffi::{c_int, c_long, c_uint};

use libc::fd_set;
use wscurl::abi::{multi as own, twin};
use wscurl::types::codes::CURLMcode;
use wscurl::types::multi::{CURL_WAIT_POLLIN, CURL_WAIT_POLLOUT, CURL_WAIT_POLLPRI, CURLMinfo_offt, curl_waitfd};
use wscurl::types::structs::CURLM;

use super::{Handle, Multi, OK};
use crate::MultiCode;

/// `curl_multi_poll` or `curl_multi_wait`
type Wait = unsafe extern "C-unwind" fn(*mut CURLM, *mut curl_waitfd, c_uint, c_int, *mut c_int) -> MultiCode;

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dropin_multi_poll(
    multi: *mut CURLM,
    fds: *mut curl_waitfd,
    count: c_uint,
    timeout_ms: c_int,
    ready: *mut c_int,
) -> MultiCode {
    // SAFETY: the arguments are the application's.
    unsafe {
        match Handle::of(multi) {
            Handle::Both(multi) => multi.wait(multi.library.multi_poll, fds, count, timeout_ms, ready),
            Handle::System(system) => (system.multi_poll)(multi, fds, count, timeout_ms, ready),
            Handle::Own => own::curl_multi_poll(multi, fds, count, timeout_ms, ready) as MultiCode,
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dropin_multi_wait(
    multi: *mut CURLM,
    fds: *mut curl_waitfd,
    count: c_uint,
    timeout_ms: c_int,
    ready: *mut c_int,
) -> MultiCode {
    // SAFETY: the arguments are the application's.
    unsafe {
        match Handle::of(multi) {
            Handle::Both(multi) => multi.wait(multi.library.multi_wait, fds, count, timeout_ms, ready),
            Handle::System(system) => (system.multi_wait)(multi, fds, count, timeout_ms, ready),
            Handle::Own => own::curl_multi_wait(multi, fds, count, timeout_ms, ready) as MultiCode,
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dropin_multi_fdset(
    multi: *mut CURLM,
    read: *mut fd_set,
    write: *mut fd_set,
    exceptional: *mut fd_set,
    max: *mut c_int,
) -> MultiCode {
    // SAFETY: the arguments are the application's.
    unsafe {
        match Handle::of(multi) {
            Handle::Both(multi) => {
                let code = (multi.library.multi_fdset)(multi.system, read, write, exceptional, max);
                let ours = multi.descriptor().filter(|ours| (*ours as usize) < libc::FD_SETSIZE);
                if let Some(ours) = ours.filter(|_| code == OK) {
                    if !read.is_null() {
                        libc::FD_SET(ours, read);
                    }
                    if let Some(max) = max.as_mut() {
                        *max = (*max).max(ours);
                    }
                }
                code
            }
            Handle::System(system) => (system.multi_fdset)(multi, read, write, exceptional, max),
            Handle::Own => own::curl_multi_fdset(multi, read, write, exceptional, max) as MultiCode,
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dropin_multi_waitfds(
    multi: *mut CURLM,
    fds: *mut curl_waitfd,
    size: c_uint,
    count: *mut c_uint,
) -> MultiCode {
    // SAFETY: the arguments are the application's.
    unsafe {
        match Handle::of(multi) {
            Handle::Both(multi) => multi.waitfds(fds, size, count),
            Handle::System(system) => match system.multi_waitfds {
                Some(waitfds) => waitfds(multi, fds, size, count),
                None => CURLMcode::CURLM_BAD_HANDLE as MultiCode,
            },
            Handle::Own => own::curl_multi_waitfds(multi, fds, size, count) as MultiCode,
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dropin_multi_timeout(multi: *mut CURLM, timeout_ms: *mut c_long) -> MultiCode {
    // SAFETY: the arguments are the application's.
    unsafe {
        match Handle::of(multi) {
            Handle::Both(multi) => {
                let code = (multi.library.multi_timeout)(multi.system, timeout_ms);
                if let Some(timeout_ms) = timeout_ms.as_mut().filter(|_| code == OK) {
                    *timeout_ms = multi.shorter(*timeout_ms);
                }
                code
            }
            Handle::System(system) => (system.multi_timeout)(multi, timeout_ms),
            Handle::Own => own::curl_multi_timeout(multi, timeout_ms) as MultiCode,
        }
    }
}

impl Multi {
    /// # Safety
    ///
    /// As for `curl_multi_poll`.
    unsafe fn wait(
        &self,
        wait: Wait,
        fds: *mut curl_waitfd,
        count: c_uint,
        timeout_ms: c_int,
        ready: *mut c_int,
    ) -> MultiCode {
        let Some(ours) = self.descriptor().filter(|_| timeout_ms >= 0) else {
            // SAFETY: guaranteed by the caller, see # Safety.
            return unsafe { wait(self.system, fds, count, timeout_ms, ready) };
        };
        let theirs: &mut [curl_waitfd] = match fds.is_null() {
            true => &mut [],
            // SAFETY: guaranteed by the caller, see # Safety.
            false => unsafe { std::slice::from_raw_parts_mut(fds, count as usize) },
        };
        let mut all = Vec::with_capacity(theirs.len() + 1);
        all.extend_from_slice(theirs);
        all.push(readable(ours));
        let timeout = c_int::try_from(self.shorter(timeout_ms.into())).unwrap_or(timeout_ms);
        // SAFETY: as above; as many entries as are said.
        let code = unsafe { wait(self.system, all.as_mut_ptr(), all.len() as c_uint, timeout, ready) };
        for (to, from) in theirs.iter_mut().zip(all) {
            to.revents = from.revents;
        }
        code
    }

    /// # Safety
    ///
    /// As for `curl_multi_waitfds`.
    unsafe fn waitfds(&self, fds: *mut curl_waitfd, size: c_uint, count: *mut c_uint) -> MultiCode {
        if fds.is_null() && (size > 0 || count.is_null()) {
            return CURLMcode::CURLM_BAD_FUNCTION_ARGUMENT as MultiCode;
        }
        let mut all = match self.their_waitfds() {
            Ok(theirs) => theirs,
            Err(code) => return code,
        };
        all.extend(self.descriptor().map(readable));
        for (index, entry) in all.iter().enumerate().take(size as usize) {
            // SAFETY: `size` entries: guaranteed by the caller, see # Safety.
            unsafe { fds.add(index).write(*entry) };
        }
        // SAFETY: as above.
        if let Some(count) = unsafe { count.as_mut() } {
            *count = all.len() as c_uint;
        }
        match !fds.is_null() && all.len() > size as usize {
            true => CURLMcode::CURLM_OUT_OF_MEMORY as MultiCode,
            false => OK,
        }
    }

    fn their_waitfds(&self) -> Result<Vec<curl_waitfd>, MultiCode> {
        let Some(waitfds) = self.library.multi_waitfds else {
            return self.fdset_as_waitfds();
        };
        let mut count = 0;
        // SAFETY: a handle of the system's; as many entries as there is room for.
        unsafe {
            let code = waitfds(self.system, std::ptr::null_mut(), 0, &raw mut count);
            if code != OK {
                return Err(code);
            }
            let mut all = vec![readable(-1); count as usize];
            let code = waitfds(self.system, all.as_mut_ptr(), count, &raw mut count);
            all.truncate(count as usize);
            if code == OK { Ok(all) } else { Err(code) }
        }
    }

    /// For a version without `curl_multi_waitfds`.
    fn fdset_as_waitfds(&self) -> Result<Vec<curl_waitfd>, MultiCode> {
        // SAFETY: sets of this function's, for which zero is a value, and descriptors below the highest.
        unsafe {
            let [mut read, mut write, mut exceptional]: [fd_set; 3] = std::mem::zeroed();
            let mut max = -1;
            let code = (self.library.multi_fdset)(
                self.system,
                &raw mut read,
                &raw mut write,
                &raw mut exceptional,
                &raw mut max,
            );
            if code != OK {
                return Err(code);
            }
            let events = |fd| {
                let bit = |set: &fd_set, bit: c_int| if libc::FD_ISSET(fd, set) { bit } else { 0 };
                bit(&read, CURL_WAIT_POLLIN) | bit(&write, CURL_WAIT_POLLOUT) | bit(&exceptional, CURL_WAIT_POLLPRI)
            };
            let all = (0..=max).map(|fd| (fd, events(fd))).filter(|(_, events)| *events != 0);
            Ok(all
                .map(|(fd, events)| curl_waitfd {
                    fd,
                    events: events as i16,
                    revents: 0,
                })
                .collect())
        }
    }

    /// The descriptor that stands for all of ours, as long as a transfer of ours is running.
    fn descriptor(&self) -> Option<c_int> {
        let twin = self.twin()?;
        if self.own_count(CURLMinfo_offt::CURLMINFO_XFERS_RUNNING) == 0 {
            return None;
        }
        // SAFETY: a handle of ours.
        unsafe { twin::multi_descriptor(twin) }
    }

    /// The shorter one of `timeout_ms`, -1 for none, and our time.
    fn shorter(&self, timeout_ms: c_long) -> c_long {
        let Some(twin) = self.twin() else { return timeout_ms };
        let mut ours: c_long = -1;
        // SAFETY: a handle of ours and room for the answer.
        unsafe { own::curl_multi_timeout(twin, &raw mut ours) };
        match (timeout_ms, ours) {
            (time, -1) => time,
            (-1, ours) => ours,
            (time, ours) => time.min(ours),
        }
    }
}

fn readable(fd: c_int) -> curl_waitfd {
    curl_waitfd {
        fd,
        events: CURL_WAIT_POLLIN as i16,
        revents: 0,
    }
}
