//! A form as the body of a request: multipart/form-data (RFC 7578), with the headers before it.

use std::ffi::{CStr, OsStr, c_char, c_int};
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;

use super::media_type::type_of;
use super::write::Writer;
use crate::ffi::slist::Slist;
use crate::ffi::stdio;
use crate::random;
use crate::types::codes::CURLcode;
use crate::types::form::{
    CURL_HTTPPOST_BUFFER, CURL_HTTPPOST_CALLBACK, CURL_HTTPPOST_FILENAME, CURL_HTTPPOST_LARGE, CURL_HTTPPOST_READFILE,
    curl_httppost,
};

/// # Safety
///
/// `form` is NULL or a form from `curl_formadd` whose strings, buffers and lists are alive.
pub(in crate::abi) unsafe fn write(form: *const curl_httppost, writer: &mut Writer) -> Result<(), CURLcode> {
    // SAFETY: guaranteed by the caller, see # Safety.
    let parts: Vec<Part> = unsafe { chain(form, |post| post.next) }.map(Part).collect();
    if parts.is_empty() {
        writer.write(b"Content-Type: multipart/form-data\r\n\r\n")?;
        return writer.flush();
    }
    for part in &parts {
        part.files().try_for_each(|file| part.check_file(file))?;
    }
    let boundary = Boundary::new()?;
    boundary.announce(b"multipart/form-data", writer)?;
    boundary.write_parts(parts.into_iter(), writer, Part::write)?;
    writer.flush()
}

/// A part with its files, of which there may be one that is none: text, a buffer or a stream.
#[derive(Clone, Copy)]
struct Part<'a>(&'a curl_httppost);

impl Part<'_> {
    fn files(self) -> impl Iterator<Item = &'static curl_httppost> {
        // SAFETY: a part of a form that is alive while it is written.
        unsafe { chain(self.0, |post| post.more) }
    }

    fn write(self, writer: &mut Writer) -> Result<(), CURLcode> {
        if self.0.more.is_null() {
            return self.write_file(self.0, Some(self.name()), writer);
        }
        // Several files of one name are a multipart of their own.
        let boundary = Boundary::new()?;
        write_disposition(b"form-data", Some(self.name()), None, writer)?;
        boundary.announce(b"multipart/mixed", writer)?;
        boundary.write_parts(self.files(), writer, |file, writer| self.write_file(file, None, writer))
    }

    /// The headers and the content of one file. With a name it is a part of the form itself.
    fn write_file(self, file: &curl_httppost, name: Option<&[u8]>, writer: &mut Writer) -> Result<(), CURLcode> {
        // SAFETY: the form's strings and lists are alive while it is written.
        let headers = unsafe { Slist::from_raw(file.contentheader) }.lines();
        // SAFETY: as above.
        let set_type = unsafe { string(file.contenttype) }.or_else(|| header(&headers, b"Content-Type"));
        let filename = self.filename(file);
        let by_name = || filename.or(self.is_file().then(|| path(file))).and_then(type_of);
        let kind = set_type.or_else(|| by_name().filter(|kind| *kind != b"text/plain" || filename.is_some()));
        if header(&headers, b"Content-Disposition").is_none() {
            match name {
                Some(_) => write_disposition(b"form-data", name, filename, writer)?,
                None if filename.is_some() => write_disposition(b"attachment", None, filename, writer)?,
                None => {}
            }
        }
        if let Some(kind) = kind {
            write_all(&[b"Content-Type: ", kind, b"\r\n"], writer)?;
        }
        for line in headers.iter().filter(|line| value(line, b"Content-Type").is_none()) {
            write_all(&[line, b"\r\n"], writer)?;
        }
        writer.write(b"\r\n")?;
        self.write_content(file, writer)
    }

    fn write_content(self, file: &curl_httppost, writer: &mut Writer) -> Result<(), CURLcode> {
        if self.is_file() {
            return write_file(path(file), writer);
        }
        if self.has(CURL_HTTPPOST_CALLBACK) {
            return Ok(());
        }
        let (start, length) = match self.has(CURL_HTTPPOST_BUFFER) {
            true => (self.0.buffer, self.0.bufferlength),
            false if self.has(CURL_HTTPPOST_LARGE) => (self.0.contents, self.0.contentlen),
            false => (self.0.contents, self.0.contentslength),
        };
        // SAFETY: `start` has that many bytes, or is a string if none are told: curl_formadd(3).
        let bytes = unsafe {
            match usize::try_from(length) {
                Ok(0) | Err(_) => string(start).unwrap_or_default(),
                Ok(length) => std::slice::from_raw_parts(start.cast(), length),
            }
        };
        writer.write(bytes)
    }

    /// The name of the file that is sent with it.
    fn filename(self, file: &curl_httppost) -> Option<&[u8]> {
        let may_have_one = CURL_HTTPPOST_FILENAME | CURL_HTTPPOST_BUFFER | CURL_HTTPPOST_CALLBACK;
        // SAFETY: a string of a form that is alive while it is written.
        let shown = unsafe { string(self.0.showfilename) };
        if shown.is_some() && (!self.0.more.is_null() || self.has(may_have_one)) {
            return shown;
        }
        let named = self.has(CURL_HTTPPOST_FILENAME) && path(file) != b"-";
        named.then(|| path(file).rsplit(|byte| *byte == b'/').next().unwrap_or_default())
    }

    /// A file must be there before anything is written.
    fn check_file(self, file: &curl_httppost) -> Result<(), CURLcode> {
        let path = path(file);
        if self.is_file() && path != b"-" && fs::metadata(OsStr::from_bytes(path)).is_err() {
            return Err(CURLcode::CURLE_READ_ERROR);
        }
        Ok(())
    }

    fn name(&self) -> &[u8] {
        // SAFETY: the name has that many bytes, as `curl_formadd` has counted.
        unsafe {
            match (self.0.name.is_null(), usize::try_from(self.0.namelength)) {
                (false, Ok(length)) => std::slice::from_raw_parts(self.0.name.cast(), length),
                _ => b"",
            }
        }
    }

    fn is_file(self) -> bool {
        self.has(CURL_HTTPPOST_FILENAME | CURL_HTTPPOST_READFILE)
    }

    fn has(self, flags: c_int) -> bool {
        self.0.flags as c_int & flags != 0
    }
}

/// What separates parts.
struct Boundary(Vec<u8>);

impl Boundary {
    fn new() -> Result<Boundary, CURLcode> {
        const ALPHABET: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let random = random::bytes::<22>().map_err(|error| error.code())?;
        let mut text = vec![b'-'; 24];
        text.extend(random.map(|byte| ALPHABET[usize::from(byte) % ALPHABET.len()]));
        Ok(Boundary(text))
    }

    fn announce(&self, kind: &[u8], writer: &mut Writer) -> Result<(), CURLcode> {
        write_all(&[b"Content-Type: ", kind, b"; boundary=", &self.0, b"\r\n"], writer)
    }

    /// The end of the headers, and the parts, each of which `write` writes.
    fn write_parts<T>(
        &self,
        parts: impl Iterator<Item = T>,
        writer: &mut Writer,
        mut write: impl FnMut(T, &mut Writer) -> Result<(), CURLcode>,
    ) -> Result<(), CURLcode> {
        writer.write(b"\r\n")?;
        for part in parts {
            write_all(&[b"--", &self.0, b"\r\n"], writer)?;
            write(part, writer)?;
            writer.write(b"\r\n")?;
        }
        write_all(&[b"--", &self.0, b"--\r\n"], writer)
    }
}

fn write_disposition(
    kind: &[u8],
    name: Option<&[u8]>,
    filename: Option<&[u8]>,
    writer: &mut Writer,
) -> Result<(), CURLcode> {
    write_all(&[b"Content-Disposition: ", kind], writer)?;
    for (label, value) in [(&b"; name=\""[..], name), (b"; filename=\"", filename)] {
        if let Some(value) = value {
            write_all(&[label, &escaped(value), b"\""], writer)?;
        }
    }
    writer.write(b"\r\n")
}

/// The HTML standard's escapes in names: of quotes and line ends, and of nothing else.
fn escaped(name: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(name.len());
    for byte in name {
        match byte {
            b'"' => text.extend(b"%22"),
            b'\r' => text.extend(b"%0D"),
            b'\n' => text.extend(b"%0A"),
            _ => text.push(*byte),
        }
    }
    text
}

/// "-" is stdin, as in libcurl.
fn write_file(path: &[u8], writer: &mut Writer) -> Result<(), CURLcode> {
    let mut file = match path {
        b"-" => None,
        _ => Some(File::open(OsStr::from_bytes(path)).map_err(|_| CURLcode::CURLE_READ_ERROR)?),
    };
    let mut buffer = [0; 4096];
    loop {
        let count = match &mut file {
            Some(file) => file.read(&mut buffer).map_err(|_| CURLcode::CURLE_READ_ERROR)?,
            None => stdio::File::stdin().read(&mut buffer),
        };
        match buffer.get(..count) {
            None | Some([]) => return Ok(()),
            Some(bytes) => writer.write(bytes)?,
        }
    }
}

fn write_all(pieces: &[&[u8]], writer: &mut Writer) -> Result<(), CURLcode> {
    pieces.iter().try_for_each(|piece| writer.write(piece))
}

fn header<'a>(lines: &'a [Vec<u8>], name: &[u8]) -> Option<&'a [u8]> {
    lines.iter().find_map(|line| value(line, name))
}

/// The value of the header line if it has that name.
fn value<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = line.split_at_checked(name.len())?;
    let rest = rest.strip_prefix(b":")?;
    start.eq_ignore_ascii_case(name).then(|| rest.trim_ascii_start())
}

fn path(file: &curl_httppost) -> &[u8] {
    // SAFETY: the file's name is a string of a form that is alive while it is written.
    unsafe { string(file.contents) }.unwrap_or_default()
}

/// # Safety
///
/// `start` is NULL or a string that outlives the result.
unsafe fn string<'a>(start: *const c_char) -> Option<&'a [u8]> {
    // SAFETY: guaranteed by the caller, see # Safety.
    (!start.is_null()).then(|| unsafe { CStr::from_ptr(start) }.to_bytes())
}

/// # Safety
///
/// `first` is NULL or a struct of a form that outlives the iterator and what it gives.
unsafe fn chain<'a>(
    first: *const curl_httppost,
    next: fn(&curl_httppost) -> *mut curl_httppost,
) -> impl Iterator<Item = &'a curl_httppost> {
    // SAFETY: guaranteed by the caller, see # Safety.
    unsafe {
        let first = first.as_ref();
        std::iter::successors(first, move |post| next(post).as_ref())
    }
}
