//! The application: its options, its callbacks, and its calls that have not returned. Nothing else calls it.
//!
//! No cell of the handle may be borrowed while a callback runs.

use std::cell::{Cell, RefCell};
use std::ffi::{CStr, CString, c_int};
use std::io;
use std::net::SocketAddr;
use std::os::fd::RawFd;
use std::ptr::null_mut;
use std::time::Duration;

use super::calls::CallStack;
use super::options::Options;
use crate::error::{Error, Result};
use crate::ffi::callback::easy::{HstsHost, HstsReadAnswer, Write};
use crate::ffi::callback::{Callback, Line, Signature};
use crate::ffi::stdio::File;
use crate::net::address::Address;
use crate::net::dial::Configured;
use crate::net::socket::Socket;
use crate::open::{Remembered, WantedCallbacks};
use crate::trace::{Trace, TraceLine};
use crate::types::callbacks::*;
use crate::types::codes::{CURLSTScode, CURLcode};
use crate::types::hsts::curl_index;
use crate::types::raw::RawStsCode;
use crate::types::structs::{CURL, curl_infotype};

/// A progress callback is called at least this often.
pub(crate) const PROGRESS_INTERVAL: Duration = Duration::from_secs(1);

/// The answer of the write or header callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// it has taken all bytes
    Taken,
    /// give it the same bytes again later
    Pause,
}

/// The peer's and the local end of a connection.
type Ends = (End, End);

/// One end of a connection, empty if it is not known.
#[derive(Default)]
pub(crate) struct End {
    ip: CString,
    port: u16,
}

impl End {
    pub(crate) fn new(ip: &CStr, address: Option<SocketAddr>) -> End {
        End {
            ip: ip.to_owned(),
            port: address.map_or(0, |address| address.port()),
        }
    }
}

/// The answer of the read callback.
pub(crate) enum Read {
    /// the number of bytes, 0 at the end
    Data(usize),
    /// it has no bytes now
    Pause,
}

/// What belongs to the application.
pub(crate) struct Application {
    calls: CallStack,
    options: RefCell<Options>,
    /// what it calls the handle if that is not the handle's own address, else NULL
    alias: Cell<*mut CURL>,
}

impl Application {
    pub(super) fn new(options: Options) -> Application {
        Application {
            calls: CallStack::default(),
            options: RefCell::new(options),
            alias: Cell::new(null_mut()),
        }
    }

    /// The options. Not to be borrowed while a callback runs.
    pub(crate) fn options(&self) -> &RefCell<Options> {
        &self.options
    }

    /// The calls that have not returned.
    #[inline]
    pub(crate) fn calls(&self) -> &CallStack {
        &self.calls
    }

    /// Its pointer to the handle.
    pub(crate) fn as_curl(&self) -> *mut CURL {
        match self.alias.get() {
            alias if alias.is_null() => self.calls.place().as_ptr(),
            alias => alias,
        }
    }

    /// From now on it knows the handle by `alias`.
    pub(super) fn set_alias(&self, alias: *mut CURL) {
        self.alias.set(alias);
    }

    /// Whether the progress callback wants to be called.
    #[inline]
    pub(crate) fn wants_progress(&self) -> bool {
        let options = self.options.borrow();
        !options.no_progress && (options.callbacks.xferinfo.is_set() || options.callbacks.progress.is_set())
    }

    /// The callbacks that there are, of the application alone. `is_shared`: the handle uses a share.
    pub(super) fn wanted_callbacks(&self, is_shared: bool) -> WantedCallbacks {
        let options = self.options.borrow();
        let callbacks = &options.callbacks;
        WantedCallbacks {
            resolve: callbacks.resolver_start.is_set(),
            // Ends a step before TLS begins, which needs another lock of the share than names do.
            open_socket: callbacks.opensocket.is_set() || is_shared,
            configure_socket: callbacks.sockopt.is_set(),
            permission: callbacks.prereq.is_set(),
            header: options.header || callbacks.header.is_set() || !callbacks.header.data.is_null(),
            remembered: Remembered::default(),
        }
    }

    /// `CURLOPT_WRITEFUNCTION`, or `fwrite` where there is none.
    pub(crate) fn write(&self, bytes: &[u8]) -> Result<Written> {
        let callback = self.options.borrow().callbacks.write;
        let taken = self.calls.outside(|| callback.call(bytes));
        written(taken, bytes.len())
    }

    /// `CURLOPT_HEADERFUNCTION`; without it, but with `CURLOPT_HEADERDATA`, the write function gets the line.
    /// `CURLOPT_HEADER` sends it to the write callback as well.
    pub(crate) fn header(&self, line: &Line) -> Result<Written> {
        let (write, header, both) = {
            let options = self.options.borrow();
            (options.callbacks.write, options.callbacks.header, options.header)
        };
        if both && self.write_line(write, line)? == Written::Pause {
            return Ok(Written::Pause);
        }
        if header.is_set() {
            self.write_line(header, line)
        } else if !header.data.is_null() {
            let function = write.function;
            self.write_line(Callback { function, ..header }, line)
        } else {
            Ok(Written::Taken)
        }
    }

    fn write_line(&self, callback: Callback<Write>, line: &Line) -> Result<Written> {
        let taken = self.calls.outside(|| callback.call_with_line(line));
        written(taken, line.len())
    }

    /// `CURLOPT_READFUNCTION`, or `fread` where there is none.
    pub(crate) fn read(&self, buffer: &mut [u8]) -> Result<Read> {
        let callback = self.options.borrow().callbacks.read;
        let count = self.calls.outside(|| callback.call(buffer));
        if count == CURL_READFUNC_PAUSE as usize {
            return Ok(Read::Pause);
        }
        if count == CURL_READFUNC_ABORT as usize {
            return Err(aborted("operation aborted by the read callback"));
        }
        if count > buffer.len() {
            return Err(Error::new(
                CURLcode::CURLE_READ_ERROR,
                format!("the read callback claims {count} bytes in a buffer of {}", buffer.len()),
            ));
        }
        Ok(Read::Data(count))
    }

    /// `CURLOPT_XFERINFOFUNCTION` or `CURLOPT_PROGRESSFUNCTION`, unless `CURLOPT_NOPROGRESS` is on. `count` returns the bytes
    /// that were downloaded and uploaded.
    pub(crate) fn progress(&self, count: impl FnOnce() -> (u64, u64)) -> Result<()> {
        let (xferinfo, progress) = {
            let options = self.options.borrow();
            if options.no_progress {
                return Ok(());
            }
            (options.callbacks.xferinfo, options.callbacks.progress)
        };
        if !xferinfo.is_set() && !progress.is_set() {
            return Ok(());
        }
        let (downloaded, uploaded) = count();
        let answer = self.calls.outside(|| {
            let answer = xferinfo.call(downloaded, uploaded);
            answer.or_else(|| progress.call(downloaded, uploaded))
        });
        match answer {
            None | Some(0 | CURL_PROGRESSFUNC_CONTINUE) => Ok(()),
            Some(_) => Err(aborted("Callback aborted: the progress callback ended the transfer")),
        }
    }

    /// `CURLOPT_DEBUGFUNCTION`, or lines on `CURLOPT_STDERR`.
    pub(crate) fn debug(&self, line: TraceLine) {
        let (callback, file) = {
            let options = self.options.borrow();
            if !options.verbose {
                return;
            }
            (options.callbacks.debug, options.stderr)
        };
        self.calls.outside(|| match callback.is_set() {
            true => callback.call(self.as_curl(), line.kind, &Line::new(line.bytes)),
            false => print_line(&line, file),
        });
    }

    /// `CURLOPT_RESOLVER_START_FUNCTION`
    pub(super) fn resolver_start(&self) -> Result<()> {
        let callback = self.options.borrow().callbacks.resolver_start;
        match self.call(callback, |callback| callback.call()) {
            None | Some(0) => Ok(()),
            Some(_) => Err(aborted("operation aborted by the resolver start callback")),
        }
    }

    /// `CURLOPT_OPENSOCKETFUNCTION`, or a socket of this library. `None` when the application refuses.
    /// The application may have changed the address.
    pub(crate) fn open_socket(&self, address: &Address) -> io::Result<Option<(Socket, Address)>> {
        let callback = self.options.borrow().callbacks.opensocket;
        if !callback.is_set() {
            return Ok(Some((Socket::open(address)?, address.clone())));
        }
        let family = c_int::from(address.family().as_raw());
        let protocol = match address {
            Address::Inet(_) => libc::IPPROTO_TCP,
            Address::Unix(_) | Address::Abstract(_) => 0,
        };
        let sockaddr = address.to_sockaddr()?;
        let opened = self.calls.outside(|| callback.call(family, protocol, &sockaddr));
        let Some((fd, sockaddr)) = opened else {
            return Ok(None);
        };
        let address = Address::from_sockaddr(&sockaddr).unwrap_or_else(|| address.clone());
        Ok(Some((Socket::adopt(fd)?, address)))
    }

    /// `CURLOPT_SOCKOPTFUNCTION`
    pub(crate) fn configure_socket(&self, fd: RawFd) -> Configured {
        let callback = self.options.borrow().callbacks.sockopt;
        match self.call(callback, |callback| callback.call(fd)) {
            None | Some(CURL_SOCKOPT_OK) => Configured::Ok,
            Some(CURL_SOCKOPT_ALREADY_CONNECTED) => Configured::AlreadyConnected,
            Some(_) => Configured::Abort,
        }
    }

    /// `CURLOPT_CLOSESOCKETFUNCTION`. Without one the socket is closed here, unless the application has closed it.
    pub(super) fn close_socket(&self, socket: Socket) {
        let callback = self.options.borrow().callbacks.closesocket;
        if callback.is_set() {
            self.calls.outside(|| callback.call(socket.into_fd()));
        }
    }

    /// `CURLOPT_PREREQFUNCTION`: may the request be sent? `ends` returns the addresses of the connection.
    pub(crate) fn permission(&self, ends: impl FnOnce() -> Option<Ends>) -> bool {
        let callback = self.options.borrow().callbacks.prereq;
        if !callback.is_set() {
            return true;
        }
        let (primary, local) = ends().unwrap_or_default();
        let answer = self
            .calls
            .outside(|| callback.call((&primary.ip, primary.port), (&local.ip, local.port)));
        matches!(answer, None | Some(CURL_PREREQFUNC_OK))
    }

    /// `CURLOPT_WS_OPENFUNCTION`: the WebSocket is open.
    pub(crate) fn opened(&self) -> Result<()> {
        let callback = self.options.borrow().callbacks.ws_open;
        match self.call(callback, |callback| callback.call(self.as_curl())) {
            None | Some(0) => Ok(()),
            Some(_) => Err(aborted("operation aborted by the open callback")),
        }
    }

    /// A line of verbose output; `text` is asked for it only if somebody will see it.
    pub(super) fn debug_text(&self, text: impl FnOnce() -> String) {
        let mut trace = Trace::new(self.options.borrow().verbose);
        trace.text(text);
        if let Some(line) = trace.pop() {
            self.debug(line);
        }
    }

    /// `CURLOPT_HSTSREADFUNCTION`: the next host; `None` without a function.
    pub(super) fn read_hsts(&self) -> Option<HstsReadAnswer> {
        let callback = self.options.borrow().callbacks.hsts_read;
        self.call(callback, |callback| callback.call(self.as_curl()))
    }

    /// `CURLOPT_HSTSWRITEFUNCTION`: whether to go on with the next host.
    pub(super) fn write_hsts(&self, host: HstsHost<'_>, place: curl_index) -> bool {
        let callback = self.options.borrow().callbacks.hsts_write;
        let answer = self.call(callback, |callback| callback.call(self.as_curl(), host, place));
        answer == Some(CURLSTScode::CURLSTS_OK as RawStsCode)
    }

    /// Calls the application's function, if there is one: only then the lock is free meanwhile.
    fn call<S: Signature, T>(&self, callback: Callback<S>, call: impl FnOnce(Callback<S>) -> Option<T>) -> Option<T> {
        match callback.is_set() {
            true => self.calls.outside(|| call(callback)),
            false => None,
        }
    }

    /// Writes `text` to `CURLOPT_ERRORBUFFER`.
    pub(super) fn write_error_buffer(&self, text: &str) {
        if let Ok(options) = self.options.try_borrow() {
            options.error_buffer.write(text);
        }
    }
}

/// The answer of the write or header callback, which was given `length` bytes.
fn written(taken: usize, length: usize) -> Result<Written> {
    if taken == length {
        return Ok(Written::Taken);
    }
    if taken == CURL_WRITEFUNC_PAUSE as usize {
        return Ok(Written::Pause);
    }
    Err(Error::new(
        CURLcode::CURLE_WRITE_ERROR,
        format!("the callback took {} of {length} bytes", taken as isize),
    ))
}

/// The lines that `curl -v` shows: text, and the heads of request and response.
fn print_line(line: &TraceLine, file: File) {
    let prefix: &[u8] = match line.kind {
        curl_infotype::CURLINFO_TEXT => b"* ",
        curl_infotype::CURLINFO_HEADER_IN => b"< ",
        curl_infotype::CURLINFO_HEADER_OUT => b"> ",
        _ => return,
    };
    let mut shown = Vec::with_capacity(line.bytes.len() + 64);
    for text in line.bytes.split_inclusive(|&byte| byte == b'\n') {
        shown.extend_from_slice(prefix);
        shown.extend_from_slice(text);
    }
    file.write(&shown);
}

fn aborted(text: &'static str) -> Error {
    Error::new(CURLcode::CURLE_ABORTED_BY_CALLBACK, text)
}
