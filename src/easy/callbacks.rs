//! The only place that calls the application. No cell of the handle is borrowed while it runs.

use std::ffi::c_int;
use std::io;
use std::net::SocketAddr;
use std::os::fd::RawFd;

use super::Easy;
use crate::error::{Error, Result};
use crate::ffi::c_string;
use crate::ffi::callback::Callback;
use crate::ffi::callback::easy::Write;
use crate::ffi::stdio::File;
use crate::net::dial::Configured;
use crate::net::socket::{Address, Socket};
use crate::open::WantedCallbacks;
use crate::trace::TraceLine;
use crate::types::callbacks::*;
use crate::types::codes::CURLcode;
use crate::types::structs::curl_infotype;

/// What a write or header callback made of its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// all taken
    Taken,
    /// give them again later
    Pause,
}

/// The other end of a connection and ours, where they are known.
type Ends = (Option<SocketAddr>, Option<SocketAddr>);

/// What the read callback gave.
pub(crate) enum Read {
    /// so many bytes, 0 for the end
    Data(usize),
    /// not now
    Pause,
}

/// What the application has callbacks for.
pub(crate) fn wanted(easy: &Easy) -> WantedCallbacks {
    let options = easy.options().borrow();
    let callbacks = &options.callbacks;
    WantedCallbacks {
        resolve: callbacks.resolver_start.is_set(),
        // Ends a step before TLS begins, which needs another lock of the share than names do.
        open_socket: callbacks.opensocket.is_set() || easy.sources.has_share(),
        configure_socket: callbacks.sockopt.is_set(),
        permission: callbacks.prereq.is_set(),
        header: options.header || callbacks.header.is_set() || !callbacks.header.data.is_null(),
        opened: callbacks.ws_open.is_set(),
    }
}

/// `CURLOPT_WRITEFUNCTION`, or `fwrite` where there is none.
pub(crate) fn write(easy: &Easy, bytes: &[u8]) -> Result<Written> {
    let callback = easy.options().borrow().callbacks.write;
    write_to(easy, callback, bytes)
}

/// `CURLOPT_HEADERFUNCTION`; without it, but with `CURLOPT_HEADERDATA`, the write function gets the line.
/// `CURLOPT_HEADER` sends it to the write callback as well.
pub(crate) fn header(easy: &Easy, line: &[u8]) -> Result<Written> {
    let (write, header, both) = {
        let options = easy.options().borrow();
        (options.callbacks.write, options.callbacks.header, options.header)
    };
    if both && write_to(easy, write, line)? == Written::Pause {
        return Ok(Written::Pause);
    }
    if header.is_set() {
        write_to(easy, header, line)
    } else if !header.data.is_null() {
        let function = write.function;
        write_to(easy, Callback { function, ..header }, line)
    } else {
        Ok(Written::Taken)
    }
}

fn write_to(easy: &Easy, callback: Callback<Write>, bytes: &[u8]) -> Result<Written> {
    let taken = easy.calls().outside(|| callback.call(bytes));
    if taken == bytes.len() {
        return Ok(Written::Taken);
    }
    if taken == CURL_WRITEFUNC_PAUSE as usize {
        return Ok(Written::Pause);
    }
    Err(Error::new(
        CURLcode::CURLE_WRITE_ERROR,
        format!("the callback took {} of {} bytes", taken as isize, bytes.len()),
    ))
}

/// `CURLOPT_READFUNCTION`, or `fread` where there is none.
pub(crate) fn read(easy: &Easy, buffer: &mut [u8]) -> Result<Read> {
    let callback = easy.options().borrow().callbacks.read;
    let count = easy.calls().outside(|| callback.call(buffer));
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

/// `CURLOPT_XFERINFOFUNCTION` or `CURLOPT_PROGRESSFUNCTION`, unless `CURLOPT_NOPROGRESS` is on. `count` tells how much was
/// downloaded and uploaded.
pub(crate) fn progress(easy: &Easy, count: impl FnOnce() -> (u64, u64)) -> Result<()> {
    let (xferinfo, progress) = {
        let options = easy.options().borrow();
        if options.no_progress {
            return Ok(());
        }
        (options.callbacks.xferinfo, options.callbacks.progress)
    };
    if !xferinfo.is_set() && !progress.is_set() {
        return Ok(());
    }
    let (downloaded, uploaded) = count();
    let answer = easy.calls().outside(|| {
        let answer = xferinfo.call(downloaded, uploaded);
        answer.or_else(|| progress.call(downloaded, uploaded))
    });
    match answer {
        None | Some(0 | CURL_PROGRESSFUNC_CONTINUE) => Ok(()),
        Some(_) => Err(aborted("Callback aborted: the progress callback ended the transfer")),
    }
}

/// `CURLOPT_DEBUGFUNCTION`, or lines on `CURLOPT_STDERR`.
pub(crate) fn debug(easy: &Easy, line: &TraceLine) {
    let (callback, file) = {
        let options = easy.options().borrow();
        if !options.verbose {
            return;
        }
        (options.callbacks.debug, options.stderr)
    };
    if callback.is_set() {
        easy.calls()
            .outside(|| callback.call(easy.as_curl(), line.kind, &line.bytes));
    } else {
        print_line(line, file);
    }
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

/// `CURLOPT_RESOLVER_START_FUNCTION`
pub(crate) fn resolver_start(easy: &Easy) -> Result<()> {
    let callback = easy.options().borrow().callbacks.resolver_start;
    match easy.calls().outside(|| callback.call()) {
        None | Some(0) => Ok(()),
        Some(_) => Err(aborted("operation aborted by the resolver start callback")),
    }
}

/// `CURLOPT_OPENSOCKETFUNCTION`, or a socket of our own. `None` when the application refuses.
/// The application may have changed the address.
pub(crate) fn open_socket(easy: &Easy, address: &Address) -> io::Result<Option<(Socket, Address)>> {
    let callback = easy.options().borrow().callbacks.opensocket;
    if !callback.is_set() {
        return Ok(Some((Socket::open(address)?, address.clone())));
    }
    let family = c_int::from(address.family().as_raw());
    let protocol = match address {
        Address::Inet(_) => libc::IPPROTO_TCP,
        Address::Unix(_) | Address::Abstract(_) => 0,
    };
    let sockaddr = address.to_sockaddr()?;
    let opened = easy.calls().outside(|| callback.call(family, protocol, &sockaddr));
    let Some((fd, sockaddr)) = opened else {
        return Ok(None);
    };
    let address = Address::from_sockaddr(&sockaddr).unwrap_or_else(|| address.clone());
    Ok(Some((Socket::adopt(fd)?, address)))
}

/// `CURLOPT_SOCKOPTFUNCTION`
pub(crate) fn configure_socket(easy: &Easy, fd: RawFd) -> Configured {
    let callback = easy.options().borrow().callbacks.sockopt;
    match easy.calls().outside(|| callback.call(fd)) {
        None | Some(CURL_SOCKOPT_OK) => Configured::Ok,
        Some(CURL_SOCKOPT_ALREADY_CONNECTED) => Configured::AlreadyConnected,
        Some(_) => Configured::Abort,
    }
}

/// `CURLOPT_CLOSESOCKETFUNCTION`. Without one the socket closes its descriptor, if the application hasn't.
pub(crate) fn close_socket(easy: &Easy, socket: Socket) {
    let callback = easy.options().borrow().callbacks.closesocket;
    if callback.is_set() {
        easy.calls().outside(|| callback.call(socket.into_fd()));
    }
}

/// `CURLOPT_PREREQFUNCTION`: may the request be sent? `ends` tells the other end of the connection, and ours.
pub(crate) fn permission(easy: &Easy, ends: impl FnOnce() -> Option<Ends>) -> bool {
    let callback = easy.options().borrow().callbacks.prereq;
    if !callback.is_set() {
        return true;
    }
    let (primary, local) = ends().unwrap_or_default();
    let ip = |end: Option<SocketAddr>| c_string(end.map(|end| end.ip().to_string()).unwrap_or_default().as_bytes());
    let port = |end: Option<SocketAddr>| end.map_or(0, |end| end.port());
    let (primary_ip, local_ip) = (ip(primary), ip(local));
    let ends = ((&*primary_ip, port(primary)), (&*local_ip, port(local)));
    let answer = easy.calls().outside(|| callback.call(ends.0, ends.1));
    matches!(answer, None | Some(CURL_PREREQFUNC_OK))
}

/// `CURLOPT_WS_OPENFUNCTION`: the WebSocket is open.
pub(crate) fn opened(easy: &Easy) -> Result<()> {
    let callback = easy.options().borrow().callbacks.ws_open;
    match easy.calls().outside(|| callback.call(easy.as_curl())) {
        None | Some(0) => Ok(()),
        Some(_) => Err(aborted("operation aborted by the open callback")),
    }
}

/// Writes `text` to `CURLOPT_ERRORBUFFER`.
pub(crate) fn write_error_buffer(easy: &Easy, text: &str) {
    if let Ok(options) = easy.options().try_borrow() {
        options.error_buffer.write(text);
    }
}

fn aborted(text: &'static str) -> Error {
    Error::new(CURLcode::CURLE_ABORTED_BY_CALLBACK, text)
}
