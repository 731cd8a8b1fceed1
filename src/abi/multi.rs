//! The multi interface.

use std::ffi::{c_char, c_int, c_long, c_uint, c_void};
use std::ptr::null_mut;
use std::rc::Rc;

use libc::{fd_set, size_t};

use super::easy::store;
use crate::abi::enter::{self, MultiApi as Api};
use crate::abi::guard::guard;
use crate::abi::memory;
use crate::easy::Easy;
use crate::ffi::callback::Function;
use crate::ffi::handle::{self, LockError};
use crate::ffi::pointer::Pointer;
use crate::multi::options::Value;
use crate::multi::wait::Idle;
use crate::multi::{Multi, Outcome};
use crate::types::codes::CURLMcode;
use crate::types::multi::*;
use crate::types::raw::{RawMultiInfo, RawMultiOption};
use crate::types::structs::{CURL, CURLM, curl_off_t, curl_socket_t};

/// Makes a multi handle. NULL when there is no memory. It is freed with `curl_multi_cleanup`.
///
/// Several threads may use a multi handle and its easy handles: their calls come one after the other. While a call waits
/// (`curl_multi_poll`, `curl_multi_wait`) calls of other threads go on, and end the wait if there is something to run. While the
/// application is in a callback, other threads may do what the callback may, with the multi handle and with easy handles;
/// other calls on the multi handle wait until the callback has returned.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn curl_multi_init() -> *mut CURLM {
    guard(null_mut(), || Multi::new().map_or(null_mut(), |multi| multi.as_curlm()))
}

/// Adds an easy handle, whose transfer begins with the next call that drives. The easy handle stays the application's.
///
/// Returns `CURLM_ADDED_ALREADY` for a handle that is in a multi handle, `CURLM_BAD_EASY_HANDLE` for what is none.
///
/// # Safety
///
/// `multi` and `curl` are NULL or handles.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn curl_multi_add_handle(multi: *mut CURLM, curl: *mut CURL) -> CURLMcode {
    enter::multi(multi, Api::AddHandle, |multi| {
        // SAFETY: guaranteed by the caller, see # Safety.
        multi.add(unsafe { handle::lock_second::<Rc<Easy>>(curl) }.map_err(not_added)?)
    })
}

/// Takes an easy handle out, whatever its transfer is doing: its connection is closed. `CURLM_OK` also for a handle that is
/// in no multi handle.
///
/// # Safety
///
/// `multi` and `curl` are NULL or handles.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn curl_multi_remove_handle(multi: *mut CURLM, curl: *mut CURL) -> CURLMcode {
    enter::multi(multi, Api::RemoveHandle, |multi| {
        // SAFETY: guaranteed by the caller, see # Safety.
        let easy = unsafe { multi.place().follower::<Rc<Easy>>(curl) };
        match easy.map_err(|_| CURLMcode::CURLM_BAD_EASY_HANDLE)? {
            Some(easy) => multi.remove(easy),
            None => Ok(()),
        }
    })
}

/// Frees a multi handle. Easy handles that are still in it are taken out and stay the application's.
/// `CURLM_RECURSIVE_API_CALL` from inside a callback, and while a call of another thread on it has not returned.
///
/// # Safety
///
/// `multi` is NULL or a handle that nobody uses from now on.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn curl_multi_cleanup(multi: *mut CURLM) -> CURLMcode {
    let code = enter::multi(multi, Api::Cleanup, |multi| {
        multi.detach_all();
        Ok(())
    });
    if code == CURLMcode::CURLM_OK {
        enter::end_multi(multi);
    }
    code
}

/// Adds the descriptors to wait for to sets for `select`, without those that don't fit in; `*max` gets the highest one, -1
/// for none. The time to wait is told by `curl_multi_timeout`.
///
/// # Safety
///
/// `multi` is NULL or a handle, the other pointers are NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn curl_multi_fdset(
    multi: *mut CURLM,
    read: *mut fd_set,
    write: *mut fd_set,
    exc: *mut fd_set,
    max: *mut c_int,
) -> CURLMcode {
    let _ = exc;
    enter::multi(multi, Api::FdSet, |multi| {
        let mut highest = -1;
        let interests = multi.interests();
        for interest in interests
            .iter()
            .filter(|interest| (interest.fd as usize) < libc::FD_SETSIZE)
        {
            highest = highest.max(interest.fd);
            for (set, wanted) in [(read, interest.read), (write, interest.write)] {
                if wanted && !set.is_null() {
                    // SAFETY: a set of the caller's, and a descriptor that fits in.
                    unsafe { libc::FD_SET(interest.fd, set) };
                }
            }
        }
        // SAFETY: NULL or valid: guaranteed by the caller, see # Safety.
        unsafe { store(max, highest) };
        Ok(())
    })
}

/// Lists the descriptors to wait for; `*fd_count` gets how many there are. `CURLM_OUT_OF_MEMORY` if `size` are too few,
/// `CURLM_BAD_FUNCTION_ARGUMENT` without a list unless only the number is asked for.
///
/// # Safety
///
/// `multi` is NULL or a handle, `ufds` is NULL or has room for `size`, `fd_count` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn curl_multi_waitfds(
    multi: *mut CURLM,
    ufds: *mut curl_waitfd,
    size: c_uint,
    fd_count: *mut c_uint,
) -> CURLMcode {
    enter::multi(multi, Api::WaitFds, |multi| {
        if ufds.is_null() && (size > 0 || fd_count.is_null()) {
            return Err(CURLMcode::CURLM_BAD_FUNCTION_ARGUMENT);
        }
        let interests = multi.interests();
        for (index, interest) in interests.iter().enumerate().take(size as usize) {
            let read = if interest.read { CURL_WAIT_POLLIN } else { 0 };
            let write = if interest.write { CURL_WAIT_POLLOUT } else { 0 };
            let entry = curl_waitfd {
                fd: interest.fd,
                events: (read | write) as i16,
                revents: 0,
            };
            // SAFETY: within the array, whose size the caller guarantees.
            unsafe { ufds.add(index).write(entry) };
        }
        // SAFETY: NULL or valid: guaranteed by the caller, see # Safety.
        unsafe { store(fd_count, interests.len() as c_uint) };
        match !ufds.is_null() && interests.len() > size as usize {
            true => Err(CURLMcode::CURLM_OUT_OF_MEMORY),
            false => Ok(()),
        }
    })
}

/// Like `curl_multi_poll`, but returns at once when there is no descriptor at all to wait for.
///
/// # Safety
///
/// As for `curl_multi_poll`.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn curl_multi_wait(
    multi: *mut CURLM,
    fds: *mut curl_waitfd,
    count: c_uint,
    timeout_ms: c_int,
    ready: *mut c_int,
) -> CURLMcode {
    // SAFETY: guaranteed by the caller, see # Safety.
    enter::multi(multi, Api::Wait, |multi| unsafe {
        wait(multi, fds, count, timeout_ms, ready, Idle::Returns)
    })
}

/// Waits until something happens, on descriptors of the library's or on one of the `count` of the application's, until
/// `curl_multi_wakeup` is called, or until `timeout_ms` is over or a shorter time of the library's. A signal ends the wait.
/// `*ready` gets the number of descriptors with news.
///
/// Returns `CURLM_BAD_FUNCTION_ARGUMENT` for a negative time, `CURLM_UNRECOVERABLE_POLL` when the system refuses.
///
/// # Safety
///
/// `multi` is NULL or a handle, `fds` is NULL or holds `count` entries, `ready` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn curl_multi_poll(
    multi: *mut CURLM,
    fds: *mut curl_waitfd,
    count: c_uint,
    timeout_ms: c_int,
    ready: *mut c_int,
) -> CURLMcode {
    // SAFETY: guaranteed by the caller, see # Safety.
    enter::multi(multi, Api::Wait, |multi| unsafe {
        wait(multi, fds, count, timeout_ms, ready, Idle::Waits)
    })
}

/// Ends a `curl_multi_poll` or `curl_multi_wait` that is under way, or else the next one. From any thread.
///
/// # Safety
///
/// `multi` is NULL or a handle that isn't cleaned up meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn curl_multi_wakeup(multi: *mut CURLM) -> CURLMcode {
    guard(CURLMcode::CURLM_WAKEUP_FAILURE, || {
        // SAFETY: guaranteed by the caller, see # Safety. Of the object only the waker is used, which is made for several
        // threads and never changes.
        match unsafe { handle::find::<Rc<Multi>>(multi) } {
            Some(multi) => multi.wake().err().unwrap_or(CURLMcode::CURLM_OK),
            None => CURLMcode::CURLM_BAD_HANDLE,
        }
    })
}

/// Gives each transfer with something to do one turn, and never blocks. `*running` gets the number of transfers that are
/// not done.
///
/// # Safety
///
/// `multi` is NULL or a handle, `running` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn curl_multi_perform(multi: *mut CURLM, running: *mut c_int) -> CURLMcode {
    // SAFETY: guaranteed by the caller, see # Safety.
    unsafe { drive(multi, running, Multi::perform) }
}

/// The next message of a transfer that is done, NULL for none; `*queued` gets how many are left. The message is valid
/// until its easy handle is taken out or freed.
///
/// # Safety
///
/// `multi` is NULL or a handle, `queued` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn curl_multi_info_read(multi: *mut CURLM, queued: *mut c_int) -> *mut CURLMsg {
    let mut message = null_mut();
    let mut left = 0;
    enter::multi(multi, Api::InfoRead, |multi| {
        (message, left) = multi.read_message();
        Ok(())
    });
    // SAFETY: NULL or valid: guaranteed by the caller, see # Safety.
    unsafe { store(queued, c_int::try_from(left).unwrap_or(c_int::MAX)) };
    message
}

/// Gives a turn to the transfer that owns `fd`, to those whose time has come, and to those that something was done to. For
/// a time-out `fd` is `CURL_SOCKET_TIMEOUT`. `*running` gets the number of transfers that are not done.
///
/// # Safety
///
/// `multi` is NULL or a handle, `running` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn curl_multi_socket_action(
    multi: *mut CURLM,
    fd: curl_socket_t,
    events: c_int,
    running: *mut c_int,
) -> CURLMcode {
    // The socket itself knows best what is the case.
    let _ = events;
    // SAFETY: guaranteed by the caller, see # Safety.
    unsafe { drive(multi, running, |multi| multi.socket_action(fd)) }
}

/// `curl_multi_socket_action` of earlier versions.
///
/// # Safety
///
/// As for `curl_multi_socket_action`.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn curl_multi_socket(
    multi: *mut CURLM,
    fd: curl_socket_t,
    running: *mut c_int,
) -> CURLMcode {
    // SAFETY: guaranteed by the caller, see # Safety.
    unsafe { drive(multi, running, |multi| multi.socket_action(fd)) }
}

/// `curl_multi_perform` of earlier versions, for users of `CURLMOPT_SOCKETFUNCTION`.
///
/// # Safety
///
/// As for `curl_multi_perform`.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn curl_multi_socket_all(multi: *mut CURLM, running: *mut c_int) -> CURLMcode {
    // SAFETY: guaranteed by the caller, see # Safety.
    unsafe { drive(multi, running, Multi::socket_all) }
}

/// Milliseconds until a transfer must have its turn: 0 for at once, -1 for never.
///
/// # Safety
///
/// `multi` is NULL or a handle, `timeout_ms` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn curl_multi_timeout(multi: *mut CURLM, timeout_ms: *mut c_long) -> CURLMcode {
    enter::multi(multi, Api::Timeout, |multi| {
        // SAFETY: NULL or valid: guaranteed by the caller, see # Safety.
        unsafe { store(timeout_ms, multi.timeout()) };
        Ok(())
    })
}

/// Gives a descriptor a pointer, which the socket callback gets from then on. `CURLM_BAD_SOCKET` for an unknown one. May be
/// called from inside callbacks.
///
/// # Safety
///
/// `multi` is NULL or a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn curl_multi_assign(
    multi: *mut CURLM,
    fd: curl_socket_t,
    socketdata: *mut c_void,
) -> CURLMcode {
    enter::multi(multi, Api::Assign, |multi| multi.assign(fd, socketdata))
}

/// The easy handles in it, NULL at the end. The list is to be freed with `curl_free`. NULL when there is no memory. May be
/// called from inside callbacks.
///
/// # Safety
///
/// `multi` is NULL or a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn curl_multi_get_handles(multi: *mut CURLM) -> *mut *mut CURL {
    let mut list: *mut *mut CURL = null_mut();
    enter::multi(multi, Api::GetHandles, |multi| {
        let handles = multi.handles();
        list = memory::allocate((handles.len() + 1) * size_of::<*mut CURL>()).cast();
        if !list.is_null() {
            for (index, handle) in handles.into_iter().chain([null_mut()]).enumerate() {
                // SAFETY: new memory, for as many pointers and one more.
                unsafe { list.add(index).write(handle) };
            }
        }
        Ok(())
    });
    list
}

/// A number about its transfers. `CURLM_UNKNOWN_OPTION` and -1 for what is unknown. May be called from inside callbacks.
///
/// # Safety
///
/// `multi` is NULL or a handle, `value` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn curl_multi_get_offt(
    multi: *mut CURLM,
    info: RawMultiInfo,
    value: *mut curl_off_t,
) -> CURLMcode {
    enter::multi(multi, Api::GetOfft, |multi| {
        if value.is_null() {
            return Err(CURLMcode::CURLM_BAD_FUNCTION_ARGUMENT);
        }
        let count = CURLMinfo_offt::from_repr(info as usize).and_then(|what| multi.count(what));
        // SAFETY: not NULL and else valid: guaranteed by the caller, see # Safety.
        unsafe { store(value, count.unwrap_or(-1)) };
        count.map(|_| ()).ok_or(CURLMcode::CURLM_UNKNOWN_OPTION)
    })
}

/// Has `CURLMOPT_NOTIFYFUNCTION` called for a `CURLMNOTIFY_` kind of event. `CURLM_UNKNOWN_OPTION` for another. May be called
/// from inside callbacks.
///
/// # Safety
///
/// `multi` is NULL or a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn curl_multi_notify_enable(multi: *mut CURLM, notification: c_uint) -> CURLMcode {
    enter::multi(multi, Api::Notify, |multi| {
        multi.enable_notification(notification, true)
    })
}

/// Takes `curl_multi_notify_enable` back.
///
/// # Safety
///
/// `multi` is NULL or a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn curl_multi_notify_disable(multi: *mut CURLM, notification: c_uint) -> CURLMcode {
    enter::multi(multi, Api::Notify, |multi| {
        multi.enable_notification(notification, false)
    })
}

/// Sets an option of a multi handle.
///
/// # Safety
///
/// `multi` is NULL or a handle, and `argument` is of the option's type.
///
/// cbindgen:ignore
#[cfg_attr(not(variadics_on_stack), unsafe(no_mangle))]
#[cfg_attr(variadics_on_stack, unsafe(export_name = "wscurl_multi_setopt"))]
pub unsafe extern "C-unwind" fn curl_multi_setopt(
    multi: *mut CURLM,
    option: RawMultiOption,
    argument: *mut c_void,
) -> CURLMcode {
    enter::multi(multi, Api::SetOpt, |multi| {
        let known = CURLMoption::from_repr(option as usize).filter(|known| *known != CURLMoption::CURLMOPT_LASTENTRY);
        let option = known.ok_or(CURLMcode::CURLM_UNKNOWN_OPTION)?;
        // SAFETY: the caller guarantees the argument's type.
        multi.set(option, &unsafe { value(option, argument) })
    })
}

/// A header of a pushed stream: there are none over HTTP/1.1. NULL.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn curl_pushheader_bynum(headers: *mut curl_pushheaders, index: size_t) -> *mut c_char {
    let _ = (headers, index);
    null_mut()
}

/// A header of a pushed stream: there are none over HTTP/1.1. NULL.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn curl_pushheader_byname(headers: *mut curl_pushheaders, name: *const c_char) -> *mut c_char {
    let _ = (headers, name);
    null_mut()
}

fn not_added(error: LockError) -> CURLMcode {
    match error {
        LockError::Unknown => CURLMcode::CURLM_BAD_EASY_HANDLE,
        LockError::Follows => CURLMcode::CURLM_ADDED_ALREADY,
        LockError::Locked => CURLMcode::CURLM_RECURSIVE_API_CALL,
    }
}

/// # Safety
///
/// As for the C functions that drive.
unsafe fn drive(multi: *mut CURLM, running: *mut c_int, body: impl FnOnce(&Multi) -> Outcome) -> CURLMcode {
    enter::multi(multi, Api::Perform, |multi| {
        let result = body(multi);
        // SAFETY: NULL or valid: guaranteed by the caller, see # Safety.
        unsafe { store(running, c_int::try_from(multi.running()).unwrap_or(c_int::MAX)) };
        result
    })
}

/// # Safety
///
/// As for [`curl_multi_poll`].
unsafe fn wait(
    multi: &Multi,
    fds: *mut curl_waitfd,
    count: c_uint,
    timeout_ms: c_int,
    ready: *mut c_int,
    idle: Idle,
) -> Outcome {
    let extra: &mut [curl_waitfd] = match fds.is_null() || count == 0 {
        true => &mut [],
        // SAFETY: so many entries: guaranteed by the caller, see # Safety.
        false => unsafe { std::slice::from_raw_parts_mut(fds, count as usize) },
    };
    let found = multi.wait(extra, timeout_ms, idle);
    let total = found.map_or(0, |found| found.members + found.extra);
    // SAFETY: NULL or valid: guaranteed by the caller, see # Safety.
    unsafe { store(ready, c_int::try_from(total).unwrap_or(c_int::MAX)) };
    found.map(|_| ())
}

/// # Safety
///
/// `argument` is of the option's type.
unsafe fn value(option: CURLMoption, argument: *mut c_void) -> Value {
    // SAFETY: the caller guarantees the argument's type.
    unsafe {
        match option {
            CURLMoption::CURLMOPT_SOCKETFUNCTION => Value::Socket(Function::from_raw(argument)),
            CURLMoption::CURLMOPT_TIMERFUNCTION => Value::Timer(Function::from_raw(argument)),
            CURLMoption::CURLMOPT_NOTIFYFUNCTION => Value::Notify(Function::from_raw(argument)),
            CURLMoption::CURLMOPT_PUSHFUNCTION => Value::Unused,
            _ => match option as u32 {
                0..10_000 => Value::Number(argument as i64),
                10_000..20_000 => Value::Pointer(Pointer::from_raw(argument)),
                _ => Value::Unused,
            },
        }
    }
}
