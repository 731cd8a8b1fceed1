//! `curl_easy_setopt`: both sides get each option.
//!
//! The transfer may go to either side, so the system's answer counts. What ours has refused fails a WebSocket transfer when
//! it begins, with the option's name.

use std::ffi::{CStr, CString, c_void};
use std::ptr::null_mut;

use wscurl::abi::{setopt as own, twin};
use wscurl::types::codes::CURLcode;
use wscurl::types::option::CURLoption::*;
use wscurl::types::structs::CURL;

use super::{Easy, Handle};
use crate::{Code, options};

const OK: Code = CURLcode::CURLE_OK as Code;

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn dropin_easy_setopt(curl: *mut CURL, option: u32, argument: *mut c_void) -> Code {
    // SAFETY: the arguments are the application's; an argument is always of the size of a pointer.
    unsafe {
        match Handle::of(curl) {
            Handle::Both(easy) => easy.set(option, argument),
            Handle::System(system) => (system.easy_setopt)(curl, option, argument),
            Handle::Own => own::curl_easy_setopt(curl, option, argument) as Code,
        }
    }
}

impl Easy {
    /// # Safety
    ///
    /// `argument` is of the option's type.
    unsafe fn set(&self, option: u32, argument: *mut c_void) -> Code {
        // SAFETY: guaranteed by the caller, see # Safety.
        unsafe {
            if options::is_own(option) {
                return own::curl_easy_setopt(self.twin, option, argument) as Code;
            }
            let theirs = (self.library.easy_setopt)(self.system, option, argument);
            if self.belongs_to_system(option, argument) {
                return theirs;
            }
            let ours = twin::set_option(self.twin, option, argument);
            let theirs = match theirs {
                UNSUPPORTED if ours.is_ok() => self.allow_others(option, argument.cast()),
                other => other,
            };
            if theirs == OK {
                self.remember(option, argument);
                self.note(option, ours);
            }
            theirs
        }
    }

    /// Whether ours is not told of an option: what it points to is the system's, or what it is about is kept there.
    fn belongs_to_system(&self, option: u32, argument: *mut c_void) -> bool {
        const SHARE: u32 = CURLOPT_SHARE as u32;
        const HANDLE: u32 = CURLOPT_CURLU as u32;
        const COOKIE_FILE: u32 = CURLOPT_COOKIEFILE as u32;
        const COOKIE_JAR: u32 = CURLOPT_COOKIEJAR as u32;
        const COOKIE_LIST: u32 = CURLOPT_COOKIELIST as u32;
        const COOKIE_SESSION: u32 = CURLOPT_COOKIESESSION as u32;
        match option {
            HANDLE => self.target.handle.set(argument.cast()),
            SHARE | COOKIE_FILE | COOKIE_JAR | COOKIE_LIST if !argument.is_null() => self.has_cookies.set(true),
            SHARE | COOKIE_FILE | COOKIE_JAR | COOKIE_LIST | COOKIE_SESSION => {}
            _ => return false,
        }
        true
    }

    /// # Safety
    ///
    /// `argument` is of the option's type.
    unsafe fn remember(&self, option: u32, argument: *mut c_void) {
        let field = match option {
            URL => &self.target.url,
            DEFAULT_PROTOCOL => &self.target.default_protocol,
            _ => return,
        };
        let text = match argument.is_null() {
            true => None,
            // SAFETY: a string: guaranteed by the caller, see # Safety.
            false => Some(unsafe { CStr::from_ptr(argument.cast()) }.to_owned()),
        };
        field.replace(text);
        if option == URL {
            self.target.lent.set(false);
        }
    }

    /// `CURLOPT_PROTOCOLS_STR` for a system's libcurl that does not know `ws` and `wss`: it gets the others.
    ///
    /// # Safety
    ///
    /// `list` is NULL or a string.
    unsafe fn allow_others(&self, option: u32, list: *const std::ffi::c_char) -> Code {
        let as_bits = match option {
            PROTOCOLS => CURLOPT_PROTOCOLS,
            REDIR_PROTOCOLS => CURLOPT_REDIR_PROTOCOLS,
            _ => return UNSUPPORTED,
        };
        if list.is_null() {
            return UNSUPPORTED;
        }
        // SAFETY: guaranteed by the caller, see # Safety.
        let list = unsafe { CStr::from_ptr(list) }.to_bytes();
        let is_other = |name: &&[u8]| !name.eq_ignore_ascii_case(b"ws") && !name.eq_ignore_ascii_case(b"wss");
        let others: Vec<&[u8]> = list.split(|byte| *byte == b',').filter(is_other).collect();
        if others.is_empty() {
            // None at all can only be said with bits.
            // SAFETY: a handle of the system's, a number.
            return unsafe { (self.library.easy_setopt)(self.system, as_bits as u32, null_mut::<c_void>()) };
        }
        match CString::new(others.join(&b","[..])) {
            // SAFETY: a handle of the system's, a string.
            Ok(others) => unsafe { (self.library.easy_setopt)(self.system, option, others.as_ptr()) },
            Err(_) => UNSUPPORTED,
        }
    }
}

const URL: u32 = CURLOPT_URL as u32;
const DEFAULT_PROTOCOL: u32 = CURLOPT_DEFAULT_PROTOCOL as u32;
const PROTOCOLS: u32 = CURLOPT_PROTOCOLS_STR as u32;
const REDIR_PROTOCOLS: u32 = CURLOPT_REDIR_PROTOCOLS_STR as u32;
const UNSUPPORTED: Code = CURLcode::CURLE_UNSUPPORTED_PROTOCOL as Code;
