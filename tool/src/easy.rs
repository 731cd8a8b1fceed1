//! An easy handle, through the C interface alone: all `unsafe` of the tool is here.

use std::ffi::{CStr, CString, c_char, c_int, c_long, c_void};
use std::os::fd::{BorrowedFd, RawFd};
use std::ptr::{null, null_mut};
use std::time::Duration;

use wscurl::abi::easy::{curl_easy_cleanup, curl_easy_init, curl_easy_perform};
use wscurl::abi::getinfo::curl_easy_getinfo;
use wscurl::abi::setopt::curl_easy_setopt;
use wscurl::abi::slist::{curl_slist_append, curl_slist_free_all};
use wscurl::abi::strerror::curl_easy_strerror;
use wscurl::abi::ws::{curl_ws_close, curl_ws_recv, curl_ws_send};
use wscurl::types::codes::CURLcode;
use wscurl::types::info::CURLINFO;
use wscurl::types::limits::CURL_ERROR_SIZE;
use wscurl::types::option::CURLoption;
use wscurl::types::structs::{CURL, curl_infotype, curl_off_t, curl_slist, curl_ws_frame};

/// What went wrong: curl's code, and the text of the error buffer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Error {
    pub(crate) code: CURLcode,
    pub(crate) message: String,
}

/// Told what happens on the connection, and asked whether to go on.
pub(crate) trait Observer {
    /// A line of verbose output, or bytes of the connection.
    fn debug(&mut self, kind: curl_infotype, bytes: &[u8]);
    /// A line of the response head. `false` ends the transfer.
    fn header(&mut self, line: &[u8]) -> bool;
    /// Whether connecting is to be given up.
    fn is_interrupted(&self) -> bool;
}

/// An easy handle.
pub(crate) struct Easy {
    curl: *mut CURL,
    lists: Vec<*mut curl_slist>,
    error: Box<[c_char; CURL_ERROR_SIZE as usize]>,
    /// behind two pointers, so that C's is a plain one
    observer: Box<Box<dyn Observer>>,
}

impl Easy {
    pub(crate) fn new(observer: Box<dyn Observer>) -> Easy {
        let mut easy = Easy {
            curl: curl_easy_init(),
            lists: Vec::new(),
            error: Box::new([0; CURL_ERROR_SIZE as usize]),
            observer: Box::new(observer),
        };
        let error = easy.error.as_mut_ptr();
        let observer: *mut Box<dyn Observer> = &raw mut *easy.observer;
        let functions: [(CURLoption, *mut c_void); 4] = [
            (CURLoption::CURLOPT_ERRORBUFFER, error.cast()),
            (CURLoption::CURLOPT_DEBUGFUNCTION, debug as *mut c_void),
            (CURLoption::CURLOPT_HEADERFUNCTION, header as *mut c_void),
            (CURLoption::CURLOPT_XFERINFOFUNCTION, progress as *mut c_void),
        ];
        let data = [
            CURLoption::CURLOPT_DEBUGDATA,
            CURLoption::CURLOPT_HEADERDATA,
            CURLoption::CURLOPT_XFERINFODATA,
        ];
        for (option, value) in functions
            .into_iter()
            .chain(data.map(|option| (option, observer.cast())))
        {
            easy.set(option, value).expect("options without conditions");
        }
        easy
    }

    // ---- options

    pub(crate) fn set_long(&mut self, option: CURLoption, value: c_long) -> Result<(), Error> {
        self.set(option, value as *mut c_void)
    }

    pub(crate) fn set_text(&mut self, option: CURLoption, value: impl Into<Vec<u8>>) -> Result<(), Error> {
        let value = c_string(value)?;
        self.set(option, value.as_ptr().cast_mut().cast())
    }

    pub(crate) fn set_list(&mut self, option: CURLoption, lines: &[String]) -> Result<(), Error> {
        let mut list = null_mut();
        for line in lines {
            let line = c_string(line.as_bytes())?;
            // SAFETY: `list` is NULL or one that this function has made, `line` ends with NUL.
            list = unsafe { curl_slist_append(list, line.as_ptr()) };
        }
        self.lists.push(list);
        self.set(option, list.cast())
    }

    fn set(&mut self, option: CURLoption, value: *mut c_void) -> Result<(), Error> {
        // SAFETY: a live handle; each caller passes what the option's man page asks for, which lives as long as the handle or
        // is copied.
        let code = unsafe { curl_easy_setopt(self.curl, option as u32, value) };
        self.check(code)
    }

    // ---- the connection

    /// Connects.
    pub(crate) fn perform(&mut self) -> Result<(), Error> {
        // SAFETY: a live handle whose pointers to data are valid: `lists`, `error` and `observer` live in the same object.
        let code = unsafe { curl_easy_perform(self.curl) };
        self.check(code)
    }

    /// Receives a piece of a frame. `None` if nothing is there.
    pub(crate) fn receive(&mut self, buffer: &mut [u8]) -> Result<Option<(usize, curl_ws_frame)>, Error> {
        let (mut count, mut frame) = (0, null::<curl_ws_frame>());
        // SAFETY: a live handle, a buffer of that length, and places for the answers.
        let code = unsafe {
            curl_ws_recv(
                self.curl,
                buffer.as_mut_ptr().cast(),
                buffer.len(),
                &raw mut count,
                &raw mut frame,
            )
        };
        if code == CURLcode::CURLE_AGAIN {
            return Ok(None);
        }
        self.check(code)?;
        // SAFETY: after success it points to a frame that belongs to the handle until its next call.
        Ok(Some((count, unsafe { *frame })))
    }

    /// Sends as much of a frame as the socket takes. What is left is to be sent in the same way.
    pub(crate) fn send(&mut self, bytes: &[u8], flags: c_int) -> Result<Sent, Error> {
        let mut count = 0;
        // SAFETY: a live handle, bytes of that length, and a place for the answer.
        let code = unsafe {
            curl_ws_send(
                self.curl,
                bytes.as_ptr().cast(),
                bytes.len(),
                &raw mut count,
                0,
                flags.cast_unsigned(),
            )
        };
        let blocked = code == CURLcode::CURLE_AGAIN;
        if !blocked {
            self.check(code)?;
        }
        Ok(Sent {
            count,
            is_blocked: blocked || count < bytes.len(),
        })
    }

    pub(crate) fn close(&mut self, code: u32, reason: &str) -> Result<(), Error> {
        // SAFETY: a live handle, and text of that length.
        let code = unsafe { curl_ws_close(self.curl, code, reason.as_ptr().cast(), reason.len()) };
        self.check(code)
    }

    /// The socket of the open connection.
    pub(crate) fn socket(&self) -> Option<BorrowedFd<'_>> {
        let mut fd: RawFd = -1;
        // SAFETY: a live handle; this info's answer is a `curl_socket_t`, which is an int.
        let code =
            unsafe { curl_easy_getinfo(self.curl, CURLINFO::CURLINFO_ACTIVESOCKET as u32, (&raw mut fd).cast()) };
        // SAFETY: the library keeps it open while the handle has its connection, and every call that could close it borrows
        // `self` mutably.
        (code == CURLcode::CURLE_OK && fd >= 0).then(|| unsafe { BorrowedFd::borrow_raw(fd) })
    }

    // ---- infos

    pub(crate) fn long(&self, info: CURLINFO) -> c_long {
        let mut answer: c_long = 0;
        // SAFETY: a live handle; callers ask for infos whose answer is a long.
        unsafe { curl_easy_getinfo(self.curl, info as u32, (&raw mut answer).cast()) };
        answer
    }

    pub(crate) fn microseconds(&self, info: CURLINFO) -> Duration {
        let mut answer: curl_off_t = 0;
        // SAFETY: a live handle; callers ask for infos whose answer is a curl_off_t.
        unsafe { curl_easy_getinfo(self.curl, info as u32, (&raw mut answer).cast()) };
        Duration::from_micros(answer.try_into().unwrap_or_default())
    }

    pub(crate) fn text(&self, info: CURLINFO) -> Option<String> {
        let mut answer: *const c_char = null();
        // SAFETY: a live handle; callers ask for infos whose answer is a string.
        unsafe { curl_easy_getinfo(self.curl, info as u32, (&raw mut answer).cast()) };
        // SAFETY: NULL, or a string that belongs to the handle and lives until its next transfer.
        (!answer.is_null()).then(|| unsafe { CStr::from_ptr(answer) }.to_string_lossy().into_owned())
    }

    fn check(&mut self, code: CURLcode) -> Result<(), Error> {
        if code == CURLcode::CURLE_OK {
            return Ok(());
        }
        // SAFETY: the library ends the text with NUL, and the array was made of NULs.
        let message = unsafe { CStr::from_ptr(self.error.as_ptr()) }
            .to_string_lossy()
            .into_owned();
        Err(match message.is_empty() {
            false => Error { code, message },
            true => Error::new(code),
        })
    }
}

impl Drop for Easy {
    fn drop(&mut self) {
        // SAFETY: a live handle, which nothing uses afterwards; then nothing uses its lists.
        unsafe {
            curl_easy_cleanup(self.curl);
            self.lists.iter().for_each(|list| curl_slist_free_all(*list));
        }
    }
}

/// What [`Easy::send`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sent {
    /// bytes that need not be given again
    pub(crate) count: usize,
    /// the rest has to wait for the socket
    pub(crate) is_blocked: bool,
}

impl Error {
    /// The error with curl's general text for it.
    pub(crate) fn new(code: CURLcode) -> Error {
        // SAFETY: the function returns a constant string for every number.
        let text = unsafe { CStr::from_ptr(curl_easy_strerror(code as u32)) };
        Error {
            code,
            message: text.to_string_lossy().into_owned(),
        }
    }

    pub(crate) fn with_message(code: CURLcode, message: impl Into<String>) -> Error {
        Error {
            code,
            message: message.into(),
        }
    }
}

fn c_string(bytes: impl Into<Vec<u8>>) -> Result<CString, Error> {
    CString::new(bytes)
        .map_err(|_| Error::with_message(CURLcode::CURLE_BAD_FUNCTION_ARGUMENT, "NUL inside an argument"))
}

// ---- callbacks

extern "C-unwind" fn debug(
    _: *mut CURL,
    kind: curl_infotype,
    data: *mut c_char,
    size: usize,
    observer: *mut c_void,
) -> c_int {
    // SAFETY: DEBUGDATA is the handle's observer, which nothing else borrows inside a call; `data` has `size` bytes.
    let (observer, bytes) = unsafe { (&mut *observer.cast::<Box<dyn Observer>>(), slice(data, size)) };
    observer.debug(kind, bytes);
    0
}

extern "C-unwind" fn header(data: *mut c_char, size: usize, count: usize, observer: *mut c_void) -> usize {
    // SAFETY: as in `debug`, with HEADERDATA.
    let (observer, line) = unsafe { (&mut *observer.cast::<Box<dyn Observer>>(), slice(data, size * count)) };
    if observer.header(line) { line.len() } else { 0 }
}

extern "C-unwind" fn progress(
    observer: *mut c_void,
    _: curl_off_t,
    _: curl_off_t,
    _: curl_off_t,
    _: curl_off_t,
) -> c_int {
    // SAFETY: as in `debug`, with XFERINFODATA.
    let observer = unsafe { &*observer.cast::<Box<dyn Observer>>() };
    observer.is_interrupted().into()
}

/// # Safety
/// `data` holds `size` bytes that stay as they are as long as the result is used; it may be NULL if `size` is 0.
unsafe fn slice<'a>(data: *const c_char, size: usize) -> &'a [u8] {
    match size {
        0 => &[],
        // SAFETY: guaranteed by the caller.
        _ => unsafe { std::slice::from_raw_parts(data.cast(), size) },
    }
}
