//! The easy handle itself: its parts, and what happens to more than one of them.

use std::cell::{Cell, RefCell, RefMut};
use std::os::fd::RawFd;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use super::application::Application;
use super::calls::CallStack;
use super::context::Sources;
use super::info::Info;
use super::link::MultiLink;
use super::message_buffer::MessageBuffer;
use super::options::Options;
use super::rounds::Rounds;
use super::shown::Shown;
use super::store::{CookieEngine, HstsStore};
use crate::error::{Error, Result};
use crate::ffi::handle;
use crate::ffi::thread::Thread;
use crate::ffi::unwind::Panic;
use crate::io::fallible;
use crate::net::socket::Socket;
use crate::net::wait::waker::Waker;
use crate::open::{Context, Remembered, WantedCallbacks};
use crate::share::{Held, Share};
use crate::tls::Contexts;
use crate::transfer::Transfer;
use crate::transfer::info::TransferInfo;
use crate::types::codes::CURLcode;
use crate::types::share::curl_lock_data;
use crate::types::structs::{CURL, curl_header, curl_ws_frame};

/// An easy handle.
pub(crate) struct Easy {
    app: Application,
    transfer: RefCell<Option<Box<Transfer>>>,
    /// of transfers that are over, to be closed
    closing: RefCell<Vec<Socket>>,
    link: MultiLink,
    sources: Sources,
    cookies: CookieEngine,
    hsts: HstsStore,
    shown: Shown,
    /// what its rounds have taught, while its connection is being opened
    rounds: RefCell<Option<Box<Rounds>>>,
    info: RefCell<Info>,
    /// what `curl_ws_recv_message` points at
    messages: RefCell<Option<Box<MessageBuffer>>>,
    /// memory for the bytes of the read callback, as long as there are more
    upload: RefCell<Vec<u8>>,
    /// `curl_ws_wakeup`, which any thread may call
    wakeup: Waker,
    /// the thread whose `curl_ws_send_message` waits in the middle of a message
    sender: Cell<Option<Thread>>,
}

impl Easy {
    /// A new handle with default options, registered under a pointer of its own.
    pub(crate) fn new() -> Rc<Easy> {
        Easy::with_options(Options::default())
    }

    /// A new handle with a copy of this one's options (`curl_easy_duphandle`).
    pub(crate) fn duplicate(&self) -> Result<Rc<Easy>> {
        let options = self.options().borrow();
        fallible::check(options.size())?;
        let copy = Easy::with_options(options.clone());
        copy.cookies.start_like(&self.cookies);
        copy.hsts.copy_from(&self.hsts);
        Ok(copy)
    }

    fn with_options(options: Options) -> Rc<Easy> {
        let easy = Rc::new(Easy {
            app: Application::new(options),
            transfer: RefCell::new(None),
            closing: RefCell::new(Vec::new()),
            link: MultiLink::default(),
            sources: Sources::default(),
            cookies: CookieEngine::default(),
            hsts: HstsStore::default(),
            shown: Shown::new(),
            rounds: RefCell::new(None),
            info: RefCell::new(Info::default()),
            messages: RefCell::new(None),
            upload: RefCell::new(Vec::new()),
            wakeup: Waker::default(),
            sender: Cell::new(None),
        });
        easy.calls().set_place(handle::register(Rc::clone(&easy)));
        easy
    }

    // ---- the parts

    /// The application's side.
    #[inline]
    pub(super) fn app(&self) -> &Application {
        &self.app
    }

    /// The application's pointer to this handle.
    pub(crate) fn as_curl(&self) -> *mut CURL {
        self.app.as_curl()
    }

    /// Callbacks and messages name this handle by `alias`, not by its own pointer.
    pub(crate) fn set_alias(&self, alias: *mut CURL) {
        self.app.set_alias(alias);
    }

    /// The options. Not to be borrowed while the application is called.
    pub(crate) fn options(&self) -> &RefCell<Options> {
        self.app.options()
    }

    /// The calls that have not returned.
    pub(crate) fn calls(&self) -> &CallStack {
        self.app.calls()
    }

    /// The multi handle, if it is in one.
    #[inline]
    pub(super) fn link(&self) -> &MultiLink {
        &self.link
    }

    /// Where its resources come from.
    pub(super) fn sources(&self) -> &Sources {
        &self.sources
    }

    /// The cookie engine.
    pub(super) fn cookies(&self) -> &CookieEngine {
        &self.cookies
    }

    /// The hosts known by HSTS.
    pub(super) fn hsts(&self) -> &HstsStore {
        &self.hsts
    }

    /// What is known about the last transfer outside of it.
    pub(crate) fn info(&self) -> &RefCell<Info> {
        &self.info
    }

    /// The rounds of the transfer.
    pub(super) fn rounds(&self) -> &RefCell<Option<Box<Rounds>>> {
        &self.rounds
    }

    pub(super) fn set_rounds(&self, rounds: Box<Rounds>) {
        self.rounds.replace(Some(rounds));
    }

    pub(super) fn messages(&self) -> &RefCell<Option<Box<MessageBuffer>>> {
        &self.messages
    }

    #[inline(always)]
    pub(super) fn shown(&self) -> &Shown {
        &self.shown
    }

    /// `curl_ws_meta`: the chunk of the write callback that is running, or NULL.
    pub(crate) fn shown_frame(&self) -> *const curl_ws_frame {
        self.shown.shown_frame()
    }

    /// Made for several threads: the handle's lock is not needed.
    pub(crate) fn wakeup(&self) -> &Waker {
        &self.wakeup
    }

    /// Whether another thread is in the middle of a message: nothing can be sent before its end. Its socket is not writable.
    #[inline]
    pub(super) fn is_other_sending(&self) -> bool {
        self.sender.get().is_some_and(|sender| sender != Thread::current())
    }

    /// This thread is in the middle of a message, until the result is dropped.
    pub(super) fn begin_sending(&self) -> SendingMessage<'_> {
        self.sender.set(Some(Thread::current()));
        SendingMessage(self)
    }

    /// Keeps `header` for the application.
    pub(crate) fn show_header(&self, header: curl_header) -> *mut curl_header {
        self.shown.show_header(header)
    }

    /// Lends the memory for the bytes of the read callback.
    pub(super) fn take_upload(&self) -> Vec<u8> {
        self.upload.take()
    }

    pub(super) fn give_back_upload(&self, memory: Vec<u8>) {
        self.upload.replace(memory);
    }

    // ---- the transfer

    /// The transfer, if it is not borrowed. Not to be borrowed while the application is called.
    #[inline(always)]
    pub(super) fn transfer_mut(&self) -> Option<RefMut<'_, Option<Box<Transfer>>>> {
        self.transfer.try_borrow_mut().ok()
    }

    /// Calls `body`, which must not call the application, with the transfer. `None` if there is none.
    pub(super) fn with_transfer<T>(&self, body: impl FnOnce(&mut Transfer) -> T) -> Option<T> {
        self.transfer_mut()?.as_deref_mut().map(body)
    }

    /// What is known about the last transfer, up to date.
    pub(crate) fn with_transfer_info<T>(&self, body: impl FnOnce(&TransferInfo) -> T) -> T {
        let now = Instant::now();
        if let Some(mut transfer) = self.transfer_mut()
            && let Some(transfer) = &mut *transfer
        {
            return body(transfer.info(now));
        }
        match self.info.borrow().past() {
            Some(info) => body(info),
            None => body(&TransferInfo::new(now)),
        }
    }

    /// Whether there is a transfer, running or with its connection open.
    pub(super) fn has_transfer(&self) -> bool {
        self.transfer.try_borrow().map_or(true, |transfer| transfer.is_some())
    }

    /// The descriptor of the open connection.
    pub(crate) fn active_socket(&self) -> Option<RawFd> {
        let transfer = self.transfer.try_borrow().ok()?;
        transfer.as_ref()?.active_fd()
    }

    /// Prepares for a new transfer. An open connection of an earlier one is closed.
    pub(super) fn clear(&self) {
        self.app.write_error_buffer("");
        self.app.calls().take_left();
        self.shown.hide_frame();
        self.sender.set(None);
        self.close_connection();
        self.messages.take();
        let id = self.sources.number_transfer(&self.link);
        self.info.borrow_mut().begin(id);
    }

    pub(super) fn set_transfer(&self, transfer: Transfer) {
        self.transfer.replace(Some(Box::new(transfer)));
    }

    /// Closes the connection that is left from an earlier transfer. Nothing stays known about it.
    pub(super) fn close_connection(&self) {
        self.rounds.take();
        let transfer = self.transfer.take();
        if let Some(transfer) = transfer {
            self.closing.borrow_mut().extend(transfer.into_sockets());
        }
        self.close_sockets();
    }

    /// Ends the transfer and closes its connection. The information about it stays.
    pub(crate) fn end(&self) {
        self.rounds.take();
        let transfer = self.transfer.take();
        if let Some(transfer) = transfer {
            let (info, sockets) = transfer.into_parts(Instant::now());
            self.info.borrow_mut().end(info);
            self.upload.take();
            self.closing.borrow_mut().extend(sockets);
        }
        self.close_sockets();
    }

    /// A call has panicked: its transfer can't go on.
    pub(crate) fn fail(&self, panic: &Panic) -> CURLcode {
        let code = self.report(&internal_error(panic));
        self.close_connection();
        self.messages.take();
        self.link.notify_changed(true);
        code
    }

    pub(super) fn close_socket(&self, socket: Socket) {
        self.closing.borrow_mut().push(socket);
        self.close_sockets();
    }

    /// Each is kept until the multi handle's socket callback has returned: if it does not, the next call closes it.
    fn close_sockets(&self) {
        loop {
            let Some(fd) = self.closing.borrow().last().map(Socket::raw) else {
                return;
            };
            self.with_multi(|multi| multi.notify_closing(fd));
            let socket = self.closing.borrow_mut().pop_if(|socket| socket.raw() == fd);
            socket.into_iter().for_each(|socket| self.app.close_socket(socket));
        }
    }

    /// Tells the multi handle something about which it may call the application.
    pub(super) fn with_multi(&self, tell: impl FnOnce(&MultiLink)) {
        if self.link.is_attached() {
            self.calls().with_event_callbacks(|| tell(&self.link));
        }
    }

    // ---- options and errors

    /// Resets the options, keeps the connection (`curl_easy_reset`).
    pub(crate) fn reset(&self) {
        *self.options().borrow_mut() = Options::default();
        *self.info.borrow_mut() = Info::default();
        self.with_transfer(Transfer::forget_headers);
        self.options_changed();
    }

    /// Writes an error's text to the application's error buffer, and returns its code.
    pub(crate) fn report(&self, error: &Error) -> CURLcode {
        // Nothing has failed when a call is to be repeated later.
        if *error != Error::AGAIN {
            self.app.write_error_buffer(error.message());
        }
        error.code()
    }

    /// Shows what calls outside of the drive loop have traced.
    pub(super) fn flush_trace(&self) {
        while let Some(line) = self.with_transfer(Transfer::next_trace_line).flatten() {
            self.app.debug(line);
        }
    }

    // ---- what is shared

    /// Uses `share` from now on, `None` for none. Refused while there is a connection.
    pub(crate) fn set_share(&self, share: Option<Arc<Share>>) -> Result<()> {
        if self.has_transfer() {
            return Err(Error::new(
                CURLcode::CURLE_BAD_FUNCTION_ARGUMENT,
                "CURLOPT_SHARE can't change while the handle has a connection",
            ));
        }
        let (cookies, hsts) = match &share {
            Some(share) => (share.cookies(), share.hsts()),
            None => (None, None),
        };
        // A share whose lock function fails is not used.
        let before = self.sources.set_share(None);
        for share in before.iter().chain(&share) {
            drop(self.hold_of(share, curl_lock_data::CURL_LOCK_DATA_SHARE));
        }
        self.sources.set_share(share);
        self.cookies.share(cookies);
        self.hsts.share(hsts);
        Ok(())
    }

    /// Takes the application's lock on what is shared, as long as the result lives. Calls the application.
    pub(super) fn hold(&self, data: curl_lock_data) -> Option<HeldByEasy<'_>> {
        let share = self.sources.share()?;
        self.hold_of(&share, data)
    }

    fn hold_of(&self, share: &Share, data: curl_lock_data) -> Option<HeldByEasy<'_>> {
        let held = self.calls().outside(|| share.hold(self.as_curl(), data))?;
        let (calls, held) = (self.calls(), Some(held));
        Some(HeldByEasy { calls, held })
    }

    /// The TLS contexts to look for one in.
    pub(super) fn contexts(&self) -> Contexts {
        self.sources.contexts(&self.link)
    }

    /// What a driver lends to the transfer.
    pub(super) fn context(&self) -> Context {
        self.sources.context(&self.link, self.wanted_callbacks())
    }

    /// What is asked and told while a connection is opened.
    pub(super) fn wanted_callbacks(&self) -> WantedCallbacks {
        WantedCallbacks {
            remembered: Remembered {
                cookies: self.cookies.is_on(),
                hsts: self.hsts.is_on(),
            },
            ..self.app.wanted_callbacks(self.sources.has_share())
        }
    }
}

/// The time in which a call waits in the middle of a message.
pub(super) struct SendingMessage<'a>(&'a Easy);

impl Drop for SendingMessage<'_> {
    fn drop(&mut self) {
        self.0.sender.set(None);
    }
}

/// The application's lock on what is shared. To give it back is a call of the application as well.
pub(super) struct HeldByEasy<'a> {
    calls: &'a CallStack,
    held: Option<Held>,
}

impl Drop for HeldByEasy<'_> {
    fn drop(&mut self) {
        self.calls.outside(|| drop(self.held.take()));
    }
}

/// A panic as an error.
pub(super) fn internal_error(panic: &Panic) -> Error {
    Error::new(CURLcode::CURLE_FAILED_INIT, panic.to_string())
}
