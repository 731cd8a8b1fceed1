//! The response headers that `curl_easy_header` and `curl_easy_nextheader` find (libcurl's header API).

use std::ffi::CStr;

use crate::error::{Error, Result};
use crate::http::response::ResponseHead;
use crate::io::fallible;
use crate::types::codes::CURLcode;

/// Most headers of all responses of a transfer, the limit that libcurl has.
const MAX_HEADERS: usize = 5000;
/// Most bytes of them.
const MAX_SIZE: usize = 8 * 1024 * 1024;

/// Headers of every response head of a transfer.
#[derive(Debug, Default)]
pub(crate) struct HeaderStore {
    entries: Vec<Entry>,
    /// names and values, each with a NUL behind it, in pieces that stay where they are: the application points into them
    texts: Vec<Box<[u8]>>,
    /// bytes in the texts
    size: usize,
    /// number of the newest request of which a response head has begun
    last_request: Option<u32>,
    /// how many headers are kept of the head that is coming in
    of_head: usize,
}

/// Where a header is. [`MAX_SIZE`] fits into these numbers.
#[derive(Debug)]
struct Entry {
    text: u32,
    name: u32,
    value: u32,
    /// the response is to this request; the first is 0
    request: u32,
    origins: Origins,
}

/// One header.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Header<'a> {
    /// as the server wrote it
    pub(crate) name: &'a CStr,
    /// without surrounding white space
    pub(crate) value: &'a CStr,
    origins: Origins,
}

/// Where headers come from, as a `CURLH_` bit mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Origins(pub(crate) u32);

const CURLH_HEADER: u32 = crate::types::header::CURLH_HEADER as u32;
const CURLH_CONNECT: u32 = crate::types::header::CURLH_CONNECT as u32;
const CURLH_1XX: u32 = crate::types::header::CURLH_1XX as u32;

impl Origins {
    /// Of a proxy's answer to CONNECT.
    pub(crate) const CONNECT: Origins = Origins(CURLH_CONNECT);

    /// Of a server's response. libcurl files the 101 under `CURLH_1XX` alone; it is the final answer to an upgrade, so
    /// `CURLH_HEADER` finds it as well.
    pub(crate) fn of_response(status: u16) -> Origins {
        Origins(match status {
            101 => CURLH_1XX | CURLH_HEADER,
            100..200 => CURLH_1XX,
            _ => CURLH_HEADER,
        })
    }
}

impl HeaderStore {
    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        *self = HeaderStore::default();
    }

    /// Whether no response has had a header.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The number of the last request that a response has begun to.
    pub(crate) fn last_request(&self) -> Option<u32> {
        self.last_request
    }

    /// Keeps the headers that have come of `head`, which belongs to request number `request`.
    pub(crate) fn keep(&mut self, head: &ResponseHead, request: u32, origins: Origins) -> Result<()> {
        if head.status == 0 {
            return Ok(());
        }
        self.last_request = Some(request);
        let fresh = || head.headers().skip(self.of_head);
        let count = fresh().len();
        if count == 0 {
            return Ok(());
        }
        let size: usize = fresh().map(|(name, value)| name.len() + value.len() + 2).sum();
        if self.entries.len() + count > MAX_HEADERS || self.size + size > MAX_SIZE {
            return Err(Error::new(
                CURLcode::CURLE_TOO_LARGE,
                format!(
                    "Too many response headers in all rounds together: at most {MAX_HEADERS}, and {MAX_SIZE} bytes"
                ),
            ));
        }
        self.size += size;
        let mut text = Vec::new();
        fallible::reserve(&mut text, size)?;
        fallible::reserve(&mut self.entries, count)?;
        let mut entries = std::mem::take(&mut self.entries);
        for (name, value) in fresh() {
            entries.push(Entry {
                text: self.texts.len() as u32,
                name: text.len() as u32,
                value: (text.len() + name.len() + 1) as u32,
                request,
                origins,
            });
            for part in [name, b"\0", value, b"\0"] {
                text.extend_from_slice(part);
            }
        }
        self.entries = entries;
        self.texts.push(text.into_boxed_slice());
        self.of_head += count;
        Ok(())
    }

    /// The head that came in is complete. It may be the last one, and is kept as long as the connection.
    pub(super) fn end_head(&mut self) {
        self.of_head = 0;
        self.entries.shrink_to_fit();
        self.texts.shrink_to_fit();
    }

    /// Indices of the headers from `origins` in the responses to `request`, in the order they came.
    pub(crate) fn select(&self, request: u32, origins: Origins) -> impl Iterator<Item = usize> + '_ {
        self.entries.iter().enumerate().filter_map(move |(index, entry)| {
            let wanted = entry.request == request && entry.origins.0 & origins.0 != 0;
            wanted.then_some(index)
        })
    }

    /// The header at an index of [`HeaderStore::select`].
    pub(crate) fn get(&self, index: usize) -> Option<Header<'_>> {
        let entry = self.entries.get(index)?;
        let text = self.texts.get(entry.text as usize)?;
        Some(Header {
            name: CStr::from_bytes_until_nul(&text[entry.name as usize..]).ok()?,
            value: CStr::from_bytes_until_nul(&text[entry.value as usize..]).ok()?,
            origins: entry.origins,
        })
    }
}

impl Header<'_> {
    /// The `CURLH_` bit under which `asked` finds this header: of several, `CURLH_1XX`.
    pub(crate) fn origin(&self, asked: Origins) -> u32 {
        let both = self.origins.0 & asked.0;
        if both & CURLH_1XX != 0 { CURLH_1XX } else { both }
    }

    /// Whether this header has `name`, whatever its case.
    pub(crate) fn is(&self, name: &[u8]) -> bool {
        self.name.to_bytes().eq_ignore_ascii_case(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::response::HeadReader;

    /// What keeping `response` as the response to each of `requests` comes to.
    fn keep_all(response: &[u8], requests: u32) -> Result<()> {
        let mut store = HeaderStore::default();
        for request in 0..requests {
            let mut reader = HeadReader::new();
            let mut rest = response;
            while !rest.is_empty() {
                rest = &rest[reader.feed(rest).unwrap().consumed..];
            }
            store.keep(reader.head(), request, Origins::of_response(reader.head().status))?;
            store.end_head();
        }
        Ok(())
    }

    #[test]
    fn headers_of_many_rounds_are_bounded() {
        let short = b"HTTP/1.1 302 Go\r\nLocation: /\r\n\r\n";
        assert_eq!(keep_all(short, 5000), Ok(()));
        let code = |result: Result<()>| result.unwrap_err().code();
        assert_eq!(code(keep_all(short, 5001)), CURLcode::CURLE_TOO_LARGE);
        let long = [b"HTTP/1.1 302 Go\r\nLocation: /", &b"x".repeat(90_000)[..], b"\r\n\r\n"].concat();
        assert_eq!(keep_all(&long, 30), Ok(()));
        assert_eq!(code(keep_all(&long, 100)), CURLcode::CURLE_TOO_LARGE);
    }

    #[test]
    fn headers_are_kept_once_and_found_by_request_and_origin() {
        let mut store = HeaderStore::default();
        let mut reader = HeadReader::new();
        assert_eq!(store.last_request(), None);
        for (request, bytes) in [
            (0, &b"HTTP/1.1 401 Unauthorized\r\nX-First: 1\r\n\r\n"[..]),
            (1, b"HTTP/1.1 103 Early Hints\r\nX-Hint:  early \r\n\r\n"),
            (
                1,
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nX-Empty:\r\n\r\n",
            ),
        ] {
            let mut rest = bytes;
            while !rest.is_empty() {
                let fed = reader.feed(rest).unwrap();
                rest = &rest[fed.consumed..];
                let origins = Origins::of_response(reader.head().status);
                store.keep(reader.head(), request, origins).unwrap();
            }
            store.end_head();
            reader.next_head();
        }
        let names = |request, origins| -> Vec<&[u8]> {
            store
                .select(request, Origins(origins))
                .map(|index| store.get(index).unwrap().name.to_bytes())
                .collect()
        };
        assert_eq!(store.last_request(), Some(1));
        assert_eq!(names(0, CURLH_HEADER), [b"X-First".as_slice()]);
        assert!(names(0, CURLH_1XX).is_empty());
        assert_eq!(names(1, CURLH_1XX), [b"X-Hint".as_slice(), b"Upgrade", b"X-Empty"]);
        assert_eq!(names(1, CURLH_HEADER), [b"Upgrade".as_slice(), b"X-Empty"]);
        assert!(names(1, 1 << 1).is_empty());
        assert_eq!(store.get(1).unwrap().value, c"early");
        assert_eq!(store.get(3).unwrap().value, c"");
        let header = store.get(2).unwrap();
        assert_eq!(header.origin(Origins(CURLH_HEADER)), CURLH_HEADER);
        assert_eq!(header.origin(Origins(CURLH_HEADER | CURLH_1XX)), CURLH_1XX);
    }
}
