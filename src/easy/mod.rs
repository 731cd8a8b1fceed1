//! The easy handle: options, one transfer, and the loop that drives it.
//!
//! An application may call back into the same handle from inside any of its callbacks, so a handle is only ever borrowed
//! shared, its state sits in cells by concern, and no cell is borrowed while the application runs.
//!
//! | file | what |
//! |---|---|
//! | [`options`], [`info`] | what was set, what can be asked |
//! | [`calls`] | which call may come inside which other |
//! | [`start`] | options as the plan of a transfer |
//! | [`drive`] | asks the transfer what to do, and does it |
//! | [`callbacks`] | the only place that calls the application |
//! | [`perform`] | `curl_easy_perform`: drives and waits |
//! | [`link`] | what a handle knows of its multi handle |
//! | [`resources`], [`context`] | what transfers use: from a share, from a multi handle, or the handle's own |
//! | [`websocket`] | `curl_ws_send`, `curl_ws_recv` and the like |
//! | [`messages`], [`waiting`] | whole messages, `curl_ws_poll` |

#![forbid(unsafe_code)]

pub(crate) mod callbacks;
pub(crate) mod calls;
mod context;
pub(crate) mod drive;
pub(crate) mod info;
pub(crate) mod link;
pub(crate) mod messages;
pub(crate) mod options;
pub(crate) mod perform;
mod proxy;
pub(crate) mod resources;
pub(crate) mod start;
pub(crate) mod waiting;
pub(crate) mod websocket;

use std::cell::{Cell, OnceCell, RefCell};
use std::os::fd::RawFd;
use std::ptr::null_mut;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use crate::error::{Error, Result};
use crate::ffi::handle;
use crate::ffi::unwind::Panic;
use crate::io::fallible;
use crate::net::socket::Socket;
use crate::open::Context;
use crate::share::{Held, Share};
use crate::transfer::Transfer;
use crate::transfer::info::TransferInfo;
use crate::types::codes::CURLcode;
use crate::types::share::curl_lock_data;
use crate::types::structs::{CURL, curl_header, curl_ws_frame};
use calls::{Api, Call, CallStack};
use context::Sources;
use info::Info;
use link::{MultiDriver, MultiLink};
use messages::Inbox;
use options::Options;

/// An easy handle. What every event looks at lies together: among thousands of handles it is in no cache.
#[repr(C)]
pub(crate) struct Easy {
    calls: CallStack,
    transfer: RefCell<Option<Box<Transfer>>>,
    /// the multi handle that drives it
    link: MultiLink,
    options: RefCell<Options>,
    /// what `curl_ws_recv` and `curl_ws_meta` point at
    frame: Cell<curl_ws_frame>,
    /// `frame` describes the chunk of the write callback that is running
    frame_shown: Cell<bool>,
    /// what the application knows this handle by
    address: Cell<*mut CURL>,
    info: RefCell<Info>,
    /// what `curl_ws_recv_message` points at
    inbox: RefCell<Option<Box<Inbox>>>,
    /// where the read callback puts its bytes, while there are more to come
    upload: RefCell<Vec<u8>>,
    /// what `curl_easy_header` points at
    header: OnceCell<Box<Cell<curl_header>>>,
    sources: Sources,
    transfers_begun: Cell<i64>,
}

impl Easy {
    /// A new handle with default options, registered under a pointer of its own.
    pub(crate) fn new() -> Rc<Easy> {
        Easy::with_options(Options::default())
    }

    /// A new handle with a copy of this one's options (`curl_easy_duphandle`).
    pub(crate) fn duplicate(&self) -> Result<Rc<Easy>> {
        let options = self.options.borrow();
        fallible::check(options.size())?;
        Ok(Easy::with_options(options.clone()))
    }

    fn with_options(options: Options) -> Rc<Easy> {
        let easy = Rc::new(Easy {
            calls: CallStack::default(),
            transfer: RefCell::new(None),
            link: MultiLink::default(),
            options: RefCell::new(options),
            frame: Cell::new(curl_ws_frame::default()),
            frame_shown: Cell::new(false),
            address: Cell::new(null_mut()),
            info: RefCell::new(Info::default()),
            inbox: RefCell::new(None),
            upload: RefCell::new(Vec::new()),
            header: OnceCell::new(),
            sources: Sources::default(),
            transfers_begun: Cell::new(0),
        });
        easy.address.set(handle::register(Rc::clone(&easy)));
        easy
    }

    /// The options. Not to be borrowed while the application is called.
    pub(crate) fn options(&self) -> &RefCell<Options> {
        &self.options
    }

    /// What is known about the last transfer outside of it.
    pub(crate) fn info(&self) -> &RefCell<Info> {
        &self.info
    }

    /// What is known about the last transfer, brought up to date.
    pub(crate) fn with_transfer_info<T>(&self, body: impl FnOnce(&TransferInfo) -> T) -> T {
        let now = Instant::now();
        if let Ok(mut transfer) = self.transfer.try_borrow_mut()
            && let Some(transfer) = &mut *transfer
        {
            return body(transfer.info(now));
        }
        match &self.info.borrow().past {
            Some(info) => body(info),
            None => body(&TransferInfo::new(now)),
        }
    }

    /// Whether there is a transfer, running or with its connection open.
    pub(crate) fn has_transfer(&self) -> bool {
        self.transfer.try_borrow().map_or(true, |transfer| transfer.is_some())
    }

    /// Which calls are under way.
    pub(crate) fn calls(&self) -> &CallStack {
        &self.calls
    }

    /// The descriptor of the open connection.
    pub(crate) fn active_socket(&self) -> Option<RawFd> {
        let transfer = self.transfer.try_borrow().ok()?;
        transfer.as_ref()?.active_fd()
    }

    /// Resets the options, keeps the connection and what was learned (`curl_easy_reset`).
    pub(crate) fn reset(&self) {
        *self.options.borrow_mut() = Options::default();
        *self.info.borrow_mut() = Info::default();
        self.with_transfer(Transfer::forget_headers);
        self.options_changed();
    }

    /// Writes an error's text to the application's error buffer, and passes its code on.
    pub(crate) fn report(&self, error: &Error) -> CURLcode {
        // Nothing has failed when a call is to be made again later.
        if error.code() != CURLcode::CURLE_AGAIN {
            callbacks::write_error_buffer(self, error.message());
        }
        error.code()
    }

    /// Closes the connection that is left from an earlier transfer, of which nothing is known any more.
    pub(crate) fn close_connection(&self) {
        let transfer = self.transfer.take();
        if let Some(transfer) = transfer {
            self.close_sockets(transfer.into_sockets());
        }
    }

    /// Lets go of a transfer and closes its connection; what it has learned stays.
    pub(crate) fn end(&self) {
        let transfer = self.transfer.take();
        if let Some(transfer) = transfer {
            let (info, sockets) = transfer.into_parts(Instant::now());
            self.info.borrow_mut().past = Some(Box::new(info));
            self.upload.take();
            self.close_sockets(sockets);
        }
    }

    /// A step has panicked: its transfer is in no state to go on.
    pub(crate) fn fail(&self, panic: &Panic) -> CURLcode {
        let code = self.report(&internal_error(panic));
        self.close_connection();
        self.inbox.take();
        self.link.notify_changed(true);
        code
    }

    // ---- calls

    /// Begins a call on this handle, if it may come now.
    #[inline(always)]
    pub(crate) fn enter(&self, api: Api) -> Result<Call<'_>> {
        let call = self.calls.enter(api)?;
        if self.link.is_attached() {
            self.check_multi(api)?;
        }
        Ok(call)
    }

    #[cold]
    fn check_multi(&self, api: Api) -> Result<()> {
        match self.link.forbids(api) {
            true => Err(Error::new(
                CURLcode::CURLE_RECURSIVE_API_CALL,
                format!(
                    "{} cannot be called from inside a callback of the handle's multi handle",
                    api.name()
                ),
            )),
            false => Ok(()),
        }
    }

    /// Tells the multi handle of a call that may have changed the transfer.
    #[inline(always)]
    pub(crate) fn notify_changed(&self, api: Api) {
        if self.link.is_attached() {
            self.notify_multi(api);
        }
    }

    fn notify_multi(&self, api: Api) {
        match api {
            Api::Pause => self.link.notify_changed(true),
            Api::SetOpt if self.keeps_alive() => self.link.notify_changed(true),
            Api::WsClose | Api::WsSend | Api::WsSendMessage | Api::WsStartFrame => self.link.notify_changed(false),
            _ => {}
        }
    }

    fn keeps_alive(&self) -> bool {
        let keeps = |transfer: &mut Transfer| transfer.websocket().is_some_and(|websocket| websocket.keeps_alive());
        self.with_transfer(keeps).unwrap_or(false)
    }

    // ---- in a multi handle

    /// `driver` drives this handle from now on and knows it as `member`. An open connection of an earlier transfer is closed.
    pub(crate) fn attach(&self, driver: Rc<dyn MultiDriver>, member: u64) {
        self.end();
        self.sources.drop_own();
        self.link.attach(driver, member);
        callbacks::write_error_buffer(self, "");
    }

    /// The multi handle drives it no more: its connection is closed, what was learned stays.
    pub(crate) fn detach(&self) {
        self.end();
        self.link.detach();
    }

    /// Leaves its multi handle, if it is in one, and closes its connection: the handle ends.
    pub(crate) fn cleanup(&self) {
        self.link.remove();
        self.close_connection();
    }

    /// The number that the multi handle knows it by, if it is in one.
    pub(crate) fn member(&self) -> Option<u64> {
        self.link.member()
    }

    // ---- what transfers have in common

    /// Uses `share` from now on, `None` for none. Refused while there is a connection.
    pub(crate) fn set_share(&self, share: Option<Arc<Share>>) -> Result<()> {
        if self.has_transfer() {
            return Err(Error::new(
                CURLcode::CURLE_BAD_FUNCTION_ARGUMENT,
                "CURLOPT_SHARE can't change while the handle has a connection",
            ));
        }
        self.sources.set_share(share, self.as_curl());
        Ok(())
    }

    /// Takes the application's lock on what is shared, as long as the result lives. Calls the application.
    fn hold(&self, data: curl_lock_data) -> Option<Held> {
        self.sources.hold(data, self.as_curl())
    }

    /// What a driver lends to the transfer.
    fn context(&self) -> Context {
        self.sources.context(&self.link, callbacks::wanted(self))
    }

    fn close_sockets(&self, sockets: Vec<Socket>) {
        for socket in sockets {
            self.link.notify_closing(socket.raw());
            callbacks::close_socket(self, socket);
        }
    }

    /// The user pointer for this handle in callbacks.
    pub(crate) fn as_curl(&self) -> *mut CURL {
        self.address.get()
    }

    fn show_frame(&self, frame: Option<curl_ws_frame>) {
        self.frame_shown.set(frame.is_some());
        if let Some(frame) = frame {
            self.frame.set(frame);
        }
    }

    /// [`shown_frame`](Self::shown_frame) shows `frame` until the result is dropped.
    fn showing_frame(&self, frame: Option<curl_ws_frame>) -> Shown<'_> {
        self.show_frame(frame);
        Shown(self)
    }

    /// `curl_ws_meta`: the chunk of the callback that is running, or NULL.
    pub(crate) fn shown_frame(&self) -> *const curl_ws_frame {
        if self.frame_shown.get() {
            self.frame.as_ptr()
        } else {
            std::ptr::null()
        }
    }

    /// Keeps `header` for the application to look at.
    pub(crate) fn show_header(&self, header: curl_header) -> *mut curl_header {
        let place = self.header.get_or_init(|| Box::new(Cell::new(NO_HEADER)));
        place.set(header);
        place.as_ptr()
    }
}

/// The time in which a frame is shown.
struct Shown<'a>(&'a Easy);

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        self.0.show_frame(None);
    }
}

fn internal_error(panic: &Panic) -> Error {
    Error::new(CURLcode::CURLE_FAILED_INIT, panic.to_string())
}

const NO_HEADER: curl_header = curl_header {
    name: null_mut(),
    value: null_mut(),
    amount: 0,
    index: 0,
    origin: 0,
    anchor: null_mut(),
};
