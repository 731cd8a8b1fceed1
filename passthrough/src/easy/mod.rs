//! The record of an easy handle: the system's handle, which the application has, and its twin of ours.

mod handles;
mod setopt;
mod transfer;
mod websocket;

use std::cell::{Cell, RefCell};
use std::ffi::CString;
use std::ptr::{self, NonNull, null, null_mut};
use std::thread::LocalKey;

use wscurl::abi::twin;
use wscurl::types::codes::CURLcode;
use wscurl::types::option::CURLoption;
use wscurl::types::structs::CURL;
use wscurl::types::url::CURLU;

use crate::system::{System, system};
use crate::table::{Last, Record, Table};
use crate::{MultiCode, Side, cookies, url};

/// An easy handle.
pub(crate) struct Easy {
    library: &'static System,
    /// the application's handle
    system: *mut CURL,
    twin: *mut CURL,
    /// who ran the last transfer, or runs it
    ran: Cell<Side>,
    target: Target,
    /// options that only the system's libcurl has accepted, and why ours has not
    refused: RefCell<Vec<Refused>>,
    /// whether there may be cookies
    has_cookies: Cell<bool>,
    membership: Membership,
}

/// What says where a transfer goes.
#[derive(Default)]
struct Target {
    url: RefCell<Option<CString>>,
    default_protocol: RefCell<Option<CString>>,
    /// `CURLOPT_CURLU`, which comes before `CURLOPT_URL`
    handle: Cell<*mut CURLU>,
    /// the twin has the URL of `handle`
    lent: Cell<bool>,
}

#[derive(Clone)]
struct Refused {
    option: u32,
    code: CURLcode,
    why: String,
}

/// What an easy handle knows of the multi handle that it is in.
pub(crate) trait Driver {
    /// The handle is no member any more.
    fn remove(&self, easy: &Easy) -> MultiCode;
}

/// The multi handle that it is in.
pub(crate) struct Membership {
    driver: Cell<Option<NonNull<dyn Driver>>>,
    /// whose multi handle runs it
    pub(crate) side: Cell<Side>,
    /// its place among the members
    pub(crate) place: Cell<usize>,
    /// it has not run yet: its URL may still change
    pub(crate) is_fresh: Cell<bool>,
}

/// Whose an easy handle of the application's is.
enum Handle<'a> {
    /// the system's, with a twin
    Both(&'a Easy),
    /// the system's, or none: not known here
    System(&'static System),
    /// ours alone: there is no system's libcurl, or it is one that only our callbacks name
    Own,
}

/// Who runs the transfer of a handle, or ran the last one.
enum Runner {
    /// the application's handle
    System(&'static System),
    /// this handle of ours
    Own(*mut CURL),
}

const COOKIES: u32 = CURLoption::CURLOPT_COOKIELIST as u32;

pub(crate) static TABLE: Table<Easy> = Table::new();

thread_local! {
    static LAST: Cell<Last> = const { Cell::new(Last::NONE) };
}

impl Record for Easy {
    fn table() -> &'static Table<Easy> {
        &TABLE
    }

    #[inline]
    fn last() -> &'static LocalKey<Cell<Last>> {
        &LAST
    }
}

impl Handle<'_> {
    /// # Safety
    ///
    /// `curl` is NULL or a handle, which is not freed as long as the result is used.
    #[inline]
    unsafe fn of<'a>(curl: *mut CURL) -> Handle<'a> {
        // SAFETY: guaranteed by the caller, see # Safety.
        match unsafe { TABLE.find(curl) } {
            Some(easy) => Handle::Both(easy),
            // SAFETY: as above.
            None => unsafe { Handle::of_other(curl) },
        }
    }

    /// # Safety
    ///
    /// `curl` is NULL or a handle.
    #[cold]
    unsafe fn of_other<'a>(curl: *mut CURL) -> Handle<'a> {
        match system() {
            // SAFETY: guaranteed by the caller, see # Safety: handles of both kinds are longer than 16 bytes.
            Some(system) if !unsafe { twin::is_easy(curl) } => Handle::System(system),
            _ => Handle::Own,
        }
    }

    /// The twin, or else the handle itself.
    #[inline]
    fn twin_or(&self, curl: *mut CURL) -> *mut CURL {
        match self {
            Handle::Both(easy) => easy.twin,
            Handle::System(_) | Handle::Own => curl,
        }
    }

    #[inline]
    fn runner(&self, curl: *mut CURL) -> Runner {
        match self {
            Handle::Both(easy) if easy.ran.get() == Side::Own => Runner::Own(easy.twin),
            Handle::Both(easy) => Runner::System(easy.library),
            Handle::System(system) => Runner::System(system),
            Handle::Own => Runner::Own(curl),
        }
    }
}

impl Membership {
    /// # Safety
    ///
    /// `driver` takes its members out before it is freed.
    pub(crate) unsafe fn enter(&self, driver: &(dyn Driver + 'static)) {
        self.driver.set(Some(NonNull::from(driver)));
    }

    pub(crate) fn leave(&self) {
        self.driver.set(None);
        self.is_fresh.set(false);
    }

    /// The multi handle.
    pub(crate) fn driver(&self) -> Option<&dyn Driver> {
        // SAFETY: `enter` guarantees that it is alive.
        self.driver.get().map(|driver| unsafe { &*driver.as_ptr() })
    }

    pub(crate) fn is_in(&self, driver: &dyn Driver) -> bool {
        self.driver().is_some_and(|own| ptr::addr_eq(own, driver))
    }
}

impl Easy {
    /// Takes a handle of the system's and a twin into the table.
    fn register(library: &'static System, system: *mut CURL, twin: *mut CURL) -> &'static Easy {
        // SAFETY: a new handle of ours.
        unsafe { twin::set_easy_alias(twin, system) };
        let easy = Box::new(Easy {
            library,
            system,
            twin,
            ran: Cell::new(Side::System),
            target: Target::default(),
            refused: RefCell::default(),
            has_cookies: Cell::default(),
            membership: Membership {
                driver: Cell::new(None),
                side: Cell::new(Side::System),
                place: Cell::default(),
                is_fresh: Cell::default(),
            },
        });
        let (record, old) = TABLE.insert(system, easy);
        if let Some(old) = old {
            // SAFETY: its system's handle is gone, nobody uses it.
            unsafe { wscurl::abi::easy::curl_easy_cleanup(old.twin) };
        }
        record
    }

    /// The record of a handle.
    ///
    /// # Safety
    ///
    /// `curl` is NULL or a handle, which is not freed as long as the result is used.
    pub(crate) unsafe fn find<'a>(curl: *mut CURL) -> Option<&'a Easy> {
        // SAFETY: guaranteed by the caller, see # Safety.
        unsafe { TABLE.find(curl) }
    }

    /// The application's pointer, which is the system's handle.
    pub(crate) fn system(&self) -> *mut CURL {
        self.system
    }

    /// Our handle.
    pub(crate) fn twin(&self) -> *mut CURL {
        self.twin
    }

    pub(crate) fn membership(&self) -> &Membership {
        &self.membership
    }

    /// Who is to run the next transfer.
    pub(crate) fn choose(&self) -> Side {
        let handle = self.target.handle.get();
        let is_own = if handle.is_null() {
            let default = self.target.default_protocol.borrow();
            let default = default.as_ref().map(|default| default.to_bytes());
            let url = self.target.url.borrow();
            url.as_ref()
                .is_some_and(|url| url::is_websocket(url.to_bytes(), default))
        } else {
            // SAFETY: the application keeps it as long as it is set.
            unsafe { url::websocket_url(self.library, handle) }.is_some()
        };
        if is_own { Side::Own } else { Side::System }
    }

    /// A transfer on `side` is about to begin.
    pub(crate) fn begin(&self, side: Side) {
        self.ran.set(side);
        if side == Side::Own {
            self.lend_url();
            if self.has_cookies.get() {
                self.note(COOKIES, cookies::lend(self.library, self.system, self.twin));
            }
        }
    }

    /// A transfer is over, or its connection is open.
    pub(crate) fn finish(&self) {
        if self.ran.get() == Side::Own && self.has_cookies.get() {
            cookies::give_back(self.library, self.system, self.twin);
        }
    }

    /// Gives the twin the URL of `CURLOPT_CURLU`, or takes it back.
    fn lend_url(&self) {
        let handle = self.target.handle.get();
        let lent = match handle.is_null() {
            true => None,
            // SAFETY: the application keeps it as long as it is set.
            false => unsafe { url::websocket_url(self.library, handle) },
        };
        if lent.is_none() && !self.target.lent.get() {
            return;
        }
        self.target.lent.set(lent.is_some());
        let own = self.target.url.borrow();
        let url = lent.as_ref().or(own.as_ref()).map_or(null(), |url| url.as_ptr());
        // SAFETY: a string or NULL.
        let _ = unsafe { twin::set_option(self.twin, CURLoption::CURLOPT_URL as u32, url.cast_mut().cast()) };
    }

    /// Keeps what our side said about an option that the system's has accepted: a WebSocket transfer must not begin without
    /// it.
    fn note(&self, option: u32, answer: Result<(), (CURLcode, String)>) {
        let mut refused = self.refused.borrow_mut();
        let had_any = !refused.is_empty();
        if had_any {
            refused.retain(|refused| refused.option != option);
        }
        if let Err((code, why)) = answer {
            refused.push(Refused { option, code, why });
        }
        if had_any || !refused.is_empty() {
            let first = refused.first().map(|refused| (refused.code, &*refused.why));
            // SAFETY: a handle of ours.
            unsafe { twin::block(self.twin, first) };
        }
    }

    /// Forgets what options have said.
    fn forget_options(&self) {
        self.target.url.take();
        self.target.default_protocol.take();
        self.target.handle.set(null_mut());
        self.target.lent.set(false);
        self.refused.take();
    }

    /// Takes over what another handle's options have said.
    fn copy_options(&self, from: &Easy) {
        self.target.url.replace(from.target.url.borrow().clone());
        let default = from.target.default_protocol.borrow().clone();
        self.target.default_protocol.replace(default);
        self.target.handle.set(from.target.handle.get());
        self.target.lent.set(from.target.lent.get());
        self.refused.replace(from.refused.borrow().clone());
        self.has_cookies.set(from.has_cookies.get());
    }
}
