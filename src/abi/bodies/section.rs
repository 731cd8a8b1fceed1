//! What the arguments of one `curl_formadd` say: a part, and its further files.

use std::ffi::{CStr, c_char, c_int, c_long};

use super::arguments::Arguments;
use super::media_type::{DEFAULT_TYPE, type_of};
use super::post::{Form, NOT_COPIED};
use crate::abi::memory;
use crate::types::form::CURLFORMcode::{self, *};
use crate::types::form::CURLformoption::{self, *};
use crate::types::form::{
    CURL_HTTPPOST_BUFFER, CURL_HTTPPOST_CALLBACK, CURL_HTTPPOST_FILENAME, CURL_HTTPPOST_LARGE, CURL_HTTPPOST_PTRBUFFER,
    CURL_HTTPPOST_PTRCONTENTS, CURL_HTTPPOST_PTRNAME, CURL_HTTPPOST_READFILE,
};
use crate::types::structs::{curl_off_t, curl_slist};

/// The sections of one call: the part, and then each further file.
pub(in crate::abi) struct Sections(Vec<Section>);

/// The pointers are the application's until `build` copies.
#[derive(Default)]
struct Section {
    name: Option<*mut c_char>,
    name_length: usize,
    contents: Option<*mut c_char>,
    contents_length: curl_off_t,
    buffer_length: c_long,
    content_type: Option<*mut c_char>,
    headers: Option<*mut curl_slist>,
    shown_filename: Option<*mut c_char>,
    /// `CURL_HTTPPOST_` bits
    flags: c_int,
}

impl Sections {
    /// Reads all arguments.
    pub(in crate::abi) fn collect(arguments: &mut Arguments) -> Result<Sections, CURLFORMcode> {
        let mut sections = vec![Section::default()];
        while let Some(option) = arguments.option()? {
            let current = sections.last_mut().expect("there is always one");
            if current.is_complete_file(option) {
                sections.push(Section {
                    flags: CURL_HTTPPOST_FILENAME,
                    ..Section::default()
                });
            }
            let current = sections.last_mut().expect("there is always one");
            current.set(option, arguments)?;
        }
        Ok(Sections(sections))
    }

    /// Checks and copies.
    ///
    /// # Safety
    ///
    /// The pointers among the arguments are what CURLFORM_ options want.
    pub(in crate::abi) unsafe fn build(self) -> Result<Form, CURLFORMcode> {
        let mut form = Form::default();
        for section in &self.0 {
            section.check(form.is_empty())?;
            // SAFETY: guaranteed by the caller, see # Safety.
            let file = unsafe { section.build(form.last_type())? };
            form.push_file(file);
        }
        Ok(form)
    }
}

impl Section {
    /// Whether `option` begins a further file.
    fn is_complete_file(&self, option: CURLformoption) -> bool {
        self.has(CURL_HTTPPOST_FILENAME)
            && (option == CURLFORM_FILE && self.contents.is_some()
                || option == CURLFORM_CONTENTTYPE && self.content_type.is_some())
    }

    fn set(&mut self, option: CURLformoption, arguments: &mut Arguments) -> Result<(), CURLFORMcode> {
        match option {
            CURLFORM_COPYNAME => once(&mut self.name, arguments),
            CURLFORM_PTRNAME => {
                self.flags |= CURL_HTTPPOST_PTRNAME;
                once(&mut self.name, arguments)
            }
            CURLFORM_NAMELENGTH if self.name_length != 0 => Err(CURL_FORMADD_OPTION_TWICE),
            CURLFORM_NAMELENGTH => {
                self.name_length = usize::try_from(arguments.long()).map_err(|_| CURL_FORMADD_MEMORY)?;
                Ok(())
            }
            CURLFORM_COPYCONTENTS => once(&mut self.contents, arguments),
            CURLFORM_PTRCONTENTS => self.set_contents(CURL_HTTPPOST_PTRCONTENTS, arguments),
            CURLFORM_FILECONTENT => self.set_contents(CURL_HTTPPOST_READFILE, arguments),
            CURLFORM_FILE => self.set_contents(CURL_HTTPPOST_FILENAME, arguments),
            CURLFORM_BUFFERPTR => self.set_contents(CURL_HTTPPOST_PTRBUFFER | CURL_HTTPPOST_BUFFER, arguments),
            CURLFORM_STREAM => self.set_contents(CURL_HTTPPOST_CALLBACK, arguments),
            CURLFORM_CONTENTSLENGTH | CURLFORM_CONTENTLEN => {
                self.contents_length = arguments.long();
                Ok(())
            }
            CURLFORM_BUFFERLENGTH if self.buffer_length != 0 => Err(CURL_FORMADD_OPTION_TWICE),
            CURLFORM_BUFFERLENGTH => {
                self.buffer_length = arguments.long();
                Ok(())
            }
            CURLFORM_CONTENTTYPE => once(&mut self.content_type, arguments),
            CURLFORM_FILENAME | CURLFORM_BUFFER => once(&mut self.shown_filename, arguments),
            CURLFORM_CONTENTHEADER if self.headers.is_some() => Err(CURL_FORMADD_OPTION_TWICE),
            CURLFORM_CONTENTHEADER => {
                let headers: *mut curl_slist = arguments.value().cast();
                self.headers = (!headers.is_null()).then_some(headers);
                Ok(())
            }
            CURLFORM_NOTHING | CURLFORM_ARRAY | CURLFORM_OBSOLETE | CURLFORM_END | CURLFORM_OBSOLETE2
            | CURLFORM_LASTENTRY => Err(CURL_FORMADD_UNKNOWN_OPTION),
        }
    }

    fn set_contents(&mut self, flags: c_int, arguments: &mut Arguments) -> Result<(), CURLFORMcode> {
        once(&mut self.contents, arguments)?;
        self.flags |= flags;
        Ok(())
    }

    /// What does not go together.
    fn check(&self, is_first: bool) -> Result<(), CURLFORMcode> {
        let incomplete = is_first && (self.name.is_none() || self.contents.is_none());
        let file_with_length = self.contents_length != 0 && self.has(CURL_HTTPPOST_FILENAME);
        // A further content type with no further file: there is nothing to send.
        let no_file = !is_first && self.contents.is_none();
        if incomplete || file_with_length || no_file {
            return Err(CURL_FORMADD_INCOMPLETE);
        }
        Ok(())
    }

    /// A struct with copies.
    ///
    /// # Safety
    ///
    /// The pointers are what the options want.
    unsafe fn build(&self, previous_type: Option<&[u8]>) -> Result<Form, CURLFORMcode> {
        // SAFETY: guaranteed by the caller, see # Safety.
        unsafe {
            let mut form = Form::new()?;
            let post = form.first();
            post.flags = c_long::from(self.flags | CURL_HTTPPOST_LARGE);
            if let Some(name) = self.name {
                let bytes = bytes(name, self.name_length)?;
                if bytes.contains(&0) {
                    return Err(CURL_FORMADD_NULL);
                }
                post.name = if self.has(CURL_HTTPPOST_PTRNAME) {
                    name
                } else {
                    copy(bytes)?
                };
                post.namelength = bytes.len() as c_long;
            }
            if let Some(contents) = self.contents {
                let is_text = !self.has(CURL_HTTPPOST_FILENAME | CURL_HTTPPOST_READFILE);
                let length = if is_text {
                    usize::try_from(self.contents_length)
                } else {
                    Ok(0)
                };
                post.contents = if self.has(NOT_COPIED) {
                    contents
                } else {
                    copy(bytes(contents, length.map_err(|_| CURL_FORMADD_MEMORY)?)?)?
                };
                if self.has(CURL_HTTPPOST_BUFFER) {
                    post.buffer = contents;
                }
                if self.has(CURL_HTTPPOST_CALLBACK) {
                    post.userp = contents.cast();
                }
            }
            post.contentlen = self.contents_length;
            post.bufferlength = self.buffer_length;
            if let Some(headers) = self.headers {
                post.contentheader = headers;
            }
            if let Some(shown) = self.shown_filename {
                post.showfilename = copy(bytes(shown, 0)?)?;
            }
            if let Some(kind) = self.media_type(previous_type) {
                post.contenttype = copy(kind)?;
            }
            Ok(form)
        }
    }

    /// The type that was set; for a file or a buffer else what its name says, or the previous file's.
    ///
    /// # Safety
    ///
    /// As [`build`](Section::build).
    unsafe fn media_type<'a>(&self, previous: Option<&'a [u8]>) -> Option<&'a [u8]> {
        // SAFETY: guaranteed by the caller, see # Safety.
        unsafe {
            if let Some(kind) = self.content_type {
                return Some(CStr::from_ptr(kind).to_bytes());
            }
            let filename = match self.flags & (CURL_HTTPPOST_FILENAME | CURL_HTTPPOST_BUFFER) {
                0 => return None,
                flags if flags & CURL_HTTPPOST_BUFFER != 0 => self.shown_filename,
                _ => self.contents,
            };
            let by_name = filename.and_then(|name| type_of(CStr::from_ptr(name).to_bytes()));
            by_name.or(previous).or(Some(DEFAULT_TYPE))
        }
    }

    fn has(&self, flags: c_int) -> bool {
        self.flags & flags != 0
    }
}

/// Sets what may be set once.
fn once(field: &mut Option<*mut c_char>, arguments: &mut Arguments) -> Result<(), CURLFORMcode> {
    if field.is_some() {
        return Err(CURL_FORMADD_OPTION_TWICE);
    }
    *field = Some(arguments.pointer()?);
    Ok(())
}

/// `length` bytes, or the string if that is 0.
///
/// # Safety
///
/// `start` has them.
unsafe fn bytes<'a>(start: *const c_char, length: usize) -> Result<&'a [u8], CURLFORMcode> {
    if length > c_long::MAX as usize {
        return Err(CURL_FORMADD_MEMORY);
    }
    // SAFETY: guaranteed by the caller, see # Safety.
    Ok(unsafe {
        match length {
            0 => CStr::from_ptr(start).to_bytes(),
            _ => std::slice::from_raw_parts(start.cast(), length),
        }
    })
}

fn copy(bytes: &[u8]) -> Result<*mut c_char, CURLFORMcode> {
    let copy = memory::c_string(bytes);
    if copy.is_null() {
        Err(CURL_FORMADD_MEMORY)
    } else {
        Ok(copy)
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::c_void;
    use std::ptr;

    use super::*;

    fn add(arguments: &[*const c_void]) -> Result<Form, CURLFORMcode> {
        let mut rest = arguments.iter();
        let mut next = || rest.next().expect("CURLFORM_END").cast_mut();
        // SAFETY: the tests' arguments are strings and numbers as their options want them.
        unsafe { Sections::collect(&mut Arguments::new(&mut next)).and_then(|sections| sections.build()) }
    }

    fn option(option: CURLformoption) -> *const c_void {
        ptr::without_provenance(option as usize)
    }

    #[test]
    fn a_part_is_copied_and_freed() {
        let form = add(&[
            option(CURLFORM_COPYNAME),
            c"name".as_ptr().cast(),
            option(CURLFORM_COPYCONTENTS),
            c"contents".as_ptr().cast(),
            option(CURLFORM_CONTENTSLENGTH),
            ptr::without_provenance(3),
            option(CURLFORM_END),
        ]);
        let mut form = form.expect("it is complete");
        let post = form.first();
        // SAFETY: a copy of the contents.
        assert_eq!(unsafe { CStr::from_ptr(post.contents) }, c"con");
        assert_eq!(post.namelength, 4);
    }

    #[test]
    fn a_failure_frees_the_files_before_it() {
        let form = add(&[
            option(CURLFORM_PTRNAME),
            c"name".as_ptr().cast(),
            option(CURLFORM_FILE),
            c"a.txt".as_ptr().cast(),
            option(CURLFORM_FILE),
            c"b".as_ptr().cast(),
            option(CURLFORM_CONTENTSLENGTH),
            ptr::without_provenance(3),
            option(CURLFORM_END),
        ]);
        assert_eq!(form.err(), Some(CURL_FORMADD_INCOMPLETE));
    }
}
