//! The arguments of `curl_formadd`: options with their values, some of them in arrays.

use std::ffi::{c_char, c_int, c_long, c_void};
use std::ptr;

use crate::types::form::CURLformoption::{self, *};
use crate::types::form::{CURLFORMcode, curl_forms};
use crate::types::raw::RawFormOption;

const OPTIONS: [CURLformoption; 17] = [
    CURLFORM_COPYNAME,
    CURLFORM_PTRNAME,
    CURLFORM_NAMELENGTH,
    CURLFORM_COPYCONTENTS,
    CURLFORM_PTRCONTENTS,
    CURLFORM_CONTENTSLENGTH,
    CURLFORM_FILECONTENT,
    CURLFORM_ARRAY,
    CURLFORM_FILE,
    CURLFORM_BUFFER,
    CURLFORM_BUFFERPTR,
    CURLFORM_BUFFERLENGTH,
    CURLFORM_CONTENTTYPE,
    CURLFORM_CONTENTHEADER,
    CURLFORM_FILENAME,
    CURLFORM_STREAM,
    CURLFORM_CONTENTLEN,
];

/// Where the next option comes from.
pub(in crate::abi) struct Arguments<'a> {
    next: &'a mut dyn FnMut() -> *mut c_void,
    /// the rest of the array that is being read, or NULL
    array: *const curl_forms,
    value: *mut c_void,
}

impl<'a> Arguments<'a> {
    /// # Safety
    ///
    /// `next` returns the arguments of `curl_formadd`, up to CURLFORM_END. Pointers among them are of the kind that their
    /// option wants, and arrays end with CURLFORM_END.
    pub(in crate::abi) unsafe fn new(next: &'a mut dyn FnMut() -> *mut c_void) -> Arguments<'a> {
        Arguments {
            next,
            array: ptr::null(),
            value: ptr::null_mut(),
        }
    }

    /// The next option; its value is then asked for. `None` at the end.
    pub(in crate::abi) fn option(&mut self) -> Result<Option<CURLformoption>, CURLFORMcode> {
        loop {
            let (number, in_array) = self.number();
            if number == CURLFORM_END as RawFormOption {
                if in_array {
                    self.array = ptr::null();
                    continue;
                }
                return Ok(None);
            }
            let Some(option) = OPTIONS.into_iter().find(|option| *option as RawFormOption == number) else {
                return Err(CURLFORMcode::CURL_FORMADD_UNKNOWN_OPTION);
            };
            if option != CURLFORM_ARRAY {
                return Ok(Some(option));
            }
            if in_array {
                return Err(CURLFORMcode::CURL_FORMADD_ILLEGAL_ARRAY);
            }
            self.array = (self.next)().cast();
            if self.array.is_null() {
                return Err(CURLFORMcode::CURL_FORMADD_NULL);
            }
        }
    }

    /// The option's value as a pointer, which may not be NULL.
    pub(in crate::abi) fn pointer(&mut self) -> Result<*mut c_char, CURLFORMcode> {
        let value = self.value();
        if value.is_null() {
            return Err(CURLFORMcode::CURL_FORMADD_NULL);
        }
        Ok(value.cast())
    }

    /// The option's value as a number.
    pub(in crate::abi) fn long(&mut self) -> c_long {
        self.value().addr() as c_long
    }

    /// The option's value as a pointer that may be NULL.
    pub(in crate::abi) fn value(&mut self) -> *mut c_void {
        if self.array.is_null() {
            (self.next)()
        } else {
            self.value
        }
    }

    /// The next option's number, and whether it is from an array.
    fn number(&mut self) -> (RawFormOption, bool) {
        if self.array.is_null() {
            // An enum is passed as an int.
            return ((self.next)().addr() as c_int as RawFormOption, false);
        }
        // SAFETY: `new` guarantees that the array goes on until its CURLFORM_END, where reading stops.
        unsafe {
            let entry = self.array.read();
            self.array = self.array.add(1);
            self.value = entry.value.cast_mut().cast();
            (entry.option, true)
        }
    }
}
