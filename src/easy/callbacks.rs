//! The only place that calls the application. No cell of the handle is borrowed while it runs.

use std::ffi::{c_char, c_int, c_void};
use std::io;
use std::net::SocketAddr;
use std::os::fd::{FromRawFd, IntoRawFd, OwnedFd, RawFd};

use libc::size_t;

use super::{Easy, c_string};
use crate::error::{Error, Result};
use crate::net::dial::Configured;
use crate::net::socket::{Address, Socket};
use crate::open::WantedCallbacks;
use crate::trace::TraceLine;
use crate::types::callbacks::*;
use crate::types::codes::CURLcode;
use crate::types::limits::CURL_ERROR_SIZE;
use crate::types::structs::{curl_infotype, curl_sockaddr, curlsocktype};

unsafe extern "C" {
    static stdout: *mut libc::FILE;
    static stdin: *mut libc::FILE;
    static stderr: *mut libc::FILE;
}

/// What a write or header callback made of its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// all taken
    Taken,
    /// give them again later
    Pause,
}

/// The other end of a connection and ours, where they are known.
type Ends = (Option<SocketAddr>, Option<SocketAddr>);

/// What the read callback gave.
pub enum Read {
    /// so many bytes, 0 for the end
    Data(usize),
    /// not now
    Pause,
}

/// What the application has callbacks for.
pub fn wanted(easy: &Easy) -> WantedCallbacks {
    let options = easy.options().borrow();
    let callbacks = &options.callbacks;
    WantedCallbacks {
        resolve: callbacks.resolver_start.is_some(),
        // Ends a step before TLS begins, which needs another lock of the share than names do.
        open_socket: callbacks.opensocket.is_some() || easy.share.borrow().is_some(),
        configure_socket: callbacks.sockopt.is_some(),
        permission: callbacks.prereq.is_some(),
        header: options.header || callbacks.header.is_some() || !callbacks.header_data.is_null(),
        opened: callbacks.ws_open.is_some(),
    }
}

/// `CURLOPT_WRITEFUNCTION`, or `fwrite` where there is none.
pub fn write(easy: &Easy, bytes: &[u8]) -> Result<Written> {
    let (function, data) = {
        let options = easy.options().borrow();
        (options.callbacks.write, options.callbacks.write_data)
    };
    write_to(easy, function, data, bytes)
}

/// `CURLOPT_HEADERFUNCTION`; without it, but with `CURLOPT_HEADERDATA`, the write function gets the line.
/// `CURLOPT_HEADER` sends it to the write callback as well.
pub fn header(easy: &Easy, line: &[u8]) -> Result<Written> {
    let (function, data, shown) = {
        let options = easy.options().borrow();
        let callbacks = &options.callbacks;
        let function = callbacks.header.or(callbacks.write);
        let wanted = callbacks.header.is_some() || !callbacks.header_data.is_null();
        (wanted.then_some(function), callbacks.header_data, options.header)
    };
    if shown && write(easy, line)? == Written::Pause {
        return Ok(Written::Pause);
    }
    match function {
        Some(function) => write_to(easy, function, data, line),
        None => Ok(Written::Taken),
    }
}

fn write_to(easy: &Easy, function: curl_write_callback, data: *mut c_void, bytes: &[u8]) -> Result<Written> {
    let taken = {
        let _call = easy.calls().enter_callback();
        let start = bytes.as_ptr().cast_mut().cast::<c_char>();
        match function {
            // SAFETY: the application's function, called as CURLOPT_WRITEFUNCTION(3) promises; the bytes are lent for
            // the call and only the C type lacks the const.
            Some(function) => unsafe { function(start, 1, bytes.len(), data) },
            None => {
                // SAFETY: without a function of its own the application gave a FILE or nothing, which is stdout.
                unsafe {
                    let file = if data.is_null() { stdout } else { data.cast() };
                    libc::fwrite(start.cast(), 1, bytes.len(), file)
                }
            }
        }
    };
    if taken == bytes.len() {
        return Ok(Written::Taken);
    }
    if taken == CURL_WRITEFUNC_PAUSE as size_t {
        return Ok(Written::Pause);
    }
    Err(Error::new(
        CURLcode::CURLE_WRITE_ERROR,
        format!(
            "Failure writing output to destination: the callback took {} of {} bytes",
            taken as isize,
            bytes.len()
        ),
    ))
}

/// `CURLOPT_READFUNCTION`, or `fread` where there is none.
pub fn read(easy: &Easy, buffer: &mut [u8]) -> Result<Read> {
    let (function, data) = {
        let options = easy.options().borrow();
        (options.callbacks.read, options.callbacks.read_data)
    };
    let count = {
        let _call = easy.calls().enter_callback();
        let start = buffer.as_mut_ptr();
        match function {
            // SAFETY: the application's function, with room for as many bytes as it is told.
            Some(function) => unsafe { function(start.cast(), 1, buffer.len(), data) },
            None => {
                // SAFETY: without a function of its own the application gave a FILE or nothing, which is stdin.
                unsafe {
                    let file = if data.is_null() { stdin } else { data.cast() };
                    libc::fread(start.cast(), 1, buffer.len(), file)
                }
            }
        }
    };
    if count == CURL_READFUNC_PAUSE as size_t {
        return Ok(Read::Pause);
    }
    if count == CURL_READFUNC_ABORT as size_t {
        return Err(Error::new(
            CURLcode::CURLE_ABORTED_BY_CALLBACK,
            "operation aborted by the read callback",
        ));
    }
    if count > buffer.len() {
        return Err(Error::new(
            CURLcode::CURLE_READ_ERROR,
            format!("the read callback claims {count} bytes in a buffer of {}", buffer.len()),
        ));
    }
    Ok(Read::Data(count))
}

/// `CURLOPT_XFERINFOFUNCTION` or `CURLOPT_PROGRESSFUNCTION`, unless `CURLOPT_NOPROGRESS` is on. `count` tells how much was
/// downloaded and uploaded.
pub fn progress(easy: &Easy, count: impl FnOnce() -> (u64, u64)) -> Result<()> {
    let callbacks = {
        let options = easy.options().borrow();
        if options.no_progress {
            return Ok(());
        }
        (
            options.callbacks.xferinfo,
            options.callbacks.progress,
            options.callbacks.progress_data,
        )
    };
    let (downloaded, uploaded) = count();
    let _call = easy.calls().enter_callback();
    let answer = match callbacks {
        // SAFETY: the application's function and its data, as it set them.
        (Some(function), _, data) => unsafe { function(data, 0, downloaded as i64, 0, uploaded as i64) },
        // SAFETY: as above.
        (None, Some(function), data) => unsafe { function(data, 0.0, downloaded as f64, 0.0, uploaded as f64) },
        (None, None, _) => return Ok(()),
    };
    if answer == 0 || answer == CURL_PROGRESSFUNC_CONTINUE as c_int {
        return Ok(());
    }
    Err(Error::new(
        CURLcode::CURLE_ABORTED_BY_CALLBACK,
        "Callback aborted: the progress callback ended the transfer",
    ))
}

/// `CURLOPT_DEBUGFUNCTION`, or lines on `CURLOPT_STDERR`.
pub fn debug(easy: &Easy, line: &TraceLine) {
    let (function, data, file) = {
        let options = easy.options().borrow();
        if !options.verbose {
            return;
        }
        (options.callbacks.debug, options.callbacks.debug_data, options.stderr)
    };
    match function {
        Some(function) => {
            let _call = easy.calls().enter_callback();
            let start = line.bytes.as_ptr().cast_mut().cast::<c_char>();
            // SAFETY: the application's function; the bytes are lent for the call. Its result means nothing.
            unsafe { function(easy.as_curl(), line.kind, start, line.bytes.len(), data) };
        }
        None => print_line(line, file),
    }
}

/// The lines that `curl -v` shows: text, and the heads of request and response.
fn print_line(line: &TraceLine, file: *mut libc::FILE) {
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
    // SAFETY: the application's FILE, or the process's stderr.
    unsafe {
        let file = if file.is_null() { stderr } else { file };
        libc::fwrite(shown.as_ptr().cast(), 1, shown.len(), file);
    }
}

/// `CURLOPT_RESOLVER_START_FUNCTION`
pub fn resolver_start(easy: &Easy) -> Result<()> {
    let (function, data) = {
        let options = easy.options().borrow();
        (options.callbacks.resolver_start, options.callbacks.resolver_start_data)
    };
    let Some(function) = function else {
        return Ok(());
    };
    let _call = easy.calls().enter_callback();
    // SAFETY: the application's function; there is no resolver state to show.
    match unsafe { function(std::ptr::null_mut(), std::ptr::null_mut(), data) } {
        0 => Ok(()),
        _ => Err(Error::new(
            CURLcode::CURLE_ABORTED_BY_CALLBACK,
            "operation aborted by the resolver start callback",
        )),
    }
}

/// A curl_sockaddr with room for every address family.
#[repr(C)]
struct SocketAddress {
    head: curl_sockaddr,
    more: [u8; 112],
}

/// `CURLOPT_OPENSOCKETFUNCTION`, or a socket of our own. `None` when the application refuses.
/// The application may have changed the address.
pub fn open_socket(easy: &Easy, address: &Address) -> io::Result<Option<(Socket, Address)>> {
    let (function, data) = {
        let options = easy.options().borrow();
        (options.callbacks.opensocket, options.callbacks.opensocket_data)
    };
    let Some(function) = function else {
        return Ok(Some((Socket::open(address)?, address.clone())));
    };
    let sockaddr = address.to_sockaddr()?;
    // SAFETY: plain integers and bytes, for which zero is a value.
    let mut shown: SocketAddress = unsafe { std::mem::zeroed() };
    shown.head.family = c_int::from(address.family().as_raw());
    shown.head.socktype = libc::SOCK_STREAM | libc::SOCK_CLOEXEC;
    shown.head.protocol = match address {
        Address::Inet(_) => libc::IPPROTO_TCP,
        Address::Unix(_) | Address::Abstract(_) => 0,
    };
    shown.head.addrlen = sockaddr.len() as u32;
    // SAFETY: a sockaddr_un, the longest of them, is 110 bytes; `addr` and `more` together are 128.
    unsafe {
        let start = std::ptr::addr_of_mut!(shown)
            .cast::<u8>()
            .add(std::mem::offset_of!(curl_sockaddr, addr));
        std::ptr::copy_nonoverlapping(sockaddr.as_ptr(), start, sockaddr.len());
    }
    let fd = {
        let _call = easy.calls().enter_callback();
        let pointer = std::ptr::addr_of_mut!(shown).cast();
        // SAFETY: the application's function; the address is lent for the call.
        unsafe { function(data, curlsocktype::CURLSOCKTYPE_IPCXN, pointer) }
    };
    if fd < 0 {
        return Ok(None);
    }
    let length = (shown.head.addrlen as usize).min(128);
    // SAFETY: at most as many bytes as the struct has from `addr` on, all initialised.
    let bytes = unsafe {
        let start = std::ptr::addr_of!(shown)
            .cast::<u8>()
            .add(std::mem::offset_of!(curl_sockaddr, addr));
        std::slice::from_raw_parts(start, length)
    };
    let changed = Address::from_sockaddr(bytes).unwrap_or_else(|| address.clone());
    // SAFETY: the application gives the descriptor away by returning it (CURLOPT_OPENSOCKETFUNCTION(3)).
    let owned = unsafe { OwnedFd::from_raw_fd(fd) };
    Ok(Some((Socket::adopt(owned)?, changed)))
}

/// `CURLOPT_SOCKOPTFUNCTION`
pub fn configure_socket(easy: &Easy, fd: RawFd) -> Configured {
    let (function, data) = {
        let options = easy.options().borrow();
        (options.callbacks.sockopt, options.callbacks.sockopt_data)
    };
    let Some(function) = function else {
        return Configured::Ok;
    };
    let _call = easy.calls().enter_callback();
    // SAFETY: the application's function and data, and an open descriptor.
    match unsafe { function(data, fd, curlsocktype::CURLSOCKTYPE_IPCXN) } as i64 {
        answer if answer == i64::from(CURL_SOCKOPT_OK) => Configured::Ok,
        answer if answer == i64::from(CURL_SOCKOPT_ALREADY_CONNECTED) => Configured::AlreadyConnected,
        _ => Configured::Abort,
    }
}

/// `CURLOPT_CLOSESOCKETFUNCTION`, or `close`.
pub fn close_socket(easy: &Easy, socket: Socket) {
    let (function, data) = {
        let options = easy.options().borrow();
        (options.callbacks.closesocket, options.callbacks.closesocket_data)
    };
    if let Some(function) = function {
        let _call = easy.calls().enter_callback();
        // SAFETY: the application's function; the descriptor is its to close now.
        unsafe { function(data, socket.into_fd().into_raw_fd()) };
    }
}

/// `CURLOPT_PREREQFUNCTION`: may the request be sent? `ends` tells the other end of the connection, and ours.
pub fn permission(easy: &Easy, ends: impl FnOnce() -> Option<Ends>) -> bool {
    let (function, data) = {
        let options = easy.options().borrow();
        (options.callbacks.prereq, options.callbacks.prereq_data)
    };
    let Some(function) = function else {
        return true;
    };
    let (primary, local) = ends().unwrap_or_default();
    let ip = |end: Option<SocketAddr>| c_string(end.map(|end| end.ip().to_string()).unwrap_or_default().as_bytes());
    let port = |end: Option<SocketAddr>| end.map_or(0, |end| c_int::from(end.port()));
    let (primary_ip, local_ip) = (ip(primary), ip(local));
    let _call = easy.calls().enter_callback();
    // SAFETY: the application's function; the strings are lent for the call.
    let answer = unsafe {
        function(
            data,
            primary_ip.as_ptr().cast_mut(),
            local_ip.as_ptr().cast_mut(),
            port(primary),
            port(local),
        )
    };
    answer as i64 == i64::from(CURL_PREREQFUNC_OK)
}

/// `CURLOPT_WS_OPENFUNCTION`: the WebSocket is open.
pub fn opened(easy: &Easy) -> Result<()> {
    let (function, data) = {
        let options = easy.options().borrow();
        (options.callbacks.ws_open, options.callbacks.ws_open_data)
    };
    let Some(function) = function else {
        return Ok(());
    };
    let _call = easy.calls().enter_callback();
    // SAFETY: the application's function and its data, as it set them.
    match unsafe { function(easy.as_curl(), data) } {
        0 => Ok(()),
        _ => Err(Error::new(
            CURLcode::CURLE_ABORTED_BY_CALLBACK,
            "operation aborted by the open callback",
        )),
    }
}

/// Writes `text`, cut where it is too long, to `CURLOPT_ERRORBUFFER`.
pub fn write_error_buffer(easy: &Easy, text: &str) {
    let Ok(options) = easy.options().try_borrow() else {
        return;
    };
    let buffer = options.error_buffer;
    if buffer.is_null() {
        return;
    }
    let text = c_string(text.as_bytes());
    let length = text.as_bytes().len().min(CURL_ERROR_SIZE as usize - 1);
    // SAFETY: the application gave CURL_ERROR_SIZE bytes (CURLOPT_ERRORBUFFER(3)).
    unsafe {
        std::ptr::copy_nonoverlapping(text.as_ptr(), buffer, length);
        *buffer.add(length) = 0;
    }
}
