//! The response headers that `curl_easy_header` and `curl_easy_nextheader` find (libcurl's header API).

use std::ffi::CStr;

use crate::http::response::ResponseHead;

/// Headers of every response head of a transfer.
#[derive(Debug, Default)]
pub struct HeaderStore {
    places: Vec<Place>,
    /// names and values, each with a NUL behind it, in pieces that stay where they are: the application points into them
    texts: Vec<Box<[u8]>>,
    began: bool,
    /// so many are of the head that is coming in
    of_head: usize,
}

/// Where a header is.
#[derive(Debug)]
struct Place {
    text: usize,
    name: usize,
    value: usize,
    /// the response's status
    status: u16,
}

/// One header.
#[derive(Debug, Clone, Copy)]
pub struct Header<'a> {
    /// as the server wrote it
    pub name: &'a CStr,
    /// without surrounding white space
    pub value: &'a CStr,
    status: u16,
}

/// Where headers come from, as in a `CURLH_` bit mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origins(pub u32);

const CURLH_HEADER: u32 = crate::types::header::CURLH_HEADER as u32;
const CURLH_1XX: u32 = crate::types::header::CURLH_1XX as u32;

impl HeaderStore {
    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = HeaderStore::default();
    }

    /// No response head has begun.
    pub fn is_empty(&self) -> bool {
        !self.began
    }

    /// Keeps the headers that have come of `head`.
    pub fn keep(&mut self, head: &ResponseHead) {
        self.began |= head.status != 0;
        let fresh = || head.headers().skip(self.of_head);
        let count = fresh().len();
        if count == 0 {
            return;
        }
        let mut text = Vec::with_capacity(fresh().map(|(name, value)| name.len() + value.len() + 2).sum());
        let mut places = std::mem::take(&mut self.places);
        places.reserve_exact(count);
        for (name, value) in fresh() {
            places.push(Place {
                text: self.texts.len(),
                name: text.len(),
                value: text.len() + name.len() + 1,
                status: head.status,
            });
            for part in [name, b"\0", value, b"\0"] {
                text.extend_from_slice(part);
            }
        }
        self.places = places;
        self.texts.push(text.into_boxed_slice());
        self.of_head += count;
    }

    /// The head that came in is complete.
    pub fn end_head(&mut self) {
        self.of_head = 0;
    }

    /// Indices of the headers from `origins`, in the order they came.
    pub fn select(&self, origins: Origins) -> impl Iterator<Item = usize> + '_ {
        (0..self.places.len())
            .filter(move |&index| self.get(index).is_some_and(|header| header.origin(origins).is_some()))
    }

    /// The header at an index of [`HeaderStore::select`].
    pub fn get(&self, index: usize) -> Option<Header<'_>> {
        let place = self.places.get(index)?;
        let text = self.texts.get(place.text)?;
        Some(Header {
            name: CStr::from_bytes_until_nul(&text[place.name..]).ok()?,
            value: CStr::from_bytes_until_nul(&text[place.value..]).ok()?,
            status: place.status,
        })
    }
}

impl Header<'_> {
    /// The `CURLH_` bit under which `asked` finds this header. libcurl files the 101 under `CURLH_1XX` alone; it is
    /// the final answer to an upgrade, so `CURLH_HEADER` finds it as well.
    pub fn origin(&self, asked: Origins) -> Option<u32> {
        let informational = (100..200).contains(&self.status);
        if informational && asked.0 & CURLH_1XX != 0 {
            return Some(CURLH_1XX);
        }
        let last = !informational || self.status == 101;
        (last && asked.0 & CURLH_HEADER != 0).then_some(CURLH_HEADER)
    }

    /// Whether this header has `name`, whatever its case.
    pub fn is(&self, name: &[u8]) -> bool {
        self.name.to_bytes().eq_ignore_ascii_case(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::response::HeadReader;

    #[test]
    fn headers_are_kept_once_and_found_by_their_origin() {
        let mut store = HeaderStore::default();
        let mut reader = HeadReader::new();
        assert!(store.is_empty());
        for bytes in [
            &b"HTTP/1.1 103 Early Hints\r\nX-Hint:  early \r\n\r\n"[..],
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nX-Empty:\r\n\r\n",
        ] {
            let mut rest = bytes;
            while !rest.is_empty() {
                let fed = reader.feed(rest).unwrap();
                rest = &rest[fed.consumed..];
                store.keep(reader.head());
            }
            store.end_head();
            reader.next_head();
        }
        let names = |origins| -> Vec<&[u8]> {
            store
                .select(Origins(origins))
                .map(|index| store.get(index).unwrap().name.to_bytes())
                .collect()
        };
        assert!(!store.is_empty());
        assert_eq!(names(CURLH_1XX), [b"X-Hint".as_slice(), b"Upgrade", b"X-Empty"]);
        assert_eq!(names(CURLH_HEADER), [b"Upgrade".as_slice(), b"X-Empty"]);
        assert!(names(1 << 1).is_empty());
        assert_eq!(store.get(0).unwrap().value, c"early");
        assert_eq!(store.get(2).unwrap().value, c"");
    }
}
