//! Bodies, parts, and who frees what.

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::rc::{Rc, Weak};

use crate::abi::slist::curl_slist_free_all;
use crate::types::structs::curl_slist;

/// A body. The application has one reference until it makes the body a part's content.
#[derive(Default)]
pub(in crate::abi) struct Mime {
    parts: RefCell<Vec<Rc<Part>>>,
    /// whose content it is
    parent: RefCell<Weak<Part>>,
}

/// A part of a body.
pub(in crate::abi) struct Part {
    /// what it is a part of
    body: Weak<Mime>,
    content: Cell<Content>,
    headers: Cell<Headers>,
}

/// What is freed with a part's content.
#[derive(Default)]
pub(in crate::abi) enum Content {
    #[default]
    None,
    Callback(#[expect(dead_code, reason = "is dropped")] Callback),
    Subparts(#[expect(dead_code, reason = "is dropped")] Rc<Mime>),
}

/// Calls the application's function when it is dropped.
pub(in crate::abi) struct Callback {
    free: unsafe extern "C" fn(*mut c_void),
    userdata: *mut c_void,
}

/// The part's own headers.
pub(in crate::abi) struct Headers {
    list: *mut curl_slist,
    owned: bool,
}

impl Mime {
    pub(in crate::abi) fn new() -> Rc<Mime> {
        Rc::default()
    }

    /// The new part, which lives as long as the body.
    pub(in crate::abi) fn add_part(self: &Rc<Mime>) -> *const Part {
        let part = Rc::new(Part {
            body: Rc::downgrade(self),
            content: Cell::default(),
            headers: Cell::new(Headers::NONE),
        });
        let address = Rc::as_ptr(&part);
        self.parts.borrow_mut().push(part);
        address
    }

    /// The part whose content it is.
    pub(in crate::abi) fn parent(&self) -> Option<Rc<Part>> {
        self.parent.borrow().upgrade()
    }

    pub(in crate::abi) fn set_parent(&self, part: &Rc<Part>) {
        self.parent.replace(Rc::downgrade(part));
    }
}

impl Part {
    /// Frees what was there. The application's function may use the part.
    pub(in crate::abi) fn set_content(&self, content: Content) {
        drop(self.content.replace(content));
    }

    /// Frees the list that was there if it was owned and is another one.
    pub(in crate::abi) fn set_headers(&self, headers: Headers) {
        let mut old = self.headers.replace(Headers::NONE);
        old.owned &= old.list != headers.list;
        self.headers.set(headers);
    }

    /// Whether it is a part of `body`, or of the content of one, at any depth.
    pub(in crate::abi) fn is_inside(&self, body: &Rc<Mime>) -> bool {
        let mut outer = self.body.upgrade();
        while let Some(mime) = outer {
            if Rc::ptr_eq(&mime, body) {
                return true;
            }
            outer = mime.parent().and_then(|part| part.body.upgrade());
        }
        false
    }
}

impl Callback {
    /// # Safety
    ///
    /// `free` may be called with `userdata` once, at any time.
    pub(in crate::abi) unsafe fn new(free: unsafe extern "C" fn(*mut c_void), userdata: *mut c_void) -> Callback {
        Callback { free, userdata }
    }
}

impl Drop for Callback {
    fn drop(&mut self) {
        // SAFETY: `new` guarantees it.
        unsafe { (self.free)(self.userdata) }
    }
}

impl Headers {
    const NONE: Headers = Headers {
        list: std::ptr::null_mut(),
        owned: false,
    };

    /// # Safety
    ///
    /// If `owned`, `list` is NULL or a list from `curl_slist_append` that nobody else frees.
    pub(in crate::abi) unsafe fn new(list: *mut curl_slist, owned: bool) -> Headers {
        Headers { list, owned }
    }
}

impl Drop for Headers {
    fn drop(&mut self) {
        if self.owned {
            // SAFETY: `new` guarantees it.
            unsafe { curl_slist_free_all(self.list) }
        }
    }
}
