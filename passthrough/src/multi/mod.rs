//! The record of a multi handle: the system's, which the application has, and a twin of ours from the first WebSocket on.
//!
//! A member is in one of the two, by its URL's scheme when it was added; that is decided again when it first runs.
//!
//! | file | what |
//! |---|---|
//! | `handles` | handles, members, options, messages |
//! | `drive` | perform and socket_action |
//! | `wait` | poll, wait, fdset, waitfds, timeout |
//! | `timer` | two timers as one |

mod drive;
mod handles;
mod timer;
mod wait;

use std::cell::{Cell, RefCell};
use std::ffi::{c_int, c_void};
use std::ptr::null_mut;
use std::thread::LocalKey;

use wscurl::abi::{multi as own, twin};
use wscurl::types::codes::CURLMcode;
use wscurl::types::multi::CURLMinfo_offt;
use wscurl::types::structs::{CURL, CURLM, curl_off_t};

use crate::easy::{Driver, Easy};
use crate::system::{System, system};
use crate::table::{Last, Record, Table};
use crate::{MultiCode, Side};
use timer::Timer;

const OK: MultiCode = CURLMcode::CURLM_OK as MultiCode;

/// A multi handle.
pub(crate) struct Multi {
    library: &'static System,
    /// the application's handle
    system: *mut CURLM,
    /// NULL before the first WebSocket
    twin: Cell<*mut CURLM>,
    /// what the twin is told when it is made
    options: RefCell<Vec<(u32, *mut c_void)>>,
    members: RefCell<Vec<*const Easy>>,
    /// members that may not have run yet
    fresh: RefCell<Vec<*mut CURL>>,
    /// how many transfers of the system's are running, as far as it is known
    running: Cell<Option<c_int>>,
    timer: Timer,
}

/// Whose a multi handle of the application's is.
enum Handle<'a> {
    /// the system's, perhaps with a twin
    Both(&'a Multi),
    /// the system's, or none: not known here
    System(&'static System),
    /// ours alone: there is no system's libcurl
    Own,
}

pub(crate) static TABLE: Table<Multi> = Table::new();

thread_local! {
    static LAST: Cell<Last> = const { Cell::new(Last::NONE) };
}

impl Record for Multi {
    fn table() -> &'static Table<Multi> {
        &TABLE
    }

    #[inline]
    fn last() -> &'static LocalKey<Cell<Last>> {
        &LAST
    }
}

impl Driver for Multi {
    /// `curl_multi_remove_handle`
    fn remove(&self, easy: &Easy) -> MultiCode {
        let membership = easy.membership();
        if membership.driver().is_none() {
            return OK;
        }
        if !membership.is_in(self) {
            return CURLMcode::CURLM_BAD_EASY_HANDLE as MultiCode;
        }
        let code = self.remove_from(membership.side.get(), easy);
        if code == OK {
            self.forget(easy);
            easy.finish();
        }
        code
    }
}

impl Handle<'_> {
    /// # Safety
    ///
    /// `multi` is NULL or a handle, which is not freed as long as the result is used.
    unsafe fn of<'a>(multi: *mut CURLM) -> Handle<'a> {
        // SAFETY: guaranteed by the caller, see # Safety; handles of both kinds are longer than 16 bytes.
        unsafe {
            match TABLE.find(multi) {
                Some(multi) => Handle::Both(multi),
                None => match system() {
                    Some(system) if !twin::is_multi(multi) => Handle::System(system),
                    _ => Handle::Own,
                },
            }
        }
    }
}

impl Multi {
    fn new(library: &'static System, system: *mut CURLM) -> Multi {
        Multi {
            library,
            system,
            twin: Cell::new(null_mut()),
            options: RefCell::default(),
            members: RefCell::default(),
            fresh: RefCell::default(),
            running: Cell::new(Some(0)),
            timer: Timer::new(system),
        }
    }

    /// Our handle, if there is one.
    fn twin(&self) -> Option<*mut CURLM> {
        let twin = self.twin.get();
        (!twin.is_null()).then_some(twin)
    }

    /// Our handle, made by the first call.
    fn make_twin(&self) -> Option<*mut CURLM> {
        if let Some(twin) = self.twin() {
            return Some(twin);
        }
        let made = own::curl_multi_init();
        if made.is_null() {
            return None;
        }
        // SAFETY: a new handle, and options with arguments of their types: the application's.
        unsafe {
            twin::set_multi_alias(made, self.system);
            for (option, argument) in &*self.options.borrow() {
                Multi::replay(made, *option, *argument);
            }
            if self.timer.is_set() {
                self.timer.attach_own(made);
            }
        }
        self.twin.set(made);
        Some(made)
    }

    // ---- members

    /// `curl_multi_add_handle`
    pub(crate) fn add(&self, easy: &Easy) -> MultiCode {
        if easy.membership().driver().is_some() {
            return CURLMcode::CURLM_ADDED_ALREADY as MultiCode;
        }
        let side = easy.choose();
        let code = self.add_to(side, easy);
        if code == OK {
            let membership = easy.membership();
            let mut members = self.members.borrow_mut();
            // SAFETY: `forget_all` comes before a multi handle is freed.
            unsafe { membership.enter(self) };
            membership.place.set(members.len());
            members.push(easy);
            if !membership.is_fresh.replace(true) {
                self.fresh.borrow_mut().push(easy.system());
            }
        }
        code
    }

    fn add_to(&self, side: Side, easy: &Easy) -> MultiCode {
        easy.membership().side.set(side);
        match side {
            // SAFETY: handles of the system's.
            Side::System => unsafe {
                self.running.set(None);
                easy.begin(side);
                (self.library.multi_add_handle)(self.system, easy.system())
            },
            Side::Own => {
                let Some(twin) = self.make_twin() else {
                    return CURLMcode::CURLM_OUT_OF_MEMORY as MultiCode;
                };
                easy.begin(side);
                // SAFETY: handles of ours.
                unsafe { own::curl_multi_add_handle(twin, easy.twin()) as MultiCode }
            }
        }
    }

    fn remove_from(&self, side: Side, easy: &Easy) -> MultiCode {
        match side {
            // SAFETY: handles of the system's.
            Side::System => unsafe {
                self.running.set(None);
                (self.library.multi_remove_handle)(self.system, easy.system())
            },
            Side::Own => match self.twin() {
                // SAFETY: handles of ours.
                Some(twin) => unsafe { own::curl_multi_remove_handle(twin, easy.twin()) as MultiCode },
                None => OK,
            },
        }
    }

    /// An easy handle is no member any more.
    fn forget(&self, easy: &Easy) {
        let membership = easy.membership();
        membership.leave();
        let mut members = self.members.borrow_mut();
        let place = membership.place.get();
        if place < members.len() {
            members.swap_remove(place);
            if let Some(moved) = members.get(place) {
                // SAFETY: members are alive.
                unsafe { &**moved }.membership().place.set(place);
            }
        }
    }

    /// Members that are about to run for the first time, and whose URL was changed since they were added, change sides.
    fn settle(&self) {
        if self.fresh.borrow().is_empty() {
            return;
        }
        for curl in self.fresh.take() {
            // SAFETY: a handle; one that was freed is not in the table, or is another one that is alive.
            let Some(easy) = (unsafe { Easy::find(curl) }) else {
                continue;
            };
            let membership = easy.membership();
            if !membership.is_in(self) || !membership.is_fresh.replace(false) {
                continue;
            }
            let (side, wanted) = (membership.side.get(), easy.choose());
            if side == Side::Own {
                // Its options may have changed as well.
                easy.begin(wanted);
            }
            if side != wanted && self.remove_from(side, easy) == OK && self.add_to(wanted, easy) != OK {
                self.forget(easy);
            }
        }
    }

    // ---- numbers

    /// How many of our transfers are not over.
    fn own_running(&self) -> c_int {
        self.own_count(CURLMinfo_offt::CURLMINFO_XFERS_RUNNING)
            + self.own_count(CURLMinfo_offt::CURLMINFO_XFERS_PENDING)
    }

    fn own_count(&self, what: CURLMinfo_offt) -> c_int {
        let Some(twin) = self.twin() else { return 0 };
        let mut count: curl_off_t = 0;
        // SAFETY: a handle of ours and room for the answer.
        unsafe { own::curl_multi_get_offt(twin, what as u32, &raw mut count) };
        c_int::try_from(count).unwrap_or(c_int::MAX)
    }
}
