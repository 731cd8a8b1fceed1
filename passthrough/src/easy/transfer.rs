//! Transfers and what is known of them: each call goes to the side that runs the transfer, or ran the last one.

use std::ffi::{c_char, c_int, c_uint, c_void};

use libc::size_t;
use wscurl::abi::{easy as own, getinfo, headers};
use wscurl::types::codes::CURLcode;
use wscurl::types::info::CURLINFO;
use wscurl::types::structs::{CURL, curl_header};

use super::{Easy, Handle, Runner};
use crate::{Code, Side, options};

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dropin_easy_perform(curl: *mut CURL) -> Code {
    // SAFETY: the arguments are the application's.
    unsafe {
        match Handle::of(curl) {
            Handle::Both(easy) => easy.perform(),
            Handle::System(system) => (system.easy_perform)(curl),
            Handle::Own => own::curl_easy_perform(curl) as Code,
        }
    }
}

impl Easy {
    fn perform(&self) -> Code {
        let side = match self.membership.driver() {
            // Both sides refuse a handle that is in a multi handle.
            Some(_) => self.membership.side.get(),
            None => {
                let side = self.choose();
                self.begin(side);
                side
            }
        };
        // SAFETY: a handle of that side's.
        let code = unsafe {
            match side {
                Side::System => (self.library.easy_perform)(self.system),
                Side::Own => own::curl_easy_perform(self.twin) as Code,
            }
        };
        self.finish();
        code
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dropin_easy_pause(curl: *mut CURL, bitmask: c_int) -> Code {
    // SAFETY: the arguments are the application's.
    unsafe {
        match Handle::of(curl).runner(curl) {
            Runner::System(system) => (system.easy_pause)(curl, bitmask),
            Runner::Own(twin) => own::curl_easy_pause(twin, bitmask) as Code,
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dropin_easy_send(
    curl: *mut CURL,
    buffer: *const c_void,
    length: size_t,
    n: *mut size_t,
) -> Code {
    // SAFETY: the arguments are the application's.
    unsafe {
        match Handle::of(curl).runner(curl) {
            Runner::System(system) => (system.easy_send)(curl, buffer, length, n),
            Runner::Own(twin) => own::curl_easy_send(twin, buffer, length, n) as Code,
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dropin_easy_recv(
    curl: *mut CURL,
    buffer: *mut c_void,
    length: size_t,
    n: *mut size_t,
) -> Code {
    // SAFETY: the arguments are the application's.
    unsafe {
        match Handle::of(curl).runner(curl) {
            Runner::System(system) => (system.easy_recv)(curl, buffer, length, n),
            Runner::Own(twin) => own::curl_easy_recv(twin, buffer, length, n) as Code,
        }
    }
}

/// Both sides may have a connection open.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dropin_easy_upkeep(curl: *mut CURL) -> Code {
    // SAFETY: the arguments are the application's.
    unsafe {
        match Handle::of(curl) {
            Handle::Both(easy) => {
                let ours = own::curl_easy_upkeep(easy.twin) as Code;
                let theirs = (easy.library.easy_upkeep)(curl);
                if ours == CURLcode::CURLE_OK as Code {
                    theirs
                } else {
                    ours
                }
            }
            Handle::System(system) => (system.easy_upkeep)(curl),
            Handle::Own => own::curl_easy_upkeep(curl) as Code,
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dropin_easy_getinfo(curl: *mut CURL, info: c_uint, argument: *mut c_void) -> Code {
    const COOKIES: c_uint = CURLINFO::CURLINFO_COOKIELIST as c_uint;
    const ENGINES: c_uint = CURLINFO::CURLINFO_SSL_ENGINES as c_uint;
    // SAFETY: the arguments are the application's.
    unsafe {
        let runner = match Handle::of(curl) {
            // Kept at the system's side.
            Handle::Both(easy) if matches!(info, COOKIES | ENGINES) => Runner::System(easy.library),
            Handle::Both(easy) if options::is_own_info(info) => Runner::Own(easy.twin),
            handle => handle.runner(curl),
        };
        match runner {
            Runner::System(system) => (system.easy_getinfo)(curl, info, argument),
            Runner::Own(twin) => getinfo::curl_easy_getinfo(twin, info, argument) as Code,
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dropin_easy_header(
    curl: *mut CURL,
    name: *const c_char,
    index: size_t,
    origin: c_uint,
    request: c_int,
    header: *mut *mut curl_header,
) -> c_uint {
    // SAFETY: the arguments are the application's.
    unsafe {
        match Handle::of(curl).runner(curl) {
            Runner::System(system) => (system.easy_header)(curl, name, index, origin, request, header),
            Runner::Own(twin) => headers::curl_easy_header(twin, name, index, origin, request, header) as c_uint,
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dropin_easy_nextheader(
    curl: *mut CURL,
    origin: c_uint,
    request: c_int,
    previous: *mut curl_header,
) -> *mut curl_header {
    // SAFETY: the arguments are the application's.
    unsafe {
        match Handle::of(curl).runner(curl) {
            Runner::System(system) => (system.easy_nextheader)(curl, origin, request, previous),
            Runner::Own(twin) => headers::curl_easy_nextheader(twin, origin, request, previous),
        }
    }
}
