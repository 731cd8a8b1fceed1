//! An application's easy handle.

use std::cell::{Cell, RefCell};
use std::ffi::{CStr, c_int, c_long, c_uint, c_void};
use std::ptr::{null, null_mut};

use super::callbacks;
use super::check::Delivered;
use super::server::{KEY, Server};
use crate::abi::easy::*;
use crate::abi::getinfo::curl_easy_getinfo;
use crate::abi::headers::curl_easy_nextheader;
use crate::abi::multi::{curl_multi_add_handle, curl_multi_remove_handle};
use crate::abi::setopt::curl_easy_setopt;
use crate::abi::slist::{curl_slist_append, curl_slist_free_all};
use crate::abi::ws::*;
use crate::fuzzing::script::Script;
use crate::types::codes::{CURLMcode, CURLcode};
use crate::types::info::CURLINFO;
use crate::types::limits::CURLPAUSE_CONT;
use crate::types::multi::{CURL_WAIT_POLLIN, CURL_WAIT_POLLOUT};
use crate::types::option::CURLoption::{self, *};
use crate::types::structs::{CURL, CURL_SOCKET_BAD, CURLM, curl_slist, curl_socket_t, curl_ws_frame};
use crate::types::websocket::*;
use crate::ws;

/// Frames of this length need more than one piece.
const LARGE: usize = 70_000;

/// The deepest that callbacks make calls that lead to callbacks.
const DEPTH: u32 = 3;

pub(super) struct Client<'w, 'a> {
    pub(super) script: &'w RefCell<Script<'a>>,
    multi: *mut CURLM,
    curl: Cell<*mut CURL>,
    headers: *mut curl_slist,
    pub(super) server: RefCell<Option<Server>>,
    pub(super) delivered: RefCell<Delivered>,
    /// `CURLOPT_WS_OPTIONS`
    ws_options: Cell<c_long>,
    max_message: Cell<Option<u64>>,
    connect_only: Cell<bool>,
    /// whole messages are received
    by_message: Cell<bool>,
    /// `curl_easy_perform` runs, and no second thread would wake it up: nothing may pause or fill the socket
    pub(super) alone: Cell<bool>,
    depth: Cell<u32>,
}

impl<'w, 'a> Client<'w, 'a> {
    pub(super) fn new(script: &'w RefCell<Script<'a>>, multi: *mut CURLM) -> Client<'w, 'a> {
        let header = format!("Sec-WebSocket-Key: {KEY}\0");
        let header = CStr::from_bytes_with_nul(header.as_bytes()).unwrap();
        Client {
            script,
            multi,
            curl: Cell::new(curl_easy_init()),
            // SAFETY: no list, and a string that ends in NUL.
            headers: unsafe { curl_slist_append(null_mut(), header.as_ptr()) },
            server: RefCell::new(None),
            delivered: RefCell::new(Delivered::default()),
            ws_options: Cell::new(0),
            max_message: Cell::new(None),
            connect_only: Cell::new(false),
            by_message: Cell::new(false),
            alone: Cell::new(false),
            depth: Cell::new(0),
        }
    }

    fn byte(&self) -> u8 {
        self.script.borrow_mut().byte()
    }

    fn number(&self) -> u16 {
        self.script.borrow_mut().number()
    }

    // ---- transfers

    /// Sets options, and lets the multi handle begin a transfer with them.
    pub(super) fn begin(&self) {
        self.detach();
        self.set_options();
        self.attach();
    }

    /// A transfer by `curl_easy_perform`: the server has sent everything before it begins, and its end of the stream.
    pub(super) fn perform_alone(&self) {
        self.detach();
        self.set_options();
        self.alone.set(true);
        // SAFETY: a live handle.
        unsafe { curl_easy_perform(self.curl.get()) };
        self.alone.set(false);
    }

    pub(super) fn attach_or_detach(&self) {
        // SAFETY: live handles.
        match unsafe { curl_multi_add_handle(self.multi, self.curl.get()) } {
            CURLMcode::CURLM_OK => {}
            _ => self.detach(),
        }
    }

    fn attach(&self) {
        // SAFETY: live handles.
        let code = unsafe { curl_multi_add_handle(self.multi, self.curl.get()) };
        assert_eq!(code, CURLMcode::CURLM_OK);
    }

    fn detach(&self) {
        // SAFETY: live handles.
        let code = unsafe { curl_multi_remove_handle(self.multi, self.curl.get()) };
        assert_eq!(code, CURLMcode::CURLM_OK);
    }

    pub(super) fn reset(&self) {
        // SAFETY: a live handle.
        unsafe { curl_easy_reset(self.curl.get()) };
        // Without the callbacks it would connect to a port of this machine.
        self.set_options();
    }

    /// A new handle, or a copy of the old one, takes its place.
    pub(super) fn renew(&self) {
        let old = self.curl.get();
        let new = match self.byte() & 1 {
            0 => curl_easy_init(),
            // SAFETY: a live handle.
            _ => unsafe { curl_easy_duphandle(old) },
        };
        assert!(!new.is_null());
        // SAFETY: a live handle, which nobody uses afterwards.
        unsafe { curl_easy_cleanup(old) };
        self.curl.set(new);
        self.set_options();
    }

    pub(super) fn finish(&self) {
        self.compare();
        // SAFETY: a live handle and a list, which nobody uses afterwards.
        unsafe {
            curl_easy_cleanup(self.curl.get());
            curl_slist_free_all(self.headers);
        }
    }

    fn set(&self, option: CURLoption, value: *const c_void) {
        // SAFETY: a live handle, and a value of the option's type that lives as long as the handle.
        let code = unsafe { curl_easy_setopt(self.curl.get(), option as c_uint, value.cast_mut()) };
        assert_eq!(code, CURLcode::CURLE_OK, "{option:?}");
    }

    fn set_number(&self, option: CURLoption, value: c_long) {
        self.set(option, value as *const c_void);
    }

    fn set_options(&self) {
        // A connection that is open keeps some of its settings.
        self.compare();
        self.delivered.borrow_mut().mix();
        let flags = self.byte();
        let bit = |bit: u8| c_long::from(flags >> bit & 1);
        self.ws_options.set(
            (bit(0) & bit(5)) * CURLWS_RAW_MODE
                + bit(1) * CURLWS_NOAUTOPONG
                + bit(2) * CURLWS_COMPRESS
                + bit(3) * CURLWS_STRICT,
        );
        self.connect_only.set(bit(4) != 0);
        self.by_message.set(bit(5) != 0);
        self.max_message.set((bit(6) != 0).then_some(1000));
        self.set(CURLOPT_URL, c"ws://127.0.0.1/".as_ptr().cast());
        self.set(CURLOPT_HTTPHEADER, self.headers.cast_const().cast());
        self.set_number(CURLOPT_CONNECT_ONLY, bit(4) * 2);
        self.set_number(CURLOPT_WS_OPTIONS, self.ws_options.get());
        self.set_number(CURLOPT_UPLOAD, bit(7));
        self.set_number(CURLOPT_WS_MAX_MESSAGE_SIZE, bit(6) * 1000);
        callbacks::install(self.curl.get(), self);
    }

    // ---- the server

    /// The library opens a connection.
    pub(super) fn connected(&self, server: Server) {
        self.compare();
        self.delivered.replace(Delivered::default());
        if self.ws_options.get() & CURLWS_RAW_MODE != 0 {
            self.delivered.borrow_mut().mix();
        }
        self.server.replace(Some(server));
        if self.alone.get() {
            self.answer();
            for _ in 0..self.byte() % 8 {
                self.server_frame();
            }
            self.server_closes();
        }
    }

    fn with_server(&self, body: impl FnOnce(&mut Server)) {
        if let Some(server) = &mut *self.server.borrow_mut() {
            body(server);
        }
    }

    fn answer(&self) {
        self.with_server(|server| server.answer(&mut self.script.borrow_mut()));
    }

    pub(super) fn server_receives(&self) {
        self.answer();
        self.with_server(Server::receive);
    }

    pub(super) fn server_frame(&self) {
        let (first, choice) = (self.byte(), self.byte());
        let payload = match choice {
            0..0xf0 => self.script.borrow_mut().bytes(usize::from(choice % 126)).to_vec(),
            _ => vec![choice; usize::from(self.number())],
        };
        let mut frame = match payload.len() {
            short @ ..126 => vec![first, short as u8],
            length => vec![first, 126, (length >> 8) as u8, length as u8],
        };
        frame.extend_from_slice(&payload);
        self.answer();
        self.with_server(|server| server.send(&frame));
    }

    pub(super) fn server_bytes(&self) {
        let length = self.byte();
        let bytes = self.script.borrow_mut().bytes(length.into());
        self.answer();
        self.with_server(|server| server.send(bytes));
    }

    pub(super) fn server_closes(&self) {
        self.server_receives();
        self.with_server(Server::close);
    }

    fn is_compressed(&self) -> bool {
        self.ws_options.get() & CURLWS_COMPRESS != 0
    }

    /// What was delivered is what the server has sent.
    fn compare(&self) {
        let config = ws::Config {
            strict: self.ws_options.get() & CURLWS_STRICT != 0,
            answer_ping: self.ws_options.get() & CURLWS_NOAUTOPONG == 0,
            max_message: self.max_message.get(),
            ..ws::Config::default()
        };
        self.with_server(|server| {
            if server.plain {
                self.delivered.borrow().compare(&server.frames, config);
            }
        });
    }

    // ---- calls

    pub(super) fn descriptor(&self) -> Option<curl_socket_t> {
        let mut fd: curl_socket_t = CURL_SOCKET_BAD;
        let info = CURLINFO::CURLINFO_ACTIVESOCKET as c_uint;
        // SAFETY: a live handle, and room for the answer.
        unsafe { curl_easy_getinfo(self.curl.get(), info, (&raw mut fd).cast()) };
        (fd != CURL_SOCKET_BAD).then_some(fd)
    }

    pub(super) fn unpause(&self) {
        // SAFETY: a live handle.
        unsafe { curl_easy_pause(self.curl.get(), CURLPAUSE_CONT) };
    }

    /// Calls from inside a callback, a few at most.
    pub(super) fn call_back(&self) {
        if self.depth.get() == DEPTH {
            return;
        }
        self.depth.set(self.depth.get() + 1);
        // A call that sends blocks here until the server has room.
        self.with_server(Server::receive);
        if self.byte() % 4 == 1 {
            self.call();
        }
        self.depth.set(self.depth.get() - 1);
    }

    /// A call on the handle, outside or inside a callback.
    pub(super) fn call(&self) {
        let curl = self.curl.get();
        match self.byte() % 16 {
            0..=2 => self.ws_send(),
            3..=5 => self.receive(),
            // SAFETY: a live handle.
            6 => _ = unsafe { curl_ws_start_frame(curl, self.flags(), self.number().into()) },
            7 => self.easy_send(),
            8 => self.easy_recv(),
            9 => self.poll(),
            10 => self.send_message(),
            11 => {
                let reason = self.payload(usize::from(self.byte()));
                // SAFETY: a live handle, and as many bytes.
                unsafe { curl_ws_close(curl, self.number().into(), reason.as_ptr().cast(), reason.len()) };
            }
            12 if !self.alone.get() => {
                // SAFETY: a live handle.
                unsafe { curl_easy_pause(curl, (self.byte() & 5).into()) };
            }
            13 => self.copy(),
            14 => self.inform(),
            // SAFETY: a live handle.
            _ => _ = unsafe { curl_easy_upkeep(curl) },
        }
    }

    /// `CURLWS_` bits, mostly those that make sense.
    fn flags(&self) -> c_uint {
        const FLAGS: [c_int; 13] = [
            CURLWS_TEXT,
            CURLWS_BINARY,
            CURLWS_TEXT | CURLWS_CONT,
            CURLWS_BINARY | CURLWS_CONT,
            CURLWS_TEXT | CURLWS_OFFSET,
            CURLWS_BINARY | CURLWS_OFFSET,
            CURLWS_TEXT | CURLWS_CONT | CURLWS_OFFSET,
            CURLWS_BINARY | CURLWS_NOCOMPRESS,
            CURLWS_PING,
            CURLWS_PONG,
            CURLWS_CLOSE,
            CURLWS_CONT,
            0,
        ];
        let choice = self.byte();
        match FLAGS.get(usize::from(choice % 16)) {
            Some(flags) => flags.cast_unsigned(),
            None => choice.into(),
        }
    }

    /// Memory of exactly this size.
    fn payload(&self, length: usize) -> Vec<u8> {
        let byte = self.byte();
        (0..length).map(|at| byte.wrapping_add(at as u8 & 15)).collect()
    }

    fn length(&self) -> usize {
        match self.byte() {
            short @ ..0xe0 => short.into(),
            0xe0..0xfc => self.number().into(),
            _ => LARGE + usize::from(self.number()),
        }
    }

    fn ws_send(&self) {
        let data = self.payload(self.length());
        let flags = self.flags();
        let fragsize = match self.byte() {
            0..0x80 => 0,
            0x80..0xfe => data.len() as i64 + i64::from(self.byte()),
            0xfe => i64::MAX,
            _ => -1,
        };
        let mut sent = usize::MAX;
        // SAFETY: a live handle, as many bytes, and room for the count.
        let code = unsafe {
            curl_ws_send(
                self.curl.get(),
                data.as_ptr().cast(),
                data.len(),
                &raw mut sent,
                fragsize,
                flags,
            )
        };
        assert!(sent <= data.len(), "{code:?}: {sent} of {}", data.len());
        assert!(
            code != CURLcode::CURLE_AGAIN || sent == 0,
            "AGAIN, and {sent} bytes sent"
        );
    }

    fn receive(&self) {
        match self.by_message.get() {
            true => self.receive_message(),
            false => self.ws_recv(),
        }
    }

    fn ws_recv(&self) {
        let mut room = vec![0u8; self.length()];
        let (mut count, mut meta): (usize, *const curl_ws_frame) = (usize::MAX, null());
        // SAFETY: a live handle, room for as many bytes, for the count and for the pointer.
        let code = unsafe {
            curl_ws_recv(
                self.curl.get(),
                room.as_mut_ptr().cast(),
                room.len(),
                &raw mut count,
                &raw mut meta,
            )
        };
        assert!(count <= room.len());
        if code != CURLcode::CURLE_OK {
            assert!(count == 0 && meta.is_null(), "{code:?} with {count} bytes");
            return;
        }
        // SAFETY: valid until the next call.
        let meta = unsafe { *meta };
        let mut delivered = self.delivered.borrow_mut();
        if room.is_empty() && meta.bytesleft > 0 {
            // Only a look at the next frame.
            assert_eq!(meta.len, 0);
            return;
        }
        delivered.chunk(meta, &room[..count], self.is_compressed());
    }

    /// The write callback got `bytes`.
    pub(super) fn written(&self, bytes: &[u8]) {
        // SAFETY: a live handle, and a description that is valid inside the callback.
        let meta = unsafe { curl_ws_meta(self.curl.get()).as_ref() };
        let mut delivered = self.delivered.borrow_mut();
        match meta {
            Some(meta) => delivered.chunk(*meta, bytes, self.is_compressed()),
            None => assert!(delivered.is_mixed(), "no description, and not in raw mode"),
        }
    }

    fn receive_message(&self) {
        let (mut data, mut length, mut kind) = (null(), usize::MAX, c_uint::MAX);
        // SAFETY: a live handle, and room for the answers.
        let code = unsafe { curl_ws_recv_message(self.curl.get(), &raw mut data, &raw mut length, &raw mut kind, 0) };
        if code != CURLcode::CURLE_OK {
            assert!(data.is_null() && length == 0 && kind == 0, "{code:?}");
            return;
        }
        // SAFETY: valid until the next call.
        let bytes = unsafe { std::slice::from_raw_parts(data.cast::<u8>(), length) };
        let kind = kind.cast_signed();
        if kind & (CURLWS_TEXT | CURLWS_BINARY) != 0 {
            self.delivered.borrow_mut().message(bytes);
        } else {
            assert!(kind == CURLWS_CLOSE || kind == CURLWS_PING, "kind {kind:#x}");
            assert!(length <= 125);
        }
    }

    fn send_message(&self) {
        let data = self.payload(self.length());
        // SAFETY: a live handle, and as many bytes.
        unsafe { curl_ws_send_message(self.curl.get(), data.as_ptr().cast(), data.len(), self.flags(), 0) };
    }

    fn easy_send(&self) {
        let data = self.payload(self.length());
        let mut sent = usize::MAX;
        // SAFETY: a live handle, as many bytes, and room for the count.
        unsafe { curl_easy_send(self.curl.get(), data.as_ptr().cast(), data.len(), &raw mut sent) };
        assert!(sent <= data.len());
    }

    fn easy_recv(&self) {
        let mut room = vec![0u8; self.length()];
        let mut count = usize::MAX;
        self.delivered.borrow_mut().mix();
        // SAFETY: a live handle, room for as many bytes and for the count.
        unsafe { curl_easy_recv(self.curl.get(), room.as_mut_ptr().cast(), room.len(), &raw mut count) };
        assert!(count <= room.len());
    }

    fn poll(&self) {
        let events = c_int::from(self.byte()) & (CURL_WAIT_POLLIN | CURL_WAIT_POLLOUT);
        let mut found: c_int = -1;
        // SAFETY: a live handle, and room for the answer.
        unsafe { curl_ws_poll(self.curl.get(), events, 0, &raw mut found) };
        assert_eq!(found & !events, 0);
    }

    fn copy(&self) {
        // SAFETY: a live handle; its copy is not used afterwards.
        unsafe {
            let copy = curl_easy_duphandle(self.curl.get());
            assert!(!copy.is_null());
            curl_easy_cleanup(copy);
        }
    }

    fn inform(&self) {
        let curl = self.curl.get();
        let (mut text, mut number): (*const i8, c_long) = (null(), 0);
        let mut header = null_mut();
        // SAFETY: a live handle, and room for the answers. A header is valid until the next transfer.
        unsafe {
            let url = CURLINFO::CURLINFO_EFFECTIVE_URL as c_uint;
            curl_easy_getinfo(curl, url, (&raw mut text).cast());
            if !text.is_null() {
                assert!(CStr::from_ptr(text).count_bytes() < 1000);
            }
            curl_easy_getinfo(
                curl,
                CURLINFO::CURLINFO_RESPONSE_CODE as c_uint,
                (&raw mut number).cast(),
            );
            for _ in 0..10_000 {
                header = curl_easy_nextheader(curl, 0xff, -1, header);
                if header.is_null() {
                    return;
                }
                assert!((*header).index < (*header).amount);
            }
        }
        panic!("headers without end");
    }
}
