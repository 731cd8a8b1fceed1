//! The structs of a form, and who frees them.

use std::ffi::{CStr, c_int};
use std::mem::ManuallyDrop;
use std::ptr;

use crate::abi::memory;
use crate::types::form::{
    CURL_HTTPPOST_BUFFER, CURL_HTTPPOST_CALLBACK, CURL_HTTPPOST_PTRCONTENTS, CURL_HTTPPOST_PTRNAME, CURLFORMcode,
    curl_httppost,
};

/// What has one of these flags has the application's contents.
pub(in crate::abi) const NOT_COPIED: c_int = CURL_HTTPPOST_PTRCONTENTS | CURL_HTTPPOST_BUFFER | CURL_HTTPPOST_CALLBACK;

/// A form that is freed unless it becomes the application's. The strings in it are copies, except those that flags name.
pub(in crate::abi) struct Form {
    first: *mut curl_httppost,
    /// the last file of the first part
    last_file: *mut curl_httppost,
}

impl Form {
    /// A form of one part in which nothing is set.
    pub(in crate::abi) fn new() -> Result<Form, CURLFORMcode> {
        let post: *mut curl_httppost = memory::allocate(size_of::<curl_httppost>()).cast();
        if post.is_null() {
            return Err(CURLFORMcode::CURL_FORMADD_MEMORY);
        }
        // SAFETY: new memory of that size, with malloc's alignment; zeros are NULLs and numbers.
        unsafe { post.write_bytes(0, 1) };
        Ok(Form {
            first: post,
            last_file: post,
        })
    }

    /// Takes a form back from the application.
    ///
    /// # Safety
    ///
    /// `form` is NULL or came from [`append_to`](Form::append_to), and nobody else uses it.
    pub(in crate::abi) unsafe fn from_raw(form: *mut curl_httppost) -> Form {
        Form {
            first: form,
            last_file: form,
        }
    }

    /// Adds the part to the application's form.
    ///
    /// # Safety
    ///
    /// `first` and `last` are those of a form of the application's, or lead to NULL.
    pub(in crate::abi) unsafe fn append_to(self, first: &mut *mut curl_httppost, last: &mut *mut curl_httppost) {
        let post = self.into_raw();
        if last.is_null() {
            *first = post;
        } else {
            // SAFETY: guaranteed by the caller, see # Safety.
            unsafe { (**last).next = post };
        }
        *last = post;
    }

    pub(in crate::abi) fn is_empty(&self) -> bool {
        self.first.is_null()
    }

    /// The first part, of which there is one.
    pub(in crate::abi) fn first(&mut self) -> &mut curl_httppost {
        // SAFETY: made by `new`, and in no other hands.
        unsafe { self.first.as_mut() }.expect("the form is not empty")
    }

    /// Makes `file` a further file of the part; the first one is the part.
    pub(in crate::abi) fn push_file(&mut self, file: Form) {
        let file = file.into_raw();
        // SAFETY: made by `new`, and in no other hands.
        match unsafe { self.last_file.as_mut() } {
            Some(last) => last.more = file,
            None => self.first = file,
        }
        self.last_file = file;
    }

    /// The media type of the last file.
    pub(in crate::abi) fn last_type(&self) -> Option<&[u8]> {
        // SAFETY: made by `new`; the type is a copy that lives as long.
        unsafe {
            let kind = self.last_file.as_ref()?.contenttype;
            (!kind.is_null()).then(|| CStr::from_ptr(kind).to_bytes())
        }
    }

    fn into_raw(self) -> *mut curl_httppost {
        ManuallyDrop::new(self).first
    }
}

impl Default for Form {
    fn default() -> Form {
        Form {
            first: ptr::null_mut(),
            last_file: ptr::null_mut(),
        }
    }
}

impl Drop for Form {
    fn drop(&mut self) {
        let mut next = self.first;
        // SAFETY: the structs and strings were made here, and nobody uses them any more.
        unsafe {
            while let Some(post) = next.as_mut() {
                next = post.next;
                // Further files are freed like parts.
                if let Some(file) = post.more.as_mut() {
                    file.next = next;
                    next = post.more;
                }
                release(post);
            }
        }
    }
}

/// # Safety
///
/// `post` was made by [`Form::new`], and nobody uses it any more.
unsafe fn release(post: *mut curl_httppost) {
    // SAFETY: guaranteed by the caller, see # Safety.
    unsafe {
        let has = |flags: c_int| (*post).flags as c_int & flags != 0;
        let name = if has(CURL_HTTPPOST_PTRNAME) {
            ptr::null_mut()
        } else {
            (*post).name
        };
        let contents = if has(NOT_COPIED) {
            ptr::null_mut()
        } else {
            (*post).contents
        };
        for string in [name, contents, (*post).contenttype, (*post).showfilename] {
            memory::release(string.cast());
        }
        memory::release(post.cast());
    }
}
